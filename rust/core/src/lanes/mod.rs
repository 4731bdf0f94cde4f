//! Eight independent inputs through one stream of vector instructions, where the machine has them.
//!
//! The only room of the core with `unsafe` code: loads, stores, and the step from detecting an instruction set to
//! using it.

pub(crate) mod sha512;

/// SHA-512 in lanes, or `None` where the machine lacks AVX-512F and AVX-512BW.
pub(crate) fn sha512() -> Option<sha512::Sha512x8> {
    sha512::Sha512x8::detect()
}
