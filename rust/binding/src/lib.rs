//! The Python module `pilookup._core`. Its functions are whole operations that take and return bytes, with the
//! interpreter lock released.
//!
//! Secrets stay in opaque objects, which are cleared when dropped. `SecretKey.export` is the only way to read one, for
//! deliberate storage.

#![forbid(unsafe_code)]
#![allow(clippy::needless_pass_by_value, reason = "arguments extracted from Python are passed by value")]
#![allow(clippy::unused_self, reason = "methods called by Python take `self`, whether they use it or not")]

mod convert;
mod entry;
mod filter;
mod identifier;
mod intake;
mod key;
mod oprf;
mod publish;
mod vault;

use pyo3::prelude::*;

use crate::convert::BucketOverflow;

/// The arithmetic, filters and sealing of pilookup.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // An unavailable backend is reported at import, not at the first batch.
    pilookup_core::backend().map_err(convert::raise)?;
    module.add("ELEMENT_BYTES", pilookup_core::ELEMENT_BYTES)?;
    module.add("PROOF_BYTES", pilookup_core::oprf::voprf::PROOF_BYTES)?;
    module.add("TOKEN_BYTES", pilookup_core::TOKEN_BYTES)?;
    module.add("LABEL_BYTES", pilookup_core::LABEL_BYTES)?;
    module.add("ENTRY_BYTES", pilookup_core::entry::seal::ENTRY_BYTES)?;
    module.add("RECORD_BYTES", pilookup_core::entry::seal::RECORD_BYTES)?;
    module.add("BucketOverflow", module.py().get_type::<BucketOverflow>())?;
    module.add_class::<key::SecretKey>()?;
    module.add_class::<oprf::Blinds>()?;
    module.add_class::<filter::FuseFilter>()?;
    identifier::register(module)?;
    intake::register(module)?;
    oprf::register(module)?;
    publish::register(module)?;
    entry::register(module)?;
    vault::register(module)?;
    let mut public: Vec<String> = module.index()?.extract()?;
    public.retain(|name| !name.starts_with('_'));
    public.sort();
    module.setattr("__all__", public)
}
