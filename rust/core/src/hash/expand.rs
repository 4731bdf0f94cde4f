//! `expand_message_xmd` with SHA-512 (RFC 9380 section 5.3.1), always to 64 bytes.

use zeroize::Zeroizing;

use super::prefixed_sha512::PrefixedSha512;
use crate::{
    oprf::group::UNIFORM_BYTES,
    simd::sha512::{BLOCK_BYTES, Padded, Words},
};

/// The longest tag that keeps `b_1` within one block, which also holds `b_0`, two bytes and 17 of padding.
const MAX_TAG_BYTES: u8 = 45;

/// `expand_message_xmd` for one domain separation tag, with everything precomputed that is the same for every message.
/// The output has 64 bytes, the size of a hash: `ell` is 1, so `b_1` is the whole output.
pub(crate) struct Expander {
    /// `b_0`: the message follows `Z_pad`, a block of zeros, and precedes `I2OSP(64, 2) || I2OSP(0, 1) || DST_prime`.
    first: PrefixedSha512,
    /// `b_1`: `b_0` precedes `I2OSP(1, 1) || DST_prime`.
    second: PrefixedSha512,
    /// The second half of the only block of `b_1`, which follows the 64 bytes of `b_0`.
    tail: Words,
}

impl Expander {
    /// `tag` has at most 45 bytes: all tags are constants of about 40 bytes.
    pub(crate) fn new(tag: &[u8]) -> Self {
        let length = u8::try_from(tag.len()).expect("domain separation tags are short constants");
        assert!(length <= MAX_TAG_BYTES, "domain separation tags are short constants");
        let prime = [tag, &[length]].concat();
        let second = [&[1], prime.as_slice()].concat();
        let mut block = Padded::default();
        block.write(0, 1, 0, [&[0; UNIFORM_BYTES], &second, &[]]);
        Self {
            first: PrefixedSha512::new(&[0; BLOCK_BYTES], [&[0, 64, 0], prime.as_slice()].concat()),
            second: PrefixedSha512::new(&[], second),
            tail: block.second_half(0),
        }
    }

    /// Expands the concatenation of the slices of `message`.
    pub(crate) fn expand(&self, message: &[&[u8]]) -> Zeroizing<[u8; UNIFORM_BYTES]> {
        self.second.digest(&[self.first.digest(message).as_slice()])
    }

    /// Expands many messages, in their order, into `out`, which has the same length.
    pub(crate) fn expand_many<T: AsRef<[u8]>>(&self, messages: &[T], out: &mut [[u8; UNIFORM_BYTES]]) {
        self.first.each(
            messages,
            out,
            |lanes, padded, blocks, digests| lanes.expansions(self.first.state(), padded, blocks, &self.tail, digests),
            |message| self.expand(&[message]),
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use sha2::{Digest, Sha512};

    use super::Expander;

    /// RFC 9380 section 5.3.1 step by step, for 64 bytes.
    fn as_the_rfc_says(message: &[u8], tag: &[u8]) -> [u8; 64] {
        let prime = [tag, &[u8::try_from(tag.len()).unwrap()]].concat();
        let b_0 = Sha512::digest([&[0; 128], message, &[0, 64, 0], &prime].concat());
        Sha512::digest([b_0.as_slice(), &[1], &prime].concat()).into()
    }

    proptest! {
        #[test]
        fn one_or_many_messages_expand_as_the_rfc_says(
            messages in vec(vec(any::<u8>(), 0..600), 1..=40),
            tag in vec(any::<u8>(), 0..=45),
        ) {
            let expander = Expander::new(&tag);
            let mut many = vec![[0; 64]; messages.len()];
            expander.expand_many(&messages, &mut many);
            for (message, expanded) in messages.iter().zip(&many) {
                prop_assert_eq!(*expanded, as_the_rfc_says(message, &tag));
                prop_assert_eq!(*expanded, *expander.expand(&[message]));
            }
        }
    }
}
