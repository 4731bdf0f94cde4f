/** Whether this browser has what the worker needs. Asked before anything newer than ES2015 is touched. */
export function isSupported(): boolean {
  return (
    typeof BigInt === "function" &&
    typeof Worker === "function" &&
    typeof fetch === "function" &&
    typeof TextEncoder === "function" &&
    typeof AbortController === "function" &&
    typeof crypto === "object" &&
    typeof crypto.getRandomValues === "function"
  );
}
