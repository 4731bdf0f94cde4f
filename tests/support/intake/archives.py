"""A table in archives of every format, and what is read from them."""

import bz2
import gzip
import lzma

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.read import read_file
from pilookup.errors import IntakeError
from pilookup.protocol.label import Kind
from tests.support.intake.packing import rar4, rar5, seven_zipped, tarred, zipped

CSV = b"name,phone\na,13800138000\nb,13900139000\n"
NUMBERS = ["8613800138000", "8613900139000"]


def several(pack):
    """A packer of one member by one of several."""
    return lambda name, data: pack((name, data))


ARCHIVES = {
    "zip": several(zipped),
    "tar": several(tarred),
    "7z": several(seven_zipped),
    "rar": several(rar5),
    "old.rar": several(rar4),
}
COMPRESSED = {
    "gz": lambda _, data: gzip.compress(data, mtime=0),
    "bz2": lambda _, data: bz2.compress(data),
    "xz": lambda _, data: lzma.compress(data),
}
PACKED = ARCHIVES | COMPRESSED


def read(path, *passwords):
    """The numbers in a file."""
    report, numbers = Report(), []
    for batch in read_file(path, IntakeOptions(Kind.EXPOSURE, passwords=tuple(passwords)), report):
        numbers += [identifier.decode().removeprefix("tel:+") for identifier in batch.identifiers]
    return numbers


def everything(path, content):
    """Write a file and read it; returns its numbers and the text of the error, one of the two."""
    path.write_bytes(content)
    try:
        return read(path), ""
    except IntakeError as error:
        return [], str(error)
