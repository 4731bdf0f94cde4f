//! Compares the kernel with curve25519-dalek on one thread: `cargo bench -p pilookup-core`.
//!
//! A process reads its backend once, so every measurement runs in a child process, and the backends alternate. Prints
//! the median time over the rounds, and the median of the ratios within each round, which a busy machine disturbs less
//! than the times.

use std::{env, hint::black_box, process::Command, time::Instant};

use pilookup_core::{
    Mode, SecretKey,
    oprf::{self, voprf},
};

const ROUNDS: usize = 7;
/// The others are compared with the last one.
const BACKENDS: [&str; 3] = ["avx512ifma", "avx2", "dalek"];
/// The minimum duration of a measurement, in seconds.
const LEAST: f64 = 0.2;

fn numbers(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| format!("tel:+8613{i:09}").into_bytes()).collect()
}

/// Nanoseconds per element in the fastest run.
fn time<T>(count: usize, mut run: impl FnMut() -> T) -> f64 {
    let (begun, mut best) = (Instant::now(), f64::MAX);
    while begun.elapsed().as_secs_f64() < LEAST {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / f64::from(u32::try_from(count).unwrap())
}

fn measure() -> Vec<(String, f64)> {
    pilookup_core::set_threads(1).unwrap();
    let key = SecretKey::generate().unwrap();
    let mut results = Vec::new();
    // One chunk of the pool: short enough that some runs are not disturbed.
    let bulk_size = 64;
    let inputs = numbers(bulk_size);
    let elements = oprf::tokenise(&inputs, &key).unwrap();
    results.push(("tokenise".to_owned(), time(bulk_size, || oprf::tokenise(&inputs, &key).unwrap())));
    results.push(("shift".to_owned(), time(bulk_size, || oprf::shift(&elements, &key).unwrap())));
    for count in [1, 2, 3, 4, 8, 16, 64] {
        let (inputs, elements) = (&inputs[..count], &elements[..32 * count]);
        let (blinds, blinded) = voprf::blind(inputs, Mode::Voprf).unwrap();
        let (evaluated, proof) = voprf::evaluate_and_prove(&blinded, &key).unwrap();
        let public = key.public();
        let mut add = |what: &str, nanoseconds| results.push((format!("{what}, {count}"), nanoseconds));
        add("evaluate", time(count, || voprf::evaluate(elements, &key).unwrap()));
        add("evaluate and prove", time(count, || voprf::evaluate_and_prove(elements, &key).unwrap()));
        add("evaluate and prove each", time(count, || voprf::evaluate_and_prove_each(elements, &key).unwrap()));
        add("verify", time(count, || voprf::verify(&public, &blinded, &evaluated, &proof).unwrap()));
        add("blind", time(count, || voprf::blind(inputs, Mode::Voprf).unwrap().1));
        add("unblind", time(count, || voprf::unblind(&blinds, &evaluated).unwrap()));
    }
    results
}

/// Measures a backend in a child process. `None` if the machine lacks its instructions.
fn run(backend: &str) -> Option<Vec<(String, f64)>> {
    let mut child = Command::new(env::current_exe().unwrap());
    let output = child.arg("--child").env("PILOOKUP_BACKEND", backend).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("lacks the instructions") {
        return None;
    }
    assert!(output.status.success(), "{backend}: {error}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once('\t').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    Some(lines.lines().map(pair).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    if env::args().any(|argument| argument == "--child") {
        for (name, nanoseconds) in measure() {
            println!("{name}\t{nanoseconds}");
        }
        return;
    }
    let rounds: Vec<Vec<_>> =
        (0..ROUNDS).map(|_| BACKENDS.iter().filter_map(|backend| Some((*backend, run(backend)?))).collect()).collect();
    let present: Vec<&str> = rounds[0].iter().map(|(backend, _)| *backend).collect();
    let dalek = present.len() - 1;
    print!("{:<26}", "ns per element");
    for backend in &present {
        print!("{backend:>20}");
    }
    println!();
    for (i, (name, _)) in rounds[0][0].1.iter().enumerate() {
        print!("{name:<26}");
        for backend in 0..present.len() {
            let of = |round: &[(&str, Vec<(String, f64)>)], backend: usize| round[backend].1[i].1;
            let time = median(rounds.iter().map(|round| of(round, backend)).collect());
            let ratio = median(rounds.iter().map(|round| of(round, dalek) / of(round, backend)).collect());
            print!("{time:>12.0} ({ratio:>4.2}x)");
        }
        println!();
    }
}
