"""One line says what to install, where a framework is absent, broken or too old."""

import importlib
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, requires

import pytest
from frameworks import FRAMEWORKS, framework

from seedbed.errors import MissingExtraError
from seedbed.requirement import require

os.environ.setdefault("KERAS_BACKEND", "jax")  # Keras reads it when it is first imported


def refusal(**changes):
    given = {"module": "theframework", "oldest": (2, 6), "title": "TheFramework", "requirer": "acme-inits"}
    arguments = given | changes
    with pytest.raises(MissingExtraError) as caught:
        require(arguments.pop("module"), arguments.pop("oldest"), **arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write the framework's module, which this process has not seen yet."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "theframework", raising=False)

    def write(text):
        (tmp_path / "theframework.py").write_text(text)

    yield write
    sys.modules.pop("theframework", None)


def test_what_is_absent_is_to_be_installed():
    assert refusal() == (
        'acme-inits needs TheFramework 2.6 or later, which is not installed: pip install "theframework>=2.6"'
    )


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("ImportError('no symbol x')", "ImportError: no symbol x"),
        ("ModuleNotFoundError(\"No module named 'thelib'\", name='thelib')", "No module named 'thelib'"),
        ("OSError('libcudart.so.12:\\n  cannot open')", "OSError: libcudart.so.12: cannot open"),
        ("RuntimeError('jaxlib is too old')", "RuntimeError: jaxlib is too old"),
    ],
)
def test_what_cannot_be_imported_is_told_with_its_cause_and_a_remedy(module, raised, told):
    module(f"raise {raised}")
    assert f"which cannot be imported ({told}); install it again: pip install" in refusal().replace(
        "ModuleNotFoundError: ", ""
    )
    assert refusal(unusable="set KERAS_BACKEND").endswith("; set KERAS_BACKEND")


def test_of_a_module_in_a_package_the_package_is_to_be_installed(tmp_path, monkeypatch):
    told = 'acme-inits needs TheFramework 2.6 or later, {}: pip install "theframework>=2.6"'
    absent = told.format("which is not installed")
    assert refusal(module="theframework.core") == absent
    (tmp_path / "theframework").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert refusal(module="theframework.core") == absent
    (tmp_path / "theframework" / "core.py").write_text("__version__ = '2.5'")
    importlib.invalidate_caches()
    assert refusal(module="theframework.core") == told.format("found 2.5")
    for name in ("theframework", "theframework.core"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("version", ["2.5.1+cpu", "1.13.1", "0.4.1", "unknown", "2"])
def test_what_is_too_old_is_refused(module, version):
    module(f"__version__ = {version!r}")
    assert refusal() == (
        f'acme-inits needs TheFramework 2.6 or later, found {version}: pip install "theframework>=2.6"'
    )


def test_a_folder_of_the_same_name_is_not_taken_for_it(tmp_path, monkeypatch):
    (tmp_path / "theframework").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert f"found theframework in {tmp_path / 'theframework'}, which is not it" in refusal()
    finally:
        del sys.modules["theframework"]


@pytest.mark.parametrize("version", ["2.6", "2.6.0rc1", "2.10.0a0+git123", "3.0.1"])
def test_what_is_new_enough_will_do(module, version):
    module(f"__version__ = {version!r}")
    require("theframework", (2, 6), title="TheFramework", requirer="acme-inits")


@pytest.mark.parametrize(("name", "plugin"), FRAMEWORKS.items())
class TestOurOwnPackages:
    """What the packages for frameworks ask for is what they refuse to go on without."""

    @pytest.fixture
    def oldest(self, name, plugin):
        try:
            needed = requires(plugin.replace("_", "-")) or []
        except PackageNotFoundError:
            pytest.skip(f"{plugin} not installed")
        found = (re.fullmatch(rf"{name}>=(\d+)\.(\d+)", one) for one in needed)
        return next(tuple(map(int, match.groups())) for match in found if match)

    @pytest.fixture
    def afresh(self, plugin, monkeypatch):
        for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == plugin]:
            monkeypatch.delitem(sys.modules, loaded)

    def test_an_older_framework_is_refused(self, name, plugin, oldest, afresh, monkeypatch):
        major, minor = oldest
        monkeypatch.setattr(framework(name), "__version__", f"{major}.{minor - 1}.9")
        with pytest.raises(MissingExtraError, match=rf"or later, found {major}\.{minor - 1}\.9: pip install"):
            __import__(plugin)

    def test_an_absent_framework_is_refused_whatever_is_imported_first(
        self, name, plugin, oldest, afresh, monkeypatch
    ):
        version = ".".join(map(str, oldest))
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingExtraError, match=rf'not installed: pip install "{name}>={version}"$'):
            __import__(f"{plugin}.layouts")
