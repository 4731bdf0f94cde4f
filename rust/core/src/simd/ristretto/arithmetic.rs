//! The arithmetic modulo p = 2^255 - 19 in lanes that the formulas of the curve need. Each instruction set implements
//! it.
//!
//! All formulas are written once, over these traits. They must be inlined into the functions that [`super::dispatch`]
//! compiles for each instruction set, because only there do their operations become single instructions.

use std::ops::{BitAnd, BitOr, Not};

use zeroize::Zeroize;

use super::constants::{Constant, ZERO};

/// The largest number of lanes of any instruction set.
pub(super) const MOST_LANES: usize = 8;

/// The evidence that this machine has an instruction set: a value exists only if it was detected.
pub(super) trait Lanes: Copy {
    /// The number of lanes.
    const COUNT: usize;
    type Field: Field<Lanes = Self> + 'static;

    /// The lanes in which `values`, one per lane, equals `value`.
    fn equal(self, values: [u8; MOST_LANES], value: u8) -> MaskOf<Self>;
}

/// The truth values of these lanes.
pub(super) type MaskOf<L> = <<L as Lanes>::Field as Field>::Mask;

/// One truth value per lane.
pub(super) trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// The truth values, lane 0 in the lowest bit; no bit is set above the last lane.
    fn bits(self) -> u8;
}

/// One field element per lane, with limbs small enough to be multiplied.
pub(super) trait Field: Copy + Zeroize {
    type Lanes: Lanes<Field = Self>;
    type Mask: Mask;
    type Wide: Wide<Field = Self>;

    /// The evidence of the instruction set, which every element contains.
    fn lanes(&self) -> Self::Lanes;

    /// `value` in every lane.
    fn constant(lanes: Self::Lanes, value: &Constant) -> Self;

    /// Elements from their limbs of radix 2^51, lane by lane. The last limb may have 52 bits if [`Field::canonical`] is
    /// the next operation.
    fn from_limbs(lanes: Self::Lanes, limbs: impl FnMut(usize) -> Constant) -> Self;

    /// The limbs of radix 2^51 of canonical elements, lane by lane.
    fn limbs(&self) -> [Constant; MOST_LANES];

    fn times(&self, other: &Self) -> Self::Wide;
    fn square(&self) -> Self::Wide;
    fn plus(&self, other: &Self) -> Self::Wide;
    fn minus(&self, other: &Self) -> Self::Wide;

    /// The same elements, with the limbs of their smallest nonnegative representatives.
    fn canonical(&self) -> Self;

    /// Whether the two have the same limbs.
    fn is_identical(&self, other: &Self) -> Self::Mask;

    fn is_zero(&self) -> Self::Mask;

    /// `IS_NEGATIVE` of RFC 9496 section 4.1: whether the canonical value is odd.
    fn is_negative(&self) -> Self::Mask;

    /// `yes` in the lanes of `mask`, `no` in the others.
    fn select(mask: Self::Mask, yes: &Self, no: &Self) -> Self;

    /// The elements rotated down by `distance` lanes; the lowest move to the top.
    fn rotate(&self, distance: usize) -> Self;

    #[inline(always)]
    fn multiply(&self, other: &Self) -> Self {
        self.times(other).carry()
    }

    #[inline(always)]
    fn squared(&self) -> Self {
        self.square().carry()
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.plus(other).carry()
    }

    #[inline(always)]
    fn subtract(&self, other: &Self) -> Self {
        self.minus(other).carry()
    }

    #[inline(always)]
    fn negate(&self) -> Self {
        Self::constant(self.lanes(), &ZERO).subtract(self)
    }

    #[inline(always)]
    fn equals(&self, other: &Self) -> Self::Mask {
        self.subtract(other).is_zero()
    }

    /// The negatives in the lanes of `mask`, the elements themselves in the others.
    #[inline(always)]
    fn negate_where(&self, mask: Self::Mask) -> Self {
        Self::select(mask, &self.negate(), self)
    }

    /// `CT_ABS` of RFC 9496 section 4.1.
    #[inline(always)]
    fn abs(&self) -> Self {
        self.negate_where(self.is_negative())
    }
}

/// Products, sums and differences before their carry. Products are below 2^59 in every column; each operation says
/// which columns it accepts.
pub(super) trait Wide: Copy {
    type Field: Field<Wide = Self>;

    fn plus(&self, other: &Self) -> Self;

    /// The difference, for `self` below 2^61 and `other` below 2^60.
    fn minus(&self, other: &Self) -> Self;

    /// For columns below 2^63.
    fn carry(&self) -> Self::Field;
}
