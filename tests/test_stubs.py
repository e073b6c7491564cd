"""The stub with the names of the catalogue: type checkers refuse a wrong name, and know all the rest."""

import errno
import subprocess
import sys

import numpy as np
import pytest

import seedbed
from seedbed import Catalogue
from seedbed.errors import ArgumentError
from seedbed_tools import stubs
from seedbed_tools.stubs import HEADER, path_in, stub, write

EXAMPLE = """
import seedbed
from seedbed.random import Normal

weights = seedbed.get("small_init", seed=7)((2, 2))
other = seedbed.get("seedbed-example:small_init")
aliased = seedbed.get("xavier_uniform")
config = seedbed.get({"class_name": "HeNormal", "config": {}})
same = seedbed.get(aliased, seed=7)
nothing: None = seedbed.get(None)


def sevens(shape: tuple[int, ...], dtype: object = None) -> list[int]:
    return [7]


listed: list[int] = seedbed.get(sevens)((1,))
distribution = Normal(0.0, 1.0)
names = [PUBLIC]
"""


def run_mypy(folder, code, *, overlay=True):
    (folder / "example.py").write_text(code)
    lines = ["[mypy]", "strict = true", f"cache_dir = {folder / 'cache'}"]
    lines += [f"mypy_path = {folder / 'typings'}"] if overlay else []
    (folder / "mypy.ini").write_text("\n".join(lines))
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "example.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_a_type_checker_knows_the_installed_names_and_refuses_others(tmp_path):
    write(seedbed.catalogue(), tmp_path / "typings")
    good = EXAMPLE.replace("PUBLIC", ", ".join(f"seedbed.{name}" for name in seedbed.__all__))
    wrong = f'{good}\nseedbed.get("smal_init")\nseedbed.get(7)\n'
    done = run_mypy(tmp_path, wrong)
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    at = wrong.splitlines().index('seedbed.get("smal_init")') + 1
    assert [int(line.split(":")[1]) for line in errors] == [at, at + 1], done.stdout
    assert all("[call-overload]" in line for line in errors)
    done = run_mypy(tmp_path, wrong, overlay=False)  # it is the stub that makes the difference
    assert f"example.py:{at}: " not in done.stdout


def test_the_stub_has_just_the_names_that_mean_something():
    text = stub(seedbed.Catalogue(policy={"mode": "allowlist", "allow": []}))
    assert '"he_normal"' in text
    assert "small_init" not in text
    namespace = {}
    exec(compile(text, "stub", "exec"), namespace)
    for name in namespace["Name"].__args__:
        assert isinstance(seedbed.catalogue().entry(name), seedbed.Entry)


def test_aliases_may_have_quotes_and_have_full_names():
    alias = 'a_"quoted"_\\_näme_\U0001f331'
    catalogue = seedbed.Catalogue(scan=False)

    class Odd(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    catalogue.register(Odd, "odd", aliases=(alias,))
    namespace = {}
    exec(compile(stub(catalogue), "stub", "exec"), namespace)
    names = set(namespace["Name"].__args__)
    assert {alias, "odd", "__main__:odd", f"__main__:{alias}"} <= names
    assert {"xavier_uniform", "seedbed:xavier_uniform", "seedbed:GlorotUniform"} <= names
    assert all(name in catalogue for name in names)


def run_seedbed(folder, *arguments):
    command = [sys.executable, "-m", "seedbed", "stubs", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_the_command_writes_and_checks(tmp_path):
    path = tmp_path / "typings" / "seedbed" / "__init__.pyi"
    missing = run_seedbed(tmp_path, "--check")
    assert (missing.returncode, path.exists()) == (1, False)
    assert "run `seedbed stubs --output typings`" in missing.stderr
    assert run_seedbed(tmp_path).stdout == "wrote typings/seedbed/__init__.pyi\n"
    assert run_seedbed(tmp_path, "--check").returncode == 0
    path.write_text(HEADER + "# of another catalogue\n")
    assert run_seedbed(tmp_path, "--check").returncode == 1
    path.write_bytes(HEADER.encode() + b"\xff\n")
    not_text = run_seedbed(tmp_path, "--check")
    assert (not_text.returncode, not_text.stderr.count("\n")) == (1, 1)
    assert run_seedbed(tmp_path).returncode == 0
    assert '"he_normal"' in path.read_text()


@pytest.mark.slow
def test_no_control_character_of_a_path_reaches_the_terminal(tmp_path):
    odd = "\x1b[31mX\x07\nall is well"
    done = run_seedbed(tmp_path, "--check", "--output", odd)
    assert not {"\x1b", "\x07"} & set(done.stderr)
    assert done.stderr.count("\n") == 1
    assert (
        "run `seedbed stubs --output 'two words'`"
        in run_seedbed(tmp_path, "--check", "--output", "two words").stderr
    )
    assert run_seedbed(tmp_path, "--output", odd).stdout.count("\n") == 1


def test_a_stub_of_somebody_else_stays(tmp_path):
    path = path_in(tmp_path)
    path.parent.mkdir()
    path.write_text("# mine\n")
    with pytest.raises(ArgumentError, match="was not written by `seedbed stubs`"):
        write(seedbed.catalogue(), tmp_path)
    assert path.read_text() == "# mine\n"
    assert run_seedbed(tmp_path, "--output", ".").returncode == 2


@pytest.mark.parametrize("before", ["", "typings"])
def test_a_stub_that_cannot_be_written_leaves_no_folder_behind(tmp_path, monkeypatch, before):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stubs, "write_file", full)
    (tmp_path / before).mkdir(exist_ok=True)
    with pytest.raises(OSError, match="No space left"):
        stubs.write(Catalogue(scan=False), tmp_path / "typings")
    assert [path.name for path in tmp_path.rglob("*")] == [before][: bool(before)]
