"""A class that is made to hurt is held against its own entry; no look-up of another one notices."""

import pytest
from fakes import constant_class, hook_module

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import ArgumentError, EntryLoadError

CLAIMING = """
import numpy as np
import seedbed

class Meta(type(seedbed.Initializer)):
    def __hash__(cls):
        return hash(seedbed.standard.RandomNormal)
    def __eq__(cls, other):
        return True

class Odd(seedbed.Initializer, metaclass=Meta):
    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)
"""


def test_a_class_that_claims_to_be_one_of_cores_leaves_cores_as_it_is(site):
    site.add("bad", initializers={"odd": "bad_mod:Odd"}, modules={"bad_mod": CLAIMING})
    site.add("good", initializers={"seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    catalogue = Catalogue()
    assert catalogue.get("odd")(1).tolist() == [1]
    assert catalogue.get("random_normal", seed=7).get_config()["seed"] == 7
    assert catalogue.to_config(catalogue.get("random_normal"))["class_name"] == "RandomNormal"
    assert catalogue.get("seven")(1).tolist() == [7]


FAKES = """
import abc
import seedbed

class Fake:
    __class__ = property(lambda self: abc.ABCMeta)
    __mro__ = (seedbed.Initializer, object)
    __flags__ = 0
    __abstractmethods__ = frozenset()

class Agreeing(abc.ABCMeta):
    def __eq__(cls, other):
        return True
    __hash__ = None

def agreeing():
    return Agreeing("Agreeing", (), {})

fake = Fake()
"""


@pytest.mark.parametrize("made", ["Fake()", "agreeing()"])
def test_what_only_claims_to_be_a_class_of_an_initializer_is_held_against_its_row(site, made):
    hook = f"""
        @seedbed.hookimpl
        def seedbed_initializers():
            bad = Entry("odd", "a:B")
            object.__setattr__(bad, "target", {made})
            return [Entry("good_seven", "good_mod:Seven"), bad]
    """
    site.add("bad", plugins={"bad": "bad_mod"}, modules={"bad_mod": FAKES + hook_module(hook)})
    site.add_module("good_mod", constant_class("Seven", 7))
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    assert [entry.name for entry in catalogue.search("seven")] == ["good_seven"]
    (problem,) = [problem for problem in catalogue.problems if problem.provider == "bad"]
    assert problem.names == ("odd",)
    assert "and no subclass of seedbed.Initializer" in problem.what or "write 'module:Class'" in problem.what


def test_an_entry_point_that_names_what_only_claims_to_be_a_class_is_broken(site):
    site.add("bad", initializers={"odd": "bad_mod:fake", "agreeing": "bad_mod:Agreed"})
    site.add_module("bad_mod", FAKES + "\nAgreed = agreeing()\n")
    catalogue = Catalogue()
    for name in ("odd", "agreeing"):
        for _ in range(2):
            with pytest.raises(
                EntryLoadError, match=rf"bad:{name} .* and no subclass of seedbed.Initializer"
            ):
                catalogue.get(name)


RAISING = """
    def __init__(self, value=0):
        raise {error}
"""
FAILURES = [
    "SystemExit(0)",
    "GeneratorExit()",
    "BaseException('no')",
    "Evasive('no')",
    "type('Own', (BaseException,), {})()",
]
EVASIVE = """
class Evasive(Exception):
    __class__ = property(lambda self: 1 / 0)
"""


@pytest.mark.parametrize("error", FAILURES)
def test_whatever_a_constructor_raises_is_told_of_its_entry_and_ends_nothing(site, error):
    site.add("bad", version="3.1", initializers={"odd": "bad_mod:Odd"})
    site.add_module("bad_mod", constant_class("Odd") + RAISING.format(error=error) + EVASIVE)
    catalogue = Catalogue()
    for ask in (
        lambda: catalogue.get("odd"),
        lambda: catalogue.get("odd", value=1),
        lambda: catalogue.from_config({"class_name": "odd", "config": {"value": 1}, "provider": "bad==3.1"}),
    ):
        with pytest.raises(ArgumentError, match=r"bad:odd \(bad==3\.1\) refused its arguments: ") as raised:
            ask()
        assert raised.value.__cause__ is not None


STRIKE = """
import os, sys

def strike():
    if "STRIKE" in os.environ:
        raise SystemExit("struck")
"""
MODULES = {
    "its module is of a class that strikes": """
class Strike(type(sys)):
    def __getattribute__(self, name):
        if name in ("__file__", "__spec__"):
            strike()
        return super().__getattribute__(name)
sys.modules[__name__].__class__ = Strike
""",
    "what stands in for its module strikes": """
class Strike:
    def __getattr__(self, name):
        strike()
        raise AttributeError(name)
sys.modules[__name__] = Strike()
""",
    "its metaclass strikes": """
class Meta(type(seedbed.Initializer)):
    def __getattribute__(cls, name):
        if "STRIKE" in os.environ:
            raise Evasive("struck")
        return super().__getattribute__(name)
class Odd(Odd, metaclass=Meta):
    pass
""",
}


@pytest.mark.parametrize("source", MODULES.values(), ids=MODULES)
def test_a_module_that_strikes_breaks_its_own_entry_at_most(site, monkeypatch, source):
    site.add("bad", initializers={"odd": "bad_mod:Odd"})
    site.add_module("bad_mod", STRIKE + constant_class("Odd") + EVASIVE + source)
    site.add("good", initializers={"seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    catalogue = Catalogue()
    with monkeypatch.context() as armed:
        armed.setenv("STRIKE", "1")
        for _ in range(2):
            with pytest.raises(EntryLoadError, match=r"^bad:odd \(bad==1\.0\) "):
                catalogue.get("odd")
        assert catalogue.get("seven")(1).tolist() == [7]
