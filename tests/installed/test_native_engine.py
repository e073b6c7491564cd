"""The package seedbed-native draws unasked where it is installed, allowed and sound."""

import importlib
import sys
import textwrap

import importlib_metadata  # noqa: F401 - puts its finder on the path, which a test would take away
import pytest

import seedbed
from seedbed.catalogue import default, states
from seedbed.governance import Lock
from seedbed.governance.policy import read_variables_again
from seedbed.random import STREAM_VERSION, engine, engines, use_engine
from seedbed_tools.doctor import diagnose

MODULE = """
    import seedbed
    from seedbed.random import NumPyEngine

    class Fast(NumPyEngine):
        name = "native-fast"

    @seedbed.hookimpl
    def seedbed_engine():
        return Fast()
"""


@pytest.fixture
def offer(site, monkeypatch):
    """Return what installs a package, in a process that has drawn nothing yet."""
    monkeypatch.delenv("SEEDBED_ENGINE", raising=False)
    monkeypatch.setattr(engines, "_active", None)
    monkeypatch.setattr(default, "CATALOGUE", seedbed.Catalogue())

    def install(name="seedbed-native", source=MODULE):
        folder = site.folder / "seedbed_native"
        folder.mkdir()
        (folder / "__init__.py").write_text("", encoding="utf-8")
        (folder / "plugin.py").write_text(textwrap.dedent(source), encoding="utf-8")
        site.add(name, version="0.1.0", plugins={"native": "seedbed_native.plugin"})
        files = ("seedbed_native/__init__.py", "seedbed_native/plugin.py")
        site.add_record(f"{name.replace('-', '_')}-0.1.0", *files)
        importlib.invalidate_caches()

    yield install
    use_engine(None)
    read_variables_again()
    for name in [name for name in sys.modules if name.startswith("seedbed_native")]:
        del sys.modules[name]


def draw():
    return seedbed.standard.RandomNormal(seed=7)((3,))


def policy(monkeypatch, tmp_path, text):
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    read_variables_again()
    monkeypatch.setenv("SEEDBED_POLICY", str(file))


def test_it_draws_unasked_and_without_a_scan(offer, monkeypatch):
    offer()
    monkeypatch.setattr(states, "scan_installed", lambda policy: pytest.fail(f"scanned by {policy}"))
    draw()
    assert engine() == "native-fast"


def test_the_environment_can_keep_numpys(offer, monkeypatch):
    offer()
    monkeypatch.setenv("SEEDBED_ENGINE", "numpy")
    draw()
    assert engine() == "numpy"


def test_the_environment_may_name_it_too(offer, monkeypatch):
    offer()
    monkeypatch.setenv("SEEDBED_ENGINE", "seedbed-native")
    seedbed.Catalogue().get("he_normal")
    assert engine() == "native-fast"


def test_a_module_of_its_name_that_another_package_brings_does_not_draw(offer):
    offer("evil-native")
    draw()
    assert engine() == "numpy"


def test_two_copies_of_its_metadata_beside_each_other_serve_nothing(offer, site):
    offer()
    site.add("seedbed-native", version="9.9", plugins={"native": "seedbed_native.plugin"})
    draw()
    assert engine() == "numpy"


def test_one_that_cannot_be_imported_is_told_of_once_and_numpys_draws(offer):
    offer(source="raise ImportError('no such instruction')")
    with pytest.warns(
        RuntimeWarning, match="seedbed-native is installed and cannot draw: ImportError: no such"
    ):
        first = draw()
    assert engine() == "numpy"
    assert (draw() == first).all()


def test_a_policy_can_deny_it(offer, monkeypatch, tmp_path):
    offer()
    policy(monkeypatch, tmp_path, '[tool.seedbed]\ndeny = ["seedbed-native"]\n')
    draw()
    assert engine() == "numpy"


def test_a_policy_can_allow_it(offer, monkeypatch, tmp_path):
    offer()
    policy(monkeypatch, tmp_path, '[tool.seedbed]\nmode = "allowlist"\nallow = ["seedbed-native"]\n')
    draw()
    assert engine() == "native-fast"


def test_a_package_that_is_not_allowed_does_not_draw(offer, monkeypatch, tmp_path):
    offer()
    policy(monkeypatch, tmp_path, '[tool.seedbed]\nmode = "allowlist"\nallow = []\n')
    draw()
    assert engine() == "numpy"


def test_under_a_lock_that_does_not_have_it_it_does_not_draw(offer, monkeypatch, tmp_path):
    offer()
    (tmp_path / "seedbed.lock").write_text(Lock(STREAM_VERSION).text(), encoding="utf-8")
    policy(monkeypatch, tmp_path, '[tool.seedbed]\nmode = "locked"\nlock = "seedbed.lock"\n')
    draw()
    assert engine() == "numpy"
    assert "seedbed_native.plugin" not in sys.modules


@pytest.mark.slow
def test_the_doctor_tries_it_in_a_process_of_its_own(offer):
    offer()
    diagnosis = diagnose()
    assert diagnosis.engine == "native-fast"
    assert diagnosis.is_well


@pytest.mark.slow
def test_the_doctor_says_why_it_cannot_draw(offer):
    offer(source=MODULE.replace("return Fast()", "raise ImportError('no such instruction')"))
    diagnosis = diagnose()
    assert diagnosis.engine == "numpy"
    assert any("no such instruction" in str(finding) for finding in diagnosis.findings)
