// Wipes the page when its user leaves it, so that whoever uses the phone next does not see the answer.

/** The page is wiped after it was hidden for this long, in milliseconds. */
const HIDDEN_LIMIT = 120_000;

/**
 * Wipe the page when it has been hidden for two minutes, and when it is left. Timers may be suspended while a page is
 * hidden, so the time is checked again when the page becomes visible.
 *
 * @param wipe wipes the page
 * @param returned called when the page becomes visible again
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
  // The browser may keep a page that was left in the back/forward cache. It must be wiped before that.
  window.addEventListener("pagehide", wipe);
}
