// The page's entry. It runs before the document stands, so that an old browser is told so before the first paint.

import { isSupported } from "./browser.ts";
import { startApp } from "./app.ts";

if (isSupported()) {
  // Hides the notice for old browsers, until it is known that all is well (or not).
  document.documentElement.className = "starting";
  document.addEventListener("DOMContentLoaded", () => {
    try {
      startApp();
    } finally {
      document.documentElement.className = "";
    }
  });
}
