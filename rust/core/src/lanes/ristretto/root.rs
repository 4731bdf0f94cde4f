//! Fixed powers by addition chains, and the square roots and inverses that come of them.
//!
//! The functions take `N` independent batches of eight: a chain of squarings waits for its own results, and a second
//! chain beside it fills the time.

use super::{
    constants::{ONE, SQRT_M1},
    field::Field,
    vector::Mask,
};

/// `x^(2^count)`.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn square_times<const N: usize>(x: &[Field; N], count: usize) -> [Field; N] {
    let mut power = *x;
    for _ in 0..count {
        for power in &mut power {
            *power = power.squared();
        }
    }
    power
}

/// The products, batch by batch.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn multiply<const N: usize>(x: &[Field; N], y: &[Field; N]) -> [Field; N] {
    let mut product = *x;
    for (product, y) in product.iter_mut().zip(y) {
        *product = product.multiply(y);
    }
    product
}

/// `x^(2^250 - 1)` and `x^11`, from which both exponents below are a few steps. Each name says the exponent: `ones_n` is
/// `2^n - 1`, n ones in binary, and two strings of ones make a longer one by shifting and adding.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn ones_250<const N: usize>(x: &[Field; N]) -> ([Field; N], [Field; N]) {
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

/// `1 / x`, and 0 for 0: `x^(p - 2)`, where p - 2 = (2^250 - 1) 2^5 + 11.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn invert(x: &Field) -> Field {
    let (ones_250, x11) = ones_250(&[*x]);
    let [inverse] = multiply(&square_times(&ones_250, 5), &x11);
    inverse
}

/// `SQRT_RATIO_M1` of RFC 9496 section 4.2 for `N` pairs `(u, v)`: whether `u / v` is square, and the nonnegative root
/// of `u / v` or else of `SQRT_M1 * u / v`; 0 where `v` is.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn sqrt_ratio<const N: usize>(u: &[Field; N], v: &[Field; N]) -> ([Mask; N], [Field; N]) {
    let v3 = multiply(&square_times(v, 1), v);
    let v7 = multiply(&square_times(&v3, 1), v);
    let power = quarter_power(&multiply(u, &v7));
    let mut roots = multiply(&multiply(u, &v3), &power);
    let mut square = [0; N];
    for i in 0..N {
        (square[i], roots[i]) = settle(&u[i], &v[i], &roots[i]);
    }
    (square, roots)
}

/// `x^((p - 5) / 8)`, where (p - 5) / 8 = (2^250 - 1) 2^2 + 1.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn quarter_power<const N: usize>(x: &[Field; N]) -> [Field; N] {
    let (ones_250, _) = ones_250(x);
    multiply(&square_times(&ones_250, 2), x)
}

/// The candidate `root` is right up to a fourth root of unity: finds which, corrects it and takes its absolute value.
#[inline(always)]
fn settle(u: &Field, v: &Field, root: &Field) -> (Mask, Field) {
    let i = Field::constant(u.kernel(), &SQRT_M1);
    let check = v.multiply(&root.squared());
    let correct = check.equals(u);
    let flipped = check.add(u).is_zero();
    let flipped_i = check.add(&u.multiply(&i)).is_zero();
    let root = Field::select(flipped | flipped_i, &root.multiply(&i), root);
    (correct | flipped, root.abs())
}

/// [`sqrt_ratio`] of `1 / v`.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn inverse_sqrt<const N: usize>(v: &[Field; N]) -> ([Mask; N], [Field; N]) {
    sqrt_ratio(&[Field::constant(v[0].kernel(), &ONE); N], v)
}
