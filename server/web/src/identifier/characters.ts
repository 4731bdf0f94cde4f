// Maps the many characters that people and keyboards use for one sign to a small ASCII set (rules 2 and 3).

const EQUIVALENTS: readonly (readonly [string, string])[] = [
  ["−ー⁃˗─━", "-"],
  ["⁺﹢➕", "+"],
  ["[{【〔［｛〖﹙", "("],
  ["]}】〕］｝〗﹚", ")"],
  ["·・｡。․‧∙", "."],
  ["⁄∕", "/"],
  ["\"`´‘’‚‛“”„‟「」『』«»＇＂", "'"],
  ["、､﹑", ","],
  ["︰∶﹕", ":"],
  ["×✕╳", "x"],
  ["\t\n\v\f\r\x85", " "],
  // Invisible characters that Unicode does not class as space, control or format.
  ["\u034f\u115f\u1160\u20e3\u2800\u3164\uffa0\ufe0f", ""],
];
const EQUIVALENT_OF = new Map<string, string>();
for (const [from, to] of EQUIVALENTS) for (const character of from) EQUIVALENT_OF.set(character, to);

const DECIMAL = /^\p{Nd}$/u;
const SPACE = /^\p{Z}$/u;
const DASH = /^\p{Pd}$/u;
const INVISIBLE = /^[\p{Cc}\p{Cf}\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u180b-\u180d]$/u;
const [FULL_WIDTH_FIRST, FULL_WIDTH_LAST, FULL_WIDTH_OFFSET] = [0xff01, 0xff5e, 0xfee0] as const;

/** Rule 2 for one character: an ASCII character, the character itself if it has no equivalent, or "". */
function plainCharacter(character: string): string {
  const equivalent = EQUIVALENT_OF.get(character);
  if (equivalent !== undefined) return equivalent;
  const code = character.codePointAt(0)!;
  if (code >= FULL_WIDTH_FIRST && code <= FULL_WIDTH_LAST) {
    return plainCharacter(String.fromCharCode(code - FULL_WIDTH_OFFSET));
  }
  if (code >= 0x20 && code < 0x7f) return character.toLowerCase();
  if (INVISIBLE.test(character)) return "";
  if (DECIMAL.test(character)) return String(decimal(code));
  if (SPACE.test(character)) return " ";
  return DASH.test(character) ? "-" : character;
}

/**
 * The value of a decimal digit. Unicode has the ten digits of a script in a row, starting with 0, and such rows may
 * follow one another.
 */
function decimal(code: number): number {
  let first = code;
  while (DECIMAL.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}

/** Rule 2: the text in plain characters. */
export const plain = (text: string): string => Array.from(text, plainCharacter).join("");

/** Rule 3: the text without punctuation and spaces at both ends. */
export const trim = (text: string): string =>
  text.replace(/^[ '=,;:.!?<>|/\\#_-]+/, "").replace(/[ '=,;:.!?<>|/\\#_-]+$/, "");
