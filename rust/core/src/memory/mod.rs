//! Buffers: dividing them into items, and rows that are cleared when dropped.

pub(crate) mod encoding;
pub(crate) mod secret_rows;
