// The manifest: canonical JSON of RFC 8785 (SPEC.md section 7).

import { ristretto255 } from "@noble/curves/ed25519.js";
import { Failure, fromB64url } from "./protocol.mjs";

const MEMBERS = [
  "bucket_bits", "canaries", "channel", "created", "datasets", "entries", "epoch", "files", "format", "profile",
  "public_key", "root", "serial", "slots",
];
const CASE = ["advice", "data_classes", "id", "kind", "seized_on", "title"];
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
// The list of section 7, and not \p{...}: what those mean depends on the version of Node.
const REFUSED = new RegExp(
  `[${
    "0-1f 7f-a0 ad 600-605 61c 6dd 70f 890-891 8e2 1680 180e 2000-200f 2028-202f 205f-2064 2066-206f 3000 d800-f8ff feff " +
    "fff9-fffb 110bd 110cd 13430-1343f 1bca0-1bca3 1d173-1d17a e0001 e0020-e007f f0000-ffffd 100000-10fffd"
  }]`.replace(/[0-9a-f]+/g, "\\u{$&}").replace(/ /g, ""),
  "u",
);
const CODE = /^[a-z0-9][a-z0-9-]{0,31}$/;

const fail = (why) => {
  throw new Failure("bad_snapshot", `manifest: ${why}`);
};

// RFC 8785 sorts members by UTF-16 code units, as JavaScript compares strings, and writes numbers and strings as
// JSON.stringify does.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

function members(value, names, where) {
  const plain = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!plain || Object.keys(value).sort().join() !== names.join()) fail(`${where}: members`);
}

function whole(value, low, high, where) {
  if (!Number.isSafeInteger(value) || value < low || value > high) fail(where);
}

export function time(text, where) {
  const moment = typeof text === "string" && TIME.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(moment.getTime()) || moment.toISOString() !== text.replace("Z", ".000Z")) fail(where);
  return moment;
}

function bytes32(text, where) {
  try {
    return fromB64url(text, 32);
  } catch {
    return fail(where);
  }
}

function elementOf(text) {
  const bytes = bytes32(text, "public_key");
  try {
    if (!ristretto255.Point.fromBytes(bytes).is0()) return bytes;
  } catch {
    // not a canonical encoding
  }
  return fail("public_key");
}

function checkFiles(files) {
  members(files, Object.keys(files ?? {}).sort(), "files");
  if (!files["buckets.bin"] || !files["tree.bin"]) fail("files: buckets.bin or tree.bin is missing");
  for (const [name, ref] of Object.entries(files)) {
    if (!/^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+$/.test(name)) fail("files: name");
    members(ref, ["sha256", "size"], "files");
    if (!/^[0-9a-f]{64}$/.test(ref.sha256)) fail("files: sha256");
    whole(ref.size, 0, Number.MAX_SAFE_INTEGER, "files: size");
  }
}

function checkCase(one) {
  members(one, CASE, "datasets");
  members(one.title, ["en", "zh"], "datasets: title");
  whole(one.id, 1, 0xffff, "datasets: id");
  if (!["exposure", "malicious-registration"].includes(one.kind)) fail("datasets: kind");
  for (const text of Object.values(one.title)) {
    if (typeof text !== "string" || !text || REFUSED.test(text) || [...text].length > 200) fail("datasets: title");
  }
  for (const codes of [one.data_classes, one.advice]) {
    if (!Array.isArray(codes) || !codes.every((code) => typeof code === "string" && CODE.test(code))) fail("codes");
  }
  if (one.seized_on !== null) time(`${one.seized_on}T00:00:00Z`, "datasets: seized_on");
}

function checkDatasets(datasets) {
  if (!Array.isArray(datasets)) fail("datasets");
  datasets.forEach(checkCase);
  if (datasets.some((one, i) => i > 0 && datasets[i - 1].id >= one.id)) fail("datasets: ids do not ascend");
}

// Returns the manifest's fields, with the public key and root also as bytes; throws bad_snapshot.
export function parseManifest(data) {
  let body;
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    body = JSON.parse(text);
  } catch {
    fail("not JSON");
  }
  members(body, MEMBERS, "manifest");
  if (body.format !== 1) fail("format");
  if (!["exact", "coarse"].includes(body.profile)) fail("profile");
  if (typeof body.channel !== "string") fail("channel");
  whole(body.epoch, 1, 0xffffffff, "epoch");
  whole(body.serial, 1, Number.MAX_SAFE_INTEGER, "serial");
  whole(body.entries, 0, Number.MAX_SAFE_INTEGER, "entries");
  whole(body.bucket_bits, 0, 16, "bucket_bits");
  whole(body.slots, 64, 2 ** 20, "slots");
  time(body.created, "created");
  checkFiles(body.files);
  checkDatasets(body.datasets);
  const canaries = Array.isArray(body.canaries) ? body.canaries : [];
  if (canaries.length === 0 || !canaries.every((name) => /^test:[a-z0-9-]{1,64}$/.test(name))) fail("canaries");
  if (canonical(body) !== text) fail("not canonical");
  return { ...body, publicKey: elementOf(body.public_key), rootHash: bytes32(body.root, "root") };
}
