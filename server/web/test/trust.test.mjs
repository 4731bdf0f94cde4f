// TUF under attack: what is expired, forged, rolled back or mixed is never believed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { modules } from "./built.mjs";
import { makeKeys, Release, signWith } from "./release.mjs";

const { Trust } = modules.trust;
const { Transport } = modules.transport;

class Clock {
  at = Date.now();
  ticked = 0;
  now = () => this.at;
  ticks = () => this.ticked;
  pass(milliseconds) {
    this.at += milliseconds;
    this.ticked += milliseconds;
  }
}

/** A client that asks whatever release it is shown. */
class Client {
  constructor(pinned) {
    this.clock = new Clock();
    this.trust = new Trust(pinned.root(), "public", this.clock);
  }

  see(release, beyond) {
    const { fetch } = release;
    const transport = new Transport(fetch);
    return this.trust.fresh(async (path, limit) => {
      const reply = await transport.send({ what: "metadata", url: `https://x/v1/channels/public/${path}`, limit });
      return reply.status === 200 ? reply.body : null;
    }, beyond);
  }
}

const first = async (release, pinned = new Release()) => new Client(pinned).see(release);
const changed = (change) => {
  const release = new Release();
  change(release);
  return release;
};

test("an honest release is believed", async () => {
  const { manifest, proven } = await first(new Release());
  assert.equal(manifest.serial, new Release().manifest.serial);
  assert.equal(proven, false);
});

test("a young release is not asked for again, an old one is", async () => {
  const [client, release] = [new Client(new Release()), new Release()];
  const one = await client.see(release);
  const asked = release.requests.length;
  client.clock.pass(59_000);
  assert.equal(await client.see(release), one);
  assert.equal(release.requests.length, asked);
  client.clock.pass(1_000);
  assert.equal(await client.see(release), one);
  const again = release.requests.slice(asked).map(({ path }) => path);
  assert.deepEqual(again, ["metadata/2.root.json", "metadata/timestamp.json"]);
});

test("a clock set back makes a release old", async () => {
  const [client, release] = [new Client(new Release()), new Release()];
  await client.see(release);
  const asked = release.requests.length;
  client.clock.at -= 5_000;
  await client.see(release);
  assert.ok(release.requests.length > asked);
});

const ATTACKS = {
  "an expired root": ["stale", (r) => (r.expires.root = -1), (r) => (r.expires.root = -1)],
  "an expired timestamp": ["stale", (r) => (r.expires.timestamp = -1)],
  "an expired snapshot": ["stale", (r) => (r.expires.snapshot = -1)],
  "expired targets": ["stale", (r) => (r.expires.targets = -1)],
  "an expired epoch": ["stale", (r) => (r.expires.epoch = -1)],
  "one signature where two are needed": ["bad_signature", (r) => (r.signers.targets = r.keys.targets.slice(0, 1))],
  "one key's signature twice": ["bad_signature", (r) => (r.signers.targets = [r.keys.targets[0], r.keys.targets[0]])],
  "another role's key": ["bad_signature", (r) => (r.signers.timestamp = r.keys.snapshot.slice(0, 1))],
  "a key nobody knows": ["bad_signature", (r) => (r.signers.snapshot = makeKeys(1))],
  "a signature over other bytes": ["bad_signature", (r) => tamper(r, "metadata/timestamp.json", (m) => (m.signed.version = 99))],
  "no signature": ["bad_signature", (r) => tamper(r, "metadata/timestamp.json", (m) => (m.signatures = []))],
  "snapshot served as targets": ["bad_response", (r) => serve(r, "metadata/3.targets.json", "metadata/2.snapshot.json")],
  "another snapshot version": ["bad_snapshot", (r) => (r.more["metadata/2.snapshot.json"] = at(r, "snapshot", 1))],
  "another targets version": ["bad_snapshot", (r) => (r.more["metadata/3.targets.json"] = at(r, "targets", 2))],
  "metadata that is no JSON": ["bad_response", (r) => (r.more["metadata/timestamp.json"] = new Uint8Array([123, 255]))],
  "metadata of null": ["bad_response", (r) => (r.more["metadata/timestamp.json"] = new TextEncoder().encode("null"))],
  "an altered manifest": ["bad_snapshot", alterManifest],
  "a manifest that is not there": ["bad_response", (r) => (r.more[manifestPath(r)] = undefined)],
  "a manifest of another channel": ["bad_snapshot", (r) => (r.manifest.channel = "platform")],
  "no manifest listed": ["bad_snapshot", (r) => (r.targets = () => ({}))],
  "an epoch without its manifest": ["bad_snapshot", (r) => dropTarget(r)],
  "a public key that is none": ["bad_snapshot", (r) => (r.manifest.public_key = "A".repeat(43))],
};

function tamper(release, path, change) {
  const metadata = JSON.parse(Buffer.from(release.files()[path]));
  change(metadata);
  release.more[path] = new TextEncoder().encode(JSON.stringify(metadata));
}

const serve = (release, path, instead) => (release.more[path] = release.files()[instead]);

function at(release, role, version) {
  const other = Object.assign(new Release(), { versions: { ...release.versions, [role]: version } });
  return other.files()[`metadata/${version}.${role}.json`];
}

function manifestPath(release) {
  return Object.keys(release.files()).find((path) => path.startsWith("targets/"));
}

function alterManifest(release) {
  const path = manifestPath(release);
  release.more[path] = Uint8Array.from(release.files()[path], (byte, i) => (i === 40 ? byte ^ 1 : byte));
}

function dropTarget(release) {
  const { "manifest.json": only } = release.targets();
  release.targets = () => ({ "manifest.json": only });
}

describe("attacks", () => {
  for (const [name, [reason, change, pin = () => undefined]] of Object.entries(ATTACKS)) {
    test(`${name}: ${reason}`, () => assert.rejects(first(changed(change), changed(pin)), { reason }));
  }
});

describe("the pinned root", () => {
  test("must be signed by a threshold of its own keys", () => {
    const short = changed((r) => (r.signers.root = r.keys.root.slice(0, 1)));
    assert.throws(() => new Client(short), { reason: "bad_signature" });
  });

  test("of someone else makes everything bad_signature", async () => {
    const other = changed((r) => (r.keys = Object.fromEntries(Object.keys(r.keys).map((role) => [role, makeKeys()]))));
    await assert.rejects(first(new Release(), other), { reason: "bad_signature" });
  });

  test("one key under two ids is one signer", async () => {
    const twice = changed((r) => {
      const [key] = r.keys.targets;
      r.keys = { ...r.keys, targets: [key, { ...key, id: "f".repeat(64) }] };
    });
    await assert.rejects(first(twice, twice), { reason: "bad_signature" });
  });

  for (const [name, change] of Object.entries({
    "a threshold of 0": (signed) => (signed.roles.targets.threshold = 0),
    "a threshold that is text": (signed) => (signed.roles.targets.threshold = "2"),
    "a role that is missing": (signed) => delete signed.roles.snapshot,
    "a key id listed twice": (signed) => (signed.roles.root.keyids[1] = signed.roles.root.keyids[0]),
    "another type": (signed) => (signed._type = "targets"),
    "another specification": (signed) => (signed.spec_version = "2.0.0"),
    "an expiry that is no time": (signed) => (signed.expires = "2099-13-01T00:00:00Z"),
    "no consistent snapshots": (signed) => (signed.consistent_snapshot = false),
  })) {
    test(`with ${name} is none`, () => {
      const release = new Release();
      const { signed } = JSON.parse(Buffer.from(release.root()));
      change(signed);
      const pinned = { root: () => signWith(signed, release.keys.root.slice(0, 2)) };
      assert.throws(() => new Client(pinned), { reason: "bad_response" });
    });
  }
});

test("broken metadata raise only our own errors", () => {
  const { parseMetadata, parseRoot } = modules.metadata;
  const release = new Release();
  const timestamp = release.files()["metadata/timestamp.json"];
  const bytes = [[release.root(), parseRoot], [timestamp, (data) => parseMetadata(data, "timestamp")]];
  let refused = 0;
  for (const [data, parse] of bytes) {
    for (let at = 0; at < data.length; at += 1) {
      const flipped = Uint8Array.from(data, (byte, i) => (i === at ? byte ^ (1 << at % 8) : byte));
      for (const broken of [data.subarray(0, at), flipped]) {
        try {
          parse(broken);
        } catch (error) {
          assert.equal(error.reason, "bad_response");
          refused += 1;
        }
      }
    }
  }
  assert.ok(refused > bytes[0][0].length);
});

describe("root rotation", () => {
  const rotated = (change = () => undefined) =>
    changed((r) => {
      const former = r.keys.root;
      r.keys = { ...r.keys, root: makeKeys(), timestamp: makeKeys(), snapshot: makeKeys() };
      r.versions.root = 2;
      r.signers.root = [...former.slice(0, 2), ...r.keys.root.slice(0, 2)];
      change(r, former);
      r.more["metadata/2.root.json"] = r.root();
    });

  test("is followed", async () => {
    assert.ok(await first(rotated()));
  });

  test("is followed over several versions", async () => {
    const second = rotated();
    const third = changed((r) => {
      r.keys = { ...second.keys, root: makeKeys() };
      r.versions.root = 3;
      r.signers.root = [...second.keys.root.slice(1), ...r.keys.root.slice(1)];
      r.more = { "metadata/2.root.json": second.more["metadata/2.root.json"], "metadata/3.root.json": r.root() };
    });
    assert.ok(await first(third));
  });

  for (const [name, change] of Object.entries({
    "signed by the new keys alone": (r) => (r.signers.root = r.keys.root.slice(0, 2)),
    "signed by the former keys alone": (r, former) => (r.signers.root = former.slice(0, 2)),
    "signed by one former key": (r, former) => (r.signers.root = [former[0], ...r.keys.root.slice(0, 2)]),
  })) {
    test(`${name} is bad_signature`, () => assert.rejects(first(rotated(change)), { reason: "bad_signature" }));
  }

  test("to another version than the next is bad_snapshot", () =>
    assert.rejects(first(rotated((r) => (r.versions.root = 3))), { reason: "bad_snapshot" }));

  test("of the online keys forgets what was seen under them", async () => {
    const client = new Client(new Release());
    await client.see(changed((r) => Object.assign(r.versions, { timestamp: 99, snapshot: 98, targets: 97 })));
    client.clock.pass(60_000);
    assert.ok(await client.see(rotated()));
  });

  test("that leaves them forgets nothing", async () => {
    const client = new Client(new Release());
    await client.see(changed((r) => (r.versions.timestamp = 99)));
    client.clock.pass(60_000);
    const kept = rotated((r) => (r.keys = { ...r.keys, timestamp: new Release().keys.timestamp, snapshot: new Release().keys.snapshot }));
    await assert.rejects(client.see(kept), { reason: "rolled_back" });
  });
});

describe("within one life, going back is seen", () => {
  const back = {
    timestamp: { timestamp: 9, snapshot: 2, targets: 3 },
    snapshot: { timestamp: 11, snapshot: 1, targets: 3 },
    targets: { timestamp: 11, snapshot: 3, targets: 2 },
  };
  for (const [role, versions] of Object.entries(back)) {
    test(role, async () => {
      const client = new Client(new Release());
      await client.see(new Release());
      client.clock.pass(60_000);
      await assert.rejects(client.see(changed((r) => Object.assign(r.versions, versions))), { reason: "rolled_back" });
    });
  }

  test("serial", async () => {
    const client = new Client(new Release());
    await client.see(new Release());
    client.clock.pass(60_000);
    const back = changed((r) => {
      r.manifest.serial -= 1;
      Object.assign(r.versions, { timestamp: 11, snapshot: 3, targets: 4 });
    });
    await assert.rejects(client.see(back), { reason: "rolled_back" });
  });

  test("a failed attempt leaves no young release behind", async () => {
    const client = new Client(new Release());
    await client.see(new Release());
    client.clock.pass(60_000);
    await assert.rejects(client.see(changed((r) => (r.expires.timestamp = -1))), { reason: "stale" });
    await assert.rejects(client.see(changed((r) => (r.expires.timestamp = -1))), { reason: "stale" });
  });

  test("a newer release is taken", async () => {
    const client = new Client(new Release());
    await client.see(new Release());
    client.clock.pass(60_000);
    const next = changed((r) => {
      r.manifest.serial += 1;
      Object.assign(r.versions, { timestamp: 11, snapshot: 3, targets: 4 });
    });
    assert.equal((await client.see(next)).manifest.serial, next.manifest.serial);
  });
});
