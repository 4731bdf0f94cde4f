//! Distinct mainland mobiles and who has which: a number that comes again is not tokenised again.

use std::collections::{HashMap, hash_map::Entry};

/// `tel:+86` and eleven digits.
pub(super) const IDENTIFIER_BYTES: usize = 18;
const PREFIX: &[u8] = b"tel:+86";

/// Identifiers in the order they first came.
#[derive(Default)]
pub(super) struct Distinct {
    /// Seeded afresh in every process, since the numbers are whoever's who wrote the file.
    places: HashMap<u64, u32>,
    pub(super) identifiers: Vec<u8>,
}

impl Distinct {
    /// The place of a mobile's identifier, which is added when it is new.
    pub(super) fn place(&mut self, mobile: u64) -> u32 {
        let next = self.places.len();
        match self.places.entry(mobile) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                push_identifier(&mut self.identifiers, mobile);
                *free.insert(u32::try_from(next).expect("a piece has fewer rows than 2^32"))
            }
        }
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
