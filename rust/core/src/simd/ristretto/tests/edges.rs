//! Torsion, extreme scalars and bad encodings.

use curve25519_dalek::{RistrettoPoint, Scalar, constants::EIGHT_TORSION, ristretto::CompressedRistretto};
use serde::Deserialize;

use super::{
    super::{
        Flaw, Kernel,
        arithmetic::{Field, Lanes, Mask},
        batch::Batch,
        codec::read_canonical,
        constants::{D, ONE},
        dispatch::Dispatch,
        inverse_sqrt::sqrt_ratio,
        point::{Extended, PointIn},
    },
    equality::{encoded, uniform},
    kernels, on_all_lanes,
};
use crate::oprf::group::Encoded;

/// A point of eight-torsion in every lane. The Edwards encoding is `y` with the sign of `x` above it, and `x` follows
/// from the equation of the curve: `x^2 (d y^2 + 1) = y^2 - 1`.
fn torsion<L: Lanes>(lanes: L, which: usize) -> PointIn<L> {
    let mut bytes = EIGHT_TORSION[which].compress().to_bytes();
    let odd = lanes.equal([bytes[31] >> 7; 8], 1);
    bytes[31] &= 0x7f;
    let (y, canonical) = read_canonical(lanes, &[bytes]);
    assert_eq!((!canonical).bits(), 0);
    let one = Field::constant(lanes, &ONE);
    let yy: L::Field = y.squared();
    let denominator = yy.multiply(&Field::constant(lanes, &D)).add(&one);
    let ([square], [root]) = sqrt_ratio(&[yy.subtract(&one)], &[denominator]);
    assert_eq!((!square).bits(), 0);
    let x = root.negate_where(odd);
    Extended { x, y, z: one, t: x.multiply(&y) }
}

/// Adds the same torsion point to every point of `batch`.
fn shift_by_torsion<L: Dispatch>(batch: &mut Batch<L>, which: usize) {
    let torsion = torsion(batch.lanes, which).cached();
    for point in &mut batch.points {
        *point = point.add(&torsion).extended();
    }
}

/// The encodings of the doubles of a batch.
fn doubles<L: Dispatch>(batch: &Batch<L>) -> Vec<Encoded> {
    let mut rows = vec![[1; 32]; batch.count];
    batch.encode_doubles(&mut rows);
    rows
}

fn a_coset_encodes_alike<L: Dispatch>(lanes: L) {
    let good = encoded(&uniform(17));
    let products = |by: u8| good.iter().map(|bytes| times(bytes, &Scalar::from(by))).collect::<Vec<Encoded>>();
    for which in 0..8 {
        let mut batch = Batch::decode(lanes, &good).ok().unwrap();
        shift_by_torsion(&mut batch, which);
        // The double of any of these torsion points is in the four-torsion, which does not change the element.
        assert_eq!(doubles(&batch), products(2));
        assert_eq!(doubles(&batch.combs().multiply(&Scalar::from(7_u8))), products(14));
        batch.multiply(&Scalar::from(7_u8));
        assert_eq!(doubles(&batch), products(14));
    }
}

/// The four points of a coset are one element: they have the same encoding, and so do their products.
#[test]
fn all_points_of_a_coset_are_one_element() {
    on_all_lanes!(lanes => a_coset_encodes_alike(lanes));
}

fn small_order_becomes_the_identity<L: Dispatch>(lanes: L) {
    for which in 0..8 {
        let mut batch = Batch { lanes, points: vec![torsion(lanes, which); 2], count: 2 * L::COUNT };
        // The points of the four-torsion are those with an even index.
        assert_eq!(batch.first_identity(), (which % 2 == 0).then_some(0));
        assert_eq!(doubles(&batch), vec![[0; 32]; batch.count]);
        assert_eq!(doubles(&batch.combs().multiply(&Scalar::from(12_345_u16))), vec![[0; 32]; batch.count]);
        batch.multiply(&Scalar::from(12_345_u16));
        assert_eq!(doubles(&batch), vec![[0; 32]; batch.count]);
    }
}

/// Points of small order are the identity, or become it when doubled, because the formulas are complete.
#[test]
fn small_order_points_encode_as_the_identity() {
    on_all_lanes!(lanes => small_order_becomes_the_identity(lanes));
}

fn times(bytes: &Encoded, scalar: &Scalar) -> Encoded {
    (CompressedRistretto(*bytes).decompress().unwrap() * scalar).compress().to_bytes()
}

/// Scalars whose digits are all the same, or at an end of the range.
fn extreme_scalars() -> Vec<Scalar> {
    let small = (0..=33_u8).map(Scalar::from);
    let powers = (0..252).map(|bit| {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        Scalar::from_bytes_mod_order(bytes)
    });
    let same_nibbles = (0..16_u8).map(|nibble| {
        let mut bytes = [nibble * 17; 32];
        bytes[31] &= 0x0f;
        Scalar::from_bytes_mod_order(bytes)
    });
    let half = Scalar::ONE.div_by_2();
    let all = small.chain(powers).chain(same_nibbles).chain([half, half - Scalar::ONE, half.div_by_2()]);
    all.flat_map(|scalar| [scalar, -scalar, -scalar - Scalar::ONE]).collect()
}

#[test]
fn extreme_scalars_multiply_as_dalek_does() {
    kernels().for_each(extreme_scalars_agree);
}

fn extreme_scalars_agree(kernel: Kernel) {
    let scalars = extreme_scalars();
    let good = encoded(&uniform(scalars.len()));
    let expected: Vec<_> = good.iter().zip(&scalars).map(|(bytes, scalar)| times(bytes, &(scalar + scalar))).collect();
    let mut rows = vec![[0; 32]; good.len()];
    let mut points = kernel.decode(&good).ok().unwrap();
    let ([by_combs], of_generator) = points.combs().encode_doubles([&scalars], &scalars);
    assert_eq!(by_combs, expected);
    let generated = scalars.iter().map(|scalar| RistrettoPoint::mul_base(&(scalar + scalar)).compress().to_bytes());
    assert_eq!(of_generator, generated.collect::<Vec<_>>());
    points.multiply_each(&scalars);
    points.encode_doubles(&mut rows);
    assert_eq!(rows, expected);
    for scalar in [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::ONE.div_by_2(), -Scalar::ONE.div_by_2()] {
        let mut points = kernel.decode(&good[..9]).ok().unwrap();
        points.multiply(&scalar);
        points.encode_doubles(&mut rows[..9]);
        for (bytes, row) in good[..9].iter().zip(&rows) {
            assert_eq!(*row, times(bytes, &(scalar + scalar)));
        }
    }
}

#[derive(Deserialize)]
struct Invalid {
    encoding: String,
}

#[derive(Deserialize)]
struct InvalidEncodings {
    invalid: Vec<Invalid>,
}

/// The encodings of RFC 9496 Appendix A.2, and every number of 256 bits from p - 1 on that is near the end of a limb.
fn bad_encodings() -> Vec<Encoded> {
    let file = include_str!("../../../../../../tests/vectors/rfc9496.json");
    let list: InvalidEncodings = serde_json::from_str(file).unwrap();
    let parse = |text: &str| std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap());
    let mut bad: Vec<Encoded> = list.invalid.iter().map(|invalid| parse(&invalid.encoding)).collect();
    assert_eq!(bad.len(), 29);
    for low in 0xec..=0xff_u8 {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        bad.push(bytes);
        bytes[31] = 0xff;
        bad.push(bytes);
    }
    bad
}

#[test]
fn bad_encodings_are_refused_in_every_lane() {
    let good = encoded(&uniform(16));
    for (kernel, bad) in kernels().flat_map(|kernel| bad_encodings().into_iter().map(move |bad| (kernel, bad))) {
        assert!(CompressedRistretto(bad).decompress().is_none());
        for index in 0..16 {
            let mut elements = good.clone();
            elements[index] = bad;
            assert_eq!(kernel.decode(&elements).map(drop), Err((index, Flaw::Encoding)));
        }
    }
}

/// Compares the decoding of every string that differs from a valid encoding in one bit, and of small numbers.
#[test]
fn decoding_accepts_what_dalek_accepts() {
    let good = encoded(&uniform(1))[0];
    let flipped = (0..256).map(|bit| {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let small = (1..=255_u8).map(|low| {
        let mut bytes = [0; 32];
        bytes[0] = low;
        bytes
    });
    for bytes in flipped.chain(small) {
        let expected = CompressedRistretto(bytes).decompress().is_some();
        for kernel in kernels() {
            assert_eq!(kernel.decode(&[good, bytes]).is_ok(), expected);
        }
    }
}

#[test]
fn the_extreme_uniform_bytes_derive_as_dalek_does() {
    let extremes = [[0; 64], [0xff; 64]];
    let expected = extremes.map(|uniform| RistrettoPoint::from_uniform_bytes(&uniform).compress().to_bytes());
    for kernel in kernels() {
        let mut rows = [[0; 32]; 2];
        let mut points = kernel.derive(&extremes);
        points.multiply(&Scalar::ONE.div_by_2());
        points.encode_doubles(&mut rows);
        assert_eq!(rows, expected);
    }
}

/// A column that is too large to be subtracted is caught, in the lanes of every instruction set.
#[test]
#[cfg(debug_assertions)]
fn a_difference_that_wraps_is_caught() {
    use super::{super::arithmetic::Wide, integers::Raw};

    fn difference<L: Lanes>(lanes: L, column: u64)
    where
        L::Field: Raw,
    {
        let wide = |column| L::Field::wide(lanes, &vec![[column; 8]; L::Field::LIMITS.len()]);
        let _ = wide(0).minus(&wide(column));
    }
    on_all_lanes!(lanes => {
        difference(lanes, 1 << 59);
        std::panic::catch_unwind(|| difference(lanes, 1 << 62)).unwrap_err();
    });
}
