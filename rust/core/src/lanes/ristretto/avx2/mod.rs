//! Four lanes on AVX2.

mod field;
mod product;
mod vector;

pub(super) use field::Field;
use vector::{Truth, Vector};

use super::{
    arithmetic::{Lanes, MOST_LANES},
    vector::Vector as _,
};

/// The proof that this machine has AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

impl Lanes for Avx2 {
    const COUNT: usize = 4;
    type Field = Field;

    #[inline(always)]
    fn equal(self, values: [u8; MOST_LANES], value: u8) -> Truth {
        let [a, b, c, d, ..] = values;
        Vector::widen(self, [a, b, c, d]).equals(Vector::splat(self, u64::from(value)))
    }
}
