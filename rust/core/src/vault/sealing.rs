//! AES-256-GCM-SIV (RFC 8452) over whole files, and over many pieces of one.

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, Tag, aead::inout::InOutBuf};

use crate::{
    error::Error,
    memory::encoding::{items, same_count},
};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

fn cipher(key: &[u8]) -> Result<Aes256GcmSiv, Error> {
    let wrong = Error::Length { what: "bytes of the key", expected: KEY_BYTES, found: key.len() };
    Aes256GcmSiv::new_from_slice(key).map_err(|_| wrong)
}

fn nonce_of(nonce: &[u8]) -> Result<Nonce, Error> {
    let wrong = Error::Length { what: "bytes of the nonce", expected: NONCE_BYTES, found: nonce.len() };
    nonce.try_into().map(|nonce: [u8; NONCE_BYTES]| nonce.into()).map_err(|_| wrong)
}

/// The sealed bytes of `data`, bound to `aad`, and their tag of 16 bytes after them.
///
/// # Errors
/// A key that has not 32 bytes, a nonce that has not 12, data of more than 64 GiB.
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

/// The bytes that were sealed, bound to `aad`.
///
/// # Errors
/// [`Error::Sealed`] when they are not what was sealed under this key, nonce and binding; a key or nonce of another size.
pub fn open(key: &[u8], nonce: &[u8], sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, Error> {
    let (data, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(Error::Sealed)?;
    let mut data = data.to_vec();
    let buffer = InOutBuf::from(data.as_mut_slice());
    cipher(key)?.decrypt_inout_detached(&nonce_of(nonce)?, aad, buffer, &Tag::from(*tag)).map_err(|_| Error::Sealed)?;
    Ok(data)
}

/// What piece `index` of several is bound to.
fn aad_of(aad: &[u8], index: usize) -> Result<Vec<u8>, Error> {
    let index = u32::try_from(index).map_err(|_| Error::TooLong { what: "pieces", index })?;
    Ok([aad, &index.to_le_bytes()].concat())
}

/// Pieces of `data`, of `sizes` one after another, each sealed by itself: its nonce of 12 bytes out of `nonces`, what
/// `seal` makes of it, bound to `aad` and the piece's number (little-endian u32). A piece of no size is left out.
///
/// # Errors
/// Sizes that do not add up to the data, too few nonces, and as `seal`.
pub fn seal_pieces(key: &[u8], nonces: &[u8], data: &[u8], sizes: &[usize], aad: &[u8]) -> Result<Vec<u8>, Error> {
    let cipher = cipher(key)?;
    let nonces = items::<NONCE_BYTES>("nonces", nonces)?;
    let filled = sizes.iter().enumerate().filter(|(_, size)| **size > 0);
    same_count("bytes of data", sizes.iter().sum(), data.len())?;
    same_count("number of nonces", filled.clone().count(), nonces.len())?;
    let mut sealed = Vec::with_capacity(data.len() + nonces.len() * (NONCE_BYTES + TAG_BYTES));
    let mut rest = data;
    for ((index, size), nonce) in filled.zip(nonces) {
        let (piece, after) = rest.split_at(*size);
        sealed.extend_from_slice(nonce);
        let start = sealed.len();
        sealed.extend_from_slice(piece);
        let tag = cipher
            .encrypt_inout_detached(&(*nonce).into(), &aad_of(aad, index)?, (&mut sealed[start..]).into())
            .map_err(|_| Error::TooLong { what: "data", index })?;
        sealed.extend_from_slice(&tag);
        rest = after;
    }
    Ok(sealed)
}

/// The data of pieces `first` and on that `seal_pieces` sealed, `sizes` being theirs before that, one after another.
///
/// # Errors
/// [`Error::Sealed`] when they are not what was sealed under this key and binding; a key of another size.
pub fn open_pieces(key: &[u8], sealed: &[u8], sizes: &[usize], first: usize, aad: &[u8]) -> Result<Vec<u8>, Error> {
    let cipher = cipher(key)?;
    let mut data = Vec::with_capacity(sealed.len());
    let mut rest = sealed;
    for (at, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
        let (nonce, after) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Error::Sealed)?;
        let (piece, after) = after.split_at_checked(*size).ok_or(Error::Sealed)?;
        let (tag, after) = after.split_first_chunk::<TAG_BYTES>().ok_or(Error::Sealed)?;
        let start = data.len();
        data.extend_from_slice(piece);
        let aad = aad_of(aad, first + at)?;
        cipher
            .decrypt_inout_detached(&(*nonce).into(), &aad, (&mut data[start..]).into(), &Tag::from(*tag))
            .map_err(|_| Error::Sealed)?;
        rest = after;
    }
    if rest.is_empty() { Ok(data) } else { Err(Error::Sealed) }
}
