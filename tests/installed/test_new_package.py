"""A new author goes through the tutorial in an empty folder; every kind of new package passes its checks."""

import json
import zipfile
from pathlib import Path

import pytest
from console_examples import is_as_shown
from environments import Environment, run
from walks import terminal

from seedbed_tools.scaffold import Author, Package, write

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-plugin.md"
ADA = Author("Ada Lovelace", "ada@example.org")
VARIANTS = {
    "plain": Package("acme-inits"),
    "hook": Package("acme-inits", hook=True),
    "presets": Package("acme-inits", presets=True),
    "namespace": Package("acme-inits", namespace="acme"),
    "adapter": Package("seedbed-tiny", adapter=True),
    "adapter in a namespace": Package("acme-tiny", namespace="acme", author=ADA, adapter=True),
    "everything": Package("acme-ml-inits", namespace="acme.ml", author=ADA, hook=True, presets=True),
}
OWN = ["mirrored", "triangular"]
PRESETS = ["embedding_small", "residual_triangular"]


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Return how the tutorial went, in an empty folder with a clone beside it."""
    folder = tmp_path_factory.mktemp("author") / "empty"
    folder.mkdir()
    (folder.parent / "seedbed").symlink_to(PAGE.parents[2], target_is_directory=True)
    settings = tmp_path_factory.mktemp("settings")
    (settings / "gitconfig").write_text(f"[user]\nname = {ADA.name}\nemail = {ADA.email}\n")
    return terminal(folder, GIT_CONFIG_GLOBAL=settings / "gitconfig").through(PAGE)


def test_every_command_of_the_tutorial_does_what_the_page_says(walk):
    assert walk.commands
    for example, status, output in walk.commands:
        assert status == example.status, (str(example), example.command, output)
        assert is_as_shown(example.output, output), (str(example), example.command, output)


def test_the_tutorial_goes_all_the_way(walk):
    """Guards the test above, which a page without commands would pass."""
    commands = [example.command for example, _, _ in walk.commands]
    wanted = ["seedbed new acme-inits", "pip install -e .", "seedbed check acme-inits", "pytest"]
    places = [commands.index(command) for command in wanted]
    assert places == sorted(places)
    assert commands[0] == "python -m venv .venv"
    assert commands[-1] == "pytest"
    assert any(command.startswith("seedbed draw triangular") for command in commands)


def test_the_files_are_as_the_page_shows_them(walk):
    assert walk.shown
    for name, page, there in walk.shown:
        assert page == there, name


def test_the_seedbed_that_the_author_has_installed_is_ours(walk, wheels):
    (record,) = (walk.folder.parent / ".venv").rglob("seedbed-*.dist-info/RECORD")
    with zipfile.ZipFile(wheels["seedbed"]) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        rows = archive.read(name).decode().splitlines()
    ours = {row for row in rows if row.startswith("seedbed/")}
    assert ours
    assert ours <= set(record.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def tools(tmp_path_factory, pip_python, core_dependencies, cli_dependencies):
    """Return an environment with what the authors of packages work with."""
    root = tmp_path_factory.mktemp("tools")
    environment = Environment.make(root, pip_python=pip_python, seeing=[core_dependencies, cli_dependencies])
    build = ["hatchling>=1.27", "editables"]
    check = ["pytest>=8.3", "hypothesis>=6.110", "ruff>=0.9", "mypy>=1.14"]
    environment.pip("install", "--no-compile", *build, *check)
    return environment


@pytest.fixture(scope="module")
def install(tmp_path_factory, wheels, core_dependencies, cli_dependencies, tools):
    """Return a function that makes an environment in which a package is installed as its author would."""

    def make(folder):
        lent = [core_dependencies, cli_dependencies, tools]
        root = tmp_path_factory.mktemp("env")
        environment = Environment.make(root, pip_python=tools.pip_python, seeing=lent)
        ours = [wheels[name] for name in ("seedbed", "seedbed_testing", "seedbed_tools")]
        environment.pip("install", "--no-index", *ours)
        environment.pip("install", "--no-index", "--no-build-isolation", "--editable", folder)
        return environment

    return make


@pytest.fixture(scope="module", params=VARIANTS.values(), ids=VARIANTS)
def made(request, tmp_path_factory, install):
    """Return a new package, its folder, and an environment in which it is installed."""
    folder = write(request.param, tmp_path_factory.mktemp("projects"))
    return request.param, folder, install(folder)


@pytest.fixture(scope="module")
def has_names(made):
    if made[0].adapter:
        pytest.skip("it has no initializers")
    return made


def test_its_names_are_in_the_catalogue_and_nothing_is_wrong(has_names):
    package, _, environment = has_names
    rows = json.loads(environment.run_seedbed("list", package.name, "--json").stdout)
    assert [row["name"] for row in rows] == sorted(OWN + PRESETS * package.presets)
    assert {row["broken"] for row in rows} == {None}
    assert "nothing is wrong" in environment.run_seedbed("doctor").stdout


def test_its_initializers_are_imported_only_when_they_are_asked_for(has_names):
    package, _, environment = has_names
    code = """
import sys, seedbed
names = [entry.full_name for entry in seedbed.catalogue()]
print([name in sys.modules for name in sys.argv[1:]])
seedbed.get("triangular")
print([name in sys.modules for name in sys.argv[1:]])
"""
    modules = [f"{package.module}.{name}" for name in OWN]
    assert environment.run_python(code, *modules).splitlines() == ["[False, False]", "[False, True]"]


def test_it_passes_its_own_tests(made):
    _, folder, environment = made
    done = run(environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    assert " passed" in done.stdout


def test_it_passes_the_checks_of_the_command_line(has_names):
    package, _, environment = has_names
    environment.run_seedbed("check", package.name)


def test_it_passes_a_strict_type_checker(made, tmp_path_factory):
    _, folder, environment = made
    cache = tmp_path_factory.getbasetemp() / "mypy-cache"
    done = run(environment.python, "-m", "mypy", cwd=folder, extra={"MYPY_CACHE_DIR": str(cache)})
    assert "Success: no issues found" in done.stdout


def test_it_passes_the_style_checker(made, tools):
    _, folder, _ = made
    run(tools.scripts / "ruff", "check", "--no-cache", cwd=folder)
    run(tools.scripts / "ruff", "format", "--check", "--no-cache", cwd=folder)


def test_its_wheel_has_all_of_it_and_no_tests(made, tmp_path):
    package, folder, environment = made
    environment.pip(
        "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, folder
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    source = folder / "src"
    files = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert inside == files
    assert f"{package.module.replace('.', '/')}/py.typed" in inside


def test_its_tests_and_checkers_notice_mistakes(made, tools):
    """Guards the tests above; it is the last one, since it breaks the package."""
    package, folder, environment = made
    if package is not VARIANTS["everything"]:
        pytest.skip("one package is enough")
    file = folder / "src" / package.module.replace(".", "/") / "triangular.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("math.sqrt(6) *", "math.sqrt(3) *"), encoding="utf-8")
    done = run(environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder, status=1)
    assert "triangular-check_stddev" in done.stdout
    file.write_text(text.replace("return 0.0", "return '0'").replace("import math", "import os, math"))
    assert "return-value" in run(environment.python, "-m", "mypy", cwd=folder, status=1).stdout
    assert "F401" in run(tools.scripts / "ruff", "check", "--no-cache", cwd=folder, status=1).stdout
