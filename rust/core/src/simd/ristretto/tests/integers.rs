//! Field elements as big integers, which the tests compare with the lanes.

use num_bigint::BigUint;

use super::super::{
    arithmetic::{Field, Lanes, MOST_LANES},
    constants::Constant,
};

/// One number per lane.
pub(crate) type Row = [u64; MOST_LANES];

/// Access of the tests to the limbs of a field.
pub(in super::super) trait Raw: Field {
    /// The exponents of the weights of the limbs, which are powers of two.
    const EXPONENTS: &'static [u32];
    /// The largest value of each limb after an operation.
    const LIMITS: &'static [u64];
    /// The largest column that can be carried.
    const WIDEST: u64;

    fn from_raw(lanes: Self::Lanes, limbs: &[Row]) -> Self;
    fn raw(&self) -> Vec<Row>;
    fn wide(lanes: Self::Lanes, columns: &[Row]) -> Self::Wide;
}

/// 2^255 - 19.
pub(super) fn p() -> BigUint {
    (BigUint::from(1_u8) << 255) - 19_u8
}

/// The integer that limbs of radix 2^51 represent.
pub(super) fn integer(limbs: &Constant) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << 51) + limb)
}

/// The integers that the limbs or columns of a field represent, lane by lane.
pub(super) fn integers<F: Raw>(limbs: &[Row]) -> Vec<BigUint> {
    let term = |lane: usize| limbs.iter().zip(F::EXPONENTS).map(move |(limb, bits)| BigUint::from(limb[lane]) << *bits);
    (0..F::Lanes::COUNT).map(|lane| term(lane).sum()).collect()
}

/// The integers modulo p that the elements of a field represent.
pub(super) fn residues<F: Raw>(field: &F) -> Vec<BigUint> {
    integers::<F>(&field.raw()).into_iter().map(|integer| integer % p()).collect()
}
