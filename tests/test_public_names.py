"""What is handed out under which name, and when it is imported."""

import subprocess
import sys

import pytest

import seedbed


def test_public_modules_are_attributes_without_an_import_of_their_own():
    code = "import seedbed\nprint([getattr(seedbed, name).__name__ for name in {}])"
    names = [
        "combinators",
        "drawing",
        "dtypes",
        "errors",
        "fans",
        "hookspecs",
        "locking",
        "presets",
        "random",
        "requirement",
        "rules",
        "standard",
        "testing",
    ]
    command = [sys.executable, "-c", code.format(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([f"seedbed.{name}" for name in names])


def test_those_who_draw_in_threads_of_their_own_learn_how_many_there_may_be(monkeypatch):
    monkeypatch.setenv("SEEDBED_THREADS", "3")
    assert seedbed.random.thread_count() == 3
    assert seedbed.random.thread_count(2) == 2


def test_the_room_of_standard_initializers_hands_out_their_classes():
    catalogue = seedbed.Catalogue(scan=False)
    classes = {catalogue.load(entry) for entry in catalogue}
    rooms = (seedbed.standard, seedbed.combinators)
    assert {getattr(room, name) for room in rooms for name in room.__all__} == classes
    assert set(seedbed.standard.__all__) <= set(dir(seedbed.standard))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = seedbed.standard.Nothing
