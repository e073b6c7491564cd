"""Files of presets: what they may say, and how what is wrong with one is told."""

import subprocess
import sys
import zipfile

import pytest

from seedbed import Deprecation, Entry, Tombstone, presets
from seedbed.errors import EntryError

PACKAGE = "acme_rows"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Return a function that puts a text into a package's file, and loads it."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def load(text, resource="catalogue.toml"):
        content = text.encode() if isinstance(text, str) else text
        (folder / "catalogue.toml").write_bytes(content)
        return presets.load(PACKAGE, resource)

    yield load
    sys.modules.pop(PACKAGE, None)


FULL = """
[presets.head_normal]
preset_of = "random_normal"
arguments = { stddev = 0.01, seed = ["a", 1] }
summary = "For heads."
owner = "Language models"
tags = ["transformer"]
aliases = ["head", "acme>Head"]
deprecated = { since = "1.1", removed_in = "2.0", replaced_by = "other_normal", reason = "Clearer." }

[tombstones."acme>Old"]
removed_in = "1.0"
replaced_by = "head_normal"
reason = "Too wide."
"""


def test_every_key_becomes_the_field_of_its_name(load):
    assert load(FULL) == [
        Entry(
            "head_normal",
            preset_of="random_normal",
            arguments={"stddev": 0.01, "seed": ["a", 1]},
            summary="For heads.",
            owner="Language models",
            tags=("transformer",),
            aliases=("head", "acme>Head"),
            deprecated=Deprecation("1.1", "2.0", replaced_by="other_normal", reason="Clearer."),
        ),
        Tombstone("acme>Old", "1.0", replaced_by="head_normal", reason="Too wide."),
    ]


def test_all_but_what_is_required_may_be_left_out(load):
    assert load("[presets.a]\npreset_of = 'zeros'\n[tombstones.b]\nremoved_in = '1.0'\n") == [
        Entry("a", preset_of="zeros"),
        Tombstone("b", "1.0"),
    ]
    assert load("") == []


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\r\n"], ids=["byte-order mark", "Windows lines"])
def test_what_editors_of_windows_write_is_read(load, start):
    assert load(start + b"[presets.a]\r\npreset_of = 'zeros'\r\n") == [Entry("a", preset_of="zeros")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("preset = {}", r"the file: unknown key 'preset'; did you mean 'presets'\?"),
        ("owners = 'x'", r"the file: unknown key 'owners'; allowed are presets, tombstones"),
        ("presets = []", r"the file: presets must be a table, got \[\]"),
        ("[presets]\na = 'zeros'", r"\[presets\.a\] must be a table, got 'zeros'"),
        ("[presets.a]", r"\[presets\.a\]: the key 'preset_of' is missing"),
        ("[presets.a]\npreset_of = ''", r"\[presets\.a\]: preset_of must not be empty"),
        ("[presets.a]\npreset_of = 1", r"\[presets\.a\]: preset_of must be a string, got 1"),
        (
            "[presets.a]\npreset_of = 'zeros'\nsumary = ''",
            r"\[presets\.a\]: unknown key 'sumary'; did you mean 'summary'\?",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\ntarget = 'm:C'",
            r"unknown key 'target'; allowed are preset_of",
        ),
        ("[presets.a]\npreset_of = 'zeros'\nname = 'b'", r"\[presets\.a\]: unknown key 'name'"),
        ("[presets.a]\npreset_of = 'zeros'\nowner = ['x']", r"\[presets\.a\]: owner must be a string"),
        ("[presets.a]\npreset_of = 'zeros'\naliases = 'x'", r"aliases must be an array, got 'x'"),
        (
            "[presets.a]\npreset_of = 'zeros'\naliases = ['x y']",
            r"\[presets\.a\]: .* aliases \['x y'\]; list",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\ntags = [1]",
            r"\[presets\.a\]: entry 'a' has tags \[1\]; list words",
        ),
        ("[presets.a]\npreset_of = 'zeros'\narguments = 1", r"arguments must be a table, got 1"),
        (
            "[presets.a]\npreset_of = 'zeros'\narguments = { day = 2026-01-01 }",
            r"\[presets\.a\]: .* binds 'day' to .* of type date, which JSON cannot hold",
        ),
        ("[presets.A]\npreset_of = 'zeros'", r"\[presets\.A\]: .* must be snake_case such as 'small_init'"),
        ("[presets.'a b']\npreset_of = 'zeros'", r"\[presets\.'a b'\]: .* must be snake_case"),
        (
            "[presets.a.b]\npreset_of = 'zeros'",
            r"\[presets\.a\]: unknown key 'b'; allowed are preset_of, arg",
        ),
        ("[presets.a]\npreset_of = 'zeros'\ndeprecated = true", r"\[presets\.a\] deprecated must be a table"),
        (
            "[presets.a]\npreset_of = 'zeros'\ndeprecated = { since = '1' }",
            r"\[presets\.a\] deprecated: the key 'removed_in' is missing",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\ndeprecated = { since = '1', removed_in = 2, by = '' }",
            r"deprecated: removed_in must be a string, got 2\n  .* deprecated: unknown key 'by'",
        ),
        (
            "[presets.a]\npreset_of = 'a'",
            r"\[presets\.a\]: preset_of names the preset itself, got 'a'; .*'seedbed:a'",
        ),
        ("[tombstones]\na = '2.0'", r"\[tombstones\.a\] must be a table, got '2\.0'"),
        ("[tombstones.a]", r"\[tombstones\.a\]: the key 'removed_in' is missing"),
        ("[tombstones.a]\nremoved_in = ''", r"\[tombstones\.a\]: removed_in must not be empty"),
        ("[tombstones.a]\nremoved_in = 2.0", r"\[tombstones\.a\]: removed_in must be a string, got 2\.0"),
        ("[tombstones.a]\nremoved_in = '2'\nsince = '1'", r"\[tombstones\.a\]: unknown key 'since'"),
        ("[tombstones.'a b']\nremoved_in = '2'", r"\[tombstones\.'a b'\]: .* without space or ':'"),
        (
            "[tombstones.a]\nremoved_in = '2'\nreplaced_by = 'a'",
            r"\[tombstones\.a\]: replaced_by must name what stays, got 'a', which has a tombstone",
        ),
        (
            "[presets.a]\npreset_of = 'b'\n[tombstones.b]\nremoved_in = '2'",
            r"\[presets\.a\]: preset_of must name what stays, got 'b'",
        ),
        (
            """
            [presets.a]
            preset_of = 'zeros'
            deprecated = { since = '1', removed_in = '2', replaced_by = 'b' }
            [tombstones.b]
            removed_in = '2'
            """,
            r"\[presets\.a\]: deprecated\.replaced_by must name what stays, got 'b'",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\n[tombstones.a]\nremoved_in = '2'",
            r"\[presets\.a\] and \[tombstones\.a\] have the name 'a' both; a name is given once",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\naliases = ['b']\n[presets.b]\npreset_of = 'zeros'",
            r"\[presets\.a\] and \[presets\.b\] have the name 'b' both",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\naliases = ['B']\n[presets.b]\npreset_of = 'zeros'",
            r"\[presets\.a\] and \[presets\.b\] have the name 'B' both",
        ),
    ],
)
def test_a_fault_is_told_with_file_table_and_key(load, text, fault):
    with pytest.raises(EntryError, match=rf"(?s)^acme_rows/catalogue\.toml cannot be used:\n  .*{fault}"):
        load(text)


def test_all_faults_of_a_file_are_told_at_once(load):
    with pytest.raises(EntryError) as caught:
        load(
            "[presets.a]\nsumary = 1\n[presets.b]\npreset_of = 2\n[presets.C]\npreset_of = 'zeros'\n"
            "[presets.d]\npreset_of = 'zeros'\n[tombstones.d]\nremoved_in = '1'\n[tombstones.e]\nreason = 3\n"
        )
    assert [line.partition(":")[0].strip() for line in str(caught.value).splitlines()] == [
        "acme_rows/catalogue.toml cannot be used",
        "[presets.a]",
        "[presets.a]",
        "[presets.b]",
        "[presets.C]",
        "[tombstones.e]",
        "[tombstones.e]",
        "[presets.d] and [tombstones.d] have the name 'd' both; a name is given once",
    ]


def test_the_camel_case_form_of_a_name_that_is_gone_may_be_given_again(load):
    rows = load("[presets.a]\npreset_of = 'zeros'\naliases = ['B']\n[tombstones.b]\nremoved_in = '2'\n")
    assert [row.name for row in rows] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[presets.a]\npreset_of 'zeros'\n",
            r"catalogue\.toml is not a valid TOML file: .* \(at line 2, column \d+\)",
        ),
        (
            "[presets.a]\npreset_of = 'zeros'\n[presets.a]\npreset_of = 'ones'\n",
            r"catalogue\.toml is not a valid TOML file: .*twice \(at line 3",
        ),
        (b"# one\n# \xe9\n", r"acme_rows/catalogue\.toml is not UTF-8 \(at line 2\); save it as UTF-8"),
    ],
    ids=["malformed", "a table twice", "undecodable"],
)
def test_what_is_no_toml_is_told_with_its_line(load, text, message):
    with pytest.raises(EntryError, match=message) as caught:
        load(text)
    assert caught.value.__cause__ is not None


def test_a_file_that_is_not_there_is_told_with_its_package(load):
    with pytest.raises(
        EntryError,
        match=r"acme_rows/other\.toml cannot be read: No such file .* part of the installed package",
    ) as caught:
        load("", "other.toml")
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(ModuleNotFoundError, match="acme_rowz"):
        presets.load("acme_rowz", "catalogue.toml")


def test_a_file_in_a_zip_is_read(tmp_path):
    archive = tmp_path / "rows.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped_rows/__init__.py", "")
        file.writestr("zipped_rows/data/rows.toml", "[presets.a]\npreset_of = 'zeros'\n")
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "import seedbed, zipped_rows\n"
        "print(zipped_rows.__file__, seedbed.presets.load('zipped_rows', 'data/rows.toml')[0].preset_of)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"{archive}/zipped_rows/__init__.py", "zeros"]


def test_nothing_in_a_file_is_imported(load):
    before = set(sys.modules)
    load(
        "[presets.a]\npreset_of = 'antigravity'\narguments = { module = 'antigravity', target = 'this:s' }\n"
    )
    assert {"antigravity", "this"} & (set(sys.modules) - before) == set()
    assert PACKAGE in set(sys.modules) - before  # so the check can fail


def test_what_reads_the_file_is_imported_with_the_first_one():
    code = "import sys, seedbed.presets\nprint({'tomllib', 'importlib.resources'} & {*sys.modules})"
    command = [sys.executable, "-S", "-c", f"import sys; sys.path = {sys.path!r}; {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
