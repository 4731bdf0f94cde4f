//! Eight independent inputs through one stream of vector instructions, where the machine has them.
//!
//! The only room of the core with `unsafe` code: loads, stores, and the step from detecting an instruction set to
//! using it.
#![allow(unsafe_code)]

#[cfg(not(target_arch = "x86_64"))]
#[path = "absent.rs"]
pub(crate) mod ristretto;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ristretto;
pub(crate) mod sha512;

use std::{ffi::OsStr, sync::OnceLock};

use self::{ristretto::Kernel, sha512::Sha512x8};
use crate::error::Error;

/// How many inputs go together.
#[cfg(target_arch = "x86_64")]
pub(crate) const LANES: usize = 8;

/// Read once: `auto` (as if unset) takes the lanes where the machine has the instructions, `lanes` insists on them, `dalek` leaves
/// them alone. Which arithmetic curve25519-dalek takes is its own choice by what the machine has, and cannot be told.
const VARIABLE: &str = "PILOOKUP_BACKEND";

static CHOSEN: OnceLock<Result<Option<Kernel>, Error>> = OnceLock::new();

/// ristretto255 in lanes, or `None` where curve25519-dalek is to do the work.
///
/// # Errors
/// [`Error::Backend`] when the environment asks for what does not exist, or not here.
pub(crate) fn ristretto() -> Result<Option<Kernel>, Error> {
    CHOSEN.get_or_init(|| choose(std::env::var_os(VARIABLE).as_deref(), Kernel::detect())).clone()
}

static HASHING: OnceLock<Option<Sha512x8>> = OnceLock::new();

/// SHA-512 in lanes, or `None` where the machine lacks AVX-512F and AVX-512BW, or the environment asks for no lanes.
pub(crate) fn sha512() -> Option<Sha512x8> {
    let wanted = || std::env::var_os(VARIABLE).is_none_or(|asked| asked != "dalek");
    *HASHING.get_or_init(|| wanted().then(Sha512x8::detect).flatten())
}

fn choose(asked: Option<&OsStr>, detected: Option<Kernel>) -> Result<Option<Kernel>, Error> {
    match asked.map_or(Some("auto"), OsStr::to_str) {
        Some("auto") => Ok(detected),
        Some("lanes") if detected.is_some() => Ok(detected),
        Some("lanes") => Err(Error::Backend("the processor lacks AVX-512 F, DQ or IFMA, which lanes need")),
        Some("dalek") => Ok(None),
        _ => Err(Error::Backend("the backends are auto, lanes and dalek")),
    }
}

/// The arithmetic that batches run on: `avx512ifma` for our lanes, else what curve25519-dalek chooses on this machine:
/// `dalek-avx512ifma`, `avx2` or `serial`.
///
/// # Errors
/// [`Error::Backend`] when `PILOOKUP_BACKEND` asks for what does not exist, or not here.
pub fn backend() -> Result<&'static str, Error> {
    Ok(if ristretto()?.is_some() { "avx512ifma" } else { dalek() })
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
            return "avx2";
        }
    }
    "serial"
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{Kernel, choose};

    #[test]
    fn what_is_asked_for_is_used_or_refused() {
        let present = Kernel::detect();
        let lanes =
            |asked: Option<&str>, detected| choose(asked.map(OsStr::new), detected).map(|kernel| kernel.is_some());
        for asked in [None, Some("auto")] {
            assert_eq!(lanes(asked, present), Ok(present.is_some()));
            assert_eq!(lanes(asked, None), Ok(false));
        }
        assert_eq!(lanes(Some("dalek"), present), Ok(false));
        assert_eq!(lanes(Some("lanes"), present).is_ok(), present.is_some());
        for (asked, detected) in [("lanes", None), ("", present), ("avx2", present), ("Lanes", present)] {
            assert!(lanes(Some(asked), detected).is_err());
        }
    }
}
