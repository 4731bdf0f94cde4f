//! Operations limb by limb, which fields with any number of limbs have in common.

use super::vector::Vector;

/// The sums.
#[inline(always)]
pub(super) fn add<V: Vector, const N: usize>(mut x: [V; N], y: &[V; N]) -> [V; N] {
    for (x, y) in x.iter_mut().zip(y) {
        *x = *x + *y;
    }
    x
}

/// `x + multiple * p - y`, where `p` contains the limbs of p. `multiple` times a limb of p must be no less than any
/// limb of `y`.
#[inline(always)]
pub(super) fn subtract<V: Vector, const N: usize>(x: &[V; N], y: &[V; N], p: &[u64; N], multiple: u64) -> [V; N] {
    let mut difference = *x;
    for i in 0..N {
        let bias = V::splat(x[0].proof(), multiple * p[i]);
        debug_assert!(no_less(x[i] + bias, y[i]) && no_less(x[i] + bias, bias), "a difference must not wrap");
        difference[i] = x[i] + bias - y[i];
    }
    difference
}

/// Whether every lane of `x` is no less than the same lane of `y`.
fn no_less<V: Vector>(x: V, y: V) -> bool {
    x.numbers().as_ref().iter().zip(y.numbers().as_ref()).all(|(x, y)| x >= y)
}

/// Whether the two have the same limbs.
#[inline(always)]
pub(super) fn are_identical<V: Vector, const N: usize>(x: &[V; N], y: &[V; N]) -> V::Mask {
    let mut identical = x[0].equals(y[0]);
    for i in 1..N {
        identical = identical & x[i].equals(y[i]);
    }
    identical
}

/// Whether all limbs are zero.
#[inline(always)]
pub(super) fn are_zero<V: Vector, const N: usize>(limbs: &[V; N]) -> V::Mask {
    let zero = V::splat(limbs[0].proof(), 0);
    let mut bits = zero;
    for limb in limbs {
        bits = bits | *limb;
    }
    bits.equals(zero)
}

/// Whether the number is odd.
#[inline(always)]
pub(super) fn is_odd<V: Vector, const N: usize>(limbs: &[V; N]) -> V::Mask {
    let one = V::splat(limbs[0].proof(), 1);
    (limbs[0] & one).equals(one)
}

/// `yes` in the lanes of `mask`, `no` in the others.
#[inline(always)]
pub(super) fn select<V: Vector, const N: usize>(mask: V::Mask, yes: &[V; N], no: &[V; N]) -> [V; N] {
    let mut limbs = *no;
    for (limb, yes) in limbs.iter_mut().zip(yes) {
        *limb = limb.replace_where(mask, *yes);
    }
    limbs
}

/// Rotates every limb down by `distance` lanes; the lowest move to the top.
#[inline(always)]
pub(super) fn rotate<V: Vector, const N: usize>(limbs: &[V; N], distance: usize) -> [V; N] {
    let mut rotated = *limbs;
    for limb in &mut rotated {
        let mut numbers = limb.numbers();
        numbers.as_mut().rotate_left(distance);
        *limb = V::new(limb.proof(), numbers);
    }
    rotated
}
