//! `expand_message_xmd` with SHA-512 (RFC 9380 section 5.3.1), always to 64 bytes.

use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// SHA-512's input block, and so the length of `Z_pad`.
const BLOCK_BYTES: usize = 128;
/// 64 bytes out of a 64-byte hash: `ell` is 1, so `b_1` is the whole output.
pub(crate) const UNIFORM_BYTES: usize = 64;

/// `expand_message_xmd` for one domain separation tag, with everything that is the same for every message done before.
pub(crate) struct Expander {
    /// The hash after `Z_pad`.
    padded: Sha512,
    /// `I2OSP(64, 2) || I2OSP(0, 1) || DST_prime`.
    tail: Vec<u8>,
}

impl Expander {
    /// `tag` has at most 255 bytes: all of ours are constants of about 40.
    pub(crate) fn new(tag: &[u8]) -> Self {
        let length = u8::try_from(tag.len()).expect("domain separation tags are short constants");
        let mut tail = vec![0, 64, 0];
        tail.extend_from_slice(tag);
        tail.push(length);
        Self { padded: Sha512::new_with_prefix([0; BLOCK_BYTES]), tail }
    }

    fn tag_prime(&self) -> &[u8] {
        &self.tail[3..]
    }

    /// Expands the concatenation of `message`'s parts.
    pub(crate) fn expand(&self, message: &[&[u8]]) -> Zeroizing<[u8; UNIFORM_BYTES]> {
        let mut first = self.padded.clone();
        for part in message {
            first.update(part);
        }
        first.update(&self.tail);
        let b_0 = Zeroizing::new(<[u8; 64]>::from(first.finalize()));
        let mut second = Sha512::new();
        second.update(b_0.as_slice());
        second.update([1]);
        second.update(self.tag_prime());
        Zeroizing::new(second.finalize().into())
    }
}
