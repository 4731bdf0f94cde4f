//! `canonicalise` answers every text, and an identifier is its own canonical form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pilookup_core::identifier::canonicalise;

fuzz_target!(|text: &str| {
    if let Ok(identifier) = canonicalise(text) {
        let again = std::str::from_utf8(identifier.as_bytes()).expect("an identifier is ASCII");
        assert_eq!(canonicalise(again), Ok(identifier));
    }
});
