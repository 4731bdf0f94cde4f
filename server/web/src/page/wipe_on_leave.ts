// Whoever picks the phone up later must not find the answer on it.

/** So long may the page be hidden before it is wiped, in milliseconds. */
const HIDDEN_LIMIT = 120_000;

/**
 * Call `wipe` once the page has been hidden for two minutes, and when it is left. Timers sleep while a page is
 * hidden, so the clock is read again when it comes back.
 */
export function wipeOnLeave(wipe: () => void, returned: () => void): void {
  let hiddenSince = 0;
  let timer = 0;
  const isOverdue = (): boolean => hiddenSince > 0 && Math.abs(Date.now() - hiddenSince) >= HIDDEN_LIMIT;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) {
      hiddenSince = Date.now();
      timer = window.setTimeout(wipe, HIDDEN_LIMIT);
      return;
    }
    if (isOverdue()) wipe();
    hiddenSince = 0;
    returned();
  });
  // Before the page goes into the back/forward cache, where its memory would outlive the visit.
  window.addEventListener("pagehide", wipe);
}
