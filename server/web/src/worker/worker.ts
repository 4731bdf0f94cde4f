// The page's worker. Receives settings and numbers, sends steps and answers, and keeps only the verified release.

import "./polyfills.ts";
import "../protocol/noble.ts";
import { loadForeign } from "../identifier/load_foreign.ts";
import { check, fetchEarly, prepare, type ChannelUrls } from "../protocol/check.ts";
import { utf8 } from "../protocol/bytes.ts";
import { Failure } from "../protocol/failure.ts";
import { Transport, type Fetch } from "../protocol/transport.ts";
import { Trust, type Clock, type FetchFile } from "../protocol/trust.ts";
import type { Answer, Case, PageMessage, Settings, Step, WorkerMessage } from "./messages.ts";
import { channelUrls } from "./channel_urls.ts";

declare const self: {
  location: { origin: string; href: string };
  fetch: Fetch;
  postMessage(message: WorkerMessage): void;
  onmessage: ((event: { data: PageMessage }) => void) | null;
};

const clock: Clock = { now: () => Date.now(), ticks: () => performance.now() };
const sleep = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
const send: Fetch = (url, options) => self.fetch(url, options);

interface Configured {
  urls: ChannelUrls;
  trust: Trust;
  /** Fetches for the preparation. */
  fetchFile: FetchFile;
}

let configured: Configured | Answer = { status: "unknown", reason: "not_configured" };
/** Ends when the last task in the queue has ended. Checks run one after the other. */
let queue: Promise<void> = Promise.resolve();
/** Fetches in advance. Null while there are no settings. */
let preparation: Transport | null = null;
let isPrepared = false;
const transports = new Map<number, Transport>();

/** A check waits for the preparation no longer than this, in milliseconds. */
const PREPARATION_LIMIT = 3000;

self.onmessage = ({ data }) => {
  if (data.kind === "settings") configure(data.settings);
  else if (data.kind === "stop") stop(data.id);
  else enqueue(data.id, data.text);
};

function configure(settings: Settings): void {
  // Sent first, because verifying the pinned root takes a while. Checks that arrive in the meantime wait.
  self.postMessage({ kind: "ready" });
  const transport = (preparation = new Transport(send));
  configured = readSettings(settings, transport);
  if ("status" in configured) return transport.abort();
  // An error here is ignored: it occurs again in the check, which reports it.
  const prepared = (cases: Case[]): void => {
    isPrepared = true;
    self.postMessage({ kind: "prepared", cases });
  };
  queue = prepare({ ...configured, transport }, configured.fetchFile).then(prepared, () => undefined);
}

/** Stop a check, and the details of the cases that it may be waiting for. The next check fetches those again. */
function stop(id: number): void {
  transports.get(id)?.abort();
  if (isPrepared) preparation?.abort();
}

/** Read the settings and verify the pinned root. The release is requested before, since the verification takes a while. */
function readSettings(settings: Settings, transport: Transport): Configured | Answer {
  try {
    const urls = channelUrls(settings, self.location.origin);
    const fetchFile = fetchEarly({ urls, transport });
    return { urls, fetchFile, trust: new Trust(utf8(settings.root), settings.channel, clock) };
  } catch (error) {
    const forged = error instanceof Failure && error.reason === "bad_signature";
    return { status: "unknown", reason: forged ? "bad_signature" : "not_configured" };
  }
}

function enqueue(id: number, text: string): void {
  // A check waits for a preparation that is nearly done, because to fetch the same files again would take longer.
  if (!isPrepared) setTimeout(() => isPrepared || preparation?.abort(), PREPARATION_LIMIT);
  const transport = new Transport(send);
  transports.set(id, transport);
  // Whatever goes wrong, the next check must still run.
  queue = queue.then(() => run(id, text, transport)).catch(() => {
    transports.delete(id);
    const { sent } = transport;
    self.postMessage({ kind: "answer", id, answer: { status: "unknown", reason: "bad_response" }, last4: "", sent });
  });
}

async function run(id: number, text: string, transport: Transport): Promise<void> {
  const answered = transport.stopped ? null : await answer(id, text, transport);
  // Clear the number from `RegExp.$_`, where the engine keeps the text that a regular expression matched last.
  /^/.test("");
  transports.delete(id);
  if (answered !== null && !transport.stopped) self.postMessage(answered);
}

async function answer(id: number, text: string, transport: Transport): Promise<WorkerMessage> {
  const { sent } = transport;
  if ("status" in configured) return { kind: "answer", id, answer: configured, last4: "", sent };
  const onStep = (step: Step, share?: number): void => {
    if (!transport.stopped) self.postMessage({ kind: "step", id, step, ...(share === undefined ? {} : { share }) });
  };
  const found = await check(text, {
    ...configured, transport, clock, sleep, library: () => loadForeign(transport), onStep,
  });
  return { kind: "answer", id, ...found, sent };
}
