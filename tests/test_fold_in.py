"""Copies with another seed: made without a constructor where that is sure to give what it would."""

from __future__ import annotations

import copy
import enum
import functools
import pickle

import pytest
from standard_examples import CLASSES, example

import seedbed
from seedbed.combinators import Blocked, Masked, Scaled, Stacked, SumOf
from seedbed.constructor import parameters
from seedbed.errors import ArgumentError, ImmutableError
from seedbed.initializer import arguments_of
from seedbed.random import Normal, Uniform, key_of
from seedbed.sealed import SealedMeta
from seedbed.standard import GlorotUniform, HeNormal, VarianceScaling

SEEDED = sorted(name for name, cls in CLASSES.items() if "seed" in parameters(cls))


def by_the_constructor(initializer, seed):
    return initializer.from_config({**arguments_of(initializer), "seed": seed})


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize("seed", [7, "a", [7, "a"], -(2**100)])
def test_a_copy_is_what_the_constructor_makes(name, seed):
    initializer = example(name, seed=seed)
    folded = initializer.fold_in("w/0")
    expected = by_the_constructor(initializer, [*(seed if isinstance(seed, list) else [seed]), "w/0"])
    assert folded == expected
    assert vars(folded) == vars(expected)
    assert repr(folded) == repr(expected)
    assert folded((8, 6)).tobytes() == expected((8, 6)).tobytes()
    assert pickle.loads(pickle.dumps(folded)) == copy.deepcopy(folded) == folded
    with pytest.raises(ImmutableError, match="never changes"):
        folded.seed = 5


@pytest.mark.parametrize("name", SEEDED)
def test_no_constructor_of_core_is_asked_for_a_copy(name, monkeypatch):
    initializer = example(name, seed=7)
    expected = by_the_constructor(initializer, [7, "a"])
    monkeypatch.setattr(SealedMeta, "__call__", lambda cls, *given, **more: pytest.fail(f"made a {cls}"))
    assert initializer.fold_in("a") == expected


@pytest.mark.parametrize("axes", ["conv_oihw", {"in": 1, "out": 0}, None])
def test_a_copy_has_the_axes_of_the_original(axes):
    initializer = VarianceScaling(2.0, axes=axes, seed=7)
    assert initializer.fold_in("a") == VarianceScaling(2.0, axes=axes, seed=[7, "a"])
    assert initializer.fold_in("a").axes == initializer.axes


@pytest.mark.parametrize(
    "made",
    [
        lambda seed: Scaled(HeNormal(seed=seed), 2.0),
        lambda seed: SumOf([HeNormal(seed=seed), GlorotUniform(), GlorotUniform(seed=seed)]),
        lambda seed: Blocked([Scaled(HeNormal(seed=seed), [[2.0]]), "zeros"]),
        lambda seed: Stacked(Masked(HeNormal(seed=seed), "lower_triangle"), axis=1),
    ],
)
def test_the_seeds_within_are_extended_where_there_is_none_outside(made):
    folded, expected = made(7).fold_in("a"), made([7, "a"])
    assert folded == expected
    assert vars(folded) == vars(expected)
    assert folded.inner == expected.inner
    with pytest.raises(ArgumentError, match="which has a seed of its own"):
        Scaled(folded, 2.0, seed=8)


class Drawing(seedbed.ElementwiseInitializer):
    """The classes below keep something besides their arguments, or have a say in how they are made."""

    def __init__(self, width=1.0, *, seed=None):
        super().__init__(seed=seed)
        self.width = width

    def element_distribution(self, shape, dtype):
        return Uniform(0.0, self.width)


class Plain(Drawing):
    pass


class KeepsWhatItMadeOfTheSeed(Drawing):
    def __init__(self, width=1.0, *, seed=None):
        super().__init__(width, seed=seed)
        self._key = key_of(self.seed)

    def element_distribution(self, shape, dtype):
        return Uniform(float(self._key % 1000), 2000.0)


class KeepsItInAPropertyOfTheClass(Drawing):
    @functools.cached_property
    def low(self):
        return float(key_of(self.seed) % 1000)

    def element_distribution(self, shape, dtype):
        return Uniform(self.low, 2000.0)


class HasSlots(Drawing):
    __slots__ = ("low",)

    def __init__(self, width=1.0, *, seed=None):
        super().__init__(width, seed=seed)
        self.low = float(key_of(self.seed) % 1000)

    def element_distribution(self, shape, dtype):
        return Uniform(self.low, 2000.0)


class CountsItsMaking(Drawing):
    made = 0

    def __new__(cls, *args, **kwargs):
        cls.made += 1
        return super().__new__(cls)


class ReadsItsArgumentsBack(Drawing):
    def get_config(self):
        return {**super().get_config(), "width": 2 * self.width}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "width": config["width"] / 2})


class HasASeedOfItsOwn(Drawing):
    def __init__(self, width=1.0, *, seed=None):
        object.__setattr__(self, "_given", seed)
        object.__setattr__(self, "width", width)

    @property
    def seed(self):
        return tuple(self._given) if isinstance(self._given, list) else self._given


class HasAList(Drawing):
    def __init__(self, width=1.0, *, ends=(0.0, 1.0), seed=None):
        super().__init__(width, seed=seed)
        self.ends = list(ends)


OTHERS = [
    KeepsWhatItMadeOfTheSeed,
    KeepsItInAPropertyOfTheClass,
    HasSlots,
    CountsItsMaking,
    ReadsItsArgumentsBack,
    HasASeedOfItsOwn,
    HasAList,
]


@pytest.mark.parametrize("cls", [Plain, *OTHERS])
def test_a_copy_of_any_class_draws_as_one_that_is_constructed(cls):
    initializer, expected = cls(3.0, seed=7), cls(3.0, seed=[7, "a"])
    initializer((3, 4))  # which may keep something
    assert initializer.fold_in("a")((3, 4)).tobytes() == expected((3, 4)).tobytes()
    assert initializer.fold_in("a") == expected
    assert Stacked(cls(3.0), seed=7)((2, 3))[1].tobytes() == cls(3.0, seed=[7, 1])(3).tobytes()


@pytest.mark.parametrize("cls", OTHERS)
def test_a_class_that_may_need_its_constructor_gets_it(cls, monkeypatch):
    calls = []
    initializer = cls(seed=7)
    initializer((3, 4))
    make = SealedMeta.__call__
    monkeypatch.setattr(
        SealedMeta, "__call__", lambda cls, *given, **more: calls.append(cls) or make(cls, *given, **more)
    )
    initializer.fold_in("a")
    assert calls == [cls]
    Plain(seed=7).fold_in("a")
    assert calls == [cls, Plain]


def test_what_can_be_changed_is_not_shared_with_a_copy():
    initializer = HasAList(seed=7)
    initializer.fold_in("a").ends.append(5.0)
    assert initializer.ends == [0.0, 1.0]


class Part(str, enum.Enum):  # noqa: UP042 - whose `str` is its name, not its value
    QUERY = "query"


class Layer(enum.IntEnum):
    FIRST = 1


@pytest.mark.parametrize(("member", "value"), [(Part.QUERY, "query"), (Layer.FIRST, 1)])
def test_a_member_of_an_enumeration_is_its_value(member, value):
    assert HeNormal(seed=7).fold_in(member).seed == (7, value)
    assert HeNormal(seed=member).seed == value
    assert HeNormal(seed=[member]).seed == (value,)
    assert type(HeNormal(seed=[member]).seed[0]) is type(value)
    assert Scaled(HeNormal(seed=7), 2.0).fold_in(member) == Scaled(HeNormal(seed=[7, value]), 2.0)
    assert key_of(HeNormal(seed=member).seed) == key_of(value)


def test_a_path_that_is_no_text_of_unicode_is_refused():
    with pytest.raises(ArgumentError, match="not valid Unicode"):
        HeNormal(seed=7).fold_in("\ud800")


def test_seeds_handed_on_to_what_draws_are_copies_too():
    normal = Normal(0.0, 1.0)
    assert normal == Normal(0.0, 1.0)
    (part,) = Scaled("he_normal", 2.0, seed=[7, "a"]).parts
    assert part == HeNormal(seed=[7, "a"])
    assert part.seed == (7, "a")
