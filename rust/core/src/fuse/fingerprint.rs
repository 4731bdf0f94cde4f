//! Fingerprints: 8, 16 or 32 bits of a hash, which a slot stores.

/// A fingerprint of one of the three widths.
pub(super) trait Fingerprint:
    Copy + Default + PartialEq + Send + Sync + std::ops::BitXor<Output = Self>
{
    /// Bits of a slot.
    const BITS: u8;
    /// Bytes of a slot.
    const BYTES: usize = Self::BITS as usize / 8;

    /// Folds a hash to its fingerprint.
    fn of(hash: u64) -> Self;

    /// Appends the encoding of slots, little-endian, to `bytes`.
    fn encode(slots: &[Self], bytes: &mut Vec<u8>);

    /// Decodes bytes that are a whole number of slots.
    fn decode(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! fingerprint {
    ($($int:ty: $bits:literal),*) => {$(
        impl Fingerprint for $int {
            const BITS: u8 = $bits;

            #[inline]
            #[allow(clippy::cast_possible_truncation)] // dropping the upper bits is what makes a fingerprint
            fn of(hash: u64) -> Self {
                (hash ^ (hash >> 32)) as Self
            }

            fn encode(slots: &[Self], bytes: &mut Vec<u8>) {
                bytes.extend(slots.iter().flat_map(|slot| slot.to_le_bytes()));
            }

            fn decode(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|slot| Self::from_le_bytes(*slot)).collect()
            }
        }
    )*};
}
fingerprint!(u8: 8, u16: 16, u32: 32);
