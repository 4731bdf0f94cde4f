//! Fixed powers by addition chains, and the square roots and inverses that they give.
//!
//! The functions take `N` independent batches of lanes: each squaring of a chain waits for the previous one, and a
//! second chain uses this time.

use super::{
    arithmetic::Field,
    constants::{ONE, SQRT_M1},
};

/// `x^(2^count)`.
#[inline(always)]
fn square_times<F: Field, const N: usize>(x: &[F; N], count: usize) -> [F; N] {
    let mut power = *x;
    for _ in 0..count {
        for power in &mut power {
            *power = power.squared();
        }
    }
    power
}

/// The products of `x` and `y`, batch by batch.
#[inline(always)]
fn multiply<F: Field, const N: usize>(x: &[F; N], y: &[F; N]) -> [F; N] {
    let mut product = *x;
    for (product, y) in product.iter_mut().zip(y) {
        *product = product.multiply(y);
    }
    product
}

/// `x^(2^250 - 1)` and `x^11`, from which both exponents below take a few steps. Each name is the exponent: `ones_n` is
/// `2^n - 1`, n ones in binary. Two such exponents give a longer one by shifting and adding.
#[inline(always)]
fn ones_250<F: Field, const N: usize>(x: &[F; N]) -> ([F; N], [F; N]) {
    let x2 = square_times(x, 1);
    let x9 = multiply(x, &square_times(&x2, 2));
    let x11 = multiply(&x2, &x9);
    let ones_5 = multiply(&x9, &square_times(&x11, 1));
    let ones_10 = multiply(&ones_5, &square_times(&ones_5, 5));
    let ones_20 = multiply(&ones_10, &square_times(&ones_10, 10));
    let ones_40 = multiply(&ones_20, &square_times(&ones_20, 20));
    let ones_50 = multiply(&ones_10, &square_times(&ones_40, 10));
    let ones_100 = multiply(&ones_50, &square_times(&ones_50, 50));
    let ones_200 = multiply(&ones_100, &square_times(&ones_100, 100));
    let ones_250 = multiply(&ones_50, &square_times(&ones_200, 50));
    (ones_250, x11)
}

/// `1 / x`, or 0 if `x` is 0: `x^(p - 2)`, where p - 2 = (2^250 - 1) 2^5 + 11.
#[inline(always)]
pub(super) fn invert<F: Field>(x: &F) -> F {
    let (ones_250, x11) = ones_250(&[*x]);
    let [inverse] = multiply(&square_times(&ones_250, 5), &x11);
    inverse
}

/// `SQRT_RATIO_M1` of RFC 9496 section 4.2 for `N` pairs `(u, v)`: whether `u / v` is square, and the nonnegative root
/// of `u / v` if it is, otherwise of `SQRT_M1 * u / v`. The root is 0 if `v` is 0.
#[inline(always)]
pub(super) fn sqrt_ratio<F: Field, const N: usize>(u: &[F; N], v: &[F; N]) -> ([F::Mask; N], [F; N]) {
    let v3 = multiply(&square_times(v, 1), v);
    let v7 = multiply(&square_times(&v3, 1), v);
    let power = quarter_power(&multiply(u, &v7));
    let mut roots = multiply(&multiply(u, &v3), &power);
    let mut square = [u[0].is_zero(); N];
    for i in 0..N {
        (square[i], roots[i]) = correct_root(&u[i], &v[i], &roots[i]);
    }
    (square, roots)
}

/// `x^((p - 5) / 8)`, where (p - 5) / 8 = (2^250 - 1) 2^2 + 1.
#[inline(always)]
fn quarter_power<F: Field, const N: usize>(x: &[F; N]) -> [F; N] {
    let (ones_250, _) = ones_250(x);
    multiply(&square_times(&ones_250, 2), x)
}

/// Corrects `root`, which is right up to a fourth root of unity, and takes its absolute value.
#[inline(always)]
fn correct_root<F: Field>(u: &F, v: &F, root: &F) -> (F::Mask, F) {
    let i = F::constant(u.lanes(), &SQRT_M1);
    let check = v.multiply(&root.squared());
    let correct = check.equals(u);
    let flipped = check.add(u).is_zero();
    let flipped_i = check.add(&u.multiply(&i)).is_zero();
    let root = F::select(flipped | flipped_i, &root.multiply(&i), root);
    (correct | flipped, root.abs())
}

/// [`sqrt_ratio`] of `1 / v`.
#[inline(always)]
pub(super) fn inverse_sqrt<F: Field, const N: usize>(v: &[F; N]) -> ([F::Mask; N], [F; N]) {
    sqrt_ratio(&[F::constant(v[0].lanes(), &ONE); N], v)
}
