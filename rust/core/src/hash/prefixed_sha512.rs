//! SHA-512 of `prefix || message || suffix` where only the message changes: one message at a time, or eight at a time
//! if the machine has lanes.

use sha2::{Digest as _, Sha512, block_api::compress512};
use zeroize::Zeroizing;

use crate::simd::{
    self,
    sha512::{BLOCK_BYTES, Digest, Digests, INITIAL, LANES, MAX_BLOCKS, Padded, Sha512x8, Words},
};

/// The minimum size of the padding: `0x80` and the length in 16 bytes (FIPS 180-4 section 5.1.2).
const PADDING_BYTES: usize = 17;
/// The smallest number of messages for which the lanes are faster than hashing one message after another.
const LEAST: usize = 2;

/// The prefix and the suffix, hashed as far as possible without the message. Neither is secret.
pub(crate) struct PrefixedSha512 {
    /// The hash after the prefix.
    prefixed: Sha512,
    /// The state after the whole blocks of the prefix.
    state: Words,
    /// The number of bytes in those blocks.
    absorbed: u64,
    /// The rest of the prefix.
    rest: Vec<u8>,
    suffix: Vec<u8>,
}

impl PrefixedSha512 {
    pub(crate) fn new(prefix: &[u8], suffix: Vec<u8>) -> Self {
        let (blocks, rest) = prefix.as_chunks::<BLOCK_BYTES>();
        let mut state = INITIAL;
        compress512(&mut state, blocks);
        Self {
            prefixed: Sha512::new_with_prefix(prefix),
            state,
            absorbed: blocks.as_flattened().len() as u64,
            rest: rest.to_vec(),
            suffix,
        }
    }

    pub(crate) fn state(&self) -> &Words {
        &self.state
    }

    /// The digest of one message, the concatenation of the slices.
    pub(crate) fn digest(&self, message: &[&[u8]]) -> Zeroizing<Digest> {
        let mut hash = self.prefixed.clone();
        for slice in message {
            hash.update(slice);
        }
        hash.update(&self.suffix);
        Zeroizing::new(hash.finalize().into())
    }

    /// Writes the digests of many messages, in their order, to `out`, which has the same length.
    pub(crate) fn digests<T: AsRef<[u8]>>(&self, messages: &[T], out: &mut [Digest]) {
        let lanes = |lanes: Sha512x8, padded: &Padded, blocks, digests: &mut _| {
            lanes.digests(&self.state, padded, blocks, digests);
        };
        self.each(messages, out, lanes, |message| self.digest(&[message]));
    }

    /// Fills `out` in groups of up to eight messages with the same number of blocks. A message that has no group is
    /// hashed alone, by `one`. Only the lengths of the messages decide which.
    pub(crate) fn each<T: AsRef<[u8]>>(
        &self,
        messages: &[T],
        out: &mut [Digest],
        eight: impl Fn(Sha512x8, &Padded, usize, &mut Digests),
        one: impl Fn(&[u8]) -> Zeroizing<Digest>,
    ) {
        assert_eq!(messages.len(), out.len(), "as many digests as messages");
        let lanes = if messages.len() < LEAST { None } else { simd::sha512_lanes() };
        let Some(lanes) = lanes else {
            return out.iter_mut().zip(messages).for_each(|(out, message)| *out = *one(message.as_ref()));
        };
        let mut groups = Groups::default();
        let mut scratch = Scratch::new(lanes);
        for (i, message) in messages.iter().enumerate() {
            let blocks = self.blocks(message.as_ref());
            if blocks > MAX_BLOCKS {
                out[i] = *one(message.as_ref());
            } else if let Some(full) = groups.add(blocks, i) {
                scratch.run(self, messages, &full, blocks, out, &eight);
            }
        }
        for (blocks, group) in groups.rests() {
            if group.len() >= LEAST {
                scratch.run(self, messages, group, blocks, out, &eight);
            } else {
                for &i in group {
                    out[i] = *one(messages[i].as_ref());
                }
            }
        }
    }

    /// The number of blocks that remain to be hashed with this message.
    fn blocks(&self, message: &[u8]) -> usize {
        (self.rest.len() + message.len() + self.suffix.len() + PADDING_BYTES).div_ceil(BLOCK_BYTES)
    }
}

/// Incomplete groups of messages, by their number of blocks minus one.
#[derive(Default)]
struct Groups {
    waiting: [[usize; LANES]; MAX_BLOCKS],
    counts: [usize; MAX_BLOCKS],
}

impl Groups {
    /// Adds a message. Returns its group if the group is now full.
    fn add(&mut self, blocks: usize, index: usize) -> Option<[usize; LANES]> {
        let (group, count) = (&mut self.waiting[blocks - 1], &mut self.counts[blocks - 1]);
        group[*count] = index;
        *count += 1;
        (*count == LANES).then(|| {
            *count = 0;
            *group
        })
    }

    /// The incomplete groups, with their numbers of blocks.
    fn rests(&self) -> impl Iterator<Item = (usize, &[usize])> {
        let rests = self.waiting.iter().zip(self.counts);
        (1..).zip(rests).map(|(blocks, (group, count))| (blocks, &group[..count]))
    }
}

/// The buffers for a group; cleared when dropped.
struct Scratch {
    lanes: Sha512x8,
    padded: Padded,
    /// The length of the message in each lane. If the next message has the same length, prefix, suffix and padding
    /// stay.
    lengths: [Option<usize>; LANES],
    digests: Zeroizing<Digests>,
}

impl Scratch {
    fn new(lanes: Sha512x8) -> Self {
        Self { lanes, padded: Padded::default(), lengths: [None; LANES], digests: Zeroizing::default() }
    }

    fn run<T: AsRef<[u8]>>(
        &mut self,
        frame: &PrefixedSha512,
        messages: &[T],
        group: &[usize],
        blocks: usize,
        out: &mut [Digest],
        eight: impl Fn(Sha512x8, &Padded, usize, &mut Digests),
    ) {
        for (lane, &i) in group.iter().enumerate() {
            let message = messages[i].as_ref();
            if self.lengths[lane].replace(message.len()) == Some(message.len()) {
                self.padded.replace(lane, frame.rest.len(), message);
            } else {
                self.padded.write(lane, blocks, frame.absorbed, [&frame.rest, message, &frame.suffix]);
            }
        }
        eight(self.lanes, &self.padded, blocks, &mut self.digests);
        for (digest, &i) in self.digests.0.iter().zip(group) {
            out[i] = *digest;
        }
    }
}

#[cfg(test)]
mod tests;
