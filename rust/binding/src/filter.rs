//! `FuseFilter`: approximate sets of 64-bit keys.

use pilookup_core::fuse;
use pyo3::{prelude::*, types::PyBytes};

use crate::convert::{Bytes, bytes_of, raise};

/// A binary fuse filter.
#[pyclass(frozen, module = "pilookup._core")]
pub(crate) struct FuseFilter(fuse::FuseFilter);

#[pymethods]
impl FuseFilter {
    #[classattr]
    const HEAD_BYTES: usize = fuse::FuseFilter::HEAD_BYTES;
    #[classattr]
    const PART_HEAD_BYTES: usize = fuse::FuseFilter::PART_HEAD_BYTES;
    #[classattr]
    const DIGEST_BYTES: usize = fuse::FuseFilter::DIGEST_BYTES;

    #[staticmethod]
    #[pyo3(signature = (keys, bits, part_bits=None))]
    fn build(py: Python<'_>, keys: Bytes, bits: u32, part_bits: Option<u8>) -> PyResult<Self> {
        py.detach(|| match part_bits {
            None => fuse::FuseFilter::build(keys.as_ref(), bits),
            Some(part_bits) => fuse::FuseFilter::build_in_parts(keys.as_ref(), bits, part_bits),
        })
        .map(Self)
        .map_err(raise)
    }

    #[staticmethod]
    fn part_bits_for(count: u64) -> u8 {
        fuse::FuseFilter::part_bits_for(count)
    }

    #[staticmethod]
    fn part_bits_of(beginning: Bytes) -> PyResult<u8> {
        fuse::FuseFilter::part_bits_of(beginning.as_ref()).map_err(raise)
    }

    #[staticmethod]
    fn head(py: Python<'_>, bits: u32, part_bits: u8, count: u64) -> PyResult<Bound<'_, PyBytes>> {
        fuse::FuseFilter::head(bits, part_bits, count).map(|head| PyBytes::new(py, &head)).map_err(raise)
    }

    #[staticmethod]
    fn part_bytes(beginning: Bytes) -> PyResult<usize> {
        fuse::FuseFilter::part_bytes(beginning.as_ref()).map_err(raise)
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: Bytes) -> PyResult<Self> {
        py.detach(|| fuse::FuseFilter::from_bytes(data.as_ref())).map(Self).map_err(raise)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        bytes_of(py, || Ok(self.0.to_bytes()))
    }

    fn contains_many<'py>(&self, py: Python<'py>, keys: Bytes) -> PyResult<Bound<'py, PyBytes>> {
        bytes_of(py, || self.0.contains_many(keys.as_ref()))
    }

    #[getter]
    fn bits(&self) -> u32 {
        self.0.bits()
    }

    #[getter]
    fn part_bits(&self) -> u8 {
        self.0.part_bits()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        format!("<FuseFilter of {} keys, {} bits>", self.0.len(), self.0.bits())
    }
}
