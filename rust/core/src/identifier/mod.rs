//! From a text to one phone number's canonical bytes, or to a reason (SPEC.md section "Identifier").
//!
//! It decides exactly as the rules in Python do for region CN, with numbering plans from the same version of
//! libphonenumber's metadata. Tests compare the two.

mod affixes;
mod automaton;
mod canonical;
mod characters;
mod code_in_front;
mod common;
mod digits;
mod lookalikes;
mod number;
mod plan;
#[rustfmt::skip]
mod plan_table;
mod prefix;
mod reading;
mod reason;
mod rules;
mod several;
mod spelled;
mod words;

pub use canonical::Identifier;
pub(crate) use characters::{Plain, plain_of};
pub use plan_table::METADATA_VERSION;
pub use reason::Reason;
pub use rules::canonicalise;
