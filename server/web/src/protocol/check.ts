// The check of one number (SPEC.md section 11, whose steps the comments number): canonicalise, blind, have the server
// evaluate, verify the proof, unblind, derive the token, fetch the bucket, open the label.

import { canonicalise, type Library } from "../identifier/canonicalise.ts";
import type { Answer, Case, CaseDetails } from "./answer.ts";
import { bucketBytes, verifyBucket } from "./bucket.ts";
import { concat, hex, utf8 } from "./bytes.ts";
import { parseDetails } from "./case_details.ts";
import { Failure } from "./failure.ts";
import { findLabel, monthText, type Label } from "./label.ts";
import type { Manifest } from "./manifest.ts";
import { MAX_METADATA_BYTES } from "./metadata.ts";
import { sha256 } from "./noble.ts";
import { blind, ELEMENT_BYTES, PROOF_BYTES, unblind, type Blinded } from "./oprf.ts";
import type { Step } from "./steps.ts";
import { bucketIndex, deriveToken } from "./token.ts";
import { retryAfter, successBody, type Reply, type Transport } from "./transport.ts";
import { COMBINED, type Clock, type FetchFile, type Release, type Trust } from "./trust.ts";
import { challengeIn, isOverQuota, solve, type Challenge } from "./proof_of_work.ts";

/** The URLs of one channel; both end in `/v1/channels/{channel}/`. */
export interface ChannelUrls {
  /** Where elements are evaluated. */
  evaluate: string;
  /** Where metadata, targets and buckets come from. */
  buckets: string;
}

/**
 * A server over quota is asked again by itself up to three times, if it says that a wait of at most 30 seconds is enough.
 * Then citizens behind the shared address of a carrier are served in turn, and need not watch a clock.
 */
const MAX_WAITS = 3;
const MAX_WAIT_SECONDS = 30;

/** What a check needs. */
interface Tools {
  urls: ChannelUrls;
  trust: Trust;
  transport: Transport;
  clock: Clock;
  library: Library;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** Called when a step begins, and with `share` (0 to 1; for `waiting`: seconds left) while a long step proceeds. */
  onStep(step: Step, share?: number): void;
}

/**
 * Check the one number in a text. Never throws: every failure becomes an answer with status `unknown`.
 *
 * @returns the answer, and the last four digits of the number ("" if the text is not a number)
 */
export async function check(text: string, tools: Tools): Promise<{ answer: Answer; last4: string }> {
  let last4 = "";
  try {
    tools.onStep("reading");
    const identifier = canonicalise(text, "CN", tools.library);
    if ("reason" in identifier) {
      return { answer: { status: "unknown", reason: "invalid_number", detail: identifier.reason }, last4 };
    }
    last4 = identifier.text.slice(-4);
    return { answer: await answerFor(identifier.text, tools), last4 };
  } catch (error) {
    return { answer: unknownAnswer(error), last4 };
  }
}

/** How many of the newest cases the page lists. */
const NEWEST = 5;

/**
 * Do in advance what does not need the number: verify the release, compute its key's tables, blind a canary. The details
 * of the cases are still on their way when this ends: a check can evaluate meanwhile.
 *
 * @param tools what a check needs for that
 * @param fetchFile fetches metadata and targets; that of `fetchEarly`, or one that has not asked yet
 * @returns the newest cases of the catalogue, the newest first
 */
export async function prepare(
  tools: Pick<Tools, "urls" | "trust" | "transport">,
  fetchFile = fileFetcher(tools),
): Promise<Case[]> {
  const release = await tools.trust.fresh(fetchFile);
  void detailsOf(release, tools);
  release.key.prepare();
  const name = pickRandom(release.manifest.canaries);
  release.canary = { name, blinded: blind(utf8(name)) };
  return [...release.manifest.cases.values()].slice(-NEWEST).reverse();
}

function unknownAnswer(error: unknown): Answer {
  // Parsers throw a Failure. If any other error is thrown, unexpected bytes from outside are the cause.
  const { reason, wait } = error instanceof Failure ? error : new Failure("bad_response");
  return wait === undefined ? { status: "unknown", reason } : { status: "unknown", reason, wait };
}

/** Check an identifier. Starts again once, with fresh blinds, if there is a new release (SPEC.md section 8.4). */
async function answerFor(identifier: string, tools: Tools): Promise<Answer> {
  tools.onStep("trust");
  const release = await tools.trust.fresh(fileFetcher(tools));
  try {
    return await answerWithRelease(release, identifier, tools);
  } catch (error) {
    if (!(error instanceof Failure && error.reason === "retired")) throw error;
  }
  tools.onStep("trust");
  return answerWithRelease(await tools.trust.fresh(fileFetcher(tools), release), identifier, tools);
}

async function answerWithRelease(release: Release, identifier: string, tools: Tools): Promise<Answer> {
  const { manifest } = release;
  const canaries = release.confirmed ? [] : [release.canary?.name ?? pickRandom(manifest.canaries)];
  const tokens = await evaluateTokens(release, [identifier, ...canaries], tools);
  const indices = tokens.map((token) => bucketIndex(token, manifest.geometry.bits));
  tools.onStep("bucket");
  // Fetched whatever the answer will be, so that no request tells it.
  const [buckets, details] = await Promise.all([fetchBuckets(manifest, indices, tools), detailsOf(release, tools)]);
  tools.onStep("opening");
  const labelAt = (i: number): Label | null => {
    const slots = buckets.get(indices[i]!)!;
    if (slots instanceof Failure) throw slots;
    return findLabel(tokens[i]!, slots, manifest.channel, manifest.epoch);
  };
  if (canaries.length > 0) {
    if (!labelAt(1)?.canary) throw new Failure("bad_snapshot", "canary");
    release.confirmed = true;
  }
  return answerFromLabel(labelAt(0), manifest, details);
}

/** A random item of a list. For canaries: the choice is not secret, since the snapshot must hold all of them. */
function pickRandom<T>(list: readonly T[]): T {
  return list[crypto.getRandomValues(new Uint32Array(1))[0]! % list.length]!;
}

/** Steps 4 to 8: the tokens of the inputs. The proof shows that the server used the manifest's key. */
async function evaluateTokens(release: Release, inputs: string[], tools: Tools): Promise<Uint8Array[]> {
  const { manifest, key } = release;
  const { blinded, reply } = await evaluate(release, inputs, tools);
  const body = successBody(reply);
  if (body.length !== replyBytes(inputs)) throw new Failure("bad_response", "evaluate: size");
  const evaluated = body.subarray(0, -PROOF_BYTES);
  const elements = key.verify(blinded, evaluated, body.subarray(-PROOF_BYTES));
  return elements.map((element, i) =>
    deriveToken(unblind(blinded[i]!.blind, element), manifest.channel, manifest.epoch),
  );
}

const replyBytes = (inputs: string[]): number => inputs.length * ELEMENT_BYTES + PROOF_BYTES;

interface Evaluation {
  blinded: Blinded[];
  reply: Reply;
}

/** Steps 4 and 5. Waits and asks again, with fresh blinds, while the server is over quota for a short time. */
async function evaluate(release: Release, inputs: string[], tools: Tools): Promise<Evaluation> {
  for (let waits = 0; ; waits += 1) {
    const made = await evaluateWithProof(release, inputs, tools);
    const seconds = isOverQuota(made.reply) ? retryAfter(made.reply.headers) : undefined;
    if (seconds === undefined || seconds > MAX_WAIT_SECONDS || waits === MAX_WAITS) return made;
    // A random part, so that not all who were refused come back at once.
    for (let left = seconds + pickRandom([0, 1, 2]); left > 0 && !tools.transport.stopped; left -= 1) {
      tools.onStep("waiting", left);
      await tools.sleep(1000);
    }
    if (tools.transport.stopped) return made;
  }
}

/**
 * Asks for one evaluation. If the server asks for a proof of work, sends a second request with it. The inputs are blinded again
 * for that request, so that no blinded element is sent twice.
 */
async function evaluateWithProof(release: Release, inputs: string[], tools: Tools): Promise<Evaluation> {
  const first = await evaluateOnce(release, inputs, {}, tools);
  const challenge = release.manifest.channel === "public" ? challengeIn(first.reply) : null;
  if (challenge === null || challenge.elements < inputs.length) return first;
  return evaluateOnce(release, inputs, { "pilookup-proof": await solveChallenge(challenge, tools) }, tools);
}

function solveChallenge(challenge: Challenge, { clock, onStep, transport }: Tools): Promise<string> {
  onStep("working", 0);
  return solve(challenge, {
    ticks: () => clock.ticks(),
    progress: (share) => onStep("working", share),
    stopped: () => transport.stopped,
  });
}

async function evaluateOnce(
  release: Release,
  inputs: string[],
  extraHeaders: Record<string, string>,
  { urls, transport, onStep }: Tools,
): Promise<Evaluation> {
  onStep("blinding");
  const blinded = inputs.map((input) => takePreparedCanary(release, input) ?? blind(utf8(input)));
  onStep("asking");
  const reply = await transport.send({
    what: "evaluate",
    url: `${urls.evaluate}evaluate?epoch=${release.manifest.epoch}`,
    body: concat(...blinded.map(({ bytes }) => bytes)),
    headers: { "content-type": "application/octet-stream", ...extraHeaders },
    limit: replyBytes(inputs),
  });
  return { blinded, reply };
}

/** The blinded canary, if `input` is the canary blinded in advance. Given out once, since no blind is used twice. */
function takePreparedCanary(release: Release, input: string): Blinded | null {
  const { canary } = release;
  if (canary?.name !== input) return null;
  release.canary = null;
  return canary.blinded;
}

/** Steps 9 and 10: for each index the verified slots, or the Failure of that bucket. */
async function fetchBuckets(
  manifest: Manifest,
  indices: number[],
  tools: Tools,
): Promise<Map<number, Uint8Array | Failure>> {
  const distinct = [...new Set(indices)].sort((a, b) => a - b);
  const bodies = await Promise.all(distinct.map((index) => fetchBucket(manifest, index, tools).catch(asFailure)));
  const retired = bodies.find((one) => one instanceof Failure && one.reason === "retired");
  if (retired) throw retired;
  return new Map(distinct.map((index, i) => [index, bodies[i]!]));
}

async function fetchBucket(manifest: Manifest, index: number, { urls, transport }: Tools): Promise<Uint8Array> {
  const { geometry, root, serial } = manifest;
  const url = `${urls.buckets}snapshots/${serial}/buckets/${index}`;
  const reply = await transport.send({ what: "bucket", url, limit: bucketBytes(geometry), tooLong: "bad_bucket" });
  return verifyBucket(successBody(reply), index, geometry, root);
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Steps 12 to 14: the answer for a label, or for no label. */
function answerFromLabel(label: Label | null, manifest: Manifest, details: Details): Answer {
  const as_of = manifest.created;
  if (label === null) return { status: "not_found", as_of };
  if (label.canary) throw new Failure("bad_snapshot", "the label of a number has the canary flag");
  const { exposed, malicious, accounts, more } = label;
  const last_seen = monthText(label.month, manifest.profile);
  return { status: "found", exposed, malicious, accounts, last_seen, cases: casesOf(label, manifest, details), more, as_of };
}

function casesOf(label: Label, { cases }: Manifest, details: Details): Case[] {
  return label.cases.map((id) => {
    const one = cases.get(id);
    if (one === undefined) throw new Failure("bad_snapshot", "the label names a case that is not in the catalogue");
    const found = details.get(id);
    return found ? { ...one, details: found } : one;
  });
}

/** What cases.json says, by the case's id. Empty if there is no such file, or if it is not as it must be. */
type Details = Map<number, CaseDetails>;

/** A larger cases.json is not fetched: it would keep the answer waiting on a slow line. In bytes. */
const MAX_DETAILS = 64 * 1024;

function detailsOf(release: Release, tools: Pick<Tools, "urls" | "transport">): Promise<Details> {
  return (release.details = release.details ?? fetchDetails(release.manifest, tools)).catch(() => {
    // It changes no answer. The next check tries again.
    release.details = null;
    return new Map();
  });
}

async function fetchDetails({ details, epoch }: Manifest, tools: Pick<Tools, "urls" | "transport">): Promise<Details> {
  if (details === null || details.size > MAX_DETAILS) return new Map();
  const data = await fileFetcher(tools)(`targets/epochs/${epoch}/${details.sha256}.cases.json`, details.size);
  const isGenuine = data !== null && data.length === details.size && hex(sha256(data)) === details.sha256;
  return isGenuine ? parseDetails(data) : new Map();
}

/**
 * Request combined.json at once, so that it is on its way while the pinned root is verified.
 *
 * @returns a function that fetches metadata and targets, and takes combined.json from that request
 */
export function fetchEarly(tools: Pick<Tools, "urls" | "transport">): FetchFile {
  const fetchFile = fileFetcher(tools);
  const early = fetchFile(COMBINED, MAX_METADATA_BYTES);
  early.catch(() => undefined); // reported where it is awaited
  return (path, limit, tooLong) => (path === COMBINED ? early : fetchFile(path, limit, tooLong));
}

/** Returns the function that fetches metadata and targets, by their path below the channel's URL. */
function fileFetcher({ urls, transport }: Pick<Tools, "urls" | "transport">): FetchFile {
  return async (path, limit, tooLong) => {
    const reply = await transport.send({ what: "metadata", url: urls.buckets + path, limit, tooLong });
    return reply.status === 404 ? null : successBody(reply);
  };
}
