//! Independent inputs, each in a lane, through one stream of vector instructions, where the machine has them.
//!
//! The only room of the core with `unsafe` code: loads, stores, and the step from detecting an instruction set to
//! using it.
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

/// Read once: `auto` (as if unset) takes the widest lanes that the machine has, `avx512ifma` and `avx2` insist on
/// theirs, `dalek` leaves them alone. Which arithmetic curve25519-dalek takes is its own choice by what the machine
/// has, and cannot be told.
const VARIABLE: &str = "PILOOKUP_BACKEND";

/// What batches run on; what is missing is done one by one.
#[derive(Clone, Copy, Default)]
struct Lanes {
    ristretto: Option<Kernel>,
    sha512: Option<Sha512x8>,
}

static CHOSEN: OnceLock<Result<Lanes, Error>> = OnceLock::new();

fn chosen() -> Result<Lanes, Error> {
    CHOSEN.get_or_init(|| choose(std::env::var_os(VARIABLE).as_deref())).clone()
}

/// ristretto255 in lanes, or `None` where curve25519-dalek is to do the work.
///
/// # Errors
/// [`Error::Backend`] when the environment asks for what does not exist, or not here.
pub(crate) fn ristretto_kernel() -> Result<Option<Kernel>, Error> {
    Ok(chosen()?.ristretto)
}

/// SHA-512 in lanes, or `None` where inputs are hashed one by one. A backend that cannot be had hashes nothing for
/// long: the points that the hashes are for are refused.
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
        None => Err(Error::Backend("the processor lacks the instructions that this backend is made of")),
    }
}

/// The arithmetic that batches run on: `avx512ifma` or `avx2` for lanes of our own, else what curve25519-dalek chooses
/// on this machine: `dalek-avx512ifma`, `dalek-avx2` or `dalek-serial`.
///
/// # Errors
/// [`Error::Backend`] when `PILOOKUP_BACKEND` asks for what does not exist, or not here.
pub fn backend() -> Result<&'static str, Error> {
    Ok(ristretto_kernel()?.map_or_else(dalek, Kernel::name))
}

/// What curve25519-dalek chooses.
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

    /// What is chosen, `none` for no lanes, or `refused`.
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
