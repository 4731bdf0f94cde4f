"""The check of the documentation site finds what it is for."""

import pytest

from tests.support.tools import load_tool

check_site = load_tool("check_site")

SITE = {
    "index.html": '<a href="docs/a.html#top">a</a> <a href="https://example.org/">elsewhere</a>',
    "docs/a.html": '<h1 id="top">A</h1><a href="../index.html">home</a><img src="../b.png">',
    "b.png": "",
    "style.css": "body { background: url(b.png) }",
}


def faults(tmp_path, **changes):
    for name, text in (SITE | changes).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return check_site.check(tmp_path)


def test_a_site_without_faults_counts_its_links_elsewhere(tmp_path):
    assert faults(tmp_path) == ([], 1)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"alone.html": ""}, "alone.html: no link leads to it"),
        ({"index.html": '<a href="docs/a.html"></a><a href="c.html"></a>'}, "index.html: c.html leads to no file"),
        ({"index.html": '<a href="docs/a.html#end"></a>'}, "index.html: docs/a.html#end leads to no heading"),
        (
            {"docs/a.html": '<script src="https://cdn.example/x.js"></script>'},
            "docs/a.html: loads https://cdn.example/x.js",
        ),
        (
            {"docs/a.html": '<link rel="stylesheet" href="//cdn.example/x.css">'},
            "docs/a.html: loads //cdn.example/x.css",
        ),
        ({"docs/a.html": '<p style="background: url(https://x.example/y)">'}, "docs/a.html: loads https://x.example/y"),
        ({"style.css": "@import 'https://fonts.example/f'"}, "style.css: loads https://fonts.example/f"),
    ],
)
def test_each_fault_is_named(tmp_path, changes, fault):
    [found, *_] = [one for one in faults(tmp_path, **changes)[0] if one.startswith(fault)]
    assert found
