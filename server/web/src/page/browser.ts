/** Whether the browser has everything that the worker needs. Must run before any code that needs more than ES2015. */
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

/** The worker's regular expressions use Unicode properties. Some versions of Firefox have BigInt but lack these. */
function hasUnicodeProperties(): boolean {
  try {
    return new RegExp("\\p{Nd}", "u").test("1");
  } catch {
    return false;
  }
}
