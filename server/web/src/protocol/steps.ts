/** How far a check has come, in the order of SPEC.md section 11. `working` is the proof of work, if one is asked for. */
export type Step = "reading" | "trust" | "blinding" | "asking" | "working" | "bucket" | "opening";
