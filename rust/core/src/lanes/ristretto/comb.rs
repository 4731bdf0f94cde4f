//! Points that are multiplied by several secret scalars each, or that are known beforehand.
//!
//! A scalar's digits are cut into [`TEETH`] parts, and a table made for the point at the start of each part, so that the
//! doublings of all parts are done once: a product takes a [`TEETH`]th of them. What is saved pays for the doublings that
//! lead to the tables from the second product on.

use curve25519_dalek::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    arithmetic::Field,
    batch::Batch,
    compiled::Compiled,
    multiply::{DIGITS, Digits, Table, WINDOW, sum_of_digits},
    point::Extended,
};
use crate::group::{ELEMENT_BYTES, Encoded};

/// Parts of a scalar: with eight, the tables no longer fit the cache (docs/adr/0011).
const TEETH: usize = 4;
/// Digits of a part.
const PART: usize = DIGITS / TEETH;

/// A table for each part, of the multiples of a point a lane.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Comb<F: Field>([Table<F>; TEETH]);

impl<F: Field> Comb<F> {
    #[inline(always)]
    pub(super) fn of(point: &Extended<F>) -> Self {
        let mut comb = Self(std::array::from_fn(|_| Table::new(point.t.lanes())));
        let mut base = *point;
        for (part, table) in comb.0.iter_mut().enumerate() {
            if part > 0 {
                base = base.doubled(PART * WINDOW);
            }
            table.fill(&base);
        }
        comb
    }

    /// The product of each lane's point and scalar. No branch and no address depends on a digit.
    #[inline(always)]
    pub(super) fn multiply(&self, scalars: &Digits) -> Extended<F> {
        sum_of_digits(&self.0, PART, |part, at| scalars.digit(part * PART + at))
    }
}

/// Points in lanes that are multiplied more than once; cleared when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Combs<L: Compiled> {
    #[zeroize(skip)]
    lanes: L,
    points: Vec<Comb<L::Field>>,
    count: usize,
}

impl<L: Compiled> Combs<L> {
    pub(super) fn of(batch: &Batch<L>) -> Self {
        let points = batch.points.iter().map(|point| batch.lanes.comb(point)).collect();
        Self { lanes: batch.lanes, points, count: batch.count }
    }

    /// Every point times the same scalar.
    pub(super) fn multiply(&self, scalar: &Scalar) -> Batch<L> {
        let digits = Digits::of_one(scalar);
        let points = self.points.iter().map(|comb| self.lanes.multiply_comb(comb, &digits)).collect();
        Batch { lanes: self.lanes, points, count: self.count }
    }

    /// The encoded doubles of every point times the scalar of its place in each list, and of the generator times the
    /// scalars of the last: all at the price of one inversion.
    pub(super) fn encode_doubles<const N: usize>(
        &self,
        lists: [&[Scalar]; N],
        generator: &[Scalar],
    ) -> ([Vec<Encoded>; N], Vec<Encoded>) {
        let vectors = N * self.points.len() + generator.len().div_ceil(L::COUNT);
        let mut products = Batch { lanes: self.lanes, points: Vec::with_capacity(vectors), count: vectors * L::COUNT };
        for scalars in lists {
            for (comb, scalars) in self.points.iter().zip(scalars.chunks(L::COUNT)) {
                products.points.push(self.lanes.multiply_comb(comb, &Digits::of_each(scalars)));
            }
        }
        for scalars in generator.chunks(L::COUNT) {
            products.points.push(self.lanes.multiply_comb(self.lanes.generator(), &Digits::of_each(scalars)));
        }
        let mut rows = vec![[0; ELEMENT_BYTES]; products.count];
        products.encode_doubles(&mut rows);
        // A list ends with the last lanes of a vector, of which those beyond its last scalar count for nothing.
        let (of_points, of_generator) = rows.split_at(N * self.points.len() * L::COUNT);
        let of_list = |list: usize| &of_points[list * self.points.len() * L::COUNT..][..self.count];
        (std::array::from_fn(|list| of_list(list).to_vec()), of_generator[..generator.len()].to_vec())
    }
}
