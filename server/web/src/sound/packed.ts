// Reads a packed recording, as `pilookup page --sound` writes it: one line of JSON, then frames of MP3 or AAC.

import { SERVICES, type Services } from "../words/services.ts";

/** A recording whose header has been checked. */
export interface Packed {
  /** The media type of the frames. */
  type: string;
  /** Offset and length in bytes of each sentence, by its name. */
  sentences: Record<string, [number, number]>;
  /** Who the recording says runs the page, in its language, and the telephone number; "" where it does not say. */
  operator: { name: string; telephone: string };
  /** The telephone lines and accounts that it names, where they are not the usual ones. */
  services: Partial<Services>;
  frames: Uint8Array<ArrayBuffer>;
}

/**
 * Read a packed recording.
 *
 * @throws when it is none
 */
export function readPacked(file: ArrayBuffer): Packed {
  const bytes = new Uint8Array(file);
  const end = bytes.indexOf(10);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const frames = bytes.subarray(end + 1);
  const { format, type, sentences, operator, services } = header;
  const isSpan = (name: string): boolean => {
    const [at, length] = sentences[name];
    return at >= 0 && length > 0 && at + length <= frames.length;
  };
  if (end < 0 || format !== 1 || !/^audio\/(mpeg|aac)$/.test(type) || !Object.keys(sentences).every(isSpan)) {
    throw new Error("not a recording");
  }
  return { type, sentences, operator, services, frames };
}

/** Whether a recording names the same telephone lines and accounts as the page does. */
export function namesSame(packed: Packed, services: Services | null): boolean {
  const shown = services || SERVICES;
  return (Object.keys(SERVICES) as (keyof Services)[]).every((name) => (packed.services[name] || SERVICES[name]) === shown[name]);
}
