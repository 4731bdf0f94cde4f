// Fetches a recording, or takes it from the cache of the browser, in which the last one that was played is kept.

import { SOUND_CACHE } from "../offline/sound_cache.ts";

/** The time limit for a recording, in milliseconds: 600 kB at 80 kbit/s. */
const TIME_LIMIT = 60_000;

/** The files fetched from the network that are not kept yet. */
const fresh: Record<string, ArrayBuffer> = {};

/**
 * Fetch a file of the page, whole.
 *
 * @param file its path below the page
 * @param read parses it; a kept file that it refuses is fetched again
 * @throws when the file does not arrive in time, or `read` refuses it
 */
export function fetchKept<T>(file: string, read: (data: ArrayBuffer) => T): Promise<T> {
  return openCache()
    .then((cache) => cache && cache.match(file))
    .then((kept) => {
      if (!kept) throw new Error("not kept");
      return kept.arrayBuffer().then(read);
    })
    .catch(() => fetchWhole(file).then(read));
}

/** Keep a file that was played, in place of the former one. */
export function keep(file: string): void {
  const data = fresh[file];
  if (!data) return;
  delete fresh[file];
  openCache()
    .then((cache) => {
      if (!cache) return undefined;
      return cache
        .keys()
        .then((old) => Promise.all(old.map((request) => cache.delete(request))))
        .then(() => cache.put(file, new Response(data)));
    })
    // It is then fetched again the next time.
    .catch(() => console.warn("the recording was not kept"));
}

/** The cache; null where the browser has none (an old one, or a page without TLS). */
function openCache(): Promise<Cache | null> {
  return self.caches ? caches.open(SOUND_CACHE) : Promise.resolve(null);
}

function fetchWhole(file: string): Promise<ArrayBuffer> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIME_LIMIT);
  const options: RequestInit = { credentials: "omit", redirect: "error", signal: timeout.signal };
  const loaded = fetch(file, options).then((response) => {
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    return response.arrayBuffer();
  });
  const stop = (): void => clearTimeout(timer);
  loaded.then(stop, stop);
  return loaded.then((data) => {
    fresh[file] = data;
    return data;
  });
}
