// The client of the page as a package for Node 20 and later: a platform's signup checks a number with it.

import { canonicalise, type Foreign } from "../identifier/canonicalise.ts";
import "../identifier/foreign.ts";
import { check, type ChannelUrls } from "../protocol/check.ts";
import { Transport, type Fetch } from "../protocol/transport.ts";
import type { Clock } from "../protocol/trust.ts";
import { channelUrls } from "../worker/channel_urls.ts";
import type { Answer, Options } from "./public.d.ts";
import { SharedTrust } from "./shared_trust.ts";

/** A 429 has it where the quota of an epoch is used up (SPEC 8.4). The page, whose channel has no such quota, needs none. */
const QUOTA_HEADER = "pilookup-quota-warning";

declare const globalThis: { pilookupForeign: Foreign };

const PURPOSE_HEADER = "pilookup-purpose";
const PURPOSES = ["signup", "screening"];

const clock: Clock = { now: () => Date.now(), ticks: () => performance.now() };

/** See `public.d.ts`. */
export class PilookupClient {
  private readonly urls: ChannelUrls;
  private readonly trust: SharedTrust;
  private readonly timeout: number;
  private readonly fetch: Fetch;

  constructor({ url, trust, channel = "platform", token, timeout = 10_000, sandbox = false, purpose }: Options) {
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) throw new Error("token: not a bearer token");
    if (purpose !== undefined && !PURPOSES.includes(purpose)) throw new Error("purpose: not signup or screening");
    if (!(timeout > 0)) throw new Error("timeout: must be above 0");
    this.urls = channelUrls({ server: url, buckets: "", channel, root: "" }, url);
    this.trust = new SharedTrust(trust, channel, clock, sandbox);
    this.timeout = timeout;
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // Evaluations are the only POST.
    const charged = (options: RequestInit): Record<string, string> =>
      purpose !== undefined && options.method === "POST" ? { [PURPOSE_HEADER]: purpose } : {};
    this.fetch = (target, options) => {
      const own = options.headers as Record<string, string>;
      return fetch(target, { ...options, headers: { ...own, ...authorization, ...charged(options) } });
    };
  }

  async check(text: string): Promise<Answer> {
    let exceeded = false;
    const noting: Fetch = async (target, options) => {
      const response = await this.fetch(target, options);
      exceeded ||= response.status === 429 && response.headers.has(QUOTA_HEADER);
      return response;
    };
    const transport = new Transport(noting, this.timeout);
    let wake = (): void => undefined;
    const timer = setTimeout(() => {
      transport.abort();
      wake();
    }, this.timeout);
    const sleep = (milliseconds: number): Promise<void> =>
      new Promise((done) => {
        wake = done;
        setTimeout(done, milliseconds);
      });
    try {
      const { urls, trust } = this;
      const library = (): Foreign => globalThis.pilookupForeign;
      const tools = { urls, trust, transport, clock, sleep, library, onStep: () => undefined };
      const { answer } = await check(text, tools);
      if (answer.status !== "unknown" || answer.reason !== "rate_limited" || !exceeded) return answer;
      return { ...answer, reason: "quota_exceeded" };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** See `public.d.ts`. */
export function canonicalNumber(text: string, region = "CN"): string | null {
  const outcome = canonicalise(text, region, () => globalThis.pilookupForeign);
  return "text" in outcome ? outcome.text : null;
}
