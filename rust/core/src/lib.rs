//! The group arithmetic, filters and sealing of pilookup, without Python.
//!
//! The suite is RFC 9497 in VOPRF mode over ristretto255-SHA512. Every operation takes and returns whole buffers. Bytes
//! from outside are checked where they enter, and an error names the index of the item that it is about.

pub mod entry;
mod error;
pub mod fuse;
mod hash;
pub mod identifier;
pub mod intake;
pub mod labels;
mod memory;
pub mod oprf;
mod pool;
mod simd;
pub mod spill;
pub mod vault;

pub use entry::token::{Context, LABEL_BYTES, TOKEN_BYTES, tokens};
pub use error::Error;
pub use oprf::{group::ELEMENT_BYTES, key::SecretKey, suite::Mode};
pub use pool::{set_threads, threads};
pub use simd::backend;
