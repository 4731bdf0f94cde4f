//! A calling code before a number, without `+`, but in brackets or separated from the number (rule 17).

use std::ops::RangeInclusive;

/// Calling codes of one digit are left out: the number of an item in a list looks the same.
const CODE_DIGITS: RangeInclusive<usize> = 2..=3;
/// A calling code of two digits needs more than a space behind it: an age or a row may be written so.
const CODE_BEFORE_SPACE: usize = 3;

/// Splits a text of digits and separators into a calling code and the rest.
pub(super) fn split_code(text: &str) -> Option<(&str, &str)> {
    let (code, rest) = match text.strip_prefix('(') {
        Some(inner) => inner.split_once(')').map(|(code, rest)| (code, without_dash(rest)))?,
        None => split_before_separator(text)?,
    };
    let is_code = CODE_DIGITS.contains(&code.len())
        && !code.starts_with('0')
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && rest.starts_with(|first: char| first.is_ascii_digit() || first == '(');
    is_code.then_some((code, rest))
}

fn split_before_separator(text: &str) -> Option<(&str, &str)> {
    let (code, after) = text.split_at(text.find([' ', '-'])?);
    let rest = without_dash(after);
    let has_dash = after.trim_start_matches(' ').starts_with('-');
    (has_dash || code.len() == CODE_BEFORE_SPACE).then_some((code, rest))
}

/// The text without spaces at its start, with one dash among them or none.
fn without_dash(text: &str) -> &str {
    let text = text.trim_start_matches(' ');
    text.strip_prefix('-').unwrap_or(text).trim_start_matches(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_in_brackets_or_separated() {
        for text in ["852-9123 4000", "(852)9123 4000", "(852) - 9123 4000", "852 9123 4000", "852 - 9123 4000"] {
            assert_eq!(split_code(text), Some(("852", "9123 4000")), "{text}");
        }
        assert_eq!(split_code("95-(9)421"), Some(("95", "(9)421")));
        for text in
            ["95 9421", "1-6502530000", "0852-91234000", "8529-123", "852", "852--912", "(852", "852.912", "(852"]
        {
            assert_eq!(split_code(text), None, "{text}");
        }
    }
}
