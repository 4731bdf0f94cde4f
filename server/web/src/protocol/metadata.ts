// Parses one TUF metadata file and checks its signatures and its expiry (SPEC.md sections 9.1 and 9.2).

import { fromHex, fromUtf8, utf8 } from "./bytes.ts";
import { Failure, parseOrFail } from "./failure.ts";
import { ed25519 } from "./noble.ts";
import { fromTime } from "./time.ts";

export const MAX_METADATA_BYTES = 4 * 2 ** 20;

export type RoleName = "root" | "targets" | "snapshot" | "timestamp";

/** A metadata file with valid syntax. Its content is not trusted until `verifySignatures` has accepted it. */
export interface Metadata {
  name: RoleName;
  version: number;
  /** Milliseconds since 1970. */
  expires: number;
  /** The members of `signed`. */
  signed: Record<string, unknown>;
  /** The bytes that the signatures cover. */
  bytes: Uint8Array;
  signatures: { keyid: string; sig: string }[];
}

export interface Role {
  keyids: string[];
  threshold: number;
}

/** Root metadata, which says which keys sign for each role. */
export interface Root extends Metadata {
  /** Ed25519 public keys in hex, by key id. */
  keys: Map<string, string>;
  roles: Record<RoleName, Role>;
}

const ROLES: readonly RoleName[] = ["root", "targets", "snapshot", "timestamp"];

/** OLPC canonical JSON: members sorted by code point, integers only, no escapes except for `\` and `"`. */
export function olpc(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(olpc).join(",")}]`;
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Failure("bad_response", "not an integer");
  if (value === null || typeof value !== "object") return String(value);
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).sort(byCodePoint);
  return `{${names.map((name) => `${olpc(name)}:${olpc(members[name])}`).join(",")}}`;
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const i = left.findIndex((character, at) => character !== right[at]);
  if (i < 0) return left.length - right.length;
  return i >= right.length ? 1 : left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
}

/** Parse the metadata of a role. Throws a Failure `bad_response` for anything else. */
export function parseMetadata(data: Uint8Array, name: RoleName): Metadata {
  return parseOrFail("bad_response", () => {
    if (data.length > MAX_METADATA_BYTES) throw bad(name, "too large");
    const { signed, signatures } = asObject(JSON.parse(fromUtf8(data, "bad_response")), name);
    const members = asObject(signed, name);
    const version = integer(members["version"], name);
    const expires = fromTime(members["expires"]);
    const known = /^1(\.[0-9]+)*$/.test(String(members["spec_version"]));
    if (members["_type"] !== name || !known || Number.isNaN(expires)) throw bad(name, "_type, spec_version or expires");
    return {
      name,
      version,
      expires,
      signed: members,
      bytes: utf8(olpc(signed)),
      signatures: parseSignatures(signatures, name),
    };
  });
}

function parseSignatures(value: unknown, name: RoleName): { keyid: string; sig: string }[] {
  if (!Array.isArray(value)) throw bad(name, "signatures");
  return value.map((one: unknown) => {
    const { keyid, sig } = asObject(one, name);
    if (typeof keyid !== "string" || typeof sig !== "string") throw bad(name, "signatures");
    return { keyid, sig };
  });
}

/** Parse root metadata. Throws a Failure `bad_response` for anything else. */
export function parseRoot(data: Uint8Array): Root {
  const metadata = parseMetadata(data, "root");
  const { consistent_snapshot, keys, roles } = metadata.signed;
  if (consistent_snapshot !== true) throw bad("root", "consistent_snapshot");
  const known = new Map<string, string>();
  for (const [id, value] of Object.entries(asObject(keys, "root"))) {
    const { keytype, scheme, keyval } = asObject(value, "root");
    const key = asObject(keyval, "root")["public"];
    if (keytype === "ed25519" && scheme === "ed25519" && typeof key === "string") known.set(id, key.toLowerCase());
  }
  const listed = asObject(roles, "root");
  const parsed = ROLES.map((role) => [role, parseRole(listed[role])] as const);
  return { ...metadata, keys: known, roles: fromEntries(parsed) };
}

function fromEntries(entries: (readonly [RoleName, Role])[]): Record<RoleName, Role> {
  const roles = {} as Record<RoleName, Role>;
  for (const [name, role] of entries) roles[name] = role;
  return roles;
}

function parseRole(value: unknown): Role {
  const { keyids, threshold } = asObject(value, "root");
  if (!Array.isArray(keyids) || !keyids.every((id) => typeof id === "string")) throw bad("root", "keyids");
  if (new Set(keyids).size !== keyids.length) throw bad("root", "duplicate key id");
  return { keyids: keyids as string[], threshold: integer(threshold, "root") };
}

/**
 * Check that enough keys have signed the metadata: as many different keys of its role as `root` requires.
 *
 * @throws Failure `bad_signature` when there are fewer valid signatures
 */
export function verifySignatures(root: Root, { name, bytes, signatures }: Metadata): void {
  const { keyids, threshold } = root.roles[name];
  // Count keys, not key ids: one key listed under two ids is one signer.
  const good = new Set<string>();
  for (const { keyid, sig } of signatures) {
    const key = keyids.includes(keyid) ? root.keys.get(keyid) : undefined;
    if (key === undefined || good.has(key) || good.size === threshold) continue;
    if (isValidSignature(key, sig, bytes)) good.add(key);
  }
  if (good.size < threshold) throw new Failure("bad_signature", name);
}

function isValidSignature(key: string, signature: string, bytes: Uint8Array): boolean {
  try {
    return ed25519.verify(fromHex(signature), bytes, fromHex(key), { zip215: false });
  } catch {
    return false; // not hex, or not the length of a signature or a key
  }
}

/** Check that metadata have not expired at `now` (milliseconds since 1970). Throws a Failure `stale`. */
export function checkNotExpired({ name, expires }: Metadata, now: number): void {
  if (!(expires > now)) throw new Failure("stale", name);
}

/** The value as an object. Throws a Failure `bad_response` for anything else. */
export function asObject(value: unknown, where: string): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw bad(where, "not an object");
  return value as Record<string, unknown>;
}

/** The value as an integer of 1 or more. Throws a Failure `bad_response` for anything else. */
export function integer(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw bad(where, "not an integer of 1 or more");
  return value as number;
}

const bad = (where: string, why: string): Failure => new Failure("bad_response", `${where}: ${why}`);
