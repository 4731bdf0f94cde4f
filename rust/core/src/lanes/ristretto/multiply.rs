//! Points times secret scalars, eight at once, and sums of such products.
//!
//! A scalar is cut into 64 signed digits of radix 16, each from -8 to 8. A table holds the multiples 1 to 8 of every
//! point, lane by lane; then the road is the same for all scalars: four doublings and an addition a digit, the addend
//! chosen by a scan of the whole table under masks. No branch and no address depends on a digit.

use curve25519_dalek::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    Kernel, LANES,
    point::{Cached, Extended},
    vector::Vector,
};

/// Bits of a digit.
const WINDOW: usize = 4;
/// Digits of a scalar below 2^255.
const DIGITS: usize = 64;
/// The largest digit, and so the largest multiple that a table holds.
const MULTIPLES: usize = 1 << (WINDOW - 1);

/// A scalar a lane as signed digits of radix 16, the lowest first.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Digits([[i8; LANES]; DIGITS]);

impl Digits {
    /// The same scalar in every lane.
    pub(super) fn of_one(scalar: &Scalar) -> Self {
        Self(recode(scalar).map(|digit| [digit; LANES]))
    }

    /// A scalar for each lane.
    pub(super) fn of_each(scalars: [&Scalar; LANES]) -> Self {
        let mut digits = Self([[0; LANES]; DIGITS]);
        for (lane, scalar) in scalars.into_iter().enumerate() {
            for (digit, own) in digits.0.iter_mut().zip(recode(scalar).iter()) {
                digit[lane] = *own;
            }
        }
        digits
    }

    /// Makes the scalars of the last `count` lanes zero.
    pub(super) fn clear_last(&mut self, count: usize) {
        for digit in &mut self.0 {
            digit[LANES - count..].fill(0);
        }
    }
}

/// The digits of a reduced scalar, without a branch. Being below 2^253 it leaves no carry at the end.
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

/// The sum over all eights of each lane's point times its scalar, lane by lane: the doublings are done once for all.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn sum_of_products(kernel: Kernel, points: &[Extended], scalars: &[Digits]) -> Extended {
    let mut tables = Vec::with_capacity(points.len());
    for point in points {
        let mut table = Table::new(kernel);
        table.fill(point);
        tables.push(table);
    }
    let mut sum = Extended::identity(kernel);
    for at in (0..DIGITS).rev() {
        let mut base = sum.projective();
        for _ in 1..WINDOW {
            base = base.double().projective();
        }
        sum = base.double().extended();
        for (table, scalars) in tables.iter().zip(scalars) {
            sum = sum.add(&table.select(scalars.0[at])).extended();
        }
    }
    sum
}

/// The multiples 1 to 8 of eight points. Made once for many points, one after another, and cleared at the end.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Table([Cached; MULTIPLES]);

impl Table {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self([Cached::identity(kernel); MULTIPLES])
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    fn fill(&mut self, point: &Extended) {
        let mut points = Zeroizing::new([*point; MULTIPLES / 2 + 1]);
        self.0[0] = point.cached();
        for n in 2..=MULTIPLES {
            // An even multiple is a double, an odd one is one more than the last.
            let next = if n % 2 == 0 { points[n / 2].projective().double() } else { points[0].add(&self.0[n - 2]) };
            let next = next.extended();
            self.0[n - 1] = next.cached();
            if let Some(place) = points.get_mut(n) {
                *place = next;
            }
        }
    }

    /// In each lane the multiple by that lane's digit.
    #[inline(always)]
    fn select(&self, digits: [i8; LANES]) -> Cached {
        let kernel = self.0[0].t.kernel();
        let digits = Vector::widen(kernel, digits);
        let magnitude = digits.abs();
        let mut chosen = Cached::identity(kernel);
        for (multiple, n) in self.0.iter().zip(1..) {
            chosen = Cached::select(magnitude.equals(Vector::splat(kernel, n)), multiple, &chosen);
        }
        chosen.negate_where(digits.is_negative())
    }

    /// The product of each lane's point and scalar.
    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
    pub(super) fn multiply(&mut self, point: &Extended, scalars: &Digits) -> Extended {
        self.fill(point);
        let mut product = Extended::identity(point.x.kernel()).add(&self.select(scalars.0[DIGITS - 1]));
        for digits in scalars.0[..DIGITS - 1].iter().rev() {
            for _ in 1..WINDOW {
                product = product.projective().double();
            }
            product = product.projective().double().extended().add(&self.select(*digits));
        }
        product.extended()
    }
}
