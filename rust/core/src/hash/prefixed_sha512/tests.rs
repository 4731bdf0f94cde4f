use proptest::{collection::vec, prelude::*};
use sha2::{Digest, Sha512};

use super::PrefixedSha512;
use crate::{hash::expand::Expander, simd};

fn agree(prefix: &[u8], suffix: &[u8], messages: &[Vec<u8>]) {
    let frame = PrefixedSha512::new(prefix, suffix.to_vec());
    let mut digests = vec![[0; 64]; messages.len()];
    frame.digests(messages, &mut digests);
    for (message, digest) in messages.iter().zip(&digests) {
        assert_eq!(digest.as_slice(), Sha512::digest([prefix, message, suffix].concat()).as_slice());
        assert_eq!(*digest, *frame.digest(&[message]));
    }
}

#[test]
fn messages_of_lengths_around_a_block_hash_correctly() {
    println!("lanes: {}", if simd::sha512_lanes().is_some() { "eight" } else { "none on this machine" });
    for length in (0..=20).chain(90..=150).chain(220..=280).chain(480..=600) {
        for count in [1, 2, 7, 8, 9, 17] {
            let messages: Vec<Vec<u8>> = (0..count).map(|i| vec![i; length]).collect();
            agree(b"", b"", &messages);
        }
    }
}

#[test]
fn the_examples_of_the_standard_hash_correctly() {
    let million = vec![b'a'; 1_000_000];
    let messages = [b"abc".to_vec(), million, b"abc".to_vec()];
    let mut digests = [[0; 64]; 3];
    PrefixedSha512::new(b"", Vec::new()).digests(&messages, &mut digests);
    assert_eq!(digests[0][..8], [0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba]);
    assert_eq!(digests[1][..8], [0xe7, 0x18, 0x48, 0x3d, 0x0c, 0xe7, 0x69, 0x64]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
#[should_panic(expected = "as many digests as messages")]
fn fewer_digests_than_messages_panic() {
    PrefixedSha512::new(b"", Vec::new()).digests(&[b"a", b"b"], &mut [[0; 64]; 1]);
}

proptest! {
    #[test]
    fn any_prefix_message_and_suffix_hash_as_their_concatenation(
        prefix in vec(any::<u8>(), 0..300),
        suffix in vec(any::<u8>(), 0..150),
        messages in vec(vec(any::<u8>(), 0..600), 0..=40),
    ) {
        agree(&prefix, &suffix, &messages);
    }

    #[test]
    fn short_messages_share_their_lanes(messages in vec(vec(any::<u8>(), 0..40), 1..=40)) {
        agree(&[0; 128], b"a tail of about forty-five bytes, as the RFC's", &messages);
    }
}

type Work<'a> = &'a mut dyn FnMut(&[Vec<u8>], &mut [[u8; 64]]);

/// Measures the figures of docs/adr/0008: `cargo test --release -p pilookup-core -- --ignored --nocapture pace`.
#[test]
#[ignore = "prints times, asserts nothing"]
fn pace() {
    const COUNT: usize = 4096;
    let messages: Vec<Vec<u8>> = (0..COUNT).map(|i| format!("tel:+861380000{i:04}").into_bytes()).collect();
    let mut digests = vec![[0; 64]; COUNT];
    let mut show = |what: &str, work: Work<'_>| {
        let times = (0..50).map(|_| {
            let start = std::time::Instant::now();
            work(&messages, &mut digests);
            start.elapsed()
        });
        println!("{what:32} {:7.1} ns per message", times.min().unwrap().as_secs_f64() * 1e9 / 4096.0);
    };
    let frame = PrefixedSha512::new(b"", Vec::new());
    show("SHA-512, one block, singly", &mut |messages, out| {
        messages.iter().zip(out).for_each(|(message, out)| *out = *frame.digest(&[message]));
    });
    show("SHA-512, one block, many", &mut |messages, out| {
        messages.chunks(64).zip(out.chunks_mut(64)).for_each(|(messages, out)| frame.digests(messages, out));
    });
    let expander = Expander::new(b"HashToGroup-OPRFV1-?-ristretto255-SHA512");
    show("expand_message_xmd, singly", &mut |messages, out| {
        messages.iter().zip(out).for_each(|(message, out)| *out = *expander.expand(&[message]));
    });
    show("expand_message_xmd, many", &mut |messages, out| {
        messages.chunks(64).zip(out.chunks_mut(64)).for_each(|(messages, out)| expander.expand_many(messages, out));
    });
}
