//! AES-256-GCM-SIV (RFC 8452) for sealing labels: each key seals one label, with a nonce of zeros.
//!
//! The implementation in `aes-gcm-siv` spends more time on what a key that is used once does not need (sizes that are
//! not known in advance, one block at a time) than on the mode itself. This one computes the same with the same two
//! parts, `aes` and `polyval`. It seals, but does not open.

use aes_gcm_siv::{
    KeyInit,
    aes::{Aes256Enc, Block, cipher::BlockCipherEncrypt},
};
use polyval::{Polyval, universal_hash::UniversalHash};
use zeroize::Zeroize;

use super::token::LABEL_BYTES;

const BLOCK_BYTES: usize = 16;
/// The number of blocks that key derivation encrypts: counters 0 to 5, each followed by the nonce (section 4).
const DERIVED: usize = 6;

/// Seals labels one after another with the same associated data. Its buffers are cleared when dropped, not between
/// labels.
pub(crate) struct EntryCipher {
    /// The input of POLYVAL: the associated data, the label, and the lengths of both.
    hashed: Vec<Block>,
    derived: [Block; DERIVED],
    authentication_key: polyval::Key,
    encryption_key: [u8; 32],
    keystream: Block,
}

impl EntryCipher {
    pub(crate) fn new(associated: &[u8]) -> Self {
        let padded = associated.chunks(BLOCK_BYTES).map(|bytes| std::array::from_fn(|i| *bytes.get(i).unwrap_or(&0)));
        let mut hashed: Vec<Block> = padded.map(|block: [u8; BLOCK_BYTES]| block.into()).collect();
        let (bits, mut lengths) = (associated.len() as u64 * 8, Block::default());
        lengths[..8].copy_from_slice(&bits.to_le_bytes());
        lengths[8..].copy_from_slice(&(LABEL_BYTES as u64 * 8).to_le_bytes());
        hashed.extend([Block::default(), lengths]);
        Self {
            hashed,
            derived: Default::default(),
            authentication_key: polyval::Key::default(),
            encryption_key: [0; 32],
            keystream: Block::default(),
        }
    }

    /// The sealed label and its authentication tag (section 4, `Encrypt`).
    pub(crate) fn seal(&mut self, key: &[u8; 32], label: &[u8; LABEL_BYTES]) -> ([u8; LABEL_BYTES], Block) {
        let cipher = self.derive(key);
        let tag = self.authenticate(&cipher, label);
        self.keystream = tag;
        self.keystream[15] |= 0x80;
        cipher.encrypt_block(&mut self.keystream);
        (std::array::from_fn(|i| label[i] ^ self.keystream[i]), tag)
    }

    /// Derives the message-authentication key, which is kept in `self`, and the message-encryption key, whose cipher is
    /// returned.
    fn derive(&mut self, key: &[u8; 32]) -> Aes256Enc {
        for (counter, block) in (0..).zip(&mut self.derived) {
            *block = Block::default();
            block[0] = counter;
        }
        Aes256Enc::new(key.into()).encrypt_blocks(&mut self.derived);
        let (authentication, encryption) = self.derived.split_at(2);
        for (chunk, block) in self.authentication_key.chunks_mut(8).zip(authentication) {
            chunk.copy_from_slice(&block[..8]);
        }
        for (chunk, block) in self.encryption_key.chunks_mut(8).zip(encryption) {
            chunk.copy_from_slice(&block[..8]);
        }
        Aes256Enc::new((&self.encryption_key).into())
    }

    fn authenticate(&mut self, cipher: &Aes256Enc, label: &[u8; LABEL_BYTES]) -> Block {
        let at = self.hashed.len() - 2;
        self.hashed[at][..LABEL_BYTES].copy_from_slice(label);
        let mut hash = Polyval::new(&self.authentication_key);
        hash.update(&self.hashed);
        let mut tag = hash.finalize();
        tag[15] &= 0x7f; // the nonce, which is XORed in before this step, is zero
        cipher.encrypt_block(&mut tag);
        tag
    }
}

impl Drop for EntryCipher {
    fn drop(&mut self) {
        for block in self.hashed.iter_mut().chain(&mut self.derived).chain([&mut self.keystream]) {
            block.as_mut_slice().zeroize();
        }
        self.authentication_key.as_mut_slice().zeroize();
        self.encryption_key.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, aead::inout::InOutBuf};
    use proptest::{collection::vec, prelude::*};

    use super::EntryCipher;

    proptest! {
        #[test]
        fn labels_are_sealed_as_by_aes_gcm_siv(
            associated in vec(any::<u8>(), 0..100),
            labels in vec((any::<[u8; 32]>(), any::<[u8; 12]>()), 1..6),
        ) {
            let mut entry_cipher = EntryCipher::new(&associated);
            for (key, label) in labels {
                let mut expected = label;
                let cipher = Aes256GcmSiv::new(&key.into());
                let sealed = InOutBuf::from(&mut expected[..]);
                let tag = cipher.encrypt_inout_detached(&Nonce::default(), &associated, sealed).unwrap();
                prop_assert_eq!(entry_cipher.seal(&key, &label), (expected, tag));
            }
        }
    }
}
