//! Checks that the executed instructions and the memory addresses do not depend on secrets. The same work runs with
//! different secrets, one instruction at a time, and must take the same path and use the same addresses.
//!
//! This binary also runs what it traces. With the name of a subject as its argument, it warms up, and then runs the
//! subject with each secret, traced. Without an argument, it checks every subject on every backend that the machine
//! has, and checks that the controls, which do leak their secret, are caught.
//!
//! It cannot detect instructions whose time depends on their operands (the code uses none that are known to), or
//! anything below the instruction set. One run compares a few secrets, chosen so that each digit and window of a scalar
//! differs.

#![allow(unsafe_code)] // a signal handler, and the breakpoints that start and end a trace

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod check;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod subjects;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trace;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().find_map(|name| subjects::named(name)) {
        Some(subject) => trace::trace_all(subject),
        None => check::all(&arguments),
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    println!("constant_time: SKIPPED, processes can be traced only on Linux on x86-64");
}
