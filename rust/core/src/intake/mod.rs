//! The fast path of intake: divides text files into file splits, and reads their rows at the speed of memory.
//!
//! It reads exactly what Python's intake reads, but faster. If it is not sure about a row, it returns the location of
//! the row in the file, and the Python rules decide. Tests compare the two.

mod account;
mod cell_text;
mod characters;
mod dialect;
mod extract;
mod file_split;
mod identifiers;
mod month;
mod outside;
mod phone;
mod phone_cell;
mod record;
mod scan;

pub use account::account_pseudonyms;
pub use dialect::{Codec, Dialect};
pub use extract::{Columns, Extract, extract};
pub use file_split::{FileSplit, split_text};
pub use scan::{Scan, Scanned};
