//! Packing records into buckets of one constant stride (SPEC.md section 6.2).

use rayon::prelude::*;

use crate::{
    encoding::items,
    error::Error,
    pool,
    seal::{ENTRY_BYTES, RECORD_BYTES},
};

type Entry = [u8; ENTRY_BYTES];
const EMPTY: Entry = [0; ENTRY_BYTES];

/// A record's entry and its bucket, counted from the first of the range.
fn parse(record: &[u8; RECORD_BYTES], index: usize, first: u64, count: usize) -> Result<(usize, Entry), Error> {
    let bucket = u64::from(u32::from_be_bytes([record[0], record[1], record[2], record[3]]));
    let place = bucket.checked_sub(first).and_then(|place| usize::try_from(place).ok());
    let place = place.filter(|place| *place < count).ok_or(Error::BucketRange { index })?;
    let entry: Entry = std::array::from_fn(|i| record[4 + i]);
    if entry == EMPTY { Err(Error::ZeroEntry { index }) } else { Ok((place, entry)) }
}

/// Packs records of 36 bytes, in any order, into `count` buckets from bucket `first` on: `count * slots * 32` bytes,
/// each bucket's entries sorted by all their bytes, empty slots zero and last.
///
/// # Errors
/// A record of another bucket, an entry of zeros or twice in its bucket, a bucket with more entries than slots, or a
/// result that does not fit into memory.
pub fn pack_buckets(records: &[u8], first: u64, count: usize, slots: usize) -> Result<Vec<u8>, Error> {
    let records = items::<RECORD_BYTES>("records", records)?;
    let mut filled = zeroed::<usize>(count)?;
    for (index, record) in records.iter().enumerate() {
        filled[parse(record, index, first, count)?.0] += 1;
    }
    refuse_overflow(&filled, first, slots)?;
    let mut packed = zeroed::<Entry>(count.checked_mul(slots).ok_or(Error::Memory)?)?;
    filled.fill(0);
    for (index, record) in records.iter().enumerate() {
        let (place, entry) = parse(record, index, first, count)?;
        packed[place * slots + filled[place]] = entry;
        filled[place] += 1;
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
        buckets.filter_map(|(place, (bucket, entries))| sort_bucket(&mut bucket[..*entries]).then_some(place)).min()
    })?;
    match duplicate {
        Some(place) => Err(Error::DuplicateEntry { bucket: first + place as u64 }),
        None => Ok(()),
    }
}

/// Sorts the entries and says whether two are the same.
fn sort_bucket(entries: &mut [Entry]) -> bool {
    entries.sort_unstable();
    entries.windows(2).any(|pair| pair[0] == pair[1])
}

/// A vector of zeros, refused instead of aborting the process where memory is short.
fn zeroed<T: Default + Clone>(length: usize) -> Result<Vec<T>, Error> {
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(length).map_err(|_| Error::Memory)?;
    zeros.resize(length, T::default());
    Ok(zeros)
}
