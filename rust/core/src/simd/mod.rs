//! Independent inputs, each in a lane of vectors, if the machine has the vector instructions.
//!
//! This is the only module of the core with `unsafe` code: loads, stores, single instructions, and calls of functions
//! that are compiled for a detected instruction set.
#![allow(unsafe_code)]

#[cfg(not(target_arch = "x86_64"))]
#[path = "ristretto/unsupported.rs"]
pub(crate) mod ristretto;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ristretto;
pub(crate) mod sha512;

use std::{ffi::OsStr, sync::OnceLock};

use self::{ristretto::Kernel, sha512::Sha512x8};
use crate::error::Error;

/// The environment variable that selects the backend; read once. `auto`, the default, takes the widest lanes that the
/// machine has, `avx512ifma` and `avx2` require these instructions, and `dalek` uses no lanes. curve25519-dalek selects
/// its own arithmetic by the machine, and this cannot be changed here.
const VARIABLE: &str = "PILOOKUP_BACKEND";

/// The lanes that batches run on. For `None`, items are computed one by one.
#[derive(Clone, Copy, Default)]
struct Lanes {
    ristretto: Option<Kernel>,
    sha512: Option<Sha512x8>,
}

static CHOSEN: OnceLock<Result<Lanes, Error>> = OnceLock::new();

fn chosen() -> Result<Lanes, Error> {
    CHOSEN.get_or_init(|| choose(std::env::var_os(VARIABLE).as_deref())).clone()
}

/// ristretto255 in lanes, or `None` if curve25519-dalek does the work.
///
/// # Errors
/// [`Error::Backend`] if `PILOOKUP_BACKEND` names a backend that does not exist, or that this machine does not have.
pub(crate) fn ristretto_kernel() -> Result<Option<Kernel>, Error> {
    Ok(chosen()?.ristretto)
}

/// SHA-512 in lanes, or `None` if inputs are hashed one by one. `None` also stands for a backend that is not available:
/// this is not an error here, because computing the points of the hashes raises it.
pub(crate) fn sha512_lanes() -> Option<Sha512x8> {
    chosen().ok()?.sha512
}

fn choose(asked: Option<&OsStr>) -> Result<Lanes, Error> {
    match asked.map_or(Some("auto"), OsStr::to_str) {
        Some("auto") => Ok(Lanes { ristretto: Kernel::avx512().or_else(Kernel::avx2), sha512: Sha512x8::detect() }),
        Some("avx512ifma") => insist(Kernel::avx512(), Sha512x8::detect()),
        Some("avx2") => insist(Kernel::avx2(), None),
        Some("dalek") => Ok(Lanes::default()),
        _ => Err(Error::Backend("the backends are auto, avx512ifma, avx2 and dalek")),
    }
}

fn insist(ristretto: Option<Kernel>, sha512: Option<Sha512x8>) -> Result<Lanes, Error> {
    match ristretto {
        Some(_) => Ok(Lanes { ristretto, sha512 }),
        None => Err(Error::Backend("the processor does not have the instructions of this backend")),
    }
}

/// The arithmetic that batches run on: `avx512ifma` or `avx2` for the lanes of this crate, otherwise the one that
/// curve25519-dalek selects on this machine: `dalek-avx512ifma`, `dalek-avx2` or `dalek-serial`.
///
/// # Errors
/// [`Error::Backend`] if `PILOOKUP_BACKEND` names a backend that does not exist, or that this machine does not have.
pub fn backend() -> Result<&'static str, Error> {
    Ok(ristretto_kernel()?.map_or_else(dalek, Kernel::name))
}

/// The arithmetic that curve25519-dalek selects.
fn dalek() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if cfg!(curve25519_dalek_backend = "avx512")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vl")
        {
            return "dalek-avx512ifma";
        }
        if !cfg!(any(curve25519_dalek_backend = "serial", curve25519_dalek_backend = "fiat"))
            && is_x86_feature_detected!("avx2")
        {
            return "dalek-avx2";
        }
    }
    "dalek-serial"
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{Kernel, choose};

    /// The name of the chosen kernel, `none` for no lanes, or `refused`.
    fn name(asked: Option<&str>) -> &'static str {
        choose(asked.map(OsStr::new)).map_or("refused", |lanes| lanes.ristretto.map_or("none", Kernel::name))
    }

    #[test]
    fn the_requested_backend_is_used_or_refused() {
        let best = Kernel::avx512().or_else(Kernel::avx2).map_or("none", Kernel::name);
        assert_eq!(name(None), best);
        assert_eq!(name(Some("auto")), best);
        assert_eq!(name(Some("dalek")), "none");
        for (asked, present) in [("avx512ifma", Kernel::avx512()), ("avx2", Kernel::avx2())] {
            assert_eq!(name(Some(asked)), present.map_or("refused", Kernel::name));
        }
        for asked in ["", "lanes", "AVX2", "dalek "] {
            assert_eq!(name(Some(asked)), "refused");
        }
    }
}
