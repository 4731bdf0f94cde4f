import type { ChannelUrls } from "../protocol/check.ts";
import { CHANNEL } from "../protocol/manifest.ts";
import type { Settings } from "./messages.ts";

const ORIGIN = /^(?:https:\/\/[^/?#@\s]+|http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?)(?:\/[^?#\s]*)?$/;

/**
 * The URLs of a channel (SPEC.md section 8.1). `ownOrigin` is the worker's own origin; where it lacks TLS the page's script may be
 * anybody's, so nothing is checked, wherever the server is. Throws for settings that are none.
 */
export function channelUrls({ server, buckets, channel }: Settings, ownOrigin: string): ChannelUrls {
  if (!CHANNEL.test(channel)) throw new Error("channel");
  const here = secureUrl(ownOrigin);
  const evaluator = server === "" ? here : secureUrl(server);
  const bucketHost = buckets === "" ? evaluator : secureUrl(buckets);
  const path = `/v1/channels/${channel}/`;
  return { evaluate: evaluator + path, buckets: bucketHost + path };
}

/** TLS, but on this device itself. */
function secureUrl(url: string): string {
  if (!ORIGIN.test(url)) throw new Error("not an https URL");
  return url.replace(/\/+$/, "");
}
