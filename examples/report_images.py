"""Take pictures of the report that `pilookup load --report` writes, in both languages.

    python examples/report_images.py [OUT]      (or: make images)

The report is of a dry run of a synthetic workbook and archive. Needs Debian's `chromium` and `fonts-noto-cjk`.
"""

import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import xlsxwriter
from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
LANGUAGES = ("zh", "en")
WIDTH = 960
ROWS = 2400
HEADER = ("姓名", "联系电话", "备用号码", "登记时间", "承办人电话", "备注")
PASSPHRASES = {"PILOOKUP_PASSPHRASE": "one for pictures", "PILOOKUP_ONLINE_PASSPHRASE": "another for pictures"}


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = _report(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        page.goto(report.as_uri())
        for language in LANGUAGES:
            path = out / f"report-{language}.png"
            page.locator(f"#{language}").screenshot(path=path)
            print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")
        browser.close()
    return 0


def _report(folder: Path) -> Path:
    """Load the files into a new HOME without storing them; returns the report."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    environment |= PASSPHRASES | {"PILOOKUP_HOME": str(folder / "home")}
    workbook, archive, report = folder / "村民名单.xlsx", folder / "手机取证.zip", folder / "report.html"
    _write_workbook(workbook)
    _write_archive(archive)
    _run(environment, "init", str(folder / "home"))
    files = [str(workbook), str(archive)]
    _run(
        environment,
        "load",
        *files,
        "--dataset",
        "village-2026",
        "--kind",
        "exposure",
        "--dry-run",
        "--report",
        str(report),
    )
    return report


def _write_workbook(path: Path) -> None:
    """A list of villagers in two sheets and a hidden one, with masks, words and an officer's phone."""
    drawn = random.Random(10)
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (("一组", ROWS), ("二组", ROWS // 3), ("旧名单", 40)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER)
            for row in range(1, rows + 1):
                sheet.write_row(row, 0, _row(drawn))
            if name == "旧名单":
                sheet.hide()


def _row(drawn: random.Random) -> tuple[str, ...]:
    phone = _mobile(drawn)
    odd = drawn.random()
    if odd < 0.02:
        phone = f"{phone[:3]}****{phone[7:]}"
    elif odd < 0.03:
        phone = drawn.choice(("无", "同上", "停机", phone[:9]))
    spare = _mobile(drawn) if drawn.random() < 0.3 else ""
    month = min(drawn.randint(1, 12), drawn.randint(1, 12))
    day = f"{drawn.choice((2024, 2025, 2025))}-{month:02}-{drawn.randint(1, 28):02}"
    remark = f"家属{_mobile(drawn)}" if drawn.random() < 0.04 else ""
    return (f"村民{drawn.randint(1, 900)}", phone, spare, day, "13800000110", remark)


def _mobile(drawn: random.Random) -> str:
    return f"13{drawn.randint(0, 9)}{drawn.randint(0, 3999):08}"


def _write_archive(path: Path) -> None:
    """An archive with a list of calls."""
    drawn = random.Random(20)
    rows = "".join(f"{_mobile(drawn)},{drawn.randint(5, 900)}\n" for _ in range(800))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("通话记录.csv", f"对方号码,时长\n{rows}")


def _run(environment: dict[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "pilookup.cli", *words], env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
