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
        "models",
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


def test_a_star_import_needs_no_extra_and_hides_no_module_of_python():
    lines = [
        "import random, sys",
        "sys.modules['seedbed_testing'] = None",
        "from seedbed import *",
        "print(random.random())",
    ]
    code = "\n".join(lines)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 0 <= float(done.stdout or "nan") < 1, done.stderr


def test_only_public_names_are_listed():
    assert set(dir(seedbed)) > set(seedbed.__all__)
    assert all(hasattr(seedbed, name) for name in dir(seedbed))


def test_an_initializer_asked_for_as_an_attribute_is_told_how_to_get_it():
    with pytest.raises(AttributeError, match=r'no attribute \'he_normal\'; .* seedbed\.get\("he_normal"\)$'):
        _ = seedbed.he_normal
    with pytest.raises(AttributeError, match=r"no attribute '_he_normal'$"):
        _ = seedbed._he_normal


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("catalog", "did you mean 'catalogue'"),
        ("version", "did you mean '__version__'"),
        ("seed", r"dir\(seedbed\) lists what there is"),
        ("small_init", r"seedbed\.get\(\"NAME\"\) returns an initializer"),
    ],
)
def test_a_name_that_is_nothing_is_not_taken_for_an_initializer_of_core(name, hint):
    with pytest.raises(AttributeError, match=hint):
        getattr(seedbed, name)
