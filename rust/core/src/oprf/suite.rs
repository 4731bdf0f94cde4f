//! The suite ristretto255-SHA512 of RFC 9497 section 4.1, in OPRF and VOPRF mode.

use std::sync::LazyLock;

use curve25519_dalek::Scalar;

use super::group::UNIFORM_BYTES;
use crate::hash::expand::Expander;

/// The protocol variants of RFC 9497 section 3.1 that the core implements. The product uses VOPRF. OPRF differs from it only
/// in one byte of the tags, and its published vectors test the shared code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Without proofs, 0x00.
    Oprf,
    /// With proofs, 0x01.
    Voprf,
}

/// What depends only on the mode: the domain separation tags and the hashes with them.
pub(crate) struct Suite {
    context: Vec<u8>,
    to_group: Expander,
    to_scalar: Expander,
}

static OPRF: LazyLock<Suite> = LazyLock::new(|| Suite::new(0x00));
static VOPRF: LazyLock<Suite> = LazyLock::new(|| Suite::new(0x01));

impl Suite {
    pub(crate) fn of(mode: Mode) -> &'static Self {
        match mode {
            Mode::Oprf => &OPRF,
            Mode::Voprf => &VOPRF,
        }
    }

    /// `CreateContextString` of RFC 9497 section 3.1 and the tags of section 4.1.
    fn new(mode: u8) -> Self {
        let context = [b"OPRFV1-".as_slice(), &[mode], b"-ristretto255-SHA512"].concat();
        Self {
            to_group: Expander::new(&[b"HashToGroup-".as_slice(), &context].concat()),
            to_scalar: Expander::new(&[b"HashToScalar-".as_slice(), &context].concat()),
            context,
        }
    }

    /// `prefix || contextString`.
    pub(crate) fn tag(&self, prefix: &[u8]) -> Vec<u8> {
        [prefix, &self.context].concat()
    }

    /// Writes the uniform bytes that `HashToGroup` maps, for many inputs, to `out`, which has the same length.
    pub(crate) fn uniform_many<T: AsRef<[u8]>>(&self, inputs: &[T], out: &mut [[u8; UNIFORM_BYTES]]) {
        self.to_group.expand_many(inputs, out);
    }

    /// `HashToScalar` of the concatenated slices.
    pub(crate) fn hash_to_scalar(&self, slices: &[&[u8]]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.to_scalar.expand(slices))
    }

    /// `HashToScalar` of many messages, in order.
    pub(crate) fn hash_to_scalar_many(&self, messages: &[Vec<u8>]) -> Vec<Scalar> {
        let mut uniform = vec![[0; UNIFORM_BYTES]; messages.len()];
        self.to_scalar.expand_many(messages, &mut uniform);
        uniform.iter().map(Scalar::from_bytes_mod_order_wide).collect()
    }
}
