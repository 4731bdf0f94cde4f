//! Scalars of ristretto255: canonical decoding and uniform random choice.

use curve25519_dalek::Scalar;
use zeroize::Zeroizing;

use crate::error::Error;

/// The size of an encoded scalar.
pub(crate) const SCALAR_BYTES: usize = 32;

/// Decodes a canonical scalar, which may be zero.
pub(crate) fn decode(what: &'static str, index: usize, bytes: &[u8; SCALAR_BYTES]) -> Result<Scalar, Error> {
    Scalar::from_canonical_bytes(*bytes).into_option().ok_or(Error::Scalar { what, index })
}

/// Decodes a canonical scalar other than zero.
pub(crate) fn decode_nonzero(what: &'static str, index: usize, bytes: &[u8; SCALAR_BYTES]) -> Result<Scalar, Error> {
    let scalar = decode(what, index, bytes)?;
    if scalar == Scalar::ZERO { Err(Error::Scalar { what, index }) } else { Ok(scalar) }
}

/// A uniformly random nonzero scalar from the operating system (RFC 9497 section 2.1, `RandomScalar`).
pub(crate) fn random() -> Result<Scalar, Error> {
    let mut scalars = random_many(1)?;
    Ok(std::mem::take(&mut scalars[0]))
}

/// `count` uniformly random nonzero scalars from the operating system, in one request.
pub(crate) fn random_many(count: usize) -> Result<Zeroizing<Vec<Scalar>>, Error> {
    let mut wide = Zeroizing::new(vec![[0; 64]; count]);
    getrandom::fill(wide.as_flattened_mut()).map_err(|_| Error::Random)?;
    let scalars: Zeroizing<Vec<Scalar>> = Zeroizing::new(wide.iter().map(Scalar::from_bytes_mod_order_wide).collect());
    // Zero does not occur by chance (1 in 2^252), but a broken random source may return it, which must be detected.
    if scalars.contains(&Scalar::ZERO) { Err(Error::Random) } else { Ok(scalars) }
}
