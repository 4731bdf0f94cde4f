//! Construction of a part: every key has three slots; keys are peeled one at a time, and their slots are filled in the
//! reverse order.

use rayon::prelude::*;

use super::{
    fingerprint::Fingerprint,
    layout::{Layout, mix},
    part::{Part, part_of},
};
use crate::{error::Error, pool};

/// Each seed fails with a probability of at most a few percent.
const MAX_ATTEMPTS: u64 = 100;
/// The golden ratio in 64 bits, the step of the seeds.
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Builds `2^part_bits` parts over keys of 8 bytes, big-endian. A single part is sorted on all threads; several parts
/// are built on one thread each.
pub(super) fn construct<F: Fingerprint>(keys: &[[u8; 8]], part_bits: u8) -> Result<Vec<Part<F>>, Error> {
    if part_bits == 0 {
        return Ok(vec![construct_part(keys, |hashes| pool::install(|| hashes.par_sort_unstable()))?]);
    }
    let (grouped, starts) = by_part(keys, part_bits);
    let part = |ends: &[usize]| {
        construct_part(&grouped[ends[0]..ends[1]], |hashes| {
            hashes.sort_unstable();
            Ok(())
        })
    };
    pool::install(|| starts.par_windows(2).map(part).collect())?
}

/// The keys in the order of their parts, and the start of each part, followed by the number of keys.
fn by_part(keys: &[[u8; 8]], part_bits: u8) -> (Vec<[u8; 8]>, Vec<usize>) {
    let part = |key: &[u8; 8]| part_of(u64::from_be_bytes(*key), part_bits);
    let mut starts = vec![0; (1 << part_bits) + 1];
    for key in keys {
        starts[part(key) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut grouped = vec![[0; 8]; keys.len()];
    for key in keys {
        let index = &mut next[part(key)];
        grouped[*index] = *key;
        *index += 1;
    }
    (grouped, starts)
}

fn construct_part<F: Fingerprint>(
    keys: &[[u8; 8]],
    sort: impl Fn(&mut [u64]) -> Result<(), Error>,
) -> Result<Part<F>, Error> {
    for attempt in 1..=MAX_ATTEMPTS {
        let seed = mix(attempt.wrapping_mul(SEED_STEP), 0);
        let hashes = sorted_hashes(keys, seed, &sort)?;
        let count = hashes.len();
        let layout = Layout::of(count as u64)?;
        if let Some(order) = peel(hashes, layout) {
            return Ok(Part { count, seed, layout, slots: assign(&order, layout) });
        }
    }
    Err(Error::FilterConstruction)
}

/// The distinct hashes in ascending order. This is also the order of their first slots, so memory is accessed in order,
/// and the result does not depend on the order of the keys.
fn sorted_hashes(
    keys: &[[u8; 8]],
    seed: u64,
    sort: impl Fn(&mut [u64]) -> Result<(), Error>,
) -> Result<Vec<u64>, Error> {
    let mut hashes: Vec<u64> = keys.iter().map(|key| mix(u64::from_be_bytes(*key), seed)).collect();
    sort(&mut hashes)?;
    hashes.dedup();
    Ok(hashes)
}

/// A slot while peeling: the number of keys that use it, the XOR of their hashes, and the XOR of its roles (which of
/// the three slots of a key it is). With one key left, these are the hash and the role of that key.
#[derive(Clone, Copy, Default)]
struct Slot {
    hashes: u64,
    users: u32,
    roles: u8,
}

impl Slot {
    fn toggle(&mut self, hash: u64, role: u8) {
        self.hashes ^= hash;
        self.roles ^= role;
    }
}

/// The keys in the order in which they were peeled: the hash of each, and which of its three slots only it used. These
/// are two vectors because a pair would have seven bytes of padding.
#[derive(Default)]
struct Order {
    hashes: Vec<u64>,
    roles: Vec<u8>,
}

/// An order in which the keys can be removed such that each one is then the only key in one of its slots. `None` if
/// some keys cannot be removed. Once the slots contain the hashes, the vector of hashes is reused for the order.
fn peel(mut hashes: Vec<u64>, layout: Layout) -> Option<Order> {
    let mut slots = vec![Slot::default(); layout.slots()];
    for &hash in &hashes {
        for (role, index) in (0..).zip(layout.slot_indices(hash)) {
            slots[index].users += 1;
            slots[index].toggle(hash, role);
        }
    }
    let count = hashes.len();
    hashes.clear();
    let mut order = Order { hashes, roles: Vec::with_capacity(count) };
    let mut alone: Vec<usize> = (0..slots.len()).filter(|index| slots[*index].users == 1).collect();
    while let Some(index) = alone.pop() {
        let Slot { hashes: hash, users: 1, roles: own } = slots[index] else { continue };
        order.hashes.push(hash);
        order.roles.push(own);
        for (role, index) in (0..).zip(layout.slot_indices(hash)) {
            slots[index].users -= 1;
            slots[index].toggle(hash, role);
            if slots[index].users == 1 {
                alone.push(index);
            }
        }
    }
    (order.hashes.len() == count).then_some(order)
}

/// Fills each key's own slot so that its three slots XOR to its fingerprint. Starts with the key peeled last: the other
/// two slots of a key can only be the own slots of keys peeled later, which are final by then.
fn assign<F: Fingerprint>(order: &Order, layout: Layout) -> Vec<F> {
    let mut slots = vec![F::default(); layout.slots()];
    for (hash, role) in order.hashes.iter().zip(&order.roles).rev() {
        let indices = layout.slot_indices(*hash);
        // The own slot is still zero, so it does not change the sum.
        slots[indices[usize::from(*role)]] = F::of(*hash) ^ slots[indices[0]] ^ slots[indices[1]] ^ slots[indices[2]];
    }
    slots
}
