//! Converts little-endian bytes to field elements and back, 32 bytes per lane.

use super::{
    arithmetic::{Field, Lanes, MaskOf},
    constants::{Constant, LIMB_MASK, LIMBS},
};
use crate::oprf::group::{Encoded, UNIFORM_BYTES};

/// The output of `expand_message`.
pub(super) type Uniform = [u8; UNIFORM_BYTES];

/// The limbs of a number of 256 bits; the last limb has its 52 upper bits.
#[inline]
fn limbs(bytes: &[u8; 32]) -> Constant {
    let word = |i: usize| u64::from_le_bytes(std::array::from_fn(|j| bytes[8 * i + j]));
    let [a, b, c, d] = std::array::from_fn(word);
    let low = |limb: u64| limb & LIMB_MASK;
    [low(a), low(a >> 51 | b << 13), low(b >> 38 | c << 26), low(c >> 25 | d << 39), d >> 12]
}

/// The bytes of a number, from its canonical limbs.
#[inline]
fn bytes([a, b, c, d, e]: Constant) -> [u8; 32] {
    let words = [a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12];
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// The item of a lane. The lanes after the last item have the last item too.
#[inline(always)]
fn item<T>(items: &[T], lane: usize) -> &T {
    &items[lane.min(items.len() - 1)]
}

/// The numbers modulo p without bit 255, as RFC 9496 section 4.3.4 reads each half of its input.
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

/// The numbers modulo p, and the lanes in which they are below p.
#[inline(always)]
pub(super) fn read_canonical<L: Lanes>(lanes: L, encoded: &[Encoded]) -> (L::Field, MaskOf<L>) {
    let read = L::Field::from_limbs(lanes, |lane| limbs(item(encoded, lane)));
    let canonical = read.canonical();
    (canonical, read.is_identical(&canonical))
}

/// Writes the canonical bytes of the first lanes, one lane per row.
#[inline(always)]
pub(super) fn write(field: &impl Field, rows: &mut [Encoded]) {
    for (row, limbs) in rows.iter_mut().zip(field.canonical().limbs()) {
        *row = bytes(limbs);
    }
}
