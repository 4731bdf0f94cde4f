// The service worker: caches one page to show when there is no network, and nothing else. Requests for the
// configuration and requests to the server are not intercepted. A recording that was played is kept by sound.js.

import { SOUND_CACHE } from "./sound_cache.ts";

const CACHE = "offline-1";
const OFFLINE_FILES = ["offline.html", "page.css"];

// TypeScript declares `self` as a window here, because the DOM types are loaded too.
const worker = self as unknown as ServiceWorkerGlobalScope;
const offlineUrls = OFFLINE_FILES.map((name) => new URL(name, worker.location.href).href);

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(offlineUrls)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  const old = (names: string[]): string[] => names.filter((name) => name !== CACHE && name !== SOUND_CACHE);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") event.respondWith(fetchOrCached(request, offlineUrls[0] ?? ""));
  else if (offlineUrls.indexOf(request.url) >= 0) event.respondWith(fetchOrCached(request, request.url));
});

/** The response from the network, or the cached one if there is no network. */
function fetchOrCached(request: Request, url: string): Promise<Response> {
  return fetch(request).catch(() =>
    caches.open(CACHE).then((cache) => cache.match(url)).then((response) => response ?? Response.error()),
  );
}
