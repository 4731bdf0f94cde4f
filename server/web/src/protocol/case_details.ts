// Reads cases.json, which says more about the cases of a catalogue (SPEC.md section 7.1). A file that breaks a rule is
// refused as a whole; the cases are then shown without details.

import type { CaseDetails, Translated } from "./answer.ts";
import { fromUtf8 } from "./bytes.ts";
import { canonical, ensure, integer, json, list, matching, plainText, CODE } from "./manifest.ts";
import { asObject } from "./metadata.ts";
import { fromTime } from "./time.ts";

const LINK = /^(?=.{9,500}$)https:\/\/[a-z0-9.-]+(?::[0-9]+)?(?:\/[\w.~%!$&'()*+,;=:@/?#-]*)?$/;
const NAME = 200;
const TEXT = 1000;
const MAX_PLATFORMS = 50;

/**
 * Parse cases.json.
 *
 * @param data the bytes, whose digest has been checked
 * @returns the details by the case's id
 * @throws Failure when the file breaks a rule
 */
export function parseDetails(data: Uint8Array): Map<number, CaseDetails> {
  const text = fromUtf8(data, "bad_snapshot");
  const body = asObject(json(text), "cases.json");
  ensure(body["format"] === 1 && canonical(body) === text, "cases.json");
  const cases = list(body["cases"], "cases").map((one) => asObject(one, "cases"));
  const ids = cases.map(({ id }) => integer(id, 1, 0xffff, "id"));
  ensure(ids.every((id, i) => i === 0 || ids[i - 1]! < id), "cases: ids not ascending");
  return new Map(cases.map((one, i) => [ids[i]!, parseOne(one)]));
}

function parseOne(body: Record<string, unknown>): CaseDetails {
  const { updated, size, platforms, close, close_url, appeal } = body;
  if (updated !== undefined) ensure(/^.{10}$/.test(String(updated)) && !Number.isNaN(fromTime(`${updated}T00:00:00Z`)), "updated");
  if (size !== undefined) matching(size, CODE, "size");
  const names = platforms === undefined ? [] : list(platforms, "platforms");
  ensure(names.length <= MAX_PLATFORMS, "platforms");
  const found = appeal === undefined ? null : asObject(appeal, "appeal");
  return {
    platforms: names.map((name) => translated(name, NAME)!),
    close: translated(close, TEXT),
    close_url: link(close_url),
    appeal: found && {
      who: translated(found["who"], NAME),
      how: translated(found["how"], TEXT),
      papers: translated(found["papers"], TEXT),
      url: link(found["url"]),
    },
  };
}

function translated(value: unknown, limit: number): Translated | null {
  if (value === undefined) return null;
  const { zh, en } = asObject(value, "text");
  return { zh: plainText(zh, limit, "zh"), en: plainText(en, limit, "en") };
}

const link = (value: unknown): string | null => (value === undefined ? null : matching(value, LINK, "link"));
