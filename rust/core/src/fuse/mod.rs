//! 3-wise binary fuse filters (T. M. Graf and D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters",
//! ACM JEA 27, 2022): about 9.05, 18.1 or 36.2 bits a key, false positives 2^-8, 2^-16 or 2^-32, no false negative.
//!
//! Construction takes some 37 bytes a key, so a large set is cut by the upper bits of its keys into parts, each a filter
//! of its own: parts are built one by one, or beside each other, and a publisher never holds more than a few.
//!
//! The same set of keys gives the same bytes, whatever its order and on every machine: the layout is computed with
//! exact arithmetic, the hashes are sorted before they are placed, and the seeds tried are a fixed sequence.

mod build;
mod fingerprint;
mod format;
mod layout;
mod part;
mod part_format;

use rayon::prelude::*;

use crate::{error::Error, memory::encoding::items, pool};
use build::construct;
use part::{Part, part_of};

/// Keys per task of a batch lookup; a multiple of 8, so that no two tasks write one byte.
const LOOKUP_CHUNK: usize = 1 << 15;
/// Keys that a part has at most, give or take how keys fall: 1.125 slots a key are enough from half of that on.
const PART_KEYS: u64 = 1 << 21;
/// There are at most 2^10 parts.
const MAX_PART_BITS: u8 = 10;

/// The parts at one of the three widths: `2^part_bits` of them, by the keys' upper bits.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    Eight(Vec<Part<u8>>),
    Sixteen(Vec<Part<u16>>),
    ThirtyTwo(Vec<Part<u32>>),
}

/// Calls for the parts, whatever their width.
macro_rules! each_width {
    ($parts:expr, $some:ident => $body:expr) => {
        match $parts {
            Parts::Eight($some) => $body,
            Parts::Sixteen($some) => $body,
            Parts::ThirtyTwo($some) => $body,
        }
    };
}
use each_width;

/// A filter over distinct 64-bit keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuseFilter {
    part_bits: u8,
    parts: Parts,
}

impl FuseFilter {
    /// Builds a filter of `bits` 8, 16 or 32 over keys of 8 bytes, big-endian. Duplicates count once; none is allowed.
    /// It has the parts that [`FuseFilter::part_bits_for`] gives for the number of distinct keys.
    ///
    /// # Errors
    /// [`Error::Ragged`] for a buffer that is no whole number of keys, [`Error::Filter`] for other bits and for more than
    /// 2^32 - 1 keys in a part, [`Error::FilterConstruction`] where no seed will do, [`Error::Threads`] where no thread
    /// can be started.
    pub fn build(keys: &[u8], bits: u32) -> Result<Self, Error> {
        let given = items::<8>("filter keys", keys)?;
        let filter = Self::construct(given, bits, Self::part_bits_for(given.len() as u64))?;
        // Duplicates do not count, and may leave fewer parts; sorting first would cost all others half as much again.
        let right = Self::part_bits_for(filter.len() as u64);
        if filter.part_bits == right { Ok(filter) } else { Self::construct(given, bits, right) }
    }

    /// The same, cut into `2^part_bits` parts by the keys' upper bits.
    ///
    /// # Errors
    /// As [`FuseFilter::build`], and [`Error::Range`] for more than 10 part bits.
    pub fn build_in_parts(keys: &[u8], bits: u32, part_bits: u8) -> Result<Self, Error> {
        let keys = items::<8>("filter keys", keys)?;
        if part_bits > MAX_PART_BITS {
            return Err(Error::Range { what: "part bits", least: 0, most: u64::from(MAX_PART_BITS) });
        }
        Self::construct(keys, bits, part_bits)
    }

    fn construct(keys: &[[u8; 8]], bits: u32, part_bits: u8) -> Result<Self, Error> {
        let parts = match bits {
            8 => Parts::Eight(construct(keys, part_bits)?),
            16 => Parts::Sixteen(construct(keys, part_bits)?),
            32 => Parts::ThirtyTwo(construct(keys, part_bits)?),
            _ => return Err(Error::Filter("bits must be 8, 16 or 32")),
        };
        Ok(Self { part_bits, parts })
    }

    /// How many upper bits of a key choose its part in a filter of `count` keys: the fewest that leave a part 2^21 keys
    /// or less on average, and 10 at most.
    #[must_use]
    pub fn part_bits_for(count: u64) -> u8 {
        (0..MAX_PART_BITS).find(|bits| count <= PART_KEYS << bits).unwrap_or(MAX_PART_BITS)
    }

    /// The number of distinct keys.
    #[must_use]
    pub fn len(&self) -> usize {
        each_width!(&self.parts, parts => parts.iter().map(Part::len).sum())
    }

    /// Whether it holds no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The width of a slot: 8, 16 or 32.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self.parts {
            Parts::Eight(_) => 8,
            Parts::Sixteen(_) => 16,
            Parts::ThirtyTwo(_) => 32,
        }
    }

    /// How many upper bits of a key choose its part.
    #[must_use]
    pub fn part_bits(&self) -> u8 {
        self.part_bits
    }

    /// Whether `key` may be in the set; false is certain.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        each_width!(&self.parts, parts => parts[part_of(key, self.part_bits)].contains(key))
    }

    /// Looks up n keys of 8 bytes, big-endian: a bitmap, where bit `i % 8` (from the lowest) of byte `i / 8` is key `i`.
    ///
    /// # Errors
    /// [`Error::Ragged`] for a buffer that is no whole number of keys, [`Error::Threads`] where no thread can be started.
    pub fn contains_many(&self, keys: &[u8]) -> Result<Vec<u8>, Error> {
        let keys = items::<8>("filter keys", keys)?;
        each_width!(&self.parts, parts => match parts.as_slice() {
            [part] => bitmap(keys, |key| part.contains(key)),
            parts => bitmap(keys, |key| parts[part_of(key, self.part_bits)].contains(key)),
        })
    }
}

/// A bit for each key; on all threads where there are many.
fn bitmap(keys: &[[u8; 8]], contains: impl Fn(u64) -> bool + Sync) -> Result<Vec<u8>, Error> {
    let mut bitmap = vec![0; keys.len().div_ceil(8)];
    let look_up = |(keys, bytes): (&[[u8; 8]], &mut [u8])| {
        for (keys, byte) in keys.chunks(8).zip(bytes) {
            *byte = keys.iter().rev().fold(0, |bits, key| bits << 1 | u8::from(contains(u64::from_be_bytes(*key))));
        }
    };
    if keys.len() <= LOOKUP_CHUNK {
        look_up((keys, &mut bitmap));
    } else {
        let chunks = keys.par_chunks(LOOKUP_CHUNK).zip(bitmap.par_chunks_mut(LOOKUP_CHUNK / 8));
        pool::install(|| chunks.for_each(look_up))?;
    }
    Ok(bitmap)
}

#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;
