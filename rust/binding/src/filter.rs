//! `FuseFilter`: approximate sets of 64-bit keys.

use pilookup_core::fuse;
use pyo3::{prelude::*, types::PyBytes};

use crate::convert::{Bytes, bytes_of, raise};

/// A binary fuse filter.
#[pyclass(frozen, module = "pilookup._core")]
pub(crate) struct FuseFilter(fuse::FuseFilter);

#[pymethods]
impl FuseFilter {
    #[staticmethod]
    fn build(py: Python<'_>, keys: Bytes, bits: u32) -> PyResult<Self> {
        py.detach(|| fuse::FuseFilter::build(keys.as_ref(), bits)).map(Self).map_err(raise)
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: Bytes) -> PyResult<Self> {
        py.detach(|| fuse::FuseFilter::from_bytes(data.as_ref())).map(Self).map_err(raise)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        bytes_of(py, || Ok(self.0.to_bytes()))
    }

    fn contains(&self, key: u64) -> bool {
        self.0.contains(key)
    }

    fn contains_many<'py>(&self, py: Python<'py>, keys: Bytes) -> PyResult<Bound<'py, PyBytes>> {
        bytes_of(py, || self.0.contains_many(keys.as_ref()))
    }

    #[getter]
    fn bits(&self) -> u32 {
        self.0.bits()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        format!("<FuseFilter of {} keys, {} bits>", self.0.len(), self.0.bits())
    }
}
