//! Runs a subject in a separate process, one instruction at a time.
//!
//! The trap flag of the processor stops the process after each instruction, and the signal handler of the process
//! records the address of the next instruction and the addresses that it uses. A debugger (ptrace) sees the same and
//! needs no unsafe code, but is ten times as slow, because it takes two process switches per instruction.

use std::{
    arch::asm,
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    sync::atomic::{AtomicPtr, Ordering},
};

use iced_x86::{Decoder, DecoderOptions, InstructionInfoFactory, OpAccess, Register, UsedMemory};
use nix::{
    libc::{self, c_int, c_void, siginfo_t, ucontext_t},
    sys::{
        prctl::set_pdeathsig,
        signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction},
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, alarm, fork},
};

use crate::subjects::{SECRETS, Secret, Subject, WARM, secrets};

/// One instruction: the lower half of its address, and a hash of the addresses that it uses.
pub(crate) type Step = (u32, u32);

/// The largest number of instructions of a trace.
const ROOM: usize = 1 << 23;
const LONGEST_INSTRUCTION: usize = 15;
const TRAP_FLAG: i64 = 1 << 8;
/// A copy that takes longer, some ten times the time of the longest trace on a slow machine, counts as crashed.
const MAX_SECONDS: u32 = 900;
/// The traces of a process that traces are written in chunks of at most this size, and an empty one behind the last.
const CHUNK: usize = 1 << 13;

/// A process that traces a subject on a backend.
pub(crate) struct Traced {
    process: Child,
    requests: ChildStdin,
    answers: ChildStdout,
}

impl Traced {
    pub(crate) fn start(subject: &Subject, backend: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("the path of this binary"));
        command.arg(subject.name).env("PILOOKUP_BACKEND", backend).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a process to trace");
        let requests = process.stdin.take().expect("a pipe to the process");
        let answers = process.stdout.take().expect("a pipe from the process");
        Self { process, requests, answers }
    }

    /// Traces the subject once with each secret. None for a secret with which the traced copy has crashed: some virtual
    /// machines lose or misplace a trap now and then. All traces of one process have the same addresses.
    pub(crate) fn round(&mut self) -> [Option<Vec<Step>>; SECRETS] {
        self.requests.write_all(&[1]).expect("a request for a round");
        std::array::from_fn(|_| self.trace())
    }

    fn trace(&mut self) -> Option<Vec<Step>> {
        let mut bytes = Vec::new();
        loop {
            let mut length = [0; 4];
            self.answers.read_exact(&mut length).expect("the length of a chunk");
            let chunk = u64::from(u32::from_le_bytes(length));
            if chunk == 0 {
                break;
            }
            self.answers.by_ref().take(chunk).read_to_end(&mut bytes).expect("a chunk");
        }
        let mut is_whole = [0];
        self.answers.read_exact(&mut is_whole).expect("the end of a trace");
        let (steps, _) = bytes.as_chunks::<8>();
        let step = |[a, b, c, d, e, f, g, h]: &[u8; 8]| {
            (u32::from_le_bytes([*a, *b, *c, *d]), u32::from_le_bytes([*e, *f, *g, *h]))
        };
        (is_whole == [1]).then(|| steps.iter().map(step).collect())
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        // A copy that a lost trap keeps from ending ends with the process.
        self.process.kill().expect("the process has not ended");
        self.process.wait().expect("the end of the process");
    }
}

/// Runs in the process that traces: for each byte that is read, writes a trace for each secret. Each trace is recorded
/// in a fork of this process, so that all have the same addresses, and none is lost with another.
pub(crate) fn trace_all(subject: &Subject) -> ExitCode {
    let (mut requests, mut answers) = (std::io::stdin(), std::io::stdout());
    while requests.read_exact(&mut [0]).is_ok() {
        for secret in secrets() {
            let (from_copy, to_parent) = std::io::pipe().expect("a pipe");
            // SAFETY: there is only one thread, so no other thread can hold a lock.
            match unsafe { fork() }.expect("a copy of this process") {
                ForkResult::Child => {
                    set_pdeathsig(Signal::SIGKILL).expect("a signal at the end of the parent");
                    alarm::set(MAX_SECONDS);
                    trace(subject, &secret, to_parent);
                    std::process::exit(0);
                }
                ForkResult::Parent { child } => {
                    drop(to_parent);
                    forward(from_copy, &mut answers);
                    let is_whole = waitpid(child, None) == Ok(WaitStatus::Exited(child, 0));
                    answers.write_all(&[0, 0, 0, 0, u8::from(is_whole)]).expect("the end of a trace written");
                    answers.flush().expect("the end of a trace written");
                }
            }
        }
    }
    ExitCode::SUCCESS
}

/// Writes chunks, without memory from the allocator, which later copies would find in another state.
fn forward(mut from: impl Read, to: &mut impl Write) {
    let mut chunk = [0; CHUNK];
    loop {
        let length = from.read(&mut chunk).expect("a part of a trace");
        if length == 0 {
            break;
        }
        to.write_all(&u32::try_from(length).expect("at most CHUNK").to_le_bytes()).expect("a chunk written");
        to.write_all(&chunk[..length]).expect("a chunk written");
    }
}

fn trace(subject: &Subject, secret: &Secret, mut to: impl Write) {
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
    let steps = tracer.steps.iter().flat_map(|(at, used)| [*at, *used]);
    let bytes: Vec<u8> = steps.flat_map(u32::to_le_bytes).collect();
    to.write_all(&bytes).expect("the trace written");
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
