//! Decoding of ristretto255 elements (RFC 9496 section 4.3.1), one per lane.

use super::{
    arithmetic::{Field, Lanes, MaskOf},
    codec,
    constants::{D, ONE},
    inverse_sqrt::inverse_sqrt,
    point::{Extended, PointIn},
};
use crate::oprf::group::Encoded;

/// The points of `N` batches, and the lanes that contain a valid point. The other lanes have no meaning.
#[inline(always)]
pub(super) fn decode<L: Lanes, const N: usize>(
    lanes: L,
    batches: &[&[Encoded]; N],
) -> ([PointIn<L>; N], [MaskOf<L>; N]) {
    let mut read = [codec::read_canonical(lanes, batches[0]); N];
    let mut curves = [Curve::new(&read[0].0); N];
    for i in 1..N {
        read[i] = codec::read_canonical(lanes, batches[i]);
        curves[i] = Curve::new(&read[i].0);
    }
    let mut v = [curves[0].v; N];
    for (v, curve) in v.iter_mut().zip(&curves) {
        *v = curve.v.multiply(&curve.u2_squared);
    }
    let (mut valid, roots) = inverse_sqrt(&v);
    let mut points = [Extended::identity(lanes); N];
    for i in 0..N {
        let (s, canonical) = read[i];
        let (point, sound) = curves[i].point(&s, &roots[i]);
        points[i] = point;
        valid[i] = valid[i] & canonical & !s.is_negative() & sound;
    }
    (points, valid)
}

/// The values of an encoding before its square root, with the names of the RFC.
#[derive(Clone, Copy)]
struct Curve<F> {
    u1: F,
    u2: F,
    u2_squared: F,
    v: F,
}

impl<F: Field> Curve<F> {
    #[inline(always)]
    fn new(s: &F) -> Self {
        let lanes = s.lanes();
        let one = F::constant(lanes, &ONE);
        let ss = s.squared();
        let (u1, u2) = (one.subtract(&ss), one.add(&ss));
        let u2_squared = u2.squared();
        let v = u1.squared().multiply(&F::constant(lanes, &D)).negate().subtract(&u2_squared);
        Self { u1, u2, u2_squared, v }
    }

    /// The point, and the lanes in which `t` is not negative and `y` is not zero.
    #[inline(always)]
    fn point(&self, s: &F, inverse_root: &F) -> (Extended<F>, F::Mask) {
        let den_x = inverse_root.multiply(&self.u2);
        let den_y = inverse_root.multiply(&den_x).multiply(&self.v);
        let x = s.add(s).multiply(&den_x).abs();
        let y = self.u1.multiply(&den_y);
        let t = x.multiply(&y);
        let sound = !(t.is_negative() | y.is_zero());
        (Extended { x, y, z: F::constant(s.lanes(), &ONE), t }, sound)
    }
}
