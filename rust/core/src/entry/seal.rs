//! Entries: the tag of a token, followed by a label sealed under the key of the token (SPEC.md section 5.4).

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, Tag, aead::inout::InOutBuf};

use super::{
    entry_cipher::EntryCipher,
    token::{Context, LABEL_BYTES, TAG_BYTES, TOKEN_BYTES, Token, Tokens},
};
use crate::{
    error::Error,
    memory::{
        encoding::{items, same_count},
        secret_rows::SecretRows,
    },
    oprf::{
        group::{ELEMENT_BYTES, Encoded},
        key::SecretKey,
        tokenise,
    },
    pool,
};

/// The size of an entry: tag, sealed label, authentication tag.
pub const ENTRY_BYTES: usize = 32;
/// The size of a record: the bucket's index as big-endian u32, then the entry.
pub const RECORD_BYTES: usize = 4 + ENTRY_BYTES;
/// The size of a filter key.
pub const FILTER_KEY_BYTES: usize = 8;

const LABEL_DST: &[u8] = b"pilookup-v1-label";
const SEALED_AT: usize = TAG_BYTES;
const AUTH_AT: usize = TAG_BYTES + LABEL_BYTES;

type Label = [u8; LABEL_BYTES];
/// A record, followed by its filter key.
type Row = [u8; RECORD_BYTES + FILTER_KEY_BYTES];

fn seal_one(cipher: &mut EntryCipher, token: &Token<'_>, label: &Label) -> [u8; ENTRY_BYTES] {
    let (sealed, auth) = cipher.seal(token.label_key(), label);
    let mut entry = [0; ENTRY_BYTES];
    entry[..SEALED_AT].copy_from_slice(token.tag());
    entry[SEALED_AT..AUTH_AT].copy_from_slice(&sealed);
    entry[AUTH_AT..].copy_from_slice(&auth);
    entry
}

/// Seals n labels of 12 bytes under n tokens of 64 bytes. Returns n entries of 32 bytes.
///
/// # Errors
/// - [`Error::Ragged`] if a buffer is not a whole number of items.
/// - [`Error::Length`] if the numbers of tokens and labels differ.
/// - [`Error::TooLong`] if the channel is longer than 65535 bytes.
/// - [`Error::Threads`] if the thread pool cannot be started.
pub fn seal(tokens: &[u8], labels: &[u8], context: &Context<'_>) -> Result<Vec<u8>, Error> {
    let tokens = items::<TOKEN_BYTES>("tokens", tokens)?;
    let labels = items::<LABEL_BYTES>("labels", labels)?;
    same_count("number of labels", tokens.len(), labels.len())?;
    let aad = context.bind(LABEL_DST)?;
    let rows = pool::rows(tokens, |first, tokens, rows| {
        let mut cipher = EntryCipher::new(&aad);
        for ((token, label), row) in tokens.iter().zip(&labels[first..]).zip(rows) {
            *row = seal_one(&mut cipher, &Token(token), label);
        }
        Ok(())
    })?;
    Ok(rows.into_flattened())
}

/// Opens one entry of 32 bytes with a token of 64 bytes. Returns the label, or `None` if the tag differs or the label
/// does not decrypt.
///
/// # Errors
/// - [`Error::Length`] if the token or the entry has another length.
/// - [`Error::TooLong`] if the channel is longer than 65535 bytes.
pub fn open_entry(token: &[u8], entry: &[u8], context: &Context<'_>) -> Result<Option<[u8; LABEL_BYTES]>, Error> {
    let token = Token(exact("bytes of a token", token)?);
    let entry: &[u8; ENTRY_BYTES] = exact("bytes of an entry", entry)?;
    let aad = context.bind(LABEL_DST)?;
    if entry[..SEALED_AT] != *token.tag() {
        return Ok(None);
    }
    let mut label: [u8; LABEL_BYTES] = std::array::from_fn(|i| entry[SEALED_AT + i]);
    let auth: [u8; 16] = std::array::from_fn(|i| entry[AUTH_AT + i]);
    let cipher = Aes256GcmSiv::new(token.label_key().into());
    let opened =
        cipher.decrypt_inout_detached(&Nonce::default(), &aad, InOutBuf::from(&mut label[..]), &Tag::from(auth));
    Ok(opened.is_ok().then_some(label))
}

fn exact<'a, const N: usize>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; N], Error> {
    bytes.try_into().map_err(|_| Error::Length { what, expected: N, found: bytes.len() })
}

/// The record and the filter key of each element, in the order of the elements.
pub struct Sealed {
    /// 36 bytes each: the bucket's index as big-endian u32, then the entry.
    pub records: Vec<u8>,
    /// 8 bytes each.
    pub filter_keys: Vec<u8>,
}

/// Shifts n elements ([`tokenise::shift`]) and seals n labels under their tokens, for a snapshot of `2^bits` buckets.
/// The shifted elements and the tokens are not returned.
///
/// # Errors
/// - [`Error::Range`] if `bits` is more than 32.
/// - [`Error::Ragged`] if a buffer is not a whole number of items.
/// - [`Error::Length`] if the numbers of elements and labels differ.
/// - [`Error::TooLong`] if the channel is longer than 65535 bytes.
/// - [`Error::Encoding`] or [`Error::Identity`] for the first element that is not canonical or is the identity.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn shift_and_seal(
    elements: &[u8],
    labels: &[u8],
    key: &SecretKey,
    context: &Context<'_>,
    bits: u32,
) -> Result<Sealed, Error> {
    let sealer = Sealer::new(context, bits)?;
    seal_chunks(elements, labels, |first, elements, labels, rows| {
        let mut shifted = SecretRows::new(elements.len());
        tokenise::shifted(first, elements, key, &mut shifted)?;
        sealer.seal(&shifted, labels, rows);
        Ok(())
    })
}

/// Distributes elements and labels over the pool in chunks. `fill` receives the index of a chunk's first element, the
/// elements, their labels and their rows.
fn seal_chunks(
    elements: &[u8],
    labels: &[u8],
    fill: impl Fn(usize, &[Encoded], &[Label], &mut [Row]) -> Result<(), Error> + Sync,
) -> Result<Sealed, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let labels = items::<LABEL_BYTES>("labels", labels)?;
    same_count("number of labels", elements.len(), labels.len())?;
    let rows = pool::rows(elements, |first, elements, rows| {
        fill(first, elements, &labels[first..first + elements.len()], rows)
    })?;
    Ok(columns_of(&rows))
}

/// What the records of one snapshot have in common.
struct Sealer {
    tokens: Tokens,
    aad: Vec<u8>,
    bits: u32,
}

impl Sealer {
    fn new(context: &Context<'_>, bits: u32) -> Result<Self, Error> {
        if bits > 32 {
            return Err(Error::Range { what: "bucket bits", least: 0, most: 32 });
        }
        Ok(Self { tokens: Tokens::new(context)?, aad: context.bind(LABEL_DST)?, bits })
    }

    /// Writes the record and the filter key of every element. The elements must be valid.
    fn seal(&self, elements: &[Encoded], labels: &[Label], rows: &mut [Row]) {
        let mut tokens = SecretRows::new(elements.len());
        self.tokens.of(elements, &mut tokens);
        let mut cipher = EntryCipher::new(&self.aad);
        for ((token, label), row) in tokens.iter().zip(labels).zip(rows) {
            let token = Token(token);
            row[..4].copy_from_slice(&token.bucket(self.bits).to_be_bytes());
            row[4..RECORD_BYTES].copy_from_slice(&seal_one(&mut cipher, &token, label));
            row[RECORD_BYTES..].copy_from_slice(token.filter_key());
        }
    }
}

fn columns_of(rows: &[Row]) -> Sealed {
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
