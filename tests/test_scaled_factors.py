"""Factors of `scaled` that are nested lists or arrays: values, parts, configs, and what is refused."""

import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_combinators import as_asked, bits, doubles
from test_shards import assert_same, indices, partitions

import seedbed
from seedbed.combinators import Masked, Scaled, Stacked
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import ArgumentError, DTypeError, ShapeError
from seedbed.standard import Constant, HeNormal, RandomNormal

NORMAL = RandomNormal(seed=7)
DEPTHS = [[[1.0]], [[0.5**0.5]], [[1 / 3]]]  # for three layers of matrices in one array


@pytest.mark.parametrize("dtype", FLOATING + COMPLEX)
@pytest.mark.parametrize("factor", [DEPTHS, [0.1, -3, 0, 7], [3], [[[0.3]], [[0.7]], [[2]]]])
def test_it_is_numpys_product_rounded_once(dtype, factor):
    shape = (3, 5, 4)
    expected = doubles(NORMAL, dtype, shape)
    for part in (expected.real, expected.imag) if dtype in COMPLEX else (expected,):
        np.multiply(part, np.array(factor, float), out=part)
    assert bits(Scaled(NORMAL, factor)(shape, dtype)) == bits(as_asked(expected, dtype))


def test_ints_of_any_width_are_factors_as_doubles():
    assert Scaled("ones", [2**53 + 1, 2**64 - 1])(2, "float64").tolist() == [2.0**53, 2.0**64]


def test_ints_that_no_dtype_has_are_factors_in_lists_as_they_are_alone():
    assert Scaled("ones", [10**20, -(2**63) - 1])(2, "float64").tolist() == [1e20, -(2.0**63)]
    assert Scaled("ones", [[2**64 - 1], (-1,)])((2, 1), "float64").tolist() == [[2.0**64], [-1]]
    assert Scaled("ones", [10**20]) == Scaled("ones", [1e20])
    assert seedbed.get(seedbed.to_config(Scaled("ones", [10**20]))) == Scaled("ones", [1e20])


def test_to_round_the_factor_to_the_dtype_first_would_be_noticed():
    single = NORMAL((3, 5, 4)) * np.array(DEPTHS, "float32")
    assert not np.array_equal(Scaled(NORMAL, DEPTHS)((3, 5, 4)), single)


def test_one_factor_for_each_layer_is_what_layers_of_their_own_are():
    layers = Scaled(Stacked("he_normal"), DEPTHS, seed=7)((3, 64, 32))
    for k, [[factor]] in enumerate(DEPTHS):
        np.testing.assert_array_equal(layers[k], Scaled(HeNormal(seed=[7, k]), factor)((64, 32)))


@pytest.mark.parametrize("factor", [2, 0.1, -0.0])
def test_a_list_of_one_number_is_that_number(factor):
    for dtype in FLOATING + COMPLEX:
        one, listed = Scaled(NORMAL, factor)((3, 4), dtype), Scaled(NORMAL, [[factor]])((3, 4), dtype)
        assert bits(one) == bits(listed)


def test_infinities_of_an_initializer_are_multiplied_in_each_part():
    found = Scaled(Constant(complex(np.inf, 1)), [2.0, -2.0])(2, "complex64")
    assert found.real.tolist() == [np.inf, -np.inf]
    assert found.imag.tolist() == [2, -2]


@settings(deadline=None)
@given(data=st.data())
def test_a_part_has_its_part_of_the_factors(data):
    shape = data.draw(st.lists(st.integers(0, 5), max_size=4).map(tuple))
    kept = data.draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    of = tuple(size if keep else 1 for size, keep in zip(shape, kept, strict=True))
    of = of[data.draw(st.integers(0, len(of))) :]
    factor = np.random.default_rng(1).normal(size=of)
    dtype = data.draw(st.sampled_from(FLOATING + COMPLEX))
    initializer = Scaled("he_normal", factor if factor.ndim else float(factor), seed=7)
    whole = initializer(shape, dtype)
    assert bits(whole) == bits(as_asked(doubles(HeNormal(seed=7), dtype, shape) * factor, dtype))
    index = data.draw(indices(shape))
    assert_same(initializer.shard(shape, index, dtype), whole[index])
    assembled = np.empty_like(whole)
    for part in data.draw(partitions(shape)):
        assembled[part] = initializer.shard(shape, part, dtype)
    assert_same(assembled, whole)
    assert_same(initializer.fill(np.ones(shape[::-1], whole.dtype).T), whole)


def test_pieces_have_their_part_of_the_factors(monkeypatch):
    factor = np.linspace(-1, 1, 21).reshape(7, 3)
    expected = Scaled(NORMAL, factor)((2, 7, 3))
    for largest in (1, 2, 5, 10, 30):
        monkeypatch.setattr("seedbed.shard._PIECE", largest)
        np.testing.assert_array_equal(Scaled(NORMAL, factor)((2, 7, 3)), expected)
        np.testing.assert_array_equal(Scaled("orthogonal", factor, seed=7)((7, 3)).shape, (7, 3))


def test_a_shard_of_a_huge_tensor_broadcasts_no_more_than_its_part():
    initializer = Scaled("random_normal", [[0.5], [2.0]] * 2**9, seed=7)
    part = initializer.shard((2**10, 2**45), (slice(512, 515), slice(-4, None)))
    plain = RandomNormal(seed=7).shard((2**10, 2**45), (slice(512, 515), slice(-4, None)))
    np.testing.assert_array_equal(part, plain * np.float32([[0.5], [2], [0.5]]))


@pytest.mark.parametrize("kind", [Scaled, Masked])
def test_a_part_is_taken_of_what_numpy_has_no_view_of(kind):
    for shape in ((0, 2**62), (2**62, 0)):
        index = np.s_[:, :3] if shape[1] else np.s_[:3]
        found = kind("zeros", [1.0]).shard(shape, index)
        assert found.shape == tuple(min(size, 3) for size in shape)
    whole = kind(NORMAL, [[1.0, 0.0, 1.0]])
    part = whole.shard((2**30, 2**20, 3), np.s_[2**29, -2:, ::-2])
    plain = NORMAL.shard((2**30, 2**20, 3), np.s_[2**29, -2:, ::-2])
    np.testing.assert_array_equal(part, plain)


def test_the_advice_says_which_lengths_are_free():
    message = (
        r"ask for one that ends in \(24, 1, 1\), where its lengths of 1 may be any other, or give another"
    )
    with pytest.raises(ShapeError, match=message):
        Scaled("ones", np.ones((24, 1, 1)))((12, 64, 64))
    with pytest.raises(ShapeError, match=r"ask for one that ends in \(3,\), or give another mask"):
        Masked("ones", [1, 0, 1])((3, 2))


class TestConfigs:
    @pytest.mark.parametrize(
        ("factor", "written"),
        [
            ([0.5, 1], [0.5, 1.0]),
            ((1, 2), [1, 2]),
            (np.array([[1.0], [0.25]], "float32"), [[1.0], [0.25]]),
            (np.array([3, -1], "int8"), [3, -1]),
            (np.float64(0.1), 0.1),
            (np.array(3), 3),
            (np.empty((0, 3)), {"shape": [0, 3]}),
            ([], []),
        ],
    )
    def test_factors_are_written_as_numbers_and_lists(self, factor, written):
        initializer = Scaled("he_normal", factor, seed=7)
        config = seedbed.to_config(initializer)
        assert config["config"]["factor"] == written
        assert type(initializer.factor) is type(written)
        back = seedbed.from_config(json.loads(json.dumps(config, allow_nan=False)))
        assert back == initializer
        assert hash(back) == hash(initializer)
        assert seedbed.to_config(back) == config

    def test_copies_are_equal_and_give_the_same_values(self):
        initializer = Scaled(Scaled(NORMAL, [[2], [3]]), [0.5])
        for made in (
            copy.copy(initializer),
            copy.deepcopy(initializer),
            pickle.loads(pickle.dumps(initializer)),
            eval(repr(initializer)),
        ):
            assert made == initializer
            np.testing.assert_array_equal(made((2, 3)), initializer((2, 3)))

    def test_factors_that_are_the_same_numbers_are_equal_and_no_others(self):
        assert Scaled(NORMAL, [1, 2]) == Scaled(NORMAL, np.array([1.0, 2.0])) == Scaled(NORMAL, (1, 2))
        assert hash(Scaled(NORMAL, [1, 2])) == hash(Scaled(NORMAL, [1.0, 2.0]))
        assert Scaled(NORMAL, [1, 2]) != Scaled(NORMAL, [2, 1])
        assert Scaled(NORMAL, [1]) != Scaled(NORMAL, [[1]])
        assert Scaled(NORMAL, [1]) != Scaled(NORMAL, 1)
        assert Scaled(NORMAL, [0.0]) != Scaled(NORMAL, [-0.0])

    def test_nobody_can_change_them_from_outside(self):
        factor = np.array([1.0, 2.0])
        initializer = Scaled("ones", factor)
        factor[0] = 9
        initializer.factor.append(9)
        initializer.get_config()["factor"].append(9)
        assert initializer(2).tolist() == [1, 2]

    def test_seeds_and_paths_and_overrides_leave_them_as_they_are(self):
        initializer = Scaled("he_normal", DEPTHS, seed=7)
        assert initializer.fold_in("a") == Scaled("he_normal", DEPTHS, seed=[7, "a"])
        inside = Scaled(HeNormal(seed=7), DEPTHS)
        assert inside.fold_in("a") == Scaled(HeNormal(seed=[7, "a"]), DEPTHS)
        assert seedbed.get(initializer, seed=8) == Scaled("he_normal", DEPTHS, seed=8)
        assert seedbed.get(initializer, factor=2).factor == 2

    def test_a_long_list_is_not_written_out_by_repr_nor_compared_as_a_list(self, monkeypatch):
        long, same = Scaled("ones", np.ones((1000, 100))), Scaled("ones", np.ones((1000, 100), int))
        monkeypatch.setattr(Constant, "get_config", lambda self: pytest.fail("made an object of each number"))
        assert repr(long) == "Scaled(initializer=Ones(), factor=<numbers of shape (1000, 100)>)"
        assert long == same
        assert hash(long) == hash(same)


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (
            "0.5",
            r"factor must be a finite number, or a nested list or an array of those, got '0.5' of type str",
        ),
        (None, r"factor must be .*got None of type NoneType"),
        (np.nan, r"factor must be .*got nan of type float"),
        ([0.5, np.nan], r"factor must be a finite number, or .*got \[0.5, nan\], which has others"),
        (["inf"], r"factor must be .*got \['inf'\], which has others"),
        ([1j], r"factor must be .*which has others"),
        (np.array([True]), r"factor must be .*which has others"),
        ([1, [2]], r"factor must be .*got \[1, \[2\]\] of type list: .*make its lists equally long"),
        ([1, 10**400], r"factor must be .*got \[1, 1000.*too large"),
        ([True, False], r"factor must be .*which has others"),
        ([True, 2], r"factor must be .*got \[True, 2\], which has others"),
        ([[0.5], (np.True_,)], r"factor must be .*which has others"),
        ([np.array([True]), [2]], r"factor must be .*which has others"),
        ([True, 10**20], r"factor must be .*which has others"),
        (
            np.ma.array([1.0, 2.0], mask=[0, 1]),
            r"(?s)factor must be .* without masked elements, got .*as by \.filled\(",
        ),
        (
            [np.ma.array([1.0, 2.0], mask=[0, 1])],
            r"(?s)factor must be .* without masked elements, got .*as by \.filled\(",
        ),
        (np.ma.masked, r"factor must be .*got masked of type MaskedConstant"),
        ({"a": 1}, r"factor must be .*got \{'a': 1\} of type dict"),
        ([None], r"factor must be .*got \[None\]"),
    ],
)
def test_what_is_no_factor_is_refused_with_what_is_allowed(factor, message):
    with pytest.raises(ArgumentError, match=message):
        Scaled("ones", factor)


def test_lists_however_deep_are_refused_and_not_followed():
    deep = [1.0]
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(ArgumentError, match=r"factor must be .*nested more than 32 lists deep"):
        Scaled("ones", deep)
    deep = [1.0]
    deep[0] = deep
    with pytest.raises(ArgumentError, match=r"factor must be "):
        Scaled("ones", deep)


LARGEST = (2**20, 2**20, 2**15)  # 2**57 bytes of float32, more than any machine has


@pytest.mark.parametrize("shape", [(4,), (2, 4), (), LARGEST])
def test_a_shape_to_which_it_does_not_broadcast_is_refused_before_anything_is_drawn(shape):
    class Unasked(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            raise AssertionError

        shard = fill = __call__

    initializer = Scaled(Unasked(), [1.0, 2.0, 3.0])
    message = r"got shape .*, to which a factor of shape \(3,\) does not broadcast; ask for one that ends in"
    for use in (
        lambda: initializer(shape),
        lambda: initializer.shard(shape, (slice(0, 0),) * len(shape)),
        lambda: Stacked(Masked(initializer, True)).shard((2, *shape[:2]), 0),
    ):
        with pytest.raises(ShapeError, match=message):
            use()


def test_values_beyond_the_dtype_are_refused():
    with pytest.raises(DTypeError, match="Scaled gives values beyond the largest of dtype 'float16'"):
        Scaled("ones", [1.0, 1e6])(2, "float16")
