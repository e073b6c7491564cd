"""Parts of weights, which are drawn alone where JAX divides a weight over devices."""

from __future__ import annotations

import os

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

import seedbed  # noqa: E402
from seedbed.errors import ArgumentError, LayoutError, ShapeError  # noqa: E402
from seedbed.models import Values  # noqa: E402
from seedbed_keras import as_keras  # noqa: E402
from seedbed_keras.layouts import layout_of  # noqa: E402

HE = seedbed.get("he_normal", seed=7)
einsum, layers = keras.layers.EinsumDense, keras.layers
needs_jax = pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX divides tensors")


def values_of(layer, initializer, shape):
    return Values(layout_of(layer, "kernel", shape).drawn(initializer, shape), shape, np.dtype("float32"))


@pytest.mark.parametrize(
    ("layer", "shape", "ends"),
    [
        (layers.Dense(4), (6, 4), ((0, 6), (2, 4))),
        (layers.Conv2D(4, 3, groups=2), (3, 3, 2, 4), ((0, 3), (0, 3), (0, 2), (1, 3))),
        (layers.Conv2DTranspose(4, 3), (3, 3, 4, 6), ((0, 3), (1, 2), (0, 4), (3, 6))),
        (layers.DepthwiseConv2D(3), (3, 3, 4, 1), ((0, 3), (0, 3), (2, 4), (0, 1))),
        (layers.DepthwiseConv2D(3), (3, 3, 4, 2), ((0, 3), (0, 3), (2, 4), (0, 1))),
        # Heads of an attention's query are runs of its outputs, and parts of each head are not.
        (einsum("btx,xhd->bthd", (5, 4, 2)), (6, 4, 2), ((0, 3), (2, 4), (0, 2))),
        (einsum("btx,xhd->bthd", (5, 4, 2)), (6, 4, 2), ((0, 6), (0, 4), (0, 1))),
        (einsum("bthd,hdx->btx", (5, 6)), (4, 2, 6), ((1, 3), (0, 2), (0, 6))),
        (einsum("...x,hxy->...hy", (3, 2)), (3, 6, 2), ((1, 2), (2, 6), (0, 2))),
        (einsum("btx,xty->bty", (5, 2)), (6, 5, 2), ((3, 6), (1, 2), (0, 1))),
        (layers.Dense(4), (0, 4), ((0, 0), (0, 2))),
    ],
)
@pytest.mark.parametrize(
    "initializer",
    [
        HE,
        seedbed.get("scaled", initializer="he_normal", factor=2.0, seed=7),
        seedbed.get("masked", initializer="he_normal", mask="lower_triangle", seed=7),
        seedbed.get("scaled", initializer="orthogonal", factor=2.0, seed=7),
    ],
    ids=["elementwise", "of others", "masked", "as a whole"],
)
def test_a_part_has_the_values_of_the_whole(layer, shape, ends, initializer):
    try:
        values = values_of(layer, initializer, shape)
    except LayoutError:
        assert "orthogonal" in str(initializer).lower()  # one matrix is not made of a stack
        return
    part = np.empty([last - first for first, last in ends], "float32")
    values.fill(part, tuple(first for first, _ in ends))
    np.testing.assert_array_equal(part, values.whole()[tuple(slice(*run) for run in ends)], strict=True)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("orthogonal", {"seed": 7}),
        ("scaled", {"initializer": "orthogonal", "factor": 2.0, "seed": 7}),
    ],
)
def test_what_is_made_as_a_whole_is_not_drawn_in_parts(name, given):
    assert not values_of(layers.Dense(4), seedbed.get(name, **given), (4, 4)).is_divisible


def on_one_device(*axes):
    import jax

    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("model",))
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes))


@needs_jax
def test_called_by_hand_with_a_sharding_it_gives_a_tensor_that_is_placed_so():
    sharding = on_one_device("model", None)
    found = as_keras(HE)((4, 3), "bfloat16", layout=sharding)
    assert found.sharding == sharding
    np.testing.assert_array_equal(found, HE((4, 3), "bfloat16"), strict=True)


@needs_jax
@pytest.mark.skipif(not hasattr(keras.distribution.TensorLayout, "backend_layout"), reason="an older Keras")
def test_called_by_hand_with_a_layout_of_keras_it_gives_a_tensor_that_is_placed_so():
    mesh = keras.distribution.DeviceMesh((1,), ["model"], keras.distribution.list_devices()[:1])
    layout = keras.distribution.TensorLayout(("model", None), mesh)
    assert as_keras(HE)((4, 3), layout=layout).sharding == on_one_device("model", None)


@needs_jax
def test_a_sharding_of_an_abstract_mesh_is_of_the_mesh_that_has_been_set():
    import jax

    placed = on_one_device("model", None)
    abstract = jax.sharding.NamedSharding(placed.mesh.abstract_mesh, placed.spec)
    with jax.set_mesh(placed.mesh):
        found = as_keras(HE)((4, 3), layout=abstract)
    assert found.sharding == placed
    np.testing.assert_array_equal(found, HE((4, 3)))
    with pytest.raises(ArgumentError, match=r"of an abstract mesh, .*; call jax.set_mesh before"):
        as_keras(HE)((4, 3), layout=abstract)


@needs_jax
def test_each_part_is_drawn_once_though_several_devices_hold_it(monkeypatch):
    import jax

    index = (slice(0, 2), slice(0, 3))
    monkeypatch.setattr(
        jax, "make_array_from_callback", lambda shape, sharding, part: [part(index) for _ in range(4)]
    )
    for initializer in (as_keras(HE), as_keras("he_normal"), as_keras("orthogonal", seed=7)):
        parts = initializer((4, 3), layout=on_one_device())
        assert parts[0].shape == (2, 3)
        assert all(part is parts[0] for part in parts)


@needs_jax
def test_without_a_seed_no_weight_is_divided_over_several_processes(monkeypatch):
    import jax

    monkeypatch.setattr(jax, "process_count", lambda: 2)
    with pytest.raises(ArgumentError, match=r"HeNormal\(\) has no seed, so that each of 2 processes"):
        as_keras("he_normal")((4, 3), layout=on_one_device())
    np.testing.assert_array_equal(as_keras("ones")((4, 3), layout=on_one_device()), np.ones((4, 3)))


@needs_jax
def test_what_divides_no_such_array_or_is_of_sums_or_of_another_mesh_is_refused():
    import jax

    with pytest.raises(ShapeError, match=r"got shape \(4,\), which layout=.* does not divide"):
        as_keras(HE)((4,), layout=on_one_device("model", None))
    placed = on_one_device("model", None)
    spec = jax.sharding.PartitionSpec("model", unreduced={"other"})
    explicit = (jax.sharding.AxisType.Explicit,) * 2
    devices = np.array(jax.devices()[:1]).reshape(1, 1)
    mesh = jax.sharding.Mesh(devices, ("model", "other"), axis_types=explicit)
    with pytest.raises(ArgumentError, match="whose unreduced axes are those of a sum over devices"):
        as_keras(HE)((4, 3), layout=jax.sharding.NamedSharding(mesh, spec))
    abstract = jax.sharding.NamedSharding(mesh.abstract_mesh, jax.sharding.PartitionSpec("model"))
    with (
        jax.set_mesh(placed.mesh),
        pytest.raises(ArgumentError, match="of an abstract mesh, which is not the one that has been set"),
    ):
        as_keras(HE)((4, 3), layout=abstract)


@needs_jax
def test_a_part_keeps_no_more_memory_than_its_own(monkeypatch):
    import jax

    index = (slice(0, 1), slice(0, 3))
    monkeypatch.setattr(jax, "make_array_from_callback", lambda shape, sharding, part: part(index))
    for initializer in (as_keras(HE), as_keras("he_normal"), as_keras("orthogonal", seed=7)):
        part = initializer((4, 3), layout=on_one_device())
        assert (part.base is None) or part.base.nbytes == part.nbytes


def test_a_layout_that_is_none_or_on_a_backend_that_has_none_is_refused():
    message = "of type str; give a keras" if keras.backend.backend() == "jax" else "only JAX divides tensors"
    with pytest.raises(ArgumentError, match=f"got layout='stored' .*{message}"):
        as_keras(HE)((4, 3), layout="stored")
