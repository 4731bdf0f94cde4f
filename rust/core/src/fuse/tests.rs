use proptest::{collection::vec, prelude::*, sample};

use super::{FuseFilter, MAX_PART_BITS, layout::mix};

pub(super) fn packed(keys: &[u64]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_be_bytes()).collect()
}

/// Distinct, well-distributed keys: the mixing function is a bijection.
fn spread(range: std::ops::Range<u64>) -> Vec<u64> {
    range.map(|i| mix(i, 1)).collect()
}

fn ones(bitmap: &[u8]) -> u32 {
    bitmap.iter().map(|byte| byte.count_ones()).sum()
}

#[test]
fn a_million_keys_take_at_most_18_2_bits_each_with_the_expected_error_rate() {
    let filter = FuseFilter::build(&packed(&spread(0..1_000_000)), 16).unwrap();
    assert!(filter.to_bytes().len() * 80 <= 182 * 1_000_000);
    let found = filter.contains_many(&packed(&spread(0..1_000_000))).unwrap();
    assert_eq!(ones(&found), 1_000_000);
    let errors = ones(&filter.contains_many(&packed(&spread(1_000_000..3_000_000))).unwrap());
    assert!((10..=65).contains(&errors), "expected about 30 of two million, found {errors}");
}

#[test]
fn eight_bits_give_one_false_positive_in_256() {
    let filter = FuseFilter::build(&packed(&spread(0..20_000)), 8).unwrap();
    let errors = ones(&filter.contains_many(&packed(&spread(20_000..532_000))).unwrap());
    assert!((1_800..=2_200).contains(&errors), "expected about 2000 of 512,000, found {errors}");
}

#[test]
fn filters_of_any_number_of_keys_up_to_a_few_hundred_can_be_built() {
    for size in 0..600 {
        let keys = packed(&spread(0..size));
        let filter = FuseFilter::build(&keys, 16).unwrap();
        assert_eq!(u64::from(ones(&filter.contains_many(&keys).unwrap())), size);
    }
}

#[test]
fn a_filter_without_keys_contains_nothing() {
    let filter = FuseFilter::build(&[], 8).unwrap();
    assert!(filter.is_empty());
    assert!(spread(0..1000).iter().all(|key| !filter.contains(*key)));
    assert_eq!(FuseFilter::from_bytes(&filter.to_bytes()), Ok(filter));
}

#[test]
fn a_filter_of_two_parts_has_the_same_size_per_key_and_finds_all_keys() {
    let keys = packed(&spread(0..2_100_000));
    let filter = FuseFilter::build(&keys, 16).unwrap();
    assert_eq!((filter.len(), filter.part_bits()), (2_100_000, 1));
    assert!(filter.to_bytes().len() * 80 <= 182 * 2_100_000);
    assert_eq!(ones(&filter.contains_many(&keys).unwrap()), 2_100_000);
    let errors = ones(&filter.contains_many(&packed(&spread(3_000_000..5_000_000))).unwrap());
    assert!((10..=65).contains(&errors), "expected about 30 of two million, found {errors}");
    assert_eq!(FuseFilter::from_bytes(&filter.to_bytes()), Ok(filter));
}

#[test]
fn duplicates_do_not_make_parts() {
    let once = packed(&spread(0..700_000));
    let filter = FuseFilter::build(&once.repeat(4), 8).unwrap();
    assert_eq!((filter.len(), filter.part_bits()), (700_000, 0));
    assert_eq!(filter, FuseFilter::build(&once, 8).unwrap());
}

#[test]
fn duplicates_count_once_in_a_filter_of_two_parts() {
    let once = packed(&spread(0..2_100_000));
    let filter = FuseFilter::build(&[&once[..80_000], &once].concat(), 8).unwrap();
    assert_eq!((filter.len(), filter.part_bits()), (2_100_000, 1));
    assert_eq!(filter, FuseFilter::build_in_parts(&once, 8, 1).unwrap());
}

#[test]
fn parts_have_two_million_keys_at_most() {
    let bits = [0, 1, (1 << 21) - 1, 1 << 21, (1 << 21) + 1, 1 << 22, (1 << 22) + 1, 1 << 31, u64::MAX];
    assert_eq!(bits.map(FuseFilter::part_bits_for), [0, 0, 0, 0, 1, 1, 2, MAX_PART_BITS, MAX_PART_BITS]);
}

#[test]
fn keys_of_one_part_leave_the_others_empty() {
    let keys: Vec<u64> = spread(0..1000).iter().map(|key| key >> 3 | 5 << 61).collect();
    let filter = FuseFilter::build_in_parts(&packed(&keys), 16, 3).unwrap();
    assert_eq!(ones(&filter.contains_many(&packed(&keys)).unwrap()), 1000);
    assert!(keys.iter().all(|key| !filter.contains(key ^ 1 << 61)));
    assert_eq!(FuseFilter::from_bytes(&filter.to_bytes()), Ok(filter));
}

#[test]
fn other_numbers_of_parts_are_refused() {
    assert!(FuseFilter::build_in_parts(&[], 16, MAX_PART_BITS + 1).is_err());
    assert!(FuseFilter::head(16, 0, 1).is_err() && FuseFilter::head(16, MAX_PART_BITS + 1, 1).is_err());
    assert!(FuseFilter::head(12, 1, 1).is_err());
}

#[test]
fn other_widths_and_ragged_keys_are_refused() {
    assert!(FuseFilter::build(&packed(&[1, 2]), 12).is_err());
    assert!(FuseFilter::build(&[0; 7], 16).is_err());
    let filter = FuseFilter::build(&packed(&[1, 2]), 16).unwrap();
    assert!(filter.contains_many(&[0; 9]).is_err());
}

#[test]
fn the_same_keys_give_these_bytes_on_every_machine() {
    use sha2::{Digest, Sha256};
    let bytes = FuseFilter::build(&packed(&spread(0..1000)), 16).unwrap().to_bytes();
    assert_eq!(Sha256::digest(bytes)[..4], [0x0b, 0x46, 0xc0, 0xe0]);
}

/// A body followed by its digest.
pub(super) fn with_digest(body: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    [body, Sha256::digest(body).as_slice()].concat()
}

proptest! {
    #[test]
    fn parts_built_one_by_one_give_the_same_filter(
        keys in vec(any::<u64>(), 0..400),
        bits in sample::select(vec![8_u32, 16, 32]),
        part_bits in 1..=MAX_PART_BITS,
    ) {
        let filter = FuseFilter::build_in_parts(&packed(&keys), bits, part_bits).unwrap();
        let mut joined = FuseFilter::head(bits, part_bits, filter.len() as u64).unwrap().to_vec();
        for number in 0..1 << part_bits {
            let own: Vec<u64> = keys.iter().copied().filter(|key| key >> (64 - part_bits) == number).collect();
            let part = FuseFilter::build_in_parts(&packed(&own), bits, 0).unwrap().to_bytes();
            prop_assert_eq!(FuseFilter::part_bytes(&part).unwrap(), part.len());
            joined.extend(part);
        }
        let joined = with_digest(&joined);
        prop_assert_eq!(&filter.to_bytes(), &joined);
        let read = FuseFilter::from_bytes(&joined).unwrap();
        prop_assert!(keys.iter().all(|key| read.contains(*key)));
        prop_assert_eq!(read.contains_many(&packed(&keys)).unwrap(), filter.contains_many(&packed(&keys)).unwrap());
        prop_assert_eq!(read, filter);
    }

    /// The digest after the parts is recomputed, so the change must be detected by the fields of the head or by the
    /// digests of the parts.
    #[test]
    fn altered_parts_are_refused(
        keys in vec(any::<u64>(), 0..50),
        part_bits in 1_u8..4,
        at in any::<sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut bytes = FuseFilter::build_in_parts(&packed(&keys), 16, part_bits).unwrap().to_bytes();
        bytes.truncate(bytes.len() - 32);
        let at = at.index(bytes.len());
        prop_assert!(FuseFilter::from_bytes(&with_digest(&bytes[..at])).is_err());
        bytes[at] ^= flip;
        prop_assert!(FuseFilter::from_bytes(&with_digest(&bytes)).is_err());
        bytes[at] ^= flip;
        prop_assert!(FuseFilter::from_bytes(&with_digest(&[&bytes[..], &[0]].concat())).is_err());
        prop_assert!(FuseFilter::from_bytes(&bytes).is_err());
    }

    #[test]
    fn every_key_is_found_whatever_the_order(
        mut keys in vec(any::<u64>(), 0..400),
        bits in sample::select(vec![8_u32, 16, 32]),
    ) {
        let filter = FuseFilter::build(&packed(&keys), bits).unwrap();
        prop_assert!(keys.iter().all(|key| filter.contains(*key)));
        prop_assert_eq!(&FuseFilter::from_bytes(&filter.to_bytes()).unwrap(), &filter);
        keys.reverse();
        keys.extend_from_within(..keys.len() / 2);
        prop_assert_eq!(FuseFilter::build(&packed(&keys), bits).unwrap().to_bytes(), filter.to_bytes());
    }

    #[test]
    fn contains_many_agrees_with_contains(keys in vec(any::<u64>(), 0..100), asked in vec(any::<u64>(), 0..100)) {
        let filter = FuseFilter::build(&packed(&keys), 8).unwrap();
        let asked = [keys, asked].concat();
        let bitmap = filter.contains_many(&packed(&asked)).unwrap();
        for (i, key) in asked.iter().enumerate() {
            prop_assert_eq!(bitmap[i / 8] >> (i % 8) & 1 == 1, filter.contains(*key));
        }
    }

    #[test]
    fn altered_or_truncated_bytes_are_refused(
        keys in vec(any::<u64>(), 0..50),
        at in any::<sample::Index>(),
        flip in 1_u8..,
    ) {
        let mut bytes = FuseFilter::build(&packed(&keys), 16).unwrap().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(FuseFilter::from_bytes(&bytes).is_err());
        bytes[at] ^= flip;
        prop_assert!(FuseFilter::from_bytes(&bytes[..at]).is_err());
        bytes.push(0);
        prop_assert!(FuseFilter::from_bytes(&bytes).is_err());
    }

    /// The digest is recomputed, so the change must be detected by the other checks.
    #[test]
    fn an_altered_header_with_a_matching_digest_is_refused_or_read_safely(
        keys in vec(any::<u64>(), 0..50),
        at in 0_usize..28,
        flip in 1_u8..,
        asked in any::<u64>(),
    ) {
        let mut bytes = FuseFilter::build(&packed(&keys), 32).unwrap().to_bytes();
        bytes.truncate(bytes.len() - 32);
        bytes[at] ^= flip;
        let bytes = with_digest(&bytes);
        if let Ok(filter) = FuseFilter::from_bytes(&bytes) {
            prop_assert_eq!(filter.contains_many(&asked.to_be_bytes()).unwrap() == [1], filter.contains(asked));
            prop_assert_eq!(filter.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(filter) = FuseFilter::from_bytes(&bytes) {
            prop_assert_eq!(filter.to_bytes(), bytes);
        }
    }
}
