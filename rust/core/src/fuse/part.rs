//! One part: the keys that share their upper bits, or all keys of a small filter. A part is a complete binary fuse
//! filter.

use super::{
    fingerprint::Fingerprint,
    layout::{Layout, mix},
};

/// The slots, and the parameters that determine which three of them a key uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part<F> {
    pub(super) count: usize,
    pub(super) seed: u64,
    pub(super) layout: Layout,
    pub(super) slots: Vec<F>,
}

impl<F: Fingerprint> Part<F> {
    /// The number of distinct keys.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Whether `key` may be in the part.
    #[inline]
    pub(super) fn contains(&self, key: u64) -> bool {
        if self.slots.is_empty() {
            return false;
        }
        let hash = mix(key, self.seed);
        let [a, b, c] = self.layout.slot_indices(hash);
        self.slots[a] ^ self.slots[b] ^ self.slots[c] == F::of(hash)
    }
}

/// The part of a key: its upper bits.
#[inline]
#[allow(clippy::cast_possible_truncation)] // at most 10 bits
pub(super) fn part_of(key: u64, part_bits: u8) -> usize {
    (key >> 32 >> (32 - part_bits)) as usize
}
