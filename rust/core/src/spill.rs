//! The content of the spill files of a publish: records grouped by bucket range, so that each range is contiguous in a file,
//! and sorted filter keys.

use crate::{
    entry::seal::{FILTER_KEY_BYTES, RECORD_BYTES},
    error::Error,
    memory::encoding::items,
};

/// Records in the order of their ranges, and the start of each range.
pub struct Grouped {
    /// n * 36 bytes.
    pub records: Vec<u8>,
    /// `2^range_bits + 1` little-endian u64, counted in records.
    pub starts: Vec<u8>,
}

/// Groups records by the top `range_bits` of their bucket index, which has `index_bits`. Within a range, the records keep
/// their order.
///
/// # Errors
/// - [`Error::Range`] if there are more than 32 index bits, or more range bits than index bits or than 16.
/// - [`Error::Ragged`] if the buffer is not a whole number of records.
/// - [`Error::BucketRange`] if the index of a record has more bits.
/// - [`Error::Memory`] if there is not enough memory for the grouped records.
pub fn group_records(records: &[u8], index_bits: u32, range_bits: u32) -> Result<Grouped, Error> {
    if index_bits > 32 || range_bits > index_bits.min(16) {
        return Err(Error::Range { what: "range bits", least: 0, most: u64::from(index_bits.min(16)) });
    }
    let records = items::<RECORD_BYTES>("records", records)?;
    let range = |record: &[u8; RECORD_BYTES]| range_of(record, index_bits, range_bits);
    let mut next = vec![0usize; (1 << range_bits) + 1];
    for (index, record) in records.iter().enumerate() {
        next[range(record).ok_or(Error::BucketRange { index })? + 1] += 1;
    }
    for at in 1..next.len() {
        next[at] += next[at - 1];
    }
    let starts = next.iter().flat_map(|start| (*start as u64).to_le_bytes()).collect();
    let mut grouped = Vec::new();
    grouped.try_reserve_exact(records.len()).map_err(|_| Error::Memory)?;
    grouped.resize(records.len(), [0; RECORD_BYTES]);
    for (index, record) in records.iter().enumerate() {
        let position = &mut next[range(record).ok_or(Error::BucketRange { index })?];
        grouped[*position] = *record;
        *position += 1;
    }
    Ok(Grouped { records: grouped.into_flattened(), starts })
}

fn range_of(record: &[u8; RECORD_BYTES], index_bits: u32, range_bits: u32) -> Option<usize> {
    let index = u64::from(u32::from_be_bytes([record[0], record[1], record[2], record[3]]));
    let range = index >> (index_bits - range_bits);
    usize::try_from(range).ok().filter(|range| *range < 1 << range_bits)
}

/// Sorts filter keys of 8 bytes, big-endian, in ascending order, and removes duplicates. Runs that are already in order are
/// only merged.
///
/// # Errors
/// [`Error::Ragged`] if the buffer is not a whole number of keys.
#[allow(clippy::stable_sort_primitive)] // the stable sort is the one that merges runs
pub fn sort_unique_keys(keys: &[u8]) -> Result<Vec<u8>, Error> {
    let keys = items::<FILTER_KEY_BYTES>("filter keys", keys)?;
    let mut keys: Vec<u64> = keys.iter().map(|key| u64::from_be_bytes(*key)).collect();
    keys.sort();
    keys.dedup();
    Ok(keys.into_iter().flat_map(u64::to_be_bytes).collect())
}
