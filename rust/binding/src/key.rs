//! `SecretKey`: an opaque scalar.

use pilookup_core as core;
use pyo3::{prelude::*, types::PyBytes};

use crate::convert::{Bytes, SecretBytes, raise, refuse_copy};

/// An opaque nonzero scalar; cleared when dropped.
#[pyclass(frozen, module = "pilookup._core")]
pub(crate) struct SecretKey(pub(crate) core::SecretKey);

#[pymethods]
impl SecretKey {
    #[staticmethod]
    fn generate() -> PyResult<Self> {
        core::SecretKey::generate().map(Self).map_err(raise)
    }

    #[staticmethod]
    fn from_bytes(data: SecretBytes) -> PyResult<Self> {
        core::SecretKey::from_bytes(data.as_ref()).map(Self).map_err(raise)
    }

    #[staticmethod]
    fn derive(seed: SecretBytes, info: Bytes) -> PyResult<Self> {
        core::SecretKey::derive(seed.as_ref(), info.as_ref(), core::Mode::Voprf).map(Self).map_err(raise)
    }

    fn export<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.export().as_slice())
    }

    fn public<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.public())
    }

    fn shift_to(&self, target: &Self) -> Self {
        Self(self.0.shift_to(&target.0))
    }

    fn __repr__(&self) -> &'static str {
        "<SecretKey>"
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(refuse_copy("a secret key"))
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(refuse_copy("a secret key"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(refuse_copy("a secret key"))
    }
}
