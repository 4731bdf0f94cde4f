//! The kernel for an instruction set of this machine, and points and combs in its lanes.

use curve25519_dalek::Scalar;

use super::{
    avx2::Avx2,
    avx512::Avx512,
    batch::{self, Batch, Flaw},
    codec::Uniform,
};
use crate::oprf::group::Encoded;

/// The evidence that this machine has the instructions of a kernel.
#[derive(Clone, Copy)]
pub(crate) struct Kernel(pub(super) Instructions);

#[derive(Clone, Copy)]
pub(super) enum Instructions {
    Avx512(Avx512),
    Avx2(Avx2),
}

/// Points in lanes, in order; cleared when dropped.
#[derive(Clone)]
pub(crate) struct Points(InLanes);

#[derive(Clone)]
enum InLanes {
    Avx512(Batch<Avx512>),
    Avx2(Batch<Avx2>),
}

/// The tables of points in lanes that are multiplied more than once; cleared when dropped.
pub(crate) struct Combs(CombsInLanes);

enum CombsInLanes {
    Avx512(batch::Combs<Avx512>),
    Avx2(batch::Combs<Avx2>),
}

impl Kernel {
    /// The kernel with eight lanes. `None` if this machine does not have AVX-512 IFMA.
    pub(crate) fn avx512() -> Option<Self> {
        Avx512::detect().map(Instructions::Avx512).map(Self)
    }

    /// The kernel with four lanes. `None` if this machine does not have AVX2.
    pub(crate) fn avx2() -> Option<Self> {
        Avx2::detect().map(Instructions::Avx2).map(Self)
    }

    /// The name of the instruction set.
    pub(crate) fn name(self) -> &'static str {
        match self.0 {
            Instructions::Avx512(_) => "avx512ifma",
            Instructions::Avx2(_) => "avx2",
        }
    }

    /// The smallest number of points whose sum is faster in lanes than with the sums in variable time of
    /// curve25519-dalek, as measured (docs/adr/0007).
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

    /// Decodes elements (RFC 9496 section 4.3.1). The error is the index of the first flawed element, and its flaw.
    pub(crate) fn decode(self, elements: &[Encoded]) -> Result<Points, (usize, Flaw)> {
        match self.0 {
            Instructions::Avx512(lanes) => Batch::decode(lanes, elements).map(InLanes::Avx512).map(Points),
            Instructions::Avx2(lanes) => Batch::decode(lanes, elements).map(InLanes::Avx2).map(Points),
        }
    }
}

impl Points {
    /// The index of the first point that is the identity.
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

    /// Multiplies every point by the scalar with its index.
    pub(crate) fn multiply_each(&mut self, scalars: &[Scalar]) {
        match &mut self.0 {
            InLanes::Avx512(batch) => batch.multiply_each(scalars),
            InLanes::Avx2(batch) => batch.multiply_each(scalars),
        }
    }

    /// The sum of every point times the scalar with its index, as a batch of one.
    pub(crate) fn sum_of_products(&self, scalars: &[Scalar]) -> Self {
        match &self.0 {
            InLanes::Avx512(batch) => Self(InLanes::Avx512(batch.sum_of_products(scalars))),
            InLanes::Avx2(batch) => Self(InLanes::Avx2(batch.sum_of_products(scalars))),
        }
    }

    /// The tables of the same points for several products.
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

    /// The encoded doubles of two kinds of products: every point times the scalar with its index, for each of `lists`,
    /// and the generator times each scalar of `generator`.
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
