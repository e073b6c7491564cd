"""The entries that JAX has and core lacks, beside JAX's own."""

import json
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, DTypeError, ShapeError

jax = framework("jax")

import seedbed_jax  # noqa: E402

PEERS = jax.nn.initializers
FACTORIES = [name for name in dir(PEERS) if name[0].islower()]


@pytest.mark.parametrize("name", FACTORIES)
def test_every_name_of_jax_is_an_alias_of_ours(name):
    entry = seedbed.catalogue().entry(f"jax.nn.initializers.{name}")
    assert entry.provider == "seedbed-jax"


@pytest.mark.parametrize(
    "name",
    [name for name in FACTORIES if name not in ("zeros", "ones", "constant", "variance_scaling")],
)
def test_the_spread_is_that_of_jax_with_its_defaults(name):
    shape = (3, 64, 96)
    ours = seedbed.get(f"jax.nn.initializers.{name}", seed=7)(shape)
    theirs = np.asarray(getattr(PEERS, name)()(jax.random.key(7), shape))
    # 18,432 values: two standard deviations of an estimate are about 1 % of it.
    assert ours.std() == pytest.approx(theirs.std(), rel=0.04)
    assert abs(ours).max() == pytest.approx(abs(theirs).max(), rel=0.2)
    assert abs(ours.mean() - theirs.mean()) < 0.04 * theirs.std()


@pytest.mark.parametrize("distribution", ["truncated_normal", "normal", "uniform"])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
def test_variance_scaling_has_the_spread_of_jax(mode, distribution):
    ours = seedbed.get("jax_variance_scaling", scale=2.0, mode=mode, distribution=distribution, seed=7)
    theirs = PEERS.variance_scaling(2.0, mode, distribution)(jax.random.key(7), (3, 64, 96))
    values = ours((3, 64, 96))
    assert values.std() == pytest.approx(float(theirs.std()), rel=0.03)
    # Normal values leave three standard deviations, truncated and uniform ones do not.
    assert (abs(values).max() > 3 * values.std()) == (distribution == "normal")


def test_variance_scaling_refuses_the_words_of_core():
    with pytest.raises(ArgumentError, match="truncated_normal, normal, uniform, got 'untruncated_normal'"):
        seedbed.get("jax_variance_scaling", scale=1, mode="fan_in", distribution="untruncated_normal")


def test_axes_of_several_roles_survive_a_config_and_can_be_drawn_in_parts():
    axes = {"in": range(1), "out": [0, -1], "batch": []}
    arguments = {"scale": 1.0, "mode": "fan_in", "distribution": "normal", "seed": 7}
    ours = seedbed.get("jax_variance_scaling", axes=axes, **arguments)
    assert ours.axes == {"in": [0], "out": [0, -1], "batch": []}
    again = seedbed.from_config(json.loads(json.dumps(seedbed.to_config(ours))))
    assert again == ours
    assert np.array_equal(again.shard((16, 8), np.s_[4:8, ::2]), ours((16, 8))[4:8, ::2])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"in": 0, "out": "0"}, "for the outputs axes"),
        ({"in": 0, "out": 0, "groups": 2}, r"got axis 0 twice.*name each axis once"),
        ({"in": 0, "out": 64}, "no array has more than 64 axes"),
        ({"in": 0}, "without 'out'"),
    ],
)
def test_what_are_no_axes_is_refused(axes, message):
    with pytest.raises(ArgumentError, match=message):
        seedbed.get("jax_variance_scaling", scale=1.0, mode="fan_in", distribution="normal", axes=axes)


@pytest.mark.parametrize("shape", [(3, 8, 16), (2, 5, 8, 8), (3, 4, 1, 8, 16)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex64"])
def test_delta_orthogonal_has_its_matrix_where_jax_has_it(shape, dtype):
    ours = seedbed.get("delta_orthogonal", seed=7)(shape, dtype)
    theirs = np.asarray(PEERS.delta_orthogonal()(jax.random.key(7), shape))
    filled = abs(theirs).sum((-1, -2)) > 0
    assert np.array_equal(abs(ours.astype("complex64")).sum((-1, -2)) > 0, filled)
    matrix = ours[filled][0].astype("complex64")
    assert np.allclose(
        matrix @ matrix.conj().T, np.eye(shape[-2]), atol=0.02 if dtype == "bfloat16" else 1e-5
    )


def test_delta_orthogonal_of_an_empty_receptive_field_is_empty():
    assert seedbed.get("delta_orthogonal", seed=7)((3, 0, 4, 4)).shape == (3, 0, 4, 4)


@pytest.mark.parametrize(
    ("shape", "message"),
    [((4, 4), "3, 4 or 5"), ((3,) * 6, "3, 4 or 5"), ((3, 8, 4), "8 inputs and 4 outputs")],
)
def test_delta_orthogonal_refuses_what_is_no_such_kernel(shape, message):
    with pytest.raises(ShapeError, match=message):
        seedbed.get("delta_orthogonal", seed=7)(shape)


@pytest.mark.parametrize("column_axis", [-2, 0, 1])
def test_the_columns_of_orthogonal_lie_along_the_axis(column_axis):
    shape = (24, 3, 5)
    values = seedbed.get("jax_orthogonal", seed=7, column_axis=column_axis)(shape)
    theirs = np.asarray(PEERS.orthogonal(column_axis=column_axis)(jax.random.key(7), shape))
    for matrix in (values, theirs):
        columns = np.moveaxis(matrix, column_axis, -1).reshape(-1, shape[column_axis])
        short = columns if columns.shape[0] >= columns.shape[1] else columns.T
        assert np.allclose(short.T @ short, np.eye(short.shape[1]), atol=1e-5)


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(ShapeError, match="no axis 2 for the columns"):
        seedbed.get("jax_orthogonal", column_axis=2)((4, 4))
    for bad in (True, 1.0, 64, "last"):
        with pytest.raises(ArgumentError, match="column_axis must be an int from -64 to 63"):
            seedbed.get("jax_orthogonal", column_axis=bad)


def test_listing_and_drawing_these_entries_does_not_import_jax():
    script = (
        "import sys, seedbed\n"
        "seedbed.get('delta_orthogonal', seed=7)((3, 4, 4))\n"
        "assert 'seedbed-jax' in {entry.provider for entry in seedbed.catalogue()}\n"
        "print('jax' in sys.modules)\n"
        "import seedbed_jax\n"
        "print('jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("name", "shape"), [("jax_orthogonal", (6, 5)), ("delta_orthogonal", (3, 5, 5)), ("orthogonal", (6, 5))]
)
def test_parts_are_those_of_the_whole_and_without_elements_draw_nothing(name, shape, monkeypatch):
    ours = seedbed.get(name, seed=7)
    index = (slice(1, 3), *(slice(None) for _ in shape[1:]))
    assert np.array_equal(ours.shard(shape, index), ours(shape)[index])
    monkeypatch.setattr(type(ours), "__call__", lambda *_: pytest.fail("something was drawn"))
    empty = ours.shard(shape, (slice(0, 0), *index[1:]), "float16")
    assert (empty.shape, empty.dtype) == ((0, *shape[1:]), np.float16)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("jax_orthogonal", (6,), "needs at least 2 axes"),
        ("delta_orthogonal", (6, 5), "3, 4 or 5"),
        ("delta_orthogonal", (3, 6, 5), "6 inputs and 5 outputs"),
    ],
)
def test_a_shape_is_refused_where_not_even_a_part_is_drawn(name, shape, message):
    for call in (jax.jit, lambda function: function):
        with pytest.raises(ShapeError, match=message):
            call(lambda key: seedbed_jax.initializer(name)(key, shape))(jax.random.key(7))
    with pytest.raises(DTypeError, match="got dtype 'int32'"):
        seedbed.get(name).shard((3, 5, 5), (slice(0, 0),) * 3, "int32")
