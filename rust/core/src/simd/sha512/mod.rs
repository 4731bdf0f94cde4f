//! SHA-512 (FIPS 180-4) of eight messages of equally many blocks at once: word `i` of all eight in one vector.
//!
//! The path depends on the number of blocks alone. Rotations and three-input functions are single instructions, and
//! the second hash of `expand_message_xmd` takes the first's state as it lies, never as bytes.

use zeroize::{DefaultIsZeroes, Zeroize, ZeroizeOnDrop};

/// How many messages go together.
pub(crate) const LANES: usize = 8;
/// SHA-512's input block.
pub(crate) const BLOCK_BYTES: usize = 128;
/// The most blocks a lane holds.
pub(crate) const MAX_BLOCKS: usize = 4;
/// A digest.
pub(crate) type Digest = [u8; 64];
/// The state between blocks, or half a block, as words.
pub(crate) type Words = [u64; 8];

/// One lane's padded message. It is written in one piece when cleared, which a loop over bytes is far from.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Row([u8; MAX_BLOCKS * BLOCK_BYTES]);

impl Default for Row {
    fn default() -> Self {
        Self([0; MAX_BLOCKS * BLOCK_BYTES])
    }
}

impl DefaultIsZeroes for Row {}

/// Eight digests, cleared in one piece too.
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
    /// Lays the message made of `slices` into a lane and pads it to `blocks` blocks, which it must fit; `before` bytes
    /// were hashed before it.
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

    /// Puts `message` in the place of one of its length that was laid into this lane from byte `at` on.
    pub(crate) fn replace(&mut self, lane: usize, at: usize, message: &[u8]) {
        self.0[lane].0[at..at + message.len()].copy_from_slice(message);
    }

    /// The second half of a lane's first block, as words.
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

/// Machines without AVX-512 have none.
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
