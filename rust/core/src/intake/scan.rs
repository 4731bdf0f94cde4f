//! Telling that a text is plain: valid in its encoding to the last byte, without NUL and without an endless line.

use super::{
    characters::{gb18030_width, line_end_width},
    dialect::Codec,
};

/// The longest line, in characters, and so a bound for one that is shorter in bytes.
const MAX_LINE: usize = 1 << 20;

/// A text looked at block by block.
#[derive(Clone, Debug)]
pub struct Scan {
    codec: Codec,
    /// Bytes of the line that is not finished.
    open: usize,
    /// Whether anything but spaces and end marks was seen.
    filled: bool,
}

/// What a block told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Plain so far; these last bytes of the block belong to a character that goes on in the next.
    Plain {
        /// Their number, at most 3.
        left: usize,
    },
    /// Not plain, or not certainly: whoever wants to know what is wrong must look closer.
    Unclear,
}

impl Scan {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { codec, open: 0, filled: false }
    }

    /// Looks at a block; bytes left over from the last one stand at its start.
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

    /// Whether anything but spaces, NUL, end marks and byte order marks was seen.
    #[must_use]
    pub fn filled(&self) -> bool {
        self.filled
    }

    fn is_plain(&mut self, text: &[u8]) -> bool {
        if memchr::memchr(0, text).is_some() {
            return false;
        }
        // a sign after an ASCII byte is no part of another character
        self.filled |= text.windows(2).any(|pair| pair[0].is_ascii() && pair[1].is_ascii_graphic());
        let mut at = 0;
        // a line is short when a line end follows within the limit; whole lines between need no look of their own
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

/// Bytes of an unfinished character at the end of otherwise valid UTF-8; None where it is not valid.
fn utf8_left(block: &[u8]) -> Option<usize> {
    match std::str::from_utf8(block) {
        Ok(_) => Some(0),
        Err(error) => error.error_len().is_none().then(|| block.len() - error.valid_up_to()),
    }
}

/// The same for GB18030: pairs, and the four-byte codes that stand for a character.
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
            // the Basic Multilingual Plane up to 0x8431A439, the other planes from 0x90308130 to 0xE3329A35
            (0..=39_419).contains(&index) || (189_000..=1_237_575).contains(&index)
        }
        _ => false,
    }
}
