import type { ChannelUrls } from "../protocol/check.ts";
import { CHANNEL } from "../protocol/manifest.ts";
import type { Settings } from "./messages.ts";

const ORIGIN = /^(?:https:\/\/[^/?#@\s]+|http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?)(?:\/[^?#\s]*)?$/;

/**
 * The URLs of a channel (SPEC.md section 8.1).
 *
 * @param settings the settings of the page
 * @param ownOrigin the worker's origin. Must have TLS even if the server is elsewhere: without TLS, anybody on the
 *   network could have changed the page's script
 * @throws Error when a URL or the channel's name is not allowed
 */
export function channelUrls({ server, buckets, channel }: Settings, ownOrigin: string): ChannelUrls {
  if (!CHANNEL.test(channel)) throw new Error("channel");
  const here = secureUrl(ownOrigin);
  const evaluator = server === "" ? here : secureUrl(server);
  const bucketHost = buckets === "" ? evaluator : secureUrl(buckets);
  const path = `/v1/channels/${channel}/`;
  return { evaluate: evaluator + path, buckets: bucketHost + path };
}

/** The URL without a final slash. Throws unless it has TLS or names this device. */
function secureUrl(url: string): string {
  if (!ORIGIN.test(url)) throw new Error("not an https URL");
  return url.replace(/\/+$/, "");
}
