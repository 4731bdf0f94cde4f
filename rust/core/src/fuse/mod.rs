//! 3-wise binary fuse filters (T. M. Graf and D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM
//! JEA 27, 2022): about 9.05, 18.1 or 36.2 bits per key, false positives with probability 2^-8, 2^-16 or 2^-32, and no
//! false negatives.
//!
//! Construction takes about 37 bytes per key, so a large set is divided into parts by the upper bits of its keys. Each
//! part is a complete filter. Parts are built one by one or in parallel, and a publisher never holds more than a few of
//! them.
//!
//! The same set of keys gives the same bytes, in any order and on every machine: the layout is computed with exact
//! arithmetic, the hashes are sorted before they are placed, and the sequence of seeds to try is fixed.

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

/// Keys per task of a batch lookup; a multiple of 8, so that no two tasks write the same byte.
const LOOKUP_CHUNK: usize = 1 << 15;
/// The largest average number of keys per part: from half of it on, 1.125 slots per key are enough.
const PART_KEYS: u64 = 1 << 21;
/// There are at most 2^10 parts.
const MAX_PART_BITS: u8 = 10;

/// The `2^part_bits` parts, by the upper bits of the keys, with slots of one of the three widths.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    Eight(Vec<Part<u8>>),
    Sixteen(Vec<Part<u16>>),
    ThirtyTwo(Vec<Part<u32>>),
}

/// Evaluates an expression over the parts of any width.
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
    /// Builds a filter with slots of 8, 16 or 32 `bits` over keys of 8 bytes, big-endian. Duplicates count once; there
    /// may be no keys. The number of parts is the one that [`FuseFilter::part_bits_for`] gives for the number of
    /// distinct keys.
    ///
    /// # Errors
    /// - [`Error::Ragged`] if the buffer is not a whole number of keys.
    /// - [`Error::Filter`] if `bits` has another value, or a part has more than 2^32 - 1 keys.
    /// - [`Error::FilterConstruction`] if no seed works.
    /// - [`Error::Threads`] if the thread pool cannot be started.
    pub fn build(keys: &[u8], bits: u32) -> Result<Self, Error> {
        let given = items::<8>("filter keys", keys)?;
        let filter = Self::construct(given, bits, Self::part_bits_for(given.len() as u64))?;
        // Without duplicates there may be fewer parts. Sorting the keys first would make every build take half as long
        // again.
        let right = Self::part_bits_for(filter.len() as u64);
        if filter.part_bits == right { Ok(filter) } else { Self::construct(given, bits, right) }
    }

    /// As [`FuseFilter::build`], but with `2^part_bits` parts.
    ///
    /// # Errors
    /// Those of [`FuseFilter::build`], and [`Error::Range`] if `part_bits` is more than 10.
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

    /// The number of upper bits of a key that choose its part in a filter of `count` keys: the smallest with which a
    /// part has at most 2^21 keys on average, but at most 10.
    #[must_use]
    pub fn part_bits_for(count: u64) -> u8 {
        (0..MAX_PART_BITS).find(|bits| count <= PART_KEYS << bits).unwrap_or(MAX_PART_BITS)
    }

    /// The number of distinct keys.
    #[must_use]
    pub fn len(&self) -> usize {
        each_width!(&self.parts, parts => parts.iter().map(Part::len).sum())
    }

    /// Whether the filter has no keys.
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

    /// The number of upper bits of a key that choose its part.
    #[must_use]
    pub fn part_bits(&self) -> u8 {
        self.part_bits
    }

    /// Whether `key` may be in the set; false is certain.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        each_width!(&self.parts, parts => parts[part_of(key, self.part_bits)].contains(key))
    }

    /// Looks up n keys of 8 bytes, big-endian. Returns a bitmap: bit `i % 8` (from the lowest) of byte `i / 8` is for
    /// key `i`.
    ///
    /// # Errors
    /// - [`Error::Ragged`] if the buffer is not a whole number of keys.
    /// - [`Error::Threads`] if the thread pool cannot be started.
    pub fn contains_many(&self, keys: &[u8]) -> Result<Vec<u8>, Error> {
        let keys = items::<8>("filter keys", keys)?;
        each_width!(&self.parts, parts => match parts.as_slice() {
            [part] => bitmap(keys, |key| part.contains(key)),
            parts => bitmap(keys, |key| parts[part_of(key, self.part_bits)].contains(key)),
        })
    }
}

/// One bit for each key. Many keys are looked up on all threads.
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
