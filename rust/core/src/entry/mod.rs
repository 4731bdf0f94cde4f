//! Entries: tokens, labels sealed under them, and the buckets that entries are packed into.

pub mod bucket;
mod entry_cipher;
pub mod seal;
pub(crate) mod token;
