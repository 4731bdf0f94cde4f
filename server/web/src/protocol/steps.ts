/** The steps of a check, in the order of SPEC.md section 11. `working` is the proof of work, if there is one. */
export type Step = "reading" | "trust" | "blinding" | "asking" | "working" | "bucket" | "opening";
