// Sends requests, limits their time and size, and maps HTTP statuses to reasons (SPEC.md section 8).

import { concat } from "./bytes.ts";
import { Failure, type FailureReason } from "./failure.ts";

/** A request that left the device. */
export interface Sent {
  what: "metadata" | "evaluate" | "bucket" | "library";
  method: string;
  url: string;
  /** The headers that this code sets. The browser adds its own to every request. */
  headers: Record<string, string>;
  body: Uint8Array | null;
  /** The HTTP status of the reply, 0 if there was none. */
  status: number;
}

export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

export interface Request {
  what: Sent["what"];
  url: string;
  body?: Uint8Array;
  headers?: Record<string, string>;
  /** The maximum size of the body of a reply with status 200, in bytes. */
  limit: number;
  /** The reason of a longer one. `bad_response` if not given. */
  tooLong?: FailureReason | undefined;
}

export interface Reply {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** The time limit for one request, including its body, in milliseconds. */
export const TIME_LIMIT = 20_000;

/** The maximum size of a problem document (RFC 9457), in bytes. */
const PROBLEM_BYTES = 64 * 1024;

const REASONS: Record<number, FailureReason> = {
  401: "unauthorized",
  403: "unauthorized",
  410: "retired",
  429: "rate_limited",
};

/** Sends requests with `fetch` and records what it sent. */
export class Transport {
  readonly sent: Sent[] = [];
  private readonly stop = new AbortController();

  constructor(
    private readonly fetch: Fetch,
    private readonly timeLimit = TIME_LIMIT,
  ) {}

  /** Abort the current request. It and all later requests fail. */
  abort(): void {
    this.stop.abort();
  }

  get stopped(): boolean {
    return this.stop.signal.aborted;
  }

  /**
   * Send a request.
   *
   * @returns the reply, with any status
   * @throws Failure `unreachable`, `timeout`, or `tooLong` when the reply is larger than `limit`
   */
  async send(request: Request): Promise<Reply> {
    const sentRequest = this.addSent(request);
    const controller = new AbortController();
    const forward = (): void => controller.abort();
    this.stop.signal.addEventListener("abort", forward);
    if (this.stopped) controller.abort();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      controller.abort();
    }, this.timeLimit);
    try {
      return await this.reply(request, sentRequest, controller.signal);
    } catch (error) {
      // Do not fetch the rest of a reply that is too long.
      controller.abort();
      if (error instanceof Failure) throw error;
      throw new Failure(timedOut ? "timeout" : "unreachable");
    } finally {
      clearTimeout(timer);
      this.stop.signal.removeEventListener("abort", forward);
    }
  }

  /** Add a request to the list of what was sent. */
  addSent({ what, url, headers, body }: Omit<Request, "limit">): Sent {
    const method = body ? "POST" : "GET";
    const sentRequest: Sent = { what, method, url, headers: headers ?? {}, body: body ?? null, status: 0 };
    this.sent.push(sentRequest);
    return sentRequest;
  }

  private async reply(request: Request, sentRequest: Sent, signal: AbortSignal): Promise<Reply> {
    const response = await this.fetch(request.url, {
      method: sentRequest.method,
      body: (request.body as BodyInit | undefined) ?? null,
      headers: sentRequest.headers,
      signal,
      // Other people may use this phone too, so nothing is left on it: no cookie, and no bucket in the browser's cache.
      cache: "no-store",
      credentials: "omit",
      // Not followed: the reply has a status of 3xx, or 0 where the browser hides it.
      redirect: "manual",
      referrerPolicy: "no-referrer",
    });
    sentRequest.status = response.status;
    const { status, headers } = response;
    const good = status === 200;
    const limit = good ? request.limit : PROBLEM_BYTES;
    const tooLong = good ? new Failure(request.tooLong ?? "bad_response", "too long") : failureOf(status, headers);
    if (Number(headers.get("content-length")) > limit) throw tooLong;
    return { status, headers, body: await readBody(response, limit, tooLong) };
  }
}

/** Read the body of a response. Stops after `limit` bytes if the browser has streams, and throws `tooLong` then. */
async function readBody(response: Response, limit: number, tooLong: Failure): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const append = (chunk: Uint8Array): void => {
    if ((size += chunk.length) > limit) throw tooLong;
    chunks.push(chunk);
  };
  if (!reader) append(new Uint8Array(await response.arrayBuffer()));
  else for (let next = await reader.read(); !next.done; next = await reader.read()) append(next.value);
  return concat(...chunks);
}

/** The body of a reply with status 200. Throws a Failure for any other status. */
export function successBody(reply: Reply): Uint8Array {
  if (reply.status === 200) return reply.body;
  throw failureOf(reply.status, reply.headers);
}

function failureOf(status: number, headers: Headers): Failure {
  const reason = REASONS[status] ?? (status >= 500 ? "server_error" : "bad_response");
  const wait = reason === "rate_limited" ? retryAfter(headers) : undefined;
  return new Failure(reason, `status ${status}`, wait);
}

/** The seconds in the header `Retry-After`; undefined for a date, or if there is none. */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}
