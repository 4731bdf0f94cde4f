//! Little-endian bytes to field elements and back, a string of 32 bytes a lane.

use super::{
    arithmetic::{Field, Lanes, MaskOf},
    constants::{Constant, LIMB_MASK, LIMBS},
};
use crate::oprf::group::{Encoded, UNIFORM_BYTES};

/// The output of `expand_message`.
pub(super) type Uniform = [u8; UNIFORM_BYTES];

/// A number of 256 bits in limbs; the last has its 52 upper bits.
#[inline]
fn limbs(bytes: &[u8; 32]) -> Constant {
    let word = |i: usize| u64::from_le_bytes(std::array::from_fn(|j| bytes[8 * i + j]));
    let [a, b, c, d] = std::array::from_fn(word);
    let low = |limb: u64| limb & LIMB_MASK;
    [low(a), low(a >> 51 | b << 13), low(b >> 38 | c << 26), low(c >> 25 | d << 39), d >> 12]
}

/// The canonical limbs of a number as its bytes.
#[inline]
fn bytes([a, b, c, d, e]: Constant) -> [u8; 32] {
    let words = [a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12];
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// The item of each lane; the lanes beyond the last item have that one too.
#[inline(always)]
fn item<T>(items: &[T], lane: usize) -> &T {
    &items[lane.min(items.len() - 1)]
}

/// The numbers modulo p, bit 255 left out, as RFC 9496 section 4.3.4 reads each half of its input.
#[inline(always)]
pub(super) fn read_halves<L: Lanes>(lanes: L, uniform: &[Uniform]) -> [L::Field; 2] {
    let half = |at: usize| {
        L::Field::from_limbs(lanes, |lane| {
            let bytes = item(uniform, lane);
            let mut limbs = limbs(&std::array::from_fn(|i| bytes[at + i]));
            limbs[LIMBS - 1] &= LIMB_MASK;
            limbs
        })
    };
    [half(0), half(UNIFORM_BYTES / 2)]
}

/// The numbers modulo p, and the lanes where they were below it.
#[inline(always)]
pub(super) fn read_canonical<L: Lanes>(lanes: L, encoded: &[Encoded]) -> (L::Field, MaskOf<L>) {
    let read = L::Field::from_limbs(lanes, |lane| limbs(item(encoded, lane)));
    let canonical = read.canonical();
    (canonical, read.is_identical(&canonical))
}

/// The canonical bytes of as many lanes as there are rows.
#[inline(always)]
pub(super) fn write(field: &impl Field, rows: &mut [Encoded]) {
    for (row, limbs) in rows.iter_mut().zip(field.canonical().limbs()) {
        *row = bytes(limbs);
    }
}
