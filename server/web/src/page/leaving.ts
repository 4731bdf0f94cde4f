// Whoever picks the phone up later must not find the answer on it.

/** So long may the page be hidden before it is wiped, in milliseconds. */
const HIDDEN_LIMIT = 120_000;

/**
 * Call `wipe` once the page has been hidden for two minutes, and when it is left. Timers sleep while a page is
 * hidden, so the clock is read again when it comes back.
 */
export function watchLeaving(wipe: () => void, back: () => void): void {
  let since = 0;
  let timer = 0;
  const isLate = (): boolean => since > 0 && Math.abs(Date.now() - since) >= HIDDEN_LIMIT;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) {
      since = Date.now();
      timer = window.setTimeout(wipe, HIDDEN_LIMIT);
      return;
    }
    if (isLate()) wipe();
    since = 0;
    back();
  });
  // Before the page goes into the back/forward cache, where its memory would outlive the visit.
  window.addEventListener("pagehide", wipe);
}
