//! Eight numbers of 64 bits, with the instructions that the field uses.

use std::{
    arch::x86_64::{
        __m512i, __mmask8, _mm_cvtsi64_si128, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask,
        _mm512_cvtepu8_epi64, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_mullo_epi64,
        _mm512_or_si512, _mm512_set1_epi64, _mm512_srli_epi64, _mm512_sub_epi64,
    },
    ops::{BitAnd, BitOr, Not},
};

use super::{
    super::{arithmetic::Mask, vector::vector},
    Avx512,
};

/// One truth value per lane.
#[derive(Clone, Copy)]
pub(in super::super) struct Truth(pub(super) __mmask8);

vector! {
    __m512i, Avx512, 8, _mm512_set1_epi64,
    {
        Add::add => _mm512_add_epi64, Sub::sub => _mm512_sub_epi64,
        BitAnd::bitand => _mm512_and_si512, BitOr::bitor => _mm512_or_si512
    }

    #[inline(always)]
    fn equals(self, other: Self) -> Truth {
        // SAFETY: a vector exists only if the machine has the instructions.
        Truth(unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) })
    }

    #[inline(always)]
    fn replace_where(self, mask: Truth, yes: Self) -> Self {
        // SAFETY: a vector exists only if the machine has the instructions.
        Self(unsafe { _mm512_mask_mov_epi64(self.0, mask.0, yes.0) })
    }
}

impl Vector {
    /// Eight bytes, each widened to a number.
    #[inline(always)]
    pub(super) fn widen(_: Avx512, bytes: [u8; 8]) -> Self {
        // SAFETY: a value of `Avx512` exists only if the machine has the instructions.
        Self(unsafe { _mm512_cvtepu8_epi64(_mm_cvtsi64_si128(i64::from_le_bytes(bytes))) })
    }

    /// `self` plus the low 52 bits of the product of the low 52 bits of `x` and of `y`.
    #[inline(always)]
    pub(super) fn add_low(self, x: Self, y: Self) -> Self {
        // SAFETY: a vector exists only if the machine has the instructions. The same holds for the methods below.
        Self(unsafe { _mm512_madd52lo_epu64(self.0, x.0, y.0) })
    }

    /// `self` plus bits 52 to 103 of the product of the low 52 bits of `x` and of `y`.
    #[inline(always)]
    pub(super) fn add_high(self, x: Self, y: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_madd52hi_epu64(self.0, x.0, y.0) })
    }

    /// The low 64 bits of the product.
    #[inline(always)]
    pub(super) fn multiply(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mullo_epi64(self.0, other.0) })
    }

    /// The numbers shifted right by `BITS`.
    #[inline(always)]
    pub(super) fn shift_right<const BITS: u32>(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }
}

impl Mask for Truth {
    #[inline(always)]
    fn bits(self) -> u8 {
        self.0
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
        Self(!self.0)
    }
}
