//! Eight numbers of 64 bits: the instructions that the field is made of.
//!
//! A [`Vector`] is made with an [`Avx512`] at hand, the proof that the machine has the instructions, and so is a proof
//! itself: whoever holds one may use them. The methods are inlined without fail, because only inside a function compiled
//! for these instructions do they become single ones.

use std::{
    arch::x86_64::{
        __m512i, __mmask8, _mm_cvtsi64_si128, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask,
        _mm512_cvtepu8_epi64, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mask_mov_epi64, _mm512_mullo_epi64,
        _mm512_or_si512, _mm512_set1_epi64, _mm512_srli_epi64, _mm512_sub_epi64,
    },
    ops::{Add, BitAnd, BitOr, Not, Sub},
};

use zeroize::Zeroize;

use super::{super::arithmetic::Mask, Avx512};

const LANES: usize = 8;

/// One truth value a lane.
#[derive(Clone, Copy)]
pub(in super::super) struct Truth(pub(super) __mmask8);

/// Eight numbers of 64 bits.
#[derive(Clone, Copy, Zeroize)]
pub(in super::super) struct Vector(__m512i);

impl Vector {
    /// The numbers given.
    #[inline(always)]
    pub(super) fn new(_: Avx512, lanes: [u64; LANES]) -> Self {
        // SAFETY: both are 64 bytes of plain integers, and every bit pattern is valid for either.
        Self(unsafe { std::mem::transmute::<[u64; LANES], __m512i>(lanes) })
    }

    /// The same number in every lane.
    #[inline(always)]
    pub(super) fn splat(_: Avx512, value: u64) -> Self {
        // SAFETY: the proof is at hand.
        Self(unsafe { _mm512_set1_epi64(value.cast_signed()) })
    }

    /// Bytes, widened.
    #[inline(always)]
    pub(super) fn widen(_: Avx512, bytes: [u8; LANES]) -> Self {
        // SAFETY: the proof is at hand.
        Self(unsafe { _mm512_cvtepu8_epi64(_mm_cvtsi64_si128(i64::from_le_bytes(bytes))) })
    }

    /// The proof that this vector is.
    #[inline(always)]
    #[expect(clippy::unused_self, reason = "that there is a vector is what counts")]
    pub(super) fn proof(self) -> Avx512 {
        Avx512(())
    }

    /// The numbers.
    #[inline(always)]
    pub(super) fn lanes(self) -> [u64; LANES] {
        // SAFETY: as in `new`.
        unsafe { std::mem::transmute::<__m512i, [u64; LANES]>(self.0) }
    }

    /// `self` plus the low 52 bits of the product of the low 52 bits of `x` and of `y`.
    #[inline(always)]
    pub(super) fn add_low(self, x: Self, y: Self) -> Self {
        // SAFETY: a vector exists only where the instructions do; so in all that follows.
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

    /// Shifted right by `BITS`.
    #[inline(always)]
    pub(super) fn shift_right<const BITS: u32>(self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }

    /// `yes` in the lanes of `mask`, `self` in the others.
    #[inline(always)]
    pub(super) fn replace_where(self, mask: Truth, yes: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mask_mov_epi64(self.0, mask.0, yes.0) })
    }

    /// The lanes where the two are equal.
    #[inline(always)]
    pub(super) fn equals(self, other: Self) -> Truth {
        // SAFETY: as above.
        Truth(unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) })
    }
}

impl Add for Vector {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a vector exists only where the instructions do.
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }
}

impl Sub for Vector {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: a vector exists only where the instructions do.
        Self(unsafe { _mm512_sub_epi64(self.0, other.0) })
    }
}

impl BitAnd for Vector {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        // SAFETY: a vector exists only where the instructions do.
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }
}

impl BitOr for Vector {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        // SAFETY: a vector exists only where the instructions do.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
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
