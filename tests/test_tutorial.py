"""The tutorial shows what `seedbed new` writes; installed/test_new_package.py goes through all of it."""

from pathlib import Path

import pytest
from page_blocks import blocks_in, changed

from seedbed_tools.scaffold import Author, Package, render

PAGE = Path(__file__).parents[1] / "docs" / "tutorial" / "first-plugin.md"
WRITTEN = render(Package("acme-inits", author=Author("Ada Lovelace", "ada@example.org")))
BLOCKS = list(blocks_in(PAGE.read_text(encoding="utf-8")))


def shown(blocks):
    return {block.file: block.text for block in blocks if block.file and block.kind != "diff"}


def test_the_page_shows_every_file_that_an_author_edits():
    theirs = {
        path for path in WRITTEN if path.endswith((".py", ".toml")) and not path.endswith("__init__.py")
    }
    assert set(shown(BLOCKS)) == theirs
    assert len([block for block in BLOCKS if block.file and block.kind != "diff"]) == len(theirs)


@pytest.mark.parametrize("path", shown(BLOCKS))
def test_a_file_is_shown_as_it_is_written_to_the_byte(path):
    assert shown(BLOCKS)[path].encode() == WRITTEN[path].encode()


def test_the_page_lists_the_files_that_are_written():
    (block,) = (block for block in BLOCKS if "$ seedbed new" in block.text)
    listed = [line.strip() for line in block.text.partition("\n\n")[0].splitlines()[2:]]
    assert listed == list(WRITTEN)


def test_its_changes_fit_one_after_the_other():
    files = dict(WRITTEN)
    for block in BLOCKS:
        if block.kind == "diff":
            files[block.file] = changed(files[block.file], block.text)
    (path,) = (path for path, text in files.items() if text != WRITTEN[path])
    assert path == "src/acme_inits/triangular.py"
    assert "fan_mean" in files[path]


def test_another_byte_in_a_file_would_be_noticed():
    text = PAGE.read_text(encoding="utf-8").replace("sqrt(6) * self", "sqrt(3) * self", 1)
    path = "src/acme_inits/triangular.py"
    assert shown(blocks_in(text))[path] != WRITTEN[path]


def test_a_change_that_does_not_fit_would_be_noticed():
    with pytest.raises(AssertionError, match="the file has 0 times"):
        changed("one\ntwo\n", "-three\n+four\n")
    with pytest.raises(AssertionError, match="the file has 2 times"):
        changed("one\none\n", "-one\n+two\n")
    assert changed("one\ntwo\nsix\n", " one\n-two\n+three\n@@\n-six\n+seven\n") == "one\nthree\nseven\n"
