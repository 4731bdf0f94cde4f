// The page's worker: settings and numbers come in, steps and answers go out. It keeps nothing but the release.

import "./polyfills.ts";
import "../protocol/noble.ts";
import { loadForeign } from "../identifier/load.ts";
import { check, prepare, type Places } from "../protocol/check.ts";
import { utf8 } from "../protocol/bytes.ts";
import { Failure } from "../protocol/failure.ts";
import { Transport, type Fetch } from "../protocol/transport.ts";
import { Trust, type Clock } from "../protocol/trust.ts";
import type { Answer, Ask, Settings, Step, Tell } from "./messages.ts";
import { placesOf } from "./places.ts";

declare const self: {
  location: { origin: string; href: string };
  fetch: Fetch;
  postMessage(message: Tell): void;
  onmessage: ((event: { data: Ask }) => void) | null;
};

const clock: Clock = { now: () => Date.now(), ticks: () => performance.now() };
const send: Fetch = (url, options) => self.fetch(url, options);

interface Ready {
  places: Places;
  trust: Trust;
}

let ready: Ready | Answer = { status: "unknown", reason: "not_configured" };
/** What runs now; a check waits for the one before it. */
let running: Promise<void> = Promise.resolve();
let preparing: Transport | null = null;
const transports = new Map<number, Transport>();

self.onmessage = ({ data }) => {
  if (data.kind === "settings") configure(data.settings);
  else if (data.kind === "stop") transports.get(data.id)?.abort();
  else enqueue(data.id, data.text);
};

function configure(settings: Settings): void {
  // Told first: to verify the pinned root takes a while, and what is asked meanwhile waits here.
  self.postMessage({ kind: "ready" });
  ready = understand(settings);
  if ("status" in ready) return;
  const transport = (preparing = new Transport(send));
  // What fails here will fail again, and be told, in the check.
  running = prepare({ ...ready, transport }).catch(() => undefined);
}

function understand(settings: Settings): Ready | Answer {
  try {
    const places = placesOf(settings, self.location.origin);
    return { places, trust: new Trust(utf8(settings.root), settings.channel, clock) };
  } catch (error) {
    const forged = error instanceof Failure && error.reason === "bad_signature";
    return { status: "unknown", reason: forged ? "bad_signature" : "not_configured" };
  }
}

function enqueue(id: number, text: string): void {
  // Whoever waits goes before the preparation, which would end no sooner.
  preparing?.abort();
  preparing = null;
  const transport = new Transport(send);
  transports.set(id, transport);
  // Whatever breaks, the next check must still have its turn.
  running = running.then(() => run(id, text, transport)).catch(() => {
    transports.delete(id);
    const { sent } = transport;
    self.postMessage({ kind: "answer", id, answer: { status: "unknown", reason: "bad_response" }, last4: "", sent });
  });
}

async function run(id: number, text: string, transport: Transport): Promise<void> {
  const told = transport.stopped ? null : await answer(id, text, transport);
  // The engine remembers the text that a regular expression matched last (`RegExp.$_`): the number, until now.
  /^/.test("");
  transports.delete(id);
  if (told !== null && !transport.stopped) self.postMessage(told);
}

async function answer(id: number, text: string, transport: Transport): Promise<Tell> {
  const { sent } = transport;
  if ("status" in ready) return { kind: "answer", id, answer: ready, last4: "", sent };
  const tell = (step: Step, share?: number): void => {
    if (!transport.stopped) self.postMessage({ kind: "step", id, step, ...(share === undefined ? {} : { share }) });
  };
  const found = await check(text, { ...ready, transport, clock, library: () => loadForeign(transport), tell });
  return { kind: "answer", id, ...found, sent };
}
