//! The two bulk operations of a load and a publish: tokenise and shift.

use super::{
    group::{ELEMENT_BYTES, Encoded},
    key::SecretKey,
    point_batch::PointBatch,
    suite::{Mode, Suite},
};
use crate::{
    error::Error,
    memory::{
        encoding::{check_inputs, items, unpack},
        secret_rows::SecretRows,
    },
    pool,
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
    let mut points = PointBatch::decode("element", first, elements)?;
    points.multiply(&key.half());
    points.encode_doubles(rows);
    Ok(())
}

/// `HashToGroup` of one chunk, whose first input is number `first` of the batch.
pub(crate) fn hash_inputs<T: AsRef<[u8]>>(mode: Mode, first: usize, inputs: &[T]) -> Result<PointBatch, Error> {
    let mut uniform = SecretRows::new(inputs.len());
    Suite::of(mode).uniform_many(inputs, &mut uniform);
    PointBatch::derive(first, &uniform)
}
