//! The body format (SPEC.md section 10.3). A filter of one part is encoded as that part: version 1. One of more parts is
//! version 2, with p part bits and N keys. All integers are little-endian:
//!
//! ```text
//! offset  size  field
//!      0     4  "PLFF"
//!      4     1  version, 2
//!      5     1  w, bits of a slot, in every part
//!      6     1  p, 1 to 10
//!      7     1  0
//!      8     8  N, number of distinct keys of all parts together
//!     16     s  the 2^p parts, each a whole body of version 1
//! 16 + s    32  SHA-256 of all before
//! ```

use super::{
    FuseFilter, MAX_PART_BITS, Parts, each_width,
    fingerprint::Fingerprint,
    part::Part,
    part_format::{self, MAGIC, check_magic, field, with_digest, without_digest},
};
use crate::error::Error;

const VERSION: u8 = 2;
const HEAD_BYTES: usize = 16;

impl FuseFilter {
    /// What [`FuseFilter::part_bits_of`] needs of an encoded filter; where there is more than one part, the first begins
    /// behind it.
    pub const HEAD_BYTES: usize = HEAD_BYTES;
    /// What [`FuseFilter::part_bytes`] needs of an encoded part.
    pub const PART_HEAD_BYTES: usize = part_format::HEAD_BYTES;
    /// The SHA-256 that ends a part, and a filter of more parts than one.
    pub const DIGEST_BYTES: usize = part_format::DIGEST_BYTES;

    /// Encodes the filter.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        each_width!(&self.parts, parts => match parts.as_slice() {
            [part] => part.to_bytes(),
            parts => encode(parts, self.part_bits, self.len()),
        })
    }

    /// Reads an encoded filter back.
    ///
    /// # Errors
    /// [`Error::Filter`] for all that the format refuses. Any part bits and any seeds are read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let head = Head::parse(bytes)?;
        let parts = match bytes[5] {
            8 => Parts::Eight(decode(bytes, head.as_ref())?),
            16 => Parts::Sixteen(decode(bytes, head.as_ref())?),
            32 => Parts::ThirtyTwo(decode(bytes, head.as_ref())?),
            _ => return Err(Error::Filter("bits must be 8, 16 or 32")),
        };
        Ok(Self { part_bits: head.map_or(0, |head| head.part_bits), parts })
    }

    /// The part bits of the filter that begins with these 16 or more bytes: 0 where it is one part.
    ///
    /// # Errors
    /// [`Error::Filter`] where none begins so.
    pub fn part_bits_of(beginning: &[u8]) -> Result<u8, Error> {
        Ok(Head::parse(beginning)?.map_or(0, |head| head.part_bits))
    }

    /// The first 16 bytes of a filter of `2^part_bits` parts that have `count` distinct keys together: what stands before
    /// parts that were built one by one. The SHA-256 of head and parts stands behind them.
    ///
    /// # Errors
    /// [`Error::Filter`] for other `bits` than 8, 16 or 32, [`Error::Range`] for other `part_bits` than 1 to 10.
    pub fn head(bits: u32, part_bits: u8, count: u64) -> Result<[u8; HEAD_BYTES], Error> {
        if !(1..=MAX_PART_BITS).contains(&part_bits) {
            return Err(Error::Range { what: "part bits", least: 1, most: u64::from(MAX_PART_BITS) });
        }
        match bits {
            8 => Ok(head(8, part_bits, count)),
            16 => Ok(head(16, part_bits, count)),
            32 => Ok(head(32, part_bits, count)),
            _ => Err(Error::Filter("bits must be 8, 16 or 32")),
        }
    }

    /// The number of bytes of the part, or body of version 1, that begins with these 28 or more.
    ///
    /// # Errors
    /// [`Error::Filter`] where none begins so.
    pub fn part_bytes(beginning: &[u8]) -> Result<usize, Error> {
        part_format::part_bytes(beginning)
    }
}

fn head(bits: u8, part_bits: u8, count: u64) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&MAGIC);
    head[4..7].copy_from_slice(&[VERSION, bits, part_bits]);
    head[8..].copy_from_slice(&count.to_le_bytes());
    head
}

fn encode<F: Fingerprint>(parts: &[Part<F>], part_bits: u8, count: usize) -> Vec<u8> {
    let mut bytes = head(F::BITS, part_bits, count as u64).to_vec();
    for part in parts {
        bytes.append(&mut part.to_bytes());
    }
    with_digest(bytes)
}

/// The parts of a body: one where it has no head of parts.
fn decode<F: Fingerprint>(bytes: &[u8], head: Option<&Head>) -> Result<Vec<Part<F>>, Error> {
    let Some(Head { part_bits, count }) = head else {
        return match Part::split_from(bytes)? {
            (part, []) => Ok(vec![part]),
            _ => Err(Error::Filter("its length does not fit its number of keys")),
        };
    };
    let mut rest = without_digest(bytes)?.get(HEAD_BYTES..).ok_or(Error::Filter("too short"))?;
    let mut parts = Vec::new();
    for _ in 0..1 << part_bits {
        let (part, behind) = Part::split_from(rest)?;
        parts.push(part);
        rest = behind;
    }
    if !rest.is_empty() {
        return Err(Error::Filter("there is more than its parts"));
    }
    if parts.iter().map(|part| part.count as u64).sum::<u64>() != *count {
        return Err(Error::Filter("its parts have another number of keys"));
    }
    Ok(parts)
}

/// What stands before the parts of version 2, but for the width of their slots.
struct Head {
    part_bits: u8,
    count: u64,
}

impl Head {
    /// `None` for version 1.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Error> {
        let head: &[u8; HEAD_BYTES] = bytes.first_chunk().ok_or(Error::Filter("too short"))?;
        check_magic(head)?;
        let [version, _, part_bits, zero] = field(head, 4);
        if version == part_format::VERSION {
            return Ok(None);
        }
        if version != VERSION || zero != 0 {
            return Err(Error::Filter("unknown version"));
        }
        if !(1..=MAX_PART_BITS).contains(&part_bits) {
            return Err(Error::Filter("its parts are none or too many"));
        }
        Ok(Some(Self { part_bits, count: u64::from_le_bytes(field(head, 8)) }))
    }
}
