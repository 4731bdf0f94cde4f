//! The number of slots of a part, and the three slots that a key uses.

use crate::error::Error;

/// The number of consecutive segments that contain the slots of a key.
const ARITY: u64 = 3;
/// The longest segment: 2^18 slots.
pub(super) const MAX_SEGMENT_BITS: u8 = 18;
/// The number of keys from which a segment has 2^3, 2^4, ... 2^18 slots (below the first: 2^2). This is the published
/// `floor(log_3.33(n) + 2.25)`, tabulated so that it does not depend on how a machine rounds logarithms.
const SEGMENT_FROM: [u64; 16] = [
    3,
    9,
    28,
    92,
    304,
    1_010,
    3_362,
    11_193,
    37_273,
    124_118,
    413_310,
    1_376_322,
    4_583_150,
    15_261_887,
    50_822_082,
    169_237_530,
];
/// `log2(1e6)`, from the published size factor.
const LOG2_MILLION: f64 = 19.931_568_569_324_174;
/// With at most this many keys, 32 bits are enough to count, and the sizes below are exact in floating point.
const MAX_KEYS: u64 = u32::MAX as u64;

/// The shape of a part, which is determined by its number of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) segment_bits: u8,
    /// The number of segments that can contain the first slot of a key: two fewer than the number of all segments.
    pub(super) segments: u32,
}

impl Layout {
    /// The published shape for `count` distinct keys: 1.125 slots per key from a million keys on, more for fewer keys.
    pub(super) fn of(count: u64) -> Result<Self, Error> {
        if count > MAX_KEYS {
            return Err(Error::Filter("more than 2^32 - 1 keys"));
        }
        if count == 0 {
            return Ok(Self { segment_bits: 0, segments: 0 });
        }
        let longer = SEGMENT_FROM.iter().take_while(|from| count >= **from).count();
        let segment_bits = u8::try_from(2 + longer).unwrap_or(MAX_SEGMENT_BITS);
        let all = capacity(count).div_ceil(1 << segment_bits);
        let segments = u32::try_from(all.saturating_sub(ARITY - 1).max(1)).map_err(|_| Error::Memory)?;
        Ok(Self { segment_bits, segments })
    }

    /// The number of slots.
    pub(super) fn slots(self) -> usize {
        if self.segments == 0 { 0 } else { (self.segments as usize + 2) << self.segment_bits }
    }

    /// The three slots of a hash, one in each of three neighbouring segments.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // the product's upper half is less than `segments << segment_bits`
    pub(super) fn slot_indices(self, hash: u64) -> [usize; 3] {
        let segment = 1usize << self.segment_bits;
        let mask = segment - 1;
        let starts = u128::from(self.segments) << self.segment_bits;
        let first = ((u128::from(hash) * starts) >> 64) as usize;
        let low = hash as usize;
        let second = (first + segment) ^ ((low >> 18) & mask);
        let third = (first + 2 * segment) ^ (low & mask);
        [first, second, third]
    }
}

/// The published capacity, computed with basic operations only, which round the same way on every machine.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counts are under 2^32, and the product is positive and under 2^36
fn capacity(count: u64) -> u64 {
    if count == 1 {
        return 1;
    }
    let factor = (0.875 + 0.25 * LOG2_MILLION / log2_below(count)).max(1.125);
    (count as f64 * factor + 0.5) as u64
}

/// A lower bound of `log2(count)`, at most 0.09 below it: the exponent plus the mantissa's fraction. The published
/// factor uses the logarithm itself; the bound gives a few more slots, and only with less than a million keys.
#[allow(clippy::cast_precision_loss)] // counts are under 2^32
fn log2_below(count: u64) -> f64 {
    let exponent = count.ilog2();
    f64::from(exponent) + (count as f64 / (1u64 << exponent) as f64 - 1.0)
}

/// The finaliser of `MurmurHash3` over the seeded key: a bijection, so distinct keys have distinct hashes.
#[inline]
pub(super) fn mix(key: u64, seed: u64) -> u64 {
    let mut hash = key.wrapping_add(seed);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}
