// The client of the page as a package for Node 20 and later: a platform's signup checks a number with it.

import { canonicalise, type Foreign } from "../identifier/canonicalise.ts";
import "../identifier/foreign.ts";
import { check, type ChannelUrls } from "../protocol/check.ts";
import { Transport, type Fetch } from "../protocol/transport.ts";
import type { Clock } from "../protocol/trust.ts";
import { channelUrls } from "../worker/channel_urls.ts";
import type { Answer, Options } from "./public.d.ts";
import { SharedTrust } from "./shared_trust.ts";

declare const globalThis: { pilookupForeign: Foreign };

const clock: Clock = { now: () => Date.now(), ticks: () => performance.now() };

/** See `public.d.ts`. */
export class PilookupClient {
  private readonly urls: ChannelUrls;
  private readonly trust: SharedTrust;
  private readonly timeout: number;
  private readonly fetch: Fetch;

  constructor({ url, trust, channel = "platform", token, timeout = 10_000, sandbox = false }: Options) {
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) throw new Error("token: not a bearer token");
    if (!(timeout > 0)) throw new Error("timeout: must be above 0");
    this.urls = channelUrls({ server: url, buckets: "", channel, root: "" }, url);
    this.trust = new SharedTrust(trust, channel, clock, sandbox);
    this.timeout = timeout;
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.fetch = (target, options) =>
      fetch(target, { ...options, headers: { ...(options.headers as Record<string, string>), ...authorization } });
  }

  async check(text: string): Promise<Answer> {
    const transport = new Transport(this.fetch, this.timeout);
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
      return (await check(text, tools)).answer;
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
