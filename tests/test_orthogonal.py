import math
import re
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import ArgumentError, DTypeError, ShapeError, ShardIndexError
from seedbed.random import Normal
from seedbed.random import draw as draw_distribution
from seedbed.standard import _householder
from seedbed.standard._householder import normals_needed, orthonormal_columns
from seedbed.standard.orthogonal import Orthogonal

TOLERANCE = {"float32": 1e-5, "complex64": 1e-5, "float64": 1e-13, "complex128": 1e-13}
EXACT_ENOUGH = tuple(TOLERANCE)


def standard_normals(seed, count, dtype):
    return draw_distribution(Normal(0.0, 1.0, is_complex=dtype.kind == "c"), seed, (count,), dtype)


def orthonormality_error(weights):
    """The largest entry of M^H M - I, M being the matrix or, if it is wide, its conjugate transpose."""
    matrix = weights.reshape(math.prod(weights.shape[:-1]), weights.shape[-1])
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.conj().T
    return np.abs(matrix.conj().T @ matrix - np.eye(matrix.shape[1])).max(initial=0)


def phase(number):
    return number / abs(number)


def gaussian_vectors(normals, rows, columns):
    ends = np.cumsum([0] + [rows - j for j in range(columns)])
    return [normals[start:end] for start, end in pairwise(ends)]


def reflect(vector, target):
    """Apply the Householder reflector of `vector` to the last rows of `target`."""
    v = vector.copy()
    v[0] += phase(vector[0]) * np.linalg.norm(vector)
    below = target[-len(v) :]
    below -= np.multiply.outer(v, v.conj() @ below) * (2 / np.vdot(v, v).real)


def sequential(normals, rows, columns):
    """The same matrix in double precision, one reflector at a time."""
    vectors = gaussian_vectors(normals.astype(np.result_type(normals, np.float64)), rows, columns)
    q = np.eye(rows, columns, dtype=vectors[0].dtype)
    q[np.arange(columns), np.arange(columns)] = [-phase(x[0]) for x in vectors]
    for x in reversed(vectors):
        reflect(x, q)
    return q


class TestOrthonormality:
    @pytest.mark.slow
    @pytest.mark.parametrize("dtype", EXACT_ENOUGH)
    @settings(deadline=None, max_examples=60)
    @given(rows=st.integers(0, 300), columns=st.integers(0, 300), seed=st.integers(0, 2**64))
    def test_holds_for_any_two_lengths(self, dtype, rows, columns, seed):
        weights = Orthogonal(seed=seed)((rows, columns), dtype)
        assert weights.shape == (rows, columns)
        assert weights.dtype == dtype
        assert orthonormality_error(weights) < TOLERANCE[dtype]

    @pytest.mark.parametrize("dtype", EXACT_ENOUGH)
    @pytest.mark.parametrize(
        "shape",
        [(1, 1), (1, 9), (9, 1), (128, 128), (129, 129), (256, 127), (127, 256), (60_000, 3), (3, 60_000)],
    )
    def test_holds_at_the_edges_of_blocks_and_for_thin_matrices(self, dtype, shape):
        assert orthonormality_error(Orthogonal(seed=1)(shape, dtype)) < TOLERANCE[dtype]

    @pytest.mark.parametrize("shape", [(1100, 1025), (1025, 1100)])
    def test_holds_with_wide_blocks(self, shape):
        assert orthonormality_error(Orthogonal(seed=1)(shape)) < 1e-5

    @pytest.mark.parametrize("shape", [(3, 5, 4), (2, 3, 40), (3, 3, 8, 16), (3, 3, 2, 64), (1, 1, 1, 1)])
    def test_flattens_all_axes_but_the_last(self, shape):
        weights = Orthogonal(seed=1)(shape)
        assert weights.shape == shape
        assert orthonormality_error(weights) < 1e-5
        matrix = Orthogonal(seed=1)((math.prod(shape[:-1]), shape[-1]))
        assert np.array_equal(weights.reshape(matrix.shape), matrix)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
    @pytest.mark.parametrize("shape", [(70, 40), (40, 70), (30, 30)])
    def test_half_precisions_round_the_float32_values_once(self, dtype, shape):
        if dtype == "bfloat16":
            pytest.importorskip("ml_dtypes")
        half = Orthogonal(gain=1.7, seed=1)(shape, dtype)
        assert half.dtype.name == dtype
        assert np.array_equal(half, Orthogonal(gain=1.7, seed=1)(shape).astype(half.dtype))

    @pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (3, 0, 4), (2, 3, 0)])
    def test_empty_axes_give_empty_arrays(self, shape):
        weights = Orthogonal(seed=1)(shape, "float64")
        assert weights.shape == shape
        assert weights.dtype == np.float64

    @pytest.mark.parametrize("dtype", EXACT_ENOUGH)
    def test_wide_matrices_are_conjugate_transposes_of_tall_ones(self, dtype):
        wide, tall = (Orthogonal(seed=1)(shape, dtype) for shape in [(150, 200), (200, 150)])
        assert wide.flags.c_contiguous
        assert np.allclose(wide, tall.conj().T, rtol=0, atol=TOLERANCE[dtype])


class TestDecomposition:
    @pytest.mark.parametrize("dtype", EXACT_ENOUGH)
    @pytest.mark.parametrize("shape", [(1, 1), (7, 1), (5, 5), (140, 137), (129, 129), (300, 270)])
    def test_equals_the_reflectors_applied_one_by_one(self, dtype, shape):
        normals = standard_normals(3, normals_needed(*shape), np.dtype(dtype))
        weights = Orthogonal(seed=3)(shape, dtype)
        assert np.allclose(weights, sequential(normals, *shape), rtol=0, atol=TOLERANCE[dtype])

    @pytest.mark.parametrize("dtype", ["float64", "complex128"])
    @pytest.mark.parametrize("shape", [(1, 1), (6, 2), (40, 40), (200, 150)])
    def test_is_the_q_of_a_gaussian_matrix_with_positive_diagonal_r(self, dtype, shape):
        rows, columns = shape
        vectors = gaussian_vectors(
            standard_normals(3, normals_needed(*shape), np.dtype(dtype)), rows, columns
        )
        # The matrix that Householder's method would turn into these vectors: column j ends in vector j
        # when the reflectors before it have been applied; what stands above is free, so Gaussian here.
        above = standard_normals(4, rows * columns, np.dtype(dtype)).reshape(shape)
        gaussian = np.empty(shape, dtype)
        for j, vector in enumerate(vectors):
            column = np.concatenate([above[:j, j], vector])
            for earlier in reversed(vectors[:j]):
                reflect(earlier, column)
            gaussian[:, j] = column
        q, r = np.linalg.qr(gaussian)
        q *= phase(r.diagonal())
        assert np.allclose(Orthogonal(seed=3)(shape, dtype), q, rtol=0, atol=1e-11)

    @pytest.mark.parametrize("dtype", EXACT_ENOUGH)
    def test_first_column_is_the_first_vector_at_unit_length(self, dtype):
        first = standard_normals(3, 50, np.dtype(dtype))
        expected = first / np.linalg.norm(first)
        assert np.allclose(Orthogonal(seed=3)((50, 20), dtype)[:, 0], expected, rtol=0, atol=TOLERANCE[dtype])

    @pytest.mark.parametrize("width", [1, 3, 64, 1000])
    @pytest.mark.parametrize("scratch", [1, 1 << 30])
    def test_block_sizes_change_no_more_than_the_rounding(self, monkeypatch, width, scratch):
        expected = Orthogonal(seed=3)((150, 140), "complex128")
        monkeypatch.setattr(_householder, "_SMALL_BLOCK", width)
        monkeypatch.setattr(_householder, "_SCRATCH", scratch)
        monkeypatch.setattr(_householder, "_LARGE_BLOCK", width)
        assert np.allclose(Orthogonal(seed=3)((150, 140), "complex128"), expected, rtol=0, atol=1e-13)

    def test_calls_no_linear_algebra_library(self, monkeypatch):
        monkeypatch.delattr(np, "linalg")
        Orthogonal(seed=1)((200, 200))

    @pytest.mark.parametrize("dtype", EXACT_ENOUGH)
    @pytest.mark.parametrize("zeros", [slice(None), slice(0, 1), slice(1, None), slice(0, 30)])
    def test_zeros_among_the_normals_do_no_harm(self, dtype, zeros):
        normals = standard_normals(3, normals_needed(30, 20), np.dtype(dtype))
        normals[zeros] = 0
        out = np.empty((30, 20), dtype)
        orthonormal_columns(normals, out)
        assert orthonormality_error(out) < TOLERANCE[dtype]

    def test_needs_little_memory_beyond_the_output_and_the_vectors(self):
        size = 1100
        normals = standard_normals(3, normals_needed(size, size), np.dtype(np.float32))
        out = np.empty((size, size), np.float32)
        orthonormal_columns(normals[: normals_needed(8, 8)], out[:8, :8])
        tracemalloc.start()
        try:
            orthonormal_columns(normals, out)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        # One block of reflectors, its product with the matrix before and after T, and the scratch.
        blocks = 3 * _householder._LARGE_BLOCK * size + _householder._SCRATCH
        assert peak < 1.3 * 4 * blocks


def statistics(matrices):
    """How many standard deviations each statistic of Haar-distributed n x n matrices lies from its mean.

    Entries: q^2 of a unit vector in R^n is Beta(1/2, (n-1)/2), |u|^2 of one in C^n is Beta(1, n-1), whose
    k-th moments are 1 3 ... (2k-1) / (n (n+2) ... (n+2k-2)) and k! / (n (n+1) ... (n+k-1)). Traces: the
    first 2n moments are those of a standard normal value, real or complex (Diaconis and Shahshahani 1994),
    so that trace^2 has mean 1 and variance 2, |trace|^2 mean 1 and variance 1.
    """
    count, n, _ = matrices.shape
    real = matrices.dtype.kind != "c"

    def moment(k):
        if real:
            return math.prod((2 * i + 1) / (n + 2 * i) for i in range(k))
        return math.prod((i + 1) / (n + i) for i in range(k))

    def deviations(values, mean, variance):
        return float(np.abs((values.mean(0) - mean) / math.sqrt(variance / count)).max())

    square = np.abs(matrices) ** 2
    trace = np.trace(matrices, axis1=1, axis2=2)
    part_variance = moment(1) if real else moment(1) / 2
    return {
        "entry": deviations(matrices.real, 0, part_variance),
        "entry^2": deviations(square, moment(1), moment(2) - moment(1) ** 2),
        "entry^4": deviations(square**2, moment(2), moment(4) - moment(2) ** 2),
        "|trace|^2": deviations(np.abs(trace) ** 2, 1, 2 if real else 1),
        "determinant": deviations(np.linalg.det(matrices).real, 0, 1 if real else 1 / 2),
    }


def distance_from_uniform(values):
    """Kolmogorov and Smirnov's distance from the uniform distribution on (0, 1), times sqrt(count)."""
    count = len(values)
    steps = np.arange(count + 1) / count
    values = np.sort(values)
    return math.sqrt(count) * max((steps[1:] - values).max(), (values - steps[:-1]).max())


def draw(dtype, rows, columns, count=2000):
    return np.stack([Orthogonal(seed=seed)((rows, columns), dtype) for seed in range(count)])


def eigenangles(matrices):
    """One eigenvalue's angle from each matrix, chosen at random, in turns."""
    choice = np.random.default_rng(0).integers(matrices.shape[1], size=len(matrices))
    chosen = np.linalg.eigvals(matrices)[np.arange(len(matrices)), choice]
    return np.angle(chosen) / (2 * math.pi) + 0.5


# P(a normal value is more than 5 standard deviations out) = 6e-7, for fewer than 100 statistics here.
FIVE_SIGMA = 5.0
# P(sqrt(count) * distance > x) < 2 exp(-2 x^2) (Massart), which is 6e-7 here.
FARTHEST = 2.74


@pytest.fixture(scope="module")
def orthogonal():
    return draw("float64", 5, 5)


@pytest.fixture(scope="module")
def unitary():
    return draw("complex128", 4, 4)


@pytest.fixture
def without_signs(monkeypatch):
    right = _householder._reflectors

    def wrong(*arguments):
        vectors, signs = right(*arguments)
        return vectors, np.ones_like(signs)

    monkeypatch.setattr(_householder, "_reflectors", wrong)


class TestHaarMeasure:
    def test_real_matrices_have_its_moments(self, orthogonal):
        assert max(statistics(orthogonal).values()) < FIVE_SIGMA

    def test_complex_matrices_have_its_moments(self, unitary):
        assert max(statistics(unitary).values()) < FIVE_SIGMA

    def test_both_determinants_occur_equally_often(self, orthogonal):
        rotations = np.count_nonzero(np.linalg.det(orthogonal) > 0)
        assert abs(rotations - len(orthogonal) / 2) < FIVE_SIGMA * math.sqrt(len(orthogonal)) / 2

    def test_eigenvalues_of_unitary_matrices_are_uniform_on_the_circle(self, unitary):
        assert distance_from_uniform(eigenangles(unitary)) < FARTHEST

    @pytest.mark.parametrize("shape", [(5, 5), (3, 5), (5, 3)])
    def test_a_fixed_rotation_changes_no_moment(self, shape, orthogonal):
        thin = draw("float64", *shape, count=1000) if shape != (5, 5) else orthogonal
        rotated = Orthogonal(seed="fixed")((shape[0], shape[0]), "float64") @ thin
        # Rows or columns, whichever are longer, are unit vectors in R^5.
        deviations = ((rotated**2).mean(0) - 1 / 5) / math.sqrt((3 / (5 * 7) - 1 / 25) / len(thin))
        assert np.abs(deviations).max() < FIVE_SIGMA

    def test_columns_of_thin_matrices_are_uniform_on_the_sphere(self):
        for coordinate in draw("float64", 3, 2).reshape(-1, 6).T:  # uniform on (-1, 1), as Archimedes knew
            assert distance_from_uniform((coordinate + 1) / 2) < FARTHEST

    @pytest.mark.parametrize(("dtype", "size"), [("float64", 5), ("complex128", 4)])
    @pytest.mark.usefixtures("without_signs")
    def test_moments_reject_matrices_without_the_signs(self, dtype, size):
        matrices = draw(dtype, size, size, count=500)
        assert max(orthonormality_error(matrix) for matrix in matrices[:50]) < 1e-13
        found = statistics(matrices)
        assert found["entry^2"] < FIVE_SIGMA  # which signs cannot change
        for statistic in ("entry", "|trace|^2", "determinant"):
            assert found[statistic] > FIVE_SIGMA, statistic

    @pytest.mark.usefixtures("without_signs")
    def test_eigenvalues_reject_matrices_without_the_phases(self):
        assert distance_from_uniform(eigenangles(draw("complex128", 4, 4, count=500))) > FARTHEST

    @pytest.mark.usefixtures("without_signs")
    def test_sphere_rejects_columns_without_the_signs(self):
        assert distance_from_uniform((draw("float64", 3, 2, count=500)[:, 0, 0] + 1) / 2) > FARTHEST


class TestGain:
    @pytest.mark.parametrize("gain", [0, -1, 2.5, 1e-30, np.float32(0.5)])
    def test_scales_the_matrix(self, gain):
        expected = Orthogonal(seed=1)((20, 10), "float64") * float(gain)
        assert np.array_equal(Orthogonal(gain=gain, seed=1)((20, 10), "float64"), expected)

    def test_may_reach_the_largest_values_of_a_dtype(self):
        weights = Orthogonal(gain=3e38, seed=1)((64, 64))
        assert np.isfinite(weights).all()
        assert orthonormality_error(weights.astype(np.float64) / 3e38) < 1e-5

    @pytest.mark.parametrize(
        ("gain", "dtype"), [(1e5, "float16"), (-1e39, "float32"), (1e39, "complex64"), (10**300, None)]
    )
    def test_that_would_become_infinite_is_refused(self, gain, dtype):
        with pytest.raises(DTypeError, match=r"would become infinite in dtype .* choose a gain nearer to 0"):
            Orthogonal(gain=gain)((3, 3), dtype)

    @pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
    def test_that_would_become_infinite_by_a_rounding_error_is_refused(self, dtype):
        largest = float(np.finfo(dtype).max)
        said = f"gain {re.escape(repr(largest))} leaves no room for rounding in dtype '{dtype}'"
        with pytest.raises(DTypeError, match=said):
            Orthogonal(gain=largest)((1, 1), dtype)
        assert np.isfinite(Orthogonal(gain=largest * (1 - 2**-15), seed=1)((1, 1), dtype)).all()

    @pytest.mark.parametrize("gain", [math.nan, math.inf, "1", True, 1j, None])
    def test_that_is_no_finite_number_is_refused(self, gain):
        with pytest.raises(ArgumentError, match="gain must be a finite number, got"):
            Orthogonal(gain=gain)


class TestArguments:
    @pytest.mark.parametrize("shape", [(), 5, (5,), (0,)])
    def test_shapes_of_fewer_than_two_axes_are_refused(self, shape):
        with pytest.raises(ShapeError, match=r"at least 2 axes, got shape .* pass \(1, n\)"):
            Orthogonal()(shape)

    @pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
    def test_integers_and_bools_are_refused(self, dtype):
        with pytest.raises(DTypeError, match=f"got dtype '{dtype}'; allowed here are float16"):
            Orthogonal()((3, 3), dtype)

    def test_one_seed_gives_one_matrix(self):
        assert np.array_equal(Orthogonal(seed="a")((9, 7)), Orthogonal(seed=["a"])((9, 7)))

    def test_another_seed_or_path_gives_another_matrix(self):
        first = Orthogonal(seed=1)
        assert not np.allclose(first((9, 7)), Orthogonal(seed=2)((9, 7)))
        assert not np.allclose(first((9, 7)), first.fold_in("encoder/0/kernel")((9, 7)))

    def test_no_seed_gives_fresh_matrices(self):
        fresh = Orthogonal()
        assert not np.allclose(fresh((9, 7)), fresh((9, 7)))

    def test_config_has_the_keys_of_keras(self):
        initializer = Orthogonal(2.0, 7)
        assert initializer.get_config() == {"gain": 2.0, "seed": 7}
        assert Orthogonal.from_config(initializer.get_config()) == initializer

    def test_a_shard_is_the_part_of_the_whole(self):
        initializer = Orthogonal(seed=1)
        part = initializer.shard((3, 8, 6), (slice(1, 3), ..., 2), "float64")
        assert np.array_equal(part, initializer((3, 8, 6), "float64")[1:3, ..., 2])

    def test_an_empty_shard_draws_nothing_and_refuses_what_a_call_does(self, monkeypatch):
        monkeypatch.delattr("seedbed.standard.orthogonal.draw")
        initializer, nothing = Orthogonal(seed=1), (slice(0, 0), ..., 2)
        assert initializer.shard((3, 8, 6), nothing, "float64").shape == (0, 8)
        for shape, index, dtype, error, message in [
            ((3, 8, 6), nothing, "int8", DTypeError, "got dtype 'int8'"),
            ((8,), slice(0, 0), None, ShapeError, "needs at least 2 axes"),
            ((0, 8), (0, 0), None, ShardIndexError, "does not fit shape"),
        ]:
            with pytest.raises(error, match=message):
                initializer.shard(shape, index, dtype)
        with pytest.raises(NameError, match="draw"):
            initializer.shard((3, 8, 6), (0, 0), "float64")

    def test_says_that_values_depend_on_the_linear_algebra(self):
        assert Orthogonal.reproducibility == "numerical"
