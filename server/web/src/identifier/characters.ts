// One text, many ways to type it: rules 2 and 3, characters to a small ASCII set.

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
  // Blanks that are neither space, control nor format.
  ["\u034f\u115f\u1160\u20e3\u2800\u3164\uffa0\ufe0f", ""],
];
const EQUIVALENT_OF = new Map<string, string>();
for (const [from, to] of EQUIVALENTS) for (const character of from) EQUIVALENT_OF.set(character, to);

const DECIMAL = /^\p{Nd}$/u;
const SPACE = /^\p{Z}$/u;
const DASH = /^\p{Pd}$/u;
const INVISIBLE = /^[\p{Cc}\p{Cf}\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u180b-\u180d]$/u;
const [FULL_WIDTH_FIRST, FULL_WIDTH_LAST, FULL_WIDTH_OFFSET] = [0xff01, 0xff5e, 0xfee0] as const;

/** The character as the later rules want it: one ASCII character, itself, or nothing. */
function plainCharacter(character: string): string {
  const equivalent = EQUIVALENT_OF.get(character);
  if (equivalent !== undefined) return equivalent;
  const code = character.codePointAt(0)!;
  if (code >= FULL_WIDTH_FIRST && code <= FULL_WIDTH_LAST) return plainCharacter(String.fromCharCode(code - FULL_WIDTH_OFFSET));
  if (code >= 0x20 && code < 0x7f) return character.toLowerCase();
  if (INVISIBLE.test(character)) return "";
  if (DECIMAL.test(character)) return String(decimal(code));
  if (SPACE.test(character)) return " ";
  return DASH.test(character) ? "-" : character;
}

/** A decimal digit's value: Unicode keeps ten in a row, 0 first, and sets of ten may follow on each other. */
function decimal(code: number): number {
  let first = code;
  while (DECIMAL.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}

/** Rule 2 over a text. */
export const plain = (text: string): string => Array.from(text, plainCharacter).join("");

/** Rule 3: signs at both ends that say nothing about the number. */
export const trim = (text: string): string => text.replace(/^[ '=,;:.!?<>|/\\#_-]+/, "").replace(/[ '=,;:.!?<>|/\\#_-]+$/, "");
