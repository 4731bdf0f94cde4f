// Removes what people write around a number: words, parameters, extensions, a spreadsheet's fractions (rules 5 to 11).
//
// The time is bounded: every pattern runs on a text of at most 100 characters, and no pattern nests one repetition
// inside another over the same characters. The Python library uses the same patterns (pilookup/identifier/affixes.py).

import { trim } from "./characters.ts";
import type { Reason } from "./reason.ts";

const CHINESE =
  "联系人|联系|联络|聯絡|聯繫|手机|手機|电话|電話|移动|固定|固话|座机|家庭|家里|单位|办公|工作|本人|本机|个人|常用|备用|紧急" +
  "|注册|绑定|预留|收货人|客户|用户|机主|户主|号码|號碼|号|方式|主叫|被叫|热线|传真|微信同号|同微信";
const OTHER =
  "telephone|telefon|tel|phone|mobile|mob|cell|contact|number|num|no|ph|hp|fax|call|home|work|office|tél|teléfono" +
  "|телефон|☎|☏|✆|📞|📱|📲";
const LEADING = new RegExp(`^\\(?(?:(?:${CHINESE}|${OTHER}|[mtpcw][:.])[)]?[ :.#=/,'-]*)+`);
const TRAILING = new RegExp(`(?:[ (,:-]*(?:${CHINESE}|${OTHER}))+[ ).]*$`);

const PARAMETERS = /^([^;]*)((?:;[a-z][a-z0-9-]*(?:=[^;]*)?)+)$/;
const CONTEXT = /;phone-context=(\+[0-9][0-9.() -]*)/;

const DATE =
  /^(?:19|20)[0-9]{2}([-./年])(?:0?[1-9]|1[0-2])(?:\1|月)(?:0?[1-9]|[12][0-9]|3[01])日?(?:[ t]*[0-9]{1,2}:[0-9:.]*z?)?$/;
const SCIENTIFIC = /^\+?([0-9]+)(?:[.,]([0-9]*))?e\+?([0-9]{1,2})$/;
const ZEROS = /^(\+?[0-9]{7,})\.0+$/;
const FRACTION = /^\+?[0-9]+\.[0-9]{1,2}$/;
const MASK = /\*|x{2,}|\.{3,}|[●○•■□◯⚫※…▇█]|[0-9][ -]*[_?#]{2,}/;

const EXTENSION = new RegExp(
  "[ ,;.(-]*(?:" +
    "(?:转接|转分机|转|轉|分机号|分机|分機|内线|內線|e?xt(?:ensi(?:o|ó|ó))?n?|доб|anexo)[ :.,#-]*[0-9]{1,20}" +
    "|(?:int|[x#~])[ :.,-]*[0-9]{1,9}" +
    "|,,[ ,-]*[0-9]{1,9}" +
    ")[ )]*$",
);

/** Rule 5: the number of an RFC 3966 URI without its parameters. A global `phone-context` is put in front of it. */
export function withoutParameters(text: string): string {
  const found = PARAMETERS.exec(text);
  if (found === null) return text;
  const context = CONTEXT.exec(found[2]!);
  const bare = withoutWords(found[1]!);
  return context === null || bare.startsWith("+") ? bare : context[1]! + bare;
}

/** Rule 6: the text without the words before and after the number. */
export const withoutWords = (text: string): string => trim(trim(text.replace(LEADING, "")).replace(TRAILING, ""));

/** Rule 7: whether the whole text is a date. */
export const isDate = (text: string): boolean => DATE.test(text);

/**
 * Rule 8: undo a spreadsheet's number format. Returns the integer digits, the text itself if it has no such format, or
 * the reason why it is not a number.
 */
export function fromSpreadsheet(text: string): string | { reason: Reason } {
  const found = SCIENTIFIC.exec(text);
  if (found !== null) return fromScientific(found[1]!, found[2] ?? "", Number(found[3]));
  const zeros = ZEROS.exec(text);
  if (zeros !== null) return zeros[1]!;
  return FRACTION.test(text) ? { reason: "not_possible" } : text;
}

function fromScientific(whole: string, fraction: string, exponent: number): string | { reason: Reason } {
  if (fraction.length < exponent) return { reason: "digits_lost" };
  if (/[1-9]/.test(fraction.slice(exponent))) return { reason: "not_possible" };
  return whole + fraction.slice(0, exponent);
}

/** Rule 9: whether some digits are hidden. */
export const isMasked = (text: string): boolean => MASK.test(text);

/** Rule 11: the text without an extension. */
export const withoutExtension = (text: string): string => text.replace(EXTENSION, "");
