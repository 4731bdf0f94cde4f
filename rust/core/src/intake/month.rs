//! Reads the common spellings of a date as a month number: (year - 2000) * 12 + month.
//!
//! The result is the same as that of the Python rules (`pilookup.custody.intake.columns.months`); any other cell is
//! left to them.

use super::characters::strip;

/// The content of a date cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Month {
    /// A month from 2000-01 to the latest month that counts.
    Known(u16),
    /// No date, or a month out of range.
    Unknown {
        /// Whether there is a date.
        out_of_range: bool,
    },
    /// None of the spellings that are read here.
    Odd,
}

/// Longer cells are left to the Python rules, which truncate them before they read them.
const LONGEST: usize = 64;
const DAYS_TO_1970: i64 = 719_468;
const DAYS_TO_EXCEL: i64 = DAYS_TO_1970 - 25_569;

/// Reads a cell; `last` is the latest month that counts.
pub(super) fn month(cell: &[u8], last: u16) -> Month {
    if cell.len() > LONGEST || !cell.is_ascii() {
        return Month::Odd;
    }
    let mut text = strip(cell);
    while let [b'\'', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b'\''] = text {
        text = rest;
    }
    if text.is_empty() {
        return Month::Unknown { out_of_range: false };
    }
    match day(text) {
        None => Month::Odd,
        Some((year, month)) => match u16::try_from((year - 2000) * 12 + month) {
            Ok(month) if (1..=last).contains(&month) => Month::Known(month),
            _ => Month::Unknown { out_of_range: true },
        },
    }
}

/// The year and month of 2024-01-15, 2024/1/15 or 2024.1, with or without a time after it; of 20240115, with or without
/// a time in digits; of Unix seconds and milliseconds; and of a spreadsheet's day number.
fn day(text: &[u8]) -> Option<(i64, i64)> {
    if text.iter().all(u8::is_ascii_digit) {
        return match text.len() {
            8 | 12 | 14 => checked(number(&text[..4])?, number(&text[4..6])?, number(&text[6..8])?),
            6 => checked(number(&text[..4])?, number(&text[4..])?, 1),
            10 | 13 => Some(civil(number(&text[..10])? / 86_400 + DAYS_TO_1970)),
            5 => Some(civil(number(text)? + DAYS_TO_EXCEL)),
            _ => None,
        };
    }
    let (year, rest) = text.split_at_checked(4)?;
    let (month, rest) = small(after_sign(rest)?)?;
    let (day, rest) = after_sign(rest).and_then(small).unwrap_or((1, rest));
    let ended = matches!(rest, [] | [b' ' | b'T' | b't' | b',' | b'\t', ..]);
    if ended { checked(number(year)?, month, day) } else { None }
}

fn after_sign(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'-' | b'/' | b'.', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// One or two digits as a number, and the rest of the text.
fn small(text: &[u8]) -> Option<(i64, &[u8])> {
    let digits = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    Some((number(digits)?, rest))
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

fn checked(year: i64, month: i64, day: i64) -> Option<(i64, i64)> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (year >= 1 && (1..=12).contains(&month) && (1..=days).contains(&day)).then_some((year, month))
}

/// The year and month of a day, counted from 0000-03-01 in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64) {
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_spellings_are_read() {
        for text in [
            "2024-05-31",
            "2024/5/1",
            "2024.5",
            "20240501",
            "2024-05-01 12:00:00",
            "2024-05-01T00:00",
            "202405",
            " '2024-05-01' ",
            "1714521600",
            "1717199999000",
            "45413",
            "2024-5-1,x",
            "20240501120000",
        ] {
            assert_eq!(month(text.as_bytes(), 400), Month::Known(24 * 12 + 5), "{text}");
        }
    }

    #[test]
    fn invalid_or_unusual_dates_are_left_to_the_rules() {
        for text in
            ["2023-02-29", "2024-13-01", "03/04/2024", "0000-01-01", "2024年5月1日", "Jan 5, 2024", "2024-05-011"]
        {
            assert_eq!(month(text.as_bytes(), 400), Month::Odd, "{text}");
        }
    }

    #[test]
    fn a_month_counts_from_2000_to_the_last() {
        assert_eq!(month(b"1999-12-31", 300), Month::Unknown { out_of_range: true });
        assert_eq!(month(b"2000-01-01", 300), Month::Known(1));
        assert_eq!(month(b"2024-12", 300), Month::Known(300));
        assert_eq!(month(b"2025-01", 300), Month::Unknown { out_of_range: true });
        assert_eq!(month(b"  ", 300), Month::Unknown { out_of_range: false });
    }
}
