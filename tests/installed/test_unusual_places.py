"""Packages in zip files, eggs and checkouts are found, and counted by the same rule as all others."""

import sys
import zipfile

import pytest
from environments import run
from fakes import constant_class

from seedbed.catalogue.catalogue import Catalogue

POINTS = "[seedbed.initializers]\nacme_seven = acme_seven:Seven\n"
SOURCE = constant_class("Seven", 7)


def _metadata(version="1.0", name="acme-inits"):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: From elsewhere.\n"


def _zip(file, folder, *, headers="METADATA"):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{folder}/{headers}", _metadata())
        archive.writestr(f"{folder}/entry_points.txt", POINTS)
        archive.writestr("acme_seven.py", SOURCE)
    return file


def _folder(place, folder, *, headers="METADATA"):
    (place / folder).mkdir(parents=True)
    (place / folder / headers).write_text(_metadata(), encoding="utf-8")
    (place / folder / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    (place / "acme_seven.py").write_text(SOURCE, encoding="utf-8")
    return place


PLACES = {
    "a zip file": lambda tmp: _zip(tmp / "acme.zip", "acme_inits-1.0.dist-info"),
    "a wheel": lambda tmp: _zip(tmp / "acme_inits-1.0-py3-none-any.whl", "acme_inits-1.0.dist-info"),
    "an egg file": lambda tmp: _zip(tmp / "acme_inits-1.0-py3.11.egg", "EGG-INFO", headers="PKG-INFO"),
    "an egg folder": lambda tmp: _folder(tmp / "acme_inits-1.0-py3.11.egg", "EGG-INFO", headers="PKG-INFO"),
    "a checkout": lambda tmp: _folder(tmp / "src", "acme_inits.egg-info", headers="PKG-INFO"),
    "an old folder": lambda tmp: _folder(tmp / "old", "Acme.Inits-1.0-py3.11.egg-info", headers="PKG-INFO"),
    "a folder": lambda tmp: _folder(tmp / "new", "acme_inits-1.0.dist-info"),
}


@pytest.fixture(params=PLACES)
def place(request, site, tmp_path, monkeypatch):
    """Put a package into an unusual place on the path; return the place and its kind."""
    place = PLACES[request.param](tmp_path)
    monkeypatch.syspath_prepend(place)
    return place, request.param


def test_a_package_is_found_there(place):
    catalogue = Catalogue()
    entry = catalogue.entry("acme_seven")
    assert (entry.source, catalogue.summary(entry)) == ("acme-inits==1.0", "From elsewhere.")
    assert catalogue.get("acme-inits:acme_seven")(1).tolist() == [7]
    assert [problem for problem in catalogue.problems if "acme" in str(problem)] == []


def test_it_is_found_there_without_a_library_that_changes_the_process(place):
    code = "import sys, seedbed; print(seedbed.catalogue().entry('acme_seven').version, *sys.modules)"
    version, *modules = run(
        sys.executable, "-P", "-c", code, extra={"PYTHONPATH": str(place[0])}
    ).stdout.split()
    assert version == "1.0"
    assert not {"importlib_metadata", "importlib.metadata"}.intersection(modules)


@pytest.mark.parametrize("first", [True, False], ids=["in front of it", "behind it"])
def test_the_first_on_the_path_counts_whatever_it_is(place, make_site, first):
    site = make_site("other")
    site.add("acme-inits", version="2.0", initializers={"acme_seven": "acme_other:Seven"})
    if not first:
        site.hide()
        sys.path.append(str(site.folder))
    assert Catalogue().entry("acme_seven").version == ("2.0" if first else "1.0")


def test_what_a_finder_and_the_path_both_find_counts_once(place, monkeypatch):
    import importlib_metadata

    class Finder(importlib_metadata.MetadataPathFinder):
        def find_spec(self, name, path=None, target=None):
            return None

    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert [problem for problem in catalogue.problems if "acme" in str(problem)] == []


def test_a_file_of_metadata_from_long_ago_is_known_and_contradicts_what_has_entries(site):
    (site.folder / "Acme_Inits-1.0-py3.11.egg-info").write_text(_metadata(), encoding="utf-8")
    site.add("acme-inits", version="0.9", initializers={"acme_seven": "acme_seven:Seven"})
    catalogue = Catalogue()
    assert "acme_seven" not in catalogue
    (problem,) = (str(problem) for problem in catalogue.problems if "acme" in str(problem))
    folders = ("Acme_Inits-1.0-py3.11.egg-info", "acme_inits-0.9.dist-info")
    assert f"{' and '.join(str(site.folder / name) for name in folders)} stand beside each other" in problem
