//! Secret keys: nonzero scalars that are cleared when dropped.

use std::sync::OnceLock;

use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    group::Encoded,
    scalar::{self, SCALAR_BYTES},
    suite::{Mode, Suite},
};
use crate::{error::Error, hash::expand::Expander, memory::encoding::length_prefix};

/// A nonzero secret scalar. Its memory is cleared when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(Scalar, #[zeroize(skip)] OnceLock<Encoded>);

impl SecretKey {
    fn new(scalar: Scalar) -> Self {
        Self(scalar, OnceLock::new())
    }

    /// Generates a uniformly random key.
    ///
    /// # Errors
    /// [`Error::Random`] if the operating system provides no random bytes.
    pub fn generate() -> Result<Self, Error> {
        scalar::random().map(Self::new)
    }

    /// Reads a key from its 32 bytes.
    ///
    /// # Errors
    /// - [`Error::Length`] if there are not 32 bytes.
    /// - [`Error::Scalar`] if the scalar is not canonical, or is zero.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bytes: &[u8; SCALAR_BYTES] = bytes.try_into().map_err(|_| Error::Length {
            what: "bytes of a secret key",
            expected: SCALAR_BYTES,
            found: bytes.len(),
        })?;
        scalar::decode_nonzero("secret key", 0, bytes).map(Self::new)
    }

    /// `DeriveKeyPair` of RFC 9497 section 3.2.1, from a seed of 32 bytes.
    ///
    /// # Errors
    /// - [`Error::Length`] if the seed does not have 32 bytes.
    /// - [`Error::TooLong`] if `info` is longer than 65535 bytes.
    /// - [`Error::DeriveKeyPair`] if 256 attempts give no key.
    pub fn derive(seed: &[u8], info: &[u8], mode: Mode) -> Result<Self, Error> {
        if seed.len() != SCALAR_BYTES {
            return Err(Error::Length { what: "bytes of a seed", expected: SCALAR_BYTES, found: seed.len() });
        }
        let prefix = length_prefix("info", 0, info)?;
        let expander = Expander::new(&Suite::of(mode).tag(b"DeriveKeyPair"));
        (0..=u8::MAX)
            .map(|counter| expander.expand(&[seed, &prefix, info, &[counter]]))
            .map(|uniform| Scalar::from_bytes_mod_order_wide(&uniform))
            .find(|scalar| *scalar != Scalar::ZERO)
            .map(Self::new)
            .ok_or(Error::DeriveKeyPair)
    }

    /// The key's 32 bytes, for deliberate storage.
    #[must_use]
    pub fn export(&self) -> Zeroizing<[u8; SCALAR_BYTES]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key: this key times the generator. It is computed once, because every proof needs it.
    #[must_use]
    pub fn public(&self) -> Encoded {
        *self.1.get_or_init(|| RistrettoPoint::mul_base(&self.0).compress().to_bytes())
    }

    /// The shift `target / self`. Multiplying by it turns elements under this key into elements under `target`.
    #[must_use]
    pub fn shift_to(&self, target: &Self) -> Self {
        let inverse = Zeroizing::new(self.0.invert());
        Self::new(*inverse * target.0)
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }

    /// Half of the key, for [`super::point_batch::PointBatch::encode_doubles`].
    pub(crate) fn half(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(self.0.div_by_2())
    }
}
