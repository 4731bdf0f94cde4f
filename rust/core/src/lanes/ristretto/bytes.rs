//! Little-endian bytes to field elements and back: eight strings of 32 bytes to and from five vectors.

use super::{
    Kernel, LANES,
    field::{Field, LIMB_MASK, LIMBS},
    vector::{Mask, Vector},
};
use crate::{expand::UNIFORM_BYTES, group::Encoded};

/// The output of `expand_message`.
pub(super) type Uniform = [u8; UNIFORM_BYTES];

/// A number of 256 bits in limbs; the last has its 52 upper bits.
#[inline]
fn limbs(bytes: &[u8; 32]) -> [u64; LIMBS] {
    let word = |i: usize| u64::from_le_bytes(std::array::from_fn(|j| bytes[8 * i + j]));
    let [a, b, c, d] = std::array::from_fn(word);
    let low = |limb: u64| limb & LIMB_MASK;
    [low(a), low(a >> 51 | b << 13), low(b >> 38 | c << 26), low(c >> 25 | d << 39), d >> 12]
}

/// The canonical limbs of a number as its bytes.
#[inline]
fn bytes([a, b, c, d, e]: [u64; LIMBS]) -> [u8; 32] {
    let words = [a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12];
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// Limbs of eight numbers, lane by lane, as vectors, limb by limb.
#[inline(always)]
fn transpose(kernel: Kernel, numbers: &[[u64; LIMBS]; LANES]) -> Field {
    Field(std::array::from_fn(|i| Vector::new(kernel, numbers.map(|number| number[i]))))
}

/// The numbers modulo p, bit 255 left out, as RFC 9496 section 4.3.4 reads each half of its input.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn read_halves(kernel: Kernel, uniform: &[&Uniform; LANES]) -> [Field; 2] {
    let half = |at: usize| {
        uniform.map(|bytes| {
            let mut limbs = limbs(&std::array::from_fn(|i| bytes[at + i]));
            limbs[LIMBS - 1] &= LIMB_MASK;
            limbs
        })
    };
    [transpose(kernel, &half(0)), transpose(kernel, &half(UNIFORM_BYTES / 2))]
}

/// The numbers modulo p, and the lanes where they were below it.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn read_canonical(kernel: Kernel, encoded: &[&Encoded; LANES]) -> (Field, Mask) {
    let read = transpose(kernel, &encoded.map(limbs));
    let canonical = read.canonical();
    let mut same = Mask::MAX;
    for (read, canonical) in read.0.iter().zip(canonical.0) {
        same &= read.equals(canonical);
    }
    (canonical, same)
}

/// The canonical bytes of every lane.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn write(field: &Field) -> [Encoded; LANES] {
    let mut numbers = [[0; LIMBS]; LANES];
    for (i, limb) in field.canonical().0.into_iter().enumerate() {
        for (number, limb) in numbers.iter_mut().zip(limb.lanes()) {
            number[i] = limb;
        }
    }
    numbers.map(bytes)
}
