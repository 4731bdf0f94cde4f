// The modules of the page that the tests use. Bundled by built_modules.mjs.

export * as bucket from "../src/protocol/bucket.ts";
export * as bytes from "../src/protocol/bytes.ts";
export * as caseDetails from "../src/protocol/case_details.ts";
export * as check from "../src/protocol/check.ts";
export * as failure from "../src/protocol/failure.ts";
export * as identifier from "../src/identifier/canonicalise.ts";
export * as label from "../src/protocol/label.ts";
export * as manifest from "../src/protocol/manifest.ts";
export * as metadata from "../src/protocol/metadata.ts";
export * as oprf from "../src/protocol/oprf.ts";
export * as channelUrls from "../src/worker/channel_urls.ts";
export * as reason from "../src/identifier/reason.ts";
export * as token from "../src/protocol/token.ts";
export * as transport from "../src/protocol/transport.ts";
export * as trust from "../src/protocol/trust.ts";
export * as proofOfWork from "../src/protocol/proof_of_work.ts";
