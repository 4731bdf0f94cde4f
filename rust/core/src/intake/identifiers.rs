//! The distinct mainland mobile numbers of a split, so that a repeated number is tokenised only once.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, Hasher, RandomState},
};

/// `tel:+86` and eleven digits.
pub(super) const IDENTIFIER_BYTES: usize = 18;
const PREFIX: &[u8] = b"tel:+86";

/// Identifiers in the order of their first occurrence.
#[derive(Default)]
pub(super) struct DistinctIdentifiers {
    indices: HashMap<u64, u32, Keyed>,
    pub(super) identifiers: Vec<u8>,
}

impl DistinctIdentifiers {
    /// The index of the identifier of a mobile number, which is added if it is new.
    pub(super) fn index_of(&mut self, mobile: u64) -> u32 {
        let next = self.indices.len();
        match self.indices.entry(mobile) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                push_identifier(&mut self.identifiers, mobile);
                *free.insert(u32::try_from(next).expect("a split has fewer rows than 2^32"))
            }
        }
    }
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

fn push_identifier(identifiers: &mut Vec<u8>, mobile: u64) {
    let mut identifier = [0; IDENTIFIER_BYTES];
    let (prefix, digits) = identifier.split_at_mut(PREFIX.len());
    prefix.copy_from_slice(PREFIX);
    let mut left = mobile;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    identifiers.extend_from_slice(&identifier);
}
