//! The body format, version 1 (SPEC.md section 10.3). All numbers are little-endian:
//!
//! ```text
//! offset  size  field
//!      0     4  "PLFF"
//!      4     1  version, 1
//!      5     1  bits a slot: 8, 16 or 32
//!      6     1  log2 of the slots a segment (0 in an empty filter)
//!      7     1  0
//!      8     8  number of distinct keys
//!     16     8  seed
//!     24     4  segments a key's first slot may lie in (0 in an empty filter)
//!     28     s  slots: (segments + 2) * 2^log2 of bits / 8 bytes; none in an empty filter
//! 28 + s    32  SHA-256 of all before
//! ```
//!
//! The shape follows from the number of keys, so one filter has one encoding.

use sha2::{Digest, Sha256};

use super::{FuseFilter, Slots, layout::Layout};
use crate::error::Error;

const MAGIC: [u8; 4] = *b"PLFF";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 28;
const DIGEST_BYTES: usize = 32;

impl FuseFilter {
    /// Encodes the filter.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let slot_bytes = self.layout.slots() * self.bits() as usize / 8;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + slot_bytes + DIGEST_BYTES);
        bytes.extend_from_slice(&MAGIC);
        #[allow(clippy::cast_possible_truncation)] // 8, 16 or 32
        bytes.extend_from_slice(&[VERSION, self.bits() as u8, self.layout.segment_bits, 0]);
        bytes.extend_from_slice(&(self.count as u64).to_le_bytes());
        bytes.extend_from_slice(&self.seed.to_le_bytes());
        bytes.extend_from_slice(&self.layout.segments.to_le_bytes());
        match &self.slots {
            Slots::Eight(slots) => bytes.extend_from_slice(slots),
            Slots::Sixteen(slots) => bytes.extend(slots.iter().flat_map(|slot| slot.to_le_bytes())),
            Slots::ThirtyTwo(slots) => bytes.extend(slots.iter().flat_map(|slot| slot.to_le_bytes())),
        }
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// Reads an encoded filter back.
    ///
    /// # Errors
    /// [`Error::Filter`] for anything [`FuseFilter::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (body, digest) = bytes.split_last_chunk::<DIGEST_BYTES>().ok_or(Error::Filter("too short"))?;
        let (header, slots) = body.split_first_chunk::<HEADER_BYTES>().ok_or(Error::Filter("too short"))?;
        let (bits, count, seed, layout) = parse_header(header)?;
        if slots.len() != layout.slots() * usize::from(bits) / 8 {
            return Err(Error::Filter("its length does not fit its number of keys"));
        }
        if Sha256::digest(body).as_slice() != digest {
            return Err(Error::Filter("its digest does not match"));
        }
        Ok(Self { count, seed, layout, slots: parse_slots(bits, slots)? })
    }
}

fn parse_header(header: &[u8; HEADER_BYTES]) -> Result<(u8, usize, u64, Layout), Error> {
    if field(header, 0) != MAGIC {
        return Err(Error::Filter("wrong magic bytes"));
    }
    let [version, bits, segment_bits, zero] = field(header, 4);
    if version != VERSION || zero != 0 {
        return Err(Error::Filter("unknown version"));
    }
    if !matches!(bits, 8 | 16 | 32) {
        return Err(Error::Filter("bits must be 8, 16 or 32"));
    }
    let count = u64::from_le_bytes(field(header, 8));
    let layout = Layout { segment_bits, segments: u32::from_le_bytes(field(header, 24)) };
    if layout != Layout::of(count)? {
        return Err(Error::Filter("its shape does not fit its number of keys"));
    }
    let count = usize::try_from(count).map_err(|_| Error::Memory)?;
    Ok((bits, count, u64::from_le_bytes(field(header, 16)), layout))
}

fn field<const N: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    std::array::from_fn(|i| header[at + i])
}

fn parse_slots(bits: u8, bytes: &[u8]) -> Result<Slots, Error> {
    Ok(match bits {
        8 => Slots::Eight(bytes.to_vec()),
        16 => Slots::Sixteen(bytes.as_chunks().0.iter().map(|slot| u16::from_le_bytes(*slot)).collect()),
        32 => Slots::ThirtyTwo(bytes.as_chunks().0.iter().map(|slot| u32::from_le_bytes(*slot)).collect()),
        _ => return Err(Error::Filter("bits must be 8, 16 or 32")),
    })
}
