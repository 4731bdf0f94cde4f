//! Encoding of ristretto255 elements (RFC 9496 section 4.3.2), one per lane, with one inversion for many vectors.
//!
//! An encoding needs an inverse square root, which cannot be shared between points. The encoding of a double needs only
//! an inverse, which can be shared (Montgomery's trick). For `P = (X : Y : Z : T)` let
//!
//! ```text
//! E = 2 X Y    F = Z^2 + d T^2    G = Y^2 + X^2    H = Z^2 - d T^2
//! ```
//!
//! Then `2 P = (E H : F G : F H : E G)`. The equation of the curve gives `H^2 - G^2 = (a - d) E^2`, so that `u1 = Z^2 -
//! Y^2` of the RFC is `(a - d) E^2 F^2`. With `I = 1 / (E F G H)`, its inverse square root is `INVSQRT_A_MINUS_D * I /
//! (E F)`, up to a sign that the last absolute value removes. The remaining steps of the RFC are
//!
//! | rotated? (`E G / F H` is odd) | `x / z` | encoding |
//! |---|---|---|
//! | no | `E / F` | the absolute value of `INVSQRT_A_MINUS_D (H - sign G) / E` |
//! | yes | `SQRT_M1 G / H` | the absolute value of `(F - sign SQRT_M1 E) / G` |
//!
//! where `sign` is -1 if `x / z` is odd, else 1. `F H` is never zero. `E G` is zero only if `2 P` encodes as the
//! identity; then the inverse of 0 is defined as 0, which makes the encoding 0, as it must be.

use zeroize::{Zeroize, Zeroizing};

use super::{
    arithmetic::{Field, Lanes, Wide},
    codec,
    constants::{D, INVSQRT_A_MINUS_D, ONE, SQRT_M1, ZERO},
    inverse_sqrt::invert,
    point::{Extended, PointIn},
};
use crate::oprf::group::Encoded;

/// Writes the encodings of the doubles of `points` to `rows`, with one inversion for all.
#[inline(always)]
pub(super) fn encode_doubles<L: Lanes>(lanes: L, points: &[PointIn<L>], rows: &mut [Encoded]) {
    let mut doubles = Zeroizing::new(Vec::with_capacity(points.len()));
    for point in points {
        doubles.push(Double::of(point));
    }
    let mut inverses: Zeroizing<Vec<L::Field>> = Zeroizing::new(doubles.iter().map(|double| double.efgh).collect());
    invert_all(lanes, &mut inverses);
    for ((double, inverse), rows) in doubles.iter().zip(inverses.iter()).zip(rows.chunks_mut(L::COUNT)) {
        codec::write(&double.encode(inverse), rows);
    }
}

/// A double, as its four factors and their products.
#[derive(Zeroize)]
struct Double<F> {
    e: F,
    f: F,
    g: F,
    h: F,
    eg: F,
    fh: F,
    efgh: F,
}

impl<F: Field> Double<F> {
    #[inline(always)]
    fn of(point: &Extended<F>) -> Self {
        let (xx, yy, zz) = (point.x.square(), point.y.square(), point.z.square());
        let dtt = point.t.squared().times(&F::constant(point.t.lanes(), &D));
        let xy = point.x.times(&point.y);
        let e = xy.plus(&xy).carry();
        let g = yy.plus(&xx).carry();
        let (f, h) = (zz.plus(&dtt).carry(), zz.minus(&dtt).carry());
        let (eg, fh) = (e.multiply(&g), f.multiply(&h));
        Self { e, f, g, h, eg, fh, efgh: eg.multiply(&fh) }
    }

    /// The encoding, from `1 / (E F G H)`.
    #[inline(always)]
    fn encode(&self, inverse: &F) -> F {
        let lanes = inverse.lanes();
        let i = F::constant(lanes, &SQRT_M1);
        let (inverse_fh, inverse_eg) = (self.eg.multiply(inverse), self.fh.multiply(inverse));
        let rotated = self.eg.multiply(&inverse_fh).is_negative();
        let unrotated_x = self.e.multiply(&self.h);
        let rotated_x = self.f.multiply(&self.g).multiply(&i);
        let x = F::select(rotated, &rotated_x, &unrotated_x).multiply(&inverse_fh);
        let minuend = F::select(rotated, &self.f, &self.h);
        let subtrahend = F::select(rotated, &self.e.multiply(&i), &self.g).negate_where(x.is_negative());
        let magic = F::select(rotated, &F::constant(lanes, &ONE), &F::constant(lanes, &INVSQRT_A_MINUS_D));
        let cofactor = F::select(rotated, &self.e, &self.g).multiply(&magic);
        minuend.subtract(&subtrahend).multiply(&cofactor).multiply(&inverse_eg).abs()
    }
}

/// Replaces every element by its inverse, and 0 by 0.
#[inline(always)]
fn invert_all<F: Field>(lanes: F::Lanes, elements: &mut [F]) {
    let (zero, one) = (F::constant(lanes, &ZERO), F::constant(lanes, &ONE));
    let mut zeros: Vec<F::Mask> = Vec::with_capacity(elements.len());
    let mut before = Zeroizing::new(Vec::with_capacity(elements.len()));
    let mut product = one;
    for element in elements.iter_mut() {
        let is_zero = element.is_zero();
        *element = F::select(is_zero, &one, element);
        zeros.push(is_zero);
        before.push(product);
        product = product.multiply(element);
    }
    let mut inverse = invert(&product);
    for ((element, before), is_zero) in elements.iter_mut().zip(before.iter()).zip(&zeros).rev() {
        let own = inverse.multiply(before);
        inverse = inverse.multiply(element);
        *element = F::select(*is_zero, &zero, &own);
    }
}
