//! Four lanes on AVX2.

mod field;
mod instructions;
mod product;
mod representation;
mod vector;

pub(super) use instructions::Avx2;
pub(super) use representation::Field;
use vector::{Truth, Vector};

use super::{
    arithmetic::{Lanes, MOST_LANES},
    vector::Vector as _,
};

impl Lanes for Avx2 {
    const COUNT: usize = 4;
    type Field = Field;

    #[inline(always)]
    fn equal(self, values: [u8; MOST_LANES], value: u8) -> Truth {
        let [a, b, c, d, ..] = values;
        Vector::widen(self, [a, b, c, d]).equals(Vector::splat(self, u64::from(value)))
    }
}
