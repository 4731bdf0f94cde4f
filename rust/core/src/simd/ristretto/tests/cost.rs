//! Measures each step: `cargo test --release -p pilookup-core cost_of_each_step -- --ignored --nocapture`.

use std::{hint::black_box, time::Instant};

use curve25519_dalek::{RistrettoPoint, Scalar, traits::VartimeMultiscalarMul};

use super::{
    super::{
        arithmetic::Field,
        avx2::Avx2,
        avx512::Avx512,
        codec,
        dispatch::Dispatch,
        kernel::Instructions,
        multiply::{Digits, Table},
    },
    kernels,
};

/// The number of runs, of which the fastest counts: on a shared machine, other processes slow down the others.
const RUNS: usize = 40;

/// Prints nanoseconds per lane or point, of which the block computes `$count`. It is a macro because a closure that is
/// not inlined is not compiled for the instructions of its caller.
macro_rules! report {
    ($what:expr, $count:expr, $each:block) => {{
        let mut best = f64::MAX;
        for _ in 0..RUNS {
            let start = Instant::now();
            for _ in 0..10 {
                $each
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{:<34}{:>10.2} ns", $what, best * 1e9 / f64::from(u32::try_from(10 * $count).unwrap()));
    }};
}

fn uniform() -> [[u8; 64]; 8] {
    std::array::from_fn(|i| std::array::from_fn(|j| u8::try_from((i * 64 + j * 37) % 251).unwrap()))
}

#[inline(always)]
fn field_and_formulas<L: Dispatch>(lanes: L) {
    let [x, y] = codec::read_halves(lanes, &uniform());
    let y = black_box(y);
    let (mut one, mut four) = (x, [x; 4]);
    let hundred = 100 * L::COUNT;
    report!("multiplication, one chain", hundred, {
        for _ in 0..100 {
            one = one.multiply(&y);
        }
    });
    report!("squaring, one chain", hundred, {
        for _ in 0..100 {
            one = one.squared();
        }
    });
    report!("multiplication, four chains", 4 * hundred, {
        for _ in 0..100 {
            for x in &mut four {
                *x = x.multiply(&y);
            }
        }
    });
    report!("squaring, four chains", 4 * hundred, {
        for _ in 0..100 {
            for x in &mut four {
                *x = x.squared();
            }
        }
    });
    let mut point = lanes.derive(&uniform());
    let (mut base, cached) = (point.projective(), point.cached());
    report!("doubling", L::COUNT, {
        base = base.double().projective();
    });
    report!("addition", L::COUNT, {
        point = point.add(black_box(&cached)).extended();
    });
    black_box((one, four, base.x, point));
}

fn operations<L: Dispatch>(lanes: L) {
    let uniform = uniform();
    let digits = Digits::of_one(&-Scalar::ONE.div_by_2());
    let mut table = Table::new(lanes);
    let mut point = lanes.derive(&uniform);
    report!("map to group", L::COUNT, {
        point = lanes.derive(black_box(&uniform));
    });
    report!("multiplication by a scalar", L::COUNT, {
        point = lanes.multiply(&mut table, &point, &digits);
    });
    let mut comb = lanes.comb(&point);
    report!("comb of a point", L::COUNT, {
        comb = lanes.comb(black_box(&point));
    });
    report!("multiplication by a comb", L::COUNT, {
        black_box(lanes.multiply_comb(&comb, &digits));
    });
    let (points, mut rows) = (vec![point; 64 / L::COUNT], [[0; 32]; 64]);
    report!("encoding of 64 doubles", 64, {
        lanes.encode_doubles(black_box(&points), &mut rows);
    });
    let (first, rest) = rows.split_at(L::COUNT);
    report!("decoding of two", 2 * L::COUNT, {
        black_box(lanes.decode(&[first, black_box(&rest[..L::COUNT])]));
    });
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn on_avx512(lanes: Avx512) {
    field_and_formulas(lanes);
}

#[target_feature(enable = "avx2")]
fn on_avx2(lanes: Avx2) {
    field_and_formulas(lanes);
}

fn dalek() {
    let uniform = uniform()[0];
    let scalar = -Scalar::ONE.div_by_2();
    let mut point = RistrettoPoint::from_uniform_bytes(&uniform);
    report!("dalek: map to group", 1, {
        point = RistrettoPoint::from_uniform_bytes(black_box(&uniform));
    });
    report!("dalek: multiplication by a scalar", 1, {
        point *= scalar;
    });
    report!("dalek: multiplication of the generator", 1, {
        point = RistrettoPoint::mul_base(black_box(&scalar));
    });
    report!("dalek: one product in variable time", 1, {
        point = RistrettoPoint::vartime_multiscalar_mul([scalar], [point]);
    });
    report!("dalek: one product in variable time with G", 1, {
        point = RistrettoPoint::vartime_double_scalar_mul_basepoint(&scalar, &point, &Scalar::ZERO);
    });
    let points = [point; 64];
    let encode = || drop(black_box(RistrettoPoint::double_and_compress_batch(black_box(&points))));
    report!("dalek: encoding of 64 doubles", 64, {
        encode();
    });
    let encoded = point.compress();
    report!("dalek: decoding", 1, {
        let _ = black_box(black_box(encoded).decompress());
    });
}

#[test]
#[ignore = "a measurement"]
fn cost_of_each_step() {
    for kernel in kernels() {
        println!("{}", kernel.name());
        match kernel.0 {
            Instructions::Avx512(lanes) => {
                // SAFETY: a value of this type exists only if the machine has the instructions.
                unsafe { on_avx512(lanes) };
                operations(lanes);
            }
            Instructions::Avx2(lanes) => {
                // SAFETY: as above.
                unsafe { on_avx2(lanes) };
                operations(lanes);
            }
        }
    }
    dalek();
}
