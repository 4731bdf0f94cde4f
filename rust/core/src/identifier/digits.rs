//! Numbers of a `+` and digits, as they are once everything else is removed: mainland mobiles, and the reason why digits
//! are no Chinese number (rules 13 and 15).

use super::{lookalikes::is_date_in_digits, reason::Reason};

/// The digits of a mainland mobile number.
pub(super) const MOBILE_DIGITS: usize = 11;
/// The longest area code and local number.
const LONGEST_CHINESE: usize = 13;
const IOT_DIGITS: usize = 13;
const CARRIER_DIGITS: usize = 5;

/// `1[3-9][0-9]{9}`
pub(super) fn is_mobile(digits: &[u8]) -> bool {
    matches!(digits, [b'1', b'3'..=b'9', ..]) && digits.len() == MOBILE_DIGITS && digits.iter().all(u8::is_ascii_digit)
}

/// Rule 13: the eleven digits of a mainland mobile number, without what may precede it.
pub(super) fn mainland_mobile(number: &[u8]) -> Option<&[u8]> {
    let (before, digits) = number.split_at_checked(number.len().checked_sub(MOBILE_DIGITS)?)?;
    let known = before.is_empty() || is_before_mobile(before);
    (known && is_mobile(digits)).then_some(digits)
}

/// Whether a text is an optional country code (with a wrong number of zeros, too), carrier prefix, and 0.
fn is_before_mobile(text: &[u8]) -> bool {
    let rest = without_country(text);
    let rest = match rest.split_first_chunk::<CARRIER_DIGITS>() {
        Some((carrier, after)) if is_carrier(*carrier) => after,
        _ => rest,
    };
    matches!(rest, [] | [b'0'])
}

/// The text without any number of `+`, at most three zeros, and 86.
fn without_country(text: &[u8]) -> &[u8] {
    let plus = text.iter().take_while(|byte| **byte == b'+').count();
    let zeros = text[plus..].iter().take_while(|byte| **byte == b'0').count();
    match text[plus + zeros..].strip_prefix(b"86") {
        Some(after) if zeros <= 3 => after,
        _ => text,
    }
}

fn is_carrier(digits: [u8; CARRIER_DIGITS]) -> bool {
    matches!(&digits, b"12593" | b"12520" | [b'1', b'7', b'9', _, _])
}

/// The reason why digits are not a Chinese number.
pub(super) fn chinese_reason(digits: &[u8]) -> Reason {
    if is_date_in_digits(digits) {
        return Reason::Date;
    }
    let is_service = matches!(digits, [b'1', b'0'..=b'2', ..] | [b'9', b'5' | b'6', ..]);
    match digits.len() {
        3..=8 if is_service => Reason::ShortCode,
        7..=8 => Reason::NoAreaCode,
        ..10 => Reason::TooShort,
        IOT_DIGITS if is_iot(digits) => Reason::Iot,
        10..=LONGEST_CHINESE => Reason::NotPossible,
        _ => Reason::TooLong,
    }
}

/// Whether 13 digits are the number of a device.
fn is_iot(digits: &[u8]) -> bool {
    digits.starts_with(b"1064") || matches!(digits, [b'1', b'4', b'0' | b'1' | b'4' | b'6' | b'8', ..])
}
