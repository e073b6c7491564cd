"""The tutorial builds the example plugin: what its reader types is what is tested and installed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial" / "first-plugin.md"
PLUGIN = ROOT / "plugins" / "seedbed-example"
FILES = [
    "README.md",
    "pyproject.toml",
    "src/seedbed_example/__init__.py",
    "src/seedbed_example/laplace.py",
    "src/seedbed_example/plugin.py",
    "src/seedbed_example/py.typed",
    "src/seedbed_example/small.py",
    "tests/test_seedbed_example.py",
]


def stages_of_files(page):
    """Map each file that the page has its reader write to its contents, one for each time it is written."""
    stages = {}
    block = re.compile(r"^`([^`\n]+)`\n\n(`{3,})\w+\n(.*?)^\2$", re.DOTALL | re.MULTILINE)
    for name, _, content in block.findall(page):
        stages.setdefault(name, []).append(content.encode())
    for name in re.findall(r"^\$ touch (\S+)$", page, re.MULTILINE):
        stages.setdefault(name, []).append(b"")
    return stages


@pytest.fixture(scope="module")
def stages():
    return stages_of_files(PAGE.read_text())


def test_the_page_writes_every_file_of_the_plugin_and_no_other(stages):
    ignored = {"__pycache__", ".pytest_cache", "dist", "build", ".venv"}
    there = {
        path.relative_to(PLUGIN).as_posix()
        for path in PLUGIN.rglob("*")
        if path.is_file() and not ignored & set(path.relative_to(PLUGIN).parts) and path.suffix != ".pyc"
    }
    assert there == set(FILES)
    assert set(stages) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_the_page_ends_with_the_very_file(name, stages):
    assert stages[name][-1] == (PLUGIN / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_an_earlier_stage_lacks_lines_and_has_none_that_go_again(name, stages):
    final = stages[name][-1].splitlines()
    for earlier in stages[name][:-1]:
        remaining = iter(final)
        assert all(line in remaining for line in earlier.splitlines())


def test_another_byte_in_a_file_would_be_noticed():
    page = PAGE.read_text()
    changed = page.replace("sqrt(2 / (5 * max(1,", "sqrt(2 / (6 * max(1,")
    assert changed != page
    name = "src/seedbed_example/small.py"
    assert stages_of_files(changed)[name][-1] != (PLUGIN / name).read_bytes()
