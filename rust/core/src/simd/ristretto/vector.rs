//! What vectors of numbers have in common, whatever the instructions.
//!
//! A vector is made with the proof of its instructions at hand, and so is a proof itself: whoever holds one may use them. The
//! methods are inlined without fail, because only inside a function compiled for these instructions do they become
//! single ones.

use std::ops::{Add, BitAnd, BitOr, Sub};

/// A number of 64 bits a lane.
pub(super) trait Vector:
    Copy + Add<Output = Self> + Sub<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self>
{
    /// The proof of the instructions.
    type Lanes: Copy;
    type Mask: Copy + BitAnd<Output = Self::Mask>;
    type Numbers: AsRef<[u64]> + AsMut<[u64]>;

    fn new(lanes: Self::Lanes, numbers: Self::Numbers) -> Self;

    /// The same number in every lane.
    fn splat(lanes: Self::Lanes, value: u64) -> Self;

    /// The proof that this vector is.
    fn proof(self) -> Self::Lanes;

    fn numbers(self) -> Self::Numbers;

    /// The lanes where the two are equal.
    fn equals(self, other: Self) -> Self::Mask;

    /// `yes` in the lanes of `mask`, `self` in the others.
    fn replace_where(self, mask: Self::Mask, yes: Self) -> Self;
}

/// Makes the type `Vector` of `$count` numbers in a `$register`, its operators of single instructions, and the common methods
/// but for those of `$methods`, which have to do with its `Truth`.
macro_rules! vector {
    (
        $register:ty, $lanes:ident, $count:literal, $splat:ident,
        { $($operator:ident::$name:ident => $instruction:ident),* }
        $($methods:item)*
    ) => {
        #[derive(Clone, Copy, zeroize::Zeroize)]
        pub(in $crate::simd::ristretto) struct Vector($register);

        impl $crate::simd::ristretto::vector::Vector for Vector {
            type Lanes = $lanes;
            type Mask = Truth;
            type Numbers = [u64; $count];

            #[inline(always)]
            fn new(_: $lanes, numbers: [u64; $count]) -> Self {
                // SAFETY: both are plain integers of one size, and every bit pattern is valid for either.
                Self(unsafe { std::mem::transmute::<[u64; $count], $register>(numbers) })
            }

            #[inline(always)]
            fn splat(_: $lanes, value: u64) -> Self {
                // SAFETY: the proof is at hand.
                Self(unsafe { $splat(value.cast_signed()) })
            }

            #[inline(always)]
            fn proof(self) -> $lanes {
                $lanes(())
            }

            #[inline(always)]
            fn numbers(self) -> [u64; $count] {
                // SAFETY: as in `new`.
                unsafe { std::mem::transmute::<$register, [u64; $count]>(self.0) }
            }

            $($methods)*
        }

        $(impl std::ops::$operator for Vector {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                // SAFETY: a vector exists only where the instructions do.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        })*
    };
}
pub(super) use vector;
