"""A failure of one thread is not the last word on an entry that another thread is loading."""

import itertools
import sys
import threading

import pytest
from fakes import constant_class, hook_module

from seedbed.catalogue import in_progress
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryLoadError

# The class is there for the thread that got as far first, and for others once they may have it.
HALF_THERE = """
import threading

asked, go_on, ready = threading.Event(), threading.Event(), threading.Event()
first = []

def __getattr__(name):
    if name != "Late":
        raise AttributeError(name)
    if not first:
        first.append(threading.get_ident())
        asked.set()
        go_on.wait(60)
    elif not ready.is_set():
        raise AttributeError("Late, which is not there yet")
    return Seven
"""
OBSERVER = hook_module("""
    heard = []

    @seedbed.hookimpl
    def seedbed_entry_failed(entry):
        heard.append(entry.full_name)
""")


@pytest.fixture
def loading(site):
    """Return a catalogue in which another thread is loading "late", and has begun to."""
    site.add("acme", initializers={"late": "acme_late:Late"})
    site.add_module("acme_late", constant_class("Seven", 7) + HALF_THERE)
    site.add("ears", plugins={"ears": "ears_plugin"}, modules={"ears_plugin": OBSERVER})
    catalogue = Catalogue()
    assert len(catalogue) > 0
    got = []
    other = threading.Thread(target=lambda: got.append(catalogue.get("late")))
    other.start()
    while "acme_late" not in sys.modules or not hasattr(sys.modules["acme_late"], "first"):
        pass
    module = sys.modules["acme_late"]
    assert module.asked.wait(60)
    yield catalogue, module
    module.go_on.set()
    other.join()
    assert [initializer(1).tolist() for initializer in got] == [[7]]


def test_a_failure_while_another_thread_loads_the_entry_is_not_remembered(loading):
    catalogue, module = loading
    with pytest.raises(EntryLoadError, match="Late, which is not there yet"):
        catalogue.get("late")
    assert sys.modules["ears_plugin"].heard == []
    module.ready.set()
    assert catalogue.get("late")(1).tolist() == [7]


def test_a_failure_when_no_other_thread_loads_the_entry_is_remembered(site):
    site.add("acme", initializers={"late": "acme_late:Late"})
    site.add_module("acme_late", constant_class("Seven", 7))
    site.add("ears", plugins={"ears": "ears_plugin"}, modules={"ears_plugin": OBSERVER})
    catalogue = Catalogue()
    assert len(catalogue) > 0
    with pytest.raises(EntryLoadError, match="no attribute 'Late'"):
        catalogue.get("late")
    assert sys.modules["ears_plugin"].heard == ["acme:late"]
    sys.modules["acme_late"].Late = sys.modules["acme_late"].Seven
    with pytest.raises(EntryLoadError, match="no attribute 'Late'"):
        catalogue.get("late")


def test_exceptions_that_are_each_others_causes_come_to_an_end():
    one, other = ValueError("one"), KeyError("other")
    one.__cause__, other.__cause__ = other, one
    # No more than these, where the guard is lost; or the test would never end.
    assert list(itertools.islice(in_progress._causes(one), 5)) == [one, other]
