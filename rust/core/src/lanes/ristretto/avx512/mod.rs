//! Eight lanes on AVX-512 IFMA.

mod field;
mod vector;

pub(super) use field::Field;
use vector::{Truth, Vector};

use super::{
    arithmetic::{Lanes, MOST_LANES},
    vector::Vector as _,
};

/// The proof that this machine has AVX-512 F, DQ and IFMA.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        let present = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512ifma");
        present.then_some(Self(()))
    }
}

impl Lanes for Avx512 {
    const COUNT: usize = 8;
    type Field = Field;

    #[inline(always)]
    fn equal(self, values: [u8; MOST_LANES], value: u8) -> Truth {
        Vector::widen(self, values).equals(Vector::splat(self, u64::from(value)))
    }
}
