//! The field as big integers, to check the lanes against.

use num_bigint::BigUint;

use super::{
    super::{
        constants::Constant,
        field::{Field, LIMBS},
        vector::Vector,
    },
    Kernel, LANES,
};

/// 2^255 - 19.
pub(super) fn p() -> BigUint {
    (BigUint::from(1_u8) << 255) - 19_u8
}

/// The integer that limbs stand for.
pub(super) fn integer(limbs: &Constant) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << 51) + limb)
}

/// Eight elements from their limbs, lane by lane.
pub(super) fn field(kernel: Kernel, numbers: &[Constant; LANES]) -> Field {
    Field(std::array::from_fn(|i| Vector::new(kernel, numbers.map(|number| number[i]))))
}

/// The limbs of eight elements, lane by lane.
pub(super) fn limbs(field: &Field) -> [Constant; LANES] {
    let columns = field.0.map(Vector::lanes);
    std::array::from_fn(|lane| std::array::from_fn::<u64, LIMBS, _>(|i| columns[i][lane]))
}

/// The integers modulo p that eight elements stand for.
pub(super) fn residues(field: &Field) -> [BigUint; LANES] {
    limbs(field).map(|limbs| integer(&limbs) % p())
}
