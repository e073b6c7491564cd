"""Initializers made of others: their values against NumPy, their streams, and what they refuse."""

import copy
import pickle

import ml_dtypes
import numpy as np
import pytest
from standard_examples import COMBINATORS, example

import seedbed
from seedbed.combinators import Blocked, Masked, Padded, Repeated, Scaled, Shifted, Stacked, SumOf, Transposed
from seedbed.dtypes import ALL, COMPLEX, FLOATING, rounded
from seedbed.errors import ArgumentError, ConfigError, DTypeError, SeedbedError, ShapeError
from seedbed.standard import (
    Constant,
    GlorotUniform,
    HeNormal,
    Identity,
    Ones,
    Orthogonal,
    RandomNormal,
    VarianceScaling,
    Zeros,
)

SHAPE = (6, 8)


def bits(values):
    return values.dtype, values.shape, values.tobytes()


def doubles(initializer, dtype, shape=SHAPE):
    """Return values drawn at float32 or better, in double precision."""
    drawn = initializer(shape, "float32" if dtype in ("float16", "bfloat16") else dtype)
    return drawn.astype("complex128" if drawn.dtype.kind == "c" else "float64")


def as_asked(values, dtype):
    return rounded(values, np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype))


NORMAL = RandomNormal(seed=7)


@pytest.mark.parametrize("dtype", FLOATING + COMPLEX)
class TestArithmetic:
    def test_scaled_is_the_product_rounded_once(self, dtype):
        expected = as_asked(doubles(NORMAL, dtype) * 0.1, dtype)
        assert bits(Scaled(NORMAL, 0.1)(SHAPE, dtype)) == bits(expected)

    def test_shifted_is_the_sum_rounded_once(self, dtype):
        expected = as_asked(doubles(NORMAL, dtype) + 0.1, dtype)
        assert bits(Shifted(NORMAL, 0.1)(SHAPE, dtype)) == bits(expected)

    def test_sum_of_adds_from_the_first_to_the_last_and_rounds_once(self, dtype):
        parts = (NORMAL.fold_in(0), HeNormal(seed=8).fold_in(1), Constant(1e-3))
        expected = as_asked(sum(doubles(part, dtype) for part in parts), dtype)
        assert bits(SumOf([NORMAL, HeNormal(seed=8), Constant(1e-3)])(SHAPE, dtype)) == bits(expected)

    def test_what_has_no_shards_of_its_own_is_drawn_once_and_then_computed_with(self, dtype):
        one, other = Orthogonal(seed=7), Orthogonal(seed=8)
        expected = doubles(one.fold_in(0), dtype) + doubles(NORMAL.fold_in(1), dtype)
        expected += doubles(other.fold_in(2), dtype)
        found = SumOf([one, NORMAL, other])(SHAPE, dtype)
        assert bits(found) == bits(as_asked(expected, dtype))
        assert bits(Scaled(one, 3)(SHAPE, dtype)) == bits(as_asked(doubles(one, dtype) * 3, dtype))


def test_to_round_twice_would_be_noticed():
    twice = (NORMAL(SHAPE, "float16").astype("float64") * 0.1).astype("float16")
    assert not np.array_equal(Scaled(NORMAL, 0.1)(SHAPE, "float16"), twice)


def test_arithmetic_in_pieces_is_that_of_the_whole():
    shape = (3, 1100, 1000)  # more than three pieces, which do not divide the first axis
    expected = (RandomNormal(seed=7)(shape).astype("float64") * 0.1).astype("float32")
    np.testing.assert_array_equal(Scaled(RandomNormal(seed=7), 0.1)(shape), expected)


def test_infinities_and_nan_of_an_initializer_are_computed_with():
    np.testing.assert_array_equal(Scaled(Constant(np.inf), -2.0)(2), [-np.inf, -np.inf])
    np.testing.assert_array_equal(Shifted(Constant(np.nan), 1.0)(1, "float16"), [np.nan])
    complex_infinity = Scaled(Constant(complex(np.inf, 1)), 2)(1, "complex64")
    assert (complex_infinity.real, complex_infinity.imag) == (np.inf, 2)


@pytest.mark.parametrize(
    ("initializer", "dtype"),
    [
        (Scaled("ones", 1e6), "float16"),
        (Scaled("ones", 1e39), "float32"),
        (Scaled("ones", 1e39), "bfloat16"),
        (Scaled(Constant(1e300), 1e300), "float64"),
        (Shifted("ones", 1e39), "complex64"),
        (SumOf([Constant(1.7e308), Constant(1.7e308)]), "float64"),
    ],
)
def test_values_that_would_become_infinite_are_refused(initializer, dtype):
    with pytest.raises(DTypeError, match=r"gives values beyond the largest of dtype .*choose a wider dtype"):
        initializer((2, 2), dtype)


@pytest.mark.parametrize("dtype", [dtype for dtype in ALL if dtype not in FLOATING + COMPLEX])
@pytest.mark.parametrize("initializer", [Scaled("ones", 2), Shifted("ones", 2), SumOf(["ones"])])
def test_arithmetic_is_for_floating_and_complex_dtypes(initializer, dtype):
    name = type(initializer).__name__
    with pytest.raises(DTypeError, match=f"few results of {name} are exact; allowed here are float16.*cast"):
        initializer((2, 2), dtype)


class TestTransposed:
    @pytest.mark.parametrize("permutation", [None, [0, 1, 2], [1, 2, 0], (2, 0, 1)])
    def test_it_is_numpys_transpose(self, permutation):
        inner = VarianceScaling(mode="fan_out", seed=7)
        found = Transposed(inner, permutation)((4, 5, 6))
        inner_shape = np.transpose(found, None if permutation is None else np.argsort(permutation)).shape
        assert bits(found) == bits(np.transpose(inner(inner_shape), permutation))

    def test_fans_are_those_of_the_inner_shape(self):
        limit = np.abs(Transposed(VarianceScaling(distribution="uniform", seed=7))((10, 1000))).max()
        assert 0.9 < limit / (3 / 1000) ** 0.5 <= 1

    def test_a_scalar_is_its_own_transpose(self):
        assert Transposed(NORMAL)(()) == Transposed(NORMAL, [])(()) == NORMAL(())


class TestBlocked:
    @pytest.mark.parametrize("axis", [0, 1, -1, -3])
    def test_it_is_the_blocks_beside_each_other(self, axis):
        shape = [4, 5, 6]
        shape[axis] = 9
        inner = [GlorotUniform(seed=7), Zeros(), NORMAL, NORMAL]
        sizes = [2, 3, 0, 4]
        blocks = []
        for k, (initializer, size) in enumerate(zip(inner, sizes, strict=True)):
            shape[axis] = size
            blocks.append(initializer.fold_in(k)(shape))
        shape[axis] = 9
        assert bits(Blocked(inner, sizes, axis=axis)(shape)) == bits(np.concatenate(blocks, axis))

    def test_blocks_are_equal_where_no_sizes_are_given(self):
        assert Blocked(["zeros", "ones", "zeros"])((2, 6), "int8").tolist() == [[0, 0, 1, 1, 0, 0]] * 2

    def test_fans_are_those_of_a_block(self):
        fused = Blocked(["glorot_uniform"] * 3, [100, 100, 800], seed=7)((100, 1000))
        for block, limit in ((fused[:, :100], 200), (fused[:, 200:], 900)):
            assert 0.99 < np.abs(block).max() / (6 / limit) ** 0.5 <= 1


class TestStacked:
    @pytest.mark.parametrize("axis", [0, 1, -1, -2])
    def test_it_is_the_arrays_beside_each_other(self, axis):
        arrays = [HeNormal(seed=[7, "path", k])((4, 5)) for k in range(3)]
        stacked = np.stack(arrays, axis)
        assert bits(Stacked(HeNormal(seed=[7, "path"]), axis)(stacked.shape)) == bits(stacked)

    def test_a_stack_of_scalars_is_a_vector(self):
        expected = [float(NORMAL.fold_in(k)(())) for k in range(5)]
        assert Stacked(NORMAL)(5, "float32").tolist() == expected

    def test_a_stack_of_empty_arrays_asks_for_none_of_them(self):
        class Unasked(seedbed.Initializer):
            def __call__(self, shape, dtype=None):
                raise AssertionError

            fold_in = fill = __call__

        stack = Stacked(Masked(Unasked(), [True]))
        assert stack((3, 0, 4)).shape == (3, 0, 4)
        assert stack.shard((3, 2, 4), np.s_[:, 1:1]).shape == (3, 0, 4)

    def test_stacks_can_be_stacked(self):
        layers = Stacked(Stacked("orthogonal"), seed=7)((2, 3, 4, 4))
        np.testing.assert_array_equal(layers[1, 2], Orthogonal(seed=[7, 1, 2])((4, 4)))


class TestMasked:
    @pytest.mark.parametrize("diagonal", [0, 1, -2, 100])
    @pytest.mark.parametrize(
        ("pattern", "numpys"), [("lower_triangle", np.tril), ("upper_triangle", np.triu)]
    )
    def test_triangles_are_numpys(self, pattern, numpys, diagonal):
        for shape in ((5, 5), (3, 7), (7, 3), (2, 4, 5)):
            found = Masked(NORMAL, {"pattern": pattern, "diagonal": diagonal})(shape)
            np.testing.assert_array_equal(found, numpys(NORMAL(shape), diagonal))

    def test_a_block_diagonal_keeps_its_blocks(self):
        found = Masked("ones", {"pattern": "block_diagonal", "blocks": 3})((6, 9), "bool")
        np.testing.assert_array_equal(found, np.kron(np.eye(3), np.ones((2, 3))))

    def test_an_explicit_mask_broadcasts(self):
        mask = [[[True]], [[False]]]
        found = Masked(NORMAL, mask)((2, 3, 4))
        np.testing.assert_array_equal(found, np.where(mask, NORMAL((2, 3, 4)), 0))
        assert Masked(NORMAL, True)((2, 3)).all()

    @pytest.mark.parametrize(
        "mask", [[True, 1], [[0, 1], [False, True]], [0, np.True_], [1.0, np.array(True)]]
    )
    def test_a_mask_is_of_bools_or_of_numbers_and_not_of_both(self, mask):
        with pytest.raises(ArgumentError, match=r"mask must be .*which mixes bools and numbers"):
            Masked("ones", mask)

    def test_what_is_masked_is_a_positive_zero(self):
        assert not np.signbit(Masked(Constant(-1.0), False)((2, 2))).any()

    def test_masks_that_say_the_same_are_equal_and_no_others(self):
        assert Masked("ones", [[1, 0]]) == Masked("ones", np.array([[True, False]]))
        assert hash(Masked("ones", [[1, 0]])) == hash(Masked("ones", [[True, False]]))
        assert Masked("ones", "lower_triangle") == Masked("ones", {"pattern": "lower_triangle"})
        assert Masked("ones", "lower_triangle") != Masked("ones", "upper_triangle")
        assert Masked("ones", [[1, 0]]) != Masked("ones", [1, 0])

    def test_a_mask_given_as_an_array_cannot_be_changed_from_outside(self):
        mask = np.array([True, False])
        masked = Masked("ones", mask)
        mask[:] = False
        masked.mask[0] = False
        assert masked(2).tolist() == [1, 0]

    def test_a_long_mask_is_not_written_out_by_repr(self):
        long = Masked("ones", np.ones((100, 100), bool))
        assert repr(long) == "Masked(initializer=Ones(), mask=<bools of shape (100, 100)>)"
        assert seedbed.from_config(seedbed.to_config(long)) == long


class TestPadded:
    @pytest.mark.parametrize(("index", "axis"), [(0, 0), (-1, 0), (3, -1), (-2, 1)])
    def test_one_row_is_zero_and_the_others_are_as_without(self, index, axis):
        expected = NORMAL((5, 6))
        np.moveaxis(expected, axis, 0)[index] = 0
        np.testing.assert_array_equal(Padded(NORMAL, index, axis=axis)((5, 6)), expected)


class TestRepeated:
    @pytest.mark.parametrize("axis", [0, 1, -1, -3])
    @pytest.mark.parametrize("repeats", [1, 2, 3])
    def test_it_is_numpys_repeat_and_tile(self, axis, repeats):
        shape = [4, 5, 6]
        inner = HeNormal(seed=7)(shape)
        shape[axis] *= repeats
        each = Repeated(HeNormal(seed=7), repeats, axis=axis)(shape)
        assert bits(each) == bits(np.repeat(inner, repeats, axis))
        whole = Repeated(HeNormal(seed=7), repeats, axis=axis, order="whole")(shape)
        assert bits(whole) == bits(np.concatenate([inner] * repeats, axis))

    @pytest.mark.parametrize("order", ["each", "whole"])
    def test_fans_are_those_of_the_inner_shape(self, order):
        inner = VarianceScaling(mode="fan_out", distribution="uniform", seed=7)
        limit = np.abs(Repeated(inner, 16, order=order)((100, 320))).max()
        assert 0.98 < limit / (3 / 20) ** 0.5 <= 1

    @pytest.mark.parametrize("order", ["each", "whole"])
    def test_without_a_seed_values_are_repeated_all_the_same(self, order):
        for inner in ("random_normal", "orthogonal"):
            whole = Repeated(inner, 3, axis=0, order=order)((12, 4))
            part = Repeated(inner, 3, axis=0, order=order).shard((12, 4), np.s_[::-1])
            times = (4, 3) if order == "each" else (3, 4)
            for values in (whole, part[::-1]):
                first = np.moveaxis(values.reshape(*times, 4), 1 if order == "each" else 0, 0)
                assert (first == first[0]).all()
                assert np.unique(values).size == 16

    def test_sub_pixel_filters_start_as_one_filter(self):
        shuffled = Repeated("he_normal", 4, axis=0, seed=7)((8 * 4, 16, 3, 3))
        by_pixel = shuffled.reshape(8, 2, 2, 16, 3, 3)  # as PixelShuffle(2) takes them
        assert (by_pixel == by_pixel[:, :1, :1]).all()


DISTRIBUTIONS = {
    "scaled": lambda initializer: Scaled(initializer, 2.0),
    "shifted": lambda initializer: Shifted(initializer, 2.0),
    "sum_of": lambda initializer: SumOf([initializer, initializer]),
    "transposed": Transposed,
    "blocked": lambda initializer: Blocked([initializer, initializer]),
    "stacked": Stacked,
    "masked": lambda initializer: Masked(initializer, "lower_triangle"),
    "padded": Padded,
    "repeated": lambda initializer: Repeated(initializer, 2),
}


@pytest.mark.parametrize("name", COMBINATORS)
class TestSeeds:
    def test_a_seed_outside_is_the_seed_inside(self, name):
        outside = seedbed.get(DISTRIBUTIONS[name](RandomNormal()), seed=[7, "a"])
        inside = DISTRIBUTIONS[name](RandomNormal(seed=[7, "a"]))
        assert outside != inside
        np.testing.assert_array_equal(outside(SHAPE), inside(SHAPE))

    def test_a_path_is_folded_into_the_seed_wherever_that_is(self, name):
        expected = DISTRIBUTIONS[name](RandomNormal(seed=[7, "a", 3]))
        inside = DISTRIBUTIONS[name](RandomNormal(seed=7)).fold_in("a").fold_in(3)
        outside = seedbed.get(DISTRIBUTIONS[name](RandomNormal()), seed=7).fold_in("a").fold_in(3)
        assert inside == expected
        assert outside.seed == (7, "a", 3)
        np.testing.assert_array_equal(inside(SHAPE), expected(SHAPE))
        np.testing.assert_array_equal(outside(SHAPE), expected(SHAPE))

    def test_a_bad_path_is_refused_wherever_the_seed_is(self, name):
        for initializer in (
            DISTRIBUTIONS[name](NORMAL),
            seedbed.get(DISTRIBUTIONS[name](RandomNormal()), seed=7),
        ):
            with pytest.raises(ArgumentError, match="a path is a string"):
                initializer.fold_in(1.5)

    def test_without_a_seed_every_call_is_fresh(self, name):
        initializer = DISTRIBUTIONS[name](RandomNormal())
        assert not np.array_equal(initializer(SHAPE), initializer(SHAPE))
        assert initializer.fold_in("a") == initializer

    def test_two_seeds_are_refused(self, name):
        for inner in (NORMAL, Scaled(NORMAL, 1), Scaled(RandomNormal(), 1, seed=0)):
            with pytest.raises(ArgumentError, match="has a seed of its own; give one of the two"):
                seedbed.get(DISTRIBUTIONS[name](inner), seed=7)

    def test_what_takes_no_seed_goes_without(self, name):
        initializer = seedbed.get(DISTRIBUTIONS[name]("ones"), seed=7)
        np.testing.assert_array_equal(initializer(SHAPE), DISTRIBUTIONS[name]("ones")(SHAPE))

    def test_it_promises_what_its_weakest_part_does(self, name):
        class Undeclared(seedbed.Initializer):
            def __call__(self, shape, dtype=None):
                return np.ones(shape, dtype)

        assert type(DISTRIBUTIONS[name]("ones")).reproducibility == "exact"
        assert DISTRIBUTIONS[name]("he_normal").reproducibility == "exact"
        assert DISTRIBUTIONS[name]("orthogonal").reproducibility == "numerical"
        assert (
            Blocked(["orthogonal", DISTRIBUTIONS[name](Undeclared()), "ones"]).reproducibility == "undeclared"
        )


@pytest.mark.parametrize("seed", [{"seed": 7}, {}])
def test_two_alike_draw_from_streams_of_their_own(seed):
    inner = RandomNormal() if seed else NORMAL
    blocks = Blocked([inner, inner], **seed)((4, 8))
    assert not np.array_equal(blocks[:, :4], blocks[:, 4:])
    stack = Stacked(inner, **seed)((3, 4, 4))
    assert np.unique(stack).size == stack.size
    total = SumOf([inner, inner], **seed)((4, 8))
    assert not np.array_equal(total, 2 * NORMAL.fold_in(0)((4, 8)))


def test_threads_do_not_change_a_value(monkeypatch):
    initializer = Stacked(SumOf(["he_normal", Scaled("random_uniform", 0.1)]), seed=7)
    drawn = []
    for threads in ("1", "2", "7"):
        monkeypatch.setenv("SEEDBED_THREADS", threads)
        drawn.append(initializer((2, 800, 800)).tobytes())
    assert len(set(drawn)) == 1


class Local(seedbed.Initializer):
    """Stands in no catalogue."""

    def __init__(self, value=1.0, *, seed=None):
        self.value, self.seed = value, seed

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value if self.seed is None else len(self.seed), dtype)


@pytest.mark.parametrize("name", COMBINATORS)
class TestValues:
    def test_equal_parts_make_it_equal(self, name):
        one, other = (
            DISTRIBUTIONS[name](RandomNormal(stddev=1)),
            DISTRIBUTIONS[name](RandomNormal(stddev=1.0)),
        )
        assert one == other
        assert hash(one) == hash(other)
        assert one != DISTRIBUTIONS[name](RandomNormal(stddev=2))
        assert one != seedbed.get(one, seed=7)

    def test_names_and_configs_are_what_they_mean(self, name):
        assert (
            DISTRIBUTIONS[name]("HeNormalV2")
            == DISTRIBUTIONS[name](HeNormal())
            == DISTRIBUTIONS[name](HeNormal)
        )
        assert DISTRIBUTIONS[name]({"class_name": "HeNormal", "config": {"seed": 7}}) == DISTRIBUTIONS[name](
            HeNormal(seed=7)
        )

    def test_repr_evaluates_back(self, name):
        initializer = DISTRIBUTIONS[name](DISTRIBUTIONS[name](HeNormal(seed=[7, "a"], axes="dense_oi")))
        assert eval(repr(initializer)) == initializer

    def test_copies_are_equal_and_give_the_same_values(self, name):
        initializer = DISTRIBUTIONS[name](DISTRIBUTIONS[name](NORMAL))
        shape = (4, 4, 4)
        for made in (
            copy.copy(initializer),
            copy.deepcopy(initializer),
            pickle.loads(pickle.dumps(initializer)),
        ):
            assert made == initializer
            np.testing.assert_array_equal(made(shape), initializer(shape))

    def test_what_is_in_no_catalogue_works_but_for_configs(self, name):
        initializer = DISTRIBUTIONS[name](Local(2.0))
        assert initializer == DISTRIBUTIONS[name](Local(2))
        assert hash(initializer) == hash(copy.deepcopy(initializer))
        assert "Local(value=2.0)" in repr(initializer)
        assert seedbed.get(initializer, seed=7).fold_in("a")((4, 4)).max() >= 2
        with pytest.raises(
            ConfigError, match=r"Local is not in the catalogue; add it with seedbed\.register"
        ):
            seedbed.to_config(initializer)

    def test_fill_writes_what_a_call_gives_into_arrays_of_any_layout(self, name):
        initializer = DISTRIBUTIONS[name](NORMAL)
        expected = initializer((6, 8))
        wide = np.ones((6, 16), "float32")
        for out in (np.ones((6, 8), "float32"), np.ones((8, 6), "float32").T, wide[:, ::2], wide[::-1, 8:]):
            assert initializer.fill(out) is out
            np.testing.assert_array_equal(out, expected)
        matrix = np.ones((6, 8), "float32").view(np.matrix)
        np.testing.assert_array_equal(initializer.fill(matrix), expected)

    def test_fill_refuses_what_it_cannot_write_to(self, name):
        out = np.ones((6, 8))
        out.flags.writeable = False
        with pytest.raises(ArgumentError, match="got a read-only array to fill"):
            DISTRIBUTIONS[name](NORMAL).fill(out)


def test_what_an_initializer_gives_is_checked():
    class Narrow(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.ones((*shape[:-1], 1), dtype)

        def shard(self, shape, index, dtype=None):
            return np.ones(1, dtype)

    for call in (lambda: Scaled(Narrow(), 1)((2, 2)), lambda: Padded(Narrow()).shard((4, 4), slice(1, 3))):
        with pytest.raises(ArgumentError, match=r"Narrow gave an array of shape \(\S+ ?\d?\) when asked for"):
            call()


BAD_ARGUMENTS = [
    (lambda: Scaled("ones", np.nan), "factor must be a finite number"),
    (lambda: Scaled("ones", "2"), "factor must be a finite number"),
    (lambda: Shifted("ones", 1j), "offset must be a finite number"),
    (lambda: Scaled(3, 1.0), "initializer must be an initializer, or the name or the config of one, got 3"),
    (lambda: Scaled(None, 1.0), "initializer must be .*got None"),
    (lambda: Scaled(np.ones, 1.0), "initializer must be .*got <"),
    (lambda: SumOf("ones"), "initializers must be a list of at least one initializer.*got 'ones'"),
    (lambda: SumOf([]), r"initializers must be a list of at least one initializer.*got \[\]"),
    (lambda: SumOf(["ones", 3]), "initializers must be an initializer, or the name or the config"),
    (lambda: Transposed("ones", [0, 2]), r"permutation must be None or a list.*got \[0, 2\]"),
    (lambda: Transposed("ones", [0, True]), "permutation must be"),
    (lambda: Transposed("ones", 1), "permutation must be"),
    (lambda: Blocked(["ones"], [1, 2]), r"an int of at least 0 for each of the 1 blocks, got \[1, 2\]"),
    (lambda: Blocked(["ones"] * 2, [1, -2]), "sizes must be None or a list of an int of at least 0"),
    (lambda: Blocked(["ones"] * 2, [1, 2.0]), "sizes must be"),
    (lambda: Blocked(["ones"] * 2, 4), "sizes must be .*got 4"),
    (lambda: Blocked(["ones"], axis=1.0), "axis must be an int from -64 to 63, got 1.0 of type float"),
    (lambda: Stacked("ones", 64), "axis must be an int from -64 to 63, got 64"),
    (lambda: Repeated("ones", 0), "repeats must be an int of at least 1 and below 2.*63, got 0 of type int"),
    (lambda: Repeated("ones", -2), "repeats must be an int of at least 1 .*got -2"),
    (lambda: Repeated("ones", True), "repeats must be an int of at least 1 .*got True of type bool"),
    (lambda: Repeated("ones", 2.0), "repeats must be an int of at least 1 .*got 2.0 of type float"),
    (lambda: Repeated("ones", 2**63), "repeats must be an int of at least 1"),
    (lambda: Repeated("ones", 2, axis=None), "axis must be an int from -64 to 63, got None"),
    (lambda: Repeated("ones", 2, order="all"), "order must be one of 'each', 'whole', got 'all'"),
    (lambda: Padded("ones", True), "index must be an int .*got True of type bool"),
    (lambda: Padded("ones", 2**63), "index must be an int"),
    (
        lambda: Masked("ones", "lower_triangl"),
        "pattern of mask must be one of 'lower_triangle'.*did you mean",
    ),
    (
        lambda: Masked("ones", {"pattern": "lower_triangle", "blocks": 2}),
        "with the key 'blocks'; .*'diagonal'",
    ),
    (
        lambda: Masked("ones", {"pattern": "block_diagonal"}),
        "'blocks' of 'block_diagonal' must be an int of at",
    ),
    (lambda: Masked("ones", {"pattern": "block_diagonal", "blocks": 0}), "an int of at least 1"),
    (lambda: Masked("ones", {"pattern": "upper_triangle", "diagonal": 2**62}), "between"),
    (lambda: Masked("ones", [[1, 2]]), "which has other numbers than 0 and 1"),
    (lambda: Masked("ones", [[1], [1, 0]]), "mask must be a pattern's name.*equally long"),
    (lambda: Masked("ones", None), "mask must be a pattern's name.*got None"),
]


@pytest.mark.parametrize(("make", "message"), BAD_ARGUMENTS)
def test_a_bad_argument_is_refused_with_what_is_allowed(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


BAD_SHAPES = [
    (Transposed("ones", [1, 0]), (2,), r"got shape \(2,\) of 1 axes for the permutation \[1, 0\] of 2"),
    (Blocked(["ones"] * 2), (2, 3), r"got shape \(2, 3\), whose axis -1 is 3 long, which 2 blocks cannot"),
    (Blocked(["ones"] * 2, [1, 3]), (2, 3), r"the sizes \[1, 3\] add up to 4; ask for 4 there"),
    (Blocked(["ones"], axis=2), (2, 3), r"got shape \(2, 3\), which has no axis 2"),
    (Stacked("ones", -3), (2, 3), r"got shape \(2, 3\), which has no axis -3"),
    (Stacked("ones"), (), r"got shape \(\), which has no axis 0"),
    (Stacked("identity"), (2, 3), r"identity matrix has exactly 2 axes, got shape \(3,\)"),
    (
        Repeated("ones", 2),
        (4, 3),
        r"got shape \(4, 3\), whose axis -1 is 3 long, which 2 repeats do not divide",
    ),
    (
        Repeated("ones", 2**62, axis=0),
        (4, 3),
        r"4 long, which 4611686018427387904 repeats do not divide; ask",
    ),
    (Repeated("ones", 1, axis=2), (4, 3), r"got shape \(4, 3\), which has no axis 2"),
    (Repeated("ones", 1), (), r"got shape \(\), which has no axis -1"),
    (Repeated("identity", 3), (3,), r"identity matrix has exactly 2 axes, got shape \(1,\)"),
    (Padded("ones", 2), (2, 3), r"got shape \(2, 3\), whose axis 0 has no index 2"),
    (Padded("ones", -3), (2, 3), r"got shape \(2, 3\), whose axis 0 has no index -3"),
    (Padded("ones"), (0, 3), r"got shape \(0, 3\), whose axis 0 has no index 0"),
    (
        Masked("ones", "lower_triangle"),
        (3,),
        r"got shape \(3,\); the mask 'lower_triangle' is one of the last",
    ),
    (Masked("ones", {"pattern": "block_diagonal", "blocks": 2}), (4, 3), "2 blocks cannot share equally"),
    (Masked("ones", [True, False]), (4, 3), r"got shape \(4, 3\), to which a mask of shape \(2,\)"),
]


@pytest.mark.parametrize(("initializer", "shape", "message"), BAD_SHAPES)
def test_a_shape_that_does_not_fit_is_refused_by_calls_fills_and_shards(initializer, shape, message):
    empty = (slice(0, 0),) * len(shape)
    for use in (
        lambda: initializer(shape),
        lambda: initializer.fill(np.empty(shape)),
        lambda: initializer.shard(shape, empty),
    ):
        with pytest.raises(ShapeError, match=message):
            use()


LARGEST = (2**20, 2**20, 2**15)  # 2**57 bytes of float32, more than any machine has


@pytest.mark.parametrize(
    ("initializer", "shape", "dtype"),
    [
        (Padded("ones", 2**21), LARGEST, "float32"),
        (Repeated("ones", 3), LARGEST, "float32"),
        (Repeated("he_normal", 2), LARGEST, "int8"),
        (Blocked(["ones"] * 2, [1, 2]), LARGEST, "float32"),
        (Stacked(Masked("ones", [True, False])), LARGEST, "float32"),
        (Stacked("identity"), (*LARGEST, 1), "float32"),
        (Scaled(Padded("he_normal"), 2.0), LARGEST, "int8"),
        (Padded("he_normal"), LARGEST, "int8"),
        (Blocked(["ones", "he_normal"]), LARGEST, "bool"),
        (Blocked(["ones", "orthogonal"]), LARGEST, "int8"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_allocated(initializer, shape, dtype):
    with pytest.raises(SeedbedError, match=r"got|allowed"):
        initializer(shape, dtype)


@pytest.mark.parametrize("name", ["he_normal", "identity", "orthogonal"])
def test_what_cannot_be_filled_is_left_as_it_is(name):
    part = seedbed.get(name, gain=0.5) if name == "identity" else name
    out = np.full((4, 8), 5, "int8")
    with pytest.raises(DTypeError, match="dtype 'int8'"):
        Blocked(["ones", part]).fill(out)
    assert (out == 5).all()


def test_structure_passes_every_dtype_on():
    for dtype in ALL:
        nested = Stacked(Padded(Masked(Transposed(Blocked(["ones", "zeros"])), "lower_triangle")))
        assert nested((2, 4, 3), dtype).dtype.name == dtype


@pytest.mark.parametrize("name", COMBINATORS)
def test_the_examples_are_of_random_values(name):
    assert np.unique(example(name, seed=7)((4, 4))).size > 4


def test_names_that_stand_for_no_initializer_are_errors_that_say_where():
    with pytest.raises(
        seedbed.errors.UnknownNameError, match="seedbed:scaled: no initializer is named 'he_norm'"
    ):
        seedbed.get("scaled", initializer="he_norm", factor=1)
    with pytest.raises(ConfigError, match="seedbed:scaled: Scaled needs the argument 'initializer'"):
        seedbed.get("scaled", factor=1)


def test_identity_plus_noise():
    found = SumOf([Identity(), Scaled(RandomNormal(seed=7), 0.1)])((8, 8), "float64")
    noise = RandomNormal(seed=[7, 1])((8, 8), "float64") * 0.1
    np.testing.assert_array_equal(found, np.eye(8) + noise)
    assert isinstance(SumOf([Ones()]).initializers, tuple)
