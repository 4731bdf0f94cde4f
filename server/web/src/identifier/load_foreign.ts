import { Failure } from "../protocol/failure.ts";
import type { Transport } from "../protocol/transport.ts";
import type { Foreign } from "./canonicalise.ts";

declare const self: { location: { href: string }; pilookupForeign?: Foreign; importScripts(url: string): void };

/**
 * Load foreign.js from the folder of the worker's script, once. The server that sends it learns that somebody checks a
 * foreign number, so the request is listed with the others that were sent.
 *
 * @throws Failure `unreachable` when the script cannot be loaded
 */
export function loadForeign(transport: Transport): Foreign {
  if (self.pilookupForeign === undefined) {
    const sentRequest = transport.addSent({
      what: "library",
      url: self.location.href.replace(/[^/]*$/, "foreign.js"),
    });
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
