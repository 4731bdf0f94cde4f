// Loads the scripts that most people do not need: English, and the village hall. Never depends on a number or an answer.

/** The time limit for a script, in milliseconds. */
const TIME_LIMIT = 10_000;

/**
 * Load a script from the page's own folder and run it.
 *
 * @param name the name of the file
 * @throws when the script does not arrive in time
 */
export function loadScript(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const end = (then: () => void): void => {
      clearTimeout(timer);
      script.remove();
      then();
    };
    const failed = (): void => end(() => reject(new Error(`${name} did not load`)));
    const timer = setTimeout(failed, TIME_LIMIT);
    script.onload = (): void => end(resolve);
    script.onerror = failed;
    script.src = name;
    document.head.appendChild(script);
  });
}
