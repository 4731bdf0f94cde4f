"""A publisher whose targets are all files of its epochs, as a static host and a mirror have them."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tuf.api.metadata import TargetFile, Targets

from pilookup.protocol.delta import delta_name
from pilookup.protocol.encoding import time_text
from pilookup.protocol.manifest import Manifest
from pilookup.release_files.delta_file import SnapshotBuckets, write_delta
from tests.support.checking.publisher import Publisher, ref


@dataclass
class StaticChannel(Publisher):
    """Signs releases that list every file of every epoch in `served`, newest first.

    Attributes:
        served: the epochs to list; by default the one that was published last.
        files: the files of each epoch by their plain names.
        more: further files of the next snapshot, by plain name.
        deltas: whether a snapshot lists the delta from the snapshot of its epoch before.
    """

    served: tuple[int, ...] = ()
    files: dict[int, dict[str, bytes]] = field(default_factory=dict)
    more: dict[str, bytes] = field(default_factory=dict)
    deltas: bool = False

    def release(self, manifest, epoch, own=None, custom=None):
        parsed = Manifest.from_bytes(manifest)
        buckets = self.buckets[parsed.serial]
        names = {"buckets.bin": buckets.slots, "tree.bin": buckets.tree, **self.more}
        names |= self._delta(parsed) if self.deltas and epoch in self.files else {}
        parsed.files.update({name: ref(data) for name, data in names.items()})
        manifest = parsed.to_bytes()
        self.files[epoch] = {**names, "manifest.json": manifest}
        self.sign_release(self.served or (epoch,))

    def _delta(self, manifest):
        former = Manifest.from_bytes(self.files[manifest.epoch]["manifest.json"])
        with TemporaryDirectory() as folder:
            sides = []
            for each in (former, manifest):
                path = Path(folder) / str(each.serial)
                path.write_bytes(self.buckets[each.serial].slots)
                sides.append(SnapshotBuckets(each.geometry, each.root, path))
            delta = Path(folder) / "delta"
            return {delta_name(former.serial): delta.read_bytes()} if write_delta(*sides, delta) else {}

    def sign_release(self, epochs):
        """Sign a release of these epochs, whose files were published before."""
        self.version += 1
        targets = Targets(version=self.version, expires=self.until(self.life.targets))
        newest = self.files[epochs[0]]["manifest.json"]
        targets.targets["manifest.json"] = TargetFile.from_data("manifest.json", newest, self.hashes)
        self.targets[f"{ref(newest).sha256}.manifest.json"] = newest
        for epoch in epochs:
            for name, data in self.files[epoch].items():
                path = f"epochs/{epoch}/{name}"
                target = targets.targets[path] = TargetFile.from_data(path, data, self.hashes)
                if name == "manifest.json":
                    until = time_text(self.until(self.life.epoch))
                    target.unrecognized_fields["custom"] = {"epoch": epoch, "serves_until": until}
                self.targets[f"epochs/{epoch}/{ref(data).sha256}.{name}"] = data
        self.metadata[f"{self.version}.targets.json"] = self.sign(targets, self.signers["targets"][:2])
        self.sign_snapshot()
