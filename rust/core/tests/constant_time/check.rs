//! Comparing a subject's traces.

use std::process::ExitCode;

use crate::{
    subjects::{Expected, SUBJECTS, Subject, secrets},
    trace::{Step, finish, start},
};

/// Every backend a process can be told to use: what the machine has, and curve25519-dalek alone.
const BACKENDS: [&str; 2] = ["auto", "dalek"];

/// Checks every subject that one of `filters` is part of, or all of them.
pub(crate) fn all(filters: &[String]) -> ExitCode {
    if filters.iter().any(|filter| filter == "--ignored") {
        return ExitCode::SUCCESS;
    }
    let names: Vec<_> = filters.iter().filter(|filter| !filter.starts_with('-')).collect();
    let mut failed = false;
    for subject in SUBJECTS {
        if names.is_empty() || names.iter().any(|name| subject.name.contains(name.as_str())) {
            for backend in BACKENDS {
                failed |= !check(subject, backend);
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Says what the traces show, and whether that is as it should be.
fn check(subject: &Subject, backend: &str) -> bool {
    let Some(running) = secrets().iter().map(|secret| start(subject, secret, backend)).collect::<Option<Vec<_>>>()
    else {
        println!("constant_time: {} on {backend} SKIPPED, addresses cannot be fixed here", subject.name);
        return true;
    };
    let traces: Vec<_> = running.into_iter().map(finish).collect();
    let (found, text) = verdict(&traces);
    let right = found == subject.expected;
    let outcome = if right { "ok" } else { "FAILED" };
    println!("constant_time: {} on {backend}: {text}, {outcome}", subject.name);
    right
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

/// The first place where two traces part.
fn parting(one: &[Step], other: &[Step], of: fn(&Step) -> u32) -> Option<usize> {
    let differ = one.iter().zip(other).position(|(one, other)| of(one) != of(other));
    differ.or((one.len() != other.len()).then(|| one.len().min(other.len())))
}
