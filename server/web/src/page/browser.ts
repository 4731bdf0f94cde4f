/** Whether this browser has what the worker needs. Asked before anything newer than ES2015 is touched. */
export function isSupported(): boolean {
  return (
    typeof BigInt === "function" &&
    typeof Worker === "function" &&
    typeof fetch === "function" &&
    typeof TextEncoder === "function" &&
    typeof AbortController === "function" &&
    typeof crypto === "object" &&
    typeof crypto.getRandomValues === "function" &&
    hasUnicodeProperties()
  );
}

/** The worker's regular expressions name Unicode properties; Firefox has BigInt for longer than these. */
function hasUnicodeProperties(): boolean {
  try {
    return new RegExp("\\p{Nd}", "u").test("1");
  } catch {
    return false;
  }
}
