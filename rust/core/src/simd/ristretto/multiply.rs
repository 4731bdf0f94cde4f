//! Products of points and secret scalars, one per lane, and sums of such products.
//!
//! A scalar is written as 64 signed digits of radix 16, each from -8 to 8. A table contains the multiples 1 to 8 of
//! every point, lane by lane. The steps are then the same for all scalars: four doublings and an addition per digit,
//! with the addend selected by reading the whole table under masks. No branch and no address depends on a digit.

use curve25519_dalek::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    arithmetic::{Field, Lanes, MOST_LANES},
    point::{Cached, Completed, Extended, PointIn},
};

/// The number of bits of a digit.
pub(super) const WINDOW: usize = 4;
/// The number of digits of a scalar below 2^255.
pub(super) const DIGITS: usize = 64;
/// The largest digit, which is also the largest multiple in a table.
const MULTIPLES: usize = 1 << (WINDOW - 1);

/// One digit per lane: its magnitude, and 1 if it is negative.
#[derive(Clone, Copy, Default, Zeroize)]
pub(super) struct Digit {
    magnitudes: [u8; MOST_LANES],
    negative: [u8; MOST_LANES],
}

/// One scalar per lane, as signed digits of radix 16, the lowest first.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Digits([Digit; DIGITS]);

impl Digits {
    /// The same scalar in every lane.
    pub(super) fn of_one(scalar: &Scalar) -> Self {
        Self::of_each(&[*scalar; MOST_LANES])
    }

    /// One scalar for each lane; the lanes after the last scalar have zero.
    pub(super) fn of_each(scalars: &[Scalar]) -> Self {
        let mut digits = Self([Digit::default(); DIGITS]);
        for (lane, scalar) in scalars.iter().enumerate() {
            for (digit, own) in digits.0.iter_mut().zip(recode(scalar).iter()) {
                digit.magnitudes[lane] = own.unsigned_abs();
                digit.negative[lane] = own.cast_unsigned() >> 7;
            }
        }
        digits
    }

    pub(super) fn digit(&self, at: usize) -> &Digit {
        &self.0[at]
    }
}

/// The digits of a reduced scalar, computed without a branch. The scalar is below 2^253, so no carry remains at the
/// end.
fn recode(scalar: &Scalar) -> Zeroizing<[i8; DIGITS]> {
    let mut digits = Zeroizing::new([0; DIGITS]);
    let mut carry = 0;
    for (i, byte) in scalar.as_bytes().iter().enumerate() {
        for (j, nibble) in [byte & 15, byte >> 4].into_iter().enumerate() {
            let sum = nibble.cast_signed() + carry;
            carry = (sum + 8) >> WINDOW;
            digits[2 * i + j] = sum - (carry << WINDOW);
        }
    }
    debug_assert_eq!(carry, 0, "a scalar must be below 2^255");
    digits
}

/// The sum over all batches of the point times the scalar of each lane. The result is in every lane, and the doublings
/// are done once for all.
#[inline(always)]
pub(super) fn sum_of_products<L: Lanes>(lanes: L, points: &[PointIn<L>], scalars: &[Digits]) -> PointIn<L> {
    let mut tables = Vec::with_capacity(points.len());
    for point in points {
        let mut table = Table::new(lanes);
        table.fill(point);
        tables.push(table);
    }
    sum_of_digits(&tables, DIGITS, |index, at| scalars[index].digit(at)).sum_lanes()
}

/// The sum over all tables of the point times a number of `digits` digits, in each lane. `digit(index, at)` is digit
/// `at` of the number for table `index`. The doublings are done once for all.
#[inline(always)]
pub(super) fn sum_of_digits<'a, F: Field>(
    tables: &[Table<F>],
    digits: usize,
    digit: impl Fn(usize, usize) -> &'a Digit,
) -> Extended<F> {
    let mut sum = Extended::identity(tables[0].0[0].t.lanes());
    for at in (0..digits).rev() {
        if at + 1 < digits {
            sum = sum.doubled(WINDOW);
        }
        for (index, table) in tables.iter().enumerate() {
            sum = sum.add(&table.select(digit(index, at))).extended();
        }
    }
    sum
}

/// The multiples 1 to 8 of one point per lane. The memory can be filled for one point after another, and is cleared
/// when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Table<F: Field>([Cached<F>; MULTIPLES]);

impl<F: Field> Table<F> {
    pub(super) fn new(lanes: F::Lanes) -> Self {
        Self([Cached::identity(lanes); MULTIPLES])
    }

    #[inline(always)]
    pub(super) fn fill(&mut self, point: &Extended<F>) {
        let mut points = Zeroizing::new([*point; MULTIPLES / 2 + 1]);
        self.0[0] = point.cached();
        for n in 2..=MULTIPLES {
            // An even multiple is a double; an odd one is the previous one plus the point.
            let next = if n % 2 == 0 { points[n / 2].projective().double() } else { points[0].add(&self.0[n - 2]) };
            let next = next.extended();
            self.0[n - 1] = next.cached();
            if let Some(multiple) = points.get_mut(n) {
                *multiple = next;
            }
        }
    }

    /// The multiple of the point of each lane by the digit of the lane.
    #[inline(always)]
    fn select(&self, digit: &Digit) -> Cached<F> {
        let chosen = Cached {
            sum: self.choose(digit, |multiple| &multiple.sum),
            difference: self.choose(digit, |multiple| &multiple.difference),
            t: self.choose(digit, |multiple| &multiple.t),
            z: self.choose(digit, |multiple| &multiple.z),
        };
        signed(&chosen, digit)
    }

    /// One coordinate of the multiple by the magnitude of the digit of each lane. The coordinate of every multiple is
    /// read.
    #[inline(always)]
    fn choose(&self, digit: &Digit, coordinate: impl Fn(&Cached<F>) -> &F) -> F {
        let lanes = self.0[0].t.lanes();
        let mut chosen = *coordinate(&Cached::identity(lanes));
        for (multiple, n) in self.0.iter().zip(1..) {
            chosen = F::select(lanes.equal(digit.magnitudes, n), coordinate(multiple), &chosen);
        }
        chosen
    }

    /// The product of the point and the scalar of each lane.
    #[inline(always)]
    pub(super) fn multiply(&mut self, point: &Extended<F>, scalars: &Digits) -> Extended<F> {
        self.fill(point);
        let mut product = Extended::identity(point.x.lanes()).add(&self.select(&scalars.0[DIGITS - 1]));
        for digit in scalars.0[..DIGITS - 1].iter().rev() {
            product = self.next(&product, digit);
        }
        product.extended()
    }

    /// [`WINDOW`] doublings and the addition of the multiple by a digit. One coordinate of the multiple is selected
    /// before each doubling: reading the table takes as long as half a doubling, and less if interleaved with
    /// arithmetic.
    #[inline(always)]
    fn next(&self, product: &Completed<F>, digit: &Digit) -> Completed<F> {
        let base = product.projective();
        let sum = self.choose(digit, |multiple| &multiple.sum);
        let base = base.double().projective();
        let difference = self.choose(digit, |multiple| &multiple.difference);
        let base = base.double().projective();
        let t = self.choose(digit, |multiple| &multiple.t);
        let base = base.double().projective();
        let z = self.choose(digit, |multiple| &multiple.z);
        base.double().extended().add(&signed(&Cached { sum, difference, t, z }, digit))
    }
}

/// The multiple by a digit, given the multiple by its magnitude.
#[inline(always)]
fn signed<F: Field>(multiple: &Cached<F>, digit: &Digit) -> Cached<F> {
    multiple.negate_where(multiple.t.lanes().equal(digit.negative, 1))
}
