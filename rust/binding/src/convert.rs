//! Conversion of buffers from Python, and of results and errors to Python.

use pilookup_core::Error;
use pyo3::{
    buffer::PyBuffer,
    create_exception,
    exceptions::{PyMemoryError, PyOSError, PyTypeError, PyValueError},
    prelude::*,
    pybacked::PyBackedBytes,
    types::PyBytes,
};
use zeroize::Zeroizing;

create_exception!(
    pilookup._core,
    BucketOverflow,
    PyValueError,
    "A bucket has more entries than slots. `bucket` is its index, `entries` the number of its entries."
);

/// A bytes-like argument. `bytes` is used without a copy; any other object with a contiguous byte buffer is copied.
pub(crate) struct Bytes(PyBackedBytes);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Bytes {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.extract::<PyBackedBytes>() {
            return Ok(Self(bytes));
        }
        let buffer = PyBuffer::<u8>::get(&object).map_err(|_| PyTypeError::new_err("expected a bytes-like object"))?;
        let copy = PyBytes::new(object.py(), &buffer.to_vec(object.py())?);
        Ok(Self(copy.into()))
    }
}

/// A secret bytes-like argument. It is copied once, and the copy is cleared when dropped.
pub(crate) struct SecretBytes(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for SecretBytes {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Zeroizing::new(copy(&object)?)))
    }
}

fn copy(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let buffer = PyBuffer::<u8>::get(object).map_err(|_| PyTypeError::new_err("expected a bytes-like object"))?;
    buffer.to_vec(object.py())
}

/// Runs `work` with the interpreter lock released and returns its bytes as a Python object.
pub(crate) fn bytes_of<T: AsRef<[u8]> + Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<Bound<'_, PyBytes>> {
    let result = py.detach(work).map_err(raise)?;
    Ok(PyBytes::new(py, result.as_ref()))
}

/// The Python exception for an error of the core.
pub(crate) fn raise(error: Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::BucketOverflow { bucket, entries, .. } => overflow(text, bucket, entries),
        Error::Memory => PyMemoryError::new_err(text),
        Error::Random | Error::Threads => PyOSError::new_err(text),
        _ => PyValueError::new_err(text),
    }
}

fn overflow(text: String, bucket: u64, entries: usize) -> PyErr {
    Python::attach(|py| {
        let error = BucketOverflow::new_err(text);
        let value = error.value(py);
        let attached = value.setattr("bucket", bucket).and_then(|()| value.setattr("entries", entries));
        attached.err().unwrap_or(error)
    })
}

/// The exception that an opaque object raises when it is pickled or copied.
pub(crate) fn refuse_copy(what: &str) -> PyErr {
    PyTypeError::new_err(format!("{what} cannot be copied or pickled"))
}
