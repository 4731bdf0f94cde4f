//! The operations of RFC 9497 on whole batches: blind, evaluate, prove, verify, unblind and finalize.

use curve25519_dalek::Scalar;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

pub use super::{
    dleq::{PROOF_BYTES, evaluate_and_prove, prove, prove_with, verify},
    dleq_single::{Evaluated, evaluate_and_prove_each},
};
use super::{
    group::{ELEMENT_BYTES, Encoded},
    key::SecretKey,
    point_batch::PointBatch,
    scalar::{self, SCALAR_BYTES},
    suite::Mode,
    tokenise::{hash_inputs, shift},
};
use crate::{
    error::Error,
    memory::encoding::{check_inputs, items, length_prefix, same_count},
    pool,
};

/// The size of a `finalize` output: one SHA-512 digest.
pub const OUTPUT_BYTES: usize = 64;

/// The blinds of one batch: nonzero scalars. Their memory is cleared when dropped.
pub struct Blinds(Zeroizing<Vec<Scalar>>);

impl Blinds {
    /// The number of blinds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no blinds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `Blind` (RFC 9497 section 3.3.1) for every input, with fresh random blinds. Returns the blinds, and 32 bytes per blinded
/// element.
///
/// # Errors
/// - [`Error::TooLong`] if an input is longer than 65535 bytes.
/// - [`Error::Identity`] if an input hashes to the identity.
/// - [`Error::Random`] if there are no random bytes.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn blind<T: AsRef<[u8]> + Sync>(inputs: &[T], mode: Mode) -> Result<(Blinds, Vec<u8>), Error> {
    blind_by(inputs, Blinds(scalar::random_many(inputs.len())?), mode)
}

/// [`blind`] with given blinds. For published vectors only: a blind that is used twice links two checks.
///
/// # Errors
/// Those of [`blind`], [`Error::Ragged`] or [`Error::Length`] if there is not one blind of 32 bytes per input, and
/// [`Error::Scalar`] if a blind is not canonical or is zero.
#[doc(hidden)]
pub fn blind_with<T: AsRef<[u8]> + Sync>(inputs: &[T], blinds: &[u8], mode: Mode) -> Result<(Blinds, Vec<u8>), Error> {
    let blinds = items::<SCALAR_BYTES>("blinds", blinds)?;
    same_count("number of blinds", inputs.len(), blinds.len())?;
    let blinds = blinds.iter().enumerate().map(|(i, bytes)| scalar::decode_nonzero("blind", i, bytes));
    blind_by(inputs, Blinds(Zeroizing::new(blinds.collect::<Result<_, _>>()?)), mode)
}

fn blind_by<T: AsRef<[u8]> + Sync>(inputs: &[T], blinds: Blinds, mode: Mode) -> Result<(Blinds, Vec<u8>), Error> {
    check_inputs(inputs)?;
    let rows = pool::rows(inputs, |first, inputs, rows| {
        let mut points = hash_inputs(mode, first, inputs)?;
        points.multiply_each(&halves(&blinds.0[first..first + inputs.len()]));
        points.encode_doubles(rows);
        Ok(())
    })?;
    Ok((blinds, rows.into_flattened()))
}

/// `BlindEvaluate` (RFC 9497 section 3.3.2) without its proof, for every element of 32 bytes.
///
/// # Errors
/// - [`Error::Ragged`] if the buffer is not a whole number of elements.
/// - [`Error::Encoding`] or [`Error::Identity`] for the first element that is not canonical or is the identity.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn evaluate(elements: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    shift(elements, key)
}

/// Removes the blinds from evaluated elements. Returns `key * HashToGroup(input)`, 32 bytes each.
///
/// # Errors
/// - [`Error::Ragged`] if the buffer is not a whole number of elements.
/// - [`Error::Length`] if the numbers of evaluated elements and blinds differ.
/// - [`Error::Encoding`] or [`Error::Identity`] for an evaluated element that is not canonical or is the identity.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn unblind(blinds: &Blinds, evaluated: &[u8]) -> Result<Vec<u8>, Error> {
    let evaluated = items::<ELEMENT_BYTES>("evaluated elements", evaluated)?;
    same_count("number of evaluated elements", blinds.len(), evaluated.len())?;
    let rows = pool::rows(evaluated, |first, evaluated: &[Encoded], rows| {
        let mut points = PointBatch::decode("evaluated element", first, evaluated)?;
        let mut inverses = Zeroizing::new(blinds.0[first..first + evaluated.len()].to_vec());
        // One inversion per chunk. This is correct because no blind is zero, which the constructors of `Blinds` ensure.
        Zeroizing::new(Scalar::invert_batch_alloc(&mut inverses));
        points.multiply_each(&halves(&inverses));
        points.encode_doubles(rows);
        Ok(())
    })?;
    Ok(rows.into_flattened())
}

/// Half of each scalar, for [`PointBatch::encode_doubles`].
fn halves(scalars: &[Scalar]) -> Zeroizing<Vec<Scalar>> {
    Zeroizing::new(scalars.iter().map(Scalar::div_by_2).collect())
}

/// `Finalize` (RFC 9497 section 3.3.1) for every input. Returns 64 bytes each. In VOPRF mode, call [`verify`] first.
///
/// # Errors
/// Those of [`unblind`], [`Error::Length`] if the numbers of inputs and blinds differ, and [`Error::TooLong`] if an input is
/// longer than 65535 bytes.
pub fn finalize<T: AsRef<[u8]> + Sync>(inputs: &[T], blinds: &Blinds, evaluated: &[u8]) -> Result<Vec<u8>, Error> {
    check_inputs(inputs)?;
    same_count("number of inputs", blinds.len(), inputs.len())?;
    let elements = Zeroizing::new(unblind(blinds, evaluated)?);
    let elements = items::<ELEMENT_BYTES>("elements", &elements)?;
    let mut outputs = Vec::with_capacity(inputs.len() * OUTPUT_BYTES);
    for (index, (input, element)) in inputs.iter().zip(elements).enumerate() {
        outputs.extend_from_slice(&output(index, input.as_ref(), element)?);
    }
    Ok(outputs)
}

fn output(index: usize, input: &[u8], element: &Encoded) -> Result<[u8; OUTPUT_BYTES], Error> {
    let mut hash = Sha512::new();
    hash.update(length_prefix("input", index, input)?);
    hash.update(input);
    hash.update(length_prefix("element", index, element)?);
    hash.update(element);
    hash.update(b"Finalize");
    Ok(hash.finalize().into())
}
