"""What a finder of distributions gives is taken as plain text, or held against it."""

import sys
from typing import ClassVar

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
