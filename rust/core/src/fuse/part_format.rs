//! The encoding of a part (SPEC.md section 10.3). It is version 1 of the body format, since a filter of one part is
//! encoded as that part. n is the number of keys of the part. All integers are little-endian:
//!
//! ```text
//! offset  size  field
//!      0     4  "PLFF"
//!      4     1  version, 1
//!      5     1  w, bits of a slot: 8, 16 or 32
//!      6     1  e: a segment has 2^e slots (0 if there are no keys)
//!      7     1  0
//!      8     8  n, number of distinct keys, less than 2^32
//!     16     8  seed
//!     24     4  segments that can contain the first slot of a key (0 if there are no keys)
//!     28     s  the slots, (segments + 2) * 2^e of w / 8 bytes; none if there are no keys
//! 28 + s    32  SHA-256 of everything before it
//! ```
//!
//! The shape, that is e and the number of segments, follows from n.

use sha2::{Digest, Sha256};

use super::{fingerprint::Fingerprint, layout::Layout, part::Part};
use crate::error::Error;

pub(super) const MAGIC: [u8; 4] = *b"PLFF";
pub(super) const VERSION: u8 = 1;
pub(super) const HEAD_BYTES: usize = 28;
pub(super) const DIGEST_BYTES: usize = 32;

impl<F: Fingerprint> Part<F> {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.slots.len() * F::BYTES + DIGEST_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[VERSION, F::BITS, self.layout.segment_bits, 0]);
        bytes.extend_from_slice(&(self.count as u64).to_le_bytes());
        bytes.extend_from_slice(&self.seed.to_le_bytes());
        bytes.extend_from_slice(&self.layout.segments.to_le_bytes());
        F::encode(&self.slots, &mut bytes);
        with_digest(bytes)
    }

    /// Decodes the part at the start of `bytes`. Returns the part and the bytes after it.
    pub(super) fn split_from(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let PartHead { bits, count, seed, layout } = PartHead::parse(bytes)?;
        if bits != F::BITS {
            return Err(Error::Filter("its parts have slots of different widths"));
        }
        let size = HEAD_BYTES + layout.slots() * F::BYTES + DIGEST_BYTES;
        let (part, behind) = bytes.split_at_checked(size).ok_or(Error::Filter("too short"))?;
        let slots = F::decode(&without_digest(part)?[HEAD_BYTES..]);
        let count = usize::try_from(count).map_err(|_| Error::Memory)?;
        Ok((Self { count, seed, layout, slots }, behind))
    }
}

/// The size in bytes of the part that begins with these 28 or more bytes.
pub(super) fn part_bytes(beginning: &[u8]) -> Result<usize, Error> {
    let PartHead { bits, layout, .. } = PartHead::parse(beginning)?;
    Ok(HEAD_BYTES + layout.slots() * usize::from(bits / 8) + DIGEST_BYTES)
}

/// The fields before the slots.
struct PartHead {
    bits: u8,
    count: u64,
    seed: u64,
    layout: Layout,
}

impl PartHead {
    fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let head: &[u8; HEAD_BYTES] = bytes.first_chunk().ok_or(Error::Filter("too short"))?;
        check_magic(head)?;
        let [version, bits, segment_bits, zero] = field(head, 4);
        if version != VERSION || zero != 0 {
            return Err(Error::Filter("unknown version"));
        }
        if !matches!(bits, 8 | 16 | 32) {
            return Err(Error::Filter("bits must be 8, 16 or 32"));
        }
        let count = u64::from_le_bytes(field(head, 8));
        let layout = Layout { segment_bits, segments: u32::from_le_bytes(field(head, 24)) };
        if layout != Layout::of(count)? {
            return Err(Error::Filter("its shape does not match its number of keys"));
        }
        Ok(Self { bits, count, seed: u64::from_le_bytes(field(head, 16)), layout })
    }
}

pub(super) fn check_magic<const M: usize>(head: &[u8; M]) -> Result<(), Error> {
    if field(head, 0) == MAGIC { Ok(()) } else { Err(Error::Filter("wrong magic bytes")) }
}

/// `N` bytes of a head, starting at `at`.
pub(super) fn field<const N: usize, const M: usize>(head: &[u8; M], at: usize) -> [u8; N] {
    std::array::from_fn(|i| head[at + i])
}

pub(super) fn with_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

/// The bytes before the digest. Refuses a wrong digest.
pub(super) fn without_digest(bytes: &[u8]) -> Result<&[u8], Error> {
    let (body, digest) = bytes.split_last_chunk::<DIGEST_BYTES>().ok_or(Error::Filter("too short"))?;
    if Sha256::digest(body).as_slice() != digest {
        return Err(Error::Filter("its digest does not match"));
    }
    Ok(body)
}
