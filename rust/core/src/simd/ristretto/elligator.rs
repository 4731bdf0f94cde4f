//! The map from uniform bytes to ristretto255 (RFC 9496 section 4.3.4), one input per lane.

use super::{
    arithmetic::{Field, Lanes},
    codec::{self, Uniform},
    constants::{D, D_MINUS_ONE_SQ, MINUS_ONE, ONE, ONE_MINUS_D_SQ, SQRT_AD_MINUS_ONE, SQRT_M1},
    inverse_sqrt::sqrt_ratio,
    point::{Extended, PointIn},
};

/// Element derivation from 64 uniform bytes per lane: the sum of the maps of both halves.
#[inline(always)]
pub(super) fn derive<L: Lanes>(lanes: L, uniform: &[Uniform]) -> PointIn<L> {
    let [first, second] = codec::read_halves(lanes, uniform);
    let maps = [Map::new(&first), Map::new(&second)];
    let (square, roots) = sqrt_ratio(&[maps[0].u, maps[1].u], &[maps[0].v, maps[1].v]);
    let (p, q) = (maps[0].point(square[0], &roots[0]), maps[1].point(square[1], &roots[1]));
    p.add(&q.cached()).extended()
}

/// `MAP` of RFC 9496 section 4.3.4 up to its square root, with the names of the RFC.
struct Map<F> {
    t: F,
    r: F,
    u: F,
    v: F,
}

impl<F: Field> Map<F> {
    #[inline(always)]
    fn new(t: &F) -> Self {
        let lanes = t.lanes();
        let (one, d) = (F::constant(lanes, &ONE), F::constant(lanes, &D));
        let r = t.squared().multiply(&F::constant(lanes, &SQRT_M1));
        let u = r.add(&one).multiply(&F::constant(lanes, &ONE_MINUS_D_SQ));
        let v = F::constant(lanes, &MINUS_ONE).subtract(&r.multiply(&d)).multiply(&r.add(&d));
        Self { t: *t, r, u, v }
    }

    /// The rest of `MAP`, given the lanes in which `u / v` is square, and the root.
    #[inline(always)]
    fn point(&self, square: F::Mask, root: &F) -> Extended<F> {
        let lanes = root.lanes();
        let one = F::constant(lanes, &ONE);
        let other_root = root.multiply(&self.t).abs().negate();
        let s = F::select(square, root, &other_root);
        let c = F::select(square, &F::constant(lanes, &MINUS_ONE), &self.r);
        let r_less_one = self.r.subtract(&one);
        let n = c.multiply(&r_less_one).multiply(&F::constant(lanes, &D_MINUS_ONE_SQ)).subtract(&self.v);
        let w0 = s.add(&s).multiply(&self.v);
        let w1 = n.multiply(&F::constant(lanes, &SQRT_AD_MINUS_ONE));
        let ss = s.squared();
        let (w2, w3) = (one.subtract(&ss), one.add(&ss));
        Extended { x: w0.multiply(&w3), y: w2.multiply(&w1), z: w1.multiply(&w3), t: w0.multiply(&w2) }
    }
}
