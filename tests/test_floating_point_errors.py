"""What a program or another package has set for floating-point errors changes no value of core's."""

import numpy as np
import pytest
from standard_examples import CLASSES, example

from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import SeedbedError


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
