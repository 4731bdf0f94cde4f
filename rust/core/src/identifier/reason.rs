//! Reasons why a text has no identifier.

/// A reason for a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing but spaces and signs, or nothing at all.
    Empty,
    /// A text without a digit.
    NoDigits,
    /// Fewer digits than a number of its kind has.
    TooShort,
    /// More digits than a number of its kind has, or a text too long to be a number.
    TooLong,
    /// The form is right, but no such number can exist.
    NotPossible,
    /// A local number without area code.
    NoAreaCode,
    /// The number of a service, such as 110 or 10086.
    ShortCode,
    /// A number of 13 digits for a device of the Internet of things.
    Iot,
    /// A resident identity number.
    IdCard,
    /// A card number.
    BankCard,
    /// A date, with or without a time.
    Date,
    /// A number that a spreadsheet rounded.
    DigitsLost,
    /// A number with hidden digits.
    Masked,
    /// A text with more than one number.
    Several,
    /// A text with letters or signs that phone numbers do not have.
    Letters,
}

impl Reason {
    /// The code under which reports count the reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoDigits => "no_digits",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::NotPossible => "not_possible",
            Self::NoAreaCode => "no_area_code",
            Self::ShortCode => "short_code",
            Self::Iot => "iot",
            Self::IdCard => "id_card",
            Self::BankCard => "bank_card",
            Self::Date => "date",
            Self::DigitsLost => "digits_lost",
            Self::Masked => "masked",
            Self::Several => "several",
            Self::Letters => "letters",
        }
    }
}
