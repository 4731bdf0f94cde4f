//! ristretto255 (RFC 9496) with a point in each of eight lanes, on AVX-512 IFMA.
//!
//! One stream of instructions works on eight points. It is the same whatever the points and scalars are: no branch and no
//! address depends on them, except on whether an encoding is one, which the caller is told anyway.
//!
//! Everything below the two types here is safe code that may only be called where the instructions exist; [`Kernel`] is
//! the proof that they do.

#![allow(clippy::inline_always, reason = "single instructions must become part of the functions compiled for them")]
#![allow(
    clippy::many_single_char_names,
    clippy::similar_names,
    reason = "names are those of the RFC and of the formulas"
)]

mod bytes;
mod constants;
mod decode;
mod elligator;
mod encode;
mod field;
mod multiply;
mod point;
mod root;
#[cfg(test)]
mod tests;
mod vector;

use curve25519_dalek::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop};

use self::{
    bytes::Uniform,
    multiply::{Digits, Table},
    point::Extended,
    vector::Mask,
};
use super::LANES;
use crate::group::Encoded;

/// What is wrong with an encoded element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is not a canonical encoding.
    Encoding,
    /// It is the identity.
    Identity,
}

/// The proof that this machine has the instructions that the kernel is made of.
#[derive(Clone, Copy)]
pub(crate) struct Kernel(());

/// Points in lanes, in their order, the last eight filled up; cleared when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Points {
    #[zeroize(skip)]
    kernel: Kernel,
    eights: Vec<Extended>,
    count: usize,
}

impl Kernel {
    pub(crate) fn detect() -> Option<Self> {
        let present = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma");
        present.then_some(Self(()))
    }

    /// The points that uniform bytes map to (RFC 9496 section 4.3.4).
    pub(crate) fn derive(self, uniform: &[Uniform]) -> Points {
        // SAFETY: a `Kernel` exists only where `detect` found the instructions.
        let eights = eights(uniform).map(|eight| unsafe { elligator::derive(self, &eight) }).collect();
        Points { kernel: self, eights, count: uniform.len() }
    }

    /// Decodes elements (RFC 9496 section 4.3.1), or tells the place of the first flaw.
    pub(crate) fn decode(self, elements: &[Encoded]) -> Result<Points, (usize, Flaw)> {
        let mut points = Points { kernel: self, eights: Vec::with_capacity(elements.len()), count: elements.len() };
        let mut eights = eights(elements);
        while let Some(first) = eights.next() {
            // Two eights go side by side; an odd one out goes twice.
            let second = eights.next();
            // SAFETY: a `Kernel` exists only where `detect` found the instructions.
            let (decoded, valid) = unsafe { decode::decode(self, &[first, second.unwrap_or(first)]) };
            let wanted = 1 + usize::from(second.is_some());
            for (point, valid) in decoded.into_iter().zip(valid).take(wanted) {
                points.eights.push(point);
                points.refuse_flaws(valid)?;
            }
        }
        Ok(points)
    }
}

impl Points {
    /// The first point that is the identity.
    pub(crate) fn first_identity(&self) -> Option<usize> {
        let eights = self.eights.iter().enumerate();
        let place = eights.map(|(i, eight)| place(i, identities(eight))).find_map(|place| place);
        place.filter(|place| *place < self.count)
    }

    /// Refuses the last eight if a lane that counts is not valid or the identity.
    fn refuse_flaws(&self, valid: Mask) -> Result<(), (usize, Flaw)> {
        let last = self.eights.len() - 1;
        let flawed = !valid | identities(&self.eights[last]);
        match place(last, flawed) {
            Some(place) if place < self.count => {
                let flaw = if valid >> (place % LANES) & 1 == 0 { Flaw::Encoding } else { Flaw::Identity };
                Err((place, flaw))
            }
            _ => Ok(()),
        }
    }

    /// Multiplies every point by the same scalar.
    pub(crate) fn multiply(&mut self, scalar: &Scalar) {
        let digits = Digits::of_one(scalar);
        self.multiply_by(|_| &digits);
    }

    /// Multiplies every point by the scalar of its place.
    pub(crate) fn multiply_each(&mut self, scalars: &[Scalar]) {
        let digits: Vec<_> = eights(scalars).map(Digits::of_each).collect();
        self.multiply_by(|i| &digits[i]);
    }

    fn multiply_by<'a>(&mut self, digits: impl Fn(usize) -> &'a Digits) {
        let mut table = Table::new(self.kernel);
        for (i, eight) in self.eights.iter_mut().enumerate() {
            // SAFETY: a `Kernel` exists only where `detect` found the instructions.
            *eight = unsafe { table.multiply(eight, digits(i)) };
        }
    }

    /// The sum of every point times the scalar of its place, as a batch of one.
    pub(crate) fn sum_of_products(&self, scalars: &[Scalar]) -> Self {
        let mut digits: Vec<_> = eights(scalars).map(Digits::of_each).collect();
        if let (Some(last), surplus @ 1..) = (digits.last_mut(), self.eights.len() * LANES - self.count) {
            last.clear_last(surplus);
        }
        // SAFETY: a `Kernel` exists only where `detect` found the instructions.
        let sum = unsafe { multiply::sum_of_products(self.kernel, &self.eights, &digits).sum_lanes() };
        Self { kernel: self.kernel, eights: vec![sum], count: 1 }
    }

    /// Encodes the double of each point into its row (RFC 9496 section 4.3.2).
    pub(crate) fn encode_doubles(&self, rows: &mut [Encoded]) {
        // SAFETY: a `Kernel` exists only where `detect` found the instructions.
        let encoded = unsafe { encode::encode_doubles(self.kernel, &self.eights) };
        for (row, encoded) in rows.iter_mut().zip(encoded.as_flattened()) {
            *row = *encoded;
        }
    }
}

/// The lanes that hold the identity.
fn identities(eight: &Extended) -> Mask {
    // SAFETY: points exist only where a `Kernel` made them.
    unsafe { eight.is_identity() }
}

/// The place of the first lane set in the mask of eight number `eight`.
fn place(eight: usize, mask: Mask) -> Option<usize> {
    (mask != 0).then(|| eight * LANES + mask.trailing_zeros() as usize)
}

/// Items by eights; the last eight is filled up with the last item.
fn eights<T>(items: &[T]) -> impl Iterator<Item = [&T; LANES]> {
    items.chunks(LANES).map(|chunk| std::array::from_fn(|i| &chunk[i.min(chunk.len() - 1)]))
}
