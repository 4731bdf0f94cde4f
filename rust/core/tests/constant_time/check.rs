//! Compares the traces of a subject.

use std::process::ExitCode;

use crate::{
    subjects::{Expected, SUBJECTS, Subject},
    trace::{Step, traces},
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

/// How often a subject is traced before its check fails.
///
/// Tracing is disturbed now and then on virtual machines (a trap is lost, a process crashes), and a disturbed trace
/// differs from any other. Code that does depend on a secret gives different traces for different secrets every time,
/// so one attempt with equal traces shows that it does not, and repeating hides nothing.
const ATTEMPTS: usize = 20;

/// Prints what the traces show. Returns whether that is what the subject expects.
fn check(subject: &Subject, backend: &str) -> bool {
    for attempt in 1..=ATTEMPTS {
        let Some(traces) = traces(subject, backend) else { continue };
        let (found, text) = verdict(&traces);
        let right = found == subject.expected;
        let outcome = if right { "ok" } else { "not as expected" };
        println!("constant_time: {} on {backend}, attempt {attempt}: {text}, {outcome}", subject.name);
        if right {
            return true;
        }
    }
    println!("constant_time: {} on {backend}: FAILED {ATTEMPTS} times", subject.name);
    false
}

fn verdict(traces: &[Vec<Step>]) -> (Expected, String) {
    let (first, rest) = traces.split_first().expect("more than one secret");
    assert!(!rest.is_empty(), "more than one secret");
    if let Some(at) = rest.iter().find_map(|other| parting(first, other, |step| step.0)) {
        return (Expected::Path, format!("the path shows the secret at instruction {at}"));
    }
    if let Some(at) = rest.iter().find_map(|other| parting(first, other, |step| step.1)) {
        return (Expected::AddressesAlone, format!("the addresses show the secret at instruction {at}"));
    }
    (Expected::Nothing, format!("{} secrets, {} instructions, one trace", traces.len(), first.len()))
}

/// The index of the first step at which two traces differ.
fn parting(one: &[Step], other: &[Step], of: fn(&Step) -> u32) -> Option<usize> {
    let differ = one.iter().zip(other).position(|(one, other)| of(one) != of(other));
    differ.or((one.len() != other.len()).then(|| one.len().min(other.len())))
}
