"""The pages on files of presets quote the very files, and the very error."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from seedbed import presets, tables
from seedbed.errors import EntryError

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "plugins" / "seedbed-acme-example"
DOCS = ROOT / "docs"


def files_in(page):
    """Return the files that a page shows, by name."""
    return dict(re.findall(r"^`([^`\n]+\.\w+)`\n\n```\w+\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_the_files_on_the_page_are_those_of_the_package():
    shown = files_in((DOCS / "how-to" / "publish-a-catalogue.md").read_text())
    assert sorted(shown) == [
        "pyproject.toml",
        "src/seedbed_acme_example/catalogue.toml",
        "src/seedbed_acme_example/plugin.py",
    ]
    for name, content in shown.items():
        assert content == (PLUGIN / name).read_text(), name


def test_what_is_retired_on_the_page_is_so_in_the_package():
    page = (DOCS / "how-to" / "retire-a-name.md").read_text()
    file = tomllib.loads((PLUGIN / "src/seedbed_acme_example/catalogue.toml").read_text())
    deprecated, _, tombstone, *_ = map(tomllib.loads, blocks(page, "toml"))
    assert deprecated["presets"]["residual_small"] == file["presets"]["residual_small"]
    assert tombstone["tombstones"] == file["tombstones"]


def test_the_reference_quotes_the_real_error(tmp_path, monkeypatch):
    page = (DOCS / "reference" / "preset-files.md").read_text()
    (faulty,), (quoted,) = blocks(page, "toml"), blocks(page, "text")
    package = tmp_path / "acme_inits"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "catalogue.toml").write_text(faulty)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EntryError) as caught:
        presets.load("acme_inits", "catalogue.toml")
    del sys.modules["acme_inits"]
    assert quoted == f"EntryError: {caught.value}\n"


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("A preset", presets._PRESET),
        ("`deprecated`", presets._DEPRECATED),
        ("A tombstone", presets._TOMBSTONE),
    ],
)
def test_the_reference_has_every_key_with_its_type(heading, keys):
    page = (DOCS / "reference" / "preset-files.md").read_text()
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))
    assert rows == {
        key: _word(kind) + (", required" if key in keys.required else "") for key, kind in keys.kinds.items()
    }


def _word(kind):
    return (
        {tables.STRING: "string", tables.ARRAY: "array of strings"}.get(kind, "table")
        if isinstance(kind, tables.Kind)
        else "table"
    )
