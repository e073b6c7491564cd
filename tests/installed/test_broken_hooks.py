"""A plugin whose hooks are wrong is reported, and harms nobody; observers hear each thing once."""

import sys
import time

import pytest
from fakes import constant_class, hook_module, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryLoadError, UnknownNameError
from seedbed_tools.cli.records import entry_record

RAISING = hook_module("""
    @seedbed.hookimpl
    def seedbed_initializers():
        raise RuntimeError("out of order")
""")
MISSPELLED = hook_module("""
    @seedbed.hookimpl
    def seedbed_initialisers():
        return [Entry("lost", "lost_mod:Lost")]
""")
WRONG_ARGUMENTS = hook_module("""
    @seedbed.hookimpl
    def seedbed_initializers(catalogue):
        return [Entry("lost", "lost_mod:Lost")]
""")
HALFWAY = hook_module("""
    @seedbed.hookimpl
    def seedbed_initializers():
        yield Entry("good_seven", "good_mod:Seven")
        raise RuntimeError("halfway")
""")
UNMARKED = hook_module("""
    def seedbed_initializers():
        return [Entry("lost", "lost_mod:Lost")]
""")

UNSPEAKABLE = """
class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

raise Unspeakable
"""

BROKEN = {
    "its module does not exist": (None, "raised ModuleNotFoundError: No module named 'bad_plugin'"),
    "its module raises": ("1 / 0", "raised ZeroDivisionError"),
    "its module exits": ("raise SystemExit(3)", "raised SystemExit: 3"),
    "its error has no text": (UNSPEAKABLE, "raised Unspeakable"),
    "the hook raises": (RAISING, "raised RuntimeError: out of order"),
    "the hook raises halfway": (HALFWAY, "raised RuntimeError: halfway"),
    "the hook exits": (RAISING.replace("RuntimeError", "SystemExit"), "raised SystemExit: out of order"),
    "the module raises what is no Exception": ("raise GeneratorExit('odd')", "raised GeneratorExit: odd"),
    "the hook raises what is no Exception": (
        RAISING.replace("RuntimeError", "BaseException"),
        "raised BaseException: out of order",
    ),
    "the hook's name is misspelled": (MISSPELLED, "seedbed_initialisers"),
    "the hook takes unknown arguments": (WRONG_ARGUMENTS, "catalogue"),
    "no hook is marked": (UNMARKED, "has no function marked @seedbed.hookimpl"),
    "it is an initializer's module": (
        constant_class("Lost"),
        "belongs in the entry-point group seedbed.initializers",
    ),
    "the hook returns a number": (returning("7"), "must return a list of entries, got 7"),
    "the hook returns a string": (returning("'lost'"), "must return a list of entries, got 'lost'"),
    "the hook returns a dict": (
        returning("{'lost': 'lost_mod:Lost'}"),
        "must return a list of entries, got {",
    ),
    "the hook returns no end of entries": (
        "import itertools\n" + returning("itertools.repeat(Entry('lost', 'a:B'))"),
        "must return at most 100,000 entries",
    ),
    "the hook returns one entry": (
        returning("Entry('lost', 'a:B')"),
        "must return a list of entries, got Entry(",
    ),
}


def _problems(catalogue, provider):
    return [problem for problem in catalogue.problems if problem.provider == provider]


def _add_good(site):
    site.add("good", plugins={"good": "good_plugin"}, modules={"good_mod": constant_class("Seven", 7)})
    site.add_module("good_plugin", returning("[Entry('good_seven', 'good_mod:Seven')]"))


@pytest.mark.parametrize(("source", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_reported_with_provider_and_version_and_harms_nobody(site, source, message):
    site.add("bad", version="3.1", plugins={"bad": "bad_plugin"})
    if source is not None:
        site.add_module("bad_plugin", source)
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = _problems(catalogue, "bad")
    assert str(problem).startswith("bad 3.1: plugin bad = bad_plugin: ")
    assert message in str(problem)
    with pytest.raises(UnknownNameError, match=r"broken packages may have had it \(bad 3\.1: plugin bad"):
        catalogue.get("lost")


ODD_ITEMS = """
import seedbed

class Unspeakable:
    def __repr__(self):
        raise SystemExit("no repr")

    @property
    def name(self):
        raise SystemExit("no name")

class Unruly(seedbed.Entry):
    @property
    def names(self):
        raise RuntimeError("no names")
"""


@pytest.mark.parametrize(
    "wrong",
    ["'lost'", "None", "7", "('lost', 'a:B')", "Entry", "Unspeakable()", "Unruly('lost', 'a:B')"],
)
def test_an_item_that_is_no_entry_is_reported_and_the_others_are_kept(site, wrong):
    site.add("bad", plugins={"bad": "bad_plugin"}, modules={"good_mod": constant_class("Seven", 7)})
    items = returning(f"[{wrong}, Entry('good_seven', 'good_mod:Seven')]")
    site.add_module("bad_plugin", ODD_ITEMS + items)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = _problems(catalogue, "bad")
    assert "must return entries, got" in str(problem)


def test_an_entry_that_names_a_provider_is_refused(site):
    site.add("bad", plugins={"bad": "bad_plugin"})
    site.add_module("bad_plugin", returning("[Entry('he_normal', 'a:B', provider='seedbed')]"))
    catalogue = Catalogue()
    (problem,) = _problems(catalogue, "bad")
    assert "names provider 'seedbed'; leave provider and version to the catalogue" in str(problem)
    with pytest.raises(EntryLoadError, match="'bad:he_normal' is broken"):
        catalogue.get("bad:he_normal")
    assert catalogue.entry("he_normal").provider == "seedbed"


TOO_LARGE = {
    "an int": "arguments={'x': 10**5000}",
    "what it binds": "arguments={'x': 'y' * 10**6}",
    "a summary": "summary='y' * 10**6",
    "an alias": "aliases=['y' * 10**6]",
}


def test_a_summary_is_cut_whatever_it_is_made_of(site):
    rows = "[Entry('a', preset_of='zeros', arguments={'x': 'y' * 90_000}), Entry('b', Long)]"
    long = constant_class("Long") + "Long.__doc__ = 'y' * 10**6\n"
    site.add("long", plugins={"long": "long_plugin"}, modules={"long_plugin": long + returning(rows)})
    catalogue = Catalogue()
    for name in ("a", "b"):
        assert len(catalogue.summary(catalogue.entry(name))) == 2003
    assert [entry.name for entry in catalogue.search("yyy")] == ["a", "b"]


@pytest.mark.parametrize("field", TOO_LARGE.values(), ids=TOO_LARGE)
@pytest.mark.parametrize("is_checked_at_once", [True, False])
def test_an_entry_that_is_too_large_breaks_no_listing(site, field, is_checked_at_once):
    name, _, value = field.partition("=")
    made = f"Entry('odd', preset_of='zeros', {field})" if is_checked_at_once else f"later('{name}', {value})"
    site.add("bad", version="3.1", plugins={"bad": "bad_plugin"})
    later = """
def later(name, value):
    entry = Entry('odd', preset_of='zeros')
    object.__setattr__(entry, name, value)
    return entry
"""
    site.add_module("bad_plugin", returning(f"[{made}]") + later)
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    assert [entry.full_name for entry in catalogue.search("good_seven")] == ["good:good_seven"]
    assert all(len(catalogue.summary(entry)) < 1000 for entry in catalogue)
    (problem,) = _problems(catalogue, "bad")
    assert len(str(problem)) < 1000


ENDLESS = hook_module("""
    @seedbed.hookimpl
    def seedbed_initializers():
        odd = Entry('odd', 'a:B')
        while True:
            yield odd
""")
LONG = hook_module("""
    @seedbed.hookimpl
    def seedbed_initializers():
        raise RuntimeError("long " * 10**6)
""")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (ENDLESS, "hook seedbed_initializers must return at most 100,000 entries"),
        (LONG, "raised RuntimeError: long long long"),
    ],
)
def test_a_hook_without_an_end_is_reported_shortly(site, source, message):
    site.add("bad", plugins={"bad": "bad_plugin"}, modules={"bad_plugin": source})
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = _problems(catalogue, "bad")
    assert message in problem.what
    with pytest.raises(UnknownNameError, match="no initializer is named 'nothing'") as raised:
        catalogue.get("nothing")
    assert len(str(raised.value)) < 10_000


def test_look_ups_take_no_square_of_the_number_of_aliases(site):
    many = "[f'a{n}_%d' for n in range(1000)]"
    rows = ", ".join(f"Entry('odd_{row}', 'a:B', aliases={many % row})" for row in range(20))
    site.add("many", plugins={"many": "many_plugin"}, modules={"many_plugin": returning(f"[{rows}]")})
    _add_good(site)
    began = time.process_time()
    assert Catalogue().get("good_seven")(1).tolist() == [7]
    assert time.process_time() - began < 5  # of which it takes some 0.3


@pytest.mark.parametrize(
    "entries",
    [
        "[Entry('odd', 'odd_mod:Odd', summary=7)]",
        "[Entry('odd', 'odd_mod:Odd', deprecated='soon')]",
        "[Entry('odd', 'a:B', deprecated=Deprecation(numpy.arange(n), '1')) for n in (3, 4)]",
        "[Entry('odd', 'odd_mod:Odd', arguments={'x': object()})]",
        "[Entry('odd', 7)]",
        "[Entry('odd', int)]",
        "[Entry('odd', seedbed.Initializer)]",
        "[Entry('odd', preset_of=7)]",
        "[Entry('odd', 'odd_mod:Odd', arguments=[('x', 1)])]",
        "[Entry('odd', 'odd_mod:Odd', aliases='abc')]",
        "[Entry('odd', 'odd_mod:Odd', aliases=7)]",
        "[Entry('odd', 'odd_mod:Odd', arguments={'x': numpy.arange(n)}) for n in (3, 3, 4)]",
    ],
)
def test_an_entry_with_a_field_of_the_wrong_type_leaves_the_others_working(site, entries):
    site.add("bad", plugins={"bad": "bad_plugin"})
    site.add_module("bad_plugin", "import numpy\n" + returning(entries))
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    assert [entry.name for entry in catalogue.search("good_seven")] == ["good_seven"]
    assert all(isinstance(catalogue.summary(entry), str) for entry in catalogue)
    assert catalogue.refresh().changed == ()
    with pytest.raises((EntryLoadError, UnknownNameError), match="odd"):
        catalogue.get("odd")


ODD_CLASSES = """
import numpy as np
import seedbed

class Odd(seedbed.Initializer):
    __doc__ = property(lambda self: 7)

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)
"""


@pytest.mark.parametrize("entry", ["Entry('odd', Odd, arguments={'nope': 1})", "Entry('odd', Odd)"])
def test_a_class_that_does_not_fit_its_entry_leaves_all_listing_working(site, entry):
    site.add("bad", plugins={"bad": "bad_plugin"})
    site.add_module("bad_plugin", ODD_CLASSES + returning(f"[{entry}]"))
    _add_good(site)
    catalogue = Catalogue()
    odd = catalogue.entry("odd")
    assert catalogue.summary(odd) == ""
    assert catalogue.search("odd") == [odd]
    assert [entry.name for entry in catalogue.search("good_seven")] == ["good_seven"]
    assert entry_record(catalogue, odd)["reproducibility"] == "undeclared"


def test_a_package_that_points_at_anothers_plugin_takes_nothing_from_it(site):
    _add_good(site)
    site.add("aaa", plugins={"aaa": "good_plugin"})
    catalogue = Catalogue()
    assert catalogue.get("good:good_seven")(1).tolist() == [7]
    assert not _problems(catalogue, "good")


def test_a_plugins_class_is_found_without_being_imported_and_gives_its_config_back(site):
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.entry("good_seven").source == "good==1.0"
    assert "good_mod" not in sys.modules
    config = catalogue.to_config(catalogue.get("good_seven"))
    assert config == {"class_name": "Seven", "config": {}, "provider": "good==1.0"}


OBSERVER = hook_module("""
    heard = []

    @seedbed.hookimpl
    def seedbed_entry_loaded(entry, initializer_class):
        heard.append((entry.full_name, initializer_class.__name__))

    @seedbed.hookimpl
    def seedbed_entry_failed(entry, error):
        heard.append((entry.full_name, type(error).__name__, type(error.__cause__).__name__))
""")
RAISING_OBSERVER = hook_module("""
    @seedbed.hookimpl
    def seedbed_entry_loaded(entry):
        raise RuntimeError("cannot listen")

    @seedbed.hookimpl
    def seedbed_entry_failed(error):
        raise SystemExit("cannot listen either")
""")


@pytest.fixture
def observed(site):
    """Return a catalogue with two observers, one of which raises, and what the other one hears."""
    site.add("deaf", plugins={"a": "deaf_plugin"}, modules={"deaf_plugin": RAISING_OBSERVER})
    site.add("ears", plugins={"b": "ears_plugin"}, modules={"ears_plugin": OBSERVER})
    site.add(
        "acme",
        initializers={"good_seven": "good_mod:Seven", "lost": "lost_mod:Lost"},
        modules={"good_mod": constant_class("Seven", 7), "lost_mod": "1 / 0"},
    )
    catalogue = Catalogue()
    assert len(catalogue) > 0
    return catalogue, sys.modules["ears_plugin"].heard


def test_observers_hear_once_that_an_entry_was_loaded(observed):
    catalogue, heard = observed
    assert heard == []
    for name in ("good_seven", "Seven", "acme:good_seven"):
        assert catalogue.get(name)(1).tolist() == [7]
    assert heard == [("acme:good_seven", "Seven")]


def test_observers_hear_once_even_if_another_package_points_at_their_module(site):
    for name in ("aaa", "ears"):
        site.add(name, plugins={name: "ears_plugin"})
    site.add_module("ears_plugin", OBSERVER)
    _add_good(site)
    catalogue = Catalogue()
    catalogue.get("good_seven")
    assert sys.modules["ears_plugin"].heard == [("good:good_seven", "Seven")]


def test_observers_hear_of_entries_of_core_from_the_scan_on(site):
    site.add("ears", plugins={"b": "ears_plugin"}, modules={"ears_plugin": OBSERVER})
    catalogue = Catalogue()
    catalogue.get("he_normal")
    assert "ears_plugin" not in sys.modules  # the name is core's, so there was no scan, and nobody to hear
    assert len(catalogue) > 0
    heard = sys.modules["ears_plugin"].heard
    assert heard == []
    for name in ("he_normal", "HeNormal", "zeros"):
        catalogue.get(name)
    assert heard == [("seedbed:he_normal", "HeNormal"), ("seedbed:zeros", "Zeros")]
    catalogue.refresh()
    catalogue.get("zeros")
    assert heard[2:] == [("seedbed:zeros", "Zeros")]


def test_observers_hear_once_that_an_entry_failed(observed):
    catalogue, heard = observed
    for name in ("lost", "acme:lost"):
        with pytest.raises(EntryLoadError, match="ZeroDivisionError"):
            catalogue.get(name)
    assert heard == [("acme:lost", "EntryLoadError", "ZeroDivisionError")]


@pytest.mark.parametrize("error", ["GeneratorExit('odd')", "Unspeakable"])
def test_whatever_an_observer_raises_is_held_against_it(site, error):
    listens = f"@seedbed.hookimpl\ndef seedbed_entry_loaded(entry):\n    raise {error}\n"
    source = hook_module("class Unspeakable(BaseException):\n    def __str__(self): raise self\n\n" + listens)
    site.add("deaf", plugins={"a": "deaf_plugin"}, modules={"deaf_plugin": source})
    _add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = _problems(catalogue, "deaf")
    assert f"raised {error.partition('(')[0]}: " in str(problem)


def test_an_interrupt_of_an_observer_is_not_held_against_it(site):
    listens = "@seedbed.hookimpl\ndef seedbed_entry_loaded(entry):\n    raise KeyboardInterrupt('stop')\n"
    site.add("deaf", plugins={"a": "deaf_plugin"}, modules={"deaf_plugin": hook_module(listens)})
    _add_good(site)
    catalogue = Catalogue()
    with pytest.raises(KeyboardInterrupt, match="stop"):
        catalogue.get("good_seven")
    assert not _problems(catalogue, "deaf")


def test_an_observer_that_raises_breaks_nothing_and_is_reported(observed):
    catalogue, _ = observed
    assert not _problems(catalogue, "deaf")
    assert catalogue.get("good_seven")(1).tolist() == [7]
    with pytest.raises(EntryLoadError, match="ZeroDivisionError"):
        catalogue.get("lost")
    reported = [str(problem) for problem in _problems(catalogue, "deaf")]
    assert reported == [
        "deaf 1.0: hook seedbed_entry_loaded: raised RuntimeError: cannot listen",
        "deaf 1.0: hook seedbed_entry_failed: raised SystemExit: cannot listen either",
    ]


def test_the_names_of_all_rows_together_are_bounded(site):
    rows = "[Entry(f'e_{n}', 'm:C', aliases=tuple(f'a_{n}_{k}' for k in range(1000))) for n in range(401)]"
    site.add("many", plugins={"p": "many_plugin"}, modules={"many_plugin": returning(rows)})
    catalogue = Catalogue()
    (problem,) = [str(problem) for problem in catalogue.problems if problem.provider == "many"]
    assert "must return at most 400,000 names with aliases, got 402,203" in problem
