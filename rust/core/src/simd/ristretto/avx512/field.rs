//! Arithmetic modulo p = 2^255 - 19 in eight lanes at once.
//!
//! # Representation
//!
//! An element is five limbs in radix 2^51, limb i of weight 2^(51 i). Each limb is one vector with one lane per
//! element. The multiplier of AVX-512 IFMA takes the low 52 bits of two factors and adds the low or the high 52 bits of
//! their product to a 64-bit accumulator, so the limbs of a factor must be below 2^52. Radix 2^51 leaves one bit above
//! the limb, so that a single parallel carry is enough, and 2^255 is a whole number of limbs, so that the fold modulo p
//! is a multiplication by 19. Radix 2^52 would align the high halves (saving nine additions per product) but leaves no
//! spare bit: every sum would need a carry through all limbs.
//!
//! Two types have different bounds, and only a carry turns columns into limbs:
//!
//! | type | invariant | made by |
//! |---|---|---|
//! | [`Field`] | limb 0 below 2^51 + 2^18, the others below 2^51 + 2^13: well under 2^52 | `carry`, constants, bytes |
//! | [`Wide`] | five columns of radix 2^51, any value of a 64-bit lane | products, sums and differences |
//!
//! Products of [`Field`]s are [`Wide`] with columns below 2^59. Each operation says how much sums and differences grow,
//! and debug builds check it. No branch and no index here depends on a value.

use zeroize::Zeroize;

use super::{
    super::{
        arithmetic::{self, MOST_LANES},
        constants::{Constant, FOLD, LIMB_MASK, LIMBS, RADIX},
        limbs,
        vector::Vector as _,
    },
    Avx512, Truth, Vector,
};

/// Eight field elements, with limbs small enough to be multiplied.
#[derive(Clone, Copy, Zeroize)]
pub(in super::super) struct Field([Vector; LIMBS]);

/// Eight field elements, as columns before their carry.
#[derive(Clone, Copy)]
pub(in super::super) struct Wide([Vector; LIMBS]);

/// The limbs of p.
const P: [u64; LIMBS] = [LIMB_MASK + 1 - FOLD, LIMB_MASK, LIMB_MASK, LIMB_MASK, LIMB_MASK];

impl Field {
    /// The evidence that the machine has the instructions.
    #[inline(always)]
    fn proof(&self) -> Avx512 {
        self.0[0].proof()
    }
}

impl arithmetic::Field for Field {
    type Lanes = Avx512;
    type Mask = Truth;
    type Wide = Wide;

    #[inline(always)]
    fn lanes(&self) -> Avx512 {
        self.proof()
    }

    #[inline(always)]
    fn constant(lanes: Avx512, value: &Constant) -> Self {
        let mut limbs = [Vector::splat(lanes, 0); LIMBS];
        for (limb, value) in limbs.iter_mut().zip(value) {
            *limb = Vector::splat(lanes, *value);
        }
        Self(limbs)
    }

    #[inline(always)]
    fn from_limbs(lanes: Avx512, number: impl FnMut(usize) -> Constant) -> Self {
        let numbers: [Constant; MOST_LANES] = std::array::from_fn(number);
        let mut limbs = [Vector::splat(lanes, 0); LIMBS];
        for (i, limb) in limbs.iter_mut().enumerate() {
            *limb = Vector::new(lanes, numbers.map(|number| number[i]));
        }
        Self(limbs)
    }

    #[inline(always)]
    fn limbs(&self) -> [Constant; MOST_LANES] {
        let limbs = self.0.map(Vector::numbers);
        std::array::from_fn(|lane| std::array::from_fn(|i| limbs[i][lane]))
    }

    /// The product. Each column is the sum of at most five low halves and twice five high halves, plus 19 times as much
    /// from the upper columns: column 0, the largest, is below 125 * 2^52 < 2^59.
    #[inline(always)]
    fn times(&self, other: &Self) -> Wide {
        let (x, y) = (&self.0, &other.0);
        let mut columns = [Vector::splat(self.proof(), 0); 2 * LIMBS];
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

    /// The square, with the bounds of the product. Products of two different limbs are taken once and doubled.
    #[inline(always)]
    fn square(&self) -> Wide {
        let x = &self.0;
        let mut columns = [Vector::splat(self.proof(), 0); 2 * LIMBS];
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
    fn plus(&self, other: &Self) -> Wide {
        Wide(limbs::add(self.0, &other.0))
    }

    /// The difference, with 4p added: columns below 2^54.
    #[inline(always)]
    fn minus(&self, other: &Self) -> Wide {
        Wide(limbs::subtract(&self.0, &other.0, &P, 4))
    }

    /// A carry through all limbs leaves a value below 2^255 + 19, hence below 2p. The value is p or more exactly if the
    /// value plus 19 reaches 2^255; in this case 19 is added and bit 255 is dropped.
    #[inline(always)]
    fn canonical(&self) -> Self {
        let nineteen = Vector::splat(self.proof(), FOLD);
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
    fn is_identical(&self, other: &Self) -> Truth {
        limbs::are_identical(&self.0, &other.0)
    }

    #[inline(always)]
    fn is_zero(&self) -> Truth {
        limbs::are_zero(&self.canonical().0)
    }

    #[inline(always)]
    fn is_negative(&self) -> Truth {
        limbs::is_odd(&self.canonical().0)
    }

    #[inline(always)]
    fn select(mask: Truth, yes: &Self, no: &Self) -> Self {
        Self(limbs::select(mask, &yes.0, &no.0))
    }

    #[inline(always)]
    fn rotate(&self, distance: usize) -> Self {
        Self(limbs::rotate(&self.0, distance))
    }
}

/// Doubles all columns: high halves have weight 2^52, one bit above the next limb. A square also uses it for the
/// products that it takes once instead of twice.
#[inline(always)]
fn double_columns(columns: &mut [Vector; 2 * LIMBS]) {
    for column in columns {
        *column = *column + *column;
    }
}

/// Adds the upper five columns, 19-fold, to the lower five.
#[inline(always)]
fn fold(columns: &[Vector; 2 * LIMBS]) -> Wide {
    let nineteen = Vector::splat(columns[0].proof(), FOLD);
    let mut folded = [columns[0]; LIMBS];
    for i in 0..LIMBS {
        folded[i] = columns[i] + columns[i + LIMBS].multiply(nineteen);
    }
    Wide(folded)
}

impl arithmetic::Wide for Wide {
    type Field = Field;

    #[inline(always)]
    fn plus(&self, other: &Self) -> Self {
        Self(limbs::add(self.0, &other.0))
    }

    /// The difference, with 2^10 p added: columns below 2^62.
    #[inline(always)]
    fn minus(&self, other: &Self) -> Self {
        Self(limbs::subtract(&self.0, &other.0, &P, 1 << 10))
    }

    /// One parallel carry. Each limb keeps 51 bits and receives the carry of the limb below, which is below 2^13 for a
    /// 64-bit column. Limb 0 receives 19 times the carry of the last limb, below 2^18. This is the bound of [`Field`].
    #[inline(always)]
    fn carry(&self) -> Field {
        let lanes = self.0[0].proof();
        let (mask, nineteen) = (Vector::splat(lanes, LIMB_MASK), Vector::splat(lanes, FOLD));
        let carry = |i: usize| self.0[i].shift_right::<RADIX>();
        let kept = |i: usize| self.0[i] & mask;
        let first = kept(0).add_low(carry(LIMBS - 1), nineteen);
        Field([first, kept(1) + carry(0), kept(2) + carry(1), kept(3) + carry(2), kept(4) + carry(3)])
    }
}

/// Carries from the first limb to the last, each keeping 51 bits. Returns the carry of the last limb.
#[inline(always)]
fn ripple(limbs: &mut [Vector; LIMBS]) -> Vector {
    let lanes = limbs[0].proof();
    let (mut carry, mask) = (Vector::splat(lanes, 0), Vector::splat(lanes, LIMB_MASK));
    for limb in limbs {
        let sum = *limb + carry;
        carry = sum.shift_right::<RADIX>();
        *limb = sum & mask;
    }
    carry
}

#[cfg(test)]
mod raw {
    use super::{Avx512, Field, LIMBS, Vector, Wide};
    use crate::simd::ristretto::{
        tests::integers::{Raw, Row},
        vector::Vector as _,
    };

    impl Raw for Field {
        const EXPONENTS: &'static [u32] = &[0, 51, 102, 153, 204];
        const LIMITS: &'static [u64] = &[
            (1 << 51) + (1 << 18),
            (1 << 51) + (1 << 13),
            (1 << 51) + (1 << 13),
            (1 << 51) + (1 << 13),
            (1 << 51) + (1 << 13),
        ];
        const WIDEST: u64 = u64::MAX;

        fn from_raw(lanes: Avx512, limbs: &[Row]) -> Self {
            Self(std::array::from_fn::<_, LIMBS, _>(|i| Vector::new(lanes, limbs[i])))
        }

        fn raw(&self) -> Vec<Row> {
            self.0.map(Vector::numbers).to_vec()
        }

        fn wide(lanes: Avx512, columns: &[Row]) -> Wide {
            Wide(Self::from_raw(lanes, columns).0)
        }
    }
}
