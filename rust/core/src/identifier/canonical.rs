//! The canonical bytes of an identifier, without an allocation.

use std::fmt;

const SCHEME: &[u8] = b"tel:+";
/// A scheme, a calling code of three digits, and a national number of 17.
const LONGEST: usize = SCHEME.len() + 3 + 17;

/// The identifier of a phone number: `tel:` and the number in E.164 form.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identifier {
    bytes: [u8; LONGEST],
    length: u8,
}

impl Identifier {
    /// The identifier with these calling code and national digits, which have at most 20 digits together.
    pub(super) fn new(code: &[u8], national: &[u8]) -> Self {
        let mut bytes = [0; LONGEST];
        let (first, second) = (SCHEME.len(), SCHEME.len() + code.len());
        let length = second + national.len();
        bytes[..first].copy_from_slice(SCHEME);
        bytes[first..second].copy_from_slice(code);
        bytes[second..length].copy_from_slice(national);
        Self { bytes, length: u8::try_from(length).expect("an identifier has at most 25 bytes") }
    }

    /// The identifier of a mainland mobile number of eleven digits.
    pub(super) fn mobile(digits: &[u8]) -> Self {
        Self::new(b"86", digits)
    }

    /// The bytes, in UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The digits after the `+`.
    #[must_use]
    pub fn digits(&self) -> &[u8] {
        &self.as_bytes()[SCHEME.len()..]
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Identifier(...)") // never the number
    }
}
