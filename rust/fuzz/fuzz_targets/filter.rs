//! An untrusted filter. It is refused, or it is read, written as the same bytes, and queried without a panic. The
//! target appends matching digests, because a fuzzer cannot find them: one for the whole, or one for each of two parts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pilookup_core::fuse::FuseFilter;
use sha2::{Digest, Sha256};

fn signed(data: &[u8]) -> Vec<u8> {
    [data, Sha256::digest(data).as_slice()].concat()
}

fn read(bytes: &[u8]) {
    if let Ok(filter) = FuseFilter::from_bytes(bytes) {
        assert_eq!(filter.to_bytes(), bytes);
        let asked: Vec<u8> = bytes.iter().copied().cycle().take(80).collect();
        let bitmap = filter.contains_many(&asked).unwrap();
        for (i, key) in asked.as_chunks::<8>().0.iter().enumerate() {
            assert_eq!(bitmap[i / 8] >> (i % 8) & 1 == 1, filter.contains(u64::from_be_bytes(*key)));
        }
    }
}

fuzz_target!(|data: &[u8]| {
    read(data);
    read(&signed(data));
    if let Some((head, parts)) = data.split_at_checked(16) {
        let (first, second) = parts.split_at(parts.len() / 2);
        read(&signed(&[head, &signed(first), &signed(second)].concat()));
    }
});
