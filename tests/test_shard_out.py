"""A shard that is written into an array: the same bits, whatever its strides and the author's class."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from standard_examples import CLASSES, example

import seedbed
from seedbed.constructor import parameters
from seedbed.copying import copy_into
from seedbed.errors import ArgumentError, DTypeError, ShapeError, ShardIndexError

draw_module = sys.modules["seedbed.random.draw"]  # of which the package has a function of the same name

SHAPE = (12, 20)
INDICES = [
    ...,
    slice(2, 9),
    (slice(None), slice(3, 11)),
    (slice(None, None, -1), slice(1, None, 3)),
    (slice(10, 0, -2), 4),
    (3, slice(5, 15)),
    (np.int64(3), ..., 7),
    slice(4, 4),
]


def rooms(values):
    """Return arrays of the values' shape and dtype, and of many strides."""
    shape, dtype = values.shape, values.dtype
    wider = tuple(2 * size + 1 for size in shape)
    yield "plain", np.zeros(shape, dtype)
    yield "transposed", np.zeros(shape[::-1], dtype).T
    yield "every other", np.zeros(wider, dtype)[(*(slice(1, None, 2) for _ in shape), ...)]
    yield "backwards", np.zeros(shape, dtype)[(*(slice(None, None, -1) for _ in shape), ...)]
    yield "matrix", np.zeros(shape, dtype).view(np.matrix) if len(shape) == 2 else np.zeros(shape, dtype)


class Whole(seedbed.Initializer):
    """Has nothing but a ``__call__``."""

    def __call__(self, shape, dtype=None):
        return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


class OwnShard(Whole):
    """Has a ``shard`` from before there was `out`, with an argument that has another name."""

    def shard(self, shape, index, dtype=None, scale=1):
        return scale * self(shape, dtype)[index]


class OwnOut(Whole):
    """Knows `out`."""

    def shard(self, shape, index, dtype=None, *, out=None):
        out[...] = 7
        return out


WITH_SEED = {name for name, cls in CLASSES.items() if "seed" in parameters(cls)}
OWN = {"whole": Whole, "own shard": OwnShard}


def made(name):
    if name in OWN:
        return OWN[name]()
    return example(name, seed=7) if name in WITH_SEED else example(name)


@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("name", ["random_normal", "he_uniform", "zeros", "orthogonal", "scaled", *OWN])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_a_shard_has_the_same_bits_in_an_array_of_any_strides(name, dtype, index):
    initializer = made(name)
    expected = np.asarray(initializer.shard(SHAPE, index, dtype))
    for strides, out in rooms(expected):
        assert initializer.shard(SHAPE, index, out=out) is out, strides
        assert np.asarray(out).tobytes() == expected.tobytes(), strides


@pytest.mark.parametrize("name", [*CLASSES, *OWN])
def test_every_initializer_writes_its_shards(name):
    initializer = made(name)
    shape = (6, 6)
    try:
        expected = initializer.shard(shape, (slice(2, 5), slice(1, 3)))
    except ShapeError:
        pytest.skip("it takes other shapes")
    out = np.zeros((2, 3), expected.dtype).T
    assert initializer.shard(shape, (slice(2, 5), slice(1, 3)), expected.dtype, out=out) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("name", ["random_normal", "zeros", "orthogonal", *OWN])
def test_a_wrong_array_is_refused_before_it_is_changed(name):
    initializer, wanted = made(name), (slice(2, 9), 3)
    read_only = np.zeros(7, np.float32)
    read_only.flags.writeable = False
    for out, error, message in [
        (np.zeros(8, np.float32), ArgumentError, r"got out of shape \(8,\) .* for a shard of shape \(7,\)"),
        (np.zeros((7, 1), np.float32), ArgumentError, r"got out of shape \(7, 1\)"),
        (np.zeros(7, np.dtype(">f4")), DTypeError, "foreign byte order"),
        (np.zeros(7, "U1"), DTypeError, "dtype"),
        ([0.0] * 7, ArgumentError, "got a list to fill"),
        (read_only, ArgumentError, "read-only"),
        (np.broadcast_to(np.float32(0), 7), ArgumentError, "read-only"),
    ]:
        before = np.array(out)
        with pytest.raises(error, match=message):
            initializer.shard(SHAPE, wanted, out=out)
        np.testing.assert_array_equal(out, before)
    out = np.zeros(7, np.float64)
    with pytest.raises(ArgumentError, match=r"dtype 'float64' for a shard of .* dtype 'float32'"):
        initializer.shard(SHAPE, wanted, "float32", out=out)
    with pytest.raises(ShardIndexError, match="does not fit"):
        initializer.shard(SHAPE, 12, out=np.zeros(20, np.float32))
    with pytest.raises(ShapeError, match="negative size"):
        initializer.shard((-1, 3), 0, out=np.zeros(3, np.float32))
    assert not out.any()


def test_an_authors_own_out_is_theirs():
    out = np.zeros((12, 20), np.float32)
    assert OwnOut().shard(SHAPE, ..., out=out) is out
    assert (out == 7).all()


def test_an_authors_shard_gets_its_arguments_as_they_were_given():
    out = np.zeros(20, np.float32)
    for arguments, options in (
        ((SHAPE, 1, None, 2), {}),
        ((SHAPE, 1, "float32"), {"scale": 2}),
        ((), {"shape": SHAPE, "index": 1, "dtype": "float32", "scale": 2}),
        ((SHAPE,), {"index": 1, "scale": 2}),
    ):
        out[...] = 0
        assert OwnShard().shard(*arguments, **options, out=out) is out
        np.testing.assert_array_equal(out, OwnShard().shard(SHAPE, 1, scale=2))


def test_an_authors_wrong_shard_is_refused_and_not_cast():
    class Wrong(Whole):
        def shard(self, shape, index, dtype=None):
            return self(shape, "float64")[index]

    with pytest.raises(ArgumentError, match="gave an array of dtype 'float64' when asked for 'float32'"):
        Wrong().shard(SHAPE, 0, out=np.zeros(20, np.float32))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("part", [np.s_[:, :], np.s_[::-1, 3:], np.s_[5:, ::-3]])
def test_arrays_laid_out_otherwise_are_drawn_by_threads_in_pieces(part, threads, monkeypatch):
    monkeypatch.setattr(draw_module, "_WORTH_COPYING", 1 << 10)
    monkeypatch.setattr(draw_module, "_LARGEST_ROOM", 1 << 12)
    initializer = seedbed.get("random_normal", seed=7)
    expected = initializer((100, 91))[part]
    out = np.zeros(expected.shape[::-1], np.float32).T
    assert initializer.shard((100, 91), part, out=out, threads=threads) is out
    np.testing.assert_array_equal(out, expected)


def test_bands_copy_every_row():
    for shape in ((1, 1), (40_000, 3), (3, 40_000), (257, 130), (0, 5), (5, 0)):
        values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        out = np.full(shape[::-1], -1, np.float32).T
        copy_into(out, values)
        np.testing.assert_array_equal(out, values)
