//! Batches of points: in eight or four lanes if the machine has them, otherwise one by one with curve25519-dalek.

use curve25519_dalek::{RistrettoPoint, Scalar, ristretto::CompressedRistretto, traits::VartimeMultiscalarMul};
use zeroize::Zeroizing;

use super::group::{self, ELEMENT_BYTES, Encoded, UNIFORM_BYTES};
use crate::{
    error::Error,
    pool,
    simd::{
        self,
        ristretto::{self, Flaw, Kernel},
    },
};

/// The smallest number of points for which lanes are used: fewer points are faster one by one.
const FEWEST: usize = 3;

/// Points in order; cleared when dropped.
#[derive(Clone)]
pub(crate) enum PointBatch {
    Lanes(ristretto::Points),
    Single(Zeroizing<Vec<RistrettoPoint>>),
}

/// The kernel, if there is one and `count` points are enough for it.
fn kernel(count: usize) -> Result<Option<Kernel>, Error> {
    Ok(simd::ristretto_kernel()?.filter(|_| count >= FEWEST))
}

/// The kernel, if there is one and `count` points to be summed up are enough for it. It takes more points than in
/// [`kernel`], because a sum one by one may take variable time and is faster for that reason.
fn summing_kernel(count: usize) -> Result<Option<Kernel>, Error> {
    Ok(simd::ristretto_kernel()?.filter(|kernel| count >= kernel.fewest_summed()))
}

impl PointBatch {
    /// The points that uniform bytes map to. Refuses the identity, as `Blind` of RFC 9497 section 3.3.1 does. `first` is the
    /// index of the first point in the whole batch.
    pub(crate) fn derive(first: usize, uniform: &[[u8; UNIFORM_BYTES]]) -> Result<Self, Error> {
        let what = "hash of input";
        let Some(kernel) = kernel(uniform.len())? else {
            let mut points = Zeroizing::new(Vec::with_capacity(uniform.len()));
            for (i, uniform) in uniform.iter().enumerate() {
                let point = RistrettoPoint::from_uniform_bytes(uniform);
                group::refuse_identity(what, first + i, &point)?;
                points.push(point);
            }
            return Ok(Self::Single(points));
        };
        let points = kernel.derive(uniform);
        match points.first_identity() {
            Some(index) => Err(Error::Identity { what, index: first + index }),
            None => Ok(Self::Lanes(points)),
        }
    }

    /// Decodes elements. Refuses the first that is not canonical or is the identity. `first` is the index of the first
    /// element in the whole batch.
    pub(crate) fn decode(what: &'static str, first: usize, elements: &[Encoded]) -> Result<Self, Error> {
        Self::decode_by(kernel(elements.len())?, what, first, elements)
    }

    fn decode_by(
        kernel: Option<Kernel>,
        what: &'static str,
        first: usize,
        elements: &[Encoded],
    ) -> Result<Self, Error> {
        let Some(kernel) = kernel else {
            let mut points = Zeroizing::new(Vec::with_capacity(elements.len()));
            for (i, bytes) in elements.iter().enumerate() {
                points.push(group::decode(what, first + i, bytes)?);
            }
            return Ok(Self::Single(points));
        };
        kernel.decode(elements).map(Self::Lanes).map_err(|(index, flaw)| match flaw {
            Flaw::Encoding => Error::Encoding { what, index: first + index },
            Flaw::Identity => Error::Identity { what, index: first + index },
        })
    }

    /// Decodes a whole batch on the pool, in chunks of the pool's size, to be summed up later.
    pub(crate) fn decode_all(what: &'static str, elements: &[Encoded]) -> Result<Vec<Self>, Error> {
        pool::chunks(elements, |first, elements| {
            Self::decode_by(summing_kernel(elements.len())?, what, first, elements)
        })
    }

    /// Multiplies every point by the same scalar.
    pub(crate) fn multiply(&mut self, scalar: &Scalar) {
        match self {
            Self::Lanes(points) => points.multiply(scalar),
            Self::Single(points) => points.iter_mut().for_each(|point| *point *= scalar),
        }
    }

    /// Multiplies every point by the scalar with its index.
    pub(crate) fn multiply_each(&mut self, scalars: &[Scalar]) {
        match self {
            Self::Lanes(points) => points.multiply_each(scalars),
            Self::Single(points) => points.iter_mut().zip(scalars).for_each(|(point, scalar)| *point *= scalar),
        }
    }

    /// The points, if they are not in lanes.
    pub(crate) fn singles(&self) -> Option<&[RistrettoPoint]> {
        match self {
            Self::Lanes(_) => None,
            Self::Single(points) => Some(points),
        }
    }

    /// The sum of every point times the scalar with its index. Without lanes, the time depends on the scalars, so they must
    /// be public.
    pub(crate) fn sum_of_products(&self, scalars: &[Scalar]) -> RistrettoPoint {
        match self {
            Self::Lanes(points) => {
                let halves: Vec<_> = scalars.iter().map(Scalar::div_by_2).collect();
                let mut row = [[0; ELEMENT_BYTES]];
                points.sum_of_products(&halves).encode_doubles(&mut row);
                CompressedRistretto(row[0]).decompress().expect("the kernel encodes elements")
            }
            Self::Single(points) => RistrettoPoint::vartime_multiscalar_mul(scalars, points.iter()),
        }
    }

    /// Encodes the double of each point into its row.
    ///
    /// An encoding needs an inverse square root, which cannot be shared between points. The encoding of a double needs an
    /// inverse, which can be shared (Montgomery's trick). So callers multiply by half of their scalar, and this function
    /// doubles the result.
    pub(crate) fn encode_doubles(&self, rows: &mut [Encoded]) {
        match self {
            Self::Lanes(points) => points.encode_doubles(rows),
            Self::Single(points) => {
                let encoded = RistrettoPoint::double_and_compress_batch(points.iter());
                for (row, element) in rows.iter_mut().zip(encoded) {
                    *row = element.to_bytes();
                }
            }
        }
    }
}
