"""What is in the wheels that the build backend makes."""

import re
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from frameworks import FRAMEWORKS
from turns import one_in

from seedbed_tools.scaffold import Package, render

ROOT = Path(__file__).parents[2]

SOURCES = {
    "seedbed": ROOT / "core",
    "seedbed_tools": ROOT / "plugins" / "seedbed-tools" / "src",
    "seedbed_testing": ROOT / "plugins" / "seedbed-testing" / "src",
}


def _files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def _requirements(wheel: Path, *, extra: str = "") -> set[str]:
    """Return the names of what the wheel requires: always, or with an extra only."""
    asked = re.compile(r"""extra *== *['"]([^'"]+)""")
    found = set()
    for requirement in _metadata(wheel).get_all("Requires-Dist", []):
        match = asked.search(requirement)
        if (match[1] if match else "") == extra:
            found.add(re.match(r"[\w.-]+", requirement)[0])
    return found


@pytest.mark.slow
def test_core_requires_four_packages_and_the_command_line_two_more(wheels):
    assert _requirements(wheels["seedbed"]) == {"importlib-metadata", "numpy", "packaging", "pluggy"}
    assert _requirements(wheels["seedbed"], extra="cli") == {"seedbed-tools"}
    assert _requirements(wheels["seedbed"], extra="testing") == {"hypothesis", "pytest", "seedbed-testing"}
    ours = {"numpy", "seedbed", "seedbed-testing"}
    assert _requirements(wheels["seedbed_tools"]) - ours == {"argcomplete", "rich"}
    assert _requirements(wheels["seedbed_testing"]) == {"numpy", "seedbed"}


@pytest.mark.slow
@pytest.mark.parametrize("package", one_in(2, ["seedbed_example", "seedbed_acme_example"]))
def test_a_plugin_requires_core_alone(wheels, package):
    assert _requirements(wheels[package]) == {"seedbed"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "package"), [pair for pair in FRAMEWORKS.items() if pair[1] != "seedbed_native"]
)
def test_a_package_for_a_framework_is_typed_licensed_and_requires_that_one_alone(wheels, framework, package):
    wheel = wheels[package]
    # TensorFlow comes in two distributions that overwrite each other, so that it is for an extra to choose.
    own = set() if framework == "tensorflow" else {framework}
    assert _requirements(wheel) - {"ml-dtypes", "numpy", "tqdm"} == {"seedbed", *own}
    files = _files(wheel)
    assert {f"{package}/py.typed", f"{package}_entries/plugin.py"} <= files
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in files)
    assert not any("test" in name for name in files)
    license_text = (ROOT / "LICENSE").read_bytes()
    assert (ROOT / "plugins" / package.replace("_", "-") / "LICENSE").read_bytes() == license_text


@pytest.mark.slow
def test_the_wheel_without_code_has_its_file_of_presets(wheels):
    assert "seedbed_acme_example/catalogue.toml" in _files(wheels["seedbed_acme_example"])


@pytest.mark.slow
@pytest.mark.parametrize(("package", "source"), one_in(3, SOURCES.items()))
def test_a_wheel_has_every_module_of_the_source(wheels, package, source):
    expected = {path.relative_to(source).as_posix() for path in source.rglob("*.py")}
    assert {name for name in _files(wheels[package]) if name.endswith(".py")} == expected


@pytest.mark.slow
def test_the_wheel_of_the_tools_has_the_template_of_new_packages(wheels):
    source = SOURCES["seedbed_tools"]
    template = source / "seedbed_tools" / "scaffold" / "template"
    files = (path for path in template.rglob("*") if path.is_file())
    expected = {path.relative_to(source).as_posix() for path in files}
    assert len(expected) >= len(render(Package("acme-inits", hook=True, presets=True)))
    assert expected <= _files(wheels["seedbed_tools"])


def test_the_wheel_of_core_has_the_license_and_nothing_that_is_not_the_package(wheels):
    outside = {name for name in _files(wheels["seedbed"]) if not name.startswith("seedbed/")}
    assert {name.partition(".dist-info/")[2] for name in outside} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


@pytest.mark.slow
@pytest.mark.parametrize("package", one_in(3, [*SOURCES, "seedbed_example", "seedbed_acme_example"]))
def test_wheels_are_typed_and_have_no_tests(wheels, package):
    files = _files(wheels[package])
    assert f"{package}/py.typed" in files
    tests = [name for name in files if re.search(r"(^|/)(tests?|conftest|test_\w+)(/|\.py$)", name)]
    assert tests == []


def test_the_pattern_for_tests_finds_those_of_the_plugin():
    name = "plugins/seedbed-example/tests/test_seedbed_example.py"
    assert (ROOT / name).exists()
    assert re.search(r"(^|/)(tests?|conftest|test_\w+)(/|\.py$)", name)
