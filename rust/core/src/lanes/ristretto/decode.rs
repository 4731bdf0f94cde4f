//! Decoding of ristretto255 elements (RFC 9496 section 4.3.1), eight at once.

use super::{
    Kernel, LANES, bytes,
    constants::{D, ONE},
    field::Field,
    point::Extended,
    root::inverse_sqrt,
    vector::Mask,
};
use crate::group::Encoded;

/// The points of `N` batches, and which lanes hold one: the others hold nothing of meaning.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn decode<const N: usize>(kernel: Kernel, batches: &[[&Encoded; LANES]; N]) -> ([Extended; N], [Mask; N]) {
    let (mut points, mut valid) = ([Extended::identity(kernel); N], [0; N]);
    let (mut curves, mut s) = ([Curve::new(&Field::constant(kernel, &ONE)); N], [Field::constant(kernel, &ONE); N]);
    let mut v = s;
    for i in 0..N {
        (s[i], valid[i]) = bytes::read_canonical(kernel, &batches[i]);
        valid[i] &= !s[i].is_negative();
        curves[i] = Curve::new(&s[i]);
        v[i] = curves[i].v.multiply(&curves[i].u2_squared);
    }
    let (square, roots) = inverse_sqrt(&v);
    for i in 0..N {
        let (point, sound) = curves[i].point(&s[i], &roots[i]);
        points[i] = point;
        valid[i] &= square[i] & sound;
    }
    (points, valid)
}

/// What an encoding gives before its square root, by the RFC's names.
#[derive(Clone, Copy)]
struct Curve {
    u1: Field,
    u2: Field,
    u2_squared: Field,
    v: Field,
}

impl Curve {
    #[inline(always)]
    fn new(s: &Field) -> Self {
        let kernel = s.kernel();
        let one = Field::constant(kernel, &ONE);
        let ss = s.squared();
        let (u1, u2) = (one.subtract(&ss), one.add(&ss));
        let u2_squared = u2.squared();
        let v = u1.squared().multiply(&Field::constant(kernel, &D)).negate().subtract(&u2_squared);
        Self { u1, u2, u2_squared, v }
    }

    /// The point, and where neither `t` is negative nor `y` zero.
    #[inline(always)]
    fn point(&self, s: &Field, inverse_root: &Field) -> (Extended, Mask) {
        let den_x = inverse_root.multiply(&self.u2);
        let den_y = inverse_root.multiply(&den_x).multiply(&self.v);
        let x = s.add(s).multiply(&den_x).abs();
        let y = self.u1.multiply(&den_y);
        let t = x.multiply(&y);
        let sound = !(t.is_negative() | y.is_zero());
        (Extended { x, y, z: Field::constant(s.kernel(), &ONE), t }, sound)
    }
}
