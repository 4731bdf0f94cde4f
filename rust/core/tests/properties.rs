//! Properties for any input: round trips, equality of different paths, and the refusal of bad elements by every
//! function.

use pilookup_core::{
    Context, Error, Mode, SecretKey,
    entry::{bucket, seal},
    oprf::{self, voprf},
    tokens,
};
use proptest::{collection::vec, prelude::*};
use serde::Deserialize;

const CONTEXT: Context<'_> = Context { channel: "public", epoch: 7 };

fn key(seed: u8) -> SecretKey {
    SecretKey::derive(&[seed; 32], b"test", Mode::Voprf).unwrap()
}

fn numbers(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| format!("tel:+861380000{i:04}").into_bytes()).collect()
}

#[derive(Deserialize)]
struct Invalid {
    encoding: String,
}

#[derive(Deserialize)]
struct InvalidEncodings {
    invalid: Vec<Invalid>,
}

/// RFC 9496 Appendix A.2.
fn invalid_encodings() -> Vec<[u8; 32]> {
    let list: InvalidEncodings = serde_json::from_str(include_str!("../../../tests/vectors/rfc9496.json")).unwrap();
    let parse = |text: &str| std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap());
    list.invalid.iter().map(|invalid| parse(&invalid.encoding)).collect()
}

/// Ten elements, valid except `bad` at index 6.
fn spoiled(bad: [u8; 32]) -> Vec<u8> {
    let mut elements = oprf::tokenise(&numbers(10), &key(1)).unwrap();
    elements[6 * 32..7 * 32].copy_from_slice(&bad);
    elements
}

/// The errors of all functions that take elements, with `bad` as one of the elements.
fn offer(bad: [u8; 32]) -> Vec<Error> {
    let (elements, spoiled, key) = (spoiled(*key(2).public().first_chunk().unwrap()), spoiled(bad), key(3));
    let (blinds, _) = voprf::blind(&numbers(10), Mode::Voprf).unwrap();
    let labels = [0; 120];
    vec![
        oprf::shift(&spoiled, &key).unwrap_err(),
        voprf::evaluate(&spoiled, &key).unwrap_err(),
        voprf::prove(&spoiled, &elements, &key).unwrap_err(),
        voprf::prove(&elements, &spoiled, &key).unwrap_err(),
        voprf::verify(&key.public(), &spoiled, &elements, &[0; 64]).unwrap_err(),
        voprf::verify(&key.public(), &elements, &spoiled, &[0; 64]).unwrap_err(),
        voprf::unblind(&blinds, &spoiled).unwrap_err(),
        voprf::finalize(&numbers(10), &blinds, &spoiled).unwrap_err(),
        tokens(&spoiled, &CONTEXT).unwrap_err(),
        seal::shift_and_seal(&spoiled, &labels, &key, &CONTEXT, 4).map(drop).unwrap_err(),
    ]
}

#[test]
fn invalid_encodings_are_refused_everywhere_by_their_index() {
    let list = invalid_encodings();
    assert_eq!(list.len(), 29);
    for bad in list {
        for error in offer(bad) {
            assert!(matches!(error, Error::Encoding { index: 6, .. }), "{error}");
        }
        assert!(matches!(voprf::verify(&bad, &[1; 32], &[1; 32], &[0; 64]), Err(Error::Encoding { .. })));
    }
}

#[test]
fn the_identity_is_refused_everywhere_by_its_index() {
    for error in offer([0; 32]) {
        assert!(matches!(error, Error::Identity { index: 6, .. }), "{error}");
    }
    assert!(matches!(voprf::verify(&[0; 32], &[1; 32], &[1; 32], &[0; 64]), Err(Error::Identity { .. })));
}

#[test]
fn the_first_of_several_bad_elements_is_named_on_many_threads() {
    let mut elements = oprf::tokenise(&numbers(1000), &key(1)).unwrap();
    for bad in [900, 333, 500] {
        elements[bad * 32..(bad + 1) * 32].fill(0);
    }
    for threads in [1, 4] {
        pilookup_core::set_threads(threads).unwrap();
        assert_eq!(oprf::shift(&elements, &key(2)).unwrap_err().index(), 333);
        assert_eq!(voprf::prove(&elements, &elements, &key(2)).unwrap_err().index(), 333);
    }
}

#[test]
fn zero_and_noncanonical_keys_are_refused() {
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap()).collect();
    assert!(SecretKey::from_bytes(&[0; 32]).is_err());
    assert!(SecretKey::from_bytes(&order).is_err());
    assert!(SecretKey::from_bytes(&[1; 31]).is_err());
    assert!(SecretKey::derive(&[1; 31], b"", Mode::Voprf).is_err());
    assert!(SecretKey::derive(&[1; 32], &vec![0; 65_536], Mode::Voprf).is_err());
}

#[test]
fn a_long_input_is_refused_by_its_index() {
    let inputs = [vec![0; 65_535], vec![0; 65_536]];
    let refusal = Error::TooLong { what: "input", index: 1 };
    assert_eq!(oprf::tokenise(&inputs, &key(1)), Err(refusal.clone()));
    assert_eq!(voprf::blind(&inputs, Mode::Voprf).map(drop), Err(refusal));
}

#[test]
fn a_proof_of_a_thousand_elements_binds_their_order_and_the_key() {
    let (_, elements) = voprf::blind(&numbers(1000), Mode::Voprf).unwrap();
    let evaluated = voprf::evaluate(&elements, &key(1)).unwrap();
    let proof = voprf::prove(&elements, &evaluated, &key(1)).unwrap();
    assert_eq!(voprf::verify(&key(1).public(), &elements, &evaluated, &proof), Ok(true));
    assert_eq!(voprf::verify(&key(2).public(), &elements, &evaluated, &proof), Ok(false));
    let mut swapped = evaluated.clone();
    swapped[..64].rotate_left(32);
    assert_eq!(voprf::verify(&key(1).public(), &elements, &swapped, &proof), Ok(false));
    let again = voprf::prove(&elements, &evaluated, &key(1)).unwrap();
    assert_ne!(proof, again, "every proof uses fresh randomness");
}

#[test]
fn proofs_cover_1_to_65535_elements() {
    assert_eq!(voprf::prove(&[], &[], &key(1)), Err(Error::BatchSize { found: 0 }));
    let many = key(1).public().repeat(65_536);
    assert_eq!(voprf::prove(&many, &many, &key(1)), Err(Error::BatchSize { found: 65_536 }));
    assert_eq!(voprf::verify(&key(1).public(), &many, &many, &[0; 64]), Err(Error::BatchSize { found: 65_536 }));
}

#[test]
fn malformed_proofs_are_errors_and_wrong_ones_are_false() {
    let element = key(1).public();
    let evaluated = voprf::evaluate(&element, &key(2)).unwrap();
    let verify = |proof: &[u8]| voprf::verify(&key(2).public(), &element, &evaluated, proof);
    assert_eq!(verify(&[0; 64]), Ok(false));
    assert!(verify(&[0xff; 64]).is_err());
    assert!(verify(&[0; 63]).is_err());
    assert!(verify(&[0; 96]).is_err());
}

#[test]
fn elements_evaluated_separately_verify_only_with_their_proofs() {
    let (_, elements) = voprf::blind(&numbers(131), Mode::Voprf).unwrap();
    let expected = voprf::evaluate(&elements, &key(1)).unwrap();
    let public = key(1).public();
    for count in (0..=17).chain([64, 65, 131]) {
        let each = voprf::evaluate_and_prove_each(&elements[..32 * count], &key(1)).unwrap();
        assert_eq!(each.len(), count);
        let each: Vec<_> = each.into_iter().map(Option::unwrap).collect();
        for (i, (evaluated, proof)) in each.iter().enumerate() {
            let element = &elements[32 * i..32 * (i + 1)];
            assert_eq!(evaluated[..], expected[32 * i..32 * (i + 1)]);
            assert_eq!(voprf::verify(&public, element, evaluated, proof), Ok(true));
            assert_eq!(voprf::verify(&key(2).public(), element, evaluated, proof), Ok(false));
            let (_, others) = &each[(i + 1) % count];
            assert!(count == 1 || voprf::verify(&public, element, evaluated, others) == Ok(false));
        }
    }
}

#[test]
fn nonces_of_proofs_made_together_differ() {
    // For the same element, two proofs with the same nonce would have the same t2 and t3, and so the same challenge.
    let element = key(2).public().repeat(20);
    let each = voprf::evaluate_and_prove_each(&element, &key(1)).unwrap();
    let challenges: std::collections::BTreeSet<_> = each.iter().map(|one| one.unwrap().1[..32].to_vec()).collect();
    assert_eq!(challenges.len(), 20);
}

#[test]
fn bad_elements_do_not_affect_the_others() {
    let (_, elements) = voprf::blind(&numbers(20), Mode::Voprf).unwrap();
    let public = key(1).public();
    let bad: Vec<[u8; 32]> = invalid_encodings().into_iter().chain([[0; 32]]).collect();
    let some = [vec![0], vec![19], vec![1, 2, 3, 10], (1..20).collect(), (0..20).collect()];
    for (places, bad) in some.iter().zip(&bad) {
        let mut elements = elements.clone();
        for place in places {
            elements[32 * place..32 * (place + 1)].copy_from_slice(bad);
        }
        let each = voprf::evaluate_and_prove_each(&elements, &key(1)).unwrap();
        for (i, (element, answer)) in elements.chunks(32).zip(each).enumerate() {
            assert_eq!(answer.is_none(), places.contains(&i));
            if let Some((evaluated, proof)) = answer {
                assert_eq!(voprf::verify(&public, element, &evaluated, &proof), Ok(true));
            }
        }
    }
    for bad in bad {
        let pair = [&elements[..32], &bad].concat();
        let each = voprf::evaluate_and_prove_each(&pair, &key(1)).unwrap();
        assert!(each[0].is_some() && each[1].is_none());
        assert_eq!(voprf::evaluate_and_prove_each(&bad, &key(1)).unwrap(), [None]);
    }
    assert!(voprf::evaluate_and_prove_each(&elements[..33], &key(1)).is_err());
}

fn pack(records: &[u8], first: u64, count: usize, slots: usize) -> Result<Vec<u8>, Error> {
    bucket::pack_buckets(records, first, count, slots, 0).map(|packed| packed.buckets)
}

#[test]
fn buckets_are_sorted_padded_and_bounded() {
    let record = |bucket: u32, byte: u8| [bucket.to_be_bytes().as_slice(), &[byte; 32]].concat();
    let records = [record(5, 3), record(4, 9), record(5, 1)].concat();
    let packed = pack(&records, 4, 3, 2).unwrap();
    let expected = [[9; 32], [0; 32], [1; 32], [3; 32], [0; 32], [0; 32]].concat();
    assert_eq!(packed, expected);
    let overflow = Error::BucketOverflow { bucket: 5, entries: 2, slots: 1 };
    assert_eq!(pack(&records, 4, 3, 1), Err(overflow));
    assert_eq!(pack(&records, 5, 3, 2), Err(Error::BucketRange { index: 1 }));
    assert_eq!(pack(&records, 4, 1, 2), Err(Error::BucketRange { index: 0 }));
    let twice = [record(5, 1), record(5, 1)].concat();
    assert_eq!(pack(&twice, 5, 1, 2), Err(Error::DuplicateEntry { bucket: 5 }));
    assert_eq!(pack(&record(5, 0), 5, 1, 2), Err(Error::ZeroEntry { index: 0 }));
    assert_eq!(pack(&[], 0, usize::MAX, 2), Err(Error::Memory));
}

#[test]
fn shift_and_seal_equals_shift_then_tokens_then_seal() {
    let (elements, key) = (oprf::tokenise(&numbers(100), &key(1)).unwrap(), key(2));
    let labels: Vec<u8> = (0..).take(1200).map(|i: u16| i.to_le_bytes()[0]).collect();
    let tokens = tokens(&oprf::shift(&elements, &key).unwrap(), &CONTEXT).unwrap();
    let entries = seal::seal(&tokens, &labels, &CONTEXT).unwrap();
    for bits in [0, 1, 13, 32] {
        let sealed = seal::shift_and_seal(&elements, &labels, &key, &CONTEXT, bits).unwrap();
        for (i, token) in tokens.chunks(64).enumerate() {
            let top = u64::from(u32::from_be_bytes(*token.first_chunk().unwrap())) << bits >> 32;
            let record = &sealed.records[36 * i..36 * (i + 1)];
            assert_eq!(u64::from(u32::from_be_bytes(*record.first_chunk().unwrap())), top);
            assert_eq!(record[4..], entries[32 * i..32 * (i + 1)]);
            assert_eq!(sealed.filter_keys[8 * i..8 * (i + 1)], token[16..24]);
        }
    }
    assert!(seal::shift_and_seal(&elements, &labels, &key, &CONTEXT, 33).is_err());
}

#[test]
fn shift_and_seal_is_the_same_on_any_number_of_threads() {
    let elements = oprf::tokenise(&numbers(1000), &key(1)).unwrap();
    let labels: Vec<u8> = (0..).take(12_000).map(|i: u16| i.to_le_bytes()[0]).collect();
    for (threads, count) in [(1, 1000), (2, 1000), (3, 129), (2, 7), (2, 0)] {
        pilookup_core::set_threads(threads).unwrap();
        let (elements, labels) = (&elements[..32 * count], &labels[..12 * count]);
        let sealed = seal::shift_and_seal(elements, labels, &key(2), &CONTEXT, 13).unwrap();
        for i in 0..count {
            let (element, label) = (&elements[32 * i..32 * (i + 1)], &labels[12 * i..12 * (i + 1)]);
            let one = seal::shift_and_seal(element, label, &key(2), &CONTEXT, 13).unwrap();
            assert_eq!(sealed.records[36 * i..36 * (i + 1)], one.records);
            assert_eq!(sealed.filter_keys[8 * i..8 * (i + 1)], one.filter_keys);
        }
    }
}

#[test]
fn the_first_of_several_bad_elements_is_named_when_sealing() {
    let mut elements = oprf::tokenise(&numbers(1000), &key(1)).unwrap();
    for bad in [900, 333, 500] {
        elements[bad * 32..(bad + 1) * 32].fill(0);
    }
    let fused = seal::shift_and_seal(&elements, &[0; 12_000], &key(2), &CONTEXT, 4).map(drop);
    assert_eq!(fused.unwrap_err(), oprf::shift(&elements, &key(2)).unwrap_err());
    assert!(seal::shift_and_seal(&elements, &[0; 11_999], &key(2), &CONTEXT, 4).is_err());
    assert!(seal::shift_and_seal(&[], &[], &key(2), &CONTEXT, 33).is_err());
}

#[test]
fn entries_open_only_with_their_token_and_context() {
    let elements = oprf::tokenise(&numbers(2), &key(1)).unwrap();
    let tokens = tokens(&elements, &CONTEXT).unwrap();
    let entries = seal::seal(&tokens, b"twelve bytesand another.", &CONTEXT).unwrap();
    let open = |token: &[u8], entry: &[u8], context| seal::open_entry(token, entry, &context).unwrap();
    assert_eq!(open(&tokens[..64], &entries[..32], CONTEXT), Some(*b"twelve bytes"));
    assert_eq!(open(&tokens[64..], &entries[..32], CONTEXT), None);
    assert_eq!(open(&tokens[..64], &entries[..32], Context { epoch: 8, ..CONTEXT }), None);
    assert_eq!(open(&tokens[..64], &entries[..32], Context { channel: "platform", ..CONTEXT }), None);
    assert!(seal::open_entry(&tokens[..63], &entries[..32], &CONTEXT).is_err());
    assert!(seal::open_entry(&tokens[..64], &entries[..31], &CONTEXT).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_blind_unblinds_to_the_element_of_tokenise(inputs in vec(vec(any::<u8>(), 0..40), 0..150)) {
        let (blinds, blinded) = voprf::blind(&inputs, Mode::Voprf).unwrap();
        prop_assert_eq!(blinds.len(), inputs.len());
        let evaluated = voprf::evaluate(&blinded, &key(1)).unwrap();
        let elements = voprf::unblind(&blinds, &evaluated).unwrap();
        prop_assert_eq!(&elements, &oprf::tokenise(&inputs, &key(1)).unwrap());
    }

    #[test]
    fn a_shift_turns_elements_of_one_key_into_those_of_another(from in 0_u8..200, to in 0_u8..200, count in 0_usize..100) {
        let elements = oprf::tokenise(&numbers(count), &key(from)).unwrap();
        let shifted = oprf::shift(&elements, &key(from).shift_to(&key(to))).unwrap();
        prop_assert_eq!(shifted, oprf::tokenise(&numbers(count), &key(to)).unwrap());
    }

    #[test]
    fn a_key_survives_its_export(seed in any::<u8>()) {
        let again = SecretKey::from_bytes(key(seed).export().as_slice()).unwrap();
        prop_assert_eq!(again.public(), key(seed).public());
    }

    #[test]
    fn packed_inputs_give_the_same_elements_and_bad_offsets_are_refused(
        inputs in vec(vec(any::<u8>(), 0..20), 0..20),
        bad in any::<u32>(),
        at in any::<prop::sample::Index>(),
    ) {
        let ends = inputs.iter().scan(0, |end, input| { *end += u32::try_from(input.len()).unwrap(); Some(*end) });
        let mut offsets: Vec<u32> = std::iter::once(0).chain(ends).collect();
        let bytes = |offsets: &[u32]| offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect::<Vec<u8>>();
        let data = inputs.concat();
        let packed = oprf::tokenise_packed(&data, &bytes(&offsets), &key(1)).unwrap();
        prop_assert_eq!(packed, oprf::tokenise(&inputs, &key(1)).unwrap());
        let at = at.index(offsets.len());
        offsets[at] = bad;
        // For any offsets, the result is an error, or the number of elements that the offsets define.
        match oprf::tokenise_packed(&data, &bytes(&offsets), &key(1)) {
            Ok(elements) => prop_assert_eq!(elements.len(), 32 * (offsets.len() - 1)),
            Err(error) => prop_assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&Error::Offsets { index: 0 })),
        }
        prop_assert!(oprf::tokenise_packed(&data, &[], &key(1)).is_err());
    }

    #[test]
    fn any_flipped_bit_of_a_proof_or_batch_fails(at in 0_usize..224, bit in 0_u8..8) {
        let elements = oprf::tokenise(&numbers(2), &key(3)).unwrap();
        let evaluated = voprf::evaluate(&elements, &key(1)).unwrap();
        let proof = voprf::prove(&elements, &evaluated, &key(1)).unwrap();
        let mut all = [&key(1).public(), elements.as_slice(), &evaluated, &proof].concat();
        all[at] ^= 1 << bit;
        let verdict = voprf::verify(&all[..32], &all[32..96], &all[96..160], &all[160..]);
        prop_assert_ne!(verdict, Ok(true));
    }

    #[test]
    fn any_altered_entry_does_not_open(at in 0_usize..32, bit in 0_u8..8) {
        let elements = oprf::tokenise(&numbers(1), &key(3)).unwrap();
        let token = tokens(&elements, &CONTEXT).unwrap();
        let mut entry = seal::seal(&token, b"twelve bytes", &CONTEXT).unwrap();
        entry[at] ^= 1 << bit;
        prop_assert_eq!(seal::open_entry(&token, &entry, &CONTEXT), Ok(None));
    }
}
