//! The two bulk operations of a load and a publish: tokenise and shift.

use crate::{
    encoding::{check_inputs, items},
    error::Error,
    group::{ELEMENT_BYTES, Encoded},
    key::SecretKey,
    points::Points,
    pool,
    rows::SecretRows,
    suite::{Mode, Suite},
};

/// `key * HashToGroup(input)` for every input, in VOPRF mode (RFC 9497 section 4.1).
///
/// # Errors
/// An input longer than 65535 bytes, or one that hashes to the identity.
pub fn tokenise<T: AsRef<[u8]> + Sync>(inputs: &[T], key: &SecretKey) -> Result<Vec<u8>, Error> {
    check_inputs(inputs)?;
    let half = key.half();
    let rows = pool::rows(inputs, |first, inputs, rows| {
        let mut points = hash_inputs(Mode::Voprf, first, inputs)?;
        points.multiply(&half);
        points.encode_doubles(rows);
        Ok(())
    })?;
    Ok(rows.into_flattened())
}

/// [`tokenise`] over inputs laid end to end: input `i` is `data[offsets[i]..offsets[i + 1]]`, offsets being
/// little-endian u32, one more than there are inputs, the first 0 and the last the length of `data`.
///
/// # Errors
/// Offsets that do not cut `data` into consecutive pieces, and those of [`tokenise`].
pub fn tokenise_packed(data: &[u8], offsets: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    tokenise(&unpack(data, offsets)?, key)
}

fn unpack<'a>(data: &'a [u8], offsets: &[u8]) -> Result<Vec<&'a [u8]>, Error> {
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

/// `key * element` for every element of 32 bytes.
///
/// # Errors
/// The first element that is not canonical, or is the identity.
pub fn shift(elements: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let rows = pool::rows(elements, |first, elements, rows| shifted(first, elements, key, rows))?;
    Ok(rows.into_flattened())
}

/// [`shift`] of one chunk, whose first element is number `first` of the batch; `rows` has a place for each.
pub(crate) fn shifted(first: usize, elements: &[Encoded], key: &SecretKey, rows: &mut [Encoded]) -> Result<(), Error> {
    let mut points = Points::decode("element", first, elements)?;
    points.multiply(&key.half());
    points.encode_doubles(rows);
    Ok(())
}

/// `HashToGroup` of one chunk, whose first input is number `first` of the batch.
pub(crate) fn hash_inputs<T: AsRef<[u8]>>(mode: Mode, first: usize, inputs: &[T]) -> Result<Points, Error> {
    let mut uniform = SecretRows::new(inputs.len());
    Suite::of(mode).uniform_many(inputs, &mut uniform);
    Points::derive(first, &uniform)
}
