//! Field operations and constants against big integers.

use num_bigint::BigUint;
use proptest::{array::uniform5, array::uniform8, prelude::*};

use super::{
    super::{
        bytes,
        constants::{
            Constant, D, D_MINUS_ONE_SQ, INVSQRT_A_MINUS_D, MINUS_ONE, ONE, ONE_MINUS_D_SQ, SQRT_AD_MINUS_ONE, SQRT_M1,
            TWICE_D, TWO, ZERO,
        },
        field::{Field, LIMB_MASK},
        root::{invert, sqrt_ratio},
    },
    Kernel, LANES,
    integers::{field, integer, limbs, p, residues},
    kernel,
};

/// The bounds of `Field`: limb 0, and the others.
const BOUND_0: u64 = LIMB_MASK + (1 << 18);
const BOUND: u64 = LIMB_MASK + (1 << 13);

/// A limb within its bound, at an end of it half the time.
fn limb(bound: u64) -> impl Strategy<Value = u64> {
    let ends =
        prop::sample::select(vec![0, 1, 18, 19, 20, LIMB_MASK - 19, LIMB_MASK - 1, LIMB_MASK, LIMB_MASK + 1, bound]);
    prop_oneof![ends, 0..=bound]
}

/// Limbs within the bounds, or one of the values around 0, p and 2p.
fn element() -> impl Strategy<Value = Constant> {
    let any =
        (limb(BOUND_0), limb(BOUND), limb(BOUND), limb(BOUND), limb(BOUND)).prop_map(|(a, b, c, d, e)| [a, b, c, d, e]);
    let low = |difference: u64| [difference, 0, 0, 0, 0];
    let near_p = |difference: u64| [LIMB_MASK - 36 + difference, LIMB_MASK, LIMB_MASK, LIMB_MASK, LIMB_MASK];
    prop_oneof![4 => any, 1 => (0_u64..40).prop_map(low), 1 => (0_u64..60).prop_map(near_p)]
}

fn elements() -> impl Strategy<Value = [Constant; LANES]> {
    uniform8(element())
}

fn within_bounds(field: &Field) -> bool {
    limbs(field).iter().all(|[first, rest @ ..]| *first <= BOUND_0 && rest.iter().all(|limb| *limb <= BOUND))
}

/// That `found` is `expected` in every lane, and within the bounds that the next operation counts on.
fn check(found: &Field, expected: impl Fn(usize) -> BigUint) {
    assert!(within_bounds(found));
    for (lane, residue) in residues(found).into_iter().enumerate() {
        assert_eq!(residue, expected(lane) % p(), "lane {lane}");
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn operations(kernel: Kernel, x: &[Constant; LANES], y: &[Constant; LANES]) {
    let (a, b) = (x.each_ref().map(integer), y.each_ref().map(integer));
    let (x, y) = (field(kernel, x), field(kernel, y));
    let minus = |x: &BigUint, y: &BigUint| x + p() * 8_u8 - y;
    check(&x.multiply(&y), |i| &a[i] * &b[i]);
    check(&x.squared(), |i| &a[i] * &a[i]);
    check(&x.add(&y), |i| &a[i] + &b[i]);
    check(&x.subtract(&y), |i| minus(&a[i], &b[i]));
    check(&x.negate(), |i| minus(&BigUint::ZERO, &a[i]));
    // The widest sums of the point formulas.
    let (xx, yy) = (x.square(), y.square());
    check(&xx.plus(&xx).plus(&yy.minus(&x.times(&y))).carry(), |i| {
        &a[i] * &a[i] * 2_u8 + minus(&(&b[i] * &b[i]), &(&a[i] * &b[i] % p()))
    });
    check(&xx.plus(&yy).minus(&xx.plus(&yy)).carry(), |_| BigUint::ZERO);
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn canonical_values(kernel: Kernel, x: &[Constant; LANES], y: &[Constant; LANES]) {
    let (a, b) = (x.each_ref().map(|x| integer(x) % p()), y.each_ref().map(|y| integer(y) % p()));
    let (x, y) = (field(kernel, x), field(kernel, y));
    let written = bytes::write(&x);
    for lane in 0..LANES {
        let bit = |mask: u8| mask >> lane & 1 == 1;
        assert_eq!(integer(&limbs(&x.canonical())[lane]), a[lane]);
        assert_eq!(BigUint::from_bytes_le(&written[lane]), a[lane]);
        assert_eq!(bit(x.is_zero()), a[lane] == BigUint::ZERO);
        assert_eq!(bit(x.is_negative()), a[lane].bit(0));
        assert_eq!(bit(x.equals(&y)), a[lane] == b[lane]);
        assert!(!residues(&x.abs())[lane].bit(0));
    }
    check(&x.abs(), |i| if a[i].bit(0) { p() - &a[i] } else { a[i].clone() });
    check(&Field::select(0b0101_0011, &x, &y), |i| if 0b0101_0011 >> i & 1 == 1 { a[i].clone() } else { b[i].clone() });
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn roots_and_inverses(kernel: Kernel, x: &[Constant; LANES], y: &[Constant; LANES]) {
    let (a, b) = (x.each_ref().map(integer), y.each_ref().map(integer));
    let (x, y) = (field(kernel, x), field(kernel, y));
    check(&invert(&x), |i| a[i].modpow(&(p() - 2_u8), &p()));
    let ([first, second], roots) = sqrt_ratio(&[x, y], &[y, x]);
    assert!(roots.iter().all(within_bounds));
    for lane in 0..LANES {
        root_is_right(&a[lane], &b[lane], first >> lane & 1 == 1, &residues(&roots[0])[lane]);
        root_is_right(&b[lane], &a[lane], second >> lane & 1 == 1, &residues(&roots[1])[lane]);
    }
}

/// RFC 9496 section 4.2: what `SQRT_RATIO_M1(u, v)` may answer.
fn root_is_right(u: &BigUint, v: &BigUint, square: bool, root: &BigUint) {
    let p = p();
    let zero = |x: &BigUint| x % &p == BigUint::ZERO;
    assert!(!root.bit(0));
    if zero(u) || zero(v) {
        assert_eq!(square, zero(u));
        assert_eq!(*root, BigUint::ZERO);
        return;
    }
    let ratio = u * v.modpow(&(&p - 2_u8), &p) % &p;
    let is_square = ratio.modpow(&((&p - 1_u8) / 2_u8), &p) == BigUint::from(1_u8);
    assert_eq!(square, is_square);
    let radicand = if square { ratio } else { ratio * integer(&SQRT_M1) % &p };
    assert_eq!(root * root % &p, radicand);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn operations_are_those_of_the_integers(x in elements(), y in elements()) {
        if let Some(kernel) = kernel() {
            // SAFETY: a `Kernel` is the proof that the instructions exist.
            unsafe { operations(kernel, &x, &y) };
        }
    }

    #[test]
    fn canonical_values_are_the_residues(x in elements(), y in elements()) {
        if let Some(kernel) = kernel() {
            // SAFETY: as above.
            unsafe { canonical_values(kernel, &x, &y) };
        }
    }

    #[test]
    fn any_columns_carry_into_the_bounds(columns in uniform5(uniform8(prop_oneof![Just(u64::MAX), any::<u64>()]))) {
        if let Some(kernel) = kernel() {
            let wide = super::super::field::Wide::from_columns(kernel, &columns);
            let number = |lane: usize| columns.iter().rev().fold(BigUint::ZERO, |sum, column| (sum << 51) + column[lane]);
            check(&wide.carry(), number);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn roots_and_inverses_are_right(x in elements(), y in elements()) {
        if let Some(kernel) = kernel() {
            // SAFETY: as above.
            unsafe { roots_and_inverses(kernel, &x, &y) };
        }
    }
}

/// Every constant by its definition (RFC 9496 section 4.1), which leaves square roots their sign: the RFC names the
/// nonnegative ones, and of `a d - 1` the other.
#[test]
fn constants_are_what_they_are_called() {
    let p = p();
    let small = |x: u32| BigUint::from(x);
    let invert = |x: BigUint| x.modpow(&(&p - 2_u8), &p);
    let d = (&p - small(121_665)) * invert(small(121_666)) % &p;
    let squared = |x: &Constant| integer(x).pow(2) % &p;
    assert_eq!([ZERO, ONE, TWO].map(|x| integer(&x)), [0, 1, 2].map(small));
    assert_eq!(integer(&MINUS_ONE), &p - 1_u8);
    assert_eq!(integer(&D), d);
    assert_eq!(integer(&TWICE_D), &d * 2_u8 % &p);
    assert_eq!(squared(&SQRT_M1), &p - 1_u8);
    assert_eq!(squared(&SQRT_AD_MINUS_ONE), &p - &d - 1_u8);
    assert_eq!(squared(&INVSQRT_A_MINUS_D), invert(&p - &d - 1_u8));
    assert_eq!(integer(&ONE_MINUS_D_SQ), (1_u8 + &p * &p - &d * &d) % &p);
    assert_eq!(integer(&D_MINUS_ONE_SQ), (&d - 1_u8).pow(2) % &p);
    let odd = [SQRT_M1, SQRT_AD_MINUS_ONE, INVSQRT_A_MINUS_D].map(|x| integer(&x).bit(0));
    assert_eq!(odd, [false, true, false]);
}
