//! AES-256-GCM-SIV (RFC 8452) over whole files.

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, Tag, aead::inout::InOutBuf};

use crate::error::Error;

const KEY_BYTES: usize = 32;
pub(super) const NONCE_BYTES: usize = 12;
pub(super) const TAG_BYTES: usize = 16;

pub(super) fn cipher(key: &[u8]) -> Result<Aes256GcmSiv, Error> {
    let wrong = Error::Length { what: "bytes of the key", expected: KEY_BYTES, found: key.len() };
    Aes256GcmSiv::new_from_slice(key).map_err(|_| wrong)
}

fn nonce_of(nonce: &[u8]) -> Result<Nonce, Error> {
    let wrong = Error::Length { what: "bytes of the nonce", expected: NONCE_BYTES, found: nonce.len() };
    nonce.try_into().map(|nonce: [u8; NONCE_BYTES]| nonce.into()).map_err(|_| wrong)
}

/// Seals `data`, bound to `aad`. Returns the ciphertext followed by the tag of 16 bytes.
///
/// # Errors
/// - [`Error::Length`] if the key does not have 32 bytes, or the nonce does not have 12.
/// - [`Error::TooLong`] if there are more than 64 GiB of data.
pub fn seal(key: &[u8], nonce: &[u8], data: &[u8], aad: &[u8]) -> Result<Vec<u8>, Error> {
    let mut sealed = Vec::with_capacity(data.len() + TAG_BYTES);
    sealed.extend_from_slice(data);
    let buffer = InOutBuf::from(sealed.as_mut_slice());
    let tag = cipher(key)?
        .encrypt_inout_detached(&nonce_of(nonce)?, aad, buffer)
        .map_err(|_| Error::TooLong { what: "data", index: 0 })?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens bytes that were sealed, bound to `aad`.
///
/// # Errors
/// - [`Error::Sealed`] if they were not sealed under this key, nonce and `aad`.
/// - [`Error::Length`] if the key does not have 32 bytes, or the nonce does not have 12.
pub fn open(key: &[u8], nonce: &[u8], sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Error> {
    let (data, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(Error::Sealed)?;
    let mut data = data.to_vec();
    let buffer = InOutBuf::from(data.as_mut_slice());
    cipher(key)?.decrypt_inout_detached(&nonce_of(nonce)?, aad, buffer, &Tag::from(*tag)).map_err(|_| Error::Sealed)?;
    Ok(data)
}
