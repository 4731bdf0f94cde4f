//! ristretto255 (RFC 9496) with a point in each lane of a vector: eight lanes on AVX-512 IFMA, four on AVX2.
//!
//! The same instructions work on all lanes, and they are the same for all points and scalars: no branch and no address
//! depends on them, except on whether an encoding is valid, which is public.
//!
//! The formulas are written once, over the traits of [`arithmetic`], which each instruction set implements. All of this
//! is safe code, except the single instructions and [`dispatch`].

#![allow(clippy::inline_always, reason = "single instructions must become part of the functions compiled for them")]
#![allow(
    clippy::many_single_char_names,
    clippy::similar_names,
    reason = "names are those of the RFC and of the formulas"
)]

mod arithmetic;
mod avx2;
mod avx512;
mod batch;
mod codec;
mod comb;
mod constants;
mod decode;
mod dispatch;
mod elligator;
mod encode;
mod inverse_sqrt;
mod kernel;
mod limbs;
mod multiply;
mod point;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use self::{
    batch::Flaw,
    kernel::{Combs, Kernel, Points},
};
