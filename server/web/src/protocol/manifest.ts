// Parses the manifest of a snapshot (SPEC.md section 7). A manifest is canonical JSON (RFC 8785); any other spelling of
// the same JSON is refused. All failures have the reason `bad_snapshot`.

import type { Case } from "./answer.ts";
import type { Geometry } from "./bucket.ts";
import { fromBase64url, fromUtf8 } from "./bytes.ts";
import { Failure } from "./failure.ts";
import { fromTime } from "./time.ts";

export const MAX_MANIFEST_BYTES = 4 * 2 ** 20;

export interface Manifest {
  channel: string;
  profile: "exact" | "coarse";
  epoch: number;
  serial: number;
  created: string;
  publicKey: Uint8Array;
  geometry: Geometry;
  root: Uint8Array;
  canaries: string[];
  cases: Map<number, Case>;
  /** The digest and the size of cases.json, if the snapshot has it. */
  details: { sha256: string; size: number } | null;
}

type Members = Record<string, unknown>;

const MEMBERS =
  "bucket_bits,canaries,channel,created,datasets,entries,epoch,files,format,profile,public_key,root,serial,slots";
/** Matches the name of a channel. */
export const CHANNEL = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
const FILE = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+$/;
export const CODE = /^[a-z0-9][a-z0-9-]{0,31}$/;
const CANARY = /^test:[a-z0-9-]{1,64}$/;
// The list of section 7. `\p{...}` would depend on the browser's version of Unicode.
const UNPRINTABLE =
  /[\0-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\u3000\ud800-\uf8ff\ufeff\ufff9-\ufffb\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}]/u;

const bad = (where: string): Failure => new Failure("bad_snapshot", `manifest: ${where}`);

export function ensure(good: boolean, where: string): asserts good {
  if (!good) throw bad(where);
}

/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, as JavaScript's `sort` does, and numbers and strings
 * as `JSON.stringify` writes them.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = value as Members;
  const written = Object.keys(members).sort().map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`);
  return `{${written.join(",")}}`;
}

/** Parse a manifest and check every member. Throws a Failure `bad_snapshot`. */
export function parseManifest(data: Uint8Array): Manifest {
  ensure(data.length <= MAX_MANIFEST_BYTES, "too large");
  const text = fromUtf8(data, "bad_snapshot");
  const body = object(json(text), MEMBERS, "manifest");
  ensure(body["format"] === 1, "format");
  integer(body["entries"], 0, Number.MAX_SAFE_INTEGER, "entries");
  const manifest: Manifest = {
    channel: matching(body["channel"], CHANNEL, "channel"),
    profile: oneOf(body["profile"], ["exact", "coarse"], "profile"),
    epoch: integer(body["epoch"], 1, 0xffffffff, "epoch"),
    serial: integer(body["serial"], 1, Number.MAX_SAFE_INTEGER, "serial"),
    created: time(body["created"]),
    publicKey: fromBase64url(body["public_key"], 32, "bad_snapshot"),
    geometry: {
      bits: integer(body["bucket_bits"], 0, 16, "bucket_bits"),
      slots: integer(body["slots"], 64, 2 ** 20, "slots"),
    },
    root: fromBase64url(body["root"], 32, "bad_snapshot"),
    canaries: list(body["canaries"], "canaries").map((name) => matching(name, CANARY, "canaries")),
    cases: catalogue(body["datasets"]),
    details: files(body["files"])["cases.json"] ?? null,
  };
  ensure(manifest.canaries.length > 0, "canaries");
  ensure(canonical(body) === text, "not canonical JSON (RFC 8785)");
  return manifest;
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad("not JSON");
  }
}

/** The value as an object with exactly the members `names`, sorted and joined by commas. All of them must be checked. */
function object(value: unknown, names: string, where: string): Members {
  ensure(Object.keys(Object(value)).sort().join() === names, where);
  return value as Members;
}

/** The value as a list. */
export function list(value: unknown, where: string): unknown[] {
  ensure(Array.isArray(value), where);
  return value as unknown[];
}

/** The value as an integer in a range. */
export function integer(value: unknown, low: number, high: number, where: string): number {
  ensure(Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high, where);
  return value as number;
}

/** The value as a string that matches a pattern. */
export function matching(value: unknown, pattern: RegExp, where: string): string {
  ensure(typeof value === "string" && pattern.test(value), where);
  return value as string;
}

function oneOf<T extends string>(value: unknown, values: readonly T[], where: string): T {
  ensure(values.includes(value as T), where);
  return value as T;
}

function time(value: unknown): string {
  ensure(!Number.isNaN(fromTime(value)), "created");
  return value as string;
}

function files(value: unknown): Record<string, { sha256: string; size: number }> {
  ensure(value !== null && typeof value === "object" && !Array.isArray(value), "files");
  const names = Object.keys(value as Members);
  ensure(names.includes("buckets.bin") && names.includes("tree.bin"), "files");
  for (const name of names) {
    matching(name, FILE, "files");
    const reference = object((value as Members)[name], "sha256,size", "files");
    matching(reference["sha256"], /^[0-9a-f]{64}$/, "files");
    integer(reference["size"], 0, Number.MAX_SAFE_INTEGER, "files");
  }
  return value as Record<string, { sha256: string; size: number }>;
}

function catalogue(value: unknown): Map<number, Case> {
  const cases = list(value, "datasets").map(parseCase);
  ensure(cases.every(({ id }, i) => i === 0 || cases[i - 1]!.id < id), "datasets: ids not ascending");
  return new Map(cases.map((one) => [one.id, one]));
}

function parseCase(value: unknown): Case {
  const body = object(value, "advice,data_classes,id,kind,seized_on,title", "datasets");
  const title = object(body["title"], "en,zh", "title");
  const codes = (name: string): string[] => list(body[name], name).map((code) => matching(code, CODE, name));
  const day = body["seized_on"];
  ensure(day === null || (typeof day === "string" && !Number.isNaN(fromTime(`${day}T00:00:00Z`))), "seized_on");
  return {
    id: integer(body["id"], 1, 0xffff, "id"),
    kind: oneOf(body["kind"], ["exposure", "malicious-registration"], "kind"),
    title: { zh: plainText(title["zh"], 200, "title"), en: plainText(title["en"], 200, "title") },
    seized_on: day as string | null,
    data_classes: codes("data_classes"),
    advice: codes("advice"),
  };
}

/** The value as one paragraph of plain text. */
export function plainText(value: unknown, limit: number, where: string): string {
  ensure(typeof value === "string" && value !== "" && [...value].length <= limit && !UNPRINTABLE.test(value), where);
  return value as string;
}
