"""What a program or another package has set for floating-point errors changes no value of core's."""

import numpy as np
import pytest
from standard_examples import CLASSES, example

import seedbed
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import SeedbedError


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("linspaced", {"start": 0, "stop": 2}, (3,)),
        ("identity", {"gain": 1e-7}, (3, 3)),
        ("orthogonal", {"seed": 7}, (60, 70)),
        ("orthogonal", {"seed": 7, "gain": 1e-6}, (600, 700)),
        ("scaled", {"initializer": "he_normal", "factor": 1e-4, "seed": 7}, (64, 64)),
        ("sum_of", {"initializers": ["random_normal"] * 2, "seed": 7}, (512, 512)),
        ("shifted", {"initializer": "random_normal", "offset": 1e-7, "seed": 7}, (64, 64)),
    ],
)
def test_tiny_numbers_are_drawn_under_any_setting(name, arguments, shape):
    initializer = seedbed.get(name, **arguments)
    for dtype in FLOATING + COMPLEX:
        expected = initializer(shape, dtype)
        with np.errstate(all="raise"):
            assert initializer(shape, dtype).tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("shape", [(256, 128), (3, 3, 8, 8), (5,)])
def test_every_entry_draws_under_any_setting(name, shape):
    initializer = example(name, **({"seed": 7} if "seed" in example(name).get_config() else {}))
    for dtype in FLOATING + COMPLEX:
        try:
            expected = initializer(shape, dtype)
        except SeedbedError:  # a shape or dtype that it does not take
            continue
        with np.errstate(all="raise"):
            assert initializer(shape, dtype).tobytes() == expected.tobytes()
