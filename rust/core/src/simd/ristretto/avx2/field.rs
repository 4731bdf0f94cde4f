//! Arithmetic modulo p = 2^255 - 19 in four lanes at once.
//!
//! # Representation
//!
//! An element is ten limbs of alternately 26 and 25 bits, limb i of weight 2^ceil(25.5 i). Each limb is one vector with
//! one lane per element. Two limbs are one limb of radix 2^51. The multiplier of AVX2 multiplies 32 bits of two factors
//! to a product of 64 bits, so that a limb can be multiplied by 38 and still be a factor, and ten products can be
//! summed in a lane.
//!
//! Two types have different bounds, and only a carry turns columns into limbs:
//!
//! | type | invariant | made by |
//! |---|---|---|
//! | [`Field`] | limbs of even index below 2^26, of odd index below 2^25 + 2^17 | `carry`, constants, bytes |
//! | [`Wide`] | ten columns below 2^63 | products, sums and differences |
//!
//! No branch and no index here depends on a value.

use super::{
    super::{
        arithmetic::{self, Lanes as _, MOST_LANES},
        constants::{Constant, FOLD},
        limbs,
        vector::Vector as _,
    },
    Avx2, Truth, Vector,
    product::{carried_product, carried_square, product, square},
    representation::{Field, LIMBS, Wide},
};

/// The number of bits of a limb of even index.
const EVEN: i32 = 26;
/// The number of bits of a limb of odd index.
const ODD: i32 = 25;
const EVEN_MASK: u64 = (1 << EVEN) - 1;
const ODD_MASK: u64 = (1 << ODD) - 1;

/// The limbs of p.
const P: [u64; LIMBS] = [
    EVEN_MASK + 1 - FOLD,
    ODD_MASK,
    EVEN_MASK,
    ODD_MASK,
    EVEN_MASK,
    ODD_MASK,
    EVEN_MASK,
    ODD_MASK,
    EVEN_MASK,
    ODD_MASK,
];

impl Field {
    /// The evidence that the machine has the instructions.
    #[inline(always)]
    fn proof(&self) -> Avx2 {
        self.0[0].proof()
    }
}

impl arithmetic::Field for Field {
    type Lanes = Avx2;
    type Mask = Truth;
    type Wide = Wide;

    #[inline(always)]
    fn lanes(&self) -> Avx2 {
        self.proof()
    }

    #[inline(always)]
    fn constant(lanes: Avx2, value: &Constant) -> Self {
        let mut limbs = [Vector::splat(lanes, 0); LIMBS];
        for (pair, value) in limbs.as_chunks_mut::<2>().0.iter_mut().zip(value) {
            *pair = [Vector::splat(lanes, value & EVEN_MASK), Vector::splat(lanes, value >> EVEN)];
        }
        Self(limbs)
    }

    #[inline(always)]
    fn from_limbs(lanes: Avx2, number: impl FnMut(usize) -> Constant) -> Self {
        let numbers: [Constant; Avx2::COUNT] = std::array::from_fn(number);
        let mask = Vector::splat(lanes, EVEN_MASK);
        let mut limbs = [mask; LIMBS];
        for (i, pair) in limbs.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let both = Vector::new(lanes, numbers.map(|number| number[i]));
            *pair = [both & mask, both.shift_right::<EVEN>()];
        }
        Self(limbs)
    }

    #[inline(always)]
    fn limbs(&self) -> [Constant; MOST_LANES] {
        let mut numbers = [[0; 5]; MOST_LANES];
        for (i, [even, odd]) in self.0.as_chunks::<2>().0.iter().enumerate() {
            for (number, limb) in numbers.iter_mut().zip((*even + odd.shift_left::<EVEN>()).numbers()) {
                number[i] = limb;
            }
        }
        numbers
    }

    #[inline(always)]
    fn times(&self, other: &Self) -> Wide {
        product(self, other)
    }

    #[inline(always)]
    fn square(&self) -> Wide {
        square(self)
    }

    #[inline(always)]
    fn multiply(&self, other: &Self) -> Self {
        carried_product(self, other)
    }

    #[inline(always)]
    fn squared(&self) -> Self {
        carried_square(self)
    }

    /// The sum: columns below 2^28.
    #[inline(always)]
    fn plus(&self, other: &Self) -> Wide {
        Wide(limbs::add(self.0, &other.0))
    }

    /// The difference, with 2p added: columns below 2^28.
    #[inline(always)]
    fn minus(&self, other: &Self) -> Wide {
        Wide(limbs::subtract(&self.0, &other.0, &P, 2))
    }

    /// A carry through all limbs leaves a value below 2^255 + 19, hence below 2p. The value is p or more exactly if the
    /// value plus 19 reaches 2^255; in this case 19 is added and bit 255 is dropped.
    #[inline(always)]
    fn canonical(&self) -> Self {
        let nineteen = Vector::splat(self.proof(), FOLD);
        let mut limbs = self.0;
        let above = ripple(&mut limbs);
        limbs[0] = limbs[0] + above.multiply(nineteen);
        let mut raised = limbs;
        raised[0] = raised[0] + nineteen;
        let exceeds = ripple(&mut raised);
        limbs[0] = limbs[0] + exceeds.multiply(nineteen);
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

impl arithmetic::Wide for Wide {
    type Field = Field;

    #[inline(always)]
    fn plus(&self, other: &Self) -> Self {
        Self(limbs::add(self.0, &other.0))
    }

    /// The difference, with 2^36 p added: columns below 2^63.
    #[inline(always)]
    fn minus(&self, other: &Self) -> Self {
        Self(limbs::subtract(&self.0, &other.0, &P, 1 << 36))
    }

    /// Two interleaved carries, from columns 0 and 4, each through five columns. Then 19 times the excess of column 9
    /// is added to column 0, which carries once more to column 1.
    ///
    /// The carry of a column below 2^63 is below 2^39. So column 5, into which column 4 carries a second time, ends
    /// below 2^25 + 2^14; column 0 receives less than 2^43, and column 1 ends below 2^25 + 2^17. The others end within
    /// their bits.
    #[inline(always)]
    fn carry(&self) -> Field {
        let mut limbs = self.0;
        for (one, other) in [(0, 4), (1, 5), (2, 6), (3, 7), (4, 8)] {
            carry_one(&mut limbs, one);
            carry_one(&mut limbs, other);
        }
        let above = limbs[9].shift_right::<ODD>();
        limbs[9] = limbs[9] & Vector::splat(above.proof(), ODD_MASK);
        limbs[0] = limbs[0] + above + above.shift_left::<1>() + above.shift_left::<4>();
        carry_one(&mut limbs, 0);
        Field(limbs)
    }
}

/// Carries from limb `i` to the next.
#[inline(always)]
fn carry_one(limbs: &mut [Vector; LIMBS], i: usize) {
    let (above, kept) = split(limbs[i], i);
    limbs[i] = kept;
    limbs[i + 1] = limbs[i + 1] + above;
}

/// The bits of limb `i` above its own, and its own.
#[inline(always)]
fn split(limb: Vector, i: usize) -> (Vector, Vector) {
    let mask = |mask| limb & Vector::splat(limb.proof(), mask);
    if i.is_multiple_of(2) {
        (limb.shift_right::<EVEN>(), mask(EVEN_MASK))
    } else {
        (limb.shift_right::<ODD>(), mask(ODD_MASK))
    }
}

/// Carries from the first limb to the last. Returns the carry of the last limb.
#[inline(always)]
fn ripple(limbs: &mut [Vector; LIMBS]) -> Vector {
    let mut carry = Vector::splat(limbs[0].proof(), 0);
    for (i, limb) in limbs.iter_mut().enumerate() {
        (carry, *limb) = split(*limb + carry, i);
    }
    carry
}

#[cfg(test)]
mod raw {
    use super::{Avx2, Field, LIMBS, Vector, Wide};
    use crate::simd::ristretto::{
        tests::integers::{Raw, Row},
        vector::Vector as _,
    };

    const EVEN_LIMIT: u64 = (1 << 26) - 1;
    const ODD_LIMIT: u64 = (1 << 25) + (1 << 17);

    impl Raw for Field {
        const EXPONENTS: &'static [u32] = &[0, 26, 51, 77, 102, 128, 153, 179, 204, 230];
        const LIMITS: &'static [u64] = &[
            EVEN_LIMIT, ODD_LIMIT, EVEN_LIMIT, ODD_LIMIT, EVEN_LIMIT, ODD_LIMIT, EVEN_LIMIT, ODD_LIMIT, EVEN_LIMIT,
            ODD_LIMIT,
        ];
        const WIDEST: u64 = (1 << 63) - 1;

        fn from_raw(lanes: Avx2, limbs: &[Row]) -> Self {
            let row = |i: usize| *limbs[i].first_chunk::<4>().expect("a number for each of four lanes");
            Self(std::array::from_fn::<_, LIMBS, _>(|i| Vector::new(lanes, row(i))))
        }

        fn raw(&self) -> Vec<Row> {
            let row = |limb: Vector| {
                let [a, b, c, d] = limb.numbers();
                [a, b, c, d, 0, 0, 0, 0]
            };
            self.0.map(row).to_vec()
        }

        fn wide(lanes: Avx2, columns: &[Row]) -> Wide {
            Wide(Self::from_raw(lanes, columns).0)
        }
    }
}
