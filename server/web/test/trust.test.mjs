// Tests the verification of TUF metadata: expired, forged, rolled back or mixed metadata are never trusted.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { modules } from "./built_modules.mjs";
import { makeKeys, FakeServer, signWith } from "./fake_server.mjs";

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

/** A client that can be pointed at one server after another. */
class Client {
  constructor(pinned) {
    this.clock = new Clock();
    this.trust = new Trust(pinned.root(), "public", this.clock);
  }

  update(server, stale) {
    const { fetch } = server;
    const transport = new Transport(fetch);
    return this.trust.fresh(async (path, limit) => {
      const reply = await transport.send({ what: "metadata", url: `https://x/v1/channels/public/${path}`, limit });
      return reply.status === 200 ? reply.body : null;
    }, stale);
  }
}

const first = async (server, pinned = new FakeServer()) => new Client(pinned).update(server);
const changed = (change) => {
  const server = new FakeServer();
  change(server);
  return server;
};

test("a correct release is trusted", async () => {
  const { manifest, confirmed } = await first(new FakeServer());
  assert.equal(manifest.serial, new FakeServer().manifest.serial);
  assert.equal(confirmed, false);
});

test("a rotation that is announced does not change what is trusted", async () => {
  const server = changed((server) => (server.announced = { rotates_on: "2027-05-09", unknown: [1] }));
  const { manifest } = await first(server);
  assert.equal(manifest.serial, server.manifest.serial);
});

test("a release verified less than a minute ago is not fetched again, an older one is", async () => {
  const [client, server] = [new Client(new FakeServer()), new FakeServer()];
  const one = await client.update(server);
  const asked = server.requests.length;
  client.clock.pass(59_000);
  assert.equal(await client.update(server), one);
  assert.equal(server.requests.length, asked);
  client.clock.pass(1_000);
  assert.equal(await client.update(server), one);
  const again = server.requests.slice(asked).map(({ path }) => path);
  assert.deepEqual(again, ["metadata/combined.json", "metadata/2.root.json", "metadata/timestamp.json"]);
});

test("after the clock was set back the release is fetched again", async () => {
  const [client, server] = [new Client(new FakeServer()), new FakeServer()];
  await client.update(server);
  const asked = server.requests.length;
  client.clock.at -= 5_000;
  await client.update(server);
  assert.ok(server.requests.length > asked);
});

const ATTACKS = {
  "an expired root": ["stale", (r) => (r.expires.root = -1), (r) => (r.expires.root = -1)],
  "an expired timestamp": ["stale", (r) => (r.expires.timestamp = -1)],
  "an expired snapshot": ["stale", (r) => (r.expires.snapshot = -1)],
  "expired targets": ["stale", (r) => (r.expires.targets = -1)],
  "an expired epoch": ["stale", (r) => (r.expires.epoch = -1)],
  "one signature where two are needed": ["bad_signature", (r) => (r.signers.targets = r.keys.targets.slice(0, 1))],
  "one key's signature twice": ["bad_response", (r) => (r.signers.targets = [r.keys.targets[0], r.keys.targets[0]])],
  "another role's key": ["bad_signature", (r) => (r.signers.timestamp = r.keys.snapshot.slice(0, 1))],
  "an unknown key": ["bad_signature", (r) => (r.signers.snapshot = makeKeys(1))],
  "a signature over other bytes": ["bad_signature", (r) => tamper(r, "metadata/timestamp.json", (m) => (m.signed.version = 99))],
  "no signature": ["bad_signature", (r) => tamper(r, "metadata/timestamp.json", (m) => (m.signatures = []))],
  "snapshot served as targets": ["bad_response", (r) => serve(r, "metadata/3.targets.json", "metadata/2.snapshot.json")],
  "another snapshot version": ["bad_snapshot", (r) => (r.overrides["metadata/2.snapshot.json"] = at(r, "snapshot", 1))],
  "another targets version": ["bad_snapshot", (r) => (r.overrides["metadata/3.targets.json"] = at(r, "targets", 2))],
  "more than targets in the snapshot": ["bad_snapshot", (r) => resign(r, "snapshot", (signed) => (signed.meta["other.json"] = { version: 1 }))],
  "nothing in the snapshot": ["bad_snapshot", (r) => resign(r, "snapshot", (signed) => (signed.meta = {}))],
  "metadata that are not JSON": ["bad_response", (r) => (r.overrides["metadata/timestamp.json"] = new Uint8Array([123, 255]))],
  "metadata of null": ["bad_response", (r) => (r.overrides["metadata/timestamp.json"] = new TextEncoder().encode("null"))],
  "an altered manifest": ["bad_snapshot", alterManifest],
  "a missing manifest": ["bad_response", (r) => (r.overrides[manifestPath(r)] = undefined)],
  "a manifest of another channel": ["bad_snapshot", (r) => (r.manifest.channel = "platform")],
  "no manifest listed": ["bad_snapshot", (r) => (r.targets = () => ({}))],
  "an epoch without its manifest": ["bad_snapshot", (r) => dropTarget(r)],
  "an invalid public key": ["bad_snapshot", (r) => (r.manifest.public_key = "A".repeat(43))],
};

function tamper(server, path, change) {
  const metadata = JSON.parse(Buffer.from(server.files()[path]));
  change(metadata);
  server.overrides[path] = new TextEncoder().encode(JSON.stringify(metadata));
}

/** Sign a changed snapshot with the right keys. */
function resign(server, role, change) {
  const path = `metadata/${server.versions[role]}.${role}.json`;
  const { signed } = JSON.parse(Buffer.from(server.files()[path]));
  change(signed);
  server.overrides[path] = signWith(signed, server.signersOf(role));
}

const serve = (server, path, instead) => (server.overrides[path] = server.files()[instead]);

function at(server, role, version) {
  const other = Object.assign(new FakeServer(), { versions: { ...server.versions, [role]: version } });
  return other.files()[`metadata/${version}.${role}.json`];
}

function manifestPath(server) {
  return Object.keys(server.files()).find((path) => path.startsWith("targets/"));
}

function alterManifest(server) {
  const path = manifestPath(server);
  server.overrides[path] = Uint8Array.from(server.files()[path], (byte, i) => (i === 40 ? byte ^ 1 : byte));
}

function dropTarget(server) {
  const { "manifest.json": only } = server.targets();
  server.targets = () => ({ "manifest.json": only });
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

  test("of another channel makes everything bad_signature", async () => {
    const other = changed((r) => (r.keys = Object.fromEntries(Object.keys(r.keys).map((role) => [role, makeKeys()]))));
    await assert.rejects(first(new FakeServer(), other), { reason: "bad_signature" });
  });

  for (const role of ["root", "targets", "timestamp"]) {
    test(`that lists one key of ${role} under two ids is refused`, async () => {
      const twice = changed((r) => {
        const [key, ...others] = r.keys[role];
        r.keys = { ...r.keys, [role]: [key, { ...key, id: "f".repeat(64) }, ...others] };
      });
      await assert.rejects(first(twice, twice), { reason: "bad_signature" });
    });
  }

  for (const [name, change] of Object.entries({
    "a threshold of 0": (signed) => (signed.roles.targets.threshold = 0),
    "a threshold that is text": (signed) => (signed.roles.targets.threshold = "2"),
    "a role that is missing": (signed) => delete signed.roles.snapshot,
    "a key id listed twice": (signed) => (signed.roles.root.keyids[1] = signed.roles.root.keyids[0]),
    "another type": (signed) => (signed._type = "targets"),
    "another specification": (signed) => (signed.spec_version = "2.0.0"),
    "an expiry that is not a time": (signed) => (signed.expires = "2099-13-01T00:00:00Z"),
    "no consistent snapshots": (signed) => (signed.consistent_snapshot = false),
  })) {
    test(`with ${name} is refused`, () => {
      const server = new FakeServer();
      const { signed } = JSON.parse(Buffer.from(server.root()));
      change(signed);
      const pinned = { root: () => signWith(signed, server.keys.root.slice(0, 2)) };
      assert.throws(() => new Client(pinned), { reason: "bad_response" });
    });
  }
});

test("invalid metadata raise only a Failure", () => {
  const { parseMetadata, parseRoot } = modules.metadata;
  const server = new FakeServer();
  const timestamp = server.files()["metadata/timestamp.json"];
  const bytes = [[server.root(), parseRoot], [timestamp, (data) => parseMetadata(data, "timestamp")]];
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
      r.overrides["metadata/2.root.json"] = r.root();
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
      r.overrides = { "metadata/2.root.json": second.overrides["metadata/2.root.json"], "metadata/3.root.json": r.root() };
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

  test("to a version that is not the next is bad_snapshot", () =>
    assert.rejects(first(rotated((r) => (r.versions.root = 3))), { reason: "bad_snapshot" }));

  test("of the online keys drops the metadata trusted before", async () => {
    const client = new Client(new FakeServer());
    await client.update(changed((r) => Object.assign(r.versions, { timestamp: 99, snapshot: 98, targets: 97 })));
    client.clock.pass(60_000);
    assert.ok(await client.update(rotated()));
  });

  test("that keeps the online keys keeps the metadata trusted before", async () => {
    const client = new Client(new FakeServer());
    await client.update(changed((r) => (r.versions.timestamp = 99)));
    client.clock.pass(60_000);
    const { timestamp, snapshot } = new FakeServer().keys;
    const kept = rotated((r) => (r.keys = { ...r.keys, timestamp, snapshot }));
    await assert.rejects(client.update(kept), { reason: "rolled_back" });
  });
});

describe("a rollback is detected while the object lives", () => {
  const back = {
    timestamp: { timestamp: 9, snapshot: 2, targets: 3 },
    snapshot: { timestamp: 11, snapshot: 1, targets: 3 },
    targets: { timestamp: 11, snapshot: 3, targets: 2 },
  };
  for (const [role, versions] of Object.entries(back)) {
    test(role, async () => {
      const client = new Client(new FakeServer());
      await client.update(new FakeServer());
      client.clock.pass(60_000);
      await assert.rejects(client.update(changed((r) => Object.assign(r.versions, versions))), { reason: "rolled_back" });
    });
  }

  test("serial", async () => {
    const client = new Client(new FakeServer());
    await client.update(new FakeServer());
    client.clock.pass(60_000);
    const back = changed((r) => {
      r.manifest.serial -= 1;
      Object.assign(r.versions, { timestamp: 11, snapshot: 3, targets: 4 });
    });
    await assert.rejects(client.update(back), { reason: "rolled_back" });
  });

  test("after a failed update the former release is not used again", async () => {
    const client = new Client(new FakeServer());
    await client.update(new FakeServer());
    client.clock.pass(60_000);
    await assert.rejects(client.update(changed((r) => (r.expires.timestamp = -1))), { reason: "stale" });
    await assert.rejects(client.update(changed((r) => (r.expires.timestamp = -1))), { reason: "stale" });
  });

  test("a newer release is accepted", async () => {
    const client = new Client(new FakeServer());
    await client.update(new FakeServer());
    client.clock.pass(60_000);
    const next = changed((r) => {
      r.manifest.serial += 1;
      Object.assign(r.versions, { timestamp: 11, snapshot: 3, targets: 4 });
    });
    assert.equal((await client.update(next)).manifest.serial, next.manifest.serial);
  });
});

describe("combined.json", () => {
  const COMBINED = "metadata/combined.json";
  const combined = (change = () => undefined) => changed((server) => ((server.combined = true), change(server)));
  const requested = (server) => server.requests.map(({ path }) => path.replace(/^targets.*/, "manifest"));
  const each = ["metadata/2.root.json", "metadata/timestamp.json", "metadata/2.snapshot.json", "metadata/3.targets.json"];

  test("is the only file that is fetched, at first and again", async () => {
    const [client, server] = [new Client(new FakeServer()), combined()];
    const release = await client.update(server);
    assert.deepEqual(requested(server), [COMBINED]);
    client.clock.pass(60_000);
    assert.equal(await client.update(server), release);
    assert.deepEqual(requested(server), [COMBINED, COMBINED]);
  });

  test("without the manifest: only that is fetched", async () => {
    const server = combined();
    const data = altered(server.combinedBytes(), (files) => delete files[manifestIn(files)]);
    server.answer = (path) => (path === COMBINED ? new Response(data) : null);
    assert.equal((await first(server)).manifest.serial, server.manifest.serial);
    assert.deepEqual(requested(server), [COMBINED, "manifest"]);
  });

  test("with a forged manifest: it is not believed, and all files that may have changed are fetched", async () => {
    const server = combined();
    const data = altered(server.combinedBytes(), (files) => {
      const name = manifestIn(files);
      files[name] = files[name].replace(/"serial":\d+/, '"serial":99');
    });
    server.answer = (path) => (path === COMBINED ? new Response(data) : null);
    assert.equal((await first(server)).manifest.serial, server.manifest.serial);
    assert.deepEqual(requested(server), [COMBINED, ...each.slice(0, 2), "manifest"]);
  });

  test("has the chain of roots", async () => {
    const server = combined((one) => {
      const [old, next] = [one.signersOf("root"), makeKeys()];
      one.keys.root = next;
      one.versions.root = 2;
      one.signers.root = [...old, ...next];
      one.overrides["metadata/2.root.json"] = one.root();
    });
    assert.equal((await first(server)).manifest.serial, server.manifest.serial);
    assert.deepEqual(requested(server), [COMBINED]);
  });

  const manifestIn = (files) => Object.keys(files).find((name) => name.startsWith("targets/"));
  const text = (value) => new TextEncoder().encode(value);
  const DAMAGES = {
    "not JSON": (data) => data.slice(0, -1),
    "a list": () => text("[]"),
    "null": () => text("null"),
    "without a file": (data) => altered(data, (files) => delete files["3.targets.json"]),
    "with a number for a file": (data) => altered(data, (files) => (files["timestamp.json"] = 7)),
    "with a forged file": (data) => altered(data, (files) => (files["timestamp.json"] = files["timestamp.json"].replace("10", "11"))),
    "with the wrong files": (data) => altered(data, (files) => (files["2.snapshot.json"] = files["3.targets.json"])),
    "with text for a file": (data) => altered(data, (files) => (files["timestamp.json"] = "<html>")),
    "with a root that is none": (data) => altered(data, (files) => (files["2.root.json"] = "{}")),
  };
  const altered = (data, change) => {
    const files = JSON.parse(Buffer.from(data));
    change(files);
    return text(JSON.stringify(files));
  };
  for (const [name, damage] of Object.entries(DAMAGES)) {
    test(`${name}: what is missing or damaged is fetched file by file`, async () => {
      const server = combined();
      const data = damage(server.combinedBytes());
      server.answer = (path) => (path === COMBINED ? new Response(data) : null);
      assert.equal((await first(server)).manifest.serial, server.manifest.serial);
      assert.equal(requested(server)[0], COMBINED);
    });
  }

  test("that is older than what was trusted is not believed, and what is newer is fetched", async () => {
    const [client, server] = [new Client(new FakeServer()), combined()];
    const old = server.combinedBytes();
    server.versions.timestamp = 20;
    await client.update(server);
    server.answer = (path) => (path === COMBINED ? new Response(old) : null);
    client.clock.pass(60_000);
    await client.update(server);
    assert.deepEqual(requested(server).slice(-2), each.slice(0, 2));
  });

  for (const status of [403, 404, 500]) {
    test(`with status ${status} is a missing one`, async () => {
      const server = combined((one) => (one.answer = (path) => (path === COMBINED ? new Response("", { status }) : null)));
      await first(server);
      assert.deepEqual(requested(server), [COMBINED, ...each, "manifest"]);
    });
  }

  for (const [name, [reason, change, pin]] of Object.entries(ATTACKS)) {
    test(`${name}: is not trusted from it either`, async () => {
      await assert.rejects(first(combined(change), pin && changed(pin)), (error) => error.reason === reason);
    });
  }
});
