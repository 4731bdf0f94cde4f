r"""From a text to one phone number's canonical bytes, or to a reason (SPEC.md section "Identifier").

The canonical form is `tel:` and the number in E.164 form, in UTF-8: `b"tel:+8613800138000"`. The rules apply in order;
the first rule that decides ends the procedure. `tests/vectors/identifier.json` holds test cases for every
implementation.

For region CN the core applies them (`rust/core/src/identifier/`), with numbering plans that are part of it. For other
regions the module `rules` does, with the plans of the installed `phonenumbers`. The modules `characters`, `affixes`,
`lookalikes` and `libphonenumber` contain single rules, and `reason` the reasons.

 1.  Length. More than 1,000 characters (code points): `too_long`.
 2.  Characters. ASCII capitals become lower case. Full-width ASCII becomes ASCII. Every decimal digit (Unicode Nd)
     becomes the ASCII digit of its value. Spaces (Z*, U+0009 to U+000D, U+0085) become a space. Dashes (Pd, minus,
     U+30FC) become `-`; brackets become round brackets; middle dots and full stops become `.`; quotes become `'`;
     `×` becomes `x`. Other control and format characters (Cc, Cf), variation selectors and blank fillers are removed.
 3.  Ends. Spaces, quotes and the signs ``= , ; : . ! ? < > | / \ # _ -`` are removed from both ends.
 4.  Nothing left: `empty`. More than 100 characters: `too_long`. No digit, and in region CN fewer than eleven Chinese
     digits (rule 12): `no_digits`.
 5.  RFC 3966. Parameters (`;name=value`) are removed. A `phone-context` that begins with `+` is put before a number
     that does not begin with `+`.
 6.  Words. Leading and trailing words for a phone (手机, 联系电话, tel, mobile, ...) are removed, with the signs around
     them, and rule 3 is applied again.
 7.  Dates with separators (2024-01-15, 2024年1月15日, a time after them): `date`.
 8.  Spreadsheet numbers. `1.38E+10`: `digits_lost`, unless the mantissa has every digit of the whole number, which is
     then used. `13800138000.0`: a fraction of zeros is removed. Any other fraction of one or two digits (an
     amount): `not_possible`.
 9.  A mask (`*`, `xx`, `...`, `●`) among digits: `masked`.
 10. Without `+`: 17 digits and a check character, or 15 digits with a birth date: `id_card`; 16 to 19 digits that do
     not begin with 0 and pass Luhn (ISO/IEC 7812-1): `bank_card`. Outside region CN a valid number takes precedence.
 11. An extension (转123, ext. 8001, x12, #12, ;ext=, ,,12) is removed.
 12. What is left may contain digits, spaces and `( ) . / -`, and `+` before the first digit; otherwise: `letters`. From
     here on only the `+` and the digits count. In region CN one more reading is tried before `letters`: Chinese digits
     (〇零一二三四五六七八九, and 幺 for 1) become digits; letters O become 0 if they are fewer than the digits; `+86`
     at the end, and `86`, `+86` or `0086` before another `+`, are removed. It is accepted if it is a mainland mobile
     (rule 13).
 13. Mainland mobiles, region CN: an optional `+86`, `0086`, `86` (or with a wrong number of zeros), an optional
     carrier prefix (179dd, 12593, 12520), an optional 0, then `1[3-9]` and nine digits. Elsewhere: `+86`, then the
     same.
 14. With `+` (in region CN also 00): parsed by libphonenumber. With calling code 86: accepted if it is a mainland
     mobile or libphonenumber says it is valid. With another: accepted if the length is possible (not only locally).
 15. Without `+`, region CN: accepted if libphonenumber says it is valid, nothing but 0, 86 or 860 precedes the national
     number, and there are more than 8 digits; otherwise: `date`, `short_code`, `no_area_code` (7 or 8 digits),
     `iot` (13 digits that begin with 1064, 140, 141, 144, 146 or 148), `too_short`, `too_long` or `not_possible`. This
     keeps out order numbers, amounts and dates.
 16. Without `+`, other regions: accepted if libphonenumber says the length is possible for that region.
 17. Region CN, a text that has been rejected so far. A landline that ends in `-` and one to six digits: tried again
     without them, unless its local number begins with 0. Otherwise a country's calling code of two or three digits, in
     brackets or followed by a dash (one of three digits also followed by spaces), other than 86, 20 and 27 (Guangzhou
     and Wuhan are 020 and 027): accepted as if `+` preceded it, if libphonenumber says that the number is valid, not
     only possible; but not if rule 10 or 15 found a look-alike (`id_card`, `bank_card`, `date`), nor if a mainland
     mobile, or a Chinese number with its 0, follows the calling code.
 18. A text that has been rejected so far, with two or more pieces of 7 digits or more, one of them a number: `several`.

Where libphonenumber says a number is valid, the result equals its E.164 form, with these deliberate exceptions:
service numbers of 7 or 8 digits without +86 (local numbers and dates look the same); dates; ID and bank cards;
fractions; carrier prefixes other than those of rule 13; letters dialled as digits (1-800-FLOWERS); one comma before
an extension (a comma separates two numbers); a number whose own E.164 form is parsed as another number.
"""

from pilookup.identifier.reason import Reason
from pilookup.identifier.rules import canonicalise, canonicalise_all, is_region

__all__ = ["Reason", "canonicalise", "canonicalise_all", "is_region"]
