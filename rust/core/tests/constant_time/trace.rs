//! Runs a subject in a separate process, one instruction at a time.
//!
//! The trap flag of the processor stops the process after each instruction, and the signal handler of the process
//! records the address of the next instruction and the addresses that it uses. A debugger (ptrace) sees the same and
//! needs no unsafe code, but is ten times as slow, because it takes two process switches per instruction.

use std::{
    arch::asm,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    process::{Command, ExitCode, Stdio},
    sync::atomic::{AtomicPtr, Ordering},
};

use iced_x86::{Decoder, DecoderOptions, InstructionInfoFactory, OpAccess, Register, UsedMemory};
use nix::{
    libc::{self, c_int, c_void, siginfo_t, ucontext_t},
    sys::{
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction},
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, fork},
};

use crate::subjects::{Secret, Subject, WARM, secrets};

/// One instruction: the lower half of its address, and a hash of the addresses that it uses.
pub(crate) type Step = (u32, u32);

/// The largest number of instructions of a trace.
const ROOM: usize = 1 << 23;
const LONGEST_INSTRUCTION: usize = 15;
const TRAP_FLAG: i64 = 1 << 8;

/// The traces of a subject on a backend, one for each secret. None if a traced process failed: some virtual machines
/// lose or misplace a trap now and then, and the process then crashes.
pub(crate) fn traces(subject: &Subject, backend: &str) -> Option<Vec<Vec<Step>>> {
    let mut command = Command::new(std::env::current_exe().expect("the path of this binary"));
    command.arg(subject.name).env("PILOOKUP_BACKEND", backend).stderr(Stdio::inherit());
    let output = command.output().expect("a process to trace");
    if !output.status.success() {
        println!("constant_time: {} on {backend}: a traced process failed: {}", subject.name, output.status);
        return None;
    }
    let mut bytes = output.stdout.as_slice();
    let mut number = || {
        let (first, rest) = bytes.split_first_chunk().expect("four bytes more");
        bytes = rest;
        u32::from_le_bytes(*first)
    };
    let traces = secrets().map(|_| (0..number()).map(|_| (number(), number())).collect());
    assert!(bytes.is_empty(), "a trace for each secret and no more");
    Some(traces.to_vec())
}

/// Runs in the traced process: writes a trace for each secret. Each trace is recorded in a fork of this process, so
/// that all have the same addresses.
pub(crate) fn trace_all(subject: &Subject) -> ExitCode {
    for secret in secrets() {
        // SAFETY: there is only one thread, so no other thread can hold a lock.
        match unsafe { fork() }.expect("a copy of this process") {
            ForkResult::Child => {
                trace(subject, &secret);
                std::process::exit(0);
            }
            ForkResult::Parent { child } => {
                let status = waitpid(child, None).expect("the end of the copy");
                assert_eq!(status, WaitStatus::Exited(child, 0), "a copy failed");
            }
        }
    }
    ExitCode::SUCCESS
}

fn trace(subject: &Subject, secret: &Secret) {
    pilookup_core::set_threads(1).expect("one thread");
    for _ in 0..2 {
        (subject.prepare)(&WARM)();
    }
    let work = (subject.prepare)(secret);
    let mut tracer = Tracer { steps: Vec::with_capacity(ROOM), on: false, factory: InstructionInfoFactory::new() };
    TRACER.store(&raw mut tracer, Ordering::SeqCst);
    let action = SigAction::new(SigHandler::SigAction(on_trap), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does not allocate and accesses only `tracer`, which outlives the traps.
    unsafe { sigaction(Signal::SIGTRAP, &action) }.expect("a handler of traps");
    // SAFETY: a breakpoint has no effect except that of the handler: the first sets the trap flag, the second clears
    // it.
    unsafe { asm!("int3") };
    work();
    // SAFETY: as above.
    unsafe { asm!("int3") };
    let count = u32::try_from(tracer.steps.len()).expect("at most ROOM steps");
    let steps = tracer.steps.iter().flat_map(|(at, used)| [*at, *used]);
    let bytes: Vec<u8> = std::iter::once(count).chain(steps).flat_map(u32::to_le_bytes).collect();
    std::io::stdout().write_all(&bytes).expect("the trace written");
}

struct Tracer {
    steps: Vec<Step>,
    on: bool,
    factory: InstructionInfoFactory,
}

static TRACER: AtomicPtr<Tracer> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn on_trap(_: c_int, information: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes both to a handler that is set with SA_SIGINFO, and there are no other references to
    // them.
    let (information, context) = unsafe { (&*information, &mut *context.cast::<ucontext_t>()) };
    // SAFETY: `trace` has stored the pointer, and does not use the tracer while the trapped code runs.
    let tracer = unsafe { &mut *TRACER.load(Ordering::SeqCst) };
    let registers = &mut context.uc_mcontext.gregs;
    if information.si_code == libc::TRAP_TRACE {
        tracer.step(registers);
    } else {
        tracer.on = !tracer.on;
        registers[libc::REG_EFL as usize] ^= TRAP_FLAG;
    }
}

type Registers = [i64; 23];

impl Tracer {
    /// Records the next instruction.
    fn step(&mut self, registers: &Registers) {
        let at = registers[libc::REG_RIP as usize].cast_unsigned();
        // SAFETY: the processor is about to run the code at this address, and other mapped segments follow the code.
        let bytes = unsafe { std::slice::from_raw_parts(at as *const u8, LONGEST_INSTRUCTION) };
        let instruction = Decoder::with_ip(64, bytes, at, DecoderOptions::NONE).decode();
        assert!(!instruction.is_invalid() && self.steps.len() < ROOM, "a trace that cannot be followed");
        let mut hash = DefaultHasher::new();
        for memory in self.factory.info(&instruction).used_memory() {
            if memory.access() != OpAccess::NoMemAccess {
                address(memory, registers).hash(&mut hash);
            }
        }
        self.steps.push((lower(at), lower(hash.finish())));
    }
}

#[allow(clippy::cast_possible_truncation)] // truncation is intended
fn lower(number: u64) -> u32 {
    number as u32
}

/// The address. For the segment of the thread, the base is omitted: it is the same in all steps.
fn address(memory: &UsedMemory, registers: &Registers) -> u64 {
    let address = memory.virtual_address(0, |register, _, _| value(registers, register));
    address.expect("no address from a vector register: gathers are not followed")
}

fn value(registers: &Registers, register: Register) -> Option<u64> {
    let index = match register.full_register() {
        Register::RAX => libc::REG_RAX,
        Register::RBX => libc::REG_RBX,
        Register::RCX => libc::REG_RCX,
        Register::RDX => libc::REG_RDX,
        Register::RSI => libc::REG_RSI,
        Register::RDI => libc::REG_RDI,
        Register::RBP => libc::REG_RBP,
        Register::RSP => libc::REG_RSP,
        Register::R8 => libc::REG_R8,
        Register::R9 => libc::REG_R9,
        Register::R10 => libc::REG_R10,
        Register::R11 => libc::REG_R11,
        Register::R12 => libc::REG_R12,
        Register::R13 => libc::REG_R13,
        Register::R14 => libc::REG_R14,
        Register::R15 => libc::REG_R15,
        Register::RIP => libc::REG_RIP,
        Register::CS | Register::DS | Register::ES | Register::SS | Register::FS | Register::GS => return Some(0),
        _ => return None,
    };
    let full = registers[index.cast_unsigned() as usize].cast_unsigned();
    Some(if register.size() == 4 { full & 0xffff_ffff } else { full })
}
