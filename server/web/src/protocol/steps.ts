/**
 * The steps of a check, in the order of SPEC.md section 11. `working` is the proof of work, if there is one. `waiting` is
 * the wait before asking a server again that is over quota.
 */
export type Step = "reading" | "trust" | "blinding" | "asking" | "working" | "waiting" | "bucket" | "opening";
