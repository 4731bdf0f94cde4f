//! The two bulk operations of a load and a publish: tokenise and shift.

use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::Zeroizing;

use crate::{
    encoding::{check_inputs, items},
    error::Error,
    expand::UNIFORM_BYTES,
    group::{self, ELEMENT_BYTES, Encoded},
    key::SecretKey,
    pool,
    rows::SecretRows,
    suite::{Mode, Suite},
};

/// `key * HashToGroup(input)` for every input, in VOPRF mode (RFC 9497 section 4.1).
///
/// # Errors
/// An input longer than 65535 bytes, or one that hashes to the identity.
pub fn tokenise<T: AsRef<[u8]> + Sync>(inputs: &[T], key: &SecretKey) -> Result<Vec<u8>, Error> {
    check_inputs(inputs)?;
    let (suite, half) = (Suite::of(Mode::Voprf), key.half());
    let rows = pool::rows(inputs, |first, inputs, rows| {
        let mut uniform = SecretRows::new(inputs.len());
        suite.uniform_many(inputs, &mut uniform);
        let points = multiply_all(first, &uniform, &half, map_uniform)?;
        group::encode_doubles(&points, rows);
        Ok(())
    })?;
    Ok(rows.into_flattened())
}

/// [`tokenise`] over inputs laid end to end: input `i` is `data[offsets[i]..offsets[i + 1]]`, offsets being
/// little-endian u32, one more than there are inputs, the first 0 and the last the length of `data`.
///
/// # Errors
/// Offsets that do not cut `data` into consecutive pieces, and those of [`tokenise`].
pub fn tokenise_packed(data: &[u8], offsets: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    tokenise(&unpack(data, offsets)?, key)
}

pub(crate) fn unpack<'a>(data: &'a [u8], offsets: &[u8]) -> Result<Vec<&'a [u8]>, Error> {
    let offsets = items::<4>("offsets", offsets)?;
    let offset = |index: usize| u32::from_le_bytes(offsets[index]) as usize;
    if offsets.is_empty() || offset(0) != 0 {
        return Err(Error::Offsets { index: 0 });
    }
    let last = offsets.len() - 1;
    if offset(last) != data.len() {
        return Err(Error::Offsets { index: last });
    }
    (0..last).map(|i| data.get(offset(i)..offset(i + 1)).ok_or(Error::Offsets { index: i + 1 })).collect()
}

/// `key * element` for every element of 32 bytes.
///
/// # Errors
/// The first element that is not canonical, or is the identity.
pub fn shift(elements: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let rows = pool::rows(elements, |first, elements, rows| shifted(first, elements, key, rows))?;
    Ok(rows.into_flattened())
}

/// [`shift`] of one chunk, whose first element is number `first` of the batch; `rows` has a place for each.
pub(crate) fn shifted(first: usize, elements: &[Encoded], key: &SecretKey, rows: &mut [Encoded]) -> Result<(), Error> {
    let points = multiply_all(first, elements, &key.half(), |index, bytes| group::decode("element", index, bytes))?;
    group::encode_doubles(&points, rows);
    Ok(())
}

/// `HashToGroup` that refuses the identity, as `Blind` of RFC 9497 section 3.3.1 does.
pub(crate) fn hash_input(mode: Mode, index: usize, input: &[u8]) -> Result<RistrettoPoint, Error> {
    let point = Suite::of(mode).hash_to_group(input);
    group::refuse_identity("hash of input", index, &point)?;
    Ok(point)
}

/// The second half of `HashToGroup`, with the same refusal.
fn map_uniform(index: usize, uniform: &[u8; UNIFORM_BYTES]) -> Result<RistrettoPoint, Error> {
    let point = RistrettoPoint::from_uniform_bytes(uniform);
    group::refuse_identity("hash of input", index, &point)?;
    Ok(point)
}

fn multiply_all<T>(
    first: usize,
    items: &[T],
    scalar: &Scalar,
    point: impl Fn(usize, &T) -> Result<RistrettoPoint, Error>,
) -> Result<Zeroizing<Vec<RistrettoPoint>>, Error> {
    let mut products = Zeroizing::new(Vec::with_capacity(items.len()));
    for (i, item) in items.iter().enumerate() {
        let point = Zeroizing::new(point(first + i, item)?);
        products.push(*point * scalar);
    }
    Ok(products)
}
