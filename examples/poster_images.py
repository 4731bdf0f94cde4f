"""Take pictures of the posters that `pilookup page --poster` writes, A4, in both languages.

    python examples/poster_images.py [OUT]      (or: make images)

The operator in them is an example. Needs Debian's `chromium` and `fonts-noto-cjk`, and the built page (`make page`).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
LANGUAGES = ("zh", "en")
OPERATOR = {
    "operator-zh": "青山县反诈中心（示例）",
    "operator-en": "Qingshan county anti-fraud centre (example)",
    "telephone": "0971-1234567",
    "address": "https://check.example",
}


def main() -> int:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        posters = _posters(Path(folder) / "posters")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 1200}, color_scheme="light")
        page.emulate_media(media="print")
        for language in LANGUAGES:
            page.goto((posters / f"poster-a4-{language}.html").as_uri())
            path = out / f"poster-a4-{language}.png"
            page.locator("body").screenshot(path=path)
            print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")
        browser.close()
    return 0


def _posters(folder: Path) -> Path:
    options = [word for name, value in OPERATOR.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "pilookup.cli", "page", str(folder), "--poster", *options]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603
    return folder


if __name__ == "__main__":
    sys.exit(main())
