//! Untrusted elements. Every function that decodes them, in lanes or not, accepts what curve25519-dalek accepts, and
//! refuses the same element that it refuses. A shift by one returns the same bytes.

#![no_main]

use std::sync::LazyLock;

use curve25519_dalek::{ristretto::CompressedRistretto, traits::IsIdentity};
use libfuzzer_sys::fuzz_target;
use pilookup_core::{Context, Error, LABEL_BYTES, SecretKey, entry::seal, oprf, tokens};

const CONTEXT: Context<'_> = Context { channel: "public", epoch: 7 };

static ONE: LazyLock<SecretKey> = LazyLock::new(|| {
    pilookup_core::set_threads(1).unwrap();
    SecretKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| u8::from(i == 0))).unwrap()
});

/// The expected error, which is that of the first bad element.
fn refusal(elements: &[[u8; 32]]) -> Option<Error> {
    (0..).zip(elements).find_map(|(index, bytes)| match CompressedRistretto(*bytes).decompress() {
        None => Some(Error::Encoding { what: "element", index }),
        Some(point) if point.is_identity() => Some(Error::Identity { what: "element", index }),
        Some(_) => None,
    })
}

fuzz_target!(|data: &[u8]| {
    let (elements, ragged) = data.as_chunks::<32>();
    let shifted = oprf::shift(data, &ONE);
    if !ragged.is_empty() {
        assert!(matches!(shifted, Err(Error::Ragged { .. })));
        return;
    }
    let labels = vec![0; elements.len() * LABEL_BYTES];
    match refusal(elements) {
        None => {
            assert_eq!(shifted.unwrap(), data);
            assert_eq!(tokens(data, &CONTEXT).unwrap().len(), 64 * elements.len());
        }
        Some(error) => {
            assert_eq!(shifted.unwrap_err(), error);
            assert_eq!(tokens(data, &CONTEXT).unwrap_err(), error);
            let sealed = seal::shift_and_seal(data, &labels, &ONE, &CONTEXT, 8);
            assert_eq!(sealed.map(drop).unwrap_err(), error);
        }
    }
});
