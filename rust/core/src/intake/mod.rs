//! The fast path of intake: text files cut into pieces and pieces into rows, at the pace of memory.
//!
//! What is read here is exactly what Python's intake reads, only faster: a row that this code is not sure about is
//! handed back by its place in the file, and the Python rules decide it. Tests hold the two against each other.

mod account;
mod characters;
mod dialect;
mod extract;
mod file_split;
mod identifiers;
mod month;
mod phone;
mod record;
mod scan;

pub use account::account_pseudonyms;
pub use dialect::{Codec, Dialect};
pub use extract::{Columns, Extract, extract};
pub use file_split::{FileSplit, split_text};
pub use scan::{Scan, Scanned};
