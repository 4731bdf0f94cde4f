//! Points that are multiplied by several secret scalars each, or that are known beforehand.
//!
//! A scalar's digits are cut into [`TEETH`] parts, and a table made for the point at the start of each part, so that the
//! doublings of all parts are done once: a product takes a [`TEETH`]th of them. What is saved pays for the doublings that
//! lead to the tables from the second product on.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    arithmetic::Field,
    multiply::{DIGITS, Digits, Table, WINDOW, sum_of_digits},
    point::Extended,
};

/// Parts of a scalar: with eight, the tables no longer fit the cache (docs/adr/0011).
const TEETH: usize = 4;
/// Digits of a part.
const SPACING: usize = DIGITS / TEETH;

/// A table for each part, of the multiples of a point a lane.
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

    /// The product of each lane's point and scalar. No branch and no address depends on a digit.
    #[inline(always)]
    pub(super) fn multiply(&self, scalars: &Digits) -> Extended<F> {
        sum_of_digits(&self.0, SPACING, |tooth, at| scalars.digit(tooth * SPACING + at))
    }
}
