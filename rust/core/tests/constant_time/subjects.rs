//! The subjects that are traced: whole operations of the public API, and controls.

use std::hint::black_box;

use pilookup_core::{
    Context, LABEL_BYTES, Mode, SecretKey,
    entry::seal,
    oprf::{self, voprf},
};

/// A secret: 32 bytes, from which a subject makes the values that it needs.
pub(crate) type Secret = [u8; 32];

/// Work that depends on a secret.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// Prepares the work, which is not traced. The function that it returns is traced.
    pub(crate) prepare: fn(&Secret) -> Box<dyn FnOnce()>,
    /// The expected difference between the traces.
    pub(crate) expected: Expected,
    /// The backends on which the work differs.
    pub(crate) backends: &'static [&'static str],
}

/// What the traces show of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Nothing,
    Path,
    AddressesAlone,
}

/// Each step of a trace takes microseconds, so work is not traced on a backend where it consists of work that is traced
/// already: in lanes, `evaluate` is a shift, and `unblind` decodes like a shift and multiplies like `blind`. The nonce
/// of a batch proof is not used in lanes.
const ALL: &[&str] = &["avx512ifma", "avx2", "dalek"];
const LANES: &[&str] = &["avx512ifma", "avx2"];
/// Hashing has lanes only on AVX-512. Separate scalars for each lane are handled in the same way on both.
const EIGHT_OR_NONE: &[&str] = &["avx512ifma", "dalek"];
const DALEK: &[&str] = &["dalek"];

pub(crate) const SUBJECTS: &[Subject] = &[
    secret("the-key-and-numbers-of-tokenise", tokenise, ALL),
    secret("the-key-elements-and-labels-of-shift-and-seal", shift_and_seal, LANES),
    secret("the-key-of-evaluate", evaluate, DALEK),
    secret("the-nonce-of-prove", prove, DALEK),
    secret("the-key-and-nonces-of-evaluate-and-prove-each", evaluate_each, LANES),
    secret("the-numbers-and-blinds-of-blind", blind, EIGHT_OR_NONE),
    secret("the-blinds-of-unblind", unblind, DALEK),
    secret("the-elements-of-tokens", tokens, EIGHT_OR_NONE),
    secret("the-tokens-and-labels-of-seal", seal, EIGHT_OR_NONE),
    Subject { name: "a-branch-on-a-bit", prepare: branches, expected: Expected::Path, backends: DALEK },
    Subject { name: "a-table-by-a-digit", prepare: looks_up, expected: Expected::AddressesAlone, backends: DALEK },
];

/// Work that must show nothing of its secret.
const fn secret(
    name: &'static str,
    prepare: fn(&Secret) -> Box<dyn FnOnce()>,
    backends: &'static [&'static str],
) -> Subject {
    Subject { name, prepare, expected: Expected::Nothing, backends }
}

pub(crate) fn named(name: &str) -> Option<&'static Subject> {
    SUBJECTS.iter().find(|subject| subject.name == name)
}

/// The number of items: one per lane, or one item if there are no lanes.
fn count() -> u8 {
    match std::env::var("PILOOKUP_BACKEND").as_deref() {
        Ok("avx512ifma") => 8,
        Ok("avx2") => 4,
        _ => 1,
    }
}

const CONTEXT: Context<'_> = Context { channel: "public", epoch: 7 };

pub(crate) const SECRETS: usize = 2;

/// Two scalars: the order of the group minus one, whose digits are the largest possible or zero, and one with mixed
/// digits.
pub(crate) fn secrets() -> [Secret; SECRETS] {
    let order_less_one = [
        0xec, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mixed = std::array::from_fn(|i| u8::try_from(i * 37 % 251).unwrap() >> (4 * u32::from(i == 31)));
    [order_less_one, mixed]
}

/// The secret with which a subject warms up.
pub(crate) const WARM: Secret = [7; 32];

fn key(secret: &Secret) -> SecretKey {
    SecretKey::from_bytes(secret).expect("a canonical scalar other than zero")
}

/// Phone numbers of the same length, made from the bytes of the secret.
fn numbers(secret: &Secret) -> Vec<Vec<u8>> {
    let digits =
        |i: u8| secret.iter().skip(usize::from(i)).step_by(3).map(move |byte| b'0' + byte.wrapping_add(i) % 10);
    (0..count()).map(|i| b"tel:+86".iter().copied().chain(digits(i).cycle().take(11)).collect()).collect()
}

fn elements(secret: &Secret) -> Vec<u8> {
    oprf::tokenise(&numbers(secret), &key(&WARM)).expect("numbers are valid inputs")
}

fn labels(secret: &Secret) -> Vec<u8> {
    secret.iter().copied().cycle().take(usize::from(count()) * LABEL_BYTES).collect()
}

fn tokenise(secret: &Secret) -> Box<dyn FnOnce()> {
    let (numbers, key) = (numbers(secret), key(secret));
    Box::new(move || drop(black_box(oprf::tokenise(&numbers, &key))))
}

fn evaluate(secret: &Secret) -> Box<dyn FnOnce()> {
    let (elements, key) = (elements(&WARM), key(secret));
    Box::new(move || drop(black_box(voprf::evaluate(&elements, &key))))
}

/// The nonce is fresh in every run. Everything else must be the same: the weights of the proof, which depend on the
/// elements, are public, and are used in variable time.
fn prove(_: &Secret) -> Box<dyn FnOnce()> {
    let (elements, key) = (elements(&WARM), key(&WARM));
    Box::new(move || drop(black_box(voprf::evaluate_and_prove(&elements, &key))))
}

/// In lanes, everything takes the same path, including the weights. The nonces are fresh in every run.
fn evaluate_each(secret: &Secret) -> Box<dyn FnOnce()> {
    let (elements, key) = (elements(&WARM), key(secret));
    // The public key is computed once for all requests that a key serves.
    let _public = key.public();
    Box::new(move || drop(black_box(voprf::evaluate_and_prove_each(&elements, &key))))
}

/// The blinds, too, are fresh in every run.
fn blind(secret: &Secret) -> Box<dyn FnOnce()> {
    let numbers = numbers(secret);
    Box::new(move || drop(black_box(voprf::blind(&numbers, Mode::Voprf))))
}

fn unblind(_: &Secret) -> Box<dyn FnOnce()> {
    let (blinds, blinded) = voprf::blind(&numbers(&WARM), Mode::Voprf).expect("numbers are valid inputs");
    Box::new(move || drop(black_box(voprf::unblind(&blinds, &blinded))))
}

fn tokens(secret: &Secret) -> Box<dyn FnOnce()> {
    let elements = elements(secret);
    Box::new(move || drop(black_box(pilookup_core::tokens(&elements, &CONTEXT))))
}

fn seal(secret: &Secret) -> Box<dyn FnOnce()> {
    let tokens = pilookup_core::tokens(&elements(secret), &CONTEXT).expect("the elements are valid");
    let labels = labels(secret);
    Box::new(move || drop(black_box(seal::seal(&tokens, &labels, &CONTEXT))))
}

fn shift_and_seal(secret: &Secret) -> Box<dyn FnOnce()> {
    let (elements, labels, key) = (elements(secret), labels(secret), key(secret));
    Box::new(move || drop(black_box(seal::shift_and_seal(&elements, &labels, &key, &CONTEXT, 13))))
}

/// A control: square and multiply with a branch on each bit.
fn branches(secret: &Secret) -> Box<dyn FnOnce()> {
    let secret = *secret;
    Box::new(move || {
        let mut sum = 1_u64;
        for byte in black_box(secret) {
            for bit in 0..8 {
                sum = black_box(sum.wrapping_mul(sum));
                if byte >> bit & 1 == 1 {
                    sum = black_box(sum.wrapping_mul(3));
                }
            }
        }
        black_box(sum);
    })
}

/// A control: a read of a table at the index of each digit.
fn looks_up(secret: &Secret) -> Box<dyn FnOnce()> {
    let (secret, table) = (*secret, black_box([7_u64; 256]));
    Box::new(move || {
        for byte in black_box(secret) {
            black_box(*black_box(&table[usize::from(byte)]));
        }
    })
}
