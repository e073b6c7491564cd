"""Arrays that nothing can be written to as it seems are refused by every `fill`, and left as they are."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from standard_examples import ARGUMENTS

import seedbed
from seedbed.errors import ArgumentError
from seedbed.random import Normal, draw_into

CATALOGUE = seedbed.Catalogue(scan=False)


class Own(seedbed.Initializer):
    """Has a `fill` of its own, which looks at nothing."""

    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)

    def fill(self, out):
        out[...] = 1
        return out


class OwnElements(seedbed.ElementwiseInitializer):
    def element_distribution(self, shape, dtype):
        return Normal(0.0, 1.0)

    def fill(self, out):
        out[...] = self(out.shape, out.dtype)
        return out


def made(name):
    if isinstance(name, str):
        return CATALOGUE.get(name, **ARGUMENTS.get(name, {}))
    return name()


EVERY = [*(entry.name for entry in CATALOGUE), Own, OwnElements]
UNFILLABLE = {
    "one element many times": lambda: as_strided(np.zeros(1, "f4"), (6, 4), (0, 0)),
    "rows that overlap": lambda: as_strided(np.zeros(9, "f4"), (6, 4), (4, 4)),
    "windows": lambda: sliding_window_view(np.zeros(9, "f4"), 4, writeable=True),
    "equal rows": lambda: as_strided(np.zeros(4, "f4"), (6, 4), (0, 4)),
    "equal columns": lambda: as_strided(np.zeros(6, "f4"), (6, 4), (4, 0)),
    "parts of elements": lambda: as_strided(np.zeros(24, "f4"), (6, 4), (16, 2)),
    "backwards": lambda: as_strided(np.zeros(9, "f4"), (6, 4), (4, 4))[::-1, ::-1],
}
FILLABLE = {
    "crossed strides": lambda: as_strided(np.zeros(40, "f4"), (6, 4), (8, 36)),
    "every other one": lambda: np.zeros((12, 8), "f4")[::-2, ::2],
    "of a structure": lambda: np.zeros((6, 4), "i1, f4")["f1"],
    "transposed": lambda: np.zeros((4, 6), "f4").T,
    "a matrix": lambda: np.zeros((6, 4), "f4").view(np.matrix),
}


@pytest.mark.parametrize("name", EVERY, ids=str)
@pytest.mark.parametrize("kind", UNFILLABLE)
def test_elements_that_share_memory_are_refused(name, kind):
    out = UNFILLABLE[kind]()
    with pytest.raises(ArgumentError, match=r"elements share memory, by its strides \(.*numpy\.empty"):
        made(name).fill(out)
    assert not out.any()


@pytest.mark.parametrize("name", EVERY, ids=str)
@pytest.mark.parametrize("mask", [np.eye(6, 4), False], ids=["of some", "of none"])
def test_a_hard_mask_is_refused(name, mask):
    out = np.ma.masked_array(np.zeros((6, 4), "f4"), mask=mask, hard_mask=True)
    with pytest.raises(ArgumentError, match=r"a hard mask to fill.*out\.data, or call out\.soften_mask\(\)"):
        made(name).fill(out)
    assert not out.data.any()


@pytest.mark.parametrize("name", EVERY, ids=str)
def test_all_elements_are_written_below_a_soft_mask_which_stays(name):
    out = np.ma.masked_array(np.full((6, 4), 9, "f4"), mask=np.eye(6, 4))
    initializer = made(name)
    assert initializer.fill(out) is out
    assert not (out.data == 9).any()
    assert out.mask.tolist() == np.eye(6, 4, dtype=bool).tolist()
    if "seed" in initializer.get_config():
        initializer = CATALOGUE.get(initializer, seed=7)
        assert initializer.fill(out).data.tobytes() == initializer((6, 4)).tobytes()


@pytest.mark.parametrize("name", EVERY, ids=str)
@pytest.mark.parametrize("kind", FILLABLE)
def test_elements_in_places_of_their_own_are_filled(name, kind):
    out, initializer = FILLABLE[kind](), made(name)
    initializer.fill(out)
    if not initializer.get_config().get("seed", 7):
        initializer = CATALOGUE.get(initializer, seed=7)
        initializer.fill(out)
        assert out.tobytes() == initializer(out.shape).tobytes()


@pytest.mark.parametrize("kind", UNFILLABLE)
def test_a_distribution_is_not_drawn_into_them_either(kind):
    out = UNFILLABLE[kind]()
    with pytest.raises(ArgumentError, match="elements share memory"):
        draw_into(out, Normal(0.0, 1.0), 7)
    assert not out.any()


def test_a_distribution_is_drawn_into_nothing_with_a_hard_mask_or_read_only():
    hard = np.ma.masked_array(np.zeros(6, "f4"), hard_mask=True)
    fixed = np.zeros(6, "f4")
    fixed.flags.writeable = False
    for out, message in ((hard, "hard mask"), (fixed, "read-only"), ([0.0], "got a list to fill")):
        with pytest.raises(ArgumentError, match=message):
            draw_into(out, Normal(0.0, 1.0), 7)
