//! ristretto255 (RFC 9496) with a point in each lane of a vector: eight lanes on AVX-512 IFMA, four on AVX2.
//!
//! One stream of instructions works on all lanes. It is the same whatever the points and scalars are: no branch and no
//! address depends on them, except on whether an encoding is one, which the caller is told anyway.
//!
//! The formulas are written once over the traits of [`arithmetic`], which each set of instructions has its own of. All of it
//! is safe code but for the single instructions and [`compiled`].

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
mod bytes;
mod comb;
mod compiled;
mod constants;
mod decode;
mod elligator;
mod encode;
mod limbs;
mod multiply;
mod point;
mod root;
#[cfg(test)]
mod tests;
mod vector;

use curve25519_dalek::Scalar;

use self::{avx2::Avx2, avx512::Avx512, batch::Batch, bytes::Uniform};
use crate::group::Encoded;

/// What is wrong with an encoded element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is not a canonical encoding.
    Encoding,
    /// It is the identity.
    Identity,
}

/// The proof that this machine has instructions that the kernel is made of.
#[derive(Clone, Copy)]
pub(crate) struct Kernel(Instructions);

#[derive(Clone, Copy)]
enum Instructions {
    Avx512(Avx512),
    Avx2(Avx2),
}

/// Points in lanes, in their order; cleared when dropped.
#[derive(Clone)]
pub(crate) struct Points(InLanes);

#[derive(Clone)]
enum InLanes {
    Avx512(Batch<Avx512>),
    Avx2(Batch<Avx2>),
}

/// Points in lanes that are multiplied more than once; cleared when dropped.
pub(crate) struct Combs(CombsInLanes);

enum CombsInLanes {
    Avx512(comb::Combs<Avx512>),
    Avx2(comb::Combs<Avx2>),
}

impl Kernel {
    /// Eight lanes.
    pub(crate) fn avx512() -> Option<Self> {
        Avx512::detect().map(Instructions::Avx512).map(Self)
    }

    /// Four lanes.
    pub(crate) fn avx2() -> Option<Self> {
        Avx2::detect().map(Instructions::Avx2).map(Self)
    }

    /// The name of the instructions.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Instructions::Avx512(_) => "avx512ifma",
            Instructions::Avx2(_) => "avx2",
        }
    }

    /// The fewest points whose sum is quicker in lanes than by dalek's sums in variable time, as measured (docs/adr/0007).
    pub(crate) fn fewest_summed(self) -> usize {
        match self.0 {
            Instructions::Avx512(_) => 8,
            Instructions::Avx2(_) => 32,
        }
    }

    /// The points that uniform bytes map to (RFC 9496 section 4.3.4).
    pub(crate) fn derive(self, uniform: &[Uniform]) -> Points {
        match self.0 {
            Instructions::Avx512(lanes) => Points(InLanes::Avx512(Batch::derive(lanes, uniform))),
            Instructions::Avx2(lanes) => Points(InLanes::Avx2(Batch::derive(lanes, uniform))),
        }
    }

    /// Decodes elements (RFC 9496 section 4.3.1), or tells the place of the first flaw.
    pub(crate) fn decode(self, elements: &[Encoded]) -> Result<Points, (usize, Flaw)> {
        match self.0 {
            Instructions::Avx512(lanes) => Batch::decode(lanes, elements).map(InLanes::Avx512).map(Points),
            Instructions::Avx2(lanes) => Batch::decode(lanes, elements).map(InLanes::Avx2).map(Points),
        }
    }
}

impl Points {
    /// The first point that is the identity.
    pub(crate) fn first_identity(&self) -> Option<usize> {
        match &self.0 {
            InLanes::Avx512(batch) => batch.first_identity(),
            InLanes::Avx2(batch) => batch.first_identity(),
        }
    }

    /// Multiplies every point by the same scalar.
    pub(crate) fn multiply(&mut self, scalar: &Scalar) {
        match &mut self.0 {
            InLanes::Avx512(batch) => batch.multiply(scalar),
            InLanes::Avx2(batch) => batch.multiply(scalar),
        }
    }

    /// Multiplies every point by the scalar of its place.
    pub(crate) fn multiply_each(&mut self, scalars: &[Scalar]) {
        match &mut self.0 {
            InLanes::Avx512(batch) => batch.multiply_each(scalars),
            InLanes::Avx2(batch) => batch.multiply_each(scalars),
        }
    }

    /// The sum of every point times the scalar of its place, as a batch of one.
    pub(crate) fn sum_of_products(&self, scalars: &[Scalar]) -> Self {
        match &self.0 {
            InLanes::Avx512(batch) => Self(InLanes::Avx512(batch.sum_of_products(scalars))),
            InLanes::Avx2(batch) => Self(InLanes::Avx2(batch.sum_of_products(scalars))),
        }
    }

    /// The same points, made ready for several products.
    pub(crate) fn combs(&self) -> Combs {
        match &self.0 {
            InLanes::Avx512(batch) => Combs(CombsInLanes::Avx512(batch.combs())),
            InLanes::Avx2(batch) => Combs(CombsInLanes::Avx2(batch.combs())),
        }
    }

    /// Encodes the double of each point into its row (RFC 9496 section 4.3.2).
    pub(crate) fn encode_doubles(&self, rows: &mut [Encoded]) {
        match &self.0 {
            InLanes::Avx512(batch) => batch.encode_doubles(rows),
            InLanes::Avx2(batch) => batch.encode_doubles(rows),
        }
    }
}

impl Combs {
    /// Every point times the same scalar.
    pub(crate) fn multiply(&self, scalar: &Scalar) -> Points {
        match &self.0 {
            CombsInLanes::Avx512(combs) => Points(InLanes::Avx512(combs.multiply(scalar))),
            CombsInLanes::Avx2(combs) => Points(InLanes::Avx2(combs.multiply(scalar))),
        }
    }

    /// The encoded doubles of every point times the scalar of its place in each list, and of the generator times the
    /// scalars of the last.
    pub(crate) fn encode_doubles<const N: usize>(
        &self,
        lists: [&[Scalar]; N],
        generator: &[Scalar],
    ) -> ([Vec<Encoded>; N], Vec<Encoded>) {
        match &self.0 {
            CombsInLanes::Avx512(combs) => combs.encode_doubles(lists, generator),
            CombsInLanes::Avx2(combs) => combs.encode_doubles(lists, generator),
        }
    }
}
