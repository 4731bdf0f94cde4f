//! Compares field operations and constants with big integers.

use num_bigint::BigUint;
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use super::{
    super::{
        arithmetic::{Field, Lanes, Mask, Wide},
        codec,
        constants::{
            Constant, D, D_MINUS_ONE_SQ, INVSQRT_A_MINUS_D, MINUS_ONE, ONE, ONE_MINUS_D_SQ, SQRT_AD_MINUS_ONE, SQRT_M1,
            TWICE_D, TWO, ZERO,
        },
        inverse_sqrt::{invert, sqrt_ratio},
    },
    integers::{Raw, Row, integer, integers, p, residues},
    on_all_lanes,
};

/// Limb `i` of p.
fn limb_of_p<F: Raw>(i: usize) -> u64 {
    let above = F::EXPONENTS.get(i + 1).copied().unwrap_or(255);
    (1 << (above - F::EXPONENTS[i])) - if i == 0 { 19 } else { 1 }
}

/// Values of limb `i`; half of them are at an end of its range, or near the limb of p.
fn limb<F: Raw>(i: usize) -> impl Strategy<Value = u64> {
    let (limit, of_p) = (F::LIMITS[i], limb_of_p::<F>(i));
    let ends = vec![0, 1, 18, 19, 20, of_p - 19, of_p - 1, of_p, of_p + 1, of_p + 18, limit - 1, limit];
    let ends: Vec<u64> = ends.into_iter().filter(|limb| *limb <= limit).collect();
    prop_oneof![prop::sample::select(ends), 0..=limit]
}

fn rows<F: Raw>() -> Vec<impl Strategy<Value = Row>> {
    (0..F::LIMITS.len()).map(|i| prop::array::uniform8(limb::<F>(i))).collect()
}

/// One element per lane: either any limbs within their bounds, or the same value near 0 or p in every lane.
fn elements<F: Raw>() -> impl Strategy<Value = Vec<Row>> {
    let first = |i: usize, low: u64| if i == 0 { low } else { 0 };
    let low = (0_u64..40).prop_map(move |low| (0..F::LIMITS.len()).map(|i| [first(i, low); 8]).collect());
    let near = (0_u64..=36).prop_map(move |low| {
        (0..F::LIMITS.len()).map(|i| [limb_of_p::<F>(i) - first(i, 18) + first(i, low); 8]).collect()
    });
    prop_oneof![4 => rows::<F>(), 1 => low, 1 => near]
}

/// Checks that `work` holds for any two elements per lane.
fn for_any<L: Lanes>(lanes: L, cases: u32, work: impl Fn(L, &[Row], &[Row]))
where
    L::Field: Raw,
{
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let both = (elements::<L::Field>(), elements::<L::Field>());
    let held = runner.run(&both, |(x, y)| {
        work(lanes, &x, &y);
        Ok(())
    });
    held.unwrap();
}

fn within_bounds<F: Raw>(field: &F) -> bool {
    field.raw().iter().zip(F::LIMITS).all(|(limb, limit)| limb[..F::Lanes::COUNT].iter().all(|limb| limb <= limit))
}

/// Checks that `found` is `expected` in every lane, and within the bounds that the next operation requires.
fn check<F: Raw>(found: &F, expected: impl Fn(usize) -> BigUint) {
    assert!(within_bounds(found));
    for (lane, residue) in residues(found).into_iter().enumerate() {
        assert_eq!(residue, expected(lane) % p(), "lane {lane}");
    }
}

fn operations<L: Lanes>(lanes: L, x: &[Row], y: &[Row])
where
    L::Field: Raw,
{
    let (a, b) = (integers::<L::Field>(x), integers::<L::Field>(y));
    let (x, y) = (L::Field::from_raw(lanes, x), L::Field::from_raw(lanes, y));
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

fn canonical_values<L: Lanes>(lanes: L, x: &[Row], y: &[Row])
where
    L::Field: Raw,
{
    let residues_of = |x| integers::<L::Field>(x).into_iter().map(|x| x % p()).collect::<Vec<_>>();
    let (a, b) = (residues_of(x), residues_of(y));
    let (x, y) = (L::Field::from_raw(lanes, x), L::Field::from_raw(lanes, y));
    let mut written = [[0; 32]; 8];
    codec::write(&x, &mut written[..L::COUNT]);
    let (read, below_p) = codec::read_canonical(lanes, &written[..L::COUNT]);
    assert_eq!((below_p.bits(), residues(&read)), (every_lane::<L>(), a.clone()));
    for lane in 0..L::COUNT {
        let bit = |mask: <L::Field as Field>::Mask| mask.bits() >> lane & 1 == 1;
        assert_eq!(integer(&x.canonical().limbs()[lane]), a[lane]);
        assert_eq!(BigUint::from_bytes_le(&written[lane]), a[lane]);
        assert_eq!(bit(x.is_zero()), a[lane] == BigUint::ZERO);
        assert_eq!(bit(x.is_negative()), a[lane].bit(0));
        assert_eq!(bit(x.equals(&y)), a[lane] == b[lane]);
        assert!(!residues(&x.abs())[lane].bit(0));
        assert_eq!(residues(&x.rotate(1))[lane], a[(lane + 1) % L::COUNT]);
    }
    check(&x.abs(), |i| if a[i].bit(0) { p() - &a[i] } else { a[i].clone() });
    let some = lanes.equal([1, 1, 0, 2, 1, 0, 1, 0], 1);
    assert_eq!(some.bits(), 0b0101_0011 & every_lane::<L>());
    assert_eq!((!some).bits(), !0b0101_0011 & every_lane::<L>());
    check(&Field::select(some, &x, &y), |i| if 0b0101_0011 >> i & 1 == 1 { a[i].clone() } else { b[i].clone() });
}

/// The mask with all lanes set.
fn every_lane<L: Lanes>() -> u8 {
    u8::MAX >> (8 - L::COUNT)
}

fn roots_and_inverses<L: Lanes>(lanes: L, x: &[Row], y: &[Row])
where
    L::Field: Raw,
{
    let (a, b) = (integers::<L::Field>(x), integers::<L::Field>(y));
    let (x, y) = (L::Field::from_raw(lanes, x), L::Field::from_raw(lanes, y));
    check(&invert(&x), |i| a[i].modpow(&(p() - 2_u8), &p()));
    let ([first, second], roots) = sqrt_ratio(&[x, y], &[y, x]);
    assert!(roots.iter().all(within_bounds));
    for lane in 0..L::COUNT {
        root_is_right(&a[lane], &b[lane], first.bits() >> lane & 1 == 1, &residues(&roots[0])[lane]);
        root_is_right(&b[lane], &a[lane], second.bits() >> lane & 1 == 1, &residues(&roots[1])[lane]);
    }
}

/// Whether this is a result that `SQRT_RATIO_M1(u, v)` can have (RFC 9496 section 4.2).
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

#[test]
fn operations_agree_with_the_integers() {
    on_all_lanes!(lanes => for_any(lanes, 512, operations));
}

#[test]
fn canonical_values_are_the_residues() {
    on_all_lanes!(lanes => for_any(lanes, 512, canonical_values));
}

#[test]
fn roots_and_inverses_are_right() {
    on_all_lanes!(lanes => for_any(lanes, 48, roots_and_inverses));
}

fn columns_carry_into_the_bounds<L: Lanes>(lanes: L)
where
    L::Field: Raw,
{
    let widest = L::Field::WIDEST;
    let column = prop_oneof![Just(widest), 0..=widest];
    let columns = vec(prop::array::uniform8(column), L::Field::LIMITS.len());
    let carried = TestRunner::default().run(&columns, |columns| {
        let expected = integers::<L::Field>(&columns);
        check(&L::Field::wide(lanes, &columns).carry(), |lane| expected[lane].clone());
        Ok(())
    });
    carried.unwrap();
}

#[test]
fn any_columns_carry_into_the_bounds() {
    on_all_lanes!(lanes => columns_carry_into_the_bounds(lanes));
}

/// Compares every constant with its definition (RFC 9496 section 4.1). The definitions do not determine the signs of
/// square roots: the RFC specifies the nonnegative ones, except for `a d - 1`.
#[test]
fn constants_match_their_definitions() {
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
