//! Untrusted records, and untrusted packed inputs with their offsets. They are refused, or all of them are packed or
//! tokenised.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pilookup_core::{
    Mode, SecretKey,
    entry::{bucket, seal::RECORD_BYTES},
    oprf,
};

static KEY: LazyLock<SecretKey> = LazyLock::new(|| {
    pilookup_core::set_threads(1).unwrap();
    SecretKey::derive(&[1; 32], b"fuzz", Mode::Voprf).unwrap()
});

fn pack(first: u8, count: u8, slots: u8, records: &[u8]) {
    let size = usize::from(count) * usize::from(slots) * 32;
    if let Ok(packed) = bucket::pack_buckets(records, first.into(), count.into(), slots.into(), 0) {
        assert_eq!((packed.buckets.len(), packed.leaves.len()), (size, 32 * usize::from(count)));
        let filled = packed.buckets.as_chunks::<32>().0.iter().filter(|entry| **entry != [0; 32]).count();
        assert_eq!(filled, records.len() / RECORD_BYTES);
        for bucket in packed.buckets.chunks(usize::from(slots).max(1) * 32) {
            let entries: Vec<_> = bucket.chunks(32).take_while(|entry| **entry != [0; 32]).collect();
            assert!(entries.is_sorted());
        }
    }
}

fn tokenise(offsets: u8, data: &[u8]) {
    let (offsets, data) = data.split_at(data.len().min(usize::from(offsets % 64)));
    if let Ok(elements) = oprf::tokenise_packed(data, offsets, &KEY) {
        assert_eq!(elements.len(), 32 * (offsets.len() / 4 - 1));
    }
}

fuzz_target!(|data: &[u8]| {
    if let [first, count, slots, records @ ..] = data {
        pack(*first, *count, *slots, records);
        tokenise(*first, &data[1..]);
    }
});
