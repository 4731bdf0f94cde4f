//! Dividing buffers into items, and the length prefixes of RFC 9497.

use crate::error::Error;

/// The length of the longest string that a two-byte length prefix can express.
const MAX_PREFIXED: usize = u16::MAX as usize;

/// Divides `buffer` into items of `N` bytes.
pub(crate) fn items<'a, const N: usize>(what: &'static str, buffer: &'a [u8]) -> Result<&'a [[u8; N]], Error> {
    match buffer.as_chunks::<N>() {
        (items, []) => Ok(items),
        _ => Err(Error::Ragged { what, length: buffer.len(), unit: N }),
    }
}

pub(crate) fn unpack<'a>(data: &'a [u8], offsets: &[u8]) -> Result<Vec<&'a [u8]>, Error> {
    let offsets = items::<4>("offsets", offsets)?;
    let offset = |index: usize| u32::from_le_bytes(offsets[index]) as usize;
    if offsets.is_empty() || offset(0) != 0 {
        return Err(Error::Offsets { index: 0 });
    }
    let last = offsets.len() - 1;
    if offset(last) != data.len() {
        return Err(Error::Offsets { index: last });
    }
    (0..last).map(|i| data.get(offset(i)..offset(i + 1)).ok_or(Error::Offsets { index: i + 1 })).collect()
}

/// The first eight of 32 bytes. They nearly always decide the order, and are faster to compare than all bytes.
#[inline]
pub(crate) fn head(bytes: &[u8; 32]) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|i| bytes[i]))
}

/// Refuses two buffers with different numbers of items.
pub(crate) fn same_count(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
}

/// `I2OSP(len(string), 2)`.
pub(crate) fn length_prefix(what: &'static str, index: usize, string: &[u8]) -> Result<[u8; 2], Error> {
    u16::try_from(string.len()).map(u16::to_be_bytes).map_err(|_| Error::TooLong { what, index })
}

/// Refuses the first input that does not fit a two-byte length prefix (RFC 9497 section 3.3: inputs are shorter than 2^16).
pub(crate) fn check_inputs<T: AsRef<[u8]>>(inputs: &[T]) -> Result<(), Error> {
    match inputs.iter().position(|input| input.as_ref().len() > MAX_PREFIXED) {
        Some(index) => Err(Error::TooLong { what: "input", index }),
        None => Ok(()),
    }
}
