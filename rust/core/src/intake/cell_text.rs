//! The text of a cell, as every decoder reads it.

use std::borrow::Cow;

use super::dialect::Codec;

/// The text of a cell. `None` if it is invalid, or has characters that decoders read differently.
pub(super) fn decoded(cell: &[u8], codec: Codec) -> Option<Cow<'_, str>> {
    match codec {
        Codec::Utf8 => std::str::from_utf8(cell).ok().map(Cow::Borrowed),
        Codec::Gb18030 => {
            let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(cell)?;
            let ideographic_space = memchr::memmem::find(cell, b"\xa3\xa0").is_none();
            (ideographic_space && text.chars().all(is_read_alike)).then_some(text)
        }
    }
}

/// Whether every edition of GB18030 has the character at the same place: ASCII, general punctuation, U+3000 to U+3002,
/// ideographs of the first edition, and full-width forms.
fn is_read_alike(character: char) -> bool {
    matches!(character,
        '\0'..='\x7f' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3002}' | '\u{4e00}'..='\u{9fa5}'
        | '\u{feff}' | '\u{ff01}'..='\u{ff5e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decoders_read_alike_is_decoded() {
        let (cell, _, _) = encoding_rs::GB18030.encode("手机：138\u{200b}");
        assert_eq!(decoded(&cell, Codec::Gb18030).as_deref(), Some("手机：138\u{200b}"));
        assert_eq!(decoded("手机".as_bytes(), Codec::Utf8).as_deref(), Some("手机"));
    }

    #[test]
    fn everything_else_is_not() {
        assert_eq!(decoded(b"\xff", Codec::Utf8), None);
        for cell in [b"\xff1".as_slice(), b"\xa3\xa0", b"\xa6\xd9"] {
            assert_eq!(decoded(cell, Codec::Gb18030), None);
        }
    }
}
