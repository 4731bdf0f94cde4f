//! Keys as a set: what a filter is built over.

/// Keys of 8 bytes, big-endian, in ascending order, each once. Runs that are in order already are only merged.
#[allow(clippy::stable_sort_primitive)] // the stable sort is the one that merges runs
pub(crate) fn distinct(keys: &[[u8; 8]]) -> Vec<[u8; 8]> {
    let mut keys: Vec<u64> = keys.iter().map(|key| u64::from_be_bytes(*key)).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter().map(u64::to_be_bytes).collect()
}
