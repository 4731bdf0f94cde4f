//! What each step costs: `cargo test --release -p pilookup-core cost_of_each_step -- --ignored --nocapture`.

use std::{hint::black_box, time::Instant};

use curve25519_dalek::{RistrettoPoint, Scalar};

use super::{
    super::{bytes, decode, elligator, encode, multiply},
    Kernel, LANES, kernel,
};

/// Runs of which the quickest counts: on a shared machine the others tell of the neighbours.
const RUNS: usize = 40;

/// Prints nanoseconds a lane or point; `each` does `count` of them.
fn report(what: &str, count: usize, mut each: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        for _ in 0..10 {
            each();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{what:<34}{:>10.2} ns", best * 1e9 / f64::from(u32::try_from(10 * count).unwrap()));
}

fn uniform() -> [[u8; 64]; LANES] {
    std::array::from_fn(|i| std::array::from_fn(|j| u8::try_from((i * 64 + j * 37) % 251).unwrap()))
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn field_operations(kernel: Kernel) {
    let uniform = uniform();
    let [x, y] = bytes::read_halves(kernel, &uniform.each_ref());
    let (mut chains, y) = ([x; 4], black_box(y));
    let mut hundred = |what: &str, count: usize, squaring: bool| {
        report(what, 100 * count * LANES, || {
            for _ in 0..100 {
                for x in &mut chains[..count] {
                    *x = if squaring { x.squared() } else { x.multiply(&y) };
                }
            }
        });
    };
    hundred("multiplication, one chain", 1, false);
    hundred("multiplication, four chains", 4, false);
    hundred("squaring, one chain", 1, true);
    hundred("squaring, four chains", 4, true);
    black_box(chains);
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn point_operations(kernel: Kernel) {
    let uniform = uniform();
    let uniform = uniform.each_ref();
    let digits = multiply::Digits::of_one(&-Scalar::ONE.div_by_2());
    let mut table = multiply::Table::new(kernel);
    let mut point = elligator::derive(kernel, &uniform);
    let mut base = point.projective();
    report("map to group", LANES, || point = elligator::derive(kernel, black_box(&uniform)));
    report("doubling", LANES, || base = base.double().projective());
    let cached = point.cached();
    report("addition", LANES, || point = point.add(black_box(&cached)).extended());
    report("multiplication by a scalar", LANES, || point = table.multiply(&point, &digits));
    let points = [point; 8];
    report("encoding of 64 doubles", 64, || drop(black_box(encode::encode_doubles(kernel, black_box(&points)))));
    let rows = encode::encode_doubles(kernel, &points[..2]);
    let eights = [rows[0].each_ref(), rows[1].each_ref()];
    report("decoding of 16", 16, || {
        black_box(decode::decode(kernel, black_box(&eights)));
    });
    black_box(base);
}

fn dalek() {
    let uniform = uniform()[0];
    let scalar = -Scalar::ONE.div_by_2();
    let mut point = RistrettoPoint::from_uniform_bytes(&uniform);
    report("dalek: map to group", 1, || point = RistrettoPoint::from_uniform_bytes(black_box(&uniform)));
    report("dalek: multiplication by a scalar", 1, || point *= scalar);
    let points = [point; 64];
    let encode = || drop(black_box(RistrettoPoint::double_and_compress_batch(black_box(&points))));
    report("dalek: encoding of 64 doubles", 64, encode);
    let encoded = point.compress();
    report("dalek: decoding", 1, || point = black_box(encoded).decompress().unwrap());
}

#[test]
#[ignore = "a measurement"]
fn cost_of_each_step() {
    let Some(kernel) = kernel() else { return };
    // SAFETY: a `Kernel` is the proof that the instructions exist.
    unsafe {
        field_operations(kernel);
        point_operations(kernel);
    }
    dalek();
}
