use proptest::{collection::vec, prelude::*, sample};

use super::{FuseFilter, layout::mix};

fn packed(keys: &[u64]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_be_bytes()).collect()
}

/// Distinct, well spread keys: the mixing function is a bijection.
fn spread(range: std::ops::Range<u64>) -> Vec<u64> {
    range.map(|i| mix(i, 1)).collect()
}

fn ones(bitmap: &[u8]) -> u32 {
    bitmap.iter().map(|byte| byte.count_ones()).sum()
}

#[test]
fn a_million_keys_cost_at_most_18_2_bits_each_and_err_at_their_rate() {
    let filter = FuseFilter::build(&packed(&spread(0..1_000_000)), 16).unwrap();
    assert!(filter.to_bytes().len() * 80 <= 182 * 1_000_000);
    let found = filter.contains_many(&packed(&spread(0..1_000_000))).unwrap();
    assert_eq!(ones(&found), 1_000_000);
    let errors = ones(&filter.contains_many(&packed(&spread(1_000_000..3_000_000))).unwrap());
    assert!((10..=65).contains(&errors), "expected about 30 of two million, found {errors}");
}

#[test]
fn eight_bits_err_once_in_256() {
    let filter = FuseFilter::build(&packed(&spread(0..20_000)), 8).unwrap();
    let errors = ones(&filter.contains_many(&packed(&spread(20_000..532_000))).unwrap());
    assert!((1_800..=2_200).contains(&errors), "expected about 2000 of 512,000, found {errors}");
}

#[test]
fn every_size_from_none_to_a_few_hundred_can_be_built() {
    for size in 0..600 {
        let keys = packed(&spread(0..size));
        let filter = FuseFilter::build(&keys, 16).unwrap();
        assert_eq!(u64::from(ones(&filter.contains_many(&keys).unwrap())), size);
    }
}

#[test]
fn no_keys_contain_nothing() {
    let filter = FuseFilter::build(&[], 8).unwrap();
    assert!(filter.is_empty());
    assert!(spread(0..1000).iter().all(|key| !filter.contains(*key)));
    assert_eq!(FuseFilter::from_bytes(&filter.to_bytes()), Ok(filter));
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

proptest! {
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
    fn many_agree_with_one(keys in vec(any::<u64>(), 0..100), asked in vec(any::<u64>(), 0..100)) {
        let filter = FuseFilter::build(&packed(&keys), 8).unwrap();
        let asked = [keys, asked].concat();
        let bitmap = filter.contains_many(&packed(&asked)).unwrap();
        for (i, key) in asked.iter().enumerate() {
            prop_assert_eq!(bitmap[i / 8] >> (i % 8) & 1 == 1, filter.contains(*key));
        }
    }

    #[test]
    fn altered_or_cut_bytes_are_refused(
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

    /// With the digest made to match, every other check has to stand alone.
    #[test]
    fn a_signed_but_altered_header_is_refused_or_read_without_harm(
        keys in vec(any::<u64>(), 0..50),
        at in 0_usize..28,
        flip in 1_u8..,
        asked in any::<u64>(),
    ) {
        use sha2::{Digest, Sha256};
        let mut bytes = FuseFilter::build(&packed(&keys), 32).unwrap().to_bytes();
        let end = bytes.len() - 32;
        bytes[at] ^= flip;
        let digest = Sha256::digest(&bytes[..end]);
        bytes[end..].copy_from_slice(&digest);
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
