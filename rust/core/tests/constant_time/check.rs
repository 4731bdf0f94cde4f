//! Compares the traces of a subject.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    process::ExitCode,
};

use crate::{
    subjects::{Expected, SECRETS, SUBJECTS, Subject},
    trace::{Step, Traced},
};

/// The backends that this machine has. Reports those that are missing.
fn backends() -> Vec<&'static str> {
    let avx512 = is_x86_feature_detected!("avx512ifma") && is_x86_feature_detected!("avx512dq");
    let all = [("avx512ifma", avx512), ("avx2", is_x86_feature_detected!("avx2")), ("dalek", true)];
    for (missing, _) in all.iter().filter(|(_, present)| !present) {
        println!("constant_time: this machine does not have {missing}, which is not traced");
    }
    all.iter().filter(|(_, present)| *present).map(|(name, _)| *name).collect()
}

/// Checks every subject whose name contains one of `filters`, or all subjects if there are no filters.
pub(crate) fn all(filters: &[String]) -> ExitCode {
    let skipped = filters.windows(2).any(|pair| pair == ["--skip", "constant_time"]);
    if skipped || filters.iter().any(|filter| filter == "--ignored") {
        return ExitCode::SUCCESS;
    }
    let names: Vec<_> = filters.iter().filter(|filter| !filter.starts_with('-')).collect();
    let wanted = |subject: &&Subject| names.is_empty() || names.iter().any(|name| subject.name.contains(name.as_str()));
    let present = backends();
    let mut failed = false;
    for subject in SUBJECTS.iter().filter(wanted) {
        let backends = subject.backends.iter().filter(|backend| present.contains(backend));
        let right: Vec<bool> = std::thread::scope(|scope| {
            let checks: Vec<_> = backends.map(|backend| scope.spawn(|| check(subject, backend))).collect();
            checks.into_iter().map(|check| check.join().expect("a check does not panic")).collect()
        });
        failed |= right.contains(&false);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// How often a subject is traced with each secret before its check fails.
const ROUNDS: usize = 40;

/// Prints what the traces show. Returns whether that is what the subject expects.
fn check(subject: &Subject, backend: &str) -> bool {
    let (mut traced, mut seen) = (Traced::start(subject, backend), Seen::default());
    for round in 1..=ROUNDS {
        if let Some((found, text)) = seen.add(traced.round()) {
            let right = found == subject.expected;
            let outcome = if right { "ok" } else { "FAILED" };
            println!("constant_time: {} on {backend}, round {round}: {text}, {outcome}", subject.name);
            return right;
        }
    }
    println!("constant_time: {} on {backend}: FAILED, no two traces are alike in {ROUNDS} rounds", subject.name);
    false
}

/// The traces of a subject so far, for each secret.
///
/// Tracing is disturbed now and then on virtual machines: a trap is lost, or the traced copy crashes. A disturbed trace
/// differs from any other, so only traces that are alike tell anything. If a trace with one secret is like a trace with
/// the other, it does not depend on the secret. If that is not so, but each secret has given the same trace twice, it
/// does.
#[derive(Default)]
struct Seen {
    hashes: [HashSet<u64>; SECRETS],
    repeated: [Option<Vec<Step>>; SECRETS],
}

impl Seen {
    /// Adds a trace for each secret. Returns what all traces show, as soon as they show it.
    fn add(&mut self, traces: [Option<Vec<Step>>; SECRETS]) -> Option<(Expected, String)> {
        for (secret, trace) in traces.into_iter().enumerate() {
            let Some(trace) = trace else { continue };
            let mut hasher = DefaultHasher::new();
            trace.hash(&mut hasher);
            let is_new = self.hashes[secret].insert(hasher.finish());
            if self.hashes.iter().all(|hashes| hashes.contains(&hasher.finish())) {
                return Some((
                    Expected::Nothing,
                    format!("{SECRETS} secrets, {} instructions, one trace", trace.len()),
                ));
            }
            if !is_new {
                self.repeated[secret] = Some(trace);
            }
        }
        let [Some(one), Some(other)] = &self.repeated else { return None };
        if let Some(at) = parting(one, other, |step| step.0) {
            return Some((Expected::Path, format!("the path shows the secret at instruction {at}")));
        }
        let at = parting(one, other, |step| step.1).expect("traces that are alike are seen above");
        Some((Expected::AddressesAlone, format!("the addresses show the secret at instruction {at}")))
    }
}

/// The index of the first step at which two traces differ.
fn parting(one: &[Step], other: &[Step], of: fn(&Step) -> u32) -> Option<usize> {
    let differ = one.iter().zip(other).position(|(one, other)| of(one) != of(other));
    differ.or((one.len() != other.len()).then(|| one.len().min(other.len())))
}
