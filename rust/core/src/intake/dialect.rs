//! How a text is encoded and cut into cells, as far as the fast path goes.

use crate::error::Error;

/// An encoding in which the bytes of line ends, quotes, spaces and the delimiters below are always themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// UTF-8.
    Utf8,
    /// GB18030: the second byte of a pair may be any from `@` on, so `|` may lie inside a character.
    Gb18030,
}

impl Codec {
    /// The codec of this name, as Python spells it.
    ///
    /// # Errors
    /// [`Error::Text`] for another.
    pub fn named(name: &str) -> Result<Self, Error> {
        match name {
            "utf-8" => Ok(Self::Utf8),
            "gb18030" => Ok(Self::Gb18030),
            _ => Err(Error::Text("the codec is utf-8 or gb18030")),
        }
    }
}

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// One cell a line, quotes are plain characters.
    Nothing,
    /// `----`, quotes are plain characters.
    Dashes,
    /// One byte; cells may be quoted (RFC 4180).
    Byte(u8),
}

/// A text's encoding, delimiter and usual number of cells.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub(super) codec: Codec,
    pub(super) delimiter: Delimiter,
    pub(super) width: usize,
}

impl Dialect {
    /// `delimiter`: empty, `----`, or one of tab, comma, semicolon and, in UTF-8, `|`.
    ///
    /// # Errors
    /// [`Error::Text`] for any other.
    pub fn new(codec: Codec, delimiter: &str, width: usize) -> Result<Self, Error> {
        let delimiter = match (delimiter, codec) {
            ("", _) => Delimiter::Nothing,
            ("----", _) => Delimiter::Dashes,
            ("\t" | "," | ";", _) | ("|", Codec::Utf8) => Delimiter::Byte(delimiter.as_bytes()[0]),
            _ => return Err(Error::Text("not a delimiter that can be told from the bytes around it")),
        };
        Ok(Self { codec, delimiter, width })
    }
}
