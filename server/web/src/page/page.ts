// The entry of page.js. Runs before the document is parsed, so that the notice for old browsers, if it is needed, is
// shown with the first paint.

import { isSupported } from "./browser.ts";
import { startApp } from "./app.ts";

if (isSupported()) {
  // Hide the notice for old browsers until the page has started or failed to start.
  document.documentElement.className = "starting";
  document.addEventListener("DOMContentLoaded", () => {
    const show = (): void => {
      document.documentElement.className = "";
    };
    startApp().then(show, (error: unknown) => {
      show();
      throw error;
    });
  });
}
