//! Tokens and sealed entries.

use pilookup_core::{self as core, Context, entry::seal as sealing};
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    convert::{Bytes, bytes_of, raise},
    key::SecretKey,
};

#[pyfunction]
fn tokens<'py>(py: Python<'py>, elements: Bytes, channel: &str, epoch: u32) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || core::tokens(elements.as_ref(), &Context { channel, epoch }))
}

#[pyfunction]
fn seal<'py>(
    py: Python<'py>,
    tokens: Bytes,
    labels: Bytes,
    channel: &str,
    epoch: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || sealing::seal(tokens.as_ref(), labels.as_ref(), &Context { channel, epoch }))
}

#[pyfunction]
fn open_entry<'py>(
    py: Python<'py>,
    token: Bytes,
    entry: Bytes,
    channel: &str,
    epoch: u32,
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let opened = sealing::open_entry(token.as_ref(), entry.as_ref(), &Context { channel, epoch }).map_err(raise)?;
    Ok(opened.map(|label| PyBytes::new(py, &label)))
}

/// Records of 36 bytes, and filter keys of 8 bytes.
type Sealed<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "the six arguments of the Python function, and the interpreter")]
fn shift_and_seal<'py>(
    py: Python<'py>,
    elements: Bytes,
    labels: Bytes,
    key: &SecretKey,
    channel: &str,
    epoch: u32,
    bits: u32,
) -> PyResult<Sealed<'py>> {
    let context = Context { channel, epoch };
    let sealed = py
        .detach(|| sealing::shift_and_seal(elements.as_ref(), labels.as_ref(), &key.0, &context, bits))
        .map_err(raise)?;
    Ok((PyBytes::new(py, &sealed.records), PyBytes::new(py, &sealed.filter_keys)))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(tokens, module)?)?;
    module.add_function(wrap_pyfunction!(seal, module)?)?;
    module.add_function(wrap_pyfunction!(open_entry, module)?)?;
    module.add_function(wrap_pyfunction!(shift_and_seal, module)?)
}
