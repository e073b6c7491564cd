"""What `import seedbed` and a look-up of core's do not do; how long they take is for benchmarks/lookup.py."""

import json
import os
import subprocess
import sys

import pytest

FRAMEWORKS = {"torch", "jax", "keras", "tensorflow", "argcomplete", "rich"}
PLUGIN_SYSTEM = {"pluggy", "importlib_metadata", "importlib.metadata"}
METADATA_READERS = {"importlib_metadata", "importlib.metadata", "email"}
OURS_ON_DEMAND = {"seedbed.catalogue.catalogue", "seedbed.standard", "seedbed.random", "seedbed_tools.cli"}
NOT_FOR_LOOK_UPS = {
    "seedbed.random",
    "seedbed.config",
    "seedbed.catalogue.changes",
    "seedbed.catalogue.choice",
    "packaging",
    "csv",
}
PLUGIN = "seedbed_example"

# Python's own finder of modules lists every folder of the path, so that whoever imports anything does. All
# other listing of these folders, and every access to what packages say of themselves, is a scan.
WATCH = """
import json, os, sys

scanned = []
finder = "importlib._bootstrap_external"

def watch(event, arguments):
    if event not in ("open", "os.listdir", "os.scandir"):
        return
    path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else "."
    of_metadata = any(part.endswith((".dist-info", ".egg-info")) for part in path.split(os.sep))
    caller = sys._getframe(1).f_globals["__name__"]
    of_the_path = event != "open" and os.path.realpath(path) in folders and caller != finder
    if of_metadata or of_the_path:
        scanned.append(f"{caller}: {event} {path}")

folders = {os.path.realpath(entry) for entry in sys.path}
sys.addaudithook(watch)
"""

REPORT = """
print(json.dumps({"modules": sorted(sys.modules), "scanned": scanned}))
"""


def _watched(code: str, *, before: str = "") -> tuple[set[str], list[str]]:
    """Run `before` and then, watched, `code` in a fresh process; return its modules and what it scanned."""
    command = [sys.executable, "-c", "\n".join((before, WATCH, code, REPORT))]
    environ = {
        **os.environ,
        "SEEDBED_ENGINE": "numpy",
    }  # the native engine is a plugin that is imported unasked
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    return set(report["modules"]), report["scanned"]


def _of(packages: set[str], modules: set[str]) -> set[str]:
    """Return those of `packages` of which something has been imported."""
    return {
        package for package in packages if any(f"{module}.".startswith(f"{package}.") for module in modules)
    }


@pytest.fixture(scope="module")
def imported():
    return _watched("import seedbed")


@pytest.fixture(scope="module")
def looked_up():
    return _watched("import seedbed\nseedbed.get('he_normal', seed=7)((3, 4))\nseedbed.get('XavierUniform')")


@pytest.fixture(scope="module")
def plugin_looked_up():
    return _watched("import seedbed\nseedbed.get('small_init', seed=7)((3, 4))")


def test_import_seedbed_imports_no_framework_no_plugin_and_no_plugin_system(imported):
    modules, _ = imported
    assert "seedbed" in modules
    assert _of(FRAMEWORKS | PLUGIN_SYSTEM | {PLUGIN}, modules) == set()


def test_import_seedbed_imports_neither_the_catalogue_nor_an_initializer(imported):
    modules, _ = imported
    assert _of(OURS_ON_DEMAND, modules) == set()


def test_import_seedbed_scans_nothing(imported):
    _, scanned = imported
    assert scanned == []


def test_a_look_up_of_core_imports_no_framework_and_no_plugin_and_scans_nothing(looked_up):
    modules, scanned = looked_up
    assert _of(FRAMEWORKS | {PLUGIN, "importlib_metadata", "importlib.metadata"}, modules) == set()
    assert scanned == []


def test_a_look_up_of_core_does_use_the_plugin_system(looked_up):
    modules, _ = looked_up
    assert _of({"pluggy", "seedbed.catalogue.catalogue", "seedbed.standard", "seedbed.random"}, modules) == {
        "pluggy",
        "seedbed.catalogue.catalogue",
        "seedbed.standard",
        "seedbed.random",
    }


def test_a_look_up_of_a_plugin_does_scan_and_does_import_it(plugin_looked_up):
    modules, scanned = plugin_looked_up
    assert _of({PLUGIN}, modules) == {PLUGIN}
    assert _of(FRAMEWORKS | METADATA_READERS, modules) == set()
    assert any("os.listdir" in line for line in scanned)
    assert any("open" in line and "entry_points.txt" in line for line in scanned)


def test_finding_a_plugins_entry_imports_nothing_of_ours_that_it_does_not_need():
    modules, _ = _watched("import seedbed\nseedbed.catalogue().entry('small_init')")
    assert "seedbed.discovery.installed" in modules
    assert _of(NOT_FOR_LOOK_UPS, modules) == set()


def test_listing_does_scan_and_imports_the_plugins_hooks_alone():
    modules, scanned = _watched(
        "import seedbed\n[seedbed.catalogue().summary(entry) for entry in seedbed.catalogue()]"
    )
    assert any("entry_points.txt" in line for line in scanned)
    assert _of(FRAMEWORKS | METADATA_READERS, modules) == set()


@pytest.mark.parametrize(
    "code", ["import importlib.metadata as m; m.version('numpy')", "import os; os.listdir(site)"]
)
def test_the_watch_does_see_a_scan_by_anybody(code):
    before = "import numpy, os; site = os.path.dirname(os.path.dirname(numpy.__file__))"
    _, scanned = _watched(code, before=before)
    assert scanned


@pytest.mark.parametrize("framework", sorted(FRAMEWORKS))
def test_the_check_for_frameworks_does_see_one(framework):
    stand_in = f"import sys, types; sys.modules['{framework}.part'] = types.ModuleType('part')"
    modules, _ = _watched("import seedbed", before=stand_in)
    assert _of(FRAMEWORKS, modules) == {framework}
