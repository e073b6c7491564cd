"""A row that is made to hurt is held against its package, or harmless; no look-up of another one notices."""

import functools
import sys
import traceback

import pytest
from fakes import constant_class, hook_module

from seedbed import Initializer
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryError, EntryLoadError, UnknownNameError
from seedbed_tools.cli.records import entry_record

HOSTILE = """
import collections.abc
import numpy as np
import seedbed
from seedbed import Deprecation, Entry, Homonym, Tombstone
from seedbed import Initializer
from seedbed.errors import EntryError, PluginError

ARMED = []  # nothing raises until the rows are made, so that constructors let them pass

def strike(*arguments, **options):
    if ARMED:
        raise SystemExit("struck")

def hostile(base, *methods, **more):
    def method(name):
        def call(self, *arguments, **options):
            strike()
            return getattr(base, name)(self, *arguments, **options)
        return call
    return type(base)("Hostile", (base,), {name: method(name) for name in methods} | more)

COMPARED = ("__eq__", "__ne__", "__hash__", "__lt__")
Text = hostile(str, *COMPARED, "__len__", "__format__", "__str__", "__iter__", "isprintable", "partition",
               "casefold", "strip", "startswith", "__getitem__", "__contains__")

class OddDeprecation(Deprecation):
    __slots__ = ()
    def __bool__(self):
        strike()
        return True
    def __eq__(self, other):
        strike()
        return False
    def __hash__(self):
        strike()
        return 0
    def __str__(self):
        strike()
        return ""

class Meta(type(seedbed.Initializer)):
    def __bool__(cls):
        strike()
        return True
    def __eq__(cls, other):
        strike()
        return cls is other
    def __ne__(cls, other):
        strike()
        return cls is not other
    def __hash__(cls):
        strike()
        return 7
    def __repr__(cls):
        strike()
        return "Odd"
    def __getattribute__(cls, name):
        # `__abstractmethods__` and `__mro__` are what Python itself asks for.
        strike()
        return super().__getattribute__(name)

def of_meta(name="Odd", **more):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)
    return Meta(name, (seedbed.Initializer,), {"__call__": __call__, "__module__": __name__, **more})

def of_names():
    class Odd(seedbed.Initializer, metaclass=type("M", (type(seedbed.Initializer),), {})):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)
    for name in ("__name__", "__qualname__", "__module__", "__dict__", "__doc__", "reproducibility"):
        setattr(type(Odd), name, property(strike))
    return Odd

class Numbers(np.ndarray):
    def tolist(self):
        return [Text("x"), Compared()]

class Compared:
    def __eq__(self, other):
        strike()
        return False
    __hash__ = None
    def __repr__(self):
        strike()
        return "odd"

class LyingBool:
    __class__ = bool
    def __eq__(self, other):
        strike()
        return False
    __hash__ = None

class TwoFaced(list):
    turn = 0
    def __iter__(self):
        self.turn += 1
        return iter([1, 2] if self.turn == 1 else [Compared(), Compared()])

class RowMeta(type):
    def __eq__(cls, other):
        strike()
        return False
    def __hash__(cls):
        return 0
class NoRow(metaclass=RowMeta):
    pass

class ErrorMeta(type):
    __name__ = property(strike)
    def __eq__(cls, other):
        strike()
        return False
    def __hash__(cls):
        return 0
class Failure(Exception, metaclass=ErrorMeta):
    def __bool__(self):
        strike()
        return False
    def __str__(self):
        return Text("failed")

class Unsaid:
    def __str__(self):
        raise SystemExit("struck")

def unmade(kind, **fields):
    row = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(row, name, value)
    return row

def changed(row, **fields):
    for name, value in fields.items():
        object.__setattr__(row, name, value)
    return row

def raising(error):
    ARMED.append(True)
    raise error

def armed(*rows):
    ARMED.append(True)
    return list(rows)

def unarmed(*rows):
    return list(rows)
"""

ROWS = {
    "a deprecation of its own kind": "Entry('odd', 'a:B', deprecated=OddDeprecation('1', '2'))",
    "a deprecation put in later": "changed(Entry('odd', 'a:B'), deprecated=OddDeprecation('1', '2'))",
    "a deprecation that was changed": (
        "Entry('odd', 'a:B', deprecated=changed(Deprecation('1', '2'), since=Text('1')))"
    ),
    "a deprecation that is changed": (
        "changed(Entry('odd', 'a:B', deprecated=Deprecation('1', '2')), deprecated=unmade(Deprecation))"
    ),
    "texts": (
        "Entry(Text('odd'), Text('a:B'), aliases=[Text('odds')], tags=(Text('t'),), summary=Text('s'), "
        "owner=Text('o'))"
    ),
    "a preset of a text": "Entry('odd', preset_of=Text('zeros'))",
    "texts put in later": (
        "changed(Entry('odd', 'a:B'), name=Text('odd'), aliases=(Text('x'),), tags=[Text('y')])"
    ),
    "a provider put in": "changed(Entry('odd', 'a:B'), provider=Compared())",
    "a class of a metaclass": "Entry('odd', of_meta())",
    "two classes of one name": "*(Entry('odd', of_meta()) for _ in '12')",
    "a class under two names": (
        "*(Entry(name, of_class) for of_class in [of_meta()] for name in ('odd', 'odd_too'))"
    ),
    "a class with other names": "Entry('odd', of_names())",
    "classes with a name that is odd": "*(Entry(name, of_names()) for name in ('odd', 'odd_too'))",
    "a class named by a text": "Entry('odd', changed_name(of_meta()))",
    "a class whose module is odd": "Entry('odd', of_meta(__module__=Compared()))",
    "a class whose docstring is odd": "Entry('odd', of_meta(__doc__=Text('odd')))",
    "arguments of texts": "*(Entry('odd', 'a:B', arguments={Text('x'): Text('y')}) for _ in '12')",
    "arguments of an array": (
        "*(Entry('odd', 'a:B', arguments={'x': np.zeros(2).view(Numbers)}) for _ in '12')"
    ),
    "arguments that say they are bools": "*(Entry('odd', 'a:B', arguments={'x': LyingBool()}) for _ in '12')",
    "arguments that change": "*(Entry('odd', 'a:B', arguments={'x': TwoFaced([1, 2])}) for _ in '12')",
    "arguments put in later": "*(changed(Entry('odd', 'a:B'), arguments={'x': Compared()}) for _ in '12')",
    "nothing in an entry": "unmade(Entry)",
    "nothing in a tombstone": "unmade(Tombstone)",
    "a tombstone of a number": "unmade(Tombstone, name=7, removed_in='1', provider='', version='')",
    "a tombstone of texts": "Tombstone(Text('odd'), Text('1'), replaced_by=Text('o'), reason=Text('r'))",
    "a homonym of texts": "Homonym(Text('odd'), [Text('a'), Text('b')])",
    "a homonym put together": "changed(Homonym('odd', ['a', 'b']), meanings=(Compared(), Text('b')))",
    "what is no row": "NoRow()",
}
OF_THE_HOOK = {
    "an error of its own kind": "raising(Failure())",
    "our error with an odd text": "raising(EntryError(Unsaid()))",
    "our error with a text that strikes": "raising(PluginError(Text('x')))",
    "an exit with an odd text": "raising(SystemExit(Unsaid()))",
}
NAMING = """
def changed_name(kind):
    type.__dict__["__name__"].__set__(kind, Text("Odd"))
    type.__dict__["__qualname__"].__set__(kind, Text("Odd"))
    return kind
"""


def add(site, returned):
    site.add("good", plugins={"good": "good_plugin"}, modules={"good_mod": constant_class("Seven", 7)})
    site.add_module(
        "good_plugin",
        hook_module("""
            @seedbed.hookimpl
            def seedbed_initializers():
                soon = Deprecation('1', '2')
                return [Entry('good_seven', 'good_mod:Seven', aliases=['sevens'], deprecated=soon)]
        """),
    )
    site.add("bad", version="3.1", plugins={"bad": "bad_plugin"})
    hook = f"\n@seedbed.hookimpl\ndef seedbed_initializers():\n    return {returned}\n"
    site.add_module("bad_plugin", HOSTILE + NAMING + hook)
    site.add("later", initializers={"late_seven": "good_mod:Seven"})


def unhurt(test):
    """Have a failure told as text: to show what strikes would end pytest itself."""

    @functools.wraps(test)
    def told(*arguments, **options):
        try:
            test(*arguments, **options)
        except BaseException:  # noqa: BLE001 - any is a failure
            told = traceback.format_exc()
        else:
            return
        pytest.fail(told, pytrace=False)

    return told


def assert_nobody_else_is_hurt(catalogue):
    for name in ("good_seven", "good:good_seven", "sevens", "late_seven", "he_normal"):
        assert catalogue.entry(name).provider in ("good", "later", "seedbed")
        assert len(catalogue.load(name).__name__) > 3
    assert "odd_too" in catalogue or "odd_too" not in catalogue
    assert {entry.name for entry in catalogue.search("seven")} == {"good_seven", "late_seven"}
    for entry in catalogue:
        assert type(catalogue.summary(entry)) is str
        assert type(entry.full_name) is type(entry.class_name) is type(entry.place) is str
        assert all(type(name) is str for name in entry.names)
        assert entry in catalogue
        record = entry_record(catalogue, entry)
        assert record["reproducibility"] in ("exact", "numerical", "undeclared", None)
    assert catalogue.to_config(catalogue.get("late_seven"))["provider"] == "later==1.0"
    new = type("New", (), {})  # of which an ABC asks every subclass that it has
    assert not isinstance(new(), Initializer)
    assert not issubclass(new, Initializer)
    halved = {"class_name": "scaled", "config": {"initializer": "ones", "factor": 0.5}}
    assert catalogue.get(halved)(2).tolist() == [0.5, 0.5]
    assert all(type(str(problem)) is str for problem in catalogue.problems)
    assert catalogue.choice("good_seven").name == "good_seven"
    with pytest.raises(UnknownNameError, match="no_such_name"):
        catalogue.get("no_such_name")
    assert not [name for name in catalogue.refresh().removed if not name.startswith("bad:")]
    assert catalogue.get("late_seven")(1).tolist() == [7]


@pytest.mark.filterwarnings("ignore::seedbed.errors.DeprecatedNameWarning")
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@unhurt
def test_a_hostile_row_hurts_nobody_else(site, rows):
    add(site, f"armed({rows})")
    assert_nobody_else_is_hurt(Catalogue())


@pytest.mark.filterwarnings("ignore::seedbed.errors.DeprecatedNameWarning")
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@unhurt
def test_a_row_that_turns_hostile_once_it_is_taken_hurts_nobody_else(site, rows):
    add(site, f"unarmed({rows})")
    catalogue = Catalogue()
    assert catalogue.get("he_normal", seed=7) is not None
    assert len(catalogue) > 0
    sys.modules["bad_plugin"].ARMED.append(True)
    assert_nobody_else_is_hurt(catalogue)


@pytest.mark.filterwarnings("ignore::seedbed.errors.DeprecatedNameWarning")
@pytest.mark.parametrize("returned", OF_THE_HOOK.values(), ids=OF_THE_HOOK)
@unhurt
def test_what_a_hook_raises_hurts_nobody_else(site, returned):
    add(site, returned)
    catalogue = Catalogue()
    assert_nobody_else_is_hurt(catalogue)
    (problem,) = [problem for problem in catalogue.problems if problem.provider == "bad"]
    assert problem.where == "plugin bad = bad_plugin"


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (ROWS["a deprecation of its own kind"], "needs a Deprecation or None, got"),
        (ROWS["a deprecation put in later"], "needs a Deprecation or None, got"),
        (ROWS["nothing in an entry"], "raised AttributeError"),
        (ROWS["a homonym put together"], "needs two meanings or more, each a text"),
        (ROWS["what is no row"], "must return entries, got"),
    ],
)
@unhurt
def test_a_hostile_row_is_held_against_its_package(site, rows, what):
    add(site, f"armed({rows})")
    told = [str(problem) for problem in Catalogue().problems if problem.provider == "bad"]
    assert len(told) == 1
    assert told[0].startswith("bad 3.1: plugin bad = bad_plugin: ")
    assert what in told[0]


@unhurt
def test_a_row_of_a_class_that_strikes_can_be_told_from_others_and_fails_alone(site):
    add(site, "unarmed(Entry('odd', of_meta()))")
    catalogue = Catalogue()
    odd = catalogue.entry("odd")
    sys.modules["bad_plugin"].ARMED.append(True)
    assert odd.names == ("odd", "Odd")
    assert odd.place == "bad_plugin:Odd"
    assert odd != catalogue.entry("good_seven")
    assert odd in catalogue
    assert len({odd, odd, catalogue.entry("good_seven")}) == 2
    with pytest.raises(EntryLoadError, match=r"bad:odd \(bad==3\.1\) points at .*struck"):
        catalogue.load(odd)


@unhurt
def test_an_error_that_is_false_and_strikes_leaves_its_entry_broken_alone(site):
    site.add("good", initializers={"good_seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    site.add("bad", initializers={"odd": "bad_mod:Odd"})
    site.add_module("bad_mod", HOSTILE + "ARMED.append(True)\nraise Failure()\n")
    catalogue = Catalogue()
    for _ in range(2):
        with pytest.raises(
            EntryLoadError, match=r"bad:odd \(bad==1\.0\) could not be loaded: .*Failure: failed"
        ):
            catalogue.get("odd")
    assert catalogue.get("good_seven")(1).tolist() == [7]


def test_a_row_owns_its_deprecation():
    import seedbed

    soon = seedbed.Deprecation("1", "2")
    entry = seedbed.Entry("odd", "a:B", deprecated=soon)
    object.__setattr__(soon, "since", 7)
    assert entry.deprecated.since == "1"
    with pytest.raises(EntryError, match="needs text for since, got 7"):
        seedbed.Entry("odd", "a:B", deprecated=soon)
