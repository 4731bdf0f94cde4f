//! The group arithmetic, filters and sealing of pilookup, free of Python.
//!
//! Suite: RFC 9497 VOPRF mode over ristretto255-SHA512. Every operation takes and gives whole buffers; bytes from
//! outside are checked where they enter, and an error names the index of the item it is about.

pub mod bucket;
pub mod bulk;
mod dleq;
mod each;
mod encoding;
mod error;
mod expand;
mod framed;
pub mod fuse;
mod gcm_siv;
mod group;
pub mod intake;
mod key;
mod lanes;
pub mod merge;
mod points;
mod pool;
mod rows;
mod scalar;
pub mod seal;
pub mod spill;
mod suite;
mod token;
pub mod vault;
pub mod voprf;

pub use error::Error;
pub use group::ELEMENT_BYTES;
pub use key::SecretKey;
pub use lanes::backend;
pub use pool::{set_threads, threads};
pub use scalar::SCALAR_BYTES;
pub use suite::Mode;
pub use token::{Context, TOKEN_BYTES, tokens};
