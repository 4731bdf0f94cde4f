//! Many elements with a separate proof for each, as for requests that are evaluated together.
//!
//! A proof of one element has `M = d C`, `Z = k M = (d k) C` and `t3 = r M = (d r) C`, so with `D = k C` everything except
//! `t2` is a multiple of the element. In lanes, the tables of the element are computed once for all four; `t2` is a multiple
//! of the generator, whose tables always exist. The lanes are independent: each proof has separate nonces, weights and
//! challenges.

use curve25519_dalek::Scalar;
use zeroize::Zeroizing;

use super::{
    dleq::{PROOF_BYTES, challenged, evaluate_and_prove, response, seed, weighed},
    group::{self, ELEMENT_BYTES, Encoded},
    key::SecretKey,
    scalar,
    suite::{Mode, Suite},
};
use crate::{
    error::Error,
    memory::encoding::items,
    pool,
    simd::{
        self,
        ristretto::{Combs, Kernel},
    },
};

/// The smallest number of elements for which lanes are faster than one by one, as measured (docs/adr/0011).
const FEWEST: usize = 3;

/// An evaluated element, and the proof for it alone.
pub type Evaluated = ([u8; ELEMENT_BYTES], [u8; PROOF_BYTES]);

/// [`evaluate_and_prove`] for every element of 32 bytes separately, as if each were a batch of one. The result is `None` for
/// an element that is not canonical or is the identity; the others are not affected.
///
/// # Errors
/// - [`Error::Ragged`] if the buffer is not a whole number of elements.
/// - [`Error::Random`] if there are no random bytes.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn evaluate_and_prove_each(elements: &[u8], key: &SecretKey) -> Result<Vec<Option<Evaluated>>, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let chunks = pool::chunks(elements, |_, elements| match simd::ristretto_kernel()? {
        Some(kernel) if elements.len() >= FEWEST => together(kernel, elements, key),
        _ => elements.iter().map(|element| alone(element, key)).collect(),
    })?;
    Ok(chunks.concat())
}

fn alone(element: &Encoded, key: &SecretKey) -> Result<Option<Evaluated>, Error> {
    match evaluate_and_prove(element, key) {
        Ok((evaluated, proof)) => Ok(evaluated.first_chunk().map(|evaluated| (*evaluated, proof))),
        Err(Error::Encoding { .. } | Error::Identity { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn together(kernel: Kernel, elements: &[Encoded], key: &SecretKey) -> Result<Vec<Option<Evaluated>>, Error> {
    if let Ok(points) = kernel.decode(elements) {
        return Ok(in_lanes(elements, &points.combs(), key)?.into_iter().map(Some).collect());
    }
    let sound: Vec<_> = elements.iter().map(|element| group::decode("element", 0, element).is_ok()).collect();
    let kept: Vec<_> = elements.iter().zip(&sound).filter(|(_, sound)| **sound).map(|(element, _)| *element).collect();
    let points = kernel.decode(&kept).map_err(|(index, _)| Error::Encoding { what: "element", index })?;
    let mut evaluated = in_lanes(&kept, &points.combs(), key)?.into_iter();
    Ok(sound.into_iter().map(|sound| if sound { evaluated.next() } else { None }).collect())
}

/// All scalars are halved, because the doubles are encoded (see [`super::point_batch::PointBatch::encode_doubles`]).
fn in_lanes(elements: &[Encoded], combs: &Combs, key: &SecretKey) -> Result<Vec<Evaluated>, Error> {
    let public_key = key.public();
    let mut evaluated = vec![[0; ELEMENT_BYTES]; elements.len()];
    combs.multiply(&key.half()).encode_doubles(&mut evaluated);
    let weights = weights(elements, &evaluated, &public_key);
    let nonces = scalar::random_many(elements.len())?;
    let halves: Vec<_> = weights.iter().map(Scalar::div_by_2).collect();
    let times_key = Zeroizing::new(halves.iter().map(|half| half * key.scalar()).collect::<Vec<_>>());
    let times_nonce = Zeroizing::new(halves.iter().zip(nonces.iter()).map(|(half, r)| half * r).collect::<Vec<_>>());
    let half_nonces = Zeroizing::new(nonces.iter().map(Scalar::div_by_2).collect::<Vec<_>>());
    let ([m, z, t3], t2) = combs.encode_doubles([&halves, &times_key, &times_nonce], &half_nonces);
    let messages: Vec<_> =
        (0..elements.len()).map(|i| challenged(&public_key, [&m[i], &z[i], &t2[i], &t3[i]]).concat()).collect();
    let challenges = Suite::of(Mode::Voprf).hash_to_scalar_many(&messages);
    let proofs = challenges.iter().zip(nonces.iter()).map(|(c, nonce)| response(c, nonce, key));
    Ok(evaluated.into_iter().zip(proofs).collect())
}

/// The weight of each element when it is the only one in its proof.
fn weights(elements: &[Encoded], evaluated: &[Encoded], public_key: &Encoded) -> Vec<Scalar> {
    let suite = Suite::of(Mode::Voprf);
    let seed = seed(suite, public_key);
    let pairs = elements.iter().zip(evaluated);
    let messages: Vec<_> = pairs.map(|pair| weighed(&seed, &[0; 2], pair).concat()).collect();
    suite.hash_to_scalar_many(&messages)
}
