//! 3-wise binary fuse filters (T. M. Graf and D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters",
//! ACM JEA 27, 2022): about 9.05, 18.1 or 36.2 bits a key, false positives 2^-8, 2^-16 or 2^-32, no false negative.
//!
//! The same set of keys gives the same bytes, whatever its order and on every machine: the layout is computed with
//! exact arithmetic, the hashes are sorted before they are placed, and the seeds tried are a fixed sequence.

mod build;
mod format;
mod layout;

use rayon::prelude::*;

use crate::{encoding::items, error::Error, pool};
use build::construct;
use layout::{Layout, mix};

/// Keys per task of a batch lookup; a multiple of 8, so that no two tasks write one byte.
const LOOKUP_CHUNK: usize = 1 << 15;

/// A fingerprint: the 8, 16 or 32 bits stored in a slot.
pub(crate) trait Fingerprint:
    Copy + Default + PartialEq + Send + Sync + std::ops::BitXor<Output = Self>
{
    /// Folds a hash to its fingerprint.
    fn of(hash: u64) -> Self;
}

macro_rules! fingerprint {
    ($($int:ty),*) => {$(
        impl Fingerprint for $int {
            #[allow(clippy::cast_possible_truncation)] // dropping the upper bits is what makes a fingerprint
            fn of(hash: u64) -> Self {
                (hash ^ (hash >> 32)) as Self
            }
        }
    )*};
}
fingerprint!(u8, u16, u32);

/// The slots at one of the three widths.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slots {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
    ThirtyTwo(Vec<u32>),
}

/// A filter over distinct 64-bit keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuseFilter {
    count: usize,
    seed: u64,
    layout: Layout,
    slots: Slots,
}

impl FuseFilter {
    /// Builds a filter of `bits` 8, 16 or 32 over keys of 8 bytes, big-endian. Duplicates count once; none is allowed.
    ///
    /// # Errors
    /// A ragged buffer, other bits, more than 2^32 - 1 keys, or no memory.
    pub fn build(keys: &[u8], bits: u32) -> Result<Self, Error> {
        let keys = items::<8>("filter keys", keys)?;
        match bits {
            8 => construct(keys, Slots::Eight),
            16 => construct(keys, Slots::Sixteen),
            32 => construct(keys, Slots::ThirtyTwo),
            _ => Err(Error::Filter("bits must be 8, 16 or 32")),
        }
    }

    /// The number of distinct keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it holds no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The width of a slot: 8, 16 or 32.
    #[must_use]
    pub fn bits(&self) -> u32 {
        match self.slots {
            Slots::Eight(_) => 8,
            Slots::Sixteen(_) => 16,
            Slots::ThirtyTwo(_) => 32,
        }
    }

    /// Whether `key` may be in the set; false is certain.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        match &self.slots {
            Slots::Eight(slots) => self.holds(slots, key),
            Slots::Sixteen(slots) => self.holds(slots, key),
            Slots::ThirtyTwo(slots) => self.holds(slots, key),
        }
    }

    /// Looks up n keys of 8 bytes, big-endian: a bitmap, where bit `i % 8` (from the lowest) of byte `i / 8` is key `i`.
    ///
    /// # Errors
    /// A ragged buffer.
    pub fn contains_many(&self, keys: &[u8]) -> Result<Vec<u8>, Error> {
        let keys = items::<8>("filter keys", keys)?;
        match &self.slots {
            Slots::Eight(slots) => self.bitmap(slots, keys),
            Slots::Sixteen(slots) => self.bitmap(slots, keys),
            Slots::ThirtyTwo(slots) => self.bitmap(slots, keys),
        }
    }

    fn holds<F: Fingerprint>(&self, slots: &[F], key: u64) -> bool {
        if slots.is_empty() {
            return false;
        }
        let hash = mix(key, self.seed);
        let [a, b, c] = self.layout.places(hash);
        slots[a] ^ slots[b] ^ slots[c] == F::of(hash)
    }

    fn bitmap<F: Fingerprint>(&self, slots: &[F], keys: &[[u8; 8]]) -> Result<Vec<u8>, Error> {
        let mut bitmap = vec![0; keys.len().div_ceil(8)];
        let look_up = |(keys, bytes): (&[[u8; 8]], &mut [u8])| {
            for (keys, byte) in keys.chunks(8).zip(bytes) {
                *byte = keys
                    .iter()
                    .rev()
                    .fold(0, |bits, key| bits << 1 | u8::from(self.holds(slots, u64::from_be_bytes(*key))));
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
}

#[cfg(test)]
mod tests;
