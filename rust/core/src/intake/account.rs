//! Account names, and the keyed pseudonyms of them that the vault stores.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{characters::strip, dialect::Codec};
use crate::{
    error::Error,
    memory::encoding::{items, same_count, unpack},
    pool,
    vault::ACCOUNT_BYTES,
};

const BLOCK_BYTES: usize = 64;

/// The account in a cell, without leading and trailing space. `None` if it needs Unicode normalisation.
pub(super) fn name_in(cell: &[u8], codec: Codec) -> Option<&[u8]> {
    let stable = cell.is_ascii() || (codec == Codec::Utf8 && is_stable(cell));
    stable.then(|| strip(cell))
}

/// Whether valid UTF-8 consists of ASCII and ideographs (U+4E00 to U+9FFF) only, which NFKC does not change.
fn is_stable(mut text: &[u8]) -> bool {
    loop {
        text = match *text {
            [] => return true,
            [0..=0x7f, ref rest @ ..] | [0xe4, 0xb8..=0xbf, _, ref rest @ ..] | [0xe5..=0xe9, _, _, ref rest @ ..] => {
                rest
            }
            _ => return false,
        }
    }
}

/// HMAC-SHA256 (RFC 2104) under one key. The padded key is hashed once.
struct Hmac {
    inner: Sha256,
    outer: Sha256,
}

impl Hmac {
    fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        if key.len() > BLOCK_BYTES {
            block[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let padded = |pad: u8| Sha256::new_with_prefix(Zeroizing::new(block.map(|byte| byte ^ pad)).as_slice());
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    fn pseudonym(&self, slices: &[&[u8]]) -> [u8; ACCOUNT_BYTES] {
        let mut inner = self.inner.clone();
        for slice in slices {
            inner.update(slice);
        }
        let mut outer = self.outer.clone();
        outer.update(inner.finalize());
        let whole: [u8; 32] = outer.finalize().into();
        std::array::from_fn(|i| whole[i])
    }
}

/// The pseudonym of each row: the first 16 bytes of HMAC-SHA256(key, identifier || 0 || account), or zeros if the
/// account is empty.
///
/// Identifiers and accounts are concatenated and divided by offsets (little-endian u32, one more than the number of
/// items). Row `i` has the identifier with index `indices[i]` (little-endian u32) and the account with index `i`.
///
/// # Errors
/// - [`Error::Ragged`] if a buffer is not a whole number of items.
/// - [`Error::Offsets`] if offsets do not divide their data into consecutive items.
/// - [`Error::Length`] if the numbers of rows and accounts differ.
/// - [`Error::UnknownItem`] if a row refers to an identifier that does not exist.
/// - [`Error::Threads`] if the thread pool cannot be started.
pub fn account_pseudonyms(
    identifiers: (&[u8], &[u8]),
    indices: &[u8],
    accounts: (&[u8], &[u8]),
    key: &[u8],
) -> Result<Vec<u8>, Error> {
    let identifiers = unpack(identifiers.0, identifiers.1)?;
    let accounts = unpack(accounts.0, accounts.1)?;
    let indices = items::<4>("indices", indices)?;
    same_count("number of accounts", indices.len(), accounts.len())?;
    let hmac = Hmac::new(key);
    let rows: Vec<_> = indices.iter().zip(accounts).collect();
    let pseudonyms = pool::rows(&rows, |first, rows, pseudonyms| {
        for (i, ((index, account), pseudonym)) in rows.iter().zip(pseudonyms).enumerate() {
            let index = u32::from_le_bytes(**index) as usize;
            let identifier = identifiers.get(index).ok_or(Error::UnknownItem { index: first + i })?;
            if !account.is_empty() {
                *pseudonym = hmac.pseudonym(&[identifier, &[0], account]);
            }
        }
        Ok(())
    })?;
    Ok(pseudonyms.into_flattened())
}
