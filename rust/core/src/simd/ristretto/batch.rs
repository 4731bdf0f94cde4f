//! Batches of points in lanes, in order.

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

/// `count` points; the lanes after the last point are filled up. Cleared when dropped.
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

    /// Decodes elements (RFC 9496 section 4.3.1). The error is the index of the first flawed element, and its flaw.
    pub(super) fn decode(lanes: L, elements: &[Encoded]) -> Result<Self, (usize, Flaw)> {
        let mut batch = Self { lanes, points: Vec::with_capacity(elements.len()), count: elements.len() };
        let mut chunks = elements.chunks(L::COUNT);
        while let Some(first) = chunks.next() {
            // Two chunks are decoded together; a last single chunk is decoded twice.
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

    /// The index of the first point that is the identity.
    pub(super) fn first_identity(&self) -> Option<usize> {
        let indices = self.points.iter().enumerate();
        let index =
            indices.map(|(i, point)| first_index::<L>(i, self.lanes.is_identity(point))).find_map(|index| index);
        index.filter(|index| *index < self.count)
    }

    /// Refuses the last points if, in a lane that is in use, one is not valid or is the identity.
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

    /// Multiplies every point by the scalar with its index.
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

    /// The sum of every point times the scalar with its index, as a batch of one.
    pub(super) fn sum_of_products(&self, scalars: &[Scalar]) -> Self {
        let digits: Vec<_> = scalars.chunks(L::COUNT).map(Digits::of_each).collect();
        Self { lanes: self.lanes, points: vec![self.lanes.sum_of_products(&self.points, &digits)], count: 1 }
    }

    /// The tables of the same points for several products.
    pub(super) fn combs(&self) -> Combs<L> {
        Combs::of(self)
    }

    /// Encodes the double of each point into its row (RFC 9496 section 4.3.2).
    pub(super) fn encode_doubles(&self, rows: &mut [Encoded]) {
        self.lanes.encode_doubles(&self.points, rows);
    }
}

/// The tables of points in lanes that are multiplied more than once; cleared when dropped.
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

    /// The encoded doubles of two kinds of products: every point times the scalar with its index, for each of `lists`,
    /// and the generator times each scalar of `generator`. There is one inversion for all.
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
        // Each list fills whole vectors. The lanes after its last scalar are ignored.
        let (of_points, of_generator) = rows.split_at(N * self.points.len() * L::COUNT);
        let of_list = |list: usize| &of_points[list * self.points.len() * L::COUNT..][..self.count];
        (std::array::from_fn(|list| of_list(list).to_vec()), of_generator[..generator.len()].to_vec())
    }
}

/// The index in the batch of the first lane set in `mask`, the mask of the vector of points with index `points`.
fn first_index<L: Lanes>(points: usize, mask: MaskOf<L>) -> Option<usize> {
    let bits = mask.bits();
    (bits != 0).then(|| points * L::COUNT + bits.trailing_zeros() as usize)
}
