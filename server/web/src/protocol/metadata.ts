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

/**
 * OLPC canonical JSON: members sorted, integers only, no escapes except for `\` and `"`. Sorts by UTF-16 code units, which
 * for the ASCII names of a release is the order of code points (SPEC.md section 9.2).
 */
export function olpc(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(olpc).join(",")}]`;
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Failure("bad_response", "not an integer");
  if (value === null || typeof value !== "object") return String(value);
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${olpc(name)}:${olpc(members[name])}`).join(",")}}`;
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
  const parsed = value.map((one: unknown) => {
    const { keyid, sig } = asObject(one, name);
    if (typeof keyid !== "string" || typeof sig !== "string") throw bad(name, "signatures");
    return { keyid, sig };
  });
  if (!areDifferent(parsed.map(({ keyid }) => keyid))) throw bad(name, "a key id twice");
  return parsed;
}

/**
 * Parse root metadata. Throws a Failure `bad_response` for anything else.
 *
 * @param isSandbox whether the root must be marked as that of a sandbox; otherwise it may not be
 */
export function parseRoot(data: Uint8Array, isSandbox = false): Root {
  const metadata = parseMetadata(data, "root");
  const { consistent_snapshot, keys, roles, sandbox } = metadata.signed;
  if (consistent_snapshot !== true || (sandbox !== undefined) !== isSandbox) throw bad("root", "consistent_snapshot or sandbox");
  const known = new Map<string, string>();
  for (const [id, value] of Object.entries(asObject(keys, "root"))) {
    const { keytype, scheme, keyval } = asObject(value, "root");
    const key = asObject(keyval, "root")["public"];
    if (keytype === "ed25519" && scheme === "ed25519" && typeof key === "string") known.set(id, key.toLowerCase());
  }
  const listed = asObject(roles, "root");
  const parsed = {} as Record<RoleName, Role>;
  for (const name of ROLES) {
    const role = parseRole(listed[name]);
    // The key ids of a role name different keys, so that its threshold counts holders.
    if (!areDifferent(role.keyids.map((id) => known.get(id) ?? id))) throw new Failure("bad_signature", name);
    parsed[name] = role;
  }
  return { ...metadata, keys: known, roles: parsed };
}

function parseRole(value: unknown): Role {
  const { keyids, threshold } = asObject(value, "root");
  if (!Array.isArray(keyids) || !keyids.every((id) => typeof id === "string")) throw bad("root", "keyids");
  if (!areDifferent(keyids)) throw bad("root", "duplicate key id");
  return { keyids: keyids as string[], threshold: integer(threshold, "root") };
}

const areDifferent = (values: unknown[]): boolean => new Set(values).size === values.length;

/**
 * Check that enough keys have signed the metadata: as many different keys of its role as `root` requires.
 *
 * @throws Failure `bad_signature` when there are fewer valid signatures
 */
export function verifySignatures(root: Root, { name, bytes, signatures }: Metadata): void {
  const { keyids, threshold } = root.roles[name];
  // Key ids and signatures are each listed once, and name different keys.
  let missing = threshold;
  for (const { keyid, sig } of signatures) {
    const key = missing > 0 && keyids.includes(keyid) && root.keys.get(keyid);
    if (key && isValidSignature(key, sig, bytes)) missing -= 1;
  }
  if (missing > 0) throw new Failure("bad_signature", name);
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
