"""What packages for frameworks ask of an initializer before it draws."""

import numpy as np
import pytest

import seedbed
from seedbed.drawing import check, drawing_within, draws_anew, is_divisible, undeclared_within
from seedbed.errors import DTypeError, ShapeError


class Undeclared(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        pytest.fail("it was asked to draw")


class Exact(Undeclared):
    reproducibility = "exact"


class Elsewhere(seedbed.Initializer):
    """Keeps its seed under another name than that of the argument."""

    def __init__(self, *, seed=None):
        self._seed = seed

    def get_config(self):
        return {"seed": self._seed}

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)


def made_of(*initializers, seed=None):
    return seedbed.get("sum_of", initializers=list(initializers), seed=seed)


NORMAL, SEEDED = seedbed.get("he_normal"), seedbed.get("he_normal", seed=7)


def test_what_an_initializer_is_made_of_has_the_seeds_that_it_has_there():
    deep = seedbed.get("scaled", factor=2.0, initializer=made_of("he_normal", "ones"), seed=7)
    assert list(drawing_within(deep)) == [seedbed.get("he_normal", seed=[7, 0]), seedbed.get("ones")]
    assert list(drawing_within(NORMAL)) == [NORMAL]


@pytest.mark.parametrize(
    ("initializer", "anew"),
    [
        (NORMAL, True),
        (SEEDED, False),
        (seedbed.get("ones"), False),
        (made_of(NORMAL, SEEDED), True),
        (made_of(NORMAL, NORMAL, seed=7), False),
        (made_of(SEEDED, "ones"), False),
        (Undeclared(), False),
        (Elsewhere(), True),
        (Elsewhere(seed=7), False),
    ],
)
def test_what_takes_a_seed_and_has_none_draws_anew(initializer, anew):
    assert draws_anew(initializer) is anew


@pytest.mark.parametrize("whole", [Exact(), SEEDED, NORMAL, seedbed.get("orthogonal"), made_of(NORMAL)])
def test_what_is_declared_is_not_undeclared(whole):
    assert undeclared_within(whole) is None


def test_what_declares_nothing_and_takes_no_seed_is_found_within_others():
    assert undeclared_within(Undeclared()) == Undeclared()
    seedbed.register(Undeclared, "undeclared")
    try:
        assert undeclared_within(made_of(NORMAL, Undeclared())) == Undeclared()
    finally:
        seedbed.refresh()


@pytest.mark.parametrize(
    ("initializer", "divisible"),
    [
        (NORMAL, True),  # each element is a draw of its own
        (seedbed.get("ones"), True),
        (seedbed.get("orthogonal", seed=7), False),
        (made_of(SEEDED, seedbed.get("orthogonal", seed=7)), False),
        (made_of(SEEDED, "ones"), True),
        (Exact(), False),  # which has no shard of its own
    ],
)
def test_what_comes_of_a_whole_array_is_not_divisible(initializer, divisible):
    assert is_divisible(initializer) is initializer.divisible is divisible


class Parts(seedbed.Initializer):
    reproducibility = "exact"

    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)

    def shard(self, shape, index, dtype=None):
        return np.ones(shape, dtype)[index]


def test_a_class_may_say_that_its_own_is_not_divisible_and_nothing_more():
    assert is_divisible(Parts())
    for base, said, expected in [
        (Parts, False, False),
        (Parts, True, True),
        (Parts, None, True),  # something else that an author calls so
        (Exact, True, False),
        (type(NORMAL), False, False),
        (type(NORMAL), lambda self: 3, True),
        (type(NORMAL), property(lambda self: False), False),
    ]:
        assert is_divisible(type("Own", (base,), {"divisible": said})()) is expected, (base, said)


def test_a_shape_or_dtype_is_refused_before_anything_is_drawn():
    float32 = np.dtype("float32")
    with pytest.raises(ShapeError):
        check(seedbed.get("scaled", initializer="orthogonal", factor=2.0), (3,), float32)
    with pytest.raises(DTypeError):
        check(NORMAL, (3, 4), np.dtype("int8"))
    check(NORMAL, (10**8, 10**8), float32)
    check(Undeclared(), (3,), float32)  # which could only be asked by drawing
