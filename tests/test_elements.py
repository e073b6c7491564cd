"""What a device is told of a weight's elements is what the weight is drawn from."""

import numpy as np
import pytest

import seedbed
from seedbed.models import Values, as_layout
from seedbed.random import NumPyEngine, Region


def values(initializer, layout, shape, *, offset=None, held=None):
    drawn = as_layout(layout).drawn(initializer, shape)
    return Values(drawn, shape if held is None else held, np.dtype(np.float32), offset=offset)


def drawn_from(elements, shape):
    out = np.empty(int(np.prod(shape)), np.float32)
    region = Region(shape, 1, 1, elements.base, shape, elements.strides)
    NumPyEngine().draw(elements.distribution, elements.key, region, out, limits=elements.limits, threads=1)
    return out.reshape(shape)


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("array", (4, 5)),
        ("linear", (4, 5)),
        ("conv", (4, 3, 2, 2)),
        ({"out": [0, 1], "in": [2]}, (2, 3, 5)),
        ({"in": [0], "out": [2], "batch": [1]}, (3, 2, 4)),
    ],
)
def test_elements_of_a_weight_are_those_that_it_is_drawn_from(layout, shape):
    weight = values(seedbed.get("he_normal", seed=7), layout, shape)
    assert (drawn_from(weight.elements((0,) * len(shape)), shape) == weight.whole()).all()


def test_a_part_begins_where_it_lies():
    truncated = seedbed.get("truncated_normal", seed=7)
    whole = values(truncated, "linear", (8, 9)).whole()
    part = values(truncated, "linear", (8, 9), offset=(2, 3), held=(5, 4))
    assert (drawn_from(part.elements((1, 2)), (4, 2)) == whole[3:7, 5:7]).all()


def test_what_is_not_drawn_element_by_element_has_none():
    assert values(seedbed.get("orthogonal", seed=7), "linear", (4, 5)).elements((0, 0)) is None
    half = seedbed.get("scaled", initializer="he_normal", factor=0.5, seed=7)
    assert values(half, "linear", (4, 5)).elements((0, 0)) is None


def test_a_class_that_draws_otherwise_has_none():
    class Doubled(seedbed.ElementwiseInitializer):
        def element_distribution(self, shape, dtype):
            return seedbed.random.Normal(0.0, 1.0)

        def __call__(self, shape, dtype=None):
            return 2 * super().__call__(shape, dtype)

    assert values(Doubled(seed=7), "array", (4, 5)).elements((0, 0)) is None


def test_values_that_are_held_have_none():
    weight = values(seedbed.get("he_normal", seed=7), "linear", (4, 5))
    weight.hold()
    assert weight.elements((0, 0)) is None
    weight.release()
    assert weight.elements((0, 0)) is not None
