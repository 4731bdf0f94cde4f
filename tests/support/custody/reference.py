"""A reference snapshot, made from the vault in the simplest way: dictionaries, one element at a time, one sort."""

from collections import defaultdict

from pilookup import _core
from pilookup.custody.vault import PARTITIONS
from pilookup.protocol import merkle, token
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.filter import Algorithm
from pilookup.protocol.label import MAX_ACCOUNTS, Kind, Label, Profile
from pilookup.protocol.names import CANARIES
from tests.support.custody.home import rows_of
from tests.support.filters import build_body

NAMELESS = bytes(16)


def snapshot(session, channel, epoch):
    """buckets.bin, tree.bin, and each kind's base filter body, of a channel's first snapshot in an epoch."""
    labels = labels_by_token(session, channel, epoch)
    geometry = Geometry.for_entries(len(labels))
    buckets = defaultdict(list)
    for secret, label in labels.items():
        entry = _core.seal(secret, label.to_bytes(), channel, epoch)
        buckets[token.bucket_index(secret, geometry.bits)].append(entry)
    keys = filter_keys(session, channel, epoch)
    slots = [b"".join(sorted(buckets[i])).ljust(geometry.stride, b"\x00") for i in range(geometry.buckets)]
    tree = merkle.build([merkle.leaf_hash(each) for each in slots])
    filters = {kind: build_body(b"".join(keys[kind]), Algorithm.FUSE16).to_bytes() for kind in Kind}
    return b"".join(slots), tree, filters


def filter_keys(session, channel, epoch):
    """Each kind's filter keys, 8 bytes each."""
    keys = {kind: [] for kind in Kind}
    for secret, label in labels_by_token(session, channel, epoch).items():
        for kind in Kind:
            if label.canary or (label.exposed if kind is Kind.EXPOSURE else label.malicious):
                keys[kind].append(secret[16:24])
    return keys


def labels_by_token(session, channel, epoch):
    """Each token of an epoch's snapshot, with its label."""
    labels = labels_by_element(session, channel)
    shift = session.keyring.scalar("vault").shift_to(session.channel_key(channel, epoch))
    inputs = [name.encode() for name in CANARIES]
    data = _core.tokenise(inputs, session.keyring.scalar("vault"))
    labels |= {data[at : at + 32]: Label(canary=True) for at in range(0, len(data), 32)}
    tokens = token.tokens(_core.shift(b"".join(labels), shift), channel, epoch)
    return dict(zip(tokens, labels.values(), strict=True))


def labels_by_element(session, channel):
    """Each element's label in the channel."""
    row = session.control.channel(channel)
    profile = Profile(row.profile)
    datasets = [
        each
        for each in session.control.datasets(active_only=True)
        if not (each.sensitive and profile is Profile.COARSE)
    ]
    order = sorted(datasets, key=lambda each: (each.seized_on is not None, each.seized_on, each.id), reverse=True)
    rows = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for each in datasets:
        for load in session.control.loads(each.slug):
            for partition in range(PARTITIONS):
                for one in rows_of(session.vault, partition, [load]):
                    rows[one["element"]][each.id][one["account"]].append((one["count"], one["month"]))
    return {element: label_of(by_dataset, order, profile) for element, by_dataset in rows.items()}


def label_of(by_dataset, order, profile):
    accounts, month, cases, kinds = 0, 0, [], set()
    for each in (each for each in order if each.id in by_dataset):
        by_account = by_dataset[each.id]
        cases.append(each.id)
        kinds.add(Kind(each.kind))
        month = max([month, *(month for seen in by_account.values() for _, month in seen)])
        if each.kind == Kind.MALICIOUS:
            accounts += sum(1 if name != NAMELESS else sum(c for c, _ in seen) for name, seen in by_account.items())
    return Label(
        exposed=Kind.EXPOSURE in kinds,
        malicious=Kind.MALICIOUS in kinds,
        accounts=profile.accounts(min(accounts, MAX_ACCOUNTS)),
        month=profile.month(month),
        cases=tuple(cases[:3]),
        more=len(cases) > 3,
    )
