//! Elements of ristretto255 (RFC 9496), and a decoder that refuses what RFC 9497 refuses.

use curve25519_dalek::{RistrettoPoint, ristretto::CompressedRistretto, traits::IsIdentity};

use crate::error::Error;

/// The size of an encoded element.
pub const ELEMENT_BYTES: usize = 32;
/// The size of the uniform bytes that an element is derived from (RFC 9496 section 4.3.4).
pub(crate) const UNIFORM_BYTES: usize = 64;
/// An encoded element.
pub(crate) type Encoded = [u8; ELEMENT_BYTES];

/// Decodes one element. Refuses encodings that are not canonical, and the identity.
pub(crate) fn decode(what: &'static str, index: usize, bytes: &Encoded) -> Result<RistrettoPoint, Error> {
    let point = CompressedRistretto(*bytes).decompress().ok_or(Error::Encoding { what, index })?;
    refuse_identity(what, index, &point)?;
    Ok(point)
}

/// Refuses the identity, which RFC 9497 section 2.1 never allows.
pub(crate) fn refuse_identity(what: &'static str, index: usize, point: &RistrettoPoint) -> Result<(), Error> {
    if point.is_identity() { Err(Error::Identity { what, index }) } else { Ok(()) }
}
