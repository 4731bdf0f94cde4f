"""Everything that the platform and the serving machine wrote in a day, and what must not be in it."""

import base64
import subprocess

import duckdb
import pyarrow as pa
import pyarrow.parquet
import redis

from pilookup import _core
from pilookup.keyring import Half, Keyring
from pilookup.protocol.token import tokens
from tests.support.custody.postgresql import program
from tests.support.platform_day.police import CUSTODY
from tests.support.platform_day.shop import number
from tests.support.whole.spellings import spellings

_TABLES = {"joins": "joins/*/*.parquet", "release": "release/*/*.parquet", "results": "results/*.parquet"}


def written(day):
    """Every byte by where it was found; tables of Parquet also as the values that they have."""
    _make_warehouse(day.shop)
    files = [path for folder in (day.shop.folder, day.serving.folder) for path in folder.rglob("*") if path.is_file()]
    files += [path for path in (day.cluster.folder / "data" / "pg_wal").rglob("*") if path.is_file()]
    files += [day.cluster.folder / "log"]
    seen = {str(path): path.read_bytes() for path in files if path != day.shop.table}
    seen |= {f"{path} (values)": values(path) for path in day.shop.out.rglob("*.parquet")}
    dump = [program("pg_dump"), f"--dbname={day.serving.database_url}"]
    seen["PostgreSQL"] = subprocess.run(dump, check=True, capture_output=True).stdout
    seen["Valkey"] = _valkey(day.valkey_port)
    return seen


def values(path):
    """The values of a table, uncompressed."""
    sink = pa.BufferOutputStream()
    table = pyarrow.parquet.read_table(path)
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _make_warehouse(shop):
    """Load what may be loaded into a warehouse, as docs/operations/rescreen.md says."""
    with duckdb.connect(shop.folder / "warehouse.duckdb") as database:
        for name, pattern in _TABLES.items():
            query = f"SELECT * FROM read_parquet('{shop.out}/{pattern}', hive_partitioning = true)"
            database.execute(f"CREATE TABLE {name} AS {query}")


def _valkey(port):
    with redis.Redis(port=port) as client:
        keys = list(client.scan_iter())
        assert keys, "quotas were counted here"
        return b"\n".join(part for key in keys for part in (key, client.dump(key) or b""))


def found_in(seen, form):
    """Where a form is."""
    return [place for place, data in seen.items() if form in data]


def secret_forms(day, index):
    """Every form of a user's number, and of its element and token in each epoch, each with its name."""
    for at, form in enumerate(spellings(number(index))):
        yield f"spelling {at}", form
    keyring = Keyring.unlock(day.police.home / "custody", Half.CUSTODY, CUSTODY)
    for epoch in (1, 2):
        element = _core.tokenise([f"tel:+86{number(index)}".encode()], keyring.scalar(f"channel-platform-{epoch}"))
        (token,) = tokens(element, "platform", epoch)
        parts = {
            "element": element,
            "bucket bits and tag": token[:8],
            "filter key": token[16:24],
            "label key": token[32:],
            "first half of the label key": token[32:48],
        }
        for name, part in parts.items():
            for form in (part, part.hex().encode(), base64.urlsafe_b64encode(part).rstrip(b"=")):
                yield f"{name} of epoch {epoch}", form
