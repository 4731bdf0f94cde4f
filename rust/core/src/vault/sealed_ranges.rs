//! AES-256-GCM-SIV (RFC 8452) for the ranges of one file. Each range is sealed separately, so that it can be opened
//! without the others.
//!
//! A sealed range is the nonce, the ciphertext and the tag. Its AAD is the AAD of the file and the number of the range,
//! so a range that was moved within the file or to another file does not open. A range without data is sealed too, so
//! that a range cannot be replaced by an empty one.

use aes_gcm_siv::{AeadInOut, Tag};

use super::sealing::{NONCE_BYTES, TAG_BYTES, cipher};
use crate::{
    error::Error,
    memory::encoding::{items, same_count},
};

const SEAL_BYTES: usize = NONCE_BYTES + TAG_BYTES;
/// Sizes are little-endian u32.
const SIZE_BYTES: usize = 4;

fn sizes_of(sizes: &[u8]) -> Result<impl ExactSizeIterator<Item = usize> + Clone, Error> {
    Ok(items::<SIZE_BYTES>("sizes", sizes)?.iter().map(|size| u32::from_le_bytes(*size) as usize))
}

/// The AAD of range `number`.
fn range_aad(aad: &[u8], number: usize) -> Result<Vec<u8>, Error> {
    let too_many = Error::TooLong { what: "ranges", index: number };
    let number = u32::try_from(number).map_err(|_| too_many)?;
    Ok([aad, &number.to_le_bytes()].concat())
}

/// The number of bytes that `seal_ranges` writes for ranges of these sizes (little-endian u32).
///
/// # Errors
/// [`Error::Ragged`] if `sizes` is not a whole number of u32.
pub fn sealed_ranges_bytes(sizes: &[u8]) -> Result<usize, Error> {
    Ok(sizes_of(sizes)?.map(|size| size + SEAL_BYTES).sum())
}

/// Seals consecutive ranges of the concatenated buffers of `data` into `sealed`, which has `sealed_ranges_bytes` bytes.
/// Range `i` has size `i` of `sizes` (little-endian u32) and nonce `i` of `nonces` (12 bytes each). It is bound to
/// `aad` and its number.
///
/// # Errors
/// - [`Error::Ragged`] if `nonces` or `sizes` is not a whole number of items.
/// - [`Error::Length`] if the key does not have 32 bytes, the numbers of nonces and sizes differ, or `data` or `sealed`
///   does not have the length that follows from the sizes.
/// - [`Error::TooLong`] if there are more than 2^32 ranges, or a range is too long for the cipher.
pub fn seal_ranges<T: AsRef<[u8]>>(
    key: &[u8],
    nonces: &[u8],
    data: &[T],
    sizes: &[u8],
    aad: &[u8],
    sealed: &mut [u8],
) -> Result<(), Error> {
    let cipher = cipher(key)?;
    let nonces = items::<NONCE_BYTES>("nonces", nonces)?;
    let length = data.iter().map(|buffer| buffer.as_ref().len()).sum();
    let lengths = sizes_of(sizes)?;
    same_count("number of nonces", lengths.len(), nonces.len())?;
    same_count("bytes of data", lengths.clone().sum(), length)?;
    same_count("sealed bytes", sealed_ranges_bytes(sizes)?, sealed.len())?;
    let mut source = Source { buffers: data, unread: &[] };
    let mut rest = sealed;
    for (number, (size, nonce)) in lengths.zip(nonces).enumerate() {
        let (range, after) = rest.split_at_mut(size + SEAL_BYTES);
        let (head, body) = range.split_at_mut(NONCE_BYTES);
        let (data, tag) = body.split_at_mut(size);
        head.copy_from_slice(nonce);
        source.fill(data);
        let too_long = Error::TooLong { what: "range", index: number };
        let sum = cipher
            .encrypt_inout_detached(&(*nonce).into(), &range_aad(aad, number)?, data.into())
            .map_err(|_| too_long)?;
        tag.copy_from_slice(&sum);
        rest = after;
    }
    Ok(())
}

/// Reads buffers one after another.
struct Source<'a, T> {
    buffers: &'a [T],
    unread: &'a [u8],
}

impl<T: AsRef<[u8]>> Source<'_, T> {
    /// Fills `target` with the next bytes. The caller ensures that there are enough.
    fn fill(&mut self, mut target: &mut [u8]) {
        while !target.is_empty() {
            if self.unread.is_empty() {
                let Some((first, others)) = self.buffers.split_first() else { return };
                (self.unread, self.buffers) = (first.as_ref(), others);
            }
            let (now, later) = self.unread.split_at(target.len().min(self.unread.len()));
            let (filled, rest) = target.split_at_mut(now.len());
            filled.copy_from_slice(now);
            (self.unread, target) = (later, rest);
        }
    }
}

/// Opens consecutive ranges that `seal_ranges` sealed, and returns their concatenated data. `sealed` contains range
/// `first` and the following ones, whose data have `sizes` (little-endian u32).
///
/// # Errors
/// - [`Error::Sealed`] if these are not ranges of these sizes that were sealed under this key, `aad` and number.
/// - [`Error::Length`] if the key does not have 32 bytes.
/// - [`Error::Ragged`] if `sizes` is not a whole number of u32.
/// - [`Error::TooLong`] if the number of a range does not fit in 32 bits.
pub fn open_ranges(key: &[u8], sealed: &[u8], sizes: &[u8], first: usize, aad: &[u8]) -> Result<Vec<u8>, Error> {
    let cipher = cipher(key)?;
    let mut data = Vec::with_capacity(sealed.len());
    let mut rest = sealed;
    for (number, size) in (first..).zip(sizes_of(sizes)?) {
        let (nonce, after) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Error::Sealed)?;
        let (range, after) = after.split_at_checked(size).ok_or(Error::Sealed)?;
        let (tag, after) = after.split_first_chunk::<TAG_BYTES>().ok_or(Error::Sealed)?;
        let start = data.len();
        data.extend_from_slice(range);
        let aad = range_aad(aad, number)?;
        cipher
            .decrypt_inout_detached(&(*nonce).into(), &aad, (&mut data[start..]).into(), &Tag::from(*tag))
            .map_err(|_| Error::Sealed)?;
        rest = after;
    }
    if rest.is_empty() { Ok(data) } else { Err(Error::Sealed) }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{NONCE_BYTES, SEAL_BYTES, open_ranges, seal_ranges, sealed_ranges_bytes};
    use crate::{error::Error, vault};

    const KEY: [u8; 32] = [7; 32];

    fn packed(sizes: &[usize]) -> Vec<u8> {
        sizes.iter().flat_map(|size| u32::try_from(*size).unwrap().to_le_bytes()).collect()
    }

    fn sealed(data: &[&[u8]], sizes: &[usize]) -> Result<Vec<u8>, Error> {
        let nonces: Vec<u8> = (0..sizes.len()).flat_map(|at| [u8::try_from(at).unwrap(); NONCE_BYTES]).collect();
        let sizes = packed(sizes);
        let mut sealed = vec![0; sealed_ranges_bytes(&sizes)?];
        seal_ranges(&KEY, &nonces, data, &sizes, b"file", &mut sealed).map(|()| sealed)
    }

    proptest! {
        #[test]
        fn ranges_are_sealed_as_separate_files_however_the_data_are_split(
            ranges in vec(vec(any::<u8>(), 0..40), 0..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let data = ranges.concat();
            let (before, after) = data.split_at(cut.index(data.len() + 1));
            let sizes: Vec<usize> = ranges.iter().map(Vec::len).collect();
            let found = sealed(&[before, b"", after], &sizes).unwrap();
            let mut expected = Vec::new();
            for (number, range) in (0u32..).zip(&ranges) {
                let nonce = [u8::try_from(number).unwrap(); NONCE_BYTES];
                expected.extend(nonce);
                expected.extend(vault::seal(&KEY, &nonce, range, &[&b"file"[..], &number.to_le_bytes()].concat()).unwrap());
            }
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(open_ranges(&KEY, &found, &packed(&sizes), 0, b"file").unwrap(), data);
        }
    }

    #[test]
    fn a_range_opens_only_under_its_number_size_and_file() {
        let all = sealed(&[b"onethree"], &[3, 0, 5]).unwrap();
        let last = &all[2 * SEAL_BYTES + 3..];
        assert_eq!(open_ranges(&KEY, last, &packed(&[5]), 2, b"file"), Ok(b"three".to_vec()));
        for (sizes, first, aad) in [
            (vec![5], 1, "file"),
            (vec![4], 2, "file"),
            (vec![6], 2, "file"),
            (vec![5, 0], 2, "file"),
            (vec![5], 2, "other"),
        ] {
            assert_eq!(open_ranges(&KEY, last, &packed(&sizes), first, aad.as_bytes()), Err(Error::Sealed));
        }
        assert_eq!(open_ranges(&KEY, &all, &packed(&[3, 0]), 0, b"file"), Err(Error::Sealed));
        assert_eq!(open_ranges(&[8; 32], last, &packed(&[5]), 2, b"file"), Err(Error::Sealed));
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let length = |what| move |error: Error| matches!(error, Error::Length { what: found, .. } if found == what);
        assert!(sealed(&[b"abc"], &[2]).is_err_and(length("bytes of data")));
        let sizes = packed(&[3]);
        let mut room = [0; 3 + SEAL_BYTES];
        let seal = |key: &[u8], nonces: &[u8], room: &mut [u8]| seal_ranges(key, nonces, &[b"abc"], &sizes, b"", room);
        assert!(seal(&[0; 31], &[0; 12], &mut room).is_err_and(length("bytes of the key")));
        assert!(seal(&KEY, &[0; 24], &mut room).is_err_and(length("number of nonces")));
        assert!(seal(&KEY, &[0; 12], &mut room[1..]).is_err_and(length("sealed bytes")));
        assert!(matches!(seal(&KEY, &[0; 11], &mut room), Err(Error::Ragged { .. })));
        assert!(matches!(sealed_ranges_bytes(&[0; 5]), Err(Error::Ragged { .. })));
    }
}
