//! Packing records into buckets of one constant stride, and checking what was packed (SPEC.md section 6.2).

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

/// A range of buckets, and by how many low bits the records' indices are finer than it.
#[derive(Clone, Copy)]
struct BucketRange {
    first: u64,
    count: usize,
    finer: u32,
}

impl BucketRange {
    /// A record's entry and its bucket, counted from the first of the range.
    fn parse(self, record: &[u8; RECORD_BYTES], index: usize) -> Result<(usize, Entry), Error> {
        let bucket = u64::from(u32::from_be_bytes([record[0], record[1], record[2], record[3]])) >> self.finer;
        let offset = bucket.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        let offset = offset.filter(|offset| *offset < self.count).ok_or(Error::BucketRange { index })?;
        let entry: Entry = std::array::from_fn(|i| record[4 + i]);
        if entry == EMPTY { Err(Error::ZeroEntry { index }) } else { Ok((offset, entry)) }
    }
}

/// Buckets ready for their file, and the hashes of their leaves in the Merkle tree.
pub struct PackedBuckets {
    /// `count * slots * 32` bytes.
    pub buckets: Vec<u8>,
    /// `count * 32` bytes.
    pub leaves: Vec<u8>,
}

/// Packs records of 36 bytes, in any order, into `count` buckets from bucket `first` on, each bucket's entries sorted by all
/// their bytes, empty slots zero and last. A record's index has `finer` low bits more than the snapshot's buckets.
///
/// # Errors
/// More than 32 bits; a record of another bucket, an entry of zeros or twice in its bucket, a bucket with more entries than
/// slots, or a result that does not fit into memory.
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

/// What whole buckets hold, once their order is right.
pub struct Checked {
    /// How many entries there are.
    pub entries: u64,
    /// The buckets' leaf hashes, 32 bytes each.
    pub leaves: Vec<u8>,
}

/// Checks the slots of whole buckets: entries ascending, empty slots last (SPEC.md section 6.2).
///
/// # Errors
/// No slots, bytes that are not whole buckets, or the first bucket that is not in order.
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

/// The number of entries of a bucket in order, `None` of one that is not.
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
        return Ok(()); // nothing can have been placed
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

/// Sorts the entries and says whether two are the same.
fn sort_bucket(entries: &mut [Entry]) -> bool {
    entries.sort_unstable_by(|a, b| head(a).cmp(&head(b)).then_with(|| a.cmp(b)));
    entries.windows(2).any(|pair| pair[0] == pair[1])
}

/// A vector of zeros, refused instead of aborting the process where memory is short.
fn zeroed<T: Default + Clone>(length: usize) -> Result<Vec<T>, Error> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(length).map_err(|_| Error::Memory)?;
    zeros.resize(length, T::default());
    Ok(zeros)
}
