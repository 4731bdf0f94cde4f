//! Encodings that a reader refuses. Each has exactly one fault; everything else matches, including the digests.

use super::{
    FuseFilter,
    tests::{packed, with_digest},
};
use crate::error::Error;

/// The smallest and the largest key of the first of two parts, and of the second.
const LOW: [u64; 2] = [0, (1 << 63) - 1];
const HIGH: [u64; 2] = [1 << 63, u64::MAX];

fn part(keys: &[u64], bits: u32) -> Vec<u8> {
    FuseFilter::build_in_parts(&packed(keys), bits, 0).unwrap().to_bytes()
}

/// The head of a filter with slots of 16 bits, with any part bits.
fn head(part_bits: u8, count: u64) -> [u8; FuseFilter::HEAD_BYTES] {
    let mut head = FuseFilter::head(16, 1, count).unwrap();
    head[6] = part_bits;
    head
}

fn joined(head: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    with_digest(&[head, &parts.concat()].concat())
}

/// `encoded` with one byte changed and the digest at its end recomputed.
fn altered(encoded: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut body = encoded[..encoded.len() - FuseFilter::DIGEST_BYTES].to_vec();
    body[at] = byte;
    with_digest(&body)
}

fn assert_refused(encoded: &[u8], why: &'static str) {
    assert_eq!(FuseFilter::from_bytes(encoded), Err(Error::Filter(why)));
}

#[test]
fn the_filter_without_a_fault_is_read() {
    let keys = [LOW, HIGH].concat();
    let read = FuseFilter::from_bytes(&joined(&head(1, 4), &[&part(&LOW, 16), &part(&HIGH, 16)])).unwrap();
    assert_eq!(read, FuseFilter::build_in_parts(&packed(&keys), 16, 1).unwrap());
    assert!(keys.iter().all(|key| read.contains(*key)));
}

#[test]
fn a_head_with_zero_part_bits_is_refused() {
    assert_refused(&joined(&head(0, 2), &[&part(&LOW, 16)]), "it has no parts or too many parts");
}

#[test]
fn at_most_ten_part_bits_are_read() {
    let empty = part(&[], 16);
    let of = |part_bits| joined(&head(part_bits, 0), &vec![empty.as_slice(); 1 << part_bits]);
    let read = FuseFilter::from_bytes(&of(10)).unwrap();
    assert_eq!((read.len(), read.part_bits()), (0, 10));
    assert_refused(&of(11), "it has no parts or too many parts");
}

#[test]
fn a_different_number_of_keys_or_of_parts_is_refused() {
    let (low, high) = (part(&LOW, 16), part(&HIGH, 16));
    assert_refused(&joined(&head(1, 5), &[&low, &high]), "its parts have a different number of keys");
    assert_refused(&joined(&head(1, 4), &[&low, &high, &part(&[], 16)]), "there are bytes after its last part");
    assert_refused(&joined(&head(1, 4), &[&low, &high, &[0]]), "there are bytes after its last part");
    assert_refused(&joined(&head(2, 4), &[&low, &high]), "too short");
    assert_refused(&joined(&head(1, 4), &[&low, &high[..high.len() - 1]]), "too short");
}

/// A part without keys has no slots, so its size is the same for every width.
#[test]
fn a_part_of_another_width_is_refused() {
    let why = "its parts have slots of different widths";
    assert_refused(&joined(&head(1, 2), &[&part(&LOW, 16), &part(&[], 8)]), why);
    assert_refused(&joined(&head(1, 4), &[&part(&LOW, 16), &part(&HIGH, 8)]), why);
    let empty = part(&[], 16);
    assert_refused(&altered(&joined(&head(1, 0), &[&empty, &empty]), 5, 32), why);
}

#[test]
fn another_version_is_refused() {
    let (low, high) = (part(&LOW, 16), part(&HIGH, 16));
    let in_parts = FuseFilter::build_in_parts(&packed(&HIGH), 16, 1).unwrap().to_bytes();
    assert_refused(&joined(&head(1, 4), &[&low, &in_parts]), "unknown version");
    assert_refused(&joined(&head(1, 4), &[&low, &altered(&high, 4, 2)]), "unknown version");
    assert_refused(&altered(&joined(&head(1, 4), &[&low, &high]), 4, 3), "unknown version");
    assert_refused(&altered(&low, 4, 3), "unknown version");
}

#[test]
fn a_reserved_byte_that_is_not_zero_is_refused() {
    let (low, high) = (part(&LOW, 16), part(&HIGH, 16));
    assert_refused(&altered(&joined(&head(1, 4), &[&low, &high]), 7, 1), "unknown version");
    assert_refused(&joined(&head(1, 4), &[&low, &altered(&high, 7, 1)]), "unknown version");
    assert_refused(&altered(&low, 7, 1), "unknown version");
}

#[test]
fn a_wrong_digest_of_a_part_or_of_the_whole_is_refused() {
    let (low, mut high) = (part(&LOW, 16), part(&HIGH, 16));
    let mut whole = joined(&head(1, 4), &[&low, &high]);
    *whole.last_mut().unwrap() ^= 1;
    assert_refused(&whole, "its digest does not match");
    *high.last_mut().unwrap() ^= 1;
    assert_refused(&joined(&head(1, 4), &[&low, &high]), "its digest does not match");
}

#[test]
fn part_bits_are_read_from_the_beginning_of_either_version_only() {
    let beginnings = [head(3, 4), *part(&LOW, 16).first_chunk().unwrap()];
    assert_eq!(beginnings.map(|one| FuseFilter::part_bits_of(&one)), [Ok(3), Ok(0)]);
    for beginning in beginnings {
        assert_eq!(FuseFilter::part_bits_of(&beginning[..15]), Err(Error::Filter("too short")));
        for at in 0..4 {
            let mut other = beginning;
            other[at] ^= 1;
            assert_eq!(FuseFilter::part_bits_of(&other), Err(Error::Filter("wrong magic bytes")));
        }
    }
    assert!([0, 3].iter().all(|version| {
        let mut other = head(3, 4);
        other[4] = *version;
        FuseFilter::part_bits_of(&other) == Err(Error::Filter("unknown version"))
    }));
}
