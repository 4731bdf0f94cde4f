//! Phone numbers as identifiers.

use std::borrow::Cow;

use pilookup_core::identifier::{self, Identifier, Reason};
use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};

#[pyfunction]
fn canonicalise<'py>(py: Python<'py>, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    Ok(object(py, identifier::canonicalise(&characters(text)?)))
}

#[pyfunction]
fn canonicalise_all<'py>(py: Python<'py>, texts: Vec<Bound<'py, PyString>>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let texts = texts.iter().map(characters).collect::<PyResult<Vec<_>>>()?;
    let found: Vec<_> = py.detach(|| texts.iter().map(|text| identifier::canonicalise(text)).collect());
    Ok(found.into_iter().map(|outcome| object(py, outcome)).collect())
}

/// The characters of a text, without a copy. A lone surrogate becomes U+FFFD, which is no character of a number either.
fn characters<'a>(text: &'a Bound<'_, PyString>) -> PyResult<Cow<'a, str>> {
    if let Ok(characters) = text.to_str() {
        return Ok(Cow::Borrowed(characters));
    }
    let encoded = text.call_method1("encode", ("utf-16-le", "surrogatepass"))?;
    let units =
        encoded.cast::<PyBytes>()?.as_bytes().chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Ok(Cow::Owned(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()))
}

fn object(py: Python<'_>, outcome: Result<Identifier, Reason>) -> Bound<'_, PyAny> {
    match outcome {
        Ok(identifier) => PyBytes::new(py, identifier.as_bytes()).into_any(),
        Err(reason) => PyString::intern(py, reason.code()).into_any(),
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(canonicalise, module)?)?;
    module.add_function(wrap_pyfunction!(canonicalise_all, module)?)
}
