//! Numbering plans, and how libphonenumber reads digits under them (rules 14 and 15): the national prefix is removed if
//! the rest is a possible number. The steps are those of libphonenumber's `parse`; the code is not.

use std::borrow::Cow;

use super::{
    plan::Plan,
    plan_table::{IDD, NEXT, PLANS},
    prefix::{Match, Part},
    reason::Reason,
};

const MIN_NATIONAL: usize = 2;
const MAX_NATIONAL: usize = 17;
/// The fewest digits after a `+`.
const MIN_INTERNATIONAL: usize = 3;
const MAX_CODE_DIGITS: usize = 3;
const CHINA_CODE: u16 = 86;

/// Whether a national number has a possible length, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Possible,
    Local,
    Short,
    Long,
    Between,
}

/// A number that was read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    plan: &'static Plan,
    /// The calling code, as digits.
    pub(super) code: &'a [u8],
    /// The national digits: at most 17.
    pub(super) national: Cow<'a, [u8]>,
}

impl Reading<'_> {
    /// Whether the number has the calling code of China.
    pub(super) fn is_chinese(&self) -> bool {
        self.plan.code == CHINA_CODE
    }

    /// Whether the number belongs to a country.
    pub(super) fn is_in_a_country(&self) -> bool {
        self.plan.in_a_country
    }

    /// Whether the number is valid in a region of its calling code.
    pub(super) fn is_valid(&self) -> bool {
        self.plan.valid.accepts(&NEXT, &self.national)
    }

    /// The reason why the length is wrong, if it is.
    pub(super) fn wrong_length(&self) -> Option<Reason> {
        match self.plan.length(self.national.len()) {
            Length::Possible => None,
            Length::Local => Some(Reason::NoAreaCode),
            Length::Short => Some(Reason::TooShort),
            Length::Long => Some(Reason::TooLong),
            Length::Between => Some(Reason::NotPossible),
        }
    }

    /// Whether the number's own E.164 form is read as the same number.
    pub(super) fn is_stable(&self) -> bool {
        // The calling code is read again as it is, so only the national digits can change.
        read_national(self.plan, self.code, &self.national).is_ok_and(|again| again.national == self.national)
    }
}

impl Plan {
    fn length(&self, size: usize) -> Length {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let bit = 1_u32.checked_shl(size).unwrap_or(0);
        if self.local & bit != 0 {
            Length::Local
        } else if self.lengths & bit != 0 {
            Length::Possible
        } else if size < self.lengths.trailing_zeros() {
            Length::Short
        } else if size > u32::BITS - 1 - self.lengths.leading_zeros() {
            Length::Long
        } else {
            Length::Between
        }
    }

    /// The digits without the national prefix. It is kept if the digits match the plan with it and not without it.
    fn without_prefix<'a>(&self, digits: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(found) = self.prefix.filter(|_| !digits.is_empty()).and_then(|prefix| prefix.find(digits)) else {
            return Cow::Borrowed(digits);
        };
        let rest = self.without_match(digits, &found);
        if self.general.accepts(&NEXT, digits) && !self.general.accepts(&NEXT, &rest) {
            Cow::Borrowed(digits)
        } else {
            rest
        }
    }

    fn without_match<'a>(&self, digits: &'a [u8], found: &Match) -> Cow<'a, [u8]> {
        let rest = &digits[found.end..];
        let Some(parts) = self.transform.filter(|_| found.group(digits, self.groups).is_some()) else {
            return Cow::Borrowed(rest);
        };
        let mut transformed = Vec::with_capacity(digits.len() + parts.len());
        for part in parts {
            match part {
                Part::Digit(digit) => transformed.push(*digit),
                Part::Group(number) => transformed.extend_from_slice(found.group(digits, *number).unwrap_or_default()),
            }
        }
        transformed.extend_from_slice(rest);
        Cow::Owned(transformed)
    }
}

fn plan_of(code: u16) -> Option<&'static Plan> {
    PLANS.binary_search_by_key(&code, |plan| plan.code).ok().map(|at| &PLANS[at])
}

/// Reads the ASCII digits after a `+`. In China, 00 and a calling code may follow the `+`.
pub(super) fn read_international(digits: &[u8]) -> Result<Reading<'_>, Reason> {
    if digits.len() < MIN_INTERNATIONAL {
        return Err(Reason::NotPossible);
    }
    let digits = match digits {
        [b'0', b'0', b'1'..=b'9', ..] => &digits[2..],
        _ => digits,
    };
    if digits[0] == b'0' {
        return Err(Reason::NotPossible);
    }
    if digits.len() < MIN_INTERNATIONAL {
        return Err(Reason::TooShort);
    }
    let mut code = 0;
    for at in 0..MAX_CODE_DIGITS {
        code = code * 10 + u16::from(digits[at] - b'0');
        if let Some(plan) = plan_of(code) {
            return read_national(plan, &digits[..=at], &digits[at + 1..]);
        }
    }
    Err(Reason::NotPossible)
}

/// Reads ASCII digits as dialled within China, without `+` or 00. `None` if they begin with another prefix for dialling
/// abroad, or are no number.
pub(super) fn read_domestic(digits: &[u8]) -> Option<Reading<'_>> {
    if digits.first() == Some(&b'1')
        && let Some(abroad) = IDD.find(digits)
        && digits.get(abroad.end) != Some(&b'0')
    {
        return None;
    }
    let plan = plan_of(CHINA_CODE)?;
    match without_own_code(plan, digits) {
        Cow::Borrowed(national) => read_national(plan, b"86", national).ok(),
        Cow::Owned(_) => None, // the plan of China has no transform rule
    }
}

fn read_national<'a>(plan: &'static Plan, code: &'a [u8], digits: &'a [u8]) -> Result<Reading<'a>, Reason> {
    if digits.len() < MIN_NATIONAL {
        return Err(Reason::TooShort);
    }
    let stripped = plan.without_prefix(digits);
    let national = match plan.length(stripped.len()) {
        Length::Possible | Length::Long => stripped,
        Length::Local | Length::Short | Length::Between => Cow::Borrowed(digits),
    };
    if national.len() > MAX_NATIONAL {
        return Err(Reason::TooLong);
    }
    Ok(Reading { plan, code, national })
}

/// The digits without a leading 86, if the rest fits the plan better.
fn without_own_code<'a>(plan: &Plan, digits: &'a [u8]) -> Cow<'a, [u8]> {
    let Some(rest) = digits.strip_prefix(b"86") else {
        return Cow::Borrowed(digits);
    };
    let rest = plan.without_prefix(rest);
    let better = !plan.general.accepts(&NEXT, digits) && plan.general.accepts(&NEXT, &rest);
    if better || plan.length(digits.len()) == Length::Long { rest } else { Cow::Borrowed(digits) }
}
