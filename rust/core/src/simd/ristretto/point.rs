//! Points of edwards25519 (`-x^2 + y^2 = 1 + d x^2 y^2`), one per lane, with doubling and addition.
//!
//! The formulas are from Hisil, Wong, Carter and Dawson, "Twisted Edwards curves revisited" (2008), sections 3.1 and
//! 3.3 with `a = -1`. They are complete: they hold for every pair of points, equal, opposite or the identity, so that
//! no case needs a branch. Sums and differences are computed on columns before their carry, so that a doubling takes
//! five carries in addition to those of its three products, instead of ten.

use zeroize::Zeroize;

use super::{
    arithmetic::{Field, Lanes, Wide},
    constants::{ONE, TWICE_D, TWO, ZERO},
};

/// `x = X / Z`, `y = Y / Z`.
#[derive(Clone, Copy)]
pub(super) struct Projective<F> {
    pub(super) x: F,
    pub(super) y: F,
    pub(super) z: F,
}

/// [`Projective`], and `T = X Y / Z`.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Extended<F> {
    pub(super) x: F,
    pub(super) y: F,
    pub(super) z: F,
    pub(super) t: F,
}

/// Points in these lanes.
pub(super) type PointIn<L> = Extended<<L as Lanes>::Field>;

/// The result of both operations: `x = E / G`, `y = H / F`.
#[derive(Clone, Copy)]
pub(super) struct Completed<F> {
    e: F,
    f: F,
    g: F,
    h: F,
}

/// The second point of an addition: `Y + X`, `Y - X`, `2 d T`, `2 Z`.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Cached<F> {
    pub(super) sum: F,
    pub(super) difference: F,
    pub(super) t: F,
    pub(super) z: F,
}

impl<F: Field> Completed<F> {
    /// Takes three multiplications.
    #[inline(always)]
    pub(super) fn projective(&self) -> Projective<F> {
        let Self { e, f, g, h } = self;
        Projective { x: e.multiply(f), y: g.multiply(h), z: f.multiply(g) }
    }

    /// Takes four multiplications.
    #[inline(always)]
    pub(super) fn extended(&self) -> Extended<F> {
        let Projective { x, y, z } = self.projective();
        Extended { x, y, z, t: self.e.multiply(&self.h) }
    }
}

impl<F: Field> Projective<F> {
    /// The double: four squarings. All four results have the opposite sign to those of the paper, which cancels in
    /// every product.
    ///
    /// Columns: the squares are below 2^59; H below 2^60, E, G and F below 2^62.
    #[inline(always)]
    pub(super) fn double(&self) -> Completed<F> {
        let xx = self.x.square();
        let yy = self.y.square();
        let zz = self.z.square();
        let h = xx.plus(&yy);
        let g = xx.minus(&yy);
        let e = h.minus(&self.x.add(&self.y).square());
        let f = zz.plus(&zz).plus(&g);
        Completed { e: e.carry(), f: f.carry(), g: g.carry(), h: h.carry() }
    }
}

impl<F: Field> Extended<F> {
    #[inline(always)]
    pub(super) fn identity(lanes: F::Lanes) -> Self {
        let (zero, one) = (F::constant(lanes, &ZERO), F::constant(lanes, &ONE));
        Self { x: zero, y: one, z: one, t: zero }
    }

    /// The sum: four multiplications. Columns: the products are below 2^59, the sums below 2^60, the differences
    /// below 2^62.
    #[inline(always)]
    pub(super) fn add(&self, other: &Cached<F>) -> Completed<F> {
        let a = self.y.subtract(&self.x).times(&other.difference);
        let b = self.y.add(&self.x).times(&other.sum);
        let c = self.t.times(&other.t);
        let d = self.z.times(&other.z);
        let (e, h) = (b.minus(&a), b.plus(&a));
        let (f, g) = (d.minus(&c), d.plus(&c));
        Completed { e: e.carry(), f: f.carry(), g: g.carry(), h: h.carry() }
    }

    /// Takes one multiplication.
    #[inline(always)]
    pub(super) fn cached(&self) -> Cached<F> {
        Cached {
            sum: self.y.add(&self.x),
            difference: self.y.subtract(&self.x),
            t: self.t.multiply(&F::constant(self.t.lanes(), &TWICE_D)),
            z: self.z.add(&self.z),
        }
    }

    #[inline(always)]
    pub(super) fn projective(&self) -> Projective<F> {
        Projective { x: self.x, y: self.y, z: self.z }
    }

    /// The point doubled `times` times; `times` must be at least 1.
    #[inline(always)]
    pub(super) fn doubled(&self, times: usize) -> Self {
        let mut base = self.projective();
        for _ in 1..times {
            base = base.double().projective();
        }
        base.double().extended()
    }

    /// The sum of the points of all lanes, in every lane: each half is added to the other half, then each quarter to
    /// the next quarter, and so on.
    #[inline(always)]
    pub(super) fn sum_lanes(&self) -> Self {
        let mut sum = *self;
        let mut distance = F::Lanes::COUNT;
        while distance > 1 {
            distance /= 2;
            let (x, y) = (sum.x.rotate(distance), sum.y.rotate(distance));
            let (z, t) = (sum.z.rotate(distance), sum.t.rotate(distance));
            sum = sum.add(&Self { x, y, z, t }.cached()).extended();
        }
        sum
    }

    /// Whether the point is the identity of ristretto255: whether it is in the four-torsion, where `x = 0` or `y = 0`
    /// (RFC 9496 section 4.3.3 compares with `(0, 1)`).
    #[inline(always)]
    pub(super) fn is_identity(&self) -> F::Mask {
        self.x.is_zero() | self.y.is_zero()
    }
}

impl<F: Field> Cached<F> {
    #[inline(always)]
    pub(super) fn identity(lanes: F::Lanes) -> Self {
        let one = F::constant(lanes, &ONE);
        Self { sum: one, difference: one, t: F::constant(lanes, &ZERO), z: F::constant(lanes, &TWO) }
    }

    /// The negatives in the lanes of `mask`, the points themselves in the others.
    #[inline(always)]
    pub(super) fn negate_where(&self, mask: F::Mask) -> Self {
        Self {
            sum: F::select(mask, &self.difference, &self.sum),
            difference: F::select(mask, &self.sum, &self.difference),
            t: self.t.negate_where(mask),
            z: self.z,
        }
    }
}
