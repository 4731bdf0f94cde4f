//! RFC 9497 over ristretto255-SHA512: suite, keys, batches of points, proofs, bulk operations.

mod dleq;
mod dleq_single;
pub(crate) mod group;
pub(crate) mod key;
pub(crate) mod point_batch;
pub(crate) mod scalar;
pub(crate) mod suite;
pub(crate) mod tokenise;
pub mod voprf;

pub use tokenise::{shift, tokenise, tokenise_packed};
