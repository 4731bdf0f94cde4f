//! The steps of a publish before and after the shift: merging rows into labels, grouping records by bucket range, and
//! packing buckets.

use pilookup_core::{
    entry::bucket,
    labels::{self, Run, Source},
    spill,
};
use pyo3::{prelude::*, types::PyBytes};

use crate::convert::{Bytes, bytes_of, raise};

/// Two buffers.
type Pair<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

fn pair<'py>(py: Python<'py>, first: &[u8], second: &[u8]) -> Pair<'py> {
    (PyBytes::new(py, first), PyBytes::new(py, second))
}

#[pyfunction]
fn merge_labels(
    py: Python<'_>,
    runs: Vec<(Bytes, Bytes, Bytes, Bytes, usize)>,
    sources: Vec<(u16, u8)>,
    erased: Bytes,
) -> PyResult<Pair<'_>> {
    let columns: Vec<_> = runs
        .iter()
        .map(|(elements, accounts, counts, months, source)| Run {
            elements: elements.as_ref(),
            accounts: accounts.as_ref(),
            counts: counts.as_ref(),
            months: months.as_ref(),
            source: *source,
        })
        .collect();
    let sources: Vec<_> = sources.into_iter().map(|(id, flag)| Source { id, flag }).collect();
    let merged = py.detach(|| labels::merge_labels(&columns, &sources, erased.as_ref())).map_err(raise)?;
    Ok(pair(py, &merged.elements, &merged.labels))
}

#[pyfunction]
fn group_records(py: Python<'_>, records: Bytes, index_bits: u32, range_bits: u32) -> PyResult<Pair<'_>> {
    let grouped = py.detach(|| spill::group_records(records.as_ref(), index_bits, range_bits)).map_err(raise)?;
    Ok(pair(py, &grouped.records, &grouped.starts))
}

#[pyfunction]
fn sort_unique_keys(py: Python<'_>, keys: Bytes) -> PyResult<Bound<'_, PyBytes>> {
    bytes_of(py, || spill::sort_unique_keys(keys.as_ref()))
}

#[pyfunction]
fn pack_buckets(
    py: Python<'_>,
    records: Bytes,
    first: u64,
    count: usize,
    slots: usize,
    finer: u32,
) -> PyResult<Pair<'_>> {
    let packed = py.detach(|| bucket::pack_buckets(records.as_ref(), first, count, slots, finer)).map_err(raise)?;
    Ok(pair(py, &packed.buckets, &packed.leaves))
}

#[pyfunction]
fn check_buckets(py: Python<'_>, buckets: Bytes, slots: usize) -> PyResult<(u64, Bound<'_, PyBytes>)> {
    let checked = py.detach(|| bucket::check_buckets(buckets.as_ref(), slots)).map_err(raise)?;
    Ok((checked.entries, PyBytes::new(py, &checked.leaves)))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(merge_labels, module)?)?;
    module.add_function(wrap_pyfunction!(group_records, module)?)?;
    module.add_function(wrap_pyfunction!(sort_unique_keys, module)?)?;
    module.add_function(wrap_pyfunction!(pack_buckets, module)?)?;
    module.add_function(wrap_pyfunction!(check_buckets, module)?)
}
