//! Multiplication of a point by several secret scalars, or of a point that is known beforehand.
//!
//! The digits of a scalar are divided into [`TEETH`] sections, and there is a table for the multiple of the point at
//! the start of each section. The doublings of all sections are done once, so a product takes one [`TEETH`]th of them.
//! From the second product on, this saves more than the doublings that compute the tables.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    arithmetic::Field,
    multiply::{DIGITS, Digits, Table, WINDOW, sum_of_digits},
    point::Extended,
};

/// The number of sections of a scalar. With eight, the tables do not fit the cache (docs/adr/0011).
const TEETH: usize = 4;
/// The number of digits of a section.
const SPACING: usize = DIGITS / TEETH;

/// A table for each section, with the multiples of one point per lane.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Comb<F: Field>([Table<F>; TEETH]);

impl<F: Field> Comb<F> {
    #[inline(always)]
    pub(super) fn of(point: &Extended<F>) -> Self {
        let mut comb = Self(std::array::from_fn(|_| Table::new(point.t.lanes())));
        let mut base = *point;
        for (tooth, table) in comb.0.iter_mut().enumerate() {
            if tooth > 0 {
                base = base.doubled(SPACING * WINDOW);
            }
            table.fill(&base);
        }
        comb
    }

    /// The product of the point and the scalar of each lane. No branch and no address depends on a digit.
    #[inline(always)]
    pub(super) fn multiply(&self, scalars: &Digits) -> Extended<F> {
        sum_of_digits(&self.0, SPACING, |tooth, at| scalars.digit(tooth * SPACING + at))
    }
}
