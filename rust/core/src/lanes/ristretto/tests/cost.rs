use std::{hint::black_box, time::Instant};

use curve25519_dalek::{RistrettoPoint, Scalar};

use super::super::{Kernel, LANES, bytes, decode, elligator, encode, multiply, root};

fn median(mut run: impl FnMut(), per: f64) -> f64 {
    let mut times: Vec<f64> = (0..40)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e9 / per
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[0]
}

#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn measure(kernel: Kernel) {
    let uniform: [[u8; 64]; LANES] = std::array::from_fn(|i| std::array::from_fn(|j| (i * 64 + j * 37) as u8));
    let uniform = uniform.each_ref();
    let mut x = [bytes::read_halves(kernel, &uniform)[0]; 4];
    let y = black_box(bytes::read_halves(kernel, &uniform)[1]);
    let n = 2000;
    let lane = (n * LANES) as f64;
    println!(
        "mul chain      {:.3} ns a lane",
        median(
            || for _ in 0..n {
                x[0] = x[0].multiply(&y)
            },
            lane
        )
    );
    println!(
        "mul 4 chains   {:.3}",
        median(
            || for _ in 0..n {
                for x in &mut x {
                    *x = x.multiply(&y)
                }
            },
            4.0 * lane
        )
    );
    println!(
        "sqr chain      {:.3}",
        median(
            || for _ in 0..n {
                x[0] = x[0].squared()
            },
            lane
        )
    );
    println!(
        "sqr 4 chains   {:.3}",
        median(
            || for _ in 0..n {
                for x in &mut x {
                    *x = x.squared()
                }
            },
            4.0 * lane
        )
    );
    black_box(x);
    let n = 30;
    let lane = (n * LANES) as f64;
    let mut p = elligator::derive(kernel, &uniform);
    println!(
        "derive         {:.1} ns an element",
        median(
            || for _ in 0..n {
                black_box(elligator::derive(kernel, black_box(&uniform)));
            },
            lane
        )
    );
    let mut q = p.projective();
    println!(
        "double         {:.2}",
        median(
            || for _ in 0..n * 10 {
                q = q.double().projective()
            },
            10.0 * lane
        )
    );
    black_box(q);
    let digits = multiply::Digits::of_one(&-Scalar::ONE.div_by_2());
    let mut table = multiply::Table::new(kernel);
    println!(
        "multiply       {:.1}",
        median(
            || for _ in 0..n {
                p = table.multiply(&p, &digits)
            },
            lane
        )
    );
    let points = [p; 8];
    println!(
        "encode 64      {:.1}",
        median(
            || for _ in 0..n {
                black_box(encode::encode_doubles(kernel, black_box(&points)));
            },
            8.0 * lane
        )
    );
    let rows = encode::encode_doubles(kernel, &[p, p]);
    let rows = [rows[0].each_ref(), rows[1].each_ref()];
    println!(
        "decode 16      {:.1}",
        median(
            || for _ in 0..n {
                black_box(decode::decode(kernel, black_box(&rows)));
            },
            2.0 * lane
        )
    );
    println!(
        "invert         {:.1}",
        median(
            || for _ in 0..n {
                black_box(root::invert(black_box(&y)));
            },
            lane
        )
    );
    let mut d = RistrettoPoint::from_uniform_bytes(uniform[0]);
    let s = -Scalar::ONE.div_by_2();
    println!(
        "dalek derive   {:.1}",
        median(
            || for _ in 0..n {
                black_box(RistrettoPoint::from_uniform_bytes(black_box(uniform[0])));
            },
            n as f64
        )
    );
    println!(
        "dalek multiply {:.1}",
        median(
            || for _ in 0..n {
                d = d * s
            },
            n as f64
        )
    );
    let points = [d; 64];
    println!(
        "dalek encode64 {:.1}",
        median(
            || for _ in 0..2 {
                black_box(RistrettoPoint::double_and_compress_batch(black_box(&points)));
            },
            2.0 * 64.0
        )
    );
}

#[test]
#[ignore = "a measurement"]
fn cost_of_each_step() {
    let Some(kernel) = Kernel::detect() else { return };
    unsafe { measure(kernel) }
}
