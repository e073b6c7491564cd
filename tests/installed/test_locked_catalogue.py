"""What a lock keeps from being imported: other packages, versions, files, rows, modules from elsewhere."""

import importlib.machinery
import os
import re
import sys
from dataclasses import replace

import pytest
from fakes import constant_class

from seedbed.catalogue.catalogue import Catalogue
from seedbed.entry import Entry
from seedbed.governance import Lock, LockedEntry, LockedProvider
from seedbed.governance.locating import origins
from seedbed.governance.locked import Locked, bound
from seedbed.locking.survey import vouched

STEM = "acme-1.0"


@pytest.fixture
def acme(site):
    """Install a package, and return its site."""
    site.add("acme", initializers={"tiny": "acme_pkg.inner.tiny:Tiny"})
    files = {
        "acme_pkg/__init__.py": "raise RuntimeError('imported')",
        "acme_pkg/inner/__init__.py": "",
        "acme_pkg/inner/tiny.py": constant_class("Tiny", 1),
        "acme_helper.py": "",
    }
    for path, source in files.items():
        place = site.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source)
    site.add_record(STEM, *files)
    return site


@pytest.fixture
def entry(acme):
    return Catalogue().entry("acme:tiny")


@pytest.fixture
def lock(acme, entry):
    """Return a lock of what is installed."""
    return lock_of(acme, entry)


def lock_of(site, *entries):
    _, digest = vouched(str(site.folder / f"{STEM}.dist-info"))
    rows = [
        LockedEntry(
            each.full_name,
            target=each.place,
            preset_of=each.preset_of,
            aliases=tuple(each.names[1:]),
            bound=bound(each),
        )
        for each in entries
    ]
    return Lock(1, (LockedProvider("acme", "1.0", digest),), tuple(rows))


def locked(site, lock):
    return Locked(lock, {"acme": str(site.folder / f"{STEM}.dist-info")})


def bars(check, entry):
    return check.bars(entry, entry.place.partition(":")[0])


def test_what_the_lock_has_is_let_in_and_nothing_is_imported_for_it(acme, lock, entry):
    before = set(sys.modules)
    check = locked(acme, lock)
    assert bars(check, entry) == ""
    assert check.bars_module("acme", "1.0", "acme_pkg.inner.tiny") == ""
    assert check.bars_provider("acme", "1.0") == ""
    assert not [name for name in set(sys.modules) - before if name.startswith("acme_")]


def test_core_is_not_checked():
    core = Catalogue(scan=False).entry("zeros")
    check = Locked(Lock(1), {})
    assert bars(check, core) == ""
    assert check.bars_provider("seedbed", "9") == ""
    assert check.bars_module("seedbed", "9", "nowhere") == ""


def test_another_package_or_version_is_barred(acme, lock, entry):
    other = replace(entry, provider="zeta")
    assert bars(locked(acme, lock), other) == "the lock has no package zeta"
    newer = replace(entry, version="1.1")
    assert bars(locked(acme, lock), newer) == "the lock has version 1.0 of acme, and 1.1 is installed"


@pytest.mark.parametrize(
    ("changes", "bar"),
    [
        ({"name": "wide"}, "the lock has no entry acme:wide"),
        (
            {"target": "acme_helper:Tiny"},
            "acme:tiny has the target acme_helper:Tiny, and in the lock acme_pkg",
        ),
        ({"target": "", "preset_of": "zeros"}, "acme:tiny has the target none, and in the lock acme_pkg"),
        ({"arguments": {"stddev": 1.0}}, "acme:tiny has the bound {'stddev': '1.0'}, and in the lock none"),
        ({"aliases": ("little",)}, "acme:tiny has the alias 'little', which it has not in the lock"),
    ],
)
def test_another_row_is_barred(acme, lock, entry, changes, bar):
    assert bars(locked(acme, lock), replace(entry, **changes)).startswith(bar)


def test_a_preset_is_let_in_by_its_row(acme):
    preset = Entry("nought", preset_of="constant", arguments={"value": 0, "b": [1]}).provided_by(
        "acme", "1.0"
    )
    assert bars(locked(acme, lock_of(acme, preset)), preset) == ""
    other = replace(preset, preset_of="ones")
    assert "has the preset_of ones, and in the lock constant" in bars(
        locked(acme, lock_of(acme, preset)), other
    )


def test_other_files_are_barred(acme, lock, entry):
    (acme.folder / "acme_helper.py").write_text("evil = True")
    check = locked(acme, lock)
    assert bars(check, entry) == "the files of acme 1.0 are not those of the lock"
    assert (
        check.bars_module("acme", "1.0", "acme_helper") == "the files of acme 1.0 are not those of the lock"
    )


def test_a_record_that_tells_less_is_barred(acme, lock, entry):
    """Whoever changes a file can take it out of RECORD as well."""
    (acme.folder / "acme_helper.py").write_text("evil = True")
    record = acme.folder / f"{STEM}.dist-info" / "RECORD"
    record.write_text(record.read_text().replace("acme_helper.py,,\n", ""))
    assert bars(locked(acme, lock), entry) == "the files of acme 1.0 are not those of the lock"


def test_files_that_cannot_be_vouched_for_are_barred(acme, lock, entry):
    (acme.folder / "acme_helper.py").unlink()
    assert "acme_helper.py is missing" in bars(locked(acme, lock), entry)
    (acme.folder / f"{STEM}.dist-info" / "RECORD").unlink()
    assert "it has no RECORD of its files" in bars(locked(acme, lock), entry)
    assert "it has no RECORD of its files" in bars(Locked(lock, {}), entry)


def test_a_module_dropped_into_the_package_is_barred(acme, lock, entry):
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    (acme.folder / f"acme_pkg/inner/tiny{suffix}").write_text("")
    assert "is not in its RECORD, and could be imported" in bars(locked(acme, lock), entry)


@pytest.mark.parametrize("shadow", ["acme_pkg/__init__.py", "acme_helper.py"])
def test_a_module_that_an_earlier_folder_of_the_path_has_is_barred(acme, lock, entry, make_site, shadow):
    """Also one that is not asked for: a module of the package may import it."""
    place = make_site("in_front").folder / shadow
    place.parent.mkdir(exist_ok=True)
    place.write_text("evil = True")
    bar = bars(locked(acme, lock), entry)
    assert re.match(
        rf"the module acme_\w+ would be imported from {place}, which is no file of the package", bar
    )


def test_a_module_that_is_imported_already_from_elsewhere_is_barred(acme, lock, entry, make_site):
    in_front = make_site("in_front")
    in_front.add_module("acme_helper", "evil = True")
    import acme_helper

    in_front.hide()
    assert f"would be imported from {acme_helper.__file__}" in bars(locked(acme, lock), entry)


def test_a_finder_that_serves_a_module_is_seen(acme, lock, entry, monkeypatch):
    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "acme_pkg":
                return importlib.machinery.ModuleSpec(name, object(), origin="elsewhere")
            return None

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    assert "would be imported from elsewhere" in bars(locked(acme, lock), entry)


def test_a_finder_that_raises_bars_what_it_could_serve(acme, lock, entry, monkeypatch):
    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "acme_pkg":
                raise SystemExit("odd")

    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    bar = "where the module acme_pkg would be imported from cannot be told: SystemExit: odd"
    assert bars(locked(acme, lock), entry) == bar


@pytest.mark.parametrize(
    "module", ["sys", "json", "acme_nothing", "acme_pkg.nothing", "acme_pkg.inner.nothing.more"]
)
def test_a_module_that_is_no_file_of_the_package_is_barred(acme, lock, module):
    assert locked(acme, lock).bars_module("acme", "1.0", module)


def test_a_module_in_a_namespace_package_is_let_in(acme, lock, make_site):
    nested = acme.folder / "acme_ns" / "deep"
    nested.mkdir(parents=True)
    (nested / "tiny.py").write_text("")
    (make_site("in_front").folder / "acme_ns" / "deep").mkdir(parents=True)
    acme.add_record(STEM, "acme_ns/deep/tiny.py")
    check = locked(acme, lock_of(acme))
    assert check.bars_module("acme", "1.0", "acme_ns.deep.tiny") == ""
    assert [name for name, _ in origins("acme_ns.deep.tiny")] == ["acme_ns.deep.tiny"]


def test_the_files_are_read_once(acme, lock, entry):
    check = locked(acme, lock)
    assert bars(check, entry) == ""
    (acme.folder / "acme_helper.py").write_text("evil = True")
    assert bars(check, entry) == ""
    assert bars(locked(acme, lock), entry) != ""


def test_where_a_module_is_found_is_where_python_imports_it_from():
    import importlib.util

    for module in (
        "seedbed.discovery.installed",
        "json.decoder",
        "numpy.linalg",
        "sys",
        "xml.etree.ElementTree",
    ):
        (*_, (name, file)) = origins(module)
        assert (name, file) == (module, importlib.util.find_spec(module).origin or "")


def test_what_is_on_the_path_and_no_folder_is_passed_over(acme, lock, entry, monkeypatch):
    monkeypatch.setattr(sys, "path", [os.devnull, None, 7, *sys.path])
    assert bars(locked(acme, lock), entry) == ""
