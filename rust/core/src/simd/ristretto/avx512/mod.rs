//! Eight lanes on AVX-512 IFMA.

mod field;
mod instructions;
mod vector;

pub(super) use field::Field;
pub(super) use instructions::Avx512;
use vector::{Truth, Vector};

use super::{
    arithmetic::{Lanes, MOST_LANES},
    vector::Vector as _,
};

impl Lanes for Avx512 {
    const COUNT: usize = 8;
    type Field = Field;

    #[inline(always)]
    fn equal(self, values: [u8; MOST_LANES], value: u8) -> Truth {
        Vector::widen(self, values).equals(Vector::splat(self, u64::from(value)))
    }
}
