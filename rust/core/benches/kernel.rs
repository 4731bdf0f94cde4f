//! The kernel beside curve25519-dalek on one thread: `cargo bench -p pilookup-core`.
//!
//! A process reads its backend once, so every measurement is a child of this one, and the two take turns. Medians of the rounds,
//! and the ratio of each round's pair, which a busy machine disturbs less than the times.

use std::{env, hint::black_box, process::Command, time::Instant};

use pilookup_core::{Mode, SecretKey, bulk, voprf};

const ROUNDS: usize = 7;
const BACKENDS: [&str; 2] = ["lanes", "dalek"];
/// Repeated until this long has passed, in seconds.
const LEAST: f64 = 0.2;

fn numbers(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| format!("tel:+8613{i:09}").into_bytes()).collect()
}

/// Nanoseconds an element of the quickest of the runs.
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
    // One chunk of the pool: short enough to be measured undisturbed now and then.
    let bulk_size = 64;
    let inputs = numbers(bulk_size);
    let elements = bulk::tokenise(&inputs, &key).unwrap();
    results.push(("tokenise".to_owned(), time(bulk_size, || bulk::tokenise(&inputs, &key).unwrap())));
    results.push(("shift".to_owned(), time(bulk_size, || bulk::shift(&elements, &key).unwrap())));
    for count in [1, 2, 3, 4, 8, 16, 64] {
        let (inputs, elements) = (&inputs[..count], &elements[..32 * count]);
        let (blinds, blinded) = voprf::blind(inputs, Mode::Voprf).unwrap();
        let (evaluated, proof) = voprf::evaluate_and_prove(&blinded, &key).unwrap();
        let public = key.public();
        let mut add = |what: &str, nanoseconds| results.push((format!("{what}, {count}"), nanoseconds));
        add("evaluate", time(count, || voprf::evaluate(elements, &key).unwrap()));
        add("evaluate and prove", time(count, || voprf::evaluate_and_prove(elements, &key).unwrap()));
        add("verify", time(count, || voprf::verify(&public, &blinded, &evaluated, &proof).unwrap()));
        add("blind", time(count, || voprf::blind(inputs, Mode::Voprf).unwrap().1));
        add("unblind", time(count, || voprf::unblind(&blinds, &evaluated).unwrap()));
    }
    results
}

/// One round of one backend in a process of its own.
fn round(backend: &str) -> Vec<(String, f64)> {
    let mut child = Command::new(env::current_exe().unwrap());
    let output = child.arg("--child").env("PILOOKUP_BACKEND", backend).output().unwrap();
    assert!(output.status.success(), "{backend}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once('\t').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    lines.lines().map(pair).collect()
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
    let rounds: Vec<[_; 2]> = (0..ROUNDS).map(|_| BACKENDS.map(round)).collect();
    println!("{:<26}{:>12}{:>12}{:>9}", "ns an element", BACKENDS[0], BACKENDS[1], "ratio");
    for (i, (name, _)) in rounds[0][0].iter().enumerate() {
        let of = |backend: usize| median(rounds.iter().map(|round| round[backend][i].1).collect());
        let ratio = median(rounds.iter().map(|[lanes, dalek]| dalek[i].1 / lanes[i].1).collect());
        println!("{name:<26}{:>12.0}{:>12.0}{ratio:>9.2}", of(0), of(1));
    }
}
