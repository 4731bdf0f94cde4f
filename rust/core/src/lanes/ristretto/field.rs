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

use std::arch::x86_64::{
    __m512i, __mmask8, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpge_epu64_mask, _mm512_madd52hi_epu64,
    _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_mullo_epi64, _mm512_or_si512, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_srli_epi64, _mm512_sub_epi64, _mm512_test_epi64_mask, _mm512_testn_epi64_mask,
};

use zeroize::Zeroize;

use super::constants::{Constant, ZERO};

/// Limbs of an element.
pub(super) const LIMBS: usize = 5;
/// Bits of a limb's weight.
pub(super) const RADIX: u32 = 51;
/// The largest value of a canonical limb.
pub(super) const LIMB_MASK: u64 = (1 << RADIX) - 1;
/// 2^255 modulo p.
const FOLD: u64 = 19;

/// Eight field elements with limbs ready to be multiplied.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Field(pub(super) [__m512i; LIMBS]);

/// Eight field elements as columns that await their carry.
#[derive(Clone, Copy)]
pub(super) struct Wide([__m512i; LIMBS]);

/// One truth value a lane, lane 0 in the lowest bit.
pub(super) type Mask = __mmask8;

/// `value` in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn splat(value: u64) -> __m512i {
    _mm512_set1_epi64(value.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn add_limbs(mut x: [__m512i; LIMBS], y: &[__m512i; LIMBS]) -> [__m512i; LIMBS] {
    for (x, y) in x.iter_mut().zip(y) {
        *x = _mm512_add_epi64(*x, *y);
    }
    x
}

/// `x + multiple * p - y`, limb by limb; `multiple` times a limb of p must be no less than any limb of `y`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn subtract_limbs(x: [__m512i; LIMBS], y: &[__m512i; LIMBS], multiple: u64) -> [__m512i; LIMBS] {
    let mut bias = [splat(multiple * LIMB_MASK); LIMBS];
    bias[0] = splat(multiple * (LIMB_MASK + 1 - FOLD));
    let mut difference = add_limbs(x, &bias);
    for i in 0..LIMBS {
        debug_assert!(all_at_least(difference[i], y[i]), "a difference must not wrap");
        difference[i] = _mm512_sub_epi64(difference[i], y[i]);
    }
    difference
}

/// Whether every lane of `x` is no less than that of `y`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn all_at_least(x: __m512i, y: __m512i) -> bool {
    _mm512_cmpge_epu64_mask(x, y) == Mask::MAX
}

/// Products, sums and differences of elements.
impl Field {
    /// The product. Each column sums at most five low and ten half high halves, and 19 times as much from above:
    /// column 0, the largest, is below 125 * 2^52 < 2^59.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn times(&self, other: &Self) -> Wide {
        let (x, y) = (&self.0, &other.0);
        let mut columns = [_mm512_setzero_si512(); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], x[i], y[j]);
            }
        }
        double_columns(&mut columns);
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], x[i], y[j]);
            }
        }
        fold(&columns)
    }

    /// The square, with the bounds of [`Field::times`]. Products of two different limbs are taken once and doubled.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn square(&self) -> Wide {
        let x = &self.0;
        let mut columns = [_mm512_setzero_si512(); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], x[i], x[j]);
            }
        }
        double_columns(&mut columns);
        for i in 0..LIMBS {
            columns[2 * i + 1] = _mm512_madd52hi_epu64(columns[2 * i + 1], x[i], x[i]);
            for j in i + 1..LIMBS {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], x[i], x[j]);
            }
        }
        double_columns(&mut columns);
        for i in 0..LIMBS {
            columns[2 * i] = _mm512_madd52lo_epu64(columns[2 * i], x[i], x[i]);
        }
        fold(&columns)
    }

    /// The sum: columns below 2^53.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Wide {
        Wide(add_limbs(self.0, &other.0))
    }

    /// The difference, with 4p added: columns below 2^54.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Wide {
        Wide(subtract_limbs(self.0, &other.0, 4))
    }
}

/// Short forms that carry at once.
impl Field {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn multiply(&self, other: &Self) -> Self {
        self.times(other).carry()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn squared(&self) -> Self {
        self.square().carry()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn add(&self, other: &Self) -> Self {
        self.plus(other).carry()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn subtract(&self, other: &Self) -> Self {
        self.minus(other).carry()
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn negate(&self) -> Self {
        Self::constant(&ZERO).subtract(self)
    }
}

/// High halves are of weight 2^52, one bit above the next limb: their columns are doubled.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn double_columns(columns: &mut [__m512i; 2 * LIMBS]) {
    for column in columns {
        *column = _mm512_add_epi64(*column, *column);
    }
}

/// Adds the upper five columns, 19-fold, to the lower five.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn fold(columns: &[__m512i; 2 * LIMBS]) -> Wide {
    let mut folded = [columns[0]; LIMBS];
    for i in 0..LIMBS {
        let above = _mm512_mullo_epi64(columns[i + LIMBS], splat(FOLD));
        folded[i] = _mm512_add_epi64(columns[i], above);
    }
    Wide(folded)
}

impl Wide {
    /// The sum; the caller keeps columns below 2^64 (all of ours stay below 2^62).
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self(add_limbs(self.0, &other.0))
    }

    /// The difference, with 2^10 p added: for `self` below 2^61 and `other` below 2^60, columns below 2^62.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        Self(subtract_limbs(self.0, &other.0, 1 << 10))
    }

    /// One parallel carry: each limb keeps 51 bits and takes what the limb below had above them, which from a 64-bit
    /// column is below 2^13; limb 0 takes 19 times what the last limb had, below 2^18. That is the bound of [`Field`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn carry(&self) -> Field {
        let mut limbs = self.0;
        let mut carries = self.0;
        for i in 0..LIMBS {
            carries[i] = _mm512_srli_epi64::<RADIX>(self.0[i]);
            limbs[i] = _mm512_and_si512(self.0[i], splat(LIMB_MASK));
        }
        limbs[0] = _mm512_madd52lo_epu64(limbs[0], carries[LIMBS - 1], splat(FOLD));
        for i in 1..LIMBS {
            limbs[i] = _mm512_add_epi64(limbs[i], carries[i - 1]);
        }
        Field(limbs)
    }
}

/// Choices and canonical values.
impl Field {
    /// `value` in every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn constant(value: &Constant) -> Self {
        let mut limbs = [_mm512_setzero_si512(); LIMBS];
        for (limb, value) in limbs.iter_mut().zip(value) {
            *limb = splat(*value);
        }
        Self(limbs)
    }

    /// `yes` in the lanes of `mask`, `no` in the others.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn select(mask: Mask, yes: &Self, no: &Self) -> Self {
        let mut limbs = no.0;
        for (limb, yes) in limbs.iter_mut().zip(&yes.0) {
            *limb = _mm512_mask_mov_epi64(*limb, mask, *yes);
        }
        Self(limbs)
    }

    /// The same elements with the smallest limbs that stand for them: each value below p, each limb below 2^51.
    ///
    /// A carry through all limbs leaves a value below 2^255 + 19, hence below 2p. It is p or more exactly if 19 more
    /// reach 2^255; then 19 are added and bit 255 falls away.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn canonical(&self) -> Self {
        let mut limbs = self.0;
        let top = ripple(&mut limbs);
        limbs[0] = _mm512_madd52lo_epu64(limbs[0], top, splat(FOLD));
        let mut reduced = limbs;
        reduced[0] = _mm512_add_epi64(reduced[0], splat(FOLD));
        let exceeds = ripple(&mut reduced);
        limbs[0] = _mm512_madd52lo_epu64(limbs[0], exceeds, splat(FOLD));
        ripple(&mut limbs);
        Self(limbs)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn is_zero(&self) -> Mask {
        let [a, b, c, d, e] = self.canonical().0;
        let (ab, cd) = (_mm512_or_si512(a, b), _mm512_or_si512(c, d));
        let any = _mm512_or_si512(_mm512_or_si512(ab, cd), e);
        _mm512_testn_epi64_mask(any, any)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn equals(&self, other: &Self) -> Mask {
        self.subtract(other).is_zero()
    }

    /// `IS_NEGATIVE` of RFC 9496 section 4.1: whether the canonical value is odd.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn is_negative(&self) -> Mask {
        _mm512_test_epi64_mask(self.canonical().0[0], splat(1))
    }

    /// The negatives in the lanes of `mask`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn negate_where(&self, mask: Mask) -> Self {
        Self::select(mask, &self.negate(), self)
    }

    /// `CT_ABS` of RFC 9496 section 4.1.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn abs(&self) -> Self {
        self.negate_where(self.is_negative())
    }
}

/// Carries from limb to limb, all the way; what the last one had above its 51 bits is returned.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn ripple(limbs: &mut [__m512i; LIMBS]) -> __m512i {
    let mut carry = _mm512_setzero_si512();
    for limb in limbs {
        let sum = _mm512_add_epi64(*limb, carry);
        carry = _mm512_srli_epi64::<RADIX>(sum);
        *limb = _mm512_and_si512(sum, splat(LIMB_MASK));
    }
    carry
}
