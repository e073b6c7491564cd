import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed import dtypes
from seedbed.errors import ArgumentError, DTypeError, ShapeError, ShardIndexError
from seedbed.initializer import Initializer
from seedbed.standard.identity import Identity

SHAPES = [(1, 1), (4, 4), (3, 5), (5, 3), (1, 6), (6, 1), (0, 0), (0, 4), (4, 0)]


def needs(dtype):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    return dtypes.as_dtype(dtype)


class TestValues:
    @pytest.mark.parametrize("dtype", dtypes.ALL)
    @pytest.mark.parametrize("shape", SHAPES)
    def test_are_those_of_eye_in_every_dtype(self, shape, dtype):
        dtype = needs(dtype)
        matrix = Identity()(shape, dtype)
        assert matrix.dtype == dtype
        assert np.array_equal(matrix, np.eye(*shape).astype(dtype))

    def test_are_float32_unless_asked_otherwise(self):
        assert Identity()((2, 2)).dtype == np.float32

    @pytest.mark.parametrize("gain", [0, -1.5, 3, np.float32(0.25)])
    def test_on_the_diagonal_are_the_gain(self, gain):
        assert np.array_equal(Identity(gain)((3, 4)), np.eye(3, 4) * float(gain))

    def test_off_the_diagonal_are_positive_zeros(self):
        assert not np.signbit(Identity(-1.0)((3, 3))[~np.eye(3, dtype=bool)]).any()


class TestRounding:
    def test_happens_once_in_float16(self):
        gain = 1 + 2**-11 + 2**-40  # float32 would lose the last term and leave a tie
        assert Identity(gain)((1, 1), "float16")[0, 0] == 1 + 2**-10

    @pytest.mark.parametrize(
        ("gain", "expected"),
        [
            (1 + 2**-8 + 2**-40, 1 + 2**-7),
            (1 + 2**-8 - 2**-40, 1.0),
            (-1 - 2**-8 - 2**-40, -1 - 2**-7),
            (1 + 3 * 2**-8 - 2**-40, 1 + 2**-7),
            (1 + 2**-8, 1.0),
            (0.1, 0.10009765625),
        ],
    )
    def test_happens_once_in_bfloat16(self, gain, expected):
        needs("bfloat16")
        assert float(Identity(gain)((1, 1), "bfloat16")[0, 0]) == expected

    @pytest.mark.parametrize(
        ("gain", "dtype"),
        [
            (65520, "float16"),
            (1e39, "bfloat16"),
            (3.4e38, "bfloat16"),
            (-1e39, "float32"),
            (1e39, "complex64"),
        ],
    )
    def test_to_infinity_is_refused(self, gain, dtype):
        needs(dtype)
        with pytest.raises(
            DTypeError, match=f"would become infinite in dtype '{dtype}', .*; choose a gain nearer to 0"
        ):
            Identity(gain)((2, 2), dtype)


class TestIntegers:
    @pytest.mark.parametrize(
        ("gain", "dtype"),
        [
            (2**63 - 1, "int64"),
            (2**64 - 1, "uint64"),
            (-128, "int8"),
            (255.0, "uint8"),
            (0, "bool"),
            (1.0, "bool"),
        ],
    )
    def test_hold_the_gain_exactly(self, gain, dtype):
        matrix = Identity(gain)((2, 3), dtype)
        assert matrix.dtype == dtype
        assert matrix.tolist() == [[gain, 0, 0], [0, gain, 0]]

    @pytest.mark.parametrize(
        ("gain", "dtype"),
        [(0.5, "int32"), (128, "int8"), (-1, "uint8"), (2, "bool"), (2**63, "int64"), (1e300, "int64")],
    )
    def test_that_cannot_hold_the_gain_are_refused(self, gain, dtype):
        for call in (Identity(gain), lambda shape, dtype: Identity(gain).shard(shape, 0, dtype)):
            with pytest.raises(DTypeError, match=f"'{dtype}' cannot hold gain .* choose a floating dtype"):
                call((2, 2), dtype)


LENGTHS = st.integers(0, 7)


@st.composite
def shapes_and_indices(draw):
    shape = draw(LENGTHS), draw(LENGTHS)
    parts = []
    for length in shape:
        integer = st.integers(-length, length - 1) if length else st.nothing()
        parts.append(draw(st.slices(length) | integer))
    spelling = draw(st.sampled_from(["both", "first", "middle", "last", "head", "tail", "all", "bare"]))
    index = {
        "both": tuple(parts),
        "first": (..., *parts),
        "middle": (parts[0], ..., parts[1]),
        "last": (*parts, ...),
        "head": (parts[0],),
        "tail": (..., parts[1]),
        "all": (),
        "bare": parts[0],
    }[spelling]
    return shape, index


class TestShard:
    @given(shapes_and_indices(), st.sampled_from(["float32", "complex128", "int8"]))
    def test_is_that_part_of_the_whole(self, case, dtype):
        shape, index = case
        part = Identity(-3).shard(shape, index, dtype)
        expected = Initializer.shard(Identity(-3), shape, index, dtype)
        assert type(part) is type(expected)
        assert part.dtype == expected.dtype
        assert part.shape == expected.shape
        assert part.tobytes() == expected.tobytes()

    @pytest.mark.parametrize("index", [..., np.int64(1), (np.int8(-1), slice(None, None, -2))])
    def test_takes_an_ellipsis_and_numpy_integers(self, index):
        assert np.array_equal(Identity().shard((3, 4), index), Identity()((3, 4))[index])

    def test_costs_no_more_than_the_part(self):
        part = Identity(2).shard((10**15, 100), (slice(98, 102), slice(97, None)), "int8")
        assert part.tolist() == [[0, 2, 0], [0, 0, 2], [0, 0, 0], [0, 0, 0]]

    @pytest.mark.parametrize("index", [3, (0, 4), (0, 0, 0), (..., ...), [0], None, True, 1.0])
    def test_refuses_what_is_no_index_of_the_whole(self, index):
        with pytest.raises(ShardIndexError, match="index"):
            Identity().shard((3, 4), index)


class TestArguments:
    @pytest.mark.parametrize("shape", [(), 3, (3,), (3, 3, 3), (0,)])
    def test_shapes_without_exactly_two_axes_are_refused(self, shape):
        for call in (Identity(), lambda shape: Identity().shard(shape, ...)):
            with pytest.raises(ShapeError, match=r"exactly 2 axes, got shape .* ask for \(rows, columns\)"):
                call(shape)

    @pytest.mark.parametrize("gain", [math.nan, math.inf, "1", True, 1j, None])
    def test_gains_that_are_no_finite_numbers_are_refused(self, gain):
        with pytest.raises(ArgumentError, match="gain must be a finite number, got"):
            Identity(gain)

    def test_config_keeps_the_gain(self):
        assert Identity(2).get_config() == {"gain": 2}
        assert Identity.from_config({"gain": 2}) == Identity(2)

    def test_says_that_values_are_exact(self):
        assert Identity.reproducibility == "exact"
