"""Write a synthetic seizure from a seed: messy files, and a file with the answers that must be found in them.

    OUT/village-accounts/    accounts.xlsx and accounts_gb18030.csv: villagers' numbers and the accounts on them
    OUT/stolen-records/      three files with different layouts: names, villages and ID-like columns next to the phone
    OUT/truth.jsonl          one line per number: what must be found
    OUT/outside.txt          100,000 numbers that are in no file

The truth is drawn first and the files are written from it, so it does not depend on how pilookup reads them.
"""

import argparse
import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

VILLAGERS = 18_800
ACCOUNTS = 103_000
RECORDS = 600_000
OUTSIDE = 100_000
RUBBISH = 0.02
"""Share of rows that are followed by one without a number."""
REPEATED = 0.05
"""Share of rows that are repeated in their file."""
IN_BOTH_FILES = 0.03
"""Share of account rows that are in both account files."""

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红"
VILLAGES = ("上河", "下坪", "石桥", "柳林", "东庄", "西沟", "南塘", "北岭", "青山", "白水")
PLATFORMS = ("淘卖卖", "快聊", "付付通", "短剧社", "出行易")
PREFIXES = ("133", "135", "136", "138", "139", "150", "152", "158", "159", "176", "180", "186", "188", "191", "198")
VIRTUAL = ("165", "167", "170", "171", "162")
AREAS = ("010", "021", "0755", "0571", "028")
RUBBISH_CELLS = ("", "无", "不详", "张三", "N/A", "1.38E+10", "138****1234", "10086", "95588", "12345678", "——", "待补")


@dataclass
class Person:
    """A number (E.164) and the facts about it."""

    e164: str
    stolen: bool = False
    recorded: date | None = None
    accounts: list[tuple[str, str, date]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the seizure, 1 for the full size")
    options = parser.parse_args()
    make(options.out, options.seed, options.scale)


def make(out: Path, seed: int = 1, scale: float = 1.0) -> None:
    """Write all files of a seizure. The same seed and scale give the same numbers, rows and truth.

    Args:
        out: the directory to write to.
        seed: the seed of all random choices.
        scale: size of the seizure, 1 for the full size.
    """
    source = random.Random(seed)
    numbers = draw_numbers(source, int((VILLAGERS + RECORDS + OUTSIDE) * scale * 1.02) + 100)
    villagers = [Person(next(numbers)) for _ in range(max(20, int(VILLAGERS * scale)))]
    give_accounts(source, villagers, max(100, int(ACCOUNTS * scale)))
    count = max(100, int(RECORDS * scale))
    stolen = source.sample(villagers, len(villagers) // 5)
    stolen += [Person(next(numbers)) for _ in range(count - len(stolen))]
    source.shuffle(stolen)
    for i, person in enumerate(stolen):
        person.stolen = True
        if i < len(stolen) // 3:
            person.recorded = date(2025, 1, 1) + timedelta(days=source.randrange(300))
    for folder in ("village-accounts", "stolen-records"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    write_accounts(source, out / "village-accounts", villagers)
    write_records(source, out / "stolen-records", stolen)
    everyone = {person.e164: person for person in [*villagers, *stolen]}
    write_truth(out / "truth.jsonl", everyone.values())
    outside = (next(numbers) for _ in range(max(100, int(OUTSIDE * scale))))
    (out / "outside.txt").write_text("".join(f"{number}\n" for number in outside), encoding="utf-8")


# --- numbers and the facts about them ---


def draw_numbers(source: random.Random, count: int) -> Iterator[str]:
    """Yield distinct numbers: mainland mobiles (one in eight of a virtual operator), a few landlines, a few foreign."""
    seen: set[str] = set()
    while len(seen) < count:
        number = draw_number(source)
        if number not in seen:
            seen.add(number)
            yield number


def draw_number(source: random.Random) -> str:
    """Return a random number in E.164."""
    kind = source.random()
    if kind < 0.97:
        prefix = source.choice(VIRTUAL if source.random() < 0.125 else PREFIXES)
        return f"+86{prefix}{source.randrange(10**8):08}"
    if kind < 0.99:
        return (
            f"+86{source.choice(AREAS)[1:]}{source.choice('68')}{source.randrange(1, 10)}{source.randrange(10**6):06}"
        )
    return f"+852{source.choice('69')}{source.randrange(10**7):07}"


def give_accounts(source: random.Random, villagers: list[Person], count: int) -> None:
    """Give each villager at least one account. Account names are unique, so (number, account) pairs are too."""
    start = date(2025, 3, 1)
    for i in range(count):
        person = villagers[i] if i < len(villagers) else source.choice(villagers)
        opened = start + timedelta(days=source.randrange(92))
        person.accounts.append((source.choice(PLATFORMS), f"u{i:06}{source.choice('abcdef')}", opened))


# --- how numbers are typed ---


def spell(source: random.Random, e164: str) -> str:
    """Return a number in one of the ways in which people type it."""
    national = e164[3:] if e164.startswith("+86") else ""
    if len(national) == 11 and national.startswith("1"):
        return source.choice(MOBILE_SPELLINGS)(national)
    if national:
        area = next(area for area in AREAS if ("0" + national).startswith(area))
        local = ("0" + national)[len(area) :]
        return source.choice((f"{area}-{local}", f"({area}) {local}", f"{area} {local}", f"+86 {area[1:]} {local}"))
    return source.choice((e164, f"00{e164[1:]}", f"{e164[:4]} {e164[4:8]} {e164[8:]}"))


MOBILE_SPELLINGS: tuple[Callable[[str], str], ...] = (
    *(str,) * 8,
    lambda n: f"+86{n}",
    lambda n: f"0086{n}",
    lambda n: f"86{n}",
    lambda n: f"+86 {n[:3]} {n[3:7]} {n[7:]}",
    lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
    lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}",
    lambda n: f"({n[:3]}){n[3:]}",
    lambda n: f"{n[:3]}.{n[3:7]}.{n[7:]}",
    lambda n: n.translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
    lambda n: f"手机:{n}",
    lambda n: f"电话：{n}",
    lambda n: f"tel:{n}",
    lambda n: f"'{n}",
    lambda n: f"{n}.0",
    lambda n: f"\u202a{n}\u202c",
    lambda n: f"\u200b{n}",
    lambda n: f"\u3000{n} ",
    lambda n: f"{n[0]}.{n[1:]}E+10",
)


def rubbish(source: random.Random) -> str:
    """Return the content of a phone cell that holds no number."""
    cell = source.choice((*RUBBISH_CELLS, "id", "card"))
    if cell == "id":
        return id_number(source)
    return f"62{source.randrange(10**14):014}" if cell == "card" else cell


def id_number(source: random.Random) -> str:
    """Return an identity number (18 characters) with a correct check character and a region code nobody has."""
    born = date(1940, 1, 1) + timedelta(days=source.randrange(25_000))
    body = f"99{source.randrange(10**4):04}{born:%Y%m%d}{source.randrange(1000):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
    return body + check


def name(source: random.Random) -> str:
    """Return a personal name."""
    return source.choice(SURNAMES) + "".join(source.sample(GIVEN, source.choice((1, 2))))


def village(source: random.Random) -> str:
    """Return a village and a group in it."""
    return f"{source.choice(VILLAGES)}村{source.randrange(1, 30)}组"


# --- files ---


def write_accounts(source: random.Random, folder: Path, villagers: list[Person]) -> None:
    """Write the accounts into two files with different layouts. Some are in both files, some twice in one."""
    rows = [(person.e164, *account) for person in villagers for account in person.accounts]
    source.shuffle(rows)
    middle = len(rows) // 2
    both = source.sample(rows, int(len(rows) * IN_BOTH_FILES))
    write_xlsx(source, folder / "accounts.xlsx", with_repeats(source, rows[:middle] + both))
    write_account_csv(source, folder / "accounts_gb18030.csv", with_repeats(source, rows[middle:] + both))


Account = tuple[str, str, str, date]


def write_xlsx(source: random.Random, path: Path, rows: list[Account]) -> None:
    """Write a workbook: a title row, a blank row, then the header. One number in four is a numeric cell."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    # A fixed time keeps the bytes the same for one seed. xlsxwriter ignores a date that is no datetime.
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
    sheet = book.add_worksheet("账号明细")
    sheet.write_string(0, 0, "涉案账号明细表")
    for column, title in enumerate(("序号", "平台", "账号", "注册手机号", "注册时间")):
        sheet.write_string(2, column, title)
    at = 3
    for e164, platform, account, opened in with_rubbish(source, rows):
        sheet.write_number(at, 0, at - 2)
        sheet.write_string(at, 1, platform)
        sheet.write_string(at, 2, account)
        if len(e164) == 14 and e164.startswith("+861") and source.random() < 0.25:
            sheet.write_number(at, 3, float(e164[3:]))
        else:
            sheet.write_string(at, 3, spell(source, e164) if e164 else rubbish(source))
        sheet.write_datetime(at, 4, opened)
        at += 1
    book.close()


def write_account_csv(source: random.Random, path: Path, rows: list[Account]) -> None:
    with path.open("w", encoding="gb18030", newline="", errors="strict") as file:
        writer = csv.writer(file)
        writer.writerow(("归属平台", "手机号码", "用户账号", "注册日期", "备注"))
        for e164, platform, account, opened in with_rubbish(source, rows):
            cell = spell(source, e164) if e164 else rubbish(source)
            writer.writerow((platform, cell, account, f"{opened.year}年{opened.month}月{opened.day}日", ""))


def write_records(source: random.Random, folder: Path, people: list[Person]) -> None:
    """Write the first third of the people, those with a recorded date, into one file, and the others into two."""
    third = len(people) // 3
    numbers = [person.e164 for person in people]
    write_record_csv(source, folder / "医保名单.csv", with_repeats(source, people[:third]))
    write_record_tsv(source, folder / "records_utf16.tsv.gz", with_repeats(source, numbers[third : 2 * third]))
    write_record_zip(source, folder / "more.zip", with_repeats(source, numbers[2 * third :]))


def write_record_csv(source: random.Random, path: Path, people: list[Person]) -> None:
    """Write CSV in UTF-8 with a byte-order mark, with a column of ID numbers next to the phone."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("姓名", "身份证号", "村组", "联系电话", "登记时间"))
        for person in people:
            row = (name(source), id_number(source), village(source))
            writer.writerow((*row, spell(source, person.e164), f"{person.recorded:%Y/%m/%d}"))
            if source.random() < RUBBISH:
                writer.writerow((*row, rubbish(source), ""))


def write_record_tsv(source: random.Random, path: Path, numbers: list[str]) -> None:
    """Write a gzip file of tab-separated UTF-16, with several numbers in some cells."""
    raw = gzip.GzipFile(filename="", mode="wb", fileobj=path.open("wb"), mtime=0)
    with raw.fileobj, raw, io.TextIOWrapper(raw, encoding="utf-16", newline="") as file:  # type: ignore[union-attr]
        file.write("户主\t卡号\t手机\t住址\r\n")
        waiting: list[str] = []
        for number in with_blanks(source, numbers):
            waiting.append(spell(source, number) if number else "")
            if not number or source.random() < 0.9:
                cell = source.choice(("/", "、", ";")).join(filter(None, waiting)) or rubbish(source)
                waiting.clear()
                file.write(f"{name(source)}\t62{source.randrange(10**14):014}\t{cell}\t{village(source)}\r\n")
        if waiting:
            file.write(f"{name(source)}\t\t{'/'.join(waiting)}\t{village(source)}\r\n")


def write_record_zip(source: random.Random, path: Path, numbers: list[str]) -> None:
    """Write a ZIP archive with a semicolon-separated GB18030 file and a plain list of numbers."""
    half = len(numbers) // 2
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=";")
    writer.writerow(("编号", "name", "mobile", "id_card"))
    for i, number in enumerate(with_blanks(source, numbers[:half])):
        cell = spell(source, number) if number else rubbish(source)
        writer.writerow((f"R{i:07}", name(source), cell, id_number(source)))
    plain = (spell(source, number) if number else rubbish(source) for number in with_blanks(source, numbers[half:]))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text, encoding in (
            ("导出/table.csv", table.getvalue(), "gb18030"),
            ("导出/numbers.txt", "".join(f"{line}\n" for line in plain), "utf-8"),
        ):
            archive.writestr(zipfile.ZipInfo(member, (2026, 1, 1, 0, 0, 0)), text.encode(encoding))


def with_repeats(source: random.Random, rows: list[Any]) -> list[Any]:
    """Return the rows with some of them repeated, shuffled."""
    repeated = [*rows, *source.sample(rows, int(len(rows) * REPEATED))]
    source.shuffle(repeated)
    return repeated


def with_rubbish(source: random.Random, rows: Iterable[Account]) -> Iterator[Account]:
    """Yield the rows, and between them some without a number, whose phone cell will hold rubbish."""
    for row in rows:
        yield row
        if source.random() < RUBBISH:
            yield ("", *row[1:])


def with_blanks(source: random.Random, numbers: Iterable[str]) -> Iterator[str]:
    """Yield the numbers, and between them some empty strings, whose cells will hold rubbish."""
    for number in numbers:
        yield number
        if source.random() < RUBBISH:
            yield ""


def write_truth(path: Path, people: Iterable[Person]) -> None:
    """Write what must be found: one JSON object per number."""
    with path.open("w", encoding="utf-8") as file:
        for person in people:
            seen = [opened for _, _, opened in person.accounts] + ([person.recorded] if person.recorded else [])
            line = {
                "identifier": f"tel:{person.e164}",
                "exposed": person.stolen,
                "malicious": bool(person.accounts),
                "accounts": len(person.accounts),
                "last_seen": f"{max(seen):%Y-%m}" if seen else None,
            }
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
