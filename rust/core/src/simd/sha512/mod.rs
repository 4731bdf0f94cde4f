//! SHA-512 (FIPS 180-4) of eight messages with the same number of blocks at once. Word `i` of all eight is in one
//! vector.
//!
//! The executed path depends only on the number of blocks. Rotations and three-input functions are single instructions,
//! and the second hash of `expand_message_xmd` uses the state of the first directly, without a conversion to bytes.

use zeroize::{DefaultIsZeroes, Zeroize, ZeroizeOnDrop};

/// The number of messages that are hashed together.
pub(crate) const LANES: usize = 8;
/// The size of an input block of SHA-512.
pub(crate) const BLOCK_BYTES: usize = 128;
/// The largest number of blocks in a lane.
pub(crate) const MAX_BLOCKS: usize = 4;
/// A digest of SHA-512.
pub(crate) type Digest = [u8; 64];
/// The state between blocks, or half a block, as words.
pub(crate) type Words = [u64; 8];

/// The padded message of one lane. It is cleared as a whole, which is much faster than a loop over bytes.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Row([u8; MAX_BLOCKS * BLOCK_BYTES]);

impl Default for Row {
    fn default() -> Self {
        Self([0; MAX_BLOCKS * BLOCK_BYTES])
    }
}

impl DefaultIsZeroes for Row {}

/// Eight digests. They are cleared as a whole.
#[derive(Clone, Copy)]
pub(crate) struct Digests(pub(crate) [Digest; LANES]);

impl Default for Digests {
    fn default() -> Self {
        Self([[0; 64]; LANES])
    }
}

impl DefaultIsZeroes for Digests {}

/// Eight padded messages; cleared when dropped.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Padded([Row; LANES]);

impl Padded {
    /// Writes the message that is the concatenation of `slices` to a lane, and pads it to `blocks` blocks, in which it
    /// must fit. `before` is the number of bytes hashed before it.
    pub(crate) fn write(&mut self, lane: usize, blocks: usize, before: u64, slices: [&[u8]; 3]) {
        let row = &mut self.0[lane].0[..blocks * BLOCK_BYTES];
        let mut end = 0;
        for slice in slices {
            row[end..end + slice.len()].copy_from_slice(slice);
            end += slice.len();
        }
        row[end..].fill(0);
        row[end] = 0x80;
        let bits = (before + end as u64) * 8;
        row[blocks * BLOCK_BYTES - 8..].copy_from_slice(&bits.to_be_bytes());
    }

    /// Replaces a message of the same length that was written to this lane from byte `at` on.
    pub(crate) fn replace(&mut self, lane: usize, at: usize, message: &[u8]) {
        self.0[lane].0[at..at + message.len()].copy_from_slice(message);
    }

    /// The second half of the first block of a lane, as words.
    pub(crate) fn second_half(&self, lane: usize) -> Words {
        let (words, _) = self.0[lane].0[BLOCK_BYTES / 2..].as_chunks::<8>();
        std::array::from_fn(|i| u64::from_be_bytes(words[i]))
    }
}

mod constants;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use constants::INITIAL;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::Sha512x8;

/// Has no values, because this machine does not have AVX-512.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
pub(crate) enum Sha512x8 {}

#[cfg(not(target_arch = "x86_64"))]
impl Sha512x8 {
    pub(crate) fn detect() -> Option<Self> {
        None
    }

    pub(crate) fn digests(self, _: &Words, _: &Padded, _: usize, _: &mut Digests) {
        match self {}
    }

    pub(crate) fn expansions(self, _: &Words, _: &Padded, _: usize, _: &Words, _: &mut Digests) {
        match self {}
    }
}
