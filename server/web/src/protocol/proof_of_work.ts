// Proof of work: solves an ALTCHA version 2 challenge with algorithm SHA-256 (SPEC.md section 8.5). The server asks for
// it past the reserve of an address.
//
// The key of a counter is SHA-256(salt || nonce || I2OSP(counter, 4)), hashed again `cost - 1` times and cut to
// `keyLength` bytes. A solution is a counter whose key begins with `keyPrefix`. The server sends the challenge as the
// member `challenge` of a problem document with status 429, and accepts the solution in the header `Pilookup-Proof`.

import { base64, concat, fromHex, fromUtf8, hex, integer, utf8 } from "./bytes.ts";
import { Failure } from "./failure.ts";
import { asObject } from "./metadata.ts";
import { sha256 } from "./noble.ts";
import type { Reply } from "./transport.ts";

export interface Challenge {
  /** The challenge as received. It is sent back with the solution. */
  received: Record<string, unknown>;
  salt: Uint8Array;
  nonce: Uint8Array;
  cost: number;
  /** The solution admits a request of up to this many elements. */
  elements: number;
  keyLength: number;
  /** In hex. */
  keyPrefix: string;
}

/**
 * Milliseconds of work between two pauses, in which the worker can receive messages, and in total. The expiry of the
 * challenge is ignored: the server checks it, and the clock of a phone may be wrong.
 */
const SLICE_MS = 40;
const LIMIT_MS = 120_000;

/** Roughly the number of counters that a challenge takes. Used only to estimate progress. */
const TYPICAL_COUNTERS = 10_000;

const HEX = /^(?:[0-9a-f]{2}){0,64}$/i;

/** The challenge in a reply, or null if it has none that this code can solve: then a 429 is over quota. */
export function challengeIn(reply: Reply): Challenge | null {
  try {
    return parseChallenge(problemIn(reply, /\bproof-needed$/)?.["challenge"]);
  } catch {
    return null;
  }
}

/** Whether the reply says that the caller is over quota, for which it can only wait. */
export const isOverQuota = (reply: Reply): boolean => problemIn(reply, /\brate-limited$/) !== null;

/** The problem document of a reply with status 429. Null if its type is another one, or if it is no such document. */
function problemIn({ status, body }: Reply, type: RegExp): Record<string, unknown> | null {
  try {
    const problem = status === 429 ? asObject(JSON.parse(fromUtf8(body, "bad_response")), "problem") : {};
    return type.test(String(problem["type"])) ? problem : null;
  } catch {
    return null;
  }
}

/** Parse a challenge. Throws a Failure `bad_response` if it is not one that this code can solve. */
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
    elements: integerIn(asObject(fields["data"], "challenge")["elements"], 1, 1000, "elements"),
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

/** What `solve` needs: a clock in milliseconds, a function that shows progress, and whether the check was stopped. */
interface SolveOptions {
  ticks(): number;
  progress(share: number): void;
  stopped(): boolean;
}

/**
 * Solve a challenge. Works in slices, so that the worker can receive a stop in between.
 *
 * @returns the value of the header `Pilookup-Proof`
 * @throws Failure `rate_limited` when the time is up, `unreachable` when stopped
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
  throw new Failure("rate_limited", "no proof of work in time");
}

function deriveKey({ salt, nonce, cost, keyLength }: Challenge, counter: number): string {
  let key = sha256(concat(salt, nonce, integer(counter, 4)));
  for (let round = 1; round < cost; round += 1) key = sha256(key);
  return hex(key.subarray(0, keyLength));
}

/** The solution as the header carries it. */
const encodeSolution = ({ received }: Challenge, counter: number, derivedKey: string): string =>
  base64(utf8(JSON.stringify({ challenge: received, solution: { counter, derivedKey } })));
