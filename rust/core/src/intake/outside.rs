//! Numbers in cells outside the columns that are read, so that none is passed over in silence: mainland mobile numbers,
//! and a number that is written in full (a landline with the 0 of its area code, an international number).
//!
//! A number that is found here is one that the Python rules find in the cell (`find_mobiles`, `is_full_number`). If a
//! cell might have others, the Python rules decide.

use super::dialect::Codec;

const DIGITS: usize = 11;

/// What a cell holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// The mobile numbers, none or more; or [`FULL_NUMBER`] alone.
    Mobiles(Vec<u64>),
    /// Perhaps others than can be seen here.
    Unsure,
}

/// Stands for a cell that is one number written in full. It is no mobile number.
const FULL_NUMBER: u64 = u64::MAX;

/// The mobile numbers in a cell, or the number that is written in full.
pub(super) fn mobiles(cell: &[u8], codec: Codec) -> Outside {
    let mut found = Vec::new();
    let mut at = 0;
    if holds_letter_in_mobile(cell) || holds_chinese_digits(cell, codec) {
        return Outside::Unsure;
    }
    while let Some(start) = next_digit(cell, at) {
        let stop = start + cell[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at = stop;
        let run = &cell[start..stop];
        // The first digit may be the last byte of a character of four bytes.
        let in_character = codec == Codec::Gb18030 && start > 0 && cell[start - 1] >= 0x81;
        match run.len() {
            12 if in_character && is_mobile(&run[1..]) => return Outside::Unsure,
            DIGITS if is_mobile(run) => {
                if in_character || !is_clean(cell, start, stop) {
                    return Outside::Unsure;
                }
                found.push(run.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')));
            }
            3 if is_head(run) && matches!(cell.get(stop), Some(b' ' | b'-')) => return Outside::Unsure,
            12..=16 if has_prefix(run) => return Outside::Unsure,
            _ => {}
        }
    }
    if holds_wide_digits(cell, codec) || holds_international_number(cell) {
        return Outside::Unsure;
    }
    if found.is_empty() && is_full_number(cell) {
        found.push(FULL_NUMBER);
    }
    Outside::Mobiles(found)
}

/// Whether a cell might have an international number: a plus sign before a digit, and eight digits or more.
fn holds_international_number(cell: &[u8]) -> bool {
    cell.windows(2).any(|pair| matches!(pair, [b'+', b'1'..=b'9']))
        && cell.iter().filter(|byte| byte.is_ascii_digit()).count() >= 8
}

/// Whether a cell is one number that is written in full, without a plus sign.
fn is_full_number(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    is_landline(cell, 3) || is_landline(cell, 4) || is_neighbour(cell)
}

/// Whether a cell is a landline whose area code has this many digits with its 0.
fn is_landline(cell: &[u8], area: usize) -> bool {
    let cell = cell.strip_prefix(b"(").unwrap_or(cell);
    let Some((code, rest)) = cell.split_at_checked(area) else { return false };
    let rest = rest.strip_prefix(b")").unwrap_or(rest);
    let local = without_separator(rest);
    matches!(code, [b'0', b'1'..=b'9', ..])
        && matches!(local, [b'2'..=b'8', ..])
        && (7..=8).contains(&local.len())
        && all_digits(code)
        && all_digits(local)
}

/// Whether a cell is a number of Hong Kong, Macao or Taiwan with its calling code.
fn is_neighbour(cell: &[u8]) -> bool {
    let (prefix, rest) = match cell {
        [b'(', rest @ ..] => (1, rest),
        [b'0', b'0', rest @ ..] => (2, rest),
        _ => (0, cell),
    };
    let Some((b"852" | b"853" | b"886", rest)) = rest.split_at_checked(3) else { return false };
    let Some(rest) = (if prefix == 1 { rest.strip_prefix(b")") } else { Some(rest) }) else { return false };
    let local = without_separator(rest);
    (prefix > 0 || local.len() < rest.len()) && (8..=9).contains(&local.len()) && all_digits(local)
}

fn without_separator(digits: &[u8]) -> &[u8] {
    digits.strip_prefix(b" ").or_else(|| digits.strip_prefix(b"-")).unwrap_or(digits)
}

fn all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn next_digit(cell: &[u8], at: usize) -> Option<usize> {
    cell[at..].iter().position(u8::is_ascii_digit).map(|found| at + found)
}

fn is_head(run: &[u8]) -> bool {
    run[0] == b'1' && (b'3'..=b'9').contains(&run[1])
}

fn is_mobile(run: &[u8]) -> bool {
    run.len() == DIGITS && is_head(run)
}

/// Whether digits are a mobile number after a trunk or country prefix.
fn has_prefix(run: &[u8]) -> bool {
    is_head(&run[run.len() - DIGITS..])
        && matches!(&run[..run.len() - DIGITS], b"0" | b"86" | b"086" | b"0086" | b"860" | b"00860")
}

/// Whether neither side of a number is touched by anything that might belong to it.
fn is_clean(cell: &[u8], start: usize, stop: usize) -> bool {
    let left = match &cell[..start] {
        [] | [b' '] => true,
        [.., before, b' '] => !before.is_ascii_digit(),
        [.., last] => is_boundary(*last),
    };
    let right = match &cell[stop..] {
        [] | [b' '] => true,
        [b' ', after, ..] => !after.is_ascii_digit(),
        [first, ..] => is_boundary(*first),
    };
    left && right
}

fn is_boundary(byte: u8) -> bool {
    byte >= 0x80 || matches!(byte, b',' | b';' | b':' | b'|' | b'/' | b'"' | b'\'' | b'=' | b'\t')
}

/// Whether a cell might have a mobile number with the letter O for a 0.
fn holds_letter_in_mobile(cell: &[u8]) -> bool {
    let is_letter = |byte: &u8| matches!(byte, b'o' | b'O');
    let runs = cell.split(|byte| !byte.is_ascii_digit() && !is_letter(byte));
    let grouped = |run: &[u8]| run.len() == 3 && is_head(run);
    runs.filter(|run| run.iter().any(is_letter))
        .any(|run| grouped(run) || run.windows(DIGITS).any(is_head))
        || (cell.iter().any(is_letter) && cell.windows(4).any(|head| is_head(head) && matches!(head[3], b' ' | b'-')))
}

const CHINESE_DIGITS: &str = "零〇一壹幺二贰两三叁四五六七八九";
const CHINESE_DIGITS_GB18030: [[u8; 2]; 16] = [
    [0xc1, 0xe3],
    [0xa9, 0x96],
    [0xd2, 0xbb],
    [0xd2, 0xbc],
    [0xe7, 0xdb],
    [0xb6, 0xfe],
    [0xb7, 0xa1],
    [0xc1, 0xbd],
    [0xc8, 0xfd],
    [0xc8, 0xfe],
    [0xcb, 0xc4],
    [0xce, 0xe5],
    [0xc1, 0xf9],
    [0xc6, 0xdf],
    [0xb0, 0xcb],
    [0xbe, 0xc5],
];
const LEAST_CHINESE_DIGITS: usize = 7;

/// Whether a cell has seven or more Chinese digits in a row.
fn holds_chinese_digits(cell: &[u8], codec: Codec) -> bool {
    let (width, is_digit): (usize, fn(&[u8]) -> bool) = match codec {
        Codec::Utf8 => (3, |bytes| CHINESE_DIGITS.as_bytes().chunks(3).any(|digit| digit == bytes)),
        Codec::Gb18030 => (2, |bytes| CHINESE_DIGITS_GB18030.iter().any(|digit| digit == bytes)),
    };
    if cell.len() < LEAST_CHINESE_DIGITS * width || cell.is_ascii() {
        return false;
    }
    let (mut at, mut run) = (0, 0);
    while let Some(bytes) = cell.get(at..at + width) {
        if bytes[0] >= 0x80 && is_digit(bytes) {
            run += 1;
            at += width;
        } else {
            run = 0;
            at += 1;
        }
        if run == LEAST_CHINESE_DIGITS {
            return true;
        }
    }
    false
}

/// Whether a cell has full-width digits.
fn holds_wide_digits(cell: &[u8], codec: Codec) -> bool {
    match codec {
        Codec::Utf8 => cell.windows(3).any(|code| matches!(code, [0xef, 0xbc, 0x90..=0x99])),
        Codec::Gb18030 => cell.windows(2).any(|code| matches!(code, [0xa3, 0xb0..=0xb9])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cell: &str) -> Outside {
        mobiles(cell.as_bytes(), Codec::Utf8)
    }

    #[test]
    fn numbers_in_text_are_found() {
        for cell in ["13800138000", "电话13800138000。", "a: 13800138000", "x 13800138000 y", "\"13800138000\""] {
            assert_eq!(found(cell), Outside::Mobiles(vec![13_800_138_000]), "{cell}");
        }
        assert_eq!(found("13800138000/13900139000"), Outside::Mobiles(vec![13_800_138_000, 13_900_139_000]));
    }

    #[test]
    fn numbers_written_in_full_are_found() {
        for cell in [
            "0571-88888888",
            " 057188888888 ",
            "(010)62345678",
            "010 62345678",
            "0085291234000",
            "852-91234000",
            "886 912345000",
            "(853)66123000",
        ] {
            assert_eq!(found(cell), Outside::Mobiles(vec![FULL_NUMBER]), "{cell}");
        }
        for cell in ["+85291234000", "香港+85291234000", "a +852-91234000"] {
            assert_eq!(found(cell), Outside::Unsure, "{cell}");
        }
        for cell in ["85291234000", "0571-18888888", "000571888888", "2024-01-15T10:00:00+08:00", "x0571-88888888"] {
            assert_eq!(found(cell), Outside::Mobiles(vec![]), "{cell}");
        }
    }

    #[test]
    fn other_digits_are_passed_over() {
        for cell in ["", "12800138000", "138001380001", "440101199001011234", "1700000000000", "2024-01-15 10:00:00"] {
            assert_eq!(found(cell), Outside::Mobiles(vec![]), "{cell}");
        }
    }

    #[test]
    fn digits_within_a_character_are_left_to_the_rules() {
        let space = [0x81, 0x30, 0x84, 0x32]; // U+00A0 in GB18030
        let cell: Vec<u8> = space.into_iter().chain(*b"13800138000").collect();
        assert_eq!(mobiles(&cell, Codec::Gb18030), Outside::Unsure);
    }

    #[test]
    fn doubtful_cells_are_left_to_the_rules() {
        for cell in [
            "x13800138000",
            "13800138000.5",
            "138 0013 8000",
            "+8613800138000",
            "１３８００１３８０００",
            "8-13800138000",
            "138OO138000",
            "13O 0013 8000",
            "138-0013-8OOO",
            "一三八零零一三八零零零",
        ] {
            assert_eq!(found(cell), Outside::Unsure, "{cell}");
        }
    }
}
