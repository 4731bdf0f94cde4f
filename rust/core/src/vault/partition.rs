//! Rows of a piece of a file, by partition.

use std::collections::HashSet;

use super::{ACCOUNT_BYTES, MONTH_BYTES, row_bytes};
use crate::{
    encoding::{items, same_count},
    error::Error,
    group::{ELEMENT_BYTES, Encoded},
};

/// A partition is the low six bits of an element's second byte; the first byte's lowest bit is always 0.
pub const PARTITIONS: usize = 64;

/// Rows by partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// The segments of all partitions, one after another.
    pub segments: Vec<u8>,
    /// How many rows each partition has.
    pub counts: [usize; PARTITIONS],
    /// How many rows were left out because their element was erased.
    pub erased: usize,
}

fn partition_of(element: &Encoded) -> usize {
    usize::from(element[1]) % PARTITIONS
}

/// Rows by partition, in their order within each: row `i` has the element numbered `places[i]` (little-endian u32), the
/// month `months[i]` (little-endian u16) and, unless `accounts` is empty, the account `accounts[i]` (16 bytes). Rows of
/// an element among `erased` are left out.
///
/// # Errors
/// Buffers that are not whole numbers of items, unequal numbers, a place beyond the elements.
pub fn part(elements: &[u8], places: &[u8], months: &[u8], accounts: &[u8], erased: &[u8]) -> Result<Parted, Error> {
    let elements = items::<ELEMENT_BYTES>("elements", elements)?;
    let places = items::<4>("places", places)?;
    let months = items::<MONTH_BYTES>("months", months)?;
    let accounts = items::<ACCOUNT_BYTES>("accounts", accounts)?;
    let erased: HashSet<&Encoded> = items::<ELEMENT_BYTES>("erased", erased)?.iter().collect();
    same_count("number of months", places.len(), months.len())?;
    if !accounts.is_empty() {
        same_count("number of accounts", places.len(), accounts.len())?;
    }
    let rows = places.iter().enumerate().map(|(index, place)| {
        elements.get(u32::from_le_bytes(*place) as usize).map(|element| (index, element)).ok_or(Error::Place { index })
    });
    let mut kept: [Vec<(usize, &Encoded)>; PARTITIONS] = std::array::from_fn(|_| Vec::new());
    for row in rows {
        let (index, element) = row?;
        if erased.is_empty() || !erased.contains(element) {
            kept[partition_of(element)].push((index, element));
        }
    }
    Ok(lay_out(&kept, months, accounts, places.len()))
}

fn lay_out(
    kept: &[Vec<(usize, &Encoded)>; PARTITIONS],
    months: &[[u8; MONTH_BYTES]],
    accounts: &[[u8; ACCOUNT_BYTES]],
    given: usize,
) -> Parted {
    let counts = std::array::from_fn(|partition| kept[partition].len());
    let left: usize = counts.iter().sum();
    let mut segments = Vec::with_capacity(left * row_bytes(!accounts.is_empty()));
    for rows in kept {
        for (_, element) in rows {
            segments.extend_from_slice(*element);
        }
        for (index, _) in rows {
            segments.extend_from_slice(&months[*index]);
        }
        if !accounts.is_empty() {
            for (index, _) in rows {
                segments.extend_from_slice(&accounts[*index]);
            }
        }
    }
    Parted { segments, counts, erased: given - left }
}
