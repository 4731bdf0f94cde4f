// Decides which snapshot to trust: verifies TUF metadata under a pinned root, then the manifest (SPEC.md section 9).
//
// Nothing is stored on the device. A rollback to an older release is therefore detected only while one `Trust` object
// lives; beyond that, an old release can be used until its metadata expire, after 48 hours.

import type { CaseDetails } from "./answer.ts";
import { equal, fromUtf8, hex, utf8 } from "./bytes.ts";
import { Failure, type FailureReason } from "./failure.ts";
import { MAX_MANIFEST_BYTES, parseManifest, type Manifest } from "./manifest.ts";
import {
  asObject, checkNotExpired, integer, MAX_METADATA_BYTES, parseMetadata, parseRoot, verifySignatures, type Metadata,
  type Root, type RoleName,
} from "./metadata.ts";
import { sha256 } from "./noble.ts";
import { PublicKey, type Blinded } from "./oprf.ts";
import { fromTime } from "./time.ts";

/** Fetches a file by its path below the channel's URL, at most `limit` bytes (else a Failure `tooLong`). Null if there is no such file (404). */
export type FetchFile = (path: string, limit: number, tooLong?: FailureReason) => Promise<Uint8Array | null>;

export interface Clock {
  /** The time of day, in milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a monotonic clock. */
  ticks(): number;
}

/** A manifest whose signatures were verified. */
export interface Release {
  manifest: Manifest;
  key: PublicKey;
  digest: string;
  /** Whether a canary has been opened, which shows that the snapshot was made with the manifest's key. */
  confirmed: boolean;
  /** A canary that was blinded in advance. Whoever uses it sets null, since no blind is used twice. */
  canary: Canary | null;
  /** The details of the cases, once they were fetched. */
  details: Promise<Map<number, CaseDetails>> | null;
}

interface Canary {
  name: string;
  blinded: Blinded;
}

/** The last trusted metadata of a role, as received, and the root that its signatures were verified with. */
interface VerifiedMetadata {
  data: Uint8Array;
  metadata: Metadata;
  root: Root;
}

interface Target {
  length: number;
  sha256: string;
  custom: unknown;
}

/** Metadata that were verified at most this long ago are not fetched again. In milliseconds. */
const MAX_AGE = 60_000;

/** The path of the file that has all metadata and the manifest (SPEC.md section 8.1). */
export const COMBINED = "metadata/combined.json";

/** The maximum number of new roots in one update. */
const MAX_ROOTS = 256;

/** Fetches and verifies the release of one channel, and keeps it up to date. */
export class Trust {
  private root: Root;
  private readonly roles = new Map<RoleName, VerifiedMetadata>();
  private release: Release | null = null;
  private verifiedAt: { now: number; ticks: number } | null = null;
  private keyIds = "";

  /**
   * @param pinned the pinned root metadata
   * @param channel the channel's name
   * @param clock tells how old verified metadata are
   * @param isSandbox whether every root must be marked as that of a sandbox; otherwise none may be
   * @throws Failure `bad_response` or `bad_signature` when `pinned` is not root metadata signed by its own keys
   */
  constructor(
    pinned: Uint8Array,
    private readonly channel: string,
    private readonly clock: Clock,
    private readonly isSandbox = false,
  ) {
    this.root = parseRoot(pinned, isSandbox);
    verifySignatures(this.root, this.root);
  }

  /**
   * The current release. Verifies the metadata again unless that was done in the last minute.
   *
   * @param fetchFile fetches metadata and targets
   * @param stale a release that the server no longer serves; it is not returned from memory
   * @throws Failure when the release cannot be fetched or must not be trusted
   */
  async fresh(fetchFile: FetchFile, stale?: Release): Promise<Release> {
    if (this.release !== null && this.release !== stale && this.isFresh()) return this.release;
    this.verifiedAt = null;
    const verifiedAt = { now: this.clock.now(), ticks: this.clock.ticks() };
    this.release = await this.verify(fetchFile);
    this.verifiedAt = verifiedAt;
    return this.release;
  }

  private isFresh(): boolean {
    const then = this.verifiedAt;
    // Two clocks are needed: one stops while the device sleeps, the other can be set by the user.
    const ages = then === null ? [] : [this.clock.now() - then.now, this.clock.ticks() - then.ticks];
    return ages.length > 0 && ages.every((age) => age >= 0 && age < MAX_AGE);
  }

  /** Verify the files of `combined.json`, which are all in one reply, or file by file if they do not verify. */
  private async verify(fetchFile: FetchFile): Promise<Release> {
    const combined = await fetchCombined(fetchFile);
    if (combined !== null) {
      try {
        return await this.verifyFiles(combined);
      } catch (error) {
        if (!(error instanceof Failure && DAMAGED.includes(error.reason))) throw error;
      }
    }
    return this.verifyFiles(fetchFile);
  }

  private async verifyFiles(fetchFile: FetchFile): Promise<Release> {
    await this.updateRoot(fetchFile);
    checkNotExpired(this.root, this.clock.now());
    this.dropOtherKeys();
    const timestamp = await this.fetchRole(fetchFile, "timestamp", "timestamp.json");
    const snapshotVersion = this.namedVersion(timestamp, "snapshot.json", "snapshot");
    const snapshot = await this.fetchRole(fetchFile, "snapshot", `${snapshotVersion}.snapshot.json`, snapshotVersion);
    const targetsVersion = this.namedVersion(snapshot, "targets.json", "targets");
    const targets = await this.fetchRole(fetchFile, "targets", `${targetsVersion}.targets.json`, targetsVersion);
    return this.fetchManifest(fetchFile, asObject(targets.signed["targets"], "targets"));
  }

  /** Step 1 of section 9.3. Each new root is signed by the previous root and by itself, and has the next version. */
  private async updateRoot(fetchFile: FetchFile): Promise<void> {
    for (let count = 0; count < MAX_ROOTS; count += 1) {
      const data = await fetchFile(`metadata/${this.root.version + 1}.root.json`, MAX_METADATA_BYTES);
      if (data === null) return;
      const next = parseRoot(data, this.isSandbox);
      checkVersion(next, this.root.version + 1);
      verifySignatures(this.root, next);
      verifySignatures(next, next);
      this.root = next;
    }
    throw new Failure("bad_snapshot", "too many roots");
  }

  /** Drop the trusted metadata if the online keys have changed (TUF specification, 5.3.11). */
  private dropOtherKeys(): void {
    const { timestamp, snapshot } = this.root.roles;
    const ids = [timestamp, snapshot].map(({ keyids }) => [...keyids].sort().join()).join(";");
    if (ids !== this.keyIds) this.roles.clear();
    this.keyIds = ids;
  }

  /** Fetch and verify the metadata of a role. `version` is the version that the metadata above it name, if they do. */
  private async fetchRole(fetchFile: FetchFile, name: RoleName, file: string, version?: number): Promise<Metadata> {
    const last = this.roles.get(name);
    const known = version !== undefined && last?.metadata.version === version ? last : undefined;
    const data = known?.data ?? (await fetchFile(`metadata/${file}`, MAX_METADATA_BYTES));
    if (data === null) throw new Failure("bad_response", `${name}: not found`);
    const same = last !== undefined && last.root === this.root && equal(last.data, data);
    const metadata = same ? last.metadata : parseMetadata(data, name);
    if (version !== undefined) checkVersion(metadata, version);
    if (name === "snapshot" && Object.keys(asObject(metadata.signed["meta"], name)).join() !== "targets.json") {
      throw new Failure("bad_snapshot", "snapshot: lists other metadata than targets.json");
    }
    if (!same) verifySignatures(this.root, metadata);
    if (last && metadata.version < last.metadata.version) throw new Failure("rolled_back", name);
    if (name === "timestamp") this.namedVersion(metadata, "snapshot.json", "snapshot");
    if (name === "snapshot") this.namedVersion(metadata, "targets.json", "targets");
    checkNotExpired(metadata, this.clock.now());
    this.roles.set(name, { data, metadata, root: this.root });
    return metadata;
  }

  /** The version of `role` that the metadata name. Must not be lower than the last trusted version. */
  private namedVersion({ name, signed }: Metadata, file: string, role: RoleName): number {
    const version = integer(asObject(asObject(signed["meta"], name)[file], name)["version"], name);
    if (version < (this.roles.get(role)?.metadata.version ?? 0)) throw new Failure("rolled_back", role);
    return version;
  }

  /** Section 9.4: fetch the newest manifest. It must be listed under its epoch too, which must still be served. */
  private async fetchManifest(fetchFile: FetchFile, targets: Record<string, unknown>): Promise<Release> {
    const target = parseTarget(targets["manifest.json"]);
    const unchanged = this.release?.digest === target.sha256 ? this.release : null;
    const manifest = unchanged?.manifest ?? parseManifest(await fetchTarget(fetchFile, target));
    const key = unchanged?.key ?? publicKey(manifest);
    const epochTarget = parseTarget(targets[`epochs/${manifest.epoch}/manifest.json`]);
    const custom = (epochTarget.custom ?? {}) as Record<string, unknown>;
    if (
      manifest.channel !== this.channel ||
      epochTarget.sha256 !== target.sha256 ||
      custom["epoch"] !== manifest.epoch
    ) {
      throw new Failure("bad_snapshot", "the manifest is not the one listed for its epoch");
    }
    const servesUntil = fromTime(custom["serves_until"]);
    if (Number.isNaN(servesUntil)) throw new Failure("bad_snapshot", "serves_until");
    if (servesUntil <= this.clock.now()) throw new Failure("stale", "epoch");
    if (manifest.serial < (this.release?.manifest.serial ?? 0)) throw new Failure("rolled_back", "serial");
    return unchanged ?? { manifest, key, digest: target.sha256, confirmed: false, canary: null, details: null };
  }
}

/** The reasons for which a file is fetched by itself that came in `combined.json`. */
const DAMAGED: FailureReason[] = ["bad_response", "bad_signature", "bad_snapshot", "rolled_back", "stale"];

/**
 * Fetch `metadata/combined.json`: for each name the text of a metadata file, byte for byte (SPEC.md section 8.1).
 *
 * @returns a function that takes files from it and fetches all others, except for further roots: a root that is not in
 *   it does not exist yet. Null if the server has no such file, or one that cannot be read
 */
async function fetchCombined(fetchFile: FetchFile): Promise<FetchFile | null> {
  try {
    const data = await fetchFile(COMBINED, MAX_METADATA_BYTES);
    if (data === null) return null;
    const texts = asObject(JSON.parse(fromUtf8(data, "bad_response")), "combined");
    return async (path, limit, tooLong) => {
      const text = texts[path.replace("metadata/", "")];
      if (typeof text === "string") return utf8(text);
      return /root\.json$/.test(path) ? null : fetchFile(path, limit, tooLong);
    };
  } catch (error) {
    if (error instanceof Failure && NO_ANSWER.includes(error.reason)) throw error;
    return null;
  }
}

/** The reasons for which the other files would not arrive either. */
const NO_ANSWER: FailureReason[] = ["unreachable", "timeout"];

/** Check that the version is the one in the file's name. */
function checkVersion(metadata: Metadata, version: number): void {
  if (metadata.version !== version) throw new Failure("bad_snapshot", `${metadata.name}: version`);
}

/** The public key of a manifest. Throws a Failure `bad_snapshot` if it is no element. */
export function publicKey(manifest: Manifest): PublicKey {
  try {
    return new PublicKey(manifest.publicKey);
  } catch {
    throw new Failure("bad_snapshot", "public_key");
  }
}

function parseTarget(value: unknown): Target {
  if (value === undefined) throw new Failure("bad_snapshot", "a manifest is not listed");
  const { length, hashes, custom } = asObject(value, "target");
  const digest = asObject(hashes, "target")["sha256"];
  const good = Number.isSafeInteger(length) && typeof digest === "string" && /^[0-9a-f]{64}$/.test(digest);
  if (!good) throw new Failure("bad_snapshot", "target");
  return { length: length as number, sha256: digest, custom };
}

async function fetchTarget(fetchFile: FetchFile, { length, sha256: digest }: Target): Promise<Uint8Array> {
  if (length > MAX_MANIFEST_BYTES) throw new Failure("bad_snapshot", "manifest: too large");
  const data = await fetchFile(`targets/${digest}.manifest.json`, MAX_MANIFEST_BYTES, "bad_snapshot");
  if (data === null) throw new Failure("bad_response", "manifest: not found");
  if (data.length !== length || hex(sha256(data)) !== digest) {
    throw new Failure("bad_snapshot", "the manifest does not match the signed hash");
  }
  return data;
}
