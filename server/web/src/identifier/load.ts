import { Failure } from "../protocol/failure.ts";
import type { Foreign } from "./canonicalise.ts";

declare const self: { pilookupForeign?: Foreign; importScripts(url: string): void };

/** The script for foreign numbers, fetched once from beside the worker; Failure `unreachable`. */
export function loadForeign(): Foreign {
  if (self.pilookupForeign === undefined) {
    try {
      self.importScripts("foreign.js");
    } catch {
      throw new Failure("unreachable", "foreign.js");
    }
  }
  if (self.pilookupForeign === undefined) throw new Failure("unreachable", "foreign.js");
  return self.pilookupForeign;
}
