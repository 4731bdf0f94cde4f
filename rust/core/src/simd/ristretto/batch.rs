//! Points in lanes, in their order.

use curve25519_dalek::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    arithmetic::{Lanes, Mask as _, MaskOf},
    codec::Uniform,
    comb::Comb,
    dispatch::Dispatch,
    multiply::{Digits, Table},
    point::PointIn,
};
use crate::oprf::group::{ELEMENT_BYTES, Encoded};

/// What is wrong with an encoded element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is not a canonical encoding.
    Encoding,
    /// It is the identity.
    Identity,
}

/// As many points as there are, the last lanes filled up; cleared when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Batch<L: Dispatch> {
    #[zeroize(skip)]
    pub(super) lanes: L,
    pub(super) points: Vec<PointIn<L>>,
    pub(super) count: usize,
}

impl<L: Dispatch> Batch<L> {
    /// The points that uniform bytes map to (RFC 9496 section 4.3.4).
    pub(super) fn derive(lanes: L, uniform: &[Uniform]) -> Self {
        let points = uniform.chunks(L::COUNT).map(|chunk| lanes.derive(chunk)).collect();
        Self { lanes, points, count: uniform.len() }
    }

    /// Decodes elements (RFC 9496 section 4.3.1), or tells the place of the first flaw.
    pub(super) fn decode(lanes: L, elements: &[Encoded]) -> Result<Self, (usize, Flaw)> {
        let mut batch = Self { lanes, points: Vec::with_capacity(elements.len()), count: elements.len() };
        let mut chunks = elements.chunks(L::COUNT);
        while let Some(first) = chunks.next() {
            // Two go side by side; an odd one out goes twice.
            let second = chunks.next();
            let (decoded, valid) = lanes.decode(&[first, second.unwrap_or(first)]);
            let wanted = 1 + usize::from(second.is_some());
            for (point, valid) in decoded.into_iter().zip(valid).take(wanted) {
                batch.points.push(point);
                batch.refuse_flaws(valid)?;
            }
        }
        Ok(batch)
    }

    /// The first point that is the identity.
    pub(super) fn first_identity(&self) -> Option<usize> {
        let indices = self.points.iter().enumerate();
        let index =
            indices.map(|(i, point)| first_index::<L>(i, self.lanes.is_identity(point))).find_map(|index| index);
        index.filter(|index| *index < self.count)
    }

    /// Refuses the last points if a lane that counts is not valid or the identity.
    fn refuse_flaws(&self, valid: MaskOf<L>) -> Result<(), (usize, Flaw)> {
        let last = self.points.len() - 1;
        let flawed = !valid | self.lanes.is_identity(&self.points[last]);
        match first_index::<L>(last, flawed) {
            Some(index) if index < self.count => {
                let flaw = if valid.bits() >> (index % L::COUNT) & 1 == 0 { Flaw::Encoding } else { Flaw::Identity };
                Err((index, flaw))
            }
            _ => Ok(()),
        }
    }

    /// Multiplies every point by the same scalar.
    pub(super) fn multiply(&mut self, scalar: &Scalar) {
        let digits = Digits::of_one(scalar);
        self.multiply_by(|_| &digits);
    }

    /// Multiplies every point by the scalar of its place.
    pub(super) fn multiply_each(&mut self, scalars: &[Scalar]) {
        let digits: Vec<_> = scalars.chunks(L::COUNT).map(Digits::of_each).collect();
        self.multiply_by(|i| &digits[i]);
    }

    fn multiply_by<'a>(&mut self, digits: impl Fn(usize) -> &'a Digits) {
        let mut table = Table::new(self.lanes);
        for (i, point) in self.points.iter_mut().enumerate() {
            *point = self.lanes.multiply(&mut table, point, digits(i));
        }
    }

    /// The sum of every point times the scalar of its place, as a batch of one.
    pub(super) fn sum_of_products(&self, scalars: &[Scalar]) -> Self {
        let digits: Vec<_> = scalars.chunks(L::COUNT).map(Digits::of_each).collect();
        Self { lanes: self.lanes, points: vec![self.lanes.sum_of_products(&self.points, &digits)], count: 1 }
    }

    /// The same points, made ready for several products.
    pub(super) fn combs(&self) -> Combs<L> {
        Combs::of(self)
    }

    /// Encodes the double of each point into its row (RFC 9496 section 4.3.2).
    pub(super) fn encode_doubles(&self, rows: &mut [Encoded]) {
        self.lanes.encode_doubles(&self.points, rows);
    }
}

/// Points in lanes that are multiplied more than once; cleared when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Combs<L: Dispatch> {
    #[zeroize(skip)]
    lanes: L,
    points: Vec<Comb<L::Field>>,
    count: usize,
}

impl<L: Dispatch> Combs<L> {
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

/// The place of the first lane set in the mask of points number `points`.
fn first_index<L: Lanes>(points: usize, mask: MaskOf<L>) -> Option<usize> {
    let bits = mask.bits();
    (bits != 0).then(|| points * L::COUNT + bits.trailing_zeros() as usize)
}
