//! The one error type of the core.

use std::fmt;

/// Why an operation refused its input. The text names the item by its index and never shows its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A buffer is not a whole number of items.
    Ragged {
        /// What the buffer holds.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The size of one item in bytes.
        unit: usize,
    },
    /// Something has the wrong length or number of items.
    Length {
        /// What has the wrong length.
        what: &'static str,
        /// The expected value.
        expected: usize,
        /// The actual value.
        found: usize,
    },
    /// A batch is empty, or has more elements than RFC 9497 can number.
    BatchSize {
        /// The number of elements.
        found: usize,
    },
    /// A number is outside its range.
    Range {
        /// The name of the number.
        what: &'static str,
        /// The smallest value allowed.
        least: u64,
        /// The largest value allowed.
        most: u64,
    },
    /// An input or text does not fit the two bytes of its length prefix.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its index in the batch.
        index: usize,
    },
    /// Bytes are not a canonical ristretto255 encoding (RFC 9496 section 4.3.1).
    Encoding {
        /// What they should encode.
        what: &'static str,
        /// Their index in the batch.
        index: usize,
    },
    /// The identity element, which RFC 9497 refuses.
    Identity {
        /// What it was given as.
        what: &'static str,
        /// Its index in the batch.
        index: usize,
    },
    /// Bytes are not a canonical scalar, or are zero where zero is not allowed.
    Scalar {
        /// What they should encode.
        what: &'static str,
        /// Their index in the batch.
        index: usize,
    },
    /// No key can be derived from this seed and info (RFC 9497 section 3.2.1).
    DeriveKeyPair,
    /// The offsets of packed inputs do not divide the data into consecutive inputs.
    Offsets {
        /// The first offset that is wrong.
        index: usize,
    },
    /// A row refers to an item that does not exist.
    UnknownItem {
        /// The row's index in the batch.
        index: usize,
    },
    /// A text that the fast path cannot read.
    Text(&'static str),
    /// Sealed bytes do not decrypt.
    Sealed,
    /// A record's bucket index lies outside the range being packed.
    BucketRange {
        /// The record's index in the batch.
        index: usize,
    },
    /// A bucket has more entries than slots.
    BucketOverflow {
        /// The bucket's index in the snapshot.
        bucket: u64,
        /// The number of its entries.
        entries: usize,
        /// The number of its slots.
        slots: usize,
    },
    /// A bucket contains the same entry twice.
    DuplicateEntry {
        /// The bucket's index in the snapshot.
        bucket: u64,
    },
    /// The entries of a bucket do not ascend, or an empty slot precedes a filled one.
    BucketOrder {
        /// The bucket's index in the batch.
        bucket: u64,
    },
    /// An entry of zeros, which would read as an empty slot.
    ZeroEntry {
        /// The record's index in the batch.
        index: usize,
    },
    /// Bytes are not a filter.
    Filter(&'static str),
    /// No seed gave a peelable graph: practically impossible for distinct keys.
    FilterConstruction,
    /// The result would not fit into memory.
    Memory,
    /// The operating system provided no random bytes.
    Random,
    /// The thread pool could not be started.
    Threads,
    /// `PILOOKUP_BACKEND` names a backend that does not exist, or one that this machine does not support.
    Backend(&'static str),
}

impl Error {
    /// The index in the batch of the item that the error is about; 0 if it is about the whole batch.
    #[must_use]
    pub fn index(&self) -> usize {
        match self {
            Self::TooLong { index, .. }
            | Self::Encoding { index, .. }
            | Self::Identity { index, .. }
            | Self::Scalar { index, .. }
            | Self::Offsets { index }
            | Self::UnknownItem { index }
            | Self::BucketRange { index }
            | Self::ZeroEntry { index } => *index,
            _ => 0,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ragged { what, length, unit } => {
                write!(f, "{what}: {length} bytes are not a whole number of {unit}-byte items")
            }
            Self::Length { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::BatchSize { found } => write!(f, "a proof covers 1 to 65535 elements, found {found}"),
            Self::Range { what, least, most } => write!(f, "{what} must be from {least} to {most}"),
            Self::TooLong { what, index } => write!(f, "{what} {index} is longer than 65535 bytes"),
            Self::Encoding { what, index } => {
                write!(f, "{what} {index} is not a canonical ristretto255 encoding")
            }
            Self::Identity { what, index } => write!(f, "{what} {index} is the identity element"),
            Self::Scalar { what, index } => {
                write!(f, "{what} {index} is not a canonical scalar, or is zero where zero is not allowed")
            }
            Self::DeriveKeyPair => write!(f, "no key can be derived from this seed and info"),
            Self::Offsets { index } => {
                write!(f, "offset {index} does not divide the data into consecutive inputs")
            }
            Self::UnknownItem { index } => write!(f, "row {index} refers to an item that does not exist"),
            Self::Text(why) => write!(f, "{why}"),
            Self::Sealed => write!(f, "the sealed bytes do not decrypt: altered, moved, or sealed under another key"),
            Self::BucketRange { index } => write!(f, "record {index} belongs to a bucket outside the range"),
            Self::BucketOverflow { bucket, entries, slots } => {
                write!(f, "bucket {bucket} has {entries} entries but {slots} slots")
            }
            Self::DuplicateEntry { bucket } => write!(f, "bucket {bucket} holds the same entry twice"),
            Self::BucketOrder { bucket } => write!(f, "bucket {bucket}: slots are not in order"),
            Self::ZeroEntry { index } => write!(f, "record {index} is all zeros, which means an empty slot"),
            Self::Filter(why) => write!(f, "not a fuse filter: {why}"),
            Self::FilterConstruction => write!(f, "no seed gives a filter for these keys"),
            Self::Memory => write!(f, "the result does not fit into memory"),
            Self::Random => write!(f, "the operating system provided no random bytes"),
            Self::Threads => write!(f, "the thread pool could not be started"),
            Self::Backend(why) => write!(f, "PILOOKUP_BACKEND: {why}"),
        }
    }
}

impl std::error::Error for Error {}
