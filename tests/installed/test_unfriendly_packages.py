"""Packages whose metadata is broken are reported, and harm nobody."""

import importlib.metadata
import os

import pytest
from fakes import FakeSite, constant_class

import seedbed
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryLoadError, UnknownNameError

BROKEN_ENTRY_POINTS = {
    "a line without an equals sign": b"[console_scripts]\nno_equals_sign\n",
    "a byte that is not UTF-8": b"[console_scripts]\ntool = tool:main  # caf\xe9\n",
}

METADATA = "Metadata-Version: 2.1\nName: broken\nVersion: 3.1\n"


def _add_good(site: FakeSite, name: str = "acme-inits") -> None:
    site.add(
        name,
        initializers={"acme_seven": "acme_seven:Seven"},
        modules={"acme_seven": constant_class("Seven", 7)},
    )


def _problems(catalogue: Catalogue, provider: str) -> list[str]:
    return [str(problem) for problem in catalogue.problems if problem.provider.endswith(provider)]


@pytest.mark.parametrize("content", BROKEN_ENTRY_POINTS.values(), ids=BROKEN_ENTRY_POINTS)
def test_malformed_entry_points_of_one_package_leave_the_others_working(site, content):
    site.add_metadata("broken-3.1", metadata=METADATA, entry_points=content)
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(2).tolist() == [7, 7]
    (problem,) = _problems(catalogue, "broken")
    assert problem.startswith("broken 3.1: ")
    assert "broken-3.1.dist-info/entry_points.txt: cannot be parsed (" in problem
    assert "reinstall or uninstall" in problem


@pytest.mark.parametrize("content", BROKEN_ENTRY_POINTS.values(), ids=BROKEN_ENTRY_POINTS)
def test_these_entry_points_do_break_the_standard_librarys_look_up(site, content):
    importlib.metadata.entry_points()
    site.add_metadata("broken-3.1", metadata=METADATA, entry_points=content)
    with pytest.raises(
        (TypeError, ValueError), match=r"unexpected|missing|can't decode|unpack|NoneType|attribute"
    ):
        tuple(importlib.metadata.entry_points())


@pytest.mark.parametrize(
    "content",
    [
        b"small = broken:Small\n",
        b"[\n",
        b"[seedbed.initializers\nx = y:z\n",
        b"\0",
        b"\xef\xbb\xbf[a]\nb = c\n",
    ],
)
def test_a_file_without_a_proper_section_leaves_the_others_working(site, content):
    site.add_metadata("broken-3.1", metadata=METADATA, entry_points=content)
    _add_good(site)
    assert Catalogue().get("acme_seven")(1).tolist() == [7]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "",
        "Metadata-Version: 2.1\nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: \nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: a:b\nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: broken\n",
    ],
    ids=["no METADATA", "empty METADATA", "no name", "empty name", "name that is none", "no version"],
)
def test_a_package_without_name_or_version_is_reported_by_its_folder(site, metadata):
    entry_points = "[seedbed.initializers]\nlost = lost:Lost\n"
    folder = site.add_metadata("broken-3.1", metadata=metadata, entry_points=entry_points)
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    (problem,) = _problems(catalogue, folder.name)
    assert problem.startswith(str(folder))
    assert "METADATA: cannot be read (" in problem
    assert "lost" not in catalogue


def test_metadata_that_is_not_text_is_reported(site):
    folder = site.add_metadata("broken-3.1")
    (folder / "METADATA").write_bytes(b"Name: br\xff\xfe\x00ken\nVersion: 1\n")
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert _problems(catalogue, folder.name)


@pytest.fixture(params=[False, True], ids=["folders by name", "folders by name, backwards"])
def listed(monkeypatch, request):
    """Make the order in which a folder is read a known one; file systems differ in it."""
    real = os.listdir
    monkeypatch.setattr(os, "listdir", lambda *where: sorted(real(*where), reverse=request.param))


def test_a_leftover_of_an_interrupted_uninstall_hides_no_package(site, listed):
    site.add_metadata("acme_inits-0.9", entry_points="")
    site.add_metadata("~cme_inits-0.8", metadata="Metadata-Version: 2.1\nName: acme-inits\nVersion: 0.8\n")
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("acme-inits:acme_seven")(1).tolist() == [7]
    assert catalogue.entry("acme_seven").version == "1.0"


def test_of_two_metadata_folders_of_one_package_the_newest_counts_in_any_order(site, listed):
    for version in ("9.0", "10.0"):
        site.add("acme-inits", version=version, initializers={"acme_seven": "acme_seven:Seven"})
    assert Catalogue().entry("acme-inits:acme_seven").version == "10.0"


@pytest.mark.parametrize("point", ["CamelCase", "with-dash", "1st", "trailing_", "äöü"])
def test_a_name_that_is_not_snake_case_is_reported_and_explained_when_asked_for(site, point):
    site.add(
        "acme-inits",
        initializers={point: "acme_seven:Seven", "acme_seven": "acme_seven:Seven"},
        modules={"acme_seven": constant_class("Seven", 7)},
    )
    catalogue = Catalogue()
    (problem,) = _problems(catalogue, "acme-inits")
    assert f"entry point {point} = acme_seven:Seven: an entry's name must be snake_case" in problem
    with pytest.raises(EntryLoadError, match=rf"'{point}' is broken: acme-inits 1\.0: .*snake_case"):
        catalogue.get(point)
    assert catalogue.get("acme_seven")(1).tolist() == [7]


@pytest.mark.parametrize(
    "target", ["acme_seven", "acme_seven.Seven", ":Seven", "acme seven:Seven", "acme_seven:"]
)
def test_a_target_that_names_no_class_is_reported_and_explained_when_asked_for(site, target):
    site.add(
        "acme-inits", initializers={"acme_seven": target}, modules={"acme_seven": constant_class("Seven", 7)}
    )
    catalogue = Catalogue()
    assert len(_problems(catalogue, "acme-inits")) == 1
    with pytest.raises(EntryLoadError, match=r"'acme_seven' is broken: acme-inits 1\.0: .*module:Class"):
        catalogue.get("acme_seven")
    with pytest.raises(EntryLoadError, match="'acme-inits:acme_seven' is broken"):
        catalogue.get("acme-inits:acme_seven")


def test_a_package_with_no_entry_points_provides_nothing(site):
    site.add_metadata("broken-3.1", metadata=METADATA)
    with pytest.raises(UnknownNameError, match=r"broken 3\.1 is installed, but provides no initializers"):
        Catalogue().get("broken:lost")


def test_the_process_wide_catalogue_reports_the_same_after_a_refresh(site):
    content = BROKEN_ENTRY_POINTS["a line without an equals sign"]
    seedbed.refresh()
    site.add_metadata("broken-3.1", metadata=METADATA, entry_points=content)
    _add_good(site)
    try:
        assert seedbed.refresh().added == ("acme-inits:acme_seven",)
        assert len(_problems(seedbed.catalogue(), "broken")) == 1
    finally:
        site.hide()
        seedbed.refresh()
    assert _problems(seedbed.catalogue(), "broken") == []
