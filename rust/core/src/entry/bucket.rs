//! Packs records into buckets of one constant stride, and checks packed buckets (SPEC.md section 6.2).

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::seal::{ENTRY_BYTES, RECORD_BYTES};
use crate::{
    error::Error,
    memory::encoding::{head, items},
    pool,
};

type Entry = [u8; ENTRY_BYTES];
const EMPTY: Entry = [0; ENTRY_BYTES];

/// The size of a Merkle leaf hash.
const HASH_BYTES: usize = 32;

/// A range of buckets. The indices of records have `finer` more low bits than the indices of buckets.
#[derive(Clone, Copy)]
struct BucketRange {
    first: u64,
    count: usize,
    finer: u32,
}

impl BucketRange {
    /// The offset of a record's bucket from the first of the range, and the record's entry.
    fn parse(self, record: &[u8; RECORD_BYTES], index: usize) -> Result<(usize, Entry), Error> {
        let bucket = u64::from(u32::from_be_bytes([record[0], record[1], record[2], record[3]])) >> self.finer;
        let offset = bucket.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        let offset = offset.filter(|offset| *offset < self.count).ok_or(Error::BucketRange { index })?;
        let entry: Entry = std::array::from_fn(|i| record[4 + i]);
        if entry == EMPTY { Err(Error::ZeroEntry { index }) } else { Ok((offset, entry)) }
    }
}

/// Packed buckets, and the hashes of their leaves in the Merkle tree.
pub struct PackedBuckets {
    /// `count * slots * 32` bytes.
    pub buckets: Vec<u8>,
    /// `count * 32` bytes.
    pub leaves: Vec<u8>,
}

/// Packs records of 36 bytes, in any order, into `count` buckets, the first of which is bucket `first` of the snapshot.
/// The entries of a bucket are sorted by all their bytes; empty slots are zero and come last. The index of a record has
/// `finer` more low bits than the index of a bucket.
///
/// # Errors
/// - [`Error::Range`] if `finer` is more than 32.
/// - [`Error::Ragged`] if the buffer is not a whole number of records.
/// - [`Error::BucketRange`] if a record belongs to a bucket outside the range.
/// - [`Error::ZeroEntry`] if an entry is all zeros.
/// - [`Error::DuplicateEntry`] if a bucket contains an entry twice.
/// - [`Error::BucketOverflow`] if a bucket has more entries than slots.
/// - [`Error::Memory`] if the result does not fit into memory.
/// - [`Error::Threads`] if the thread pool cannot be started.
pub fn pack_buckets(
    records: &[u8],
    first: u64,
    count: usize,
    slots: usize,
    finer: u32,
) -> Result<PackedBuckets, Error> {
    if finer > 32 {
        return Err(Error::Range { what: "finer bits", least: 0, most: 32 });
    }
    let buckets = pack(records, BucketRange { first, count, finer }, slots)?;
    let leaves = leaf_hashes(&buckets, slots, count)?;
    Ok(PackedBuckets { buckets, leaves })
}

/// The result of [`check_buckets`].
pub struct Checked {
    /// The number of entries.
    pub entries: u64,
    /// The leaf hashes of the buckets, 32 bytes each.
    pub leaves: Vec<u8>,
}

/// Checks whole buckets: entries must ascend, and empty slots must come last (SPEC.md section 6.2).
///
/// # Errors
/// - [`Error::Range`] if there are no slots, or too many.
/// - [`Error::Ragged`] if the buffer is not a whole number of buckets.
/// - [`Error::BucketOrder`] for the first bucket that is not in order.
/// - [`Error::Memory`] if the result does not fit into memory.
/// - [`Error::Threads`] if the thread pool cannot be started.
pub fn check_buckets(buckets: &[u8], slots: usize) -> Result<Checked, Error> {
    let stride = slots.checked_mul(ENTRY_BYTES).filter(|stride| *stride > 0);
    let stride = stride.ok_or(Error::Range { what: "slots", least: 1, most: (usize::MAX / ENTRY_BYTES) as u64 })?;
    if !buckets.len().is_multiple_of(stride) {
        return Err(Error::Ragged { what: "buckets", length: buckets.len(), unit: stride });
    }
    let counts: Vec<_> = pool::install(|| buckets.par_chunks(stride).map(count_entries).collect())?;
    let mut entries = 0;
    for (bucket, count) in (0..).zip(counts) {
        entries += count.ok_or(Error::BucketOrder { bucket })?;
    }
    Ok(Checked { entries, leaves: leaf_hashes(buckets, slots, buckets.len() / stride)? })
}

/// The number of entries of a bucket. `None` if its slots are not in order.
fn count_entries(bucket: &[u8]) -> Option<u64> {
    let (slots, _) = bucket.as_chunks::<ENTRY_BYTES>();
    let filled = slots.iter().rposition(|slot| *slot != EMPTY).map_or(0, |last| last + 1);
    let ascending =
        slots[..filled].is_sorted_by(|a, b| (head(a), a) < (head(b), b)) && slots[..filled].first() != Some(&EMPTY);
    ascending.then_some(filled as u64)
}

/// SHA-256(0x00 || bucket) of every bucket (RFC 9162 section 2.1.1).
fn leaf_hashes(buckets: &[u8], slots: usize, count: usize) -> Result<Vec<u8>, Error> {
    let stride = slots * ENTRY_BYTES;
    let mut leaves = zeroed::<[u8; HASH_BYTES]>(count)?;
    pool::install(|| {
        leaves.par_iter_mut().enumerate().for_each(|(offset, leaf)| {
            let hash = Sha256::new_with_prefix([0]).chain_update(&buckets[offset * stride..(offset + 1) * stride]);
            *leaf = hash.finalize().into();
        });
    })?;
    Ok(leaves.into_flattened())
}

fn pack(records: &[u8], range: BucketRange, slots: usize) -> Result<Vec<u8>, Error> {
    let BucketRange { first, count, .. } = range;
    let records = items::<RECORD_BYTES>("records", records)?;
    let mut filled = zeroed::<usize>(count)?;
    for (index, record) in records.iter().enumerate() {
        filled[range.parse(record, index)?.0] += 1;
    }
    refuse_overflow(&filled, first, slots)?;
    let mut packed = zeroed::<Entry>(count.checked_mul(slots).ok_or(Error::Memory)?)?;
    filled.fill(0);
    for (index, record) in records.iter().enumerate() {
        let (offset, entry) = range.parse(record, index)?;
        packed[offset * slots + filled[offset]] = entry;
        filled[offset] += 1;
    }
    sort(&mut packed, &filled, first, slots)?;
    Ok(packed.into_flattened())
}

fn refuse_overflow(filled: &[usize], first: u64, slots: usize) -> Result<(), Error> {
    match (first..).zip(filled).find(|(_, entries)| **entries > slots) {
        Some((bucket, entries)) => Err(Error::BucketOverflow { bucket, entries: *entries, slots }),
        None => Ok(()),
    }
}

fn sort(packed: &mut [Entry], filled: &[usize], first: u64, slots: usize) -> Result<(), Error> {
    if slots == 0 {
        return Ok(()); // there are no entries to sort
    }
    let duplicate = pool::install(|| {
        let buckets = packed.par_chunks_mut(slots).zip(filled).enumerate().with_min_len(16);
        buckets.filter_map(|(offset, (bucket, entries))| sort_bucket(&mut bucket[..*entries]).then_some(offset)).min()
    })?;
    match duplicate {
        Some(offset) => Err(Error::DuplicateEntry { bucket: first + offset as u64 }),
        None => Ok(()),
    }
}

/// Sorts the entries. Returns whether two of them are equal.
fn sort_bucket(entries: &mut [Entry]) -> bool {
    entries.sort_unstable_by(|a, b| head(a).cmp(&head(b)).then_with(|| a.cmp(b)));
    entries.windows(2).any(|pair| pair[0] == pair[1])
}

/// A vector of zeros. Returns an error, instead of aborting the process, if there is not enough memory.
fn zeroed<T: Default + Clone>(length: usize) -> Result<Vec<T>, Error> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(length).map_err(|_| Error::Memory)?;
    zeros.resize(length, T::default());
    Ok(zeros)
}
