//! The map from uniform bytes to ristretto255 (RFC 9496 section 4.3.4), eight inputs at once.

use super::{
    Kernel, LANES,
    bytes::{self, Uniform},
    constants::{D, D_MINUS_ONE_SQ, MINUS_ONE, ONE, ONE_MINUS_D_SQ, SQRT_AD_MINUS_ONE, SQRT_M1},
    field::Field,
    point::Extended,
    root::sqrt_ratio,
    vector::Mask,
};

/// Element derivation from 64 uniform bytes a lane: the sum of the maps of both halves.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn derive(kernel: Kernel, uniform: &[&Uniform; LANES]) -> Extended {
    let [first, second] = bytes::read_halves(kernel, uniform);
    let maps = [Map::new(&first), Map::new(&second)];
    let (square, roots) = sqrt_ratio(&[maps[0].u, maps[1].u], &[maps[0].v, maps[1].v]);
    let [p, q] = [0, 1].map(|i| maps[i].point(square[i], &roots[i]));
    p.add(&q.cached()).extended()
}

/// `MAP` of RFC 9496 section 4.3.4 up to its square root, by the RFC's names.
struct Map {
    t: Field,
    r: Field,
    u: Field,
    v: Field,
}

impl Map {
    #[inline(always)]
    fn new(t: &Field) -> Self {
        let kernel = t.kernel();
        let (one, d) = (Field::constant(kernel, &ONE), Field::constant(kernel, &D));
        let r = t.squared().multiply(&Field::constant(kernel, &SQRT_M1));
        let u = r.add(&one).multiply(&Field::constant(kernel, &ONE_MINUS_D_SQ));
        let v = Field::constant(kernel, &MINUS_ONE).subtract(&r.multiply(&d)).multiply(&r.add(&d));
        Self { t: *t, r, u, v }
    }

    /// The rest of `MAP`, from whether `u / v` is square and the root.
    #[inline(always)]
    fn point(&self, square: Mask, root: &Field) -> Extended {
        let kernel = root.kernel();
        let one = Field::constant(kernel, &ONE);
        let other_root = root.multiply(&self.t).abs().negate();
        let s = Field::select(square, root, &other_root);
        let c = Field::select(square, &Field::constant(kernel, &MINUS_ONE), &self.r);
        let r_less_one = self.r.subtract(&one);
        let n = c.multiply(&r_less_one).multiply(&Field::constant(kernel, &D_MINUS_ONE_SQ)).subtract(&self.v);
        let w0 = s.add(&s).multiply(&self.v);
        let w1 = n.multiply(&Field::constant(kernel, &SQRT_AD_MINUS_ONE));
        let ss = s.squared();
        let (w2, w3) = (one.subtract(&ss), one.add(&ss));
        Extended { x: w0.multiply(&w3), y: w2.multiply(&w1), z: w1.multiply(&w3), t: w0.multiply(&w2) }
    }
}
