"""The commands in the documentation run, give the exit status that the page says, and print what it shows.

A page says an exit status other than 0 as a shell would: with ``$ echo $?`` and the status below the command.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from console_examples import examples_in, is_as_shown, parts

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = [
    r"pip install .*",
    r"uv run pytest",
    r"uv sync",
    r"uv run --group docs properdocs build .*",
    r"\.ci/run",
]
"""What changes the reader's machine, or runs these very tests. All else must be a `seedbed` command."""
ELSEWHERE = {
    "lock-a-catalogue.md": "installed/test_lock_pages.py",
    "review-an-upgrade.md": "installed/test_lock_pages.py",
    "first-plugin.md": "installed/test_new_package.py",
    "restrict-a-catalogue.md": "test_policy_page.py",
}
"""Pages whose commands need an environment or a policy, and what runs them."""


def is_not_run(command):
    return any(re.fullmatch(pattern, command) for pattern in NOT_RUN)


EXAMPLES = [
    example for page in PAGES if page.name not in ELSEWHERE for example in examples_in(page.read_text(), page)
]
RUN = [example for example in EXAMPLES if not all(map(is_not_run, parts(example)))]


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    """Return a page's own folder, in which its commands run one after the other."""
    folders = {}
    return lambda page: folders.setdefault(page, tmp_path_factory.mktemp(page.stem))


def run(example, folder):
    """Return exit status and output; the terminal's width is fixed, so that tables break alike everywhere."""
    output = ""
    for part in parts(example):
        program, *arguments = shlex.split(part.removeprefix("uv run ").removeprefix("--only-group try "))
        if is_not_run(part):
            continue
        if program != "seedbed":
            pytest.fail(f"{example}: {part!r} is neither a seedbed command nor on the list NOT_RUN")
        done = subprocess.run(
            [sys.executable, "-m", "seedbed", *arguments],
            cwd=folder,
            env={**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        output += done.stdout
        if done.returncode:
            return done.returncode, output
    return 0, output


def _runs(example):
    marks = () if example.page.name == "README.md" else pytest.mark.slow  # each starts a process
    return pytest.param(example, marks=marks, id=str(example))


@pytest.mark.parametrize("example", [_runs(example) for example in RUN])
def test_a_command_does_what_the_page_says(example, folder_of):
    status, output = run(example, folder_of(example.page))
    assert status == example.status, output
    if not is_as_shown(example.output, output):
        assert output == example.output


def test_the_list_of_what_is_not_run_has_nothing_superfluous():
    skipped = [(example, part) for example in EXAMPLES for part in parts(example) if is_not_run(part)]
    for example, part in skipped:
        print(f"not run: {example}: {part}")  # noqa: T201 - shown by pytest -s
    for pattern in NOT_RUN:
        assert any(re.fullmatch(pattern, part) for _, part in skipped), pattern
    assert RUN


def test_a_wrong_status_and_a_wrong_output_would_be_noticed(tmp_path):
    (example,) = examples_in("```console\n$ seedbed list no_such_name\nnothing\n$ echo $?\n1\n```\n")
    status, output = run(example, tmp_path)
    assert (status, example.status) == (1, 1)
    assert not is_as_shown(example.output, output)
    assert is_as_shown("seedbed: no initializer matches ...", output)


def test_every_other_program_must_be_on_the_list(tmp_path):
    (example,) = examples_in("```console\n$ rm -r weights\n```\n")
    with pytest.raises(pytest.fail.Exception, match="neither a seedbed command"):
        run(example, tmp_path)
