// The script en.js: the English texts. Loaded for browsers that ask for English, and when the language is switched.

import { en } from "./en.ts";
import type { Words } from "./words.ts";

(self as unknown as { pilookupEnglish: Words }).pilookupEnglish = en;
