"""A reader starts from a clone: the README's commands work as they stand, and the first one makes little."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from console_examples import examples_in
from environments import Environment, run

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "plugins").glob("*/README.md")),
    *sorted((ROOT / "plugins").rglob("template/*.txt")),
    *sorted(path for part in ("core", "plugins") for path in (ROOT / part).rglob("*.py")),
]
FROM_AN_INDEX = re.compile(r'pip install (--\S+ )*"?seedbed\b')
FROM_A_CLONE = re.compile(r'pip install (--\S+ )*"?(\.|\./plugins/\S+|\.\./seedbed)[\s"\[]')
LARGEST = 100 << 20  # what a list of names is worth: NumPy is two thirds of it
COMMANDS = [example.command for example in examples_in((ROOT / "README.md").read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_whoever_says_how_to_install_says_how_from_a_clone(page):
    text = page.read_text(encoding="utf-8")
    if FROM_AN_INDEX.search(text):
        assert FROM_A_CLONE.search(text)


def test_a_page_that_forgets_the_clone_would_be_noticed():
    for forgetful in ("pip install seedbed-torch", 'pip install "seedbed[cli]" acme-inits'):
        assert FROM_AN_INDEX.search(forgetful)
        assert not FROM_A_CLONE.search(forgetful)
    for text in (
        'pip install ".[cli]"',
        "pip install . ./plugins/seedbed-jax",
        'pip install "../seedbed[cli]"',
    ):
        assert FROM_A_CLONE.search(text)
        assert not FROM_AN_INDEX.search(text)


def test_the_readme_says_how_to_try_to_test_and_to_install():
    first, second, *others = COMMANDS
    assert "seedbed list" in first
    assert split(second)[-1] == "uv run pytest"
    assert others[:2] == [
        "pip install . ./plugins/seedbed-testing ./plugins/seedbed-tools",
        "pip install ./plugins/seedbed-torch",
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a copy of the repository without anything that was made in it."""
    folder = tmp_path_factory.mktemp("clone") / "seedbed"
    made = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", "uv.lock", "dist", "site")
    shutil.copytree(ROOT, folder, ignore=made)
    return folder


@pytest.fixture
def uv(clone):
    """Return a function that runs a command of the README in the clone, but for `pip install uv`."""
    if shutil.which("uv") is None:
        pytest.skip("uv is not on the path")

    def run_parts(command):
        wanted = [part for part in split(command) if part != "pip install uv"]
        return "".join(run("sh", "-c", part, cwd=clone, extra=settings).stdout for part in wanted)

    settings = {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never", "COLUMNS": "100"}
    return run_parts


@pytest.mark.slow
def test_the_first_command_lists_the_examples_in_a_small_environment(uv, clone):
    output = uv(COMMANDS[0])
    for name in ("he_normal", "small_init", "embedding_normal"):
        assert re.search(rf"^{name} ", output, re.MULTILINE)
    assert "SmallInit(seed=7)" in output
    assert LARGEST / 10 < size(clone / ".venv") < LARGEST


@pytest.mark.slow
def test_the_test_command_needs_nothing_before_it(uv, clone):
    shutil.rmtree(clone / ".venv", ignore_errors=True)
    assert uv(f"{COMMANDS[1]} --version --version") is not None
    assert size(clone / ".venv") > LARGEST  # so that the bound above can fail


@pytest.mark.slow
def test_the_commands_that_install_from_the_clone_do(clone, tmp_path, pip_python):
    environment = Environment.make(tmp_path / "env", pip_python=pip_python)
    for command in COMMANDS[2:4]:
        # PyTorch is gigabytes; any package of the workspace is installed alike.
        arguments = command.replace("seedbed-torch", "seedbed-example").replace('"', "").split()[1:]
        run(pip_python, "-m", "pip", "--python", environment.python, *arguments, cwd=clone)
    assert "small_init" in environment.run_seedbed("list").stdout


def split(command):
    return command.split(" && ")


def size(folder):
    """Return how many bytes the files of a folder take on the disk, as `du` does."""
    files = (entry for entry in folder.rglob("*") if entry.is_file() and not entry.is_symlink())
    return sum(file.stat().st_blocks * 512 if os.name == "posix" else file.stat().st_size for file in files)
