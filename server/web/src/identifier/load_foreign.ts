import { Failure } from "../protocol/failure.ts";
import type { Transport } from "../protocol/transport.ts";
import type { Foreign } from "./canonicalise.ts";

declare const self: { location: { href: string }; pilookupForeign?: Foreign; importScripts(url: string): void };

/**
 * The script for foreign numbers, fetched once from beside the worker; Failure `unreachable`. Whoever serves it learns
 * that a number is a foreign one, so it is listed among what was sent.
 */
export function loadForeign(transport: Transport): Foreign {
  if (self.pilookupForeign === undefined) {
    const sentRequest = transport.addSent({ what: "library", url: self.location.href.replace(/[^/]*$/, "foreign.js") });
    try {
      self.importScripts("foreign.js");
      sentRequest.status = 200;
    } catch {
      throw new Failure("unreachable", "foreign.js");
    }
  }
  if (self.pilookupForeign === undefined) throw new Failure("unreachable", "foreign.js");
  return self.pilookupForeign;
}
