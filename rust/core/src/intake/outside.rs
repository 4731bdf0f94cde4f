//! Mainland mobile numbers in cells outside the columns that are read, so that none is passed over in silence.
//!
//! A number that is found here is one that the Python rules find in the cell (`find_mobiles`). If a cell might have
//! others, the Python rules decide.

use super::dialect::Codec;

const DIGITS: usize = 11;

/// What a cell holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// The mobile numbers, none or more.
    Mobiles(Vec<u64>),
    /// Perhaps others than can be seen here.
    Unsure,
}

/// The mobile numbers in a cell.
pub(super) fn mobiles(cell: &[u8], codec: Codec) -> Outside {
    let mut found = Vec::new();
    let mut at = 0;
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
    if holds_wide_digits(cell, codec) { Outside::Unsure } else { Outside::Mobiles(found) }
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
        ] {
            assert_eq!(found(cell), Outside::Unsure, "{cell}");
        }
    }
}
