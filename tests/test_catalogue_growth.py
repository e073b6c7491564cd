"""However much a package has written, the time of the catalogue grows with it and not with its square."""

import gc
import itertools
import time
from contextlib import suppress

import numpy as np
import pytest

import seedbed
from seedbed import Catalogue, Entry, Homonym, Tombstone
from seedbed.catalogue.chains import chain_of
from seedbed.catalogue.choice import choose
from seedbed.catalogue.scan import Scan, scan_core
from seedbed.catalogue.state import State
from seedbed.discovery.installed import LostNames
from seedbed.errors import EntryLoadError, SeedbedError
from seedbed.governance.policy import OPEN
from seedbed.issue import Issue

MOST = 60
"""How much longer ten times as much may take: between 10, of what is linear, and 100, of what is square."""


pytestmark = pytest.mark.slow


def growth(prepare, run, size):
    """Return how much longer `run` takes with what `prepare` makes of ten times the size."""
    times = []
    for each in (size, 10 * size):
        took = []
        for _ in range(3 if each == size else 2):
            prepared = prepare(each)
            gc.disable()  # which looks at everything that there is
            started = time.thread_time()
            run(prepared)
            took.append(time.thread_time() - started)
            gc.enable()
        times.append(min(took))
    return times[1] / times[0]


def rows(count, make, provider="acme"):
    return [make(index).provided_by(provider, "1.0") for index in range(count)]


def scan_of(found, **more):
    core = scan_core(OPEN, is_complete=True)
    return Scan(OPEN, core.plugins, [*core.rows, *found], [], {}, **more)


def state_of(found, **more):
    return State.of(scan_of(found, **more))


ROWS = {
    "entries": lambda index: Entry(f"tiny{index}", f"acme:Tiny{index}"),
    "entries of one class": lambda index: Entry(f"tiny{index}", "acme:Tiny"),
    "entries of one name": lambda index: Entry("tiny", f"acme:Tiny{index}"),
    "entries of one name that differ in an argument": lambda index: Entry(
        "tiny", "acme:Tiny", arguments={"values": [*range(100), index]}
    ),
    "the same entry again": lambda index: Entry("tiny", "acme:Tiny"),
    "entries that share an alias": lambda index: Entry(
        f"tiny{index}", f"acme:Tiny{index}", aliases=["shared"]
    ),
    "an entry and tombstones of its name": lambda index: (
        Tombstone("tiny", f"1.{index}") if index else Entry("tiny", "acme:Tiny")
    ),
    "tombstones": lambda index: Tombstone(f"tiny{index}", "1.0"),
    "homonyms": lambda index: Homonym(f"tiny{index}", ["one", "another"]),
    "presets in a row": lambda index: (
        Entry(f"tiny{index}", preset_of=f"tiny{index - 1}") if index else Entry("tiny0", "acme:Tiny")
    ),
}


@pytest.mark.parametrize("make", ROWS.values(), ids=ROWS)
def test_a_state_of_many_rows(make):
    assert growth(lambda size: scan_of(rows(size, make)), State.of, 300) < MOST


def test_a_state_of_an_entry_with_many_aliases():
    def prepare(size):
        aliases = [f"alias{index}" for index in range(size)]
        return scan_of([Entry("tiny", "acme:Tiny", aliases=aliases).provided_by("acme", "1.0")] * 20)

    assert growth(prepare, State.of, 100) < MOST


def test_a_state_of_many_packages_with_one_name():
    def prepare(size):
        return scan_of(
            Entry("tiny", "acme:Tiny", aliases=["shared"]).provided_by(f"acme{index}", "1.0")
            for index in range(size)
        )

    assert growth(prepare, State.of, 300) < MOST


def test_a_state_of_many_barred_rows_and_lost_names():
    def prepare(size):
        found = rows(size, lambda index: Entry(f"tiny{index}", "acme:Tiny", arguments={"index": index}))
        names = frozenset(f"lost{index}" for index in range(size))
        issue = Issue("contested", "other", "", "metadata folders", "there are two")
        lost = [LostNames("other", ("1.0",), names, issue) for _ in range(3)]
        return scan_of(found, barred={id(row): "a line of the policy" for row in found}, lost=lost)

    assert growth(prepare, State.of, 300) < MOST


def every(question):
    def ask(state):
        for entry in tuple(state.entries.values()):
            for name in entry.names:
                question(state, name)

    return ask


def find(state, name):
    with suppress(SeedbedError):
        state.find(name)


QUESTIONS = {
    "find": find,
    "candidates": State.candidates,
    "withheld": State.withheld,
    "losses": State.losses,
    "summary": lambda state, name: state.summary(state.candidates(name)[0]),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_about_every_name(question):
    assert growth(lambda size: state_of(rows(size, ROWS["entries"])), every(question), 300) < MOST


def test_a_question_about_every_name_that_is_lost():
    def prepare(size):
        found = rows(size, lambda index: Entry(f"tiny{index // 2}", f"acme:Tiny{index}"))
        return state_of(found), [f"tiny{index}" for index in range(size // 2)]

    def ask(prepared):
        state, names = prepared
        for name in names:
            find(state, name)

    assert growth(prepare, ask, 300) < MOST


@pytest.mark.parametrize("name", ["tiny_nothing", "acme:tiny_nothing", "acne:tiny", "tiny7"])
def test_one_miss_or_choice_among_many_names(name):
    def ask(state):
        find(state, name)
        choose(name, state)

    assert growth(lambda size: state_of(rows(size, ROWS["entries"])), ask, 500) < MOST


def test_the_class_of_every_entry():
    classes = {}

    def prepare(size):
        kinds = [classes.setdefault(index, new_class(index)) for index in range(size)]
        return state_of(rows(size, lambda index: Entry(f"tiny{index}", kinds[index]))), kinds

    def ask(prepared):
        state, kinds = prepared
        for index, kind in enumerate(kinds):
            assert state.giver(kind).name == f"tiny{index}"

    assert growth(prepare, ask, 100) < MOST


def test_registering_many_classes():
    numbers = itertools.count()

    def prepare(size):
        catalogue = Catalogue(scan=False)
        assert len(catalogue) > 0
        return catalogue, [new_class(next(numbers)) for _ in range(size)]

    def register(prepared):
        catalogue, kinds = prepared
        for kind in kinds:
            catalogue.register(kind, kind.__name__.lower())

    assert growth(prepare, register, 100) < MOST


def test_every_link_of_a_chain_of_presets():
    def ask(state):
        for entry in state.entries.values():
            with suppress(SeedbedError):
                chain_of(entry, state)

    assert growth(lambda size: state_of(rows(size, ROWS["presets in a row"])), ask, 300) < MOST


def test_a_chain_of_presets_may_have_a_hundred_entries():
    state = state_of(rows(102, ROWS["presets in a row"]))
    assert len(chain_of(state.entries["acme:tiny99"], state)) == 100
    with pytest.raises(
        EntryLoadError, match="acme:tiny100 is at the end of a chain of more than 100 presets"
    ):
        chain_of(state.entries["acme:tiny100"], state)


def test_what_is_square_is_found():
    def prepare(size):
        return [str(index) for index in range(size)]

    assert growth(prepare, lambda texts: [text in texts for text in texts], 300) > MOST


def new_class(number):
    methods = {"__call__": lambda self, shape, dtype=None: np.zeros(shape, dtype)}
    return type(f"Tiny{number}", (seedbed.Initializer,), methods)
