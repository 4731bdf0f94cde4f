//! `canonicalise`: decides on the identifier of a text, or a reason (rules 1, 4 and 18).

use super::{
    canonical::Identifier,
    characters::{plain, trim},
    common,
    number::without_affixes,
    reason::Reason,
    several::is_several,
    spelled, words,
};

const MAX_TEXT: usize = 1000;
const MAX_PLAIN: usize = 100;

/// The identifier of the one phone number in a text, written in China, or the reason why there is none.
///
/// Every text gets an answer, in bounded time.
///
/// # Errors
///
/// The reason for the rejection.
pub fn canonicalise(text: &str) -> Result<Identifier, Reason> {
    common::mobile(text).map_or_else(|| by_rules(text), Ok)
}

fn by_rules(text: &str) -> Result<Identifier, Reason> {
    if is_longer(text, MAX_TEXT) {
        return Err(Reason::TooLong);
    }
    let plain = plain(text);
    let cleaned = trim(&plain);
    if cleaned.is_empty() {
        return Err(Reason::Empty);
    }
    if is_longer(cleaned, MAX_PLAIN) {
        return Err(Reason::TooLong);
    }
    if !cleaned.bytes().any(|byte| byte.is_ascii_digit()) && !spelled::has_chinese_number(cleaned) {
        return Err(Reason::NoDigits);
    }
    let bare = words::without_parameters(cleaned);
    let body = words::without_words(&bare);
    without_affixes(body).map_err(|reason| if is_several(body) { Reason::Several } else { reason })
}

fn is_longer(text: &str, characters: usize) -> bool {
    text.len() > characters && text.chars().nth(characters).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str) -> String {
        canonicalise(text).map_or_else(
            |reason| reason.code().to_owned(),
            |identifier| String::from_utf8_lossy(identifier.as_bytes()).into_owned(),
        )
    }

    #[test]
    fn common_spellings_are_read_as_by_the_rules() {
        for text in ["13800138000", "+86 138-0013-8000", " ='13800138000\"", "tel:013800138000", "13800138000.0"] {
            assert_eq!(canonicalise(text), by_rules(text), "{text}");
            assert_eq!(outcome(text), "tel:+8613800138000", "{text}");
        }
    }

    #[test]
    fn long_texts_are_refused_at_once() {
        assert_eq!(outcome(&"1".repeat(1 << 24)), "too_long");
        assert_eq!(outcome(&"(".repeat(1000)), "too_long");
        assert_eq!(outcome(&"手机".repeat(50)), "no_digits");
    }
}
