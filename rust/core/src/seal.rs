//! Entries: a label sealed under its token's key, behind the token's tag (SPEC.md section 5.4).

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, Tag, aead::inout::InOutBuf};

use crate::{
    encoding::{items, same_count},
    error::Error,
    group::{ELEMENT_BYTES, Encoded},
    pool,
    token::{Context, TAG_BYTES, TOKEN_BYTES, Token, Tokens},
};

/// The size of a label in clear.
pub const LABEL_BYTES: usize = 12;
/// The size of an entry: tag, sealed label, authentication tag.
pub const ENTRY_BYTES: usize = 32;
/// The size of a record: the bucket's index as big-endian u32, then the entry.
pub const RECORD_BYTES: usize = 4 + ENTRY_BYTES;
/// The size of a filter key.
pub const FILTER_KEY_BYTES: usize = 8;

const LABEL_DST: &[u8] = b"pilookup-v1-label";
const SEALED_AT: usize = TAG_BYTES;
const AUTH_AT: usize = TAG_BYTES + LABEL_BYTES;
const ROW_BYTES: usize = RECORD_BYTES + FILTER_KEY_BYTES;

/// A token seals one label, and the mode withstands a repeated nonce, so the nonce can be fixed: equal labels keep
/// equal bytes from publish to publish (RFC 8452 section 9).
fn nonce() -> Nonce {
    Nonce::default()
}

fn seal_one(token: &Token, label: &[u8; LABEL_BYTES], bound: &[u8]) -> Result<[u8; ENTRY_BYTES], Error> {
    let mut entry = [0; ENTRY_BYTES];
    entry[..SEALED_AT].copy_from_slice(&token.tag());
    entry[SEALED_AT..AUTH_AT].copy_from_slice(label);
    let cipher = Aes256GcmSiv::new((&*token.label_key()).into());
    let sealed = InOutBuf::from(&mut entry[SEALED_AT..AUTH_AT]);
    let auth = cipher
        .encrypt_inout_detached(&nonce(), bound, sealed)
        .map_err(|_| Error::TooLong { what: "channel", index: 0 })?;
    entry[AUTH_AT..].copy_from_slice(&auth);
    Ok(entry)
}

/// Seals n labels of 12 bytes under n tokens of 64 bytes: n entries of 32 bytes.
///
/// # Errors
/// Unequal numbers, or a channel of more than 65535 bytes.
pub fn seal(tokens: &[u8], labels: &[u8], context: &Context<'_>) -> Result<Vec<u8>, Error> {
    let tokens = items::<TOKEN_BYTES>("tokens", tokens)?;
    let labels = items::<LABEL_BYTES>("labels", labels)?;
    same_count("number of labels", tokens.len(), labels.len())?;
    let bound = context.bind(LABEL_DST)?;
    let pairs: Vec<_> = tokens.iter().zip(labels).collect();
    let rows = pool::rows(&pairs, |_, pairs, rows| {
        for ((token, label), row) in pairs.iter().zip(rows) {
            *row = seal_one(&Token::from_bytes(token), label, &bound)?;
        }
        Ok(())
    })?;
    Ok(rows.into_flattened())
}

/// Opens one entry of 32 bytes with its token of 64: the label, or `None` where the tag differs or it does not open.
///
/// # Errors
/// A token or entry of another length, or a channel of more than 65535 bytes.
pub fn open_entry(token: &[u8], entry: &[u8], context: &Context<'_>) -> Result<Option<[u8; LABEL_BYTES]>, Error> {
    let token = Token::from_bytes(exact("bytes of a token", token)?);
    let entry: &[u8; ENTRY_BYTES] = exact("bytes of an entry", entry)?;
    let bound = context.bind(LABEL_DST)?;
    if entry[..SEALED_AT] != token.tag() {
        return Ok(None);
    }
    let mut label: [u8; LABEL_BYTES] = std::array::from_fn(|i| entry[SEALED_AT + i]);
    let auth: [u8; 16] = std::array::from_fn(|i| entry[AUTH_AT + i]);
    let cipher = Aes256GcmSiv::new((&*token.label_key()).into());
    let opened = cipher.decrypt_inout_detached(&nonce(), &bound, InOutBuf::from(&mut label[..]), &Tag::from(auth));
    Ok(opened.is_ok().then_some(label))
}

fn exact<'a, const N: usize>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Length { what, expected: N, found: bytes.len() })
}

/// What a publish needs of each element, in the order of the elements.
pub struct Sealed {
    /// 36 bytes each: the bucket's index as big-endian u32, then the entry.
    pub records: Vec<u8>,
    /// 8 bytes each.
    pub filter_keys: Vec<u8>,
}

/// Seals n labels under the tokens of n elements, for a snapshot of `2^bits` buckets; the tokens stay inside.
///
/// # Errors
/// More than 32 bits, unequal numbers, a channel of more than 65535 bytes; the first element not canonical, or the
/// identity.
pub fn seal_elements(elements: &[u8], labels: &[u8], context: &Context<'_>, bits: u32) -> Result<Sealed, Error> {
    if bits > 32 {
        return Err(Error::Range { what: "bucket bits", least: 0, most: 32 });
    }
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let labels = items::<LABEL_BYTES>("labels", labels)?;
    same_count("number of labels", elements.len(), labels.len())?;
    let (hash, bound) = (Tokens::new(context)?, context.bind(LABEL_DST)?);
    let pairs: Vec<(&Encoded, &[u8; LABEL_BYTES])> = elements.iter().zip(labels).collect();
    let rows = pool::rows(&pairs, |first, pairs, rows: &mut [[u8; ROW_BYTES]]| {
        for (i, ((element, label), row)) in pairs.iter().zip(rows).enumerate() {
            let token = hash.of(first + i, element)?;
            row[..4].copy_from_slice(&token.bucket(bits).to_be_bytes());
            row[4..RECORD_BYTES].copy_from_slice(&seal_one(&token, label, &bound)?);
            row[RECORD_BYTES..].copy_from_slice(&token.filter_key());
        }
        Ok(())
    })?;
    Ok(split(&rows))
}

fn split(rows: &[[u8; ROW_BYTES]]) -> Sealed {
    let mut sealed = Sealed {
        records: Vec::with_capacity(rows.len() * RECORD_BYTES),
        filter_keys: Vec::with_capacity(rows.len() * FILTER_KEY_BYTES),
    };
    for row in rows {
        sealed.records.extend_from_slice(&row[..RECORD_BYTES]);
        sealed.filter_keys.extend_from_slice(&row[RECORD_BYTES..]);
    }
    sealed
}
