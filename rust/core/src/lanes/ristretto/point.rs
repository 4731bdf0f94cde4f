//! Points of edwards25519 (`-x^2 + y^2 = 1 + d x^2 y^2`), eight at once, and the two operations on them.
//!
//! The formulas are Hisil, Wong, Carter and Dawson, "Twisted Edwards curves revisited" (2008), sections 3.1 and 3.3 with
//! `a = -1`. They are complete: they hold for every pair of points, equal, opposite or the identity, so that nothing is
//! ever to be told apart. Sums and differences are formed of columns that have not carried yet, so that a
//! doubling takes five carries beside those of its three products instead of ten.

use zeroize::Zeroize;

use super::{
    Kernel,
    constants::{ONE, TWICE_D, TWO, ZERO},
    field::Field,
    vector::Mask,
};

/// `x = X / Z`, `y = Y / Z`.
#[derive(Clone, Copy)]
pub(super) struct Projective {
    pub(super) x: Field,
    pub(super) y: Field,
    pub(super) z: Field,
}

/// [`Projective`], and `T = X Y / Z`.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Extended {
    pub(super) x: Field,
    pub(super) y: Field,
    pub(super) z: Field,
    pub(super) t: Field,
}

/// What both operations give: `x = E / G`, `y = H / F`.
#[derive(Clone, Copy)]
pub(super) struct Completed {
    e: Field,
    f: Field,
    g: Field,
    h: Field,
}

/// What an addition wants of its second point: `Y + X`, `Y - X`, `2 d T`, `2 Z`.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Cached {
    pub(super) sum: Field,
    pub(super) difference: Field,
    pub(super) t: Field,
    pub(super) z: Field,
}

impl Completed {
    /// Three multiplications.
    #[inline(always)]
    pub(super) fn projective(&self) -> Projective {
        let Self { e, f, g, h } = self;
        Projective { x: e.multiply(f), y: g.multiply(h), z: f.multiply(g) }
    }

    /// Four multiplications.
    #[inline(always)]
    pub(super) fn extended(&self) -> Extended {
        let Projective { x, y, z } = self.projective();
        Extended { x, y, z, t: self.e.multiply(&self.h) }
    }
}

impl Projective {
    /// The double: four squarings. All four results have the opposite sign of the paper's, which no product shows.
    ///
    /// Columns: the squares are below 2^59; H below 2^60, E, G and F below 2^62.
    #[inline(always)]
    pub(super) fn double(&self) -> Completed {
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

impl Extended {
    #[inline(always)]
    pub(super) fn identity(kernel: Kernel) -> Self {
        let (zero, one) = (Field::constant(kernel, &ZERO), Field::constant(kernel, &ONE));
        Self { x: zero, y: one, z: one, t: zero }
    }

    /// The sum: four multiplications. Columns: the products are below 2^59, the sums below 2^60, the differences
    /// below 2^62.
    #[inline(always)]
    pub(super) fn add(&self, other: &Cached) -> Completed {
        let a = self.y.subtract(&self.x).times(&other.difference);
        let b = self.y.add(&self.x).times(&other.sum);
        let c = self.t.times(&other.t);
        let d = self.z.times(&other.z);
        let (e, h) = (b.minus(&a), b.plus(&a));
        let (f, g) = (d.minus(&c), d.plus(&c));
        Completed { e: e.carry(), f: f.carry(), g: g.carry(), h: h.carry() }
    }

    /// One multiplication.
    #[inline(always)]
    pub(super) fn cached(&self) -> Cached {
        Cached {
            sum: self.y.add(&self.x),
            difference: self.y.subtract(&self.x),
            t: self.t.multiply(&Field::constant(self.t.kernel(), &TWICE_D)),
            z: self.z.add(&self.z),
        }
    }

    #[inline(always)]
    pub(super) fn projective(&self) -> Projective {
        Projective { x: self.x, y: self.y, z: self.z }
    }

    /// The sum of all eight points, in every lane: each half is added to the other, then each quarter, each eighth.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn sum_lanes(&self) -> Self {
        let mut sum = *self;
        for distance in [4, 2, 1] {
            let Self { x, y, z, t } = sum;
            let [x, y, z, t] = [x, y, z, t].map(|field| field.rotate(distance));
            sum = sum.add(&Self { x, y, z, t }.cached()).extended();
        }
        sum
    }

    /// Whether the point is the identity of ristretto255: in the coset of four torsion, where `x = 0` or `y = 0`
    /// (RFC 9496 section 4.3.3 compares with `(0, 1)`).
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn is_identity(&self) -> Mask {
        self.x.is_zero() | self.y.is_zero()
    }
}

impl Cached {
    #[inline(always)]
    pub(super) fn identity(kernel: Kernel) -> Self {
        let one = Field::constant(kernel, &ONE);
        Self { sum: one, difference: one, t: Field::constant(kernel, &ZERO), z: Field::constant(kernel, &TWO) }
    }

    /// `yes` in the lanes of `mask`, `no` in the others.
    #[inline(always)]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        Self {
            sum: Field::select(mask, &yes.sum, &no.sum),
            difference: Field::select(mask, &yes.difference, &no.difference),
            t: Field::select(mask, &yes.t, &no.t),
            z: Field::select(mask, &yes.z, &no.z),
        }
    }

    /// The opposite points in the lanes of `mask`.
    #[inline(always)]
    pub(super) fn negate_where(&self, mask: Mask) -> Self {
        Self {
            sum: Field::select(mask, &self.difference, &self.sum),
            difference: Field::select(mask, &self.sum, &self.difference),
            t: self.t.negate_where(mask),
            z: self.z,
        }
    }
}
