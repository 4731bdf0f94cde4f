// Proof of work: an ALTCHA version 2 challenge of algorithm SHA-256, asked for past a soft quota.
//
// The key of a counter is SHA-256(salt || nonce || I2OSP(counter, 4)), hashed `cost` times over, cut to `keyLength`.
// A solution is a counter whose key begins with `keyPrefix`. The server gives the challenge as the member `challenge`
// of a problem with status 429, and takes the solution in the header `Pilookup-Proof`.

import { base64, concat, fromHex, fromUtf8, hex, integer, utf8 } from "./bytes.ts";
import { Failure } from "./failure.ts";
import { asObject } from "./metadata.ts";
import { sha256 } from "./noble.ts";
import type { Reply } from "./transport.ts";

export interface Challenge {
  /** As received, to be sent back. */
  received: Record<string, unknown>;
  salt: Uint8Array;
  nonce: Uint8Array;
  cost: number;
  keyLength: number;
  /** Hex. */
  keyPrefix: string;
}

/**
 * How long to work before messages are let in, and how long at all, in milliseconds. The challenge's own expiry is the
 * server's to check: by the clock of a phone it may seem past.
 */
const SLICE_MS = 40;
const LIMIT_MS = 120_000;

/** About as many counters as a challenge takes; a measure for the progress line only. */
const TYPICAL_COUNTERS = 10_000;

const HEX = /^(?:[0-9a-f]{2}){0,64}$/i;

/** The challenge in an answer with status 429, null where it has none; `bad_response` for one of another kind. */
export function challengeIn(reply: Reply): Challenge | null {
  if (reply.status !== 429) return null;
  let problem: Record<string, unknown>;
  try {
    problem = asObject(JSON.parse(fromUtf8(reply.body, "bad_response")), "problem");
  } catch {
    return null; // over quota, and a proxy rather than the server says so
  }
  const { type, challenge } = problem;
  return typeof type === "string" && /\bproof-needed$/.test(type) ? parseChallenge(challenge) : null;
}

/** Failure `bad_response` for a challenge that is not of this kind. */
export function parseChallenge(value: unknown): Challenge {
  const received = asObject(value, "challenge");
  const fields = asObject(received["parameters"], "challenge");
  const { algorithm, keyPrefix } = fields;
  if (algorithm !== "SHA-256") throw bad("algorithm");
  if (typeof keyPrefix !== "string" || !/^[0-9a-f]{1,64}$/i.test(keyPrefix)) throw bad("keyPrefix");
  return {
    received,
    salt: hexBytes(fields["salt"]),
    nonce: hexBytes(fields["nonce"]),
    cost: integerIn(fields["cost"], 1, 100_000, "cost"),
    keyLength: integerIn(fields["keyLength"], 1, 32, "keyLength"),
    keyPrefix: keyPrefix.toLowerCase(),
  };
}

function hexBytes(value: unknown): Uint8Array {
  if (typeof value !== "string" || !HEX.test(value)) throw bad("hex");
  return fromHex(value);
}

function integerIn(value: unknown, low: number, high: number, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) throw bad(name);
  return value as number;
}

const bad = (why: string): Failure => new Failure("bad_response", `challenge: ${why}`);

/** What goes on around the work: a clock in milliseconds, the progress line, and whether it is still wanted. */
interface SolveOptions {
  ticks(): number;
  progress(share: number): void;
  stopped(): boolean;
}

/**
 * The header's value that answers a challenge. Works in slices, so that a stop is heard. Failure `rate_limited` when the
 * time is up, `unreachable` when stopped.
 */
export async function solve(challenge: Challenge, options: SolveOptions): Promise<string> {
  const deadline = options.ticks() + LIMIT_MS;
  for (let counter = 0; counter < 2 ** 32; ) {
    const sliceEnd = options.ticks() + SLICE_MS;
    for (; options.ticks() < sliceEnd; counter += 1) {
      const key = deriveKey(challenge, counter);
      if (key.startsWith(challenge.keyPrefix)) return encodeSolution(challenge, counter, key);
    }
    if (options.stopped()) throw new Failure("unreachable", "stopped");
    if (options.ticks() >= deadline) break;
    options.progress(counter / (counter + TYPICAL_COUNTERS));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  throw new Failure("rate_limited", "no proof in time");
}

function deriveKey({ salt, nonce, cost, keyLength }: Challenge, counter: number): string {
  let key = sha256(concat(salt, nonce, integer(counter, 4)));
  for (let round = 1; round < cost; round += 1) key = sha256(key);
  return hex(key.subarray(0, keyLength));
}

const encodeSolution = ({ received }: Challenge, counter: number, derivedKey: string): string =>
  base64(utf8(JSON.stringify({ challenge: received, solution: { counter, derivedKey } })));
