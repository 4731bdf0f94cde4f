//! The most common spellings of a mainland mobile number, read in one step. The result equals that of the rules, which
//! this step skips. A test compares the two.

use super::{
    canonical::Identifier,
    digits::{MOBILE_DIGITS, is_mobile},
};

/// The longest text that is read here, in bytes.
const LONGEST: usize = 40;

/// The identifier of a text that is one mainland mobile number in a common spelling.
pub(super) fn mobile(text: &str) -> Option<Identifier> {
    let bytes = text.as_bytes();
    if is_mobile(bytes) {
        return Some(Identifier::mobile(bytes));
    }
    if !(MOBILE_DIGITS..=LONGEST).contains(&bytes.len()) || !bytes.is_ascii() {
        return None;
    }
    if let Some(number) = bytes.strip_suffix(b".0") {
        return is_mobile(number).then(|| Identifier::mobile(number)); // a numeric cell printed as text
    }
    let rest = text.trim_start_matches([' ', '\'', '=', '"']).trim_end_matches([' ', '\'', '"']);
    let rest = rest.strip_prefix("tel:").unwrap_or(rest);
    grouped(without_prefix(rest).as_bytes())
}

/// The text without `+86`, `0086`, `86`, `(+86)` or `(86)` and one space or dash after it, or without a 0.
fn without_prefix(text: &str) -> &str {
    for prefix in ["+86", "0086", "86", "(+86)", "(86)"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return rest.strip_prefix([' ', '-']).unwrap_or(rest);
        }
    }
    text.strip_prefix('0').unwrap_or(text)
}

/// A number of eleven digits with at most one space or dash after the third and after the seventh.
fn grouped(text: &[u8]) -> Option<Identifier> {
    let (head, rest) = text.split_at_checked(3)?;
    let (middle, rest) = without_sign(rest).split_at_checked(4)?;
    let tail = without_sign(rest);
    if tail.len() != 4 {
        return None;
    }
    let mut digits = [0; MOBILE_DIGITS];
    digits[..3].copy_from_slice(head);
    digits[3..7].copy_from_slice(middle);
    digits[7..].copy_from_slice(tail);
    is_mobile(&digits).then(|| Identifier::mobile(&digits))
}

fn without_sign(text: &[u8]) -> &[u8] {
    match text {
        [b' ' | b'-', rest @ ..] => rest,
        _ => text,
    }
}
