//! The distinct numbers of a split, so that a repeated number is tokenised only once.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, Hasher, RandomState},
    io::Write,
};

/// Identifiers in the order of their first occurrence.
#[derive(Default)]
pub(super) struct DistinctIdentifiers {
    indices: HashMap<u64, u32, Keyed>,
    bytes: Vec<u8>,
    starts: Vec<[u8; 4]>,
}

impl DistinctIdentifiers {
    /// The index of the identifier of a number, which is added if it is new. The number is the integer of the digits
    /// after the `+`; no calling code begins with 0.
    pub(super) fn index_of(&mut self, number: u64) -> u32 {
        let next = self.indices.len();
        match self.indices.entry(number) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                self.starts.push(offset(&self.bytes));
                write!(self.bytes, "tel:+{number}").expect("a vector takes all bytes");
                *free.insert(u32::try_from(next).expect("a split has fewer rows than 2^32"))
            }
        }
    }

    /// The concatenated identifiers, and where each starts, followed by the length of all.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<[u8; 4]>) {
        self.starts.push(offset(&self.bytes));
        (self.bytes, self.starts)
    }
}

/// The length of data as a little-endian offset.
pub(super) fn offset(data: &[u8]) -> [u8; 4] {
    u32::try_from(data.len()).expect("a split is smaller than 4 GiB").to_le_bytes()
}

/// A secret multiplier: whoever wrote the file chose the numbers, and must not be able to choose ones that collide.
struct Keyed(u64);

impl Default for Keyed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded { multiplier: self.0, hash: 0 }
    }
}

/// The product with the multiplier, with the lower half replaced by the XOR of both halves (multiply-shift hashing,
/// which is universal).
struct Folded {
    multiplier: u64,
    hash: u64,
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let product = (u128::from(self.hash ^ number) * u128::from(self.multiplier)).to_le_bytes();
        let half = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| product[at + i]));
        self.hash = half(0) ^ half(8);
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}
