//! Four numbers of 64 bits, with the instructions that the field uses.

use std::{
    arch::asm,
    arch::x86_64::{
        __m256i, _mm_cvtsi32_si128, _mm256_add_epi64, _mm256_and_si256, _mm256_blendv_epi8, _mm256_castsi256_pd,
        _mm256_cmpeq_epi64, _mm256_cvtepu8_epi64, _mm256_movemask_pd, _mm256_or_si256, _mm256_set1_epi64x,
        _mm256_slli_epi64, _mm256_srli_epi64, _mm256_sub_epi64, _mm256_xor_si256,
    },
    ops::{BitAnd, BitOr, Not},
};

use super::{
    super::{
        arithmetic::Mask,
        vector::{Vector as _, vector},
    },
    Avx2,
};

/// One truth value per lane: all bits set, or none.
#[derive(Clone, Copy)]
pub(in super::super) struct Truth(Vector);

vector! {
    __m256i, Avx2, 4, _mm256_set1_epi64x,
    {
        Add::add => _mm256_add_epi64, Sub::sub => _mm256_sub_epi64,
        BitAnd::bitand => _mm256_and_si256, BitOr::bitor => _mm256_or_si256
    }

    #[inline(always)]
    fn equals(self, other: Self) -> Truth {
        // SAFETY: a vector exists only if the machine has the instructions.
        Truth(Self(unsafe { _mm256_cmpeq_epi64(self.0, other.0) }))
    }

    #[inline(always)]
    fn replace_where(self, mask: Truth, yes: Self) -> Self {
        // SAFETY: a vector exists only if the machine has the instructions.
        Self(unsafe { _mm256_blendv_epi8(self.0, yes.0, mask.0.0) })
    }
}

impl Vector {
    /// Four bytes, each widened to a number.
    #[inline(always)]
    pub(super) fn widen(_: Avx2, bytes: [u8; 4]) -> Self {
        // SAFETY: a value of `Avx2` exists only if the machine has the instructions.
        Self(unsafe { _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(i32::from_le_bytes(bytes))) })
    }

    /// The product of the low 32 bits of both.
    #[inline(always)]
    pub(super) fn multiply(self, other: Self) -> Self {
        // SAFETY: a vector exists only if the machine has the instructions. The same holds for the methods below.
        Self(unsafe { multiply(self.0, other.0) })
    }

    /// `self` plus the product of the low 32 bits of `one` and `other`.
    #[inline(always)]
    pub(super) fn plus_product(self, one: Self, other: &Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { plus_product(self.0, one.0, &raw const other.0) })
    }

    /// The numbers shifted left by `BITS`.
    #[inline(always)]
    pub(super) fn shift_left<const BITS: i32>(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_slli_epi64::<BITS>(self.0) })
    }

    /// The numbers shifted right by `BITS`.
    #[inline(always)]
    pub(super) fn shift_right<const BITS: i32>(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_srli_epi64::<BITS>(self.0) })
    }
}

// `vpmuludq` is written as assembly because the compiler treats the intrinsic as a product of 64 bits with masks. Where
// it can prove that the masks are not needed, it removes them and then needs three multiplications. It also does not
// keep the sums in registers and the factors in memory; the assembly enforces this, and keeps the order of the two
// instructions.

#[inline]
#[target_feature(enable = "avx2")]
fn multiply(one: __m256i, other: __m256i) -> __m256i {
    let product: __m256i;
    // SAFETY: this is one instruction, which only uses registers.
    unsafe {
        asm!(
            "vpmuludq {product}, {one}, {other}",
            product = lateout(ymm_reg) product, one = in(ymm_reg) one, other = in(ymm_reg) other,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    product
}

/// `sum` plus the product of the low 32 bits of `one` and `other`.
///
/// # Safety
/// `other` must be valid for reads.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn plus_product(mut sum: __m256i, one: __m256i, other: *const __m256i) -> __m256i {
    // SAFETY: these are two instructions. The first reads `other`, which the caller guarantees to be valid.
    unsafe {
        asm!(
            "vpmuludq {product}, {one}, ymmword ptr [{other}]",
            "vpaddq {sum}, {sum}, {product}",
            product = out(ymm_reg) _, sum = inout(ymm_reg) sum, one = in(ymm_reg) one, other = in(reg) other,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    sum
}

impl Mask for Truth {
    #[inline(always)]
    fn bits(self) -> u8 {
        // SAFETY: a `Truth` contains a vector.
        let bits = unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(self.0.0)) };
        bits.to_le_bytes()[0]
    }
}

impl BitAnd for Truth {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Truth {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Truth {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        let all = Vector::splat(self.0.proof(), u64::MAX);
        // SAFETY: a `Truth` contains a vector.
        Self(Vector(unsafe { _mm256_xor_si256(self.0.0, all.0) }))
    }
}
