//! Checks that a text is plain: valid in its encoding to the last byte, without NUL and without a line beyond the
//! limit.

use super::{
    characters::{gb18030_width, line_end_width},
    dialect::Codec,
};

/// The longest line, in characters. A line with no more bytes than this is within the limit.
const MAX_LINE: usize = 1 << 20;

/// A scan of a text, block by block.
#[derive(Clone, Debug)]
pub struct Scan {
    codec: Codec,
    /// The number of bytes of the last line, which has not ended yet.
    open: usize,
    /// Whether the text so far contains anything but spaces and end marks.
    filled: bool,
}

/// The result of scanning a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Plain so far. The last bytes of the block may be the start of a character that continues in the next block.
    Plain {
        /// The number of those bytes, at most 3.
        left: usize,
    },
    /// Not plain, or not certainly. The caller must find out what is wrong.
    Unclear,
}

impl Scan {
    /// A scan that has not read anything yet.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { codec, open: 0, filled: false }
    }

    /// Scans a block. It must start with the bytes left over from the previous block.
    pub fn feed(&mut self, block: &[u8]) -> Scanned {
        let left = match self.codec {
            Codec::Utf8 => utf8_left(block),
            Codec::Gb18030 => gb18030_left(block),
        };
        match left {
            Some(left) if self.is_plain(&block[..block.len() - left]) => Scanned::Plain { left },
            _ => Scanned::Unclear,
        }
    }

    /// Whether the text so far contains anything but spaces, NUL, end marks and byte order marks.
    #[must_use]
    pub fn filled(&self) -> bool {
        self.filled
    }

    fn is_plain(&mut self, text: &[u8]) -> bool {
        if memchr::memchr(0, text).is_some() {
            return false;
        }
        // A graphic ASCII byte after another ASCII byte is not part of another character.
        self.filled |= text.windows(2).any(|pair| pair[0].is_ascii() && pair[1].is_ascii_graphic());
        let mut at = 0;
        // A line is short if a line end follows within the limit. Whole lines in between need no separate check.
        while text.len() - at > MAX_LINE - self.open {
            let reach = at + (MAX_LINE - self.open);
            let Some(last) = memchr::memrchr2(b'\n', b'\r', &text[at..reach]) else { return false };
            at += last + line_end_width(text, at + last).unwrap_or(1);
            self.open = 0;
        }
        let last = memchr::memrchr2(b'\n', b'\r', &text[at..]);
        self.open = last.map_or(self.open + text.len() - at, |last| text.len() - at - last - 1);
        true
    }
}

/// The number of bytes of an incomplete character at the end of otherwise valid UTF-8. `None` if it is not valid.
fn utf8_left(block: &[u8]) -> Option<usize> {
    match std::str::from_utf8(block) {
        Ok(_) => Some(0),
        Err(error) => error.error_len().is_none().then(|| block.len() - error.valid_up_to()),
    }
}

/// The same for GB18030: pairs, and the four-byte codes that encode a character.
fn gb18030_left(block: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < block.len() {
        if block[at] < 0x80 {
            at += block[at..].iter().position(|byte| *byte >= 0x80).unwrap_or(block.len() - at);
            continue;
        }
        let rest = &block[at..];
        let width = gb18030_width(rest[0], rest.get(1).copied());
        if rest.len() < 2 || rest.len() < width {
            return (rest[0] != 0x80 && rest[0] != 0xff).then_some(rest.len());
        }
        if !is_gb18030(&rest[..width]) {
            return None;
        }
        at += width;
    }
    Some(0)
}

fn is_gb18030(character: &[u8]) -> bool {
    match *character {
        [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe] => true,
        [a @ 0x81..=0xfe, b @ b'0'..=b'9', c @ 0x81..=0xfe, d @ b'0'..=b'9'] => {
            let digit = |byte: u8, first: u8| u32::from(byte - first);
            let index = ((digit(a, 0x81) * 10 + digit(b, b'0')) * 126 + digit(c, 0x81)) * 10 + digit(d, b'0');
            // The Basic Multilingual Plane up to 0x8431A439, the other planes from 0x90308130 to 0xE3329A35.
            (0..=39_419).contains(&index) || (189_000..=1_237_575).contains(&index)
        }
        _ => false,
    }
}
