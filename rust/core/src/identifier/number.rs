//! The number of a text without words around it: its identifier, or the reason why it has none (rules 7 to 17).

use super::{
    affixes,
    canonical::Identifier,
    characters::trim,
    code_in_front::split_code,
    digits::{chinese_reason, is_mobile, mainland_mobile},
    lookalikes::{is_bank_card, is_id_card},
    reading::{Reading, read_domestic, read_international},
    reason::Reason,
    spelled,
};

/// The longest local number: more digits are needed without a country code.
const LONGEST_LOCAL: usize = 8;
/// Calling codes that are not read without a `+`: of China, and those that are area codes of Guangzhou and Wuhan too.
const NEEDS_PLUS: [&str; 3] = ["86", "20", "27"];

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
        let mobile = spelled::mobile(&number.replace(is_separator, "")).ok_or(Reason::Letters)?;
        return Ok(Identifier::mobile(&mobile));
    }
    decide(&without_separators(number))
        .or_else(|reason| without_dashed_extension(number).or_else(|| after_calling_code(number, reason)).ok_or(reason))
}

/// The bytes without the signs that separate groups of digits.
pub(super) fn without_separators(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| !is_separator(char::from(*byte))).collect()
}

fn is_separator(sign: char) -> bool {
    matches!(sign, ' ' | '(' | ')' | '.' | '/' | '-')
}

/// Rule 12: whether a text has only digits and separators, and `+` before the first digit.
fn has_phone_signs(text: &str) -> bool {
    let rest = text.trim_start_matches([' ', '(']).trim_start_matches('+');
    rest.chars().all(|sign| sign.is_ascii_digit() || is_separator(sign))
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
    (!is_mobile(national) && !has_local_zero(national)).then_some(landline)
}

/// Whether a landline's local number, after the area code, begins with 0, as none does: it is a foreign number's 0.
fn has_local_zero(national: &[u8]) -> bool {
    matches!(national, [b'1', b'0', b'0', ..] | [b'2', _, b'0', ..] | [b'3'..=b'9', _, _, b'0', ..])
}

/// Rule 17: a valid foreign number after its calling code, of a text that was rejected for `reason`.
fn after_calling_code(number: &str, reason: Reason) -> Option<Identifier> {
    let (code, rest) = split_code(number)?;
    let rest = without_separators(rest);
    let is_lookalike = matches!(reason, Reason::IdCard | Reason::BankCard | Reason::Date);
    if NEEDS_PLUS.contains(&code) || is_lookalike || is_written_as_chinese(&rest) {
        return None;
    }
    let digits = [code.as_bytes(), &rest].concat();
    let reading = read_international(&digits).ok()?;
    if reading.code != code.as_bytes() || !reading.is_in_a_country() || !reading.is_valid() {
        return None;
    }
    accept_stable(&reading).ok()
}

/// Whether digits are a mainland mobile, or a Chinese number with its 0.
fn is_written_as_chinese(digits: &[u8]) -> bool {
    mainland_mobile(digits).is_some() || (digits.starts_with(b"0") && decide(digits).is_ok())
}
