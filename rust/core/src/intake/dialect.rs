//! The encodings and the delimiters that the fast path supports.

use crate::error::Error;

/// An encoding in which the bytes of line ends, quotes, spaces and the delimiters below are never part of another
/// character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// UTF-8.
    Utf8,
    /// GB18030. The second byte of a pair may be any from `@` on, so `|` may be part of a character.
    Gb18030,
}

impl Codec {
    /// The codec with this name, as Python spells it.
    ///
    /// # Errors
    /// [`Error::Text`] for any other name.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "utf-8" => Ok(Self::Utf8),
            "gb18030" => Ok(Self::Gb18030),
            _ => Err(Error::Text("the codec must be utf-8 or gb18030")),
        }
    }
}

/// What separates two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// One cell per line; quotes are plain characters.
    Nothing,
    /// One or more bytes; quotes are plain characters.
    Plain(&'static [u8]),
    /// One byte; cells may be quoted (RFC 4180).
    Byte(u8),
}

/// The encoding of a text, its delimiter, and the usual number of cells of a record.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub(super) codec: Codec,
    pub(super) delimiter: Delimiter,
    pub(super) width: usize,
}

impl Dialect {
    /// `delimiter` is empty, `----`, U+001F, tab, comma, semicolon or, in UTF-8, `|`.
    ///
    /// # Errors
    /// [`Error::Text`] for any other delimiter.
    pub fn new(codec: Codec, delimiter: &str, width: usize) -> Result<Self, Error> {
        let delimiter = match (delimiter, codec) {
            ("", _) => Delimiter::Nothing,
            ("----", _) => Delimiter::Plain(b"----"),
            ("\x1f", _) => Delimiter::Plain(b"\x1f"),
            ("\t" | "," | ";", _) | ("|", Codec::Utf8) => Delimiter::Byte(delimiter.as_bytes()[0]),
            _ => return Err(Error::Text("the delimiter may be part of another character, or is not supported")),
        };
        Ok(Self { codec, delimiter, width })
    }
}
