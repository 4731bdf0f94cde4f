//! The operations of RFC 9497, the two bulk operations, and the number of threads they run on.

use pilookup_core::{
    self as core, Mode,
    oprf::{self, voprf},
};
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    convert::{Bytes, SecretBytes, bytes_of, raise, refuse_copy},
    key::SecretKey,
};

/// The blinds of one batch; cleared when dropped.
#[pyclass(frozen, module = "pilookup._core")]
pub(crate) struct Blinds(voprf::Blinds);

#[pymethods]
impl Blinds {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> &'static str {
        "<Blinds>"
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(refuse_copy("a batch of blinds"))
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(refuse_copy("a batch of blinds"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(refuse_copy("a batch of blinds"))
    }
}

/// Evaluated elements, and their proof.
type Evaluated<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// Blinds, and the blinded elements.
type Blinded<'py> = (Blinds, Bound<'py, PyBytes>);

fn blinded(
    py: Python<'_>,
    work: impl FnOnce() -> Result<(voprf::Blinds, Vec<u8>), core::Error> + Send,
) -> PyResult<Blinded<'_>> {
    let (blinds, elements) = py.detach(work).map_err(raise)?;
    Ok((Blinds(blinds), PyBytes::new(py, &elements)))
}

#[pyfunction]
fn set_threads(n: usize) -> PyResult<()> {
    core::set_threads(n).map_err(raise)
}

#[pyfunction]
fn threads() -> usize {
    core::threads()
}

#[pyfunction]
fn backend() -> PyResult<&'static str> {
    core::backend().map_err(raise)
}

#[pyfunction]
fn tokenise<'py>(py: Python<'py>, inputs: Vec<Bytes>, key: &SecretKey) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || oprf::tokenise(&inputs, &key.0))
}

#[pyfunction]
fn tokenise_packed<'py>(
    py: Python<'py>,
    data: Bytes,
    offsets: Bytes,
    key: &SecretKey,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || oprf::tokenise_packed(data.as_ref(), offsets.as_ref(), &key.0))
}

#[pyfunction]
fn shift<'py>(py: Python<'py>, elements: Bytes, key: &SecretKey) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || oprf::shift(elements.as_ref(), &key.0))
}

#[pyfunction]
fn blind(py: Python<'_>, inputs: Vec<Bytes>) -> PyResult<Blinded<'_>> {
    blinded(py, || voprf::blind(&inputs, Mode::Voprf))
}

#[pyfunction]
fn evaluate<'py>(py: Python<'py>, elements: Bytes, key: &SecretKey) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || voprf::evaluate(elements.as_ref(), &key.0))
}

#[pyfunction]
fn prove<'py>(py: Python<'py>, elements: Bytes, evaluated: Bytes, key: &SecretKey) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || voprf::prove(elements.as_ref(), evaluated.as_ref(), &key.0))
}

#[pyfunction]
fn evaluate_and_prove<'py>(py: Python<'py>, elements: Bytes, key: &SecretKey) -> PyResult<Evaluated<'py>> {
    let (evaluated, proof) = py.detach(|| voprf::evaluate_and_prove(elements.as_ref(), &key.0)).map_err(raise)?;
    Ok((PyBytes::new(py, &evaluated), PyBytes::new(py, &proof)))
}

#[pyfunction]
fn evaluate_and_prove_each<'py>(
    py: Python<'py>,
    elements: Bytes,
    key: &SecretKey,
) -> PyResult<Vec<Option<Evaluated<'py>>>> {
    let each = py.detach(|| voprf::evaluate_and_prove_each(elements.as_ref(), &key.0)).map_err(raise)?;
    let given = |(evaluated, proof): voprf::Evaluated| (PyBytes::new(py, &evaluated), PyBytes::new(py, &proof));
    Ok(each.into_iter().map(|one| one.map(given)).collect())
}

#[pyfunction]
fn verify(py: Python<'_>, public_key: Bytes, elements: Bytes, evaluated: Bytes, proof: Bytes) -> PyResult<bool> {
    py.detach(|| voprf::verify(public_key.as_ref(), elements.as_ref(), evaluated.as_ref(), proof.as_ref()))
        .map_err(raise)
}

#[pyfunction]
fn unblind<'py>(py: Python<'py>, blinds: &Blinds, evaluated: Bytes) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || voprf::unblind(&blinds.0, evaluated.as_ref()))
}

#[pyfunction]
fn finalize<'py>(
    py: Python<'py>,
    inputs: Vec<Bytes>,
    blinds: &Blinds,
    evaluated: Bytes,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || voprf::finalize(&inputs, &blinds.0, evaluated.as_ref()))
}

fn mode(name: &str) -> PyResult<Mode> {
    match name {
        "oprf" => Ok(Mode::Oprf),
        "voprf" => Ok(Mode::Voprf),
        _ => Err(pyo3::exceptions::PyValueError::new_err("mode must be oprf or voprf")),
    }
}

#[pyfunction]
#[pyo3(signature = (inputs, scalars, mode = "voprf"))]
fn _blind_with<'py>(py: Python<'py>, inputs: Vec<Bytes>, scalars: Bytes, mode: &str) -> PyResult<Blinded<'py>> {
    let mode = self::mode(mode)?;
    blinded(py, || voprf::blind_with(&inputs, scalars.as_ref(), mode))
}

#[pyfunction]
fn _prove_with<'py>(
    py: Python<'py>,
    elements: Bytes,
    evaluated: Bytes,
    key: &SecretKey,
    random: Bytes,
) -> PyResult<Bound<'py, PyBytes>> {
    bytes_of(py, || voprf::prove_with(elements.as_ref(), evaluated.as_ref(), &key.0, random.as_ref()))
}

#[pyfunction]
fn _derive_with(seed: SecretBytes, info: Bytes, mode: &str) -> PyResult<SecretKey> {
    core::SecretKey::derive(seed.as_ref(), info.as_ref(), self::mode(mode)?).map(SecretKey).map_err(raise)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads, module)?)?;
    module.add_function(wrap_pyfunction!(backend, module)?)?;
    module.add_function(wrap_pyfunction!(tokenise, module)?)?;
    module.add_function(wrap_pyfunction!(tokenise_packed, module)?)?;
    module.add_function(wrap_pyfunction!(shift, module)?)?;
    module.add_function(wrap_pyfunction!(blind, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(prove, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate_and_prove, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate_and_prove_each, module)?)?;
    module.add_function(wrap_pyfunction!(verify, module)?)?;
    module.add_function(wrap_pyfunction!(unblind, module)?)?;
    module.add_function(wrap_pyfunction!(finalize, module)?)?;
    module.add_function(wrap_pyfunction!(_blind_with, module)?)?;
    module.add_function(wrap_pyfunction!(_prove_with, module)?)?;
    module.add_function(wrap_pyfunction!(_derive_with, module)?)
}
