//! Torsion, extreme scalars and bad encodings.

use curve25519_dalek::{RistrettoPoint, Scalar, constants::EIGHT_TORSION, ristretto::CompressedRistretto};
use serde::Deserialize;

use super::{
    super::{Flaw, Points, bytes::read_canonical, constants::ONE, field::Field, point::Extended},
    Kernel, LANES,
    equality::{encoded, uniform},
    kernel,
};
use crate::group::Encoded;

/// A point of eight-torsion in every lane. The Edwards encoding is `y` with the sign of `x` above it, and `x` follows from
/// the curve's equation: `x^2 (d y^2 + 1) = y^2 - 1`.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn torsion(kernel: Kernel, which: usize) -> Extended {
    let mut bytes = EIGHT_TORSION[which].compress().to_bytes();
    let odd = if bytes[31] >> 7 == 1 { u8::MAX } else { 0 };
    bytes[31] &= 0x7f;
    let (y, canonical) = read_canonical(kernel, &[&bytes; LANES]);
    assert_eq!(canonical, u8::MAX);
    let one = Field::constant(kernel, &ONE);
    let yy = y.squared();
    let denominator = yy.multiply(&Field::constant(kernel, &super::super::constants::D)).add(&one);
    let ([square], [root]) = super::super::root::sqrt_ratio(&[yy.subtract(&one)], &[denominator]);
    assert_eq!(square, u8::MAX);
    let x = root.negate_where(odd);
    Extended { x, y, z: one, t: x.multiply(&y) }
}

/// `points` with the same torsion point added to every one.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn shift_by_torsion(kernel: Kernel, points: &mut Points, which: usize) {
    let torsion = torsion(kernel, which).cached();
    for eight in &mut points.eights {
        *eight = eight.add(&torsion).extended();
    }
}

/// All four members of a coset are one element: they encode alike, and their products too.
#[test]
fn a_coset_is_one_element() {
    let Some(kernel) = kernel() else { return };
    let good = encoded(&uniform(17));
    let scalar = Scalar::from(7_u8);
    for which in 0..8 {
        let mut points = kernel.decode(&good).ok().unwrap();
        // SAFETY: a `Kernel` is the proof that the instructions exist.
        unsafe { shift_by_torsion(kernel, &mut points, which) };
        let mut rows = vec![[0; 32]; good.len()];
        points.encode_doubles(&mut rows);
        let doubles: Vec<Encoded> = good.iter().map(|bytes| times(bytes, &Scalar::from(2_u8))).collect();
        // The double of any torsion point here is of four-torsion, which an element does not see.
        assert_eq!(rows, doubles);
        points.multiply(&scalar);
        points.encode_doubles(&mut rows);
        let products: Vec<Encoded> = good.iter().map(|bytes| times(bytes, &Scalar::from(14_u8))).collect();
        assert_eq!(rows, products);
    }
}

/// Small-order points are the identity, or become it when doubled; the formulas are complete.
#[test]
fn small_order_points_encode_as_the_identity() {
    let Some(kernel) = kernel() else { return };
    for which in 0..8 {
        // SAFETY: as above.
        let point = unsafe { torsion(kernel, which) };
        let mut points = Points { kernel, eights: vec![point, point], count: 16 };
        // The points of four-torsion are those of even place.
        assert_eq!(points.first_identity(), (which % 2 == 0).then_some(0));
        let mut rows = vec![[1; 32]; 16];
        points.encode_doubles(&mut rows);
        assert_eq!(rows, [[0; 32]; 16]);
        points.multiply(&Scalar::from(12_345_u16));
        points.encode_doubles(&mut rows);
        assert_eq!(rows, [[0; 32]; 16]);
    }
}

fn times(bytes: &Encoded, scalar: &Scalar) -> Encoded {
    (CompressedRistretto(*bytes).decompress().unwrap() * scalar).compress().to_bytes()
}

/// Scalars whose digits are all of a kind, or at an end of the range.
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
    let Some(kernel) = kernel() else { return };
    let scalars = extreme_scalars();
    let good = encoded(&uniform(scalars.len()));
    let expected: Vec<_> = good.iter().zip(&scalars).map(|(bytes, scalar)| times(bytes, &(scalar + scalar))).collect();
    let mut rows = vec![[0; 32]; good.len()];
    let mut points = kernel.decode(&good).ok().unwrap();
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

/// RFC 9496 Appendix A.2, and every number from p - 1 to the largest of 256 bits that is near a limb's end.
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
    let Some(kernel) = kernel() else { return };
    let good = encoded(&uniform(16));
    for bad in bad_encodings() {
        assert!(CompressedRistretto(bad).decompress().is_none());
        for place in 0..16 {
            let mut elements = good.clone();
            elements[place] = bad;
            assert_eq!(kernel.decode(&elements).map(drop), Err((place, Flaw::Encoding)));
        }
    }
}

/// Every encoding that differs from a good one in a bit, and small numbers, as dalek judges them.
#[test]
fn decoding_judges_as_dalek_does() {
    let Some(kernel) = kernel() else { return };
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
        assert_eq!(kernel.decode(&[good, bytes]).is_ok(), expected);
    }
}

#[test]
fn the_generator_and_its_multiples_derive_and_encode() {
    let Some(kernel) = kernel() else { return };
    let zeros = [[0; 64], [0xff; 64]];
    let mut rows = [[0; 32]; 2];
    let mut points = kernel.derive(&zeros);
    points.multiply(&Scalar::ONE.div_by_2());
    points.encode_doubles(&mut rows);
    assert_eq!(rows, zeros.map(|uniform| RistrettoPoint::from_uniform_bytes(&uniform).compress().to_bytes()));
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "a difference must not wrap")]
fn a_difference_that_wraps_is_caught() {
    let Some(kernel) = kernel() else { panic!("a difference must not wrap: not tested here") };
    let wide = |column| super::super::field::Wide::from_columns(kernel, &[[column; LANES]; 5]);
    let _ = wide(0).minus(&wide(1 << 62));
}
