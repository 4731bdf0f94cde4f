//! Batched proofs that one key evaluated every element (RFC 9497 section 2.2), in VOPRF mode.

use curve25519_dalek::{RistrettoPoint, Scalar, traits::VartimeMultiscalarMul};
use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    group::{self, ELEMENT_BYTES, Encoded},
    key::SecretKey,
    point_batch::PointBatch,
    scalar::{self, SCALAR_BYTES},
    suite::{Mode, Suite},
};
use crate::{
    error::Error,
    memory::encoding::{items, same_count},
    pool::{self, CHUNK},
};

/// The size of a proof: the challenge and the response, two scalars.
pub const PROOF_BYTES: usize = 2 * SCALAR_BYTES;
/// The index of an element is hashed as two bytes.
const MAX_BATCH: usize = u16::MAX as usize;
/// `I2OSP(32, 2)`, the length prefix of an element.
const ELEMENT_PREFIX: [u8; 2] = [0, 32];
/// `I2OSP(64, 2)`, the length prefix of the seed.
const SEED_PREFIX: [u8; 2] = [0, 64];

/// Elements and their evaluations, equally many.
#[derive(Clone, Copy)]
struct Batch<'a> {
    elements: &'a [Encoded],
    evaluated: &'a [Encoded],
}

impl<'a> Batch<'a> {
    fn of(elements: &'a [u8], evaluated: &'a [u8]) -> Result<Self, Error> {
        let elements = provable(elements)?;
        let evaluated = items::<ELEMENT_BYTES>("evaluated elements", evaluated)?;
        same_count("number of evaluated elements", elements.len(), evaluated.len())?;
        Ok(Self { elements, evaluated })
    }

    fn element_points(&self) -> Result<Vec<PointBatch>, Error> {
        PointBatch::decode_all("element", self.elements)
    }

    fn evaluated_points(&self) -> Result<Vec<PointBatch>, Error> {
        PointBatch::decode_all("evaluated element", self.evaluated)
    }

    /// Half of each weight `d_i` of `ComputeComposites`. The weights are public; see [`challenge`] for why they are halved.
    fn half_weights(&self, public_key: &Encoded) -> Result<Vec<Vec<Scalar>>, Error> {
        let suite = Suite::of(Mode::Voprf);
        let seed = seed(suite, public_key);
        pool::chunks(self.elements, |first, elements| {
            let pairs = elements.iter().zip(&self.evaluated[first..]);
            pairs.enumerate().map(|(i, pair)| half_weight(suite, &seed, first + i, pair)).collect()
        })
    }
}

fn half_weight(suite: &Suite, seed: &[u8; 64], index: usize, pair: (&Encoded, &Encoded)) -> Result<Scalar, Error> {
    let index = u16::try_from(index).map_err(|_| Error::BatchSize { found: index + 1 })?;
    Ok(suite.hash_to_scalar(&weighed(seed, &index.to_be_bytes(), pair)).div_by_2())
}

/// The input of the hash that gives the weight of an element and its evaluation.
pub(crate) fn weighed<'a>(
    seed: &'a [u8; 64],
    index: &'a [u8; 2],
    (element, evaluated): (&'a Encoded, &'a Encoded),
) -> [&'a [u8]; 8] {
    [&SEED_PREFIX, seed, index, &ELEMENT_PREFIX, element, &ELEMENT_PREFIX, evaluated, b"Composite"]
}

/// Half of a composite: the sum of all points times their half weights, both given in chunks.
fn half_composite(points: &[PointBatch], half_weights: &[Vec<Scalar>]) -> Result<RistrettoPoint, Error> {
    let singles: Option<Vec<_>> = points.iter().map(PointBatch::singles).collect();
    if let Some(singles) = singles {
        // One sum over all points takes fewer additions than one sum per chunk.
        return Ok(RistrettoPoint::vartime_multiscalar_mul(half_weights.concat(), singles.concat()));
    }
    let pairs: Vec<_> = points.iter().zip(half_weights).collect();
    let sums = pool::map(&pairs, |(points, half_weights)| points.sum_of_products(half_weights))?;
    Ok(sums.iter().sum())
}

/// The elements of a buffer. Refuses no elements, and more than a proof can number.
fn provable(elements: &[u8]) -> Result<&[Encoded], Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    if (1..=MAX_BATCH).contains(&elements.len()) {
        Ok(elements)
    } else {
        Err(Error::BatchSize { found: elements.len() })
    }
}

pub(crate) fn seed(suite: &Suite, public_key: &Encoded) -> [u8; 64] {
    let tag = suite.tag(b"Seed-");
    let tag_length = u16::try_from(tag.len()).expect("the tag is a short constant");
    let mut hash = Sha512::new();
    hash.update(ELEMENT_PREFIX);
    hash.update(public_key);
    hash.update(tag_length.to_be_bytes());
    hash.update(&tag);
    hash.finalize().into()
}

/// The challenge for M, Z, t2 and t3, given half of each: the four encodings of doubles cost little more than one encoding.
fn challenge(public_key: &Encoded, halves: &[RistrettoPoint; 4]) -> Scalar {
    let encoded = RistrettoPoint::double_and_compress_batch(halves);
    let elements = std::array::from_fn(|i| encoded[i].as_bytes());
    Suite::of(Mode::Voprf).hash_to_scalar(&challenged(public_key, elements))
}

/// The input of the hash that gives the challenge for M, Z, t2 and t3.
pub(crate) fn challenged<'a>(public_key: &'a Encoded, [m, z, t2, t3]: [&'a Encoded; 4]) -> [&'a [u8]; 11] {
    let p = ELEMENT_PREFIX.as_slice();
    [p, public_key, p, m, p, z, p, t2, p, t3, b"Challenge"]
}

/// The proof: the challenge, and the response to it that the nonce and the key give.
pub(crate) fn response(challenge: &Scalar, nonce: &Scalar, key: &SecretKey) -> [u8; PROOF_BYTES] {
    let s = nonce - *Zeroizing::new(challenge * key.scalar());
    let mut proof = [0; PROOF_BYTES];
    proof[..SCALAR_BYTES].copy_from_slice(challenge.as_bytes());
    proof[SCALAR_BYTES..].copy_from_slice(s.as_bytes());
    proof
}

/// `GenerateProof` (RFC 9497 section 2.2.1): a proof of 64 bytes that each of `evaluated` is `key` times its element.
///
/// # Errors
/// - [`Error::Ragged`] if a buffer is not a whole number of elements.
/// - [`Error::BatchSize`] if there are no elements, or more than 65535.
/// - [`Error::Length`] if the numbers of elements and evaluated elements differ.
/// - [`Error::Encoding`] or [`Error::Identity`] for an element that is not canonical or is the identity.
/// - [`Error::Random`] if there are no random bytes.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn prove(elements: &[u8], evaluated: &[u8], key: &SecretKey) -> Result<[u8; PROOF_BYTES], Error> {
    generate(elements, evaluated, key, &Zeroizing::new(scalar::random()?))
}

/// [`prove`] with a given random scalar. For published vectors only: a scalar that is used twice reveals the key.
///
/// # Errors
/// Those of [`prove`], and [`Error::Length`] or [`Error::Scalar`] if the random scalar does not have 32 bytes, is not
/// canonical, or is zero.
#[doc(hidden)]
pub fn prove_with(
    elements: &[u8],
    evaluated: &[u8],
    key: &SecretKey,
    random: &[u8],
) -> Result<[u8; PROOF_BYTES], Error> {
    let bytes = random.try_into().map_err(|_| Error::Length {
        what: "bytes of the random scalar",
        expected: SCALAR_BYTES,
        found: random.len(),
    })?;
    generate(elements, evaluated, key, &Zeroizing::new(scalar::decode_nonzero("random scalar", 0, bytes)?))
}

/// `BlindEvaluate` (RFC 9497 section 3.3.2) with its proof. Returns 32 bytes per evaluated element, and the proof. The
/// elements are decoded once for both.
///
/// # Errors
/// Those of [`prove`], except that the numbers cannot differ.
pub fn evaluate_and_prove(elements: &[u8], key: &SecretKey) -> Result<(Vec<u8>, [u8; PROOF_BYTES]), Error> {
    let elements = provable(elements)?;
    let points = PointBatch::decode_all("element", elements)?;
    let half = key.half();
    let evaluated = pool::rows(elements, |first, _, rows| {
        let mut products = points[first / CHUNK].clone();
        products.multiply(&half);
        products.encode_doubles(rows);
        Ok(())
    })?;
    let batch = Batch { elements, evaluated: &evaluated };
    let proof = prove_batch(batch, &points, key, &Zeroizing::new(scalar::random()?))?;
    Ok((evaluated.into_flattened(), proof))
}

fn generate(elements: &[u8], evaluated: &[u8], key: &SecretKey, random: &Scalar) -> Result<[u8; PROOF_BYTES], Error> {
    let batch = Batch::of(elements, evaluated)?;
    let points = batch.element_points()?;
    batch.evaluated_points()?;
    prove_batch(batch, &points, key, random)
}

fn prove_batch(
    batch: Batch<'_>,
    points: &[PointBatch],
    key: &SecretKey,
    random: &Scalar,
) -> Result<[u8; PROOF_BYTES], Error> {
    let public_key = key.public();
    // ComputeCompositesFast. Weights and elements are public, so M may be computed in variable time, but not Z, t2 and t3.
    let m = half_composite(points, &batch.half_weights(&public_key)?)?;
    let z = m * key.scalar();
    let t2 = RistrettoPoint::mul_base(&Zeroizing::new(random.div_by_2()));
    let t3 = m * random;
    let c = challenge(&public_key, &[m, z, t2, t3]);
    Ok(response(&c, random, key))
}

/// `VerifyProof` (RFC 9497 section 2.2.2): whether `proof` shows that the secret key of `public_key` evaluated all elements.
/// A wrong proof is `Ok(false)`; malformed input is an error.
///
/// Everything here is public, so all of it takes variable time.
///
/// # Errors
/// - [`Error::Ragged`] if a buffer is not a whole number of items.
/// - [`Error::BatchSize`] if there are no elements, or more than 65535.
/// - [`Error::Length`] if the numbers of elements and evaluated elements differ, the public key does not have 32 bytes, or
///   the proof does not have 64.
/// - [`Error::Encoding`] or [`Error::Identity`] for an element or public key that is not canonical or is the identity.
/// - [`Error::Scalar`] if a scalar of the proof is not canonical.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn verify(public_key: &[u8], elements: &[u8], evaluated: &[u8], proof: &[u8]) -> Result<bool, Error> {
    let (public_bytes, public_point) = decode_public(public_key)?;
    let [c, s] = decode_proof(proof)?;
    let batch = Batch::of(elements, evaluated)?;
    let (elements, evaluated) = (batch.element_points()?, batch.evaluated_points()?);
    let weights = batch.half_weights(public_bytes)?;
    let m = half_composite(&elements, &weights)?;
    let z = half_composite(&evaluated, &weights)?;
    let t2 = RistrettoPoint::vartime_double_scalar_mul_basepoint(&c.div_by_2(), &public_point, &s.div_by_2());
    let t3 = RistrettoPoint::vartime_multiscalar_mul([s, c], [m, z]);
    Ok(challenge(public_bytes, &[m, z, t2, t3]).ct_eq(&c).into())
}

fn decode_public(public_key: &[u8]) -> Result<(&Encoded, RistrettoPoint), Error> {
    let bytes: &Encoded = public_key.try_into().map_err(|_| Error::Length {
        what: "bytes of a public key",
        expected: ELEMENT_BYTES,
        found: public_key.len(),
    })?;
    Ok((bytes, group::decode("public key", 0, bytes)?))
}

fn decode_proof(proof: &[u8]) -> Result<[Scalar; 2], Error> {
    match items::<SCALAR_BYTES>("proof", proof)? {
        [c, s] => Ok([scalar::decode("proof scalar", 0, c)?, scalar::decode("proof scalar", 1, s)?]),
        _ => Err(Error::Length { what: "bytes of a proof", expected: PROOF_BYTES, found: proof.len() }),
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::{RistrettoPoint, Scalar, constants::RISTRETTO_BASEPOINT_POINT, traits::Identity};

    /// Composites can be the identity if somebody chooses the elements to that end: the batch must encode it correctly.
    #[test]
    fn a_batch_encodes_the_identity_among_others() {
        let points = [RistrettoPoint::identity(), RISTRETTO_BASEPOINT_POINT, RistrettoPoint::identity()];
        let encoded = RistrettoPoint::double_and_compress_batch(&points);
        let expected = points.map(|point| (point * Scalar::from(2_u8)).compress());
        assert_eq!(encoded, expected);
    }
}
