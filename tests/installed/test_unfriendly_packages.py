"""Packages whose metadata is broken are reported, and harm nobody."""

import importlib.metadata
import os
import sys

import pytest
from environments import run
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
    ("content", "what"),
    [
        (b"small = broken:Small\n", "has the line 'small = broken:Small' before its first [section]"),
        (b"# a comment\n\n[\n", "has the line '[' before its first [section]"),
        (b"[seedbed.initializers\nx = y:z\n", "has the line '[seedbed.initializers' before"),
        (b"\0", r"has the line '\x00' before"),
        (b"\xef\xbb\xbf[a]\nb = c\n", "begins with a byte-order mark, so its first section is not read"),
    ],
)
def test_what_stands_before_the_first_section_is_reported_and_the_rest_is_read(site, content, what):
    rest = b"\n[seedbed.initializers]\nrest_seven = acme_seven:Seven\n"
    site.add_metadata("broken-3.1", metadata=METADATA, entry_points=content + rest)
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert catalogue.get("rest_seven")(1).tolist() == [7]
    (problem,) = _problems(catalogue, "broken")
    assert problem.startswith("broken 3.1: ")
    assert "broken-3.1.dist-info/entry_points.txt: " in problem
    assert what in problem


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "",
        "Metadata-Version: 2.1\nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: \nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: a:b\nVersion: 1.0\n",
        "Metadata-Version: 2.1\nName: broken\n",
        "Metadata-Version: 2.1\nName: broken\nVersion: \n",
        "Metadata-Version: 2.1\nName: broken\nVersion: 1.0 beta\n",
    ],
    ids=[
        "no METADATA",
        "empty METADATA",
        "no name",
        "empty name",
        "name that is none",
        "no version",
        "empty version",
        "version of two words",
    ],
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
    leftover = site.add_metadata(
        "~cme_inits-0.8", metadata="Metadata-Version: 2.1\nName: acme-inits\nVersion: 0.8\n"
    )
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("acme-inits:acme_seven")(1).tolist() == [7]
    assert catalogue.entry("acme_seven").version == "1.0"
    said = "left over by an interrupted installation, and not used; delete this folder"
    assert _problems(catalogue, leftover.name) == [f"{leftover}: metadata folder: {said}"]


def test_a_leftover_alone_provides_nothing_whatever_its_version(site):
    points = "[seedbed.initializers]\nlost = lost:Lost\n"
    site.add_metadata("~roken-9.9", metadata=METADATA.replace("3.1", "9.9"), entry_points=points)
    assert "lost" not in Catalogue()


def test_of_two_metadata_folders_of_one_package_the_newest_counts_in_any_order(site, listed):
    for version in ("9.0", "10.0", "10.0rc1", "latest"):
        site.add("acme-inits", version=version, initializers={"acme_seven": "acme_seven:Seven"})
    catalogue = Catalogue()
    assert catalogue.entry("acme-inits:acme_seven").version == "10.0"
    used = "left over beside acme_inits-10.0.dist-info, which is used; delete it, or reinstall the package"
    assert _problems(catalogue, "acme-inits") == [
        f"acme-inits {version}: {site.folder}/acme_inits-{version}.dist-info: {used}"
        for version in ("10.0rc1", "9.0", "latest")
    ]


def test_two_folders_of_one_version_that_say_different_things_both_serve_nothing(site, listed):
    for name, target in (("Acme.Inits", "one:Seven"), ("acme_inits", "two:Seven")):
        metadata = "Metadata-Version: 2.1\nName: acme-inits\nVersion: 1.0\n"
        site.add_metadata(
            f"{name}-1.0", metadata=metadata, entry_points=f"[seedbed.initializers]\nacme_seven = {target}\n"
        )
    catalogue = Catalogue()
    folders = f"{site.folder}/Acme.Inits-1.0.dist-info and {site.folder}/acme_inits-1.0.dist-info"
    for name in ("acme_seven", "Seven", "acme-inits:acme_seven"):
        with pytest.raises(EntryLoadError, match=f"{folders} stand beside each other"):
            catalogue.get(name)
    (problem,) = _problems(catalogue, "acme-inits")
    assert folders in problem


def test_a_newer_copy_later_on_the_path_does_not_count_and_is_no_problem(make_site, listed):
    later, earlier = make_site("later"), make_site("earlier")
    for version, site in (("2.0", later), ("1.0", earlier)):
        site.add("acme-inits", version=version, initializers={"acme_seven": "acme_seven:Seven"})
    catalogue = Catalogue()
    assert catalogue.entry("acme_seven").version == "1.0"
    assert _problems(catalogue, "acme-inits") == []


def test_no_copy_counts_where_the_first_on_the_path_cannot_be_read(make_site):
    later, earlier = make_site("later"), make_site("earlier")
    later.add("acme-inits", version="2.0", initializers={"acme_seven": "acme_seven:Seven"})
    broken = earlier.add_metadata("acme_inits-1.0", metadata="Name: acme-inits")
    catalogue = Catalogue()
    assert "acme_seven" not in catalogue
    (problem,) = _problems(catalogue, broken.name)
    assert "METADATA: cannot be read (" in problem


def test_a_copy_that_cannot_be_read_leaves_another_in_its_folder_working(site):
    site.add("acme-inits", version="1.0", initializers={"acme_seven": "acme_seven:Seven"})
    broken = site.add_metadata("acme_inits-2.0", metadata="Name: acme-inits")
    catalogue = Catalogue()
    assert catalogue.entry("acme_seven").version == "1.0"
    assert len(_problems(catalogue, broken.name)) == 1


def test_a_folder_that_is_on_the_path_in_two_spellings_is_read_once(site, monkeypatch, tmp_path):
    _add_good(site)
    (tmp_path / "link").symlink_to(site.folder, target_is_directory=True)
    for spelling in (tmp_path / "link", f"{site.folder}/.", site.folder):
        monkeypatch.syspath_prepend(spelling)
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert _problems(catalogue, "acme-inits") == []


def test_what_is_no_folder_on_the_path_is_passed_over(site, monkeypatch):
    _add_good(site)
    monkeypatch.setattr(sys, "path", [7, None, str(site.folder / "absent"), *sys.path])
    assert Catalogue().get("acme_seven")(1).tolist() == [7]


class Finder:
    """A finder of distributions that does as it is told."""

    def __init__(self, find):
        self.find_distributions = find

    def find_spec(self, name, path=None, target=None):
        return None


class Distribution:
    """A distribution that lies in no folder."""

    version = "2.0"
    entry_points = (importlib.metadata.EntryPoint("found_seven", "acme_seven:Seven", "seedbed.initializers"),)

    def __init__(self, name):
        self.metadata = {"Name": name, "Summary": 7}

    def read_text(self, name):
        return None


class Exiting(Distribution):
    """One that cannot be asked anything."""

    metadata = property(lambda self: sys.exit("no metadata"), lambda self, value: None)


@pytest.mark.parametrize("error", [RuntimeError("out of order"), GeneratorExit("out of order")])
@pytest.mark.parametrize("place", [0, 99], ids=["first", "last"])
def test_a_finder_that_raises_is_reported_and_the_scan_goes_on(site, monkeypatch, error, place):
    def find(context):
        yield Distribution("kept")
        yield Exiting("lost")
        raise error

    _add_good(site)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path[:place], Finder(find), *sys.meta_path[place:]])
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert catalogue.entry("kept:found_seven").version == "2.0"
    assert catalogue.summary(catalogue.entry("kept:found_seven")) == ""
    (problem,) = _problems(catalogue, ".Finder")
    said = f"find_distributions: raised {type(error).__name__}: out of order"
    assert said in problem
    assert "METADATA: cannot be read (SystemExit: no metadata)" in _problems(catalogue, ".Exiting")[0]


def test_a_finder_that_cannot_be_asked_is_reported(site, monkeypatch):
    class Asked(Finder):
        find_distributions = property(lambda self: 1 / 0, lambda self, value: None)

    _add_good(site)
    monkeypatch.setattr(sys, "meta_path", [Asked(None), *sys.meta_path])
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert "ZeroDivisionError" in _problems(catalogue, ".Asked")[0]


@pytest.mark.parametrize("value", ["acme_seven : Seven", "acme_seven:Seven [fast]", "acme_seven:Seven[a, b]"])
def test_every_value_that_the_specification_allows_is_understood(site, value):
    source = constant_class("Seven", 7)
    site.add("acme-inits", initializers={"acme_seven": value}, modules={"acme_seven": source})
    plugin = value.replace("acme_seven", "acme_plugin").replace("Seven", "hooks")
    site.add("acme-hooks", plugins={"acme": plugin})
    site.add_module(
        "acme_plugin",
        "import types, seedbed\n@seedbed.hookimpl\ndef found():\n"
        "    return [seedbed.Entry('other_seven', 'acme_seven:Seven')]\n"
        "hooks = types.SimpleNamespace(seedbed_initializers=found)\n",
    )
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert catalogue.get("other_seven")(1).tolist() == [7]
    assert [problem for problem in catalogue.problems if problem.provider.startswith("acme")] == []


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


ENDINGS = {
    "at once": "import os\nos._exit(0)\n",
    "at the end": "import atexit, os\natexit.register(os._exit, 0)\n",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize(
    "arguments", [["draw", "small", "--shape", "2"], ["check", "acme_mod:Small"], ["list"]]
)
def test_no_package_ends_a_command_with_a_status_of_its_own(site, ending, arguments):
    site.add("acme", initializers={"small": "acme_mod:Small"}, modules={"acme_mod": ending})
    site.add("acme-plug", plugins={"x": "acme_mod"})
    extra = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = run(
        sys.executable, "-m", "seedbed", *arguments, status=int(arguments != ["list"]) * 2, extra=extra
    )
    assert "seedbed: error: " in done.stderr or arguments == ["list"]
    assert done.stdout or arguments != ["list"]
