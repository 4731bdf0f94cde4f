"""Write the core's numbering plans from the metadata of the pinned Python library `phonenumbers`.

The core then reads numbers without the library, and every installation reads them alike. A test fails when the file
does not match the installed library.

    python tools/numbering_plan.py            write rust/core/src/identifier/plan_table.rs
    python tools/numbering_plan.py --check    exit with 1 if the file is out of date
"""

import sys
from pathlib import Path

import phonenumbers
from digit_patterns import EMPTY, Automata, parse
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

FILE = Path(__file__).parents[1] / "rust" / "core" / "src" / "identifier" / "plan_table.rs"
KINDS = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail", "fixed_line",
    "mobile",
)  # fmt: skip
ACCEPTS = 0x8000
NO_COUNTRY = "001"


def metadata_of(code, region):
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if found is None:
        raise ValueError(f"phonenumbers has no metadata for +{code}")
    return found


def matching(automata, desc):
    """The numbers that match one description; none if it has no pattern."""
    if desc is None or not desc.national_number_pattern:
        return EMPTY
    found = automata.whole(parse(desc.national_number_pattern))
    return automata.of_lengths(found, desc.possible_length) if desc.possible_length else found


def valid_in(automata, metadata):
    """The valid numbers of one region: those of a kind that match the general description too."""
    kinds = EMPTY
    for kind in KINDS:
        kinds = automata.union(kinds, matching(automata, getattr(metadata, kind)))
    return automata.both(matching(automata, metadata.general_desc), kinds)


def valid(automata, code):
    """The valid numbers of a calling code. The first region that a number belongs to decides."""
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    if len(regions) == 1:
        return valid_in(automata, metadata_of(code, regions[0]))
    found = EMPTY
    for region in reversed(regions):
        metadata = metadata_of(code, region)
        own = valid_in(automata, metadata)
        if metadata.leading_digits is None:
            found = automata.union(own, found)
        else:
            found = automata.choose(parse(metadata.leading_digits), own, found)
    return found


def mask(lengths):
    return sum(1 << length for length in lengths)


def transform(rule, code):
    """A transform rule as Rust: the literal digits and groups, in order."""
    if not rule:
        return "None"
    parts, at = [], 0
    while at < len(rule):
        if rule[at] == "\\":
            parts.append(f"Part::Group({int(rule[at + 1])})")
            at += 2
        elif rule[at].isdigit():
            parts.append(f"Part::Digit(b'{rule[at]}')")
            at += 1
        else:
            raise ValueError(f"the transform rule of +{code} has a form that the core does not implement")
    return f"Some(&[{', '.join(parts)}])"


def plan(automata, code):
    """The plan of one calling code."""
    metadata = metadata_of(code, COUNTRY_CODE_TO_REGION_CODE[code][0])
    general = metadata.general_desc
    if not general.possible_length or min(general.possible_length) < 1:
        raise ValueError(f"the metadata of +{code} has no lengths")
    prefix = metadata.national_prefix_for_parsing
    return {
        "code": code,
        "in_a_country": COUNTRY_CODE_TO_REGION_CODE[code] != (NO_COUNTRY,),
        "lengths": mask(general.possible_length),
        "local": mask(general.possible_length_local_only),
        "general": automata.whole(parse(general.national_number_pattern)),
        "valid": valid(automata, code),
        "prefix": parse(prefix) if prefix else None,
        "transform": transform(metadata.national_prefix_transform_rule, code),
    }


def rust(one, place):
    """The Rust source of a plan. `place` has the final number of each state."""
    prefix = one["prefix"]
    return (
        f"    Plan {{ code: {one['code']}, in_a_country: {str(one['in_a_country']).lower()}, lengths: {one['lengths']:#x}, local: {one['local']:#x}, "
        f"general: State({place[one['general']]}), valid: State({place[one['valid']]}), "
        f"prefix: {f'Some(&{prefix.rust()})' if prefix else 'None'}, groups: {prefix.groups() if prefix else 0}, "
        f"transform: {one['transform']} }},"
    )


def reachable(automata, roots):
    """The states that can be reached from the roots, in the order in which they are first met."""
    order, waiting, seen = [], list(reversed(roots)), {EMPTY}
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            order.append(state)
            waiting.extend(reversed(automata.states[state][1]))
    return [EMPTY, *order]


def table(automata, order):
    """Ten numbers a state: the next state for each digit, with the top bit set if a number may end there."""
    place = {state: at for at, state in enumerate(order)}
    if len(order) >= ACCEPTS:
        raise ValueError("there are too many states for 15 bits")
    rows = []
    for state in order:
        following = automata.states[state][1]
        cells = (place[one] | (ACCEPTS if automata.states[one][0] else 0) for one in following)
        rows.append(f"[{','.join(str(cell) for cell in cells)}],")
    return place, "\n".join(rows)


def source():
    """The source of plan_table.rs."""
    automata = Automata()
    plans = [plan(automata, code) for code in sorted(COUNTRY_CODE_TO_REGION_CODE)]
    place, rows = table(
        automata, reachable(automata, [root for one in plans for root in (one["general"], one["valid"])])
    )
    lines = "\n".join(rust(one, place) for one in plans)
    china = metadata_of(86, "CN")
    return (
        "// Generated by tools/numbering_plan.py. Do not edit.\n\n"
        "//! The numbering plans of all calling codes, from the metadata of libphonenumber.\n\n"
        "use super::{automaton::State, plan::Plan, prefix::{Node, Part}};\n\n"
        "/// The version of the Python library `phonenumbers` from which the tables are generated.\n"
        f'pub const METADATA_VERSION: &str = "{phonenumbers.__version__}";\n\n'
        "/// What is dialled in China before a calling code.\n"
        f"pub(super) static IDD: Node = {parse(china.international_prefix).rust()};\n\n"
        "/// The plans, by ascending calling code.\n"
        f"pub(super) static PLANS: [Plan; {len(plans)}] = [\n{lines}\n];\n\n"
        "/// The next state for each state and digit. The top bit is set if a number may end there.\n"
        f"pub(super) static NEXT: [[u16; 10]; {len(place)}] = [\n{rows}\n];\n"
    )


def main(arguments):
    """Write the file, or with `--check` compare it with the metadata."""
    if not arguments:
        FILE.write_text(source(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != source():
        sys.stderr.write(f"{FILE.name} does not match the installed phonenumbers: run tools/numbering_plan.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
