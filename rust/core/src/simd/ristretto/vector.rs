//! What vectors of numbers have in common for all instruction sets.
//!
//! A vector can be made only with the evidence that the machine has its instructions, so a vector is such evidence too.
//! The methods must be inlined, because only inside a function compiled for these instructions do they become single
//! instructions.

use std::ops::{Add, BitAnd, BitOr, Sub};

/// One number of 64 bits per lane.
pub(super) trait Vector:
    Copy + Add<Output = Self> + Sub<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self>
{
    /// The evidence that the machine has the instructions.
    type Lanes: Copy;
    type Mask: Copy + BitAnd<Output = Self::Mask>;
    type Numbers: AsRef<[u64]> + AsMut<[u64]>;

    fn new(lanes: Self::Lanes, numbers: Self::Numbers) -> Self;

    /// The same number in every lane.
    fn splat(lanes: Self::Lanes, value: u64) -> Self;

    /// The evidence that follows from this vector.
    fn proof(self) -> Self::Lanes;

    fn numbers(self) -> Self::Numbers;

    /// The lanes in which the two are equal.
    fn equals(self, other: Self) -> Self::Mask;

    /// `yes` in the lanes of `mask`, `self` in the others.
    fn replace_where(self, mask: Self::Mask, yes: Self) -> Self;
}

/// Defines the type `Vector` of `$count` numbers in a `$register`, its operators, each a single instruction, and the
/// common methods. `$methods` are the methods that depend on its type `Truth`.
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
                // SAFETY: both are plain integers of the same size, and every bit pattern is valid for both.
                Self(unsafe { std::mem::transmute::<[u64; $count], $register>(numbers) })
            }

            #[inline(always)]
            fn splat(_: $lanes, value: u64) -> Self {
                // SAFETY: the argument of type `$lanes` exists only if the machine has the instructions.
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
                // SAFETY: a vector exists only if the machine has the instructions.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        })*
    };
}
pub(super) use vector;
