"""What a finder of distributions gives is taken as plain text, or held against it."""

import json
import sys
from typing import ClassVar

import pytest
from environments import run
from fakes import constant_class

from seedbed.catalogue.catalogue import Catalogue


class Finder:
    def __init__(self, *found):
        self.found = found

    def find_spec(self, name, path=None, target=None):
        return None

    def find_distributions(self, context):
        return self.found


class Struck(str):
    __slots__ = ()

    def _strike(self, *arguments):
        raise SystemExit("struck")

    __eq__ = __lt__ = __format__ = __str__ = __len__ = partition = split = strip = _strike

    def __hash__(self):
        return str.__hash__(self)


class Point:
    group, name, value = Struck("seedbed.initializers"), Struck("found_seven"), Struck("good_mod:Seven")


class Distribution:
    version = Struck("2.0")
    metadata: ClassVar = {"Name": Struck("found"), "Summary": Struck("sum")}
    entry_points = (Point,)

    def read_text(self, name):
        return None


def test_what_a_finder_of_distributions_gives_is_taken_as_plain_text(site, monkeypatch):
    site.add("good", initializers={"good_seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    monkeypatch.setattr(sys, "meta_path", [Finder(Distribution()), *sys.meta_path])
    catalogue = Catalogue()
    assert catalogue.get("good:good_seven")(1).tolist() == [7]
    found = catalogue.entry("found:found_seven")
    assert (found.version, catalogue.summary(found)) == ("2.0", "sum")
    assert type(found.version) is str


def test_what_is_no_text_in_an_entry_point_is_held_against_its_package(site, monkeypatch):
    class Odd(Distribution):
        entry_points = (type("Odd", (), {"group": "seedbed.initializers", "name": 7, "value": "a:B"}),)

    site.add("good", initializers={"good_seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    monkeypatch.setattr(sys, "meta_path", [Finder(Odd()), *sys.meta_path])
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = [problem for problem in catalogue.problems if problem.provider == "found"]
    assert "it gives 7 where text belongs" in str(problem)


def test_a_finder_whose_class_strikes_is_reported(site, monkeypatch):
    class Meta(type):
        def __getattribute__(cls, name):
            sys.exit("struck")

    class Bad(Finder, metaclass=Meta):
        def find_distributions(self, context):
            raise RuntimeError("out of order")

    site.add("good", initializers={"good_seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    monkeypatch.setattr(sys, "meta_path", [Bad(), *sys.meta_path])
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = [problem for problem in catalogue.problems if problem.where == "find_distributions"]
    assert problem.provider.endswith(".Bad")


ASK = """
import json, sys
from importlib import metadata
from importlib.machinery import PathFinder

def said():
    found = sorted(metadata.distributions(), key=lambda each: (each.metadata["Name"], each.version))
    try:
        metadata.version("no-such-package")
    except metadata.PackageNotFoundError as error:
        missing = str(error)
    return {
        "names": [[each.metadata["Name"], each.version] for each in found],
        "points": sorted([each.group, each.name, each.value] for one in found for each in one.entry_points),
        "ours": [point.name for point in metadata.entry_points(group="seedbed.initializers")],
        "numpy": [metadata.version("numpy"), metadata.distribution("numpy").metadata["Name"]],
        "files": len(metadata.files("numpy")),
        "requires": metadata.requires("seedbed"),
        "missing": missing,
    }

class Finder:
    def find_spec(self, name, path=None, target=None):
        return None
    if "with" in sys.argv:
        def find_distributions(self, context):
            assert context.path == sys.path
            return ()

before = said()
sys.meta_path.insert(0, Finder())
import seedbed
assert seedbed.catalogue().entry("good_seven").provider == "good"
is_left = hasattr(PathFinder, "find_distributions")
print(json.dumps([before == said(), "importlib_metadata" in sys.modules, is_left]))
seedbed.refresh()
assert seedbed.catalogue().entry("good_seven").provider == "good"
print(json.dumps(before["ours"]))
"""


@pytest.mark.parametrize("how", ["with", "without"])
def test_others_find_with_importlib_metadata_what_they_found_before(site, how):
    """For a finder of distributions we import a library that replaces Python's own finder in the process."""
    site.add("good", initializers={"good_seven": "good_mod:Seven"})
    done = run(sys.executable, "-c", ASK, how, cwd=site.folder, extra={"PYTHONPATH": str(site.folder)})
    (same, is_imported, is_left), ours = map(json.loads, done.stdout.splitlines())
    assert same
    assert is_imported == (how == "with")
    assert is_left == (how == "without")  # or this test would show nothing
    assert "good_seven" in ours
