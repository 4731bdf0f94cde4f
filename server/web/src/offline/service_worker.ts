// The service worker: it has one page to show when there is no network, and keeps nothing else. Answers, configuration
// and all that is asked of the server pass by it untouched.

const CACHE = "offline-1";
const OFFLINE_FILES = ["offline.html", "page.css"];

// The DOM and the worker types cannot both name `self`.
const worker = self as unknown as ServiceWorkerGlobalScope;
const offlineUrls = OFFLINE_FILES.map((name) => new URL(name, worker.location.href).href);

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(offlineUrls)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
  const old = (names: string[]): string[] => names.filter((name) => name !== CACHE);
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

/** The network's answer, and what was kept where there is no network. */
function fetchOrCached(request: Request, url: string): Promise<Response> {
  return fetch(request).catch(() =>
    caches.open(CACHE).then((cache) => cache.match(url)).then((response) => response ?? Response.error()),
  );
}
