"""Writes the numbering plan the page knows, from the metadata of the Python library `phonenumbers`.

So page and library read a number alike, being of one version; a test fails when the file is behind the library.

    python make_plans.py            write src/identifier/china.ts
    python make_plans.py --check    exit 1 when it is behind
"""

import json
import sys
from pathlib import Path

from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

FILE = Path(__file__).parent / "src" / "identifier" / "china.ts"
KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip


def pattern(source: str | None, *, whole: bool = True) -> str:
    """A TypeScript regular expression that matches `source` at the start, or as a whole."""
    if source is None:
        raise ValueError("a pattern is missing")
    return f"/^(?:{source}){'$' if whole else ''}/"


def kinds(metadata: PhoneMetadata) -> list[PhoneNumberDesc]:
    """The kinds of number that exist in a plan."""
    found = [getattr(metadata, kind) for kind in KINDS]
    return [kind for kind in found if kind is not None and kind.national_number_pattern]


def china() -> str:
    """The source of china.ts."""
    metadata = PhoneMetadata.metadata_for_region("CN")
    if metadata is None or metadata.general_desc is None:
        raise ValueError("phonenumbers does not know China")
    general = metadata.general_desc
    if metadata.national_prefix_transform_rule or metadata.leading_digits:
        raise ValueError("the plan of China has rules that the page does not know")
    rows = "".join(
        f"  {{ lengths: {json.dumps(kind.possible_length)}, pattern: {pattern(kind.national_number_pattern)} }},\n"
        for kind in kinds(metadata)
    )
    return (
        "// Made by make_plans.py from libphonenumber's metadata. Not to be edited by hand.\n\n"
        'import type { Plan } from "./plan.ts";\n\n'
        "/** The plan of +86. */\n"
        "export const CHINA: Plan = {\n"
        '  callingCode: "86",\n'
        f"  general: {pattern(general.national_number_pattern)},\n"
        f"  lengths: {json.dumps(general.possible_length)},\n"
        f"  local: {json.dumps(general.possible_length_local_only)},\n"
        f"  prefix: {pattern(metadata.national_prefix_for_parsing, whole=False)},\n"
        "};\n\n"
        "/** What is dialled in China before a calling code. */\n"
        f"export const IDD = {pattern(metadata.international_prefix, whole=False)};\n\n"
        "/** The kinds of number that there are: a valid number is of one of them. */\n"
        f"export const KINDS: readonly {{ lengths: readonly number[]; pattern: RegExp }}[] = [\n{rows}];\n"
    )


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` compare it."""
    if not arguments:
        FILE.write_text(china(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != china():
        sys.stderr.write(f"{FILE.name} is behind phonenumbers: run make_plans.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
