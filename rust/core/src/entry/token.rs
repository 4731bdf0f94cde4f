//! Tokens: the hash of an element for an epoch of a channel, and the fields of the hash (SPEC.md section 4).

use crate::{
    error::Error,
    hash::prefixed_sha512::PrefixedSha512,
    memory::encoding::{items, length_prefix},
    oprf::{
        group::{ELEMENT_BYTES, Encoded},
        point_batch::PointBatch,
    },
    pool,
};

/// The size of a token: one SHA-512 digest.
pub const TOKEN_BYTES: usize = 64;
/// The size of a plaintext label.
pub const LABEL_BYTES: usize = 12;
/// The size of the tag that marks an entry within its bucket.
pub(crate) const TAG_BYTES: usize = 4;

const TOKEN_DST: &[u8] = b"pilookup-v1-token";

/// A channel and an epoch, which bind tokens and sealed labels to their snapshot.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The channel's name.
    pub channel: &'a str,
    /// The number of the epoch.
    pub epoch: u32,
}

impl Context<'_> {
    /// `f(dst) || f(channel) || f(epoch)`, where `f` puts the two-byte length of a field before it.
    pub(crate) fn bind(&self, dst: &[u8]) -> Result<Vec<u8>, Error> {
        let epoch = self.epoch.to_be_bytes();
        let mut bound = Vec::with_capacity(10 + dst.len() + self.channel.len());
        for (what, field) in [("tag", dst), ("channel", self.channel.as_bytes()), ("epoch", &epoch)] {
            bound.extend_from_slice(&length_prefix(what, 0, field)?);
            bound.extend_from_slice(field);
        }
        Ok(bound)
    }
}

/// A borrowed token. Its fields are read big-endian.
pub(crate) struct Token<'a>(pub(crate) &'a [u8; TOKEN_BYTES]);

impl<'a> Token<'a> {
    fn field<const N: usize>(&self, at: usize) -> &'a [u8; N] {
        self.0[at..].first_chunk().expect("fields lie within the token")
    }

    /// The top `bits` of bytes 0 to 3, for `bits` from 0 to 32.
    pub(crate) fn bucket(&self, bits: u32) -> u32 {
        // The processor does not shift at all for a distance of 32; `checked_shr` gives the right result, 0.
        u32::from_be_bytes(*self.field(0)).checked_shr(32 - bits).unwrap_or(0)
    }

    /// Bytes 4 to 7.
    pub(crate) fn tag(&self) -> &'a [u8; TAG_BYTES] {
        self.field(4)
    }

    /// Bytes 16 to 23, unchanged.
    pub(crate) fn filter_key(&self) -> &'a [u8; 8] {
        self.field(16)
    }

    /// Bytes 32 to 63.
    pub(crate) fn label_key(&self) -> &'a [u8; 32] {
        self.field(32)
    }
}

/// The token hash for one context.
pub(crate) struct Tokens {
    frame: PrefixedSha512,
}

impl Tokens {
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Error> {
        let mut prefix = context.bind(TOKEN_DST)?;
        prefix.extend_from_slice(&[0, 32]); // I2OSP(32, 2): the element is a length-prefixed field too
        Ok(Self { frame: PrefixedSha512::new(&prefix, Vec::new()) })
    }

    /// Writes the tokens of `elements` to `tokens`, which has the same length.
    pub(crate) fn of(&self, elements: &[Encoded], tokens: &mut [[u8; TOKEN_BYTES]]) {
        self.frame.digests(elements, tokens);
    }
}

/// Refuses the first element of a chunk that is not a canonical encoding or is the identity. `first` is the index of
/// the chunk's first element.
pub(crate) fn check_elements(first: usize, elements: &[Encoded]) -> Result<(), Error> {
    PointBatch::decode("element", first, elements).map(drop)
}

/// The tokens of n elements of 32 bytes: n * 64 bytes.
///
/// # Errors
/// - [`Error::Ragged`] if the buffer is not a whole number of elements.
/// - [`Error::TooLong`] if the channel is longer than 65535 bytes.
/// - [`Error::Encoding`] or [`Error::Identity`] for the first element that is not canonical or is the identity.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn tokens(elements: &[u8], context: &Context<'_>) -> Result<Vec<u8>, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let hash = Tokens::new(context)?;
    let rows = pool::rows(elements, |first, elements, rows: &mut [[u8; TOKEN_BYTES]]| {
        check_elements(first, elements)?;
        hash.of(elements, rows);
        Ok(())
    })?;
    Ok(rows.into_flattened())
}
