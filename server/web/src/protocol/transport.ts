// One request: what is sent, how long it may take, and what its status means (SPEC.md section 8).

import { concat } from "./bytes.ts";
import { Failure, type FailureReason } from "./failure.ts";

/** Something that left the device. */
export interface Sent {
  what: "metadata" | "evaluate" | "bucket" | "library";
  method: string;
  url: string;
  /** The headers we set; the browser adds its own to every request. */
  headers: Record<string, string>;
  body: Uint8Array | null;
  /** The HTTP status of the answer, 0 when there was none. */
  status: number;
}

export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

export interface Request {
  what: Sent["what"];
  url: string;
  body?: Uint8Array;
  headers?: Record<string, string>;
  /** The longest answer that is read, in bytes. */
  limit: number;
}

export interface Reply {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** So long may one request take, its body included. */
export const TIME_LIMIT = 20_000;

const REASONS: Record<number, FailureReason> = {
  401: "unauthorized",
  403: "unauthorized",
  410: "retired",
  429: "rate_limited",
};

/** Sends requests over `fetch`, and keeps what it sent. */
export class Transport {
  readonly sent: Sent[] = [];
  private readonly stop = new AbortController();

  constructor(
    private readonly fetch: Fetch,
    private readonly timeLimit = TIME_LIMIT,
  ) {}

  /** End the request under way; it and all later ones fail. */
  abort(): void {
    this.stop.abort();
  }

  get stopped(): boolean {
    return this.stop.signal.aborted;
  }

  /** The answer, whatever its status; Failure `unreachable`, `timeout` or `bad_response` where there is none. */
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
      // What is left of an answer that is too long is not fetched.
      controller.abort();
      if (error instanceof Failure) throw error;
      throw new Failure(timedOut ? "timeout" : "unreachable");
    } finally {
      clearTimeout(timer);
      this.stop.signal.removeEventListener("abort", forward);
    }
  }

  /** Add a request to what was sent. */
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
      // Nothing stays on a phone that others use too: no cookie, and no bucket in the browser's cache.
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
    sentRequest.status = response.status;
    if (Number(response.headers.get("content-length")) > request.limit) throw new Failure("bad_response", "too long");
    const body = await readBody(response, request.limit);
    return { status: response.status, headers: response.headers, body };
  }
}

/** An answer's body, read no further than `limit` bytes where the browser has streams; Failure `bad_response` past it. */
async function readBody(response: Response, limit: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const append = (chunk: Uint8Array): void => {
    if ((size += chunk.length) > limit) throw new Failure("bad_response", "too long");
    chunks.push(chunk);
  };
  if (!reader) append(new Uint8Array(await response.arrayBuffer()));
  else for (let next = await reader.read(); !next.done; next = await reader.read()) append(next.value);
  return concat(...chunks);
}

/** The body of an answer with status 200; any other status is a Failure. */
export function successBody(reply: Reply): Uint8Array {
  if (reply.status === 200) return reply.body;
  const reason = REASONS[reply.status] ?? (reply.status >= 500 ? "server_error" : "bad_response");
  const wait = reason === "rate_limited" ? retryAfter(reply.headers) : undefined;
  throw new Failure(reason, `status ${reply.status}`, wait);
}

function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}
