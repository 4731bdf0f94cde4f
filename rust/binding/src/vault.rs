//! The rows and files of the vault.

use pilookup_core::vault;
use pyo3::{prelude::*, types::PyBytes};

use crate::convert::{Bytes, SecretBytes, bytes_of, raise};

/// Segments, the number of rows in each coarse span of each partition (u32), and the number of erased rows.
type Partitioned<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, usize);

#[pyfunction]
fn partition_rows(
    py: Python<'_>,
    elements: Bytes,
    indices: Bytes,
    months: Bytes,
    accounts: Bytes,
    erased: Bytes,
) -> PyResult<Partitioned<'_>> {
    let work = || {
        vault::partition_rows(elements.as_ref(), indices.as_ref(), months.as_ref(), accounts.as_ref(), erased.as_ref())
    };
    let partitioned = py.detach(work).map_err(raise)?;
    let counts: Vec<_> = partitioned.counts.iter().map(|count| count.to_le_bytes()).collect();
    Ok((PyBytes::new(py, &partitioned.segments), PyBytes::new(py, counts.as_flattened()), partitioned.erased))
}

/// Elements, accounts, counts and months of merged rows, and the number of distinct elements.
type Merged<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>, usize);

#[pyfunction]
fn merge_segments(py: Python<'_>, segments: Vec<Bytes>, accounts: bool) -> PyResult<Merged<'_>> {
    let merged = py.detach(|| vault::merge_segments(&segments, accounts)).map_err(raise)?;
    Ok((
        PyBytes::new(py, &merged.elements),
        PyBytes::new(py, &merged.accounts),
        PyBytes::new(py, merged.counts.as_flattened()),
        PyBytes::new(py, merged.months.as_flattened()),
        merged.distinct,
    ))
}

#[pyfunction]
fn count_distinct(py: Python<'_>, segments: Vec<Bytes>, accounts: bool) -> PyResult<usize> {
    py.detach(|| vault::count_distinct(&segments, accounts)).map_err(raise)
}

#[pyfunction]
fn seal_file(py: Python<'_>, key: SecretBytes, nonce: Bytes, data: Bytes, aad: Bytes) -> PyResult<Bound<'_, PyBytes>> {
    bytes_of(py, || vault::seal(key.as_ref(), nonce.as_ref(), data.as_ref(), aad.as_ref()))
}

#[pyfunction]
fn open_file(
    py: Python<'_>,
    key: SecretBytes,
    nonce: Bytes,
    sealed: Bytes,
    aad: Bytes,
) -> PyResult<Bound<'_, PyBytes>> {
    bytes_of(py, || vault::open(key.as_ref(), nonce.as_ref(), sealed.as_ref(), aad.as_ref()))
}

#[pyfunction]
fn seal_ranges(
    py: Python<'_>,
    key: SecretBytes,
    nonces: Bytes,
    data: Vec<Bytes>,
    sizes: Bytes,
    aad: Bytes,
) -> PyResult<Bound<'_, PyBytes>> {
    let length = vault::sealed_ranges_bytes(sizes.as_ref()).map_err(raise)?;
    // Seals directly into the Python object: the ranges of a file are tens of megabytes, which would otherwise be held
    // twice.
    PyBytes::new_with(py, length, |sealed| {
        let work = || vault::seal_ranges(key.as_ref(), nonces.as_ref(), &data, sizes.as_ref(), aad.as_ref(), sealed);
        py.detach(work).map_err(raise)
    })
}

#[pyfunction]
fn open_ranges(
    py: Python<'_>,
    key: SecretBytes,
    sealed: Bytes,
    sizes: Bytes,
    first: usize,
    aad: Bytes,
) -> PyResult<Bound<'_, PyBytes>> {
    bytes_of(py, || vault::open_ranges(key.as_ref(), sealed.as_ref(), sizes.as_ref(), first, aad.as_ref()))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(partition_rows, module)?)?;
    module.add_function(wrap_pyfunction!(merge_segments, module)?)?;
    module.add_function(wrap_pyfunction!(count_distinct, module)?)?;
    module.add_function(wrap_pyfunction!(seal_file, module)?)?;
    module.add_function(wrap_pyfunction!(open_file, module)?)?;
    module.add_function(wrap_pyfunction!(seal_ranges, module)?)?;
    module.add_function(wrap_pyfunction!(open_ranges, module)?)
}
