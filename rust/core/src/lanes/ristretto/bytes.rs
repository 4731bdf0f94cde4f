//! Little-endian bytes to field elements and back: eight strings of 32 bytes to and from five vectors.

use std::arch::x86_64::{__m512i, _mm512_cmpeq_epu64_mask};

use super::{
    LANES,
    field::{Field, LIMB_MASK, LIMBS, Mask},
};
use crate::{expand::UNIFORM_BYTES, group::Encoded};

/// The output of `expand_message`.
pub(super) type Uniform = [u8; UNIFORM_BYTES];

/// Eight numbers as a vector.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn vector(lanes: [u64; LANES]) -> __m512i {
    // SAFETY: both are 64 bytes of plain integers, and every bit pattern is valid for either.
    unsafe { std::mem::transmute(lanes) }
}

/// A vector as eight numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn lanes(vector: __m512i) -> [u64; LANES] {
    // SAFETY: as in `vector`.
    unsafe { std::mem::transmute(vector) }
}

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
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn transpose(numbers: &[[u64; LIMBS]; LANES]) -> Field {
    let mut limbs = [vector([0; LANES]); LIMBS];
    for (i, limb) in limbs.iter_mut().enumerate() {
        *limb = vector(numbers.map(|number| number[i]));
    }
    Field(limbs)
}

/// The numbers modulo p, bit 255 left out, as RFC 9496 section 4.3.4 reads each half of its input.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn read_halves(uniform: &[&Uniform; LANES]) -> [Field; 2] {
    let half = |at: usize| {
        uniform.map(|bytes| {
            let mut limbs = limbs(&std::array::from_fn(|i| bytes[at + i]));
            limbs[LIMBS - 1] &= LIMB_MASK;
            limbs
        })
    };
    [transpose(&half(0)), transpose(&half(UNIFORM_BYTES / 2))]
}

/// The numbers modulo p, and the lanes where they were below it.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn read_canonical(encoded: &[&Encoded; LANES]) -> (Field, Mask) {
    let read = transpose(&encoded.map(limbs));
    let canonical = read.canonical();
    let mut same = Mask::MAX;
    for (read, canonical) in read.0.iter().zip(canonical.0) {
        same &= _mm512_cmpeq_epu64_mask(*read, canonical);
    }
    (canonical, same)
}

/// The canonical bytes of every lane.
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn write(field: &Field) -> [Encoded; LANES] {
    let mut numbers = [[0; LIMBS]; LANES];
    for (i, limb) in field.canonical().0.into_iter().enumerate() {
        for (number, limb) in numbers.iter_mut().zip(lanes(limb)) {
            number[i] = limb;
        }
    }
    numbers.map(bytes)
}
