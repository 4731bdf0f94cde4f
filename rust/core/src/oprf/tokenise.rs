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
/// - [`Error::TooLong`] if an input is longer than 65535 bytes.
/// - [`Error::Identity`] if an input hashes to the identity.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
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

/// [`tokenise`] for concatenated inputs: input `i` is `data[offsets[i]..offsets[i + 1]]`. The offsets are little-endian u32,
/// one more than the number of inputs; the first is 0 and the last is the length of `data`.
///
/// # Errors
/// Those of [`tokenise`], [`Error::Ragged`] if `offsets` is not a whole number of u32, and [`Error::Offsets`] if the offsets
/// do not divide `data` into consecutive inputs.
pub fn tokenise_packed(data: &[u8], offsets: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    tokenise(&unpack(data, offsets)?, key)
}

/// `key * element` for every element of 32 bytes.
///
/// # Errors
/// - [`Error::Ragged`] if the buffer is not a whole number of elements.
/// - [`Error::Encoding`] or [`Error::Identity`] for the first element that is not canonical or is the identity.
/// - [`Error::Threads`] if the thread pool cannot be started, [`Error::Backend`] if the backend is not available.
pub fn shift(elements: &[u8], key: &SecretKey) -> Result<Vec<u8>, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let rows = pool::rows(elements, |first, elements, rows| shifted(first, elements, key, rows))?;
    Ok(rows.into_flattened())
}

/// [`shift`] of one chunk, whose first element has index `first` in the batch, into `rows`, which has the same length.
pub(crate) fn shifted(first: usize, elements: &[Encoded], key: &SecretKey, rows: &mut [Encoded]) -> Result<(), Error> {
    let mut points = PointBatch::decode("element", first, elements)?;
    points.multiply(&key.half());
    points.encode_doubles(rows);
    Ok(())
}

/// `HashToGroup` of one chunk, whose first input has index `first` in the batch.
pub(crate) fn hash_inputs<T: AsRef<[u8]>>(mode: Mode, first: usize, inputs: &[T]) -> Result<PointBatch, Error> {
    let mut uniform = SecretRows::new(inputs.len());
    Suite::of(mode).uniform_many(inputs, &mut uniform);
    PointBatch::derive(first, &uniform)
}
