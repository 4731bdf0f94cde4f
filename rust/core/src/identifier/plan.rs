//! The numbering plan of one calling code.

use super::{
    automaton::State,
    prefix::{Node, Part},
};

/// The numbering plan of one calling code.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) code: u16,
    /// Whether the calling code belongs to countries, and not to a worldwide service.
    pub(super) in_a_country: bool,
    /// Possible lengths of national numbers, as bits.
    pub(super) lengths: u32,
    /// Lengths that are possible only for calls within one area, as bits.
    pub(super) local: u32,
    /// Accepts what libphonenumber's general pattern of the calling code's main region matches.
    pub(super) general: State,
    /// Accepts valid national numbers.
    pub(super) valid: State,
    /// What is dialled before a national number within the country.
    pub(super) prefix: Option<&'static Node>,
    /// The number of groups of `prefix`.
    pub(super) groups: u8,
    /// What replaces a prefix whose last group took part in the match.
    pub(super) transform: Option<&'static [Part]>,
}
