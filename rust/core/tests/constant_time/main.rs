//! That no secret shows in what the processor does: the same work is run with different secrets, one instruction at a
//! time, and must take the same path through the same addresses of memory.
//!
//! This binary is its own subject: with the name of a subject for an argument it warms up, and works with each secret in
//! turn, traced. Without, it checks every subject on every backend the machine has, and that subjects which do give their
//! secret away are caught.
//!
//! What this cannot see: instructions whose time depends on their operands (the code uses none known to), and anything
//! below the instruction set. One run compares a few secrets, picked so that each digit and window of a scalar differs.

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
    println!("constant_time: SKIPPED, processes are traced on Linux on x86-64 alone");
}
