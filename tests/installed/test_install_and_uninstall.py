"""A person installs Seedbed and a plugin with pip, uses them, and removes the plugin again."""

import json

import pytest
from environments import run

pytestmark = pytest.mark.slow  # pip installs from wheels, which are built first

ADDED = [
    "seedbed-example:gpt2_normal",
    "seedbed-example:laplace",
    "seedbed-example:small_init",
    "seedbed-example:small_normal",
]

ANSWERING = """
import sys
import seedbed

def names(full_names):
    return " ".join(full_names) or "none"

def has(name):
    try:
        return type(seedbed.get(name)).__name__
    except seedbed.SeedbedError as error:
        return type(error).__name__

def refresh():
    changes = seedbed.refresh()
    return f"added {names(changes.added)}; removed {names(changes.removed)}; changed {names(changes.changed)}"

for line in sys.stdin:
    command, *arguments = line.split()
    print({"has": has, "refresh": refresh}[command](*arguments), flush=True)
"""

WRITE = """
import json, sys, seedbed
initializer = seedbed.get(sys.argv[1], seed=[7, "encoder/0/kernel"])
config = json.dumps(seedbed.to_config(initializer))
print(json.dumps({"config": config, "values": initializer((3, 4)).tolist()}))
"""

READ = """
import json, sys, seedbed
initializer = seedbed.from_config(json.loads(sys.argv[1]))
config = json.dumps(seedbed.to_config(initializer))
print(json.dumps({"config": config, "values": initializer((3, 4)).tolist()}))
"""


@pytest.fixture(scope="module")
def installed(make_environment):
    """Return an environment with core, its command line and the plugin, which no test changes."""
    return make_environment("seedbed[cli]", "seedbed_example")


@pytest.fixture(scope="module")
def core_only(make_environment):
    """Return an environment with core without its extra, which no test changes."""
    return make_environment("seedbed")


def test_every_requirement_of_the_installed_packages_is_met(installed):
    assert "No broken requirements found" in installed.pip("check")


def test_the_list_shows_the_plugins_names_with_provider_and_version(installed):
    rows = [line.split() for line in installed.run_seedbed("list").stdout.splitlines()]
    for full_name in ADDED:
        provider, _, name = full_name.partition(":")
        (row,) = (row for row in rows if row[:1] == [name])
        assert row[1:3] == [provider, "0.1.0"]


def test_the_list_as_json_says_the_same(installed):
    rows = json.loads(installed.run_seedbed("list", "--json").stdout)
    theirs = [row for row in rows if row["provider"] == "seedbed-example"]
    assert [(row["full_name"], row["version"]) for row in theirs] == [(name, "0.1.0") for name in ADDED]


def test_a_draw_of_the_plugins_initializer_shows_shape_and_dtype(installed):
    drawn = installed.run_seedbed("draw", "small_init", "--shape", "256,128", "--seed", "7").stdout
    assert "256" in drawn
    assert "128" in drawn
    assert "float32" in drawn


@pytest.mark.parametrize(
    "name", ["small_init", "SmallInit", "seedbed-example:small_init", "Seedbed_Example:SmallInit"]
)
def test_the_plugins_initializer_is_found_by_bare_and_by_full_name(installed, name):
    code = "import sys, seedbed; print(repr(seedbed.get(sys.argv[1], seed=7)))"
    assert installed.run_python(code, name) == "SmallInit(seed=7)\n"


@pytest.mark.parametrize("name", ["small_init", "gpt2_normal"])
def test_a_config_gives_the_same_initializer_in_another_process(installed, name):
    written = json.loads(installed.run_python(WRITE, name))
    assert json.loads(installed.run_python(READ, written["config"])) == written


def test_a_config_names_the_plugin_and_its_version(installed):
    written = json.loads(json.loads(installed.run_python(WRITE, "small_init"))["config"])
    assert written["provider"] == "seedbed-example==0.1.0"


def test_an_uninstalled_plugin_is_gone(make_environment):
    installed = make_environment("seedbed[cli]", "seedbed_example")
    assert "small_init" in installed.run_seedbed("list").stdout
    config = json.loads(installed.run_python(WRITE, "small_init"))["config"]
    installed.pip("uninstall", "-y", "seedbed-example")
    assert "small_init" not in installed.run_seedbed("list").stdout
    code = """
import json, sys, seedbed
from seedbed.errors import UnknownNameError
for ask in (lambda: seedbed.get("small_init"),
            lambda: seedbed.get("seedbed-example:small_init"),
            lambda: seedbed.from_config(json.loads(sys.argv[1]))):
    try:
        ask()
    except UnknownNameError as error:
        print(error)
"""
    bare, full, from_config = installed.run_python(code, config).splitlines()
    assert "no initializer is named 'small_init'" in bare
    assert "seedbed-example" not in bare
    assert "the package seedbed-example is not installed;" in full
    assert "written with version 0.1.0 of seedbed-example, which is not installed;" in from_config


def test_a_running_process_sees_an_install_and_an_uninstall_after_refresh(make_environment, wheels):
    environment = make_environment("seedbed")
    with environment.conversation(ANSWERING) as process:
        assert process.ask("has small_init") == "UnknownNameError"
        environment.pip("install", "--no-index", wheels["seedbed_example"])
        assert process.ask("has small_init") == "UnknownNameError"  # not before it is asked to look again
        assert process.ask("refresh") == f"added {' '.join(ADDED)}; removed none; changed none"
        assert process.ask("has small_init") == "SmallInit"
        environment.pip("uninstall", "-y", "seedbed-example")
        assert process.ask("refresh") == f"added none; removed {' '.join(ADDED)}; changed none"
        assert process.ask("has small_init") == "UnknownNameError"
        assert process.ask("has seedbed-example:small_init") == "UnknownNameError"
        assert process.ask("refresh") == "added none; removed none; changed none"


def test_core_works_without_its_extra(core_only):
    code = "import seedbed; print(seedbed.get('he_normal', seed=7)((256, 128)).shape)"
    assert core_only.run_python(code) == "(256, 128)\n"


@pytest.mark.parametrize("arguments", [["list"], ["--help"], []])
def test_without_its_extra_the_command_says_in_one_line_what_to_install(core_only, arguments):
    failed = core_only.run_seedbed(*arguments, status=2)
    assert failed.stdout == ""
    (line,) = failed.stderr.splitlines()
    assert "seedbed[cli]" in line


@pytest.mark.parametrize("module", ["pytest", "scipy", "keras", "hatchling"])
def test_the_environments_have_nothing_but_what_the_wheels_require(installed, module):
    failed = run(installed.python, "-c", f"import {module}", status=1)
    assert f"No module named {module!r}" in failed.stderr
