//! Maps the many ways to type a character to a small ASCII set (rules 2 and 3).

use std::ops::RangeInclusive;

/// What rule 2 makes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// An ASCII character.
    Becomes(u8),
    /// The same character.
    Stays,
    /// Nothing.
    Goes,
}

use Plain::{Becomes, Goes, Stays};

/// The first character of each run of ten digits from 0 to 9 (Unicode 16, category Nd). ASCII is left out.
const ZEROS: [u32; 74] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50,
    0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

/// Spaces (Zs, Zl, Zp) beyond ASCII.
const SPACES: [RangeInclusive<u32>; 7] =
    [0xa0..=0xa0, 0x1680..=0x1680, 0x2000..=0x200a, 0x2028..=0x2029, 0x202f..=0x202f, 0x205f..=0x205f, 0x3000..=0x3000];

/// Dashes (Pd) beyond ASCII.
const DASHES: [RangeInclusive<u32>; 19] = [
    0x58a..=0x58a,
    0x5be..=0x5be,
    0x1400..=0x1400,
    0x1806..=0x1806,
    0x2010..=0x2015,
    0x2e17..=0x2e17,
    0x2e1a..=0x2e1a,
    0x2e3a..=0x2e3b,
    0x2e40..=0x2e40,
    0x2e5d..=0x2e5d,
    0x301c..=0x301c,
    0x3030..=0x3030,
    0x30a0..=0x30a0,
    0xfe31..=0xfe32,
    0xfe58..=0xfe58,
    0xfe63..=0xfe63,
    0xff0d..=0xff0d,
    0x10d6e..=0x10d6e,
    0x10ead..=0x10ead,
];

/// Control and format characters (Cc, Cf), variation selectors and blank fillers, beyond ASCII.
const INVISIBLE: [RangeInclusive<u32>; 30] = [
    0x80..=0x9f,
    0xad..=0xad,
    0x34f..=0x34f,
    0x600..=0x605,
    0x61c..=0x61c,
    0x6dd..=0x6dd,
    0x70f..=0x70f,
    0x890..=0x891,
    0x8e2..=0x8e2,
    0x115f..=0x1160,
    0x180b..=0x180e,
    0x200b..=0x200f,
    0x202a..=0x202e,
    0x2060..=0x2064,
    0x2066..=0x206f,
    0x20e3..=0x20e3,
    0x2800..=0x2800,
    0x3164..=0x3164,
    0xfe00..=0xfe0f,
    0xfeff..=0xfeff,
    0xffa0..=0xffa0,
    0xfff9..=0xfffb,
    0x110bd..=0x110bd,
    0x110cd..=0x110cd,
    0x13430..=0x1343f,
    0x1bca0..=0x1bca3,
    0x1d173..=0x1d17a,
    0xe0001..=0xe0001,
    0xe0020..=0xe007f,
    0xe0100..=0xe01ef,
];

/// CJK ideographs: most characters of a cell that are not ASCII, and none that changes.
const IDEOGRAPHS: RangeInclusive<u32> = 0x3400..=0x9fff;
const FULL_WIDTH: RangeInclusive<u32> = 0xff01..=0xff5e;
const FULL_WIDTH_OFFSET: u32 = 0xff01 - 0x21;

const fn plain_ascii(byte: u8) -> Plain {
    match byte {
        b'[' | b'{' => Becomes(b'('),
        b']' | b'}' => Becomes(b')'),
        b'"' | b'`' => Becomes(b'\''),
        b'\t'..=b'\r' => Becomes(b' '),
        0..=0x1f | 0x7f => Goes,
        _ => Becomes(byte.to_ascii_lowercase()),
    }
}

/// Characters that look alike.
const fn alike(character: char) -> Option<u8> {
    Some(match character {
        '−' | 'ー' | '⁃' | '˗' | '─' | '━' => b'-',
        '⁺' | '﹢' | '➕' => b'+',
        '【' | '〔' | '〖' | '﹙' => b'(',
        '】' | '〕' | '〗' | '﹚' => b')',
        '·' | '・' | '｡' | '。' | '․' | '‧' | '∙' => b'.',
        '⁄' | '∕' => b'/',
        '´' | '‘' | '’' | '‚' | '‛' | '“' | '”' | '„' | '‟' | '「' | '」' | '『' | '』' | '«' | '»' => {
            b'\''
        }
        '、' | '､' | '﹑' => b',',
        '︰' | '∶' | '﹕' => b':',
        '×' | '✕' | '╳' => b'x',
        '\u{85}' => b' ',
        _ => return None,
    })
}

fn is_in(ranges: &[RangeInclusive<u32>], code: u32) -> bool {
    let at = ranges.partition_point(|range| *range.end() < code);
    ranges.get(at).is_some_and(|range| range.contains(&code))
}

fn digit(code: u32) -> Option<u8> {
    let at = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let value = u8::try_from(code - ZEROS[at]).ok().filter(|value| *value < 10)?;
    Some(b'0' + value)
}

fn plain_beyond_ascii(character: char) -> Plain {
    let code = u32::from(character);
    if IDEOGRAPHS.contains(&code) {
        return Stays;
    }
    if let Some(sign) = alike(character) {
        return Becomes(sign);
    }
    if FULL_WIDTH.contains(&code) {
        return plain_ascii(u8::try_from(code - FULL_WIDTH_OFFSET).expect("full-width characters are ASCII's"));
    }
    if let Some(digit) = digit(code) {
        return Becomes(digit);
    }
    if is_in(&SPACES, code) {
        return Becomes(b' ');
    }
    if is_in(&DASHES, code) {
        return Becomes(b'-');
    }
    if is_in(&INVISIBLE, code) { Goes } else { Stays }
}

/// Rule 2, applied to one character.
pub(crate) fn plain_of(character: char) -> Plain {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => plain_ascii(byte),
        _ => plain_beyond_ascii(character),
    }
}

/// Rule 2, applied to every character of a text.
pub(super) fn plain(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for character in text.chars() {
        match plain_of(character) {
            Becomes(byte) => found.push(char::from(byte)),
            Stays => found.push(character),
            Goes => {}
        }
    }
    found
}

/// Rule 3: the text without the signs at its ends that say nothing about the number.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\'', '=', ',', ';', ':', '.', '!', '?', '<', '>', '|', '/', '\\', '#', '_', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_look_alike_become_one() {
        assert_eq!(plain("＋８６（１３８）００１３—８０００"), "+86(138)0013-8000");
        assert_eq!(plain("\u{202a}TEL\u{3000}٠۹\u{fe0f}×"), "tel 09x");
        assert_eq!(plain("手机【1】"), "手机(1)");
    }

    #[test]
    fn tables_are_ascending() {
        assert!(ZEROS.is_sorted());
        for ranges in [SPACES.as_slice(), &DASHES, &INVISIBLE] {
            assert!(ranges.windows(2).all(|pair| pair[0].end() < pair[1].start()));
        }
    }

    #[test]
    fn signs_at_the_ends_are_removed() {
        assert_eq!(trim(" ='#_138-0013;"), "138-0013");
        assert_eq!(trim("--"), "");
    }
}
