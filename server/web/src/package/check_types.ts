// Compiles only while the package's code has the types that `public.d.ts` declares.

import * as code from "./client.ts";
import type * as declared from "./public.d.ts";

export const hasDeclaredTypes: typeof declared = code;
