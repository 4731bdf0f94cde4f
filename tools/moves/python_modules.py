"""The move of the Python modules into the layout of docs/adr/0013: run from the top of the repository, with ruff on PATH.

Running it on the parent of the commit "pilookup: move modules ..." gives that commit.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from engine import Mover, Plan, tidy, tracked

LIBRARY = {
    "pilookup.identifier.decide": "pilookup.identifier.rules",
    "pilookup.identifier.dressing": "pilookup.identifier.affixes",
    "pilookup.identifier.library": "pilookup.identifier.libphonenumber",
    "pilookup.compute": "pilookup.compute.executors",
    "pilookup.keyring.lock": "pilookup.keyring.master_key",
    "pilookup.keyring.sealed": "pilookup.keyring.key_file",
    "pilookup.keyring.files": "pilookup.keyring.private_file",
    "pilookup.keyring.secret": "pilookup.keyring.passphrase",
    "pilookup.protocol.proof": "pilookup.protocol.proof_of_work",
    "pilookup.protocol.snapshot": "pilookup.protocol.buckets",
    "pilookup.checking.patience": "pilookup.checking.retries",
    "pilookup.checking.buckets": "pilookup.checking.bucket_cache",
    "pilookup.custody.window": "pilookup.compute.window",
    "pilookup.custody.filter_file": "pilookup.release_files.filter_file",
    "pilookup.custody.filter_keys": "pilookup.release_files.filter_keys",
    "pilookup.custody.verify": "pilookup.release_files.verify",
    "pilookup.cli.session": "pilookup.cli.opening",
    **{
        f"pilookup.cli.{name}_": f"pilookup.cli.commands.{name}"
        for name in ("check", "erase", "init", "load", "publish", "rotate", "status", "verify", "withdraw")
    },
}

CUSTODY = {
    "founding": "initialise",
    "specify": "datasets",
    "erase": "removal",
    "workshop": "task_keyring",
    "control.store": "control.control_database",
    "control.rows": "control.tables",
    "migrations.env": "control.migrations.env",
    "migrations.versions.0001_first_tables": "control.migrations.versions.0001_first_tables",
    "vault.rows": "vault.schema",
    "vault.part": "load.sorted_file",
    "vault.writer": "load.staging",
    "load": "load.load",
    "reader": "load.schedule",
    "pieces": "load.split_task",
    "streamed": "load.streaming",
    "shards": "load.shard_task",
    "publish": "publish.publish",
    "bring_up": "publish.epoch_release",
    "build": "publish.assemble",
    "parts": "publish.division",
    "sealing": "publish.entry_task",
    "merge": "publish.labels",
    "spill": "publish.spill_file",
    "layout": "publish.bucket_task",
    "readback": "publish.canaries",
    "filters": "publish.filters.schedule",
    "filter_tasks": "publish.filters.tasks",
    "key_sources": "publish.filters.keys",
    "intake.reading": "intake.read",
    "intake.plain": "intake.splits",
    "intake.source": "intake.files.source",
    "intake.archive": "intake.files.archive",
    "intake.formats": "intake.files.formats",
    "intake.encoding": "intake.files.encoding",
    "intake.table": "intake.tables.table",
    "intake.text": "intake.tables.text",
    "intake.records": "intake.tables.records",
    "intake.dialect": "intake.tables.dialect",
    "intake.workbook": "intake.tables.workbook",
    "intake.sheets": "intake.tables.sheets",
    "intake.parquet": "intake.tables.parquet",
    "intake.arrow": "intake.tables.arrow",
    "intake.columns": "intake.columns.detect",
    "intake.names": "intake.columns.headers",
    "intake.months": "intake.columns.months",
    "intake.cells": "intake.columns.phone_cells",
    "intake.normalise": "intake.rows.normalise",
    "intake.extract": "intake.rows.split_reader",
    "intake.packed": "intake.rows.packed",
}

SERVER = {
    "serve": "commands.serve",
    "page_command": "commands.page",
    "start": "process.start",
    "workers": "process.supervisor",
    "worker": "process.worker",
    "limits.head": "process.header_limits",
    "channel": "release.loaded_release",
    "files": "release.verified_file",
    "watch": "release.watcher",
    "renew": "release.timestamp",
    "keys": "keys.online_keys",
    "keyring_keys": "keys.keyring_adapter",
    "waiting": "evaluation_batcher",
    "access": "middleware.access_log",
    "headers": "middleware.response_headers",
    "limits.requests": "middleware.request_limits",
    "limits.address": "limits.client_address",
    "limits.gate": "limits.soft_quota",
    "limits.proof": "limits.proof_of_work",
    "limits.spent": "limits.replay",
    "routes.door": "routes.admission",
    "routes.asked": "routes.asgi_request",
    "routes.cached": "routes.conditional",
}

PACKAGES = {
    "pilookup.compute": "Where work runs: threads of this process or a cluster, and tasks in flight in their order.",
    "pilookup.release_files": "What anyone can check of published files: no secret is needed, and neither numpy nor pyarrow.",
    "pilookup.cli.commands": "One file a command; a command imports what it works with when it is called.",
    "pilookup.custody.load": "Load: seized files into the vault.",
    "pilookup.custody.publish": "Publish: the vault into a signed release.",
    "pilookup.custody.publish.filters": "The filters of an epoch: which are kept, which are built, and the tasks that build them.",
    "pilookup.custody.intake.files": "An input file: that it does not change, its format, its members, its encoding.",
    "pilookup.custody.intake.tables": "Tables: rows of text cells with their location, whatever file they come from.",
    "pilookup.custody.intake.columns": "Which columns hold what, and how one cell of each kind is read.",
    "pilookup.custody.intake.rows": "Rows of cells into identifiers, accounts and months.",
    "pilookup_server.commands": "The commands that this distribution adds to `pilookup`.",
    "pilookup_server.process": "Processes: start, supervise, answer.",
    "pilookup_server.release": "A channel's release: read, verified, followed on disk, its timestamp renewed.",
    "pilookup_server.keys": "The keys that the app asks for.",
    "pilookup_server.middleware": "ASGI middleware, listed in `app.py`.",
    "pilookup.protocol.problems": "The server's problems (RFC 9457; SPEC.md section 8.3).",
    "pilookup.release_files.files": "A published file by its digest and size.",
    "pilookup.keyring.key_ids": "Key ids: the names of keys in the two halves of HOME.",
}

C = "pilookup.custody"
SYMBOLS: dict[tuple[str, str], tuple[str | None, str | None]] = {
    # extracted into other modules
    (f"{C}.repository", "file_ref"): ("pilookup.release_files.files", None),
    (f"{C}.readback", "verify_files"): ("pilookup.release_files.verify", None),
    (f"{C}.readback", "READ_BYTES"): ("pilookup.release_files.verify", None),
    (f"{C}.readback", "_read_buckets"): ("pilookup.release_files.verify", None),
    (f"{C}.readback", "_verify_filter"): ("pilookup.release_files.verify", None),
    (f"{C}.catalogue", "DATA_CLASSES"): (f"{C}.datasets", None),
    (f"{C}.catalogue", "ADVICE"): (f"{C}.datasets", None),
    (f"{C}.catalogue", "case_of"): (f"{C}.datasets", None),
    (f"{C}.session", "OFFLINE_ROLES"): ("pilookup.keyring.key_ids", None),
    (f"{C}.session", "key_ids"): ("pilookup.keyring.key_ids", "role_key_ids"),
    (f"{C}.session", "channel_key_id"): ("pilookup.keyring.key_ids", None),
    ("pilookup.protocol.messages", "Problem"): ("pilookup.protocol.problems", None),
    ("pilookup.protocol.messages", "PROBLEM_JSON"): ("pilookup.protocol.problems", None),
    ("pilookup.protocol.messages", "_dump"): ("pilookup.protocol.encoding", "encode_object"),
    ("pilookup.protocol.messages", "_load"): ("pilookup.protocol.encoding", "decode_object"),
    ("pilookup.protocol.messages", "_unique"): ("pilookup.protocol.encoding", None),
    ("pilookup.protocol.messages", "_ENCODER"): ("pilookup.protocol.encoding", None),
    ("pilookup.protocol.messages", "_DECODER"): ("pilookup.protocol.encoding", None),
    # renamed
    (f"{C}.founding", "found"): (None, "initialise_home"),
    (f"{C}.bring_up", "Maker"): (None, "EpochBuilder"),
    (f"{C}.bring_up", "Means"): (None, "BuildState"),
    (f"{C}.workshop", "lend"): (None, "register_keyring"),
    (f"{C}.workshop", "keyring_of"): (None, "keyring_for"),
    (f"{C}.workshop", "store_of"): (None, "store_for"),
    (f"{C}.specify", "settle"): (None, "resolve_dataset"),
    (f"{C}.pieces", "settle_erased"): (None, "count_erased"),
    (f"{C}.pieces", "PieceTask"): (None, "SplitTask"),
    (f"{C}.pieces", "PieceOutcome"): (None, "SplitOutcome"),
    (f"{C}.pieces", "run_piece"): (None, "run_split"),
    (f"{C}.pieces", "HeldPiece"): (None, "MemorySplitTask"),
    (f"{C}.pieces", "HeldOutcome"): (None, "MemorySplitOutcome"),
    (f"{C}.pieces", "PartMaker"): (None, "SortedFileWriter"),
    (f"{C}.reader", "PIECE_BYTES"): (None, "SPLIT_BYTES"),
    (f"{C}.reader", "WAITING"): (None, "QUEUED_SPLITS"),
    (f"{C}.reader", "Reader"): (None, "LoadSchedule"),
    (f"{C}.streamed", "PART_ROWS"): (None, "SORTED_FILE_ROWS"),
    (f"{C}.streamed", "Streamed"): (None, "StreamingReader"),
    (f"{C}.load", "LoadOrder"): (None, "LoadJob"),
    (f"{C}.load", "_signature"): (None, "_file_id"),
    (f"{C}.build", "Order"): (None, "PublishJob"),
    (f"{C}.build", "Built"): (None, "BuiltEpoch"),
    (f"{C}.filters", "FilterOrder"): (None, "FilterJob"),
    (f"{C}.filter_tasks", "PartTask"): (None, "FilterPartTask"),
    (f"{C}.layout", "LayOutTask"): (None, "BucketTask"),
    (f"{C}.layout", "lay_out_range"): (None, "write_bucket_range"),
    (f"{C}.layout", "range_path"): (None, "bucket_range_path"),
    (f"{C}.sealing", "SealTask"): (None, "EntryTask"),
    (f"{C}.sealing", "seal_part"): (None, "write_entries"),
    (f"{C}.sealing", "SealedPart"): (None, "EntryOutcome"),
    (f"{C}.parts", "Part"): (None, "VaultRange"),
    (f"{C}.parts", "parts"): (None, "vault_ranges"),
    (f"{C}.parts", "ranges"): (None, "bucket_range_count"),
    (f"{C}.parts", "SMALLEST_PART"): (None, "SMALLEST_VAULT_RANGE"),
    (f"{C}.parts", "LARGEST_PART"): (None, "LARGEST_VAULT_RANGE"),
    (f"{C}.parts", "LARGEST_RANGE"): (None, "LARGEST_BUCKET_RANGE"),
    (f"{C}.merge", "merge"): (None, "merge_rows"),
    (f"{C}.merge", "Merged"): (None, "MergedRows"),
    (f"{C}.spill", "RANGES"): (None, "BUCKET_RANGES"),
    (f"{C}.spill", "RANGE_BITS"): (None, "BUCKET_RANGE_BITS"),
    (f"{C}.vault.part", "RANGES"): (None, "COARSE_SPANS"),
    (f"{C}.vault.part", "write_part"): (None, "write_sorted_file"),
    (f"{C}.vault.vault", "place"): (None, "shard_aad"),
    (f"{C}.vault.vault", "UNSETTLED"): (None, "PENDING"),
    (f"{C}.vault.writer", "Staged"): (None, "StagedLoad"),
    (f"{C}.control.store", "Control"): (None, "ControlDatabase"),
    (f"{C}.window", "Window"): (None, "OrderedWindow"),
    (f"{C}.intake.plain", "Piece"): (None, "FileSplit"),
    (f"{C}.intake.plain", "pieces"): (None, "file_splits"),
    (f"{C}.intake.plain", "streamed_pieces"): (None, "memory_splits"),
    (f"{C}.intake.extract", "PieceReader"): (None, "SplitReader"),
    (f"{C}.intake.source", "Part"): (None, "Member"),
    (f"{C}.intake.source", "Signature"): (None, "FileId"),
    (f"{C}.intake.source", "signature"): (None, "file_id"),
    (f"{C}.intake.archive", "gzip_part"): (None, "gzip_member"),
    (f"{C}.intake.archive", "zip_parts"): (None, "zip_members"),
    ("pilookup.errors", "MissingPartError"): (None, "MissingExtraError"),
    ("pilookup.keyring.secret", "read_secret"): (None, "read_passphrase"),
    ("pilookup.keyring.secret", "stored_secret"): (None, "stored_passphrase"),
    ("pilookup.keyring.lock", "MasterLock"): (None, "MasterKeyFile"),
    ("pilookup_server.waiting", "Waiting"): (None, "EvaluationBatcher"),
    ("pilookup_server.channel", "Layer"): (None, "LoadedRelease"),
    ("pilookup_server.channel", "load_layer"): (None, "load_release"),
    ("pilookup_server.channel", "ChannelState"): (None, "ServedState"),
    ("pilookup_server.watch", "Channel"): (None, "ReleaseWatcher"),
    ("pilookup_server.watch", "Identity"): (None, "FileIds"),
    ("pilookup_server.limits.gate", "Gate"): (None, "SoftQuota"),
    ("pilookup_server.limits.spent", "Spent"): (None, "ReplayGuard"),
    ("pilookup_server.limits.spent", "SpentHere"): (None, "LocalReplayGuard"),
    ("pilookup_server.limits.spent", "SpentShared"): (None, "SharedReplayGuard"),
    ("pilookup_server.limits.address", "Callers"): (None, "ClientAddresses"),
    ("pilookup_server.limits.proof", "Proofs"): (None, "ProofsOfWork"),
    ("pilookup_server.limits.head", "BoundedHead"): (None, "BoundedHeaderProtocol"),
    ("pilookup_server.routes.door", "Visit"): (None, "AuthorizedRequest"),
    ("pilookup_server.routes.door", "enter"): (None, "admit"),
    ("pilookup_server.access", "Access"): (None, "AccessLog"),
}

SHARED_BY_TESTS = {
    "test_intake_pieces": (
        "tests.support.intake.texts",
        (
            "strings",
            "slowly",
            "fast",
            "outcome",
            "assert_same",
            "PHONES",
            "ACCOUNTS",
            "DATES",
            "NAMES",
            "ENDS",
            "messy",
            "OPTIONS",
            "ENCODED",
        ),
    ),
    "test_intake_streamed": ("tests.support.intake.kept", ("Kept",)),
    "test_checking_attacks": ("tests.support.checking.asking", ("BOTH", "on", "assert_unknown")),
}
"""What a test module took from another one: it stands in a helper now."""
SYMBOLS |= {(module, name): (home, None) for module, (home, names) in SHARED_BY_TESTS.items() for name in names}
PACKAGES |= {
    "tests.support.intake.texts": "Texts as they are seized, and the two ways to read them: by splits and line by line.",
    "tests.support.intake.kept": "A writer of sorted files that keeps what it is given.",
    "tests.support.checking.asking": "What tests of the client ask for, and how an answer is changed on the way.",
}

PREFIXES = {
    "attacks": ("test_attack_", "attack_"),
    "benchmarks": ("test_bench_",),
    "checking": ("test_checking_", "checking_"),
    "custody": ("test_custody_", "custody_"),
    "docs": ("test_docs_", "docs_"),
    "identifier": ("test_identifier_",),
    "intake": ("test_intake_",),
    "keyring": ("test_keyring_",),
    "page": ("test_page_", "page_"),
    "protocol": ("test_protocol_",),
    "server": ("test_server_",),
    "whole": ("test_whole_", "whole_"),
}
"""What file names repeat of the name of their folder."""

TEST_NAMES = {
    "tests/custody/test_custody_streamed.py": "tests/custody/test_streaming.py",
    "tests/custody/test_workshop.py": "tests/custody/test_task_keyring.py",
    "tests/custody/test_custody_erase.py": "tests/custody/test_removal.py",
    "tests/custody/test_custody_spill.py": "tests/custody/test_sorted_file.py",
    "tests/custody/test_custody_publish_spill.py": "tests/custody/test_spill_file.py",
    "tests/custody/test_custody_rejects.py": "tests/custody/test_rejects.py",
    "tests/intake/test_intake_pieces.py": "tests/intake/test_splits.py",
    "tests/intake/test_intake_streamed.py": "tests/intake/test_memory_splits.py",
    "tests/intake/test_intake_cells.py": "tests/intake/test_phone_cells.py",
    "tests/server/test_server_head.py": "tests/server/test_header_limits.py",
    "tests/server/test_server_waiting.py": "tests/server/test_evaluation_batcher.py",
    "tests/server/test_server_proof.py": "tests/server/test_proof_of_work.py",
    "tests/checking/test_checking_proof.py": "tests/checking/test_proof_of_work.py",
    "tests/protocol/test_protocol_proof.py": "tests/protocol/test_proof_of_work.py",
    "tests/protocol/test_protocol_snapshot.py": "tests/protocol/test_buckets.py",
    "tests/docs/test_docs_places.py": "tests/docs/test_paths.py",
    "tests/checking/test_checking_parts.py": "tests/checking/test_extras.py",
}


def test_moves() -> tuple[dict[str, str], dict[str, str]]:
    """Test files by path, and the helpers beside them as modules of `tests.support`."""
    paths, modules = {}, {}
    for path in tracked("tests"):
        if not path.endswith(".py") or path.endswith("conftest.py") or path == "tests/ready.py":
            continue
        _, folder, name = path.split("/", 2)
        if "/" in name or folder in ("vectors", "compatibility"):
            continue
        short = name
        for prefix in PREFIXES.get(folder, ()):
            if name.startswith(prefix):
                short = ("test_" if prefix.startswith("test_") else "") + name.removeprefix(prefix)
                break
        if name.startswith("test_"):
            paths[path] = TEST_NAMES.get(path, f"tests/{folder}/{short}")
        else:
            modules[name.removesuffix(".py")] = f"tests.support.{folder}.{short.removesuffix('.py')}"
    modules["ready"] = "tests.support.ready"
    modules["old_homes"] = "tests.support.compatibility.homes"
    return paths, modules


EDITS: dict[str, list[tuple[str, str]]] = {
    "pilookup/cli/app.py": [('f"pilookup.cli.{name}_"', 'f"pilookup.cli.commands.{name}"')],
    "pilookup/custody/control/migrate.py": [
        ('Path(__file__).parent.parent / "migrations"', 'Path(__file__).parent / "migrations"')
    ],
    "pyproject.toml": [
        (
            'extend-exclude = ["pilookup/custody/migrations"]',
            'extend-exclude = ["pilookup/custody/control/migrations"]',
        ),
        (
            'testpaths = ["tests"]\naddopts = "',
            'testpaths = ["tests"]\npythonpath = ["."]\naddopts = "--import-mode=importlib ',
        ),
    ],
}

EDITS |= {
    "pilookup/custody/load.py": [
        (
            (
                "key. The work is cut into tasks (`split_task.py`, then `shard_task.py`) that run on threads or on other machines, and "
                "what they\nmake does not depend on how it was cut. The one step that makes a load count is the transaction at the "
                "end. A command\nkilled before leaves remains that the next one sweeps away; a command killed after has loaded."
            ),
            (
                "key. The work is cut into tasks (`split_task.py`, then `shard_task.py`) that run on threads or on other machines, "
                "and\nwhat they make does not depend on how it was cut. The one step that makes a load count is the transaction at "
                "the end. A\ncommand killed before leaves remains that the next one sweeps away; a command killed after has loaded."
            ),
        ),
    ],
    "pilookup/custody/vault/writer.py": [
        (
            "000007.spill, the vault rows of part 7 (`sorted_file.py`); 000007.rejects, its refused cells, sealed too",
            "000007.spill, the vault rows of part 7 (`sorted_file.py`);\n                    000007.rejects, its refused cells, sealed too",
        ),
    ],
}

EDITS["tests/compatibility/old_homes.py"] = [
    ("HERE = Path(__file__).parent\n", 'HERE = Path(__file__).parents[2] / "compatibility"\n')
]
UP = [("parents[2]", "parents[3]")]
EDITS |= {
    "tests/attacks/attack_asking.py": [("parents[1]", "parents[2]")],
    "tests/docs/docs_home.py": UP,
    "tests/docs/documents.py": UP,
    "tests/page/page_words.py": UP,
    "tests/custody/test_custody_kill.py": [
        ("sys.path.insert(0, {here!r})\n", "sys.path.insert(0, {here!r})\n"),
        ("from custody_home import opened, run_load\n", "from tests.support.custody.home import opened, run_load\n"),
        ("from pilookup.custody.removal import erase\nwith", "from pilookup.custody.removal import erase\nwith"),
        ("HERE = str(Path(__file__).parent)", "HERE = str(Path(__file__).parents[2])"),
    ],
    "tests/custody/test_custody_memory.py": [
        ("from custody_home import opened, run_load\n", "from tests.support.custody.home import opened, run_load\n"),
        ("from pilookup.custody import reader\n", "from pilookup.custody.load import schedule\n"),
        ("reader.PIECE_BYTES", "schedule.SPLIT_BYTES"),
        ("HERE = str(Path(__file__).parent)", "HERE = str(Path(__file__).parents[2])"),
    ],
}

TEXTS: list[tuple[str, str]] = []


def main() -> None:
    paths, helpers = test_moves()
    modules = {
        **LIBRARY,
        **{f"{C}.{old}": f"{C}.{new}" for old, new in CUSTODY.items()},
        **{f"pilookup_server.{old}": f"pilookup_server.{new}" for old, new in SERVER.items()},
        **helpers,
    }
    Mover(Plan(modules, SYMBOLS, PACKAGES, paths, EDITS, TEXTS)).run()
    for emptied in ("pilookup/custody/catalogue.py",):
        subprocess.run(["git", "rm", "--quiet", "--force", emptied], check=True)
    tidy()


if __name__ == "__main__":
    main()
