//! An untrusted entry and token. The entry opens only to the label that was sealed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pilookup_core::{Context, LABEL_BYTES, entry::seal};

const CONTEXT: Context<'_> = Context { channel: "public", epoch: 7 };

fuzz_target!(|data: &[u8]| {
    if let Some((token, rest)) = data.split_at_checked(64) {
        // Only sealed bytes open, so a label that opens seals to the same bytes.
        if let Ok(Some(label)) = seal::open_entry(token, rest, &CONTEXT) {
            assert_eq!(seal::seal(token, &label, &CONTEXT).unwrap(), rest);
        }
        if let Some((label, rest)) = rest.split_at_checked(LABEL_BYTES) {
            let mut entry = seal::seal(token, label, &CONTEXT).unwrap();
            assert_eq!(seal::open_entry(token, &entry, &CONTEXT).unwrap().unwrap(), label);
            if let [at, flip, ..] = rest
                && *flip != 0
            {
                entry[usize::from(*at) % seal::ENTRY_BYTES] ^= flip;
                assert_eq!(seal::open_entry(token, &entry, &CONTEXT), Ok(None));
            }
        }
    } else {
        assert!(seal::open_entry(data, &[0; 32], &CONTEXT).is_err());
    }
});
