//! The number of a text without words around it: its identifier, or the reason why it has none (rules 7 to 17).

use super::{
    affixes,
    canonical::Identifier,
    characters::trim,
    digits::{chinese_reason, is_mobile, mainland_mobile},
    lookalikes::{is_bank_card, is_id_card},
    reading::{Reading, read_domestic, read_international},
    reason::Reason,
};

/// The longest local number: more digits are needed without a country code.
const LONGEST_LOCAL: usize = 8;

/// Rules 7 to 12, then those for the number itself.
pub(super) fn without_affixes(body: &str) -> Result<Identifier, Reason> {
    if affixes::is_date(body) {
        return Err(Reason::Date);
    }
    let number = affixes::from_spreadsheet(body)?;
    if affixes::is_masked(&number) {
        return Err(Reason::Masked);
    }
    if number.ends_with('x') && is_id_card(&without_separators(&number)) {
        return Err(Reason::IdCard);
    }
    let number = trim(affixes::without_extension(&number));
    if !has_phone_signs(number) {
        return Err(Reason::Letters);
    }
    decide(&without_separators(number)).or_else(|reason| without_dashed_extension(number).ok_or(reason))
}

/// The bytes without the signs that separate groups of digits.
pub(super) fn without_separators(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| !matches!(byte, b' ' | b'(' | b')' | b'.' | b'/' | b'-')).collect()
}

/// Rule 12: whether a text has only digits and separators, and `+` before the first digit.
fn has_phone_signs(text: &str) -> bool {
    let rest = text.trim_start_matches([' ', '(']).trim_start_matches('+');
    rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b' ' | b'(' | b')' | b'.' | b'/' | b'-'))
}

/// Rules 10 and 13 to 15, for a text of `+` signs and digits.
fn decide(number: &[u8]) -> Result<Identifier, Reason> {
    if let Some(mobile) = mainland_mobile(number) {
        return Ok(Identifier::mobile(mobile));
    }
    let plus = number.iter().take_while(|byte| **byte == b'+').count();
    match &number[plus..] {
        digits if plus > 0 => international(digits),
        // No calling code begins with 0, so more zeros are not a prefix but the padding of some other number.
        [b'0', b'0', b'0', ..] => Err(Reason::NotPossible),
        [b'0', b'0', digits @ ..] => international(digits),
        digits => bare_chinese(digits),
    }
}

/// Rule 14.
fn international(digits: &[u8]) -> Result<Identifier, Reason> {
    let reading = read_international(digits)?;
    if reading.is_valid() || (reading.is_chinese() && is_mobile(&reading.national)) {
        return accept_stable(&reading);
    }
    if reading.is_chinese() {
        return Err(chinese_reason(&reading.national));
    }
    reading.wrong_length().map_or_else(|| accept_stable(&reading), Err)
}

/// The identifier, unless its own E.164 form is read as another number.
fn accept_stable(reading: &Reading<'_>) -> Result<Identifier, Reason> {
    if reading.is_stable() { Ok(Identifier::new(reading.code, &reading.national)) } else { Err(Reason::NotPossible) }
}

/// Rules 10 and 15: without a country code only valid numbers, to keep junk out.
fn bare_chinese(digits: &[u8]) -> Result<Identifier, Reason> {
    if is_id_card(digits) {
        return Err(Reason::IdCard);
    }
    if is_bank_card(digits) {
        return Err(Reason::BankCard);
    }
    if digits.len() > LONGEST_LOCAL
        && let Some(reading) = read_domestic(digits)
        && reading.is_valid()
        && let Some(before) = digits.strip_suffix(&*reading.national)
        && matches!(before, b"" | b"0" | b"86" | b"860")
    {
        return accept_stable(&reading);
    }
    Err(chinese_reason(digits))
}

/// Rule 17: the landline of a text like `010-12345678-801`.
fn without_dashed_extension(number: &str) -> Option<Identifier> {
    let landline = decide(&without_separators(affixes::without_dashed_extension(number)?)).ok()?;
    let national = landline.digits().strip_prefix(b"86")?;
    (!is_mobile(national)).then_some(landline)
}
