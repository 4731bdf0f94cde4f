r"""From a text to one phone number's canonical bytes, or a reason (SPEC.md section "Identifier").

The canonical form is `tel:` and the number in E.164, in UTF-8: `b"tel:+8613800138000"`. The rules, in order;
the first that decides ends. `tests/vectors/identifier.json` holds their cases for every implementation.

 1.  Length. More than 1,000 characters (code points): `too_long`.
 2.  Characters. ASCII capitals become small. Full-width ASCII becomes ASCII. Every decimal digit (Unicode Nd)
     becomes the ASCII digit of its value. Spaces (Z*, U+0009 to U+000D, U+0085) become a space. Dashes (Pd, minus,
     U+30FC) become `-`; brackets become round ones; middle dots and full stops `.`; quotes `'`; `×` is `x`. Other
     control and format characters (Cc, Cf), variation selectors and blank fillers go.
 3.  Ends. Spaces, quotes and the signs ``= , ; : . ! ? < > | / \ # _ -`` go from both ends.
 4.  Nothing left: `empty`. More than 100 characters: `too_long`. No digit: `no_digits`.
 5.  RFC 3966. Parameters (`;name=value`) go; a `phone-context` that begins with `+` stands before a number that
     does not.
 6.  Words. Leading and trailing words for a phone (手机, 联系电话, tel, mobile, ...) go, with the signs around
     them, and rule 3 again.
 7.  Dates with separators (2024-01-15, 2024年1月15日, a time after them): `date`.
 8.  Spreadsheet numbers. `1.38E+10`: `digits_lost` unless the mantissa has every digit of the whole number, which
     then counts. `13800138000.0`: the fraction of zeros goes. Any other fraction of one or two digits (an
     amount): `not_possible`.
 9.  A mask (`*`, `xx`, `...`, `●`) among digits: `masked`.
 10. Without `+`: 17 digits and a check character, or 15 digits with a birth date: `id_card`; 16 to 19 digits not
     after 0 that pass Luhn (ISO/IEC 7812-1): `bank_card`. Outside region CN a valid number goes first.
 11. An extension (转123, ext. 8001, x12, #12, ;ext=, ,,12) goes.
 12. What is left may hold digits, spaces and `( ) . / -`, and `+` before the first digit; else `letters`. Now only
     the `+` and the digits count.
 13. Mainland mobiles, region CN: an optional `+86`, `0086`, `86` (or with the zeros miscounted), an optional
     carrier prefix (179dd, 12593, 12520), an optional 0, then `1[3-9]` and nine digits. Elsewhere: `+86`, then the
     same.
 14. With `+` (in region CN also 00): read by libphonenumber. Of calling code 86: accepted where it is a mainland
     mobile or libphonenumber says valid. Of others: accepted where the length is possible (not only locally).
 15. Without, region CN: accepted where libphonenumber says valid, with nothing before the national number but 0,
     86 or 860, and more than 8 digits; else `date`, `short_code`, `no_area_code` (7 or 8 digits), `too_short`,
     `too_long` or `not_possible`. So order numbers, amounts and dates stay out.
 16. Without, other regions: accepted where libphonenumber says the length is possible for that region.
 17. A landline of China rejected so far that ends in `-` and one to six digits: again without them.
 18. A text rejected so far with two or more pieces of 7 digits or more, one of them a number: `several`.

Where libphonenumber says valid the result equals its E.164, but for these, refused or read otherwise on purpose:
service numbers of 7 or 8 digits without +86 (local numbers and dates look the same); dates; ID and bank cards;
fractions; carrier prefixes other than those of rule 13; letters dialled as digits (1-800-FLOWERS); one comma before
an extension (a comma parts two numbers); a number that reads otherwise when its own E.164 is read again.
"""

from pilookup.identifier.reason import Reason
from pilookup.identifier.rules import canonicalise, is_region

__all__ = ["Reason", "canonicalise", "is_region"]
