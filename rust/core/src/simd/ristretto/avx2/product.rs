//! Products and squares, which take almost all of the time.
//!
//! The product of limbs i and j is added to column i + j, or 19-fold to column i + j - 10. The product of two limbs of
//! odd index counts twice, because both weights are rounded up. Rows are computed one after another, with a limb of the
//! first factor and all columns in registers, and the second factor in memory: there are only sixteen registers.

use super::{
    super::{arithmetic::Wide as _, constants::FOLD, vector::Vector as _},
    Vector,
    representation::{Field, LIMBS, Wide},
};

/// Functions that are not inlined into their callers. Formulas with inlined products would not fit the instruction
/// cache. Also, a compiler that sees where the limbs come from proves that their upper halves are zero and removes the
/// masks, and then multiplies the upper halves as well.
macro_rules! apart {
    ($name:ident, ($($argument:ident),*) -> $result:ty, $body:expr) => {
        // This function is not compiled for the instructions, so the inner function cannot be inlined into it.
        #[inline(never)]
        pub(super) fn $name($($argument: &Field),*) -> $result {
            #[target_feature(enable = "avx2")]
            fn compiled($($argument: &Field),*) -> $result {
                $body
            }
            // SAFETY: a field element exists only if the machine has the instructions.
            unsafe { compiled($($argument),*) }
        }
    };
}

apart!(product, (x, y) -> Wide, rows_of_product(&x.0, &y.0));
apart!(square, (x) -> Wide, rows_of_square(&x.0));
apart!(carried_product, (x, y) -> Field, rows_of_product(&x.0, &y.0).carry());
apart!(carried_square, (x) -> Field, rows_of_square(&x.0).carry());

/// Adds up all rows. `$row` is a function that is generic over the index of the row.
macro_rules! rows {
    ($row:ident, $x:expr $(, $more:expr)+) => {{
        let mut columns = [Vector::splat($x[0].proof(), 0); LIMBS];
        $row::<0>(&mut columns, $x $(, $more)+);
        $row::<1>(&mut columns, $x $(, $more)+);
        $row::<2>(&mut columns, $x $(, $more)+);
        $row::<3>(&mut columns, $x $(, $more)+);
        $row::<4>(&mut columns, $x $(, $more)+);
        $row::<5>(&mut columns, $x $(, $more)+);
        $row::<6>(&mut columns, $x $(, $more)+);
        $row::<7>(&mut columns, $x $(, $more)+);
        $row::<8>(&mut columns, $x $(, $more)+);
        $row::<9>(&mut columns, $x $(, $more)+);
        Wide(columns)
    }};
}

/// The product. Each column sums ten products of a limb and a limb, up to 38 times: column 0, the largest, is below
/// 125 * 2^52 < 2^59.
#[inline(always)]
fn rows_of_product(x: &[Vector; LIMBS], y: &[Vector; LIMBS]) -> Wide {
    let y_19 = nineteen_times(y, 1);
    rows!(product_row, x, y, &y_19)
}

/// The square, with the bounds of the product. Products of two different limbs are taken once and doubled.
#[inline(always)]
fn rows_of_square(x: &[Vector; LIMBS]) -> Wide {
    let x_19 = nineteen_times(x, LIMBS / 2);
    rows!(square_row, x, &x_19)
}

/// The limbs from index `first` on, times 19, which is below 2^31. The other limbs are not used 19-fold.
#[inline(always)]
fn nineteen_times(limbs: &[Vector; LIMBS], first: usize) -> [Vector; LIMBS] {
    let nineteen = Vector::splat(limbs[0].proof(), FOLD);
    let mut multiples = *limbs;
    for limb in &mut multiples[first..] {
        *limb = limb.multiply(nineteen);
    }
    multiples
}

/// Adds the products of limb `I` of `x` to a product.
#[inline(always)]
fn product_row<const I: usize>(
    columns: &mut [Vector; LIMBS],
    x: &[Vector; LIMBS],
    y: &[Vector; LIMBS],
    y_19: &[Vector; LIMBS],
) {
    let (once, twice) = (x[I], x[I] + x[I]);
    for j in 0..LIMBS {
        let factor = if I % 2 == 1 && j % 2 == 1 { twice } else { once };
        let column = &mut columns[(I + j) % LIMBS];
        let other = if I + j < LIMBS { &y[j] } else { &y_19[j] };
        *column = if I == 0 { factor.multiply(*other) } else { column.plus_product(factor, other) };
    }
}

/// Adds the products of limb `I` of `x` with itself and the limbs above it to a square.
#[inline(always)]
fn square_row<const I: usize>(columns: &mut [Vector; LIMBS], x: &[Vector; LIMBS], x_19: &[Vector; LIMBS]) {
    let (once, twice) = (x[I], x[I] + x[I]);
    let four_times = twice + twice;
    for j in I..LIMBS {
        let factor = match (I == j, I % 2 == 1 && j % 2 == 1) {
            (true, false) => once,
            (true, true) | (false, false) => twice,
            (false, true) => four_times,
        };
        let column = &mut columns[(I + j) % LIMBS];
        *column = *column + factor.multiply(if I + j < LIMBS { x[j] } else { x_19[j] });
    }
}
