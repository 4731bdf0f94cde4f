//! A filter from outside: refused, or read so that it writes the same bytes and answers without harm. The digest is made
//! to match, since no fuzzer finds one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pilookup_core::fuse::FuseFilter;
use sha2::{Digest, Sha256};

fuzz_target!(|data: &[u8]| {
    if let Ok(filter) = FuseFilter::from_bytes(data) {
        assert_eq!(filter.to_bytes(), data);
    }
    let mut signed = data.to_vec();
    signed.extend_from_slice(&Sha256::digest(data));
    if let Ok(filter) = FuseFilter::from_bytes(&signed) {
        assert_eq!(filter.to_bytes(), signed);
        let asked: Vec<u8> = data.iter().copied().cycle().take(80).collect();
        let bitmap = filter.contains_many(&asked).unwrap();
        for (i, key) in asked.as_chunks::<8>().0.iter().enumerate() {
            assert_eq!(bitmap[i / 8] >> (i % 8) & 1 == 1, filter.contains(u64::from_be_bytes(*key)));
        }
    }
});
