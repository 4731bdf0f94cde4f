//! The body format (SPEC.md section 10.3). A filter of one part is encoded as that part, which is version 1. A filter
//! of several parts is version 2, with p part bits and N keys. All integers are little-endian:
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
//! 16 + s    32  SHA-256 of everything before it
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
    /// The number of bytes that [`FuseFilter::part_bits_of`] needs of an encoded filter. In a filter of several parts,
    /// the first part follows them.
    pub const HEAD_BYTES: usize = HEAD_BYTES;
    /// The number of bytes that [`FuseFilter::part_bytes`] needs of an encoded part.
    pub const PART_HEAD_BYTES: usize = part_format::HEAD_BYTES;
    /// The size of the SHA-256 at the end of a part, and at the end of a filter of several parts.
    pub const DIGEST_BYTES: usize = part_format::DIGEST_BYTES;

    /// Encodes the filter.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        each_width!(&self.parts, parts => match parts.as_slice() {
            [part] => part.to_bytes(),
            parts => encode(parts, self.part_bits, self.len()),
        })
    }

    /// Decodes a filter. It may have any part bits and any seeds that the format allows, not only those that
    /// [`FuseFilter::build`] would choose.
    ///
    /// # Errors
    /// [`Error::Filter`] for anything that the format does not allow.
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

    /// The part bits of the filter that begins with these 16 or more bytes; 0 if it has one part.
    ///
    /// # Errors
    /// [`Error::Filter`] if no filter begins with these bytes.
    pub fn part_bits_of(beginning: &[u8]) -> Result<u8, Error> {
        Ok(Head::parse(beginning)?.map_or(0, |head| head.part_bits))
    }

    /// The first 16 bytes of a filter of `2^part_bits` parts with `count` distinct keys in total. They precede parts
    /// that are built one by one; the SHA-256 of head and parts follows the parts.
    ///
    /// # Errors
    /// - [`Error::Filter`] if `bits` is not 8, 16 or 32.
    /// - [`Error::Range`] if `part_bits` is not from 1 to 10.
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

    /// The size in bytes of the part, or body of version 1, that begins with these 28 or more bytes.
    ///
    /// # Errors
    /// [`Error::Filter`] if no part begins with these bytes.
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

/// Decodes the parts of a body. Without a head, the body is one part.
fn decode<F: Fingerprint>(bytes: &[u8], head: Option<&Head>) -> Result<Vec<Part<F>>, Error> {
    let Some(Head { part_bits, count }) = head else {
        return match Part::split_from(bytes)? {
            (part, []) => Ok(vec![part]),
            _ => Err(Error::Filter("its length does not match its number of keys")),
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
        return Err(Error::Filter("there are bytes after its last part"));
    }
    if parts.iter().map(|part| part.count as u64).sum::<u64>() != *count {
        return Err(Error::Filter("its parts have a different number of keys"));
    }
    Ok(parts)
}

/// The head of version 2, without the width of the slots.
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
            return Err(Error::Filter("it has no parts or too many parts"));
        }
        Ok(Some(Self { part_bits, count: u64::from_le_bytes(field(head, 8)) }))
    }
}
