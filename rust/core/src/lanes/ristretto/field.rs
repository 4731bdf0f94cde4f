//! Arithmetic modulo p = 2^255 - 19 in eight lanes at once.
//!
//! # Representation
//!
//! An element is five limbs in radix 2^51, limb i of weight 2^(51 i); each limb is one vector with a lane an element.
//! The multiplier of AVX-512 IFMA takes the low 52 bits of two factors and adds the low or the high 52 bits of their
//! product to a 64-bit accumulator, so a factor's limbs must stay below 2^52. Radix 2^51 leaves one bit above the
//! limb, which is what lets a single parallel carry be enough, and 2^255 is a whole number of limbs, so that the fold
//! modulo p is a multiplication by 19. Radix 2^52 would align the high halves (saving nine additions a product) but
//! has no bit to spare: every sum would need a carry that runs through all limbs.
//!
//! Two types keep the bounds apart, and no value passes from one to the other but by [`Wide::carry`]:
//!
//! | type | invariant | made by |
//! |---|---|---|
//! | [`Field`] | limb 0 below 2^51 + 2^18, the others below 2^51 + 2^13: well under 2^52 | `carry`, constants, bytes |
//! | [`Wide`] | five columns of radix 2^51, any value a 64-bit lane holds | products, sums and differences |
//!
//! Products of [`Field`]s are [`Wide`] with columns below 2^59; how sums and differences grow is
//! said at each operation, and debug builds check it. Nothing here branches on or indexes by a value.

use zeroize::Zeroize;

use super::{
    Kernel,
    constants::{Constant, ZERO},
    vector::{Mask, Vector},
};

/// Limbs of an element.
pub(super) const LIMBS: usize = 5;
/// Bits of a limb's weight.
const RADIX: u32 = 51;
/// The largest value of a canonical limb.
pub(super) const LIMB_MASK: u64 = (1 << RADIX) - 1;
/// 2^255 modulo p.
const FOLD: u64 = 19;

/// Eight field elements with limbs ready to be multiplied.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Field(pub(super) [Vector; LIMBS]);

/// Eight field elements as columns that await their carry.
#[derive(Clone, Copy)]
pub(super) struct Wide([Vector; LIMBS]);

#[inline(always)]
fn add_limbs(mut x: [Vector; LIMBS], y: &[Vector; LIMBS]) -> [Vector; LIMBS] {
    for (x, y) in x.iter_mut().zip(y) {
        *x = *x + *y;
    }
    x
}

/// `x + multiple * p - y`, limb by limb; `multiple` times a limb of p must be no less than any limb of `y`.
#[inline(always)]
fn subtract_limbs(x: &[Vector; LIMBS], y: &[Vector; LIMBS], multiple: u64) -> [Vector; LIMBS] {
    let bias = |limb_of_p| Vector::splat(x[0].kernel(), multiple * limb_of_p);
    let mut difference = *x;
    for i in 0..LIMBS {
        let bias = bias(if i == 0 { LIMB_MASK + 1 - FOLD } else { LIMB_MASK });
        debug_assert!(no_less(x[i] + bias, y[i]) && no_less(x[i] + bias, bias), "a difference must not wrap");
        difference[i] = x[i] + bias - y[i];
    }
    difference
}

/// Whether every lane of `x` is no less than that of `y`.
fn no_less(x: Vector, y: Vector) -> bool {
    x.lanes().iter().zip(y.lanes()).all(|(x, y)| *x >= y)
}

/// Products, sums and differences.
impl Field {
    /// The product. Each column sums at most five low and ten half high halves, and 19 times as much from above:
    /// column 0, the largest, is below 125 * 2^52 < 2^59.
    #[inline(always)]
    pub(super) fn times(&self, other: &Self) -> Wide {
        let (x, y) = (&self.0, &other.0);
        let mut columns = [Vector::splat(self.kernel(), 0); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j + 1] = columns[i + j + 1].add_high(x[i], y[j]);
            }
        }
        double_columns(&mut columns);
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] = columns[i + j].add_low(x[i], y[j]);
            }
        }
        fold(&columns)
    }

    /// The square, with the bounds of [`Field::times`]. Products of two different limbs are taken once and doubled.
    #[inline(always)]
    pub(super) fn square(&self) -> Wide {
        let x = &self.0;
        let mut columns = [Vector::splat(self.kernel(), 0); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                columns[i + j + 1] = columns[i + j + 1].add_high(x[i], x[j]);
            }
        }
        double_columns(&mut columns);
        for i in 0..LIMBS {
            columns[2 * i + 1] = columns[2 * i + 1].add_high(x[i], x[i]);
            for j in i + 1..LIMBS {
                columns[i + j] = columns[i + j].add_low(x[i], x[j]);
            }
        }
        double_columns(&mut columns);
        for i in 0..LIMBS {
            columns[2 * i] = columns[2 * i].add_low(x[i], x[i]);
        }
        fold(&columns)
    }

    /// The sum: columns below 2^53.
    #[inline(always)]
    pub(super) fn plus(&self, other: &Self) -> Wide {
        Wide(add_limbs(self.0, &other.0))
    }

    /// The difference, with 4p added: columns below 2^54.
    #[inline(always)]
    pub(super) fn minus(&self, other: &Self) -> Wide {
        Wide(subtract_limbs(&self.0, &other.0, 4))
    }
}

/// High halves are of weight 2^52, one bit above the next limb: their columns are doubled.
#[inline(always)]
fn double_columns(columns: &mut [Vector; 2 * LIMBS]) {
    for column in columns {
        *column = *column + *column;
    }
}

/// Adds the upper five columns, 19-fold, to the lower five.
#[inline(always)]
fn fold(columns: &[Vector; 2 * LIMBS]) -> Wide {
    let nineteen = Vector::splat(columns[0].kernel(), FOLD);
    let mut folded = [columns[0]; LIMBS];
    for i in 0..LIMBS {
        folded[i] = columns[i] + columns[i + LIMBS].multiply(nineteen);
    }
    Wide(folded)
}

impl Wide {
    /// The sum; the caller keeps columns below 2^64 (all of ours stay below 2^62).
    #[inline(always)]
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self(add_limbs(self.0, &other.0))
    }

    /// The difference, with 2^10 p added: for `self` below 2^61 and `other` below 2^60, columns below 2^62.
    #[inline(always)]
    pub(super) fn minus(&self, other: &Self) -> Self {
        Self(subtract_limbs(&self.0, &other.0, 1 << 10))
    }

    /// One parallel carry: each limb keeps 51 bits and takes what the limb below had above them, which from a 64-bit
    /// column is below 2^13; limb 0 takes 19 times what the last limb had, below 2^18. That is the bound of [`Field`].
    #[inline(always)]
    pub(super) fn carry(&self) -> Field {
        let kernel = self.0[0].kernel();
        let (mask, nineteen) = (Vector::splat(kernel, LIMB_MASK), Vector::splat(kernel, FOLD));
        let carry = |i: usize| self.0[i].shift_right::<RADIX>();
        let kept = |i: usize| self.0[i] & mask;
        let first = kept(0).add_low(carry(LIMBS - 1), nineteen);
        Field([first, kept(1) + carry(0), kept(2) + carry(1), kept(3) + carry(2), kept(4) + carry(3)])
    }
}

/// Short forms that carry at once.
impl Field {
    #[inline(always)]
    pub(super) fn multiply(&self, other: &Self) -> Self {
        self.times(other).carry()
    }

    #[inline(always)]
    pub(super) fn squared(&self) -> Self {
        self.square().carry()
    }

    #[inline(always)]
    pub(super) fn add(&self, other: &Self) -> Self {
        self.plus(other).carry()
    }

    #[inline(always)]
    pub(super) fn subtract(&self, other: &Self) -> Self {
        self.minus(other).carry()
    }

    #[inline(always)]
    pub(super) fn negate(&self) -> Self {
        Self::constant(self.kernel(), &ZERO).subtract(self)
    }
}

/// Choices and canonical values.
impl Field {
    /// `value` in every lane.
    #[inline(always)]
    pub(super) fn constant(kernel: Kernel, value: &Constant) -> Self {
        Self(value.map(|limb| Vector::splat(kernel, limb)))
    }

    /// The proof that the machine has the instructions.
    #[inline(always)]
    pub(super) fn kernel(&self) -> Kernel {
        self.0[0].kernel()
    }

    /// The elements moved down by `distance` lanes, the lowest to the top.
    #[inline(always)]
    pub(super) fn rotate(&self, distance: usize) -> Self {
        Self(self.0.map(|limb| {
            let mut lanes = limb.lanes();
            lanes.rotate_left(distance);
            Vector::new(limb.kernel(), lanes)
        }))
    }

    /// `yes` in the lanes of `mask`, `no` in the others.
    #[inline(always)]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        let mut limbs = no.0;
        for (limb, yes) in limbs.iter_mut().zip(&yes.0) {
            *limb = limb.replace_where(mask, *yes);
        }
        Self(limbs)
    }

    /// The same elements with the smallest limbs that stand for them: each value below p, each limb below 2^51.
    ///
    /// A carry through all limbs leaves a value below 2^255 + 19, hence below 2p. It is p or more exactly if 19 more
    /// reach 2^255; then 19 are added and bit 255 falls away.
    #[inline(always)]
    pub(super) fn canonical(&self) -> Self {
        let nineteen = Vector::splat(self.kernel(), FOLD);
        let mut limbs = self.0;
        let above = ripple(&mut limbs);
        limbs[0] = limbs[0].add_low(above, nineteen);
        let mut raised = limbs;
        raised[0] = raised[0] + nineteen;
        let exceeds = ripple(&mut raised);
        limbs[0] = limbs[0].add_low(exceeds, nineteen);
        ripple(&mut limbs);
        Self(limbs)
    }

    #[inline(always)]
    pub(super) fn is_zero(&self) -> Mask {
        let [a, b, c, d, e] = self.canonical().0;
        (a | b | c | d | e).equals(Vector::splat(self.kernel(), 0))
    }

    #[inline(always)]
    pub(super) fn equals(&self, other: &Self) -> Mask {
        self.subtract(other).is_zero()
    }

    /// `IS_NEGATIVE` of RFC 9496 section 4.1: whether the canonical value is odd.
    #[inline(always)]
    pub(super) fn is_negative(&self) -> Mask {
        let one = Vector::splat(self.kernel(), 1);
        (self.canonical().0[0] & one).equals(one)
    }

    /// The negatives in the lanes of `mask`.
    #[inline(always)]
    pub(super) fn negate_where(&self, mask: Mask) -> Self {
        Self::select(mask, &self.negate(), self)
    }

    /// `CT_ABS` of RFC 9496 section 4.1.
    #[inline(always)]
    pub(super) fn abs(&self) -> Self {
        self.negate_where(self.is_negative())
    }
}

/// Carries from limb to limb, all the way; what the last one had above its 51 bits is returned.
#[inline(always)]
fn ripple(limbs: &mut [Vector; LIMBS]) -> Vector {
    let kernel = limbs[0].kernel();
    let (mut carry, mask) = (Vector::splat(kernel, 0), Vector::splat(kernel, LIMB_MASK));
    for limb in limbs {
        let sum = *limb + carry;
        carry = sum.shift_right::<RADIX>();
        *limb = sum & mask;
    }
    carry
}

#[cfg(test)]
impl Wide {
    /// Columns as given, one array of lanes each.
    pub(super) fn from_columns(kernel: Kernel, columns: &[[u64; super::LANES]; LIMBS]) -> Self {
        Self(columns.map(|column| Vector::new(kernel, column)))
    }
}
