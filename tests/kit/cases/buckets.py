"""Wrong buckets, canaries and labels (SPEC.md sections 5 and 6)."""

from collections.abc import Callable

from tests.kit import snapshot
from tests.kit.case import FOUND, Case, Check, Server, Step, bad, good, unknown
from tests.kit.changes import answer_with, put
from tests.kit.repository import (
    ABSENT_NUMBER,
    CANARIES,
    EPOCH,
    EXPOSED_NUMBER,
    MALICIOUS_NUMBER,
    SERIAL,
    Repository,
    channel_key,
)
from tests.kit.site import Reply, Request, Site
from tests.kit.snapshot import CANARY, EXPOSED, MALICIOUS, MORE, Snapshot, entry, label

EXPOSED_NAME = f"tel:{EXPOSED_NUMBER}"
Change = Callable[[bytes], bytes]
STRIDE = 64 * 32


def bodies(change: Change) -> Callable[[Site], None]:
    """Change the body of every bucket."""
    return answer_with("snapshots", lambda _, right: Reply(body=change(right.body), headers=right.headers))


def flip(at: int) -> Change:
    return lambda body: body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def swap_path(body: bytes) -> bytes:
    return body[:STRIDE] + body[STRIDE + 32 :] + body[STRIDE : STRIDE + 32]


def reverse_slots(body: bytes) -> bytes:
    slots = [body[at : at + 32] for at in range(0, STRIDE, 32)]
    return b"".join(reversed(slots)) + body[STRIDE:]


def neighbour(site: Site) -> None:
    """Answer with the body of the next bucket."""
    before = dict(site.files)
    for index in range(4):
        site.files[f"snapshots/{SERIAL}/buckets/{index}"] = before[f"snapshots/{SERIAL}/buckets/{(index + 1) % 4}"]


def eight_buckets(site: Site) -> None:
    """Answer for buckets 4 to 7 too, with the bodies of buckets 0 to 3."""
    for index in range(4):
        site.files[f"snapshots/{SERIAL}/buckets/{index + 4}"] = site.files[f"snapshots/{SERIAL}/buckets/{index}"]


def of_another_serial(site: Site) -> None:
    """Answer with the bodies of a snapshot that lacks a number."""
    other = Repository(site.now)
    del other.snapshot.labels[EXPOSED_NAME]
    site.files |= {path: data for path, data in other.files().items() if path.startswith("snapshots/")}


def root_of_another_snapshot(repository: Repository) -> None:
    """Name the root of a snapshot that lacks a number."""
    other = Repository(repository.now)
    del other.snapshot.labels[EXPOSED_NAME]
    levels = snapshot.tree(other.snapshot.buckets())
    root = other.manifest(other.snapshot.buckets(), levels)["root"]
    put("manifest", root=root)(repository)


def unsorted_bucket(repository: Repository) -> None:
    """Publish buckets whose entries descend, after the empty slots."""
    inside = repository.snapshot
    right = inside.buckets()

    def buckets() -> list[bytes]:
        return [b"".join(reversed([one[at : at + 32] for at in range(0, len(one), 32)])) for one in right]

    inside.buckets = buckets  # type: ignore[method-assign]


def of_another_key(repository: Repository) -> None:
    """Make the whole snapshot under the key of another epoch."""
    repository.snapshot.key = channel_key(EPOCH + 1)


def no_canaries(repository: Repository) -> None:
    for name in CANARIES:
        del repository.snapshot.labels[name]


def canary_label(plain: bytes) -> Callable[[Repository], None]:
    return lambda repository: repository.snapshot.labels.update(dict.fromkeys(CANARIES, plain))


def other_canaries(repository: Repository) -> None:
    repository.canaries = ["test:another-canary"]


def canary_of_another_epoch(repository: Repository) -> None:
    """Put entries in place of the canaries' that bear their tags, and are sealed for another epoch."""
    inside = repository.snapshot
    for name in CANARIES:
        plain = inside.labels.pop(name)
        sealed = entry(inside.token(name), inside.channel, inside.epoch + 1, plain)
        inside.others.setdefault(inside.bucket_of(name), []).append(sealed)


def number_label(plain: bytes) -> Callable[[Repository], None]:
    return lambda repository: repository.snapshot.labels.update({EXPOSED_NAME: plain})


def canaries_elsewhere(repository: Repository) -> None:
    """List only canaries that are not in the bucket of the exposed number."""
    inside = repository.snapshot
    index = inside.bucket_of(EXPOSED_NAME)
    repository.canaries = [name for name in CANARIES if inside.bucket_of(name) != index]


def bucket_of_exposed(change: Callable[[Reply], Reply]) -> Callable[[Site], None]:
    """Change the answer of the bucket of the exposed number only."""
    index = Snapshot("kit", EPOCH, channel_key(EPOCH), {}).bucket_of(EXPOSED_NAME)
    return answer_with("snapshots", lambda _, right: change(right), path=f"/buckets/{index}")


def one_bucket(name: str, changed: str, reason: str, change: Callable[[Reply], Reply]) -> Case:
    """Make a case of two numbers in two buckets, of which one bucket is bad."""
    server = Server(repository=canaries_elsewhere, site=bucket_of_exposed(change))
    checks = [
        Check(EXPOSED_NUMBER, unknown(reason)),
        Check(MALICIOUS_NUMBER, FOUND[MALICIOUS_NUMBER]),
        Check(ABSENT_NUMBER, FOUND[ABSENT_NUMBER]),
    ]
    return Case(name, changed, "11", [Step(server.build, checks)])


def cut(right: Reply) -> Reply:
    return Reply(body=right.body[:-1])


def failing(_: Reply) -> Reply:
    return Reply(500)


def longer_body(request: Request, right: Reply) -> Reply:
    return Reply(body=right.body + bytes(2**20), headers=right.headers)


def _bucket(name: str, changed: str, spec: str = "6.4", **changes: object) -> Case:
    return bad(f"bucket-{name}", changed, spec, "bad_bucket", **changes)


def _canary(name: str, changed: str, repository: Callable[[Repository], None]) -> Case:
    return bad(f"canary-{name}", changed, "11", "bad_snapshot", number=ABSENT_NUMBER, repository=repository)


def _label(name: str, changed: str, plain: bytes, spec: str = "5.1") -> Case:
    return bad(f"label-{name}", changed, spec, "bad_snapshot", repository=number_label(plain))


CASES = [
    # Buckets.
    _bucket("slot-changed", "one bit of the first slot is changed", site=bodies(flip(5))),
    _bucket("empty-slot-changed", "one bit of the last slot is changed", site=bodies(flip(STRIDE - 1))),
    _bucket("path-changed", "one bit of the path is changed", site=bodies(flip(STRIDE))),
    _bucket("path-swapped", "the hashes of the path have changed places", site=bodies(swap_path)),
    _bucket("slots-reversed", "the slots are in another order than the signed one", site=bodies(reverse_slots)),
    _bucket("neighbour", "the body is that of the next bucket, with its path", site=neighbour),
    _bucket("other-serial", "the bodies are those of a snapshot without the number", site=of_another_serial),
    _bucket(
        "other-root",
        "the manifest names the root of a snapshot without the number",
        repository=root_of_another_snapshot,
    ),
    _bucket(
        "other-bits",
        "the manifest has one bucket bit more than the snapshot",
        repository=put("manifest", bucket_bits=3),
        site=eight_buckets,
    ),
    _bucket("other-slots", "the manifest has more slots than the snapshot", repository=put("manifest", slots=72)),
    _bucket("empty", "the body is empty", site=bodies(lambda _: b"")),
    _bucket("byte-less", "the last byte of the body is missing", site=bodies(lambda body: body[:-1])),
    _bucket("byte-more", "a byte follows the body", site=bodies(lambda body: body + b"\0")),
    _bucket("no-path", "the path is missing", site=bodies(lambda body: body[:STRIDE])),
    _bucket("oversized", "a mebibyte follows the body", "11", site=answer_with("snapshots", longer_body)),
    one_bucket("bucket-one-cut", "one bucket of two is too short; the canary is in another", "bad_bucket", cut),
    one_bucket(
        "bucket-one-500", "one bucket of two is answered with 500; the canary is in another", "server_error", failing
    ),
    good(
        "bucket-not-sorted",
        "the entries of a bucket descend, behind the empty slots; the path is right (may be ignored)",
        "6.2",
        repository=unsorted_bucket,
    ),
    # Canaries.
    _canary("missing", "the snapshot has no canaries", no_canaries),
    _canary("of-another-key", "the snapshot was made under another key than the evaluator's", of_another_key),
    _canary("not-listed", "the manifest lists a canary that is not in the snapshot", other_canaries),
    _canary("not-opening", "the canaries' entries are sealed for another epoch", canary_of_another_epoch),
    _canary(
        "also-exposed", "the label of the canaries also has the flag exposed", canary_label(label(CANARY | EXPOSED))
    ),
    _canary("not-a-canary", "the label of the canaries has the flag exposed alone", canary_label(label(EXPOSED))),
    _canary("with-a-month", "the label of the canaries has a month", canary_label(label(CANARY, month=5))),
    _canary("with-a-case", "the label of the canaries has a case", canary_label(label(CANARY, cases=(1,)))),
    # Labels.
    _label("no-flag", "the label has no flag", label(0, cases=(1,))),
    _label("unknown-flag", "the label has a flag that does not exist", label(EXPOSED | 0x04, cases=(1,))),
    _label("byte-1", "byte 1 of the label is not zero", label(EXPOSED, cases=(1,), second=1)),
    _label("month", "the month of the label is 1201", label(EXPOSED, month=1201, cases=(1,))),
    _label("gap", "the label has a gap between its cases", label(EXPOSED, cases=(1, 0, 2))),
    _label("case-twice", "the label has a case twice", label(EXPOSED, cases=(1, 1))),
    _label("more", "the label says that there are more cases, and has two", label(EXPOSED | MORE, cases=(2, 1))),
    _label("canary", "the label of a number is that of a canary", label(CANARY), "11"),
    _label(
        "canary-and-exposed",
        "the label of a number has the flags canary and exposed",
        label(CANARY | EXPOSED, cases=(1,)),
    ),
    _label(
        "unknown-case",
        "the label has a case that is not in the catalogue",
        label(EXPOSED | MALICIOUS, cases=(3,)),
        "11",
    ),
]
