"""What a constructor takes is known of each class by itself, whatever its metaclass says."""

import gc
import weakref

import pytest

from seedbed import Initializer, constructor
from seedbed.constructor import construct, parameters
from seedbed.errors import ConfigError
from seedbed.standard import RandomNormal


def of_metaclass(**methods):
    """Return a class without arguments whose metaclass has these methods."""
    meta = type("Meta", (type(Initializer),), methods)
    return meta("Odd", (Initializer,), {"__call__": lambda self, shape, dtype=None: None})


def test_a_class_that_claims_to_be_another_has_parameters_of_its_own():
    odd = of_metaclass(__hash__=lambda cls: hash(RandomNormal), __eq__=lambda cls, other: True)
    assert not parameters(odd)
    assert list(parameters(RandomNormal)) == ["mean", "stddev", "seed"]
    assert construct(RandomNormal, {"seed": 7}) == RandomNormal(seed=7)
    with pytest.raises(ConfigError, match="Odd has no argument 'seed'; it takes no arguments"):
        construct(odd, {"seed": 7})


def test_a_class_that_cannot_be_hashed_can_be_made_compared_and_used_in_a_set():
    def strike(*_):
        raise SystemExit("struck")

    odd = of_metaclass(__hash__=strike, __eq__=strike)
    assert construct(odd, {}) == odd()
    assert len({odd(), odd()}) == 1
    assert odd() != of_metaclass()()


def test_classes_that_nobody_needs_any_more_are_forgotten(monkeypatch):
    monkeypatch.setattr(constructor, "_MOST_KNOWN", 10)
    odd = of_metaclass()
    parameters(odd)
    gone = weakref.ref(odd)
    del odd
    for _ in range(10):
        parameters(of_metaclass())
    gc.collect()
    assert gone() is None
