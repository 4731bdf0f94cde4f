//! The fast path of intake: text files cut into pieces and pieces into rows, at the pace of memory.
//!
//! What is read here is exactly what Python's intake reads, only faster: a row that this code is not sure about is
//! handed back by its place in the file, and the Python rules decide it. Tests hold the two against each other.

mod account;
mod characters;
mod cut;
mod dialect;
mod distinct;
mod extract;
mod month;
mod phone;
mod record;
mod scan;

pub use account::account_tags;
pub use cut::{Cut, cut};
pub use dialect::{Codec, Dialect};
pub use extract::{Columns, Extract, extract};
pub use scan::{Scan, Scanned};
