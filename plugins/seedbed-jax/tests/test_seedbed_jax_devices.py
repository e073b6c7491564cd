"""Several devices and several processes: each draws its part alone, and together they have what one has."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, DTypeError, ShapeError

jax = framework("jax")

import seedbed_jax  # noqa: E402

HERE = Path(__file__).parent
KEY = jax.random.key(7)
SPEC = jax.sharding.PartitionSpec
FOUR = jax.sharding.AbstractMesh((4,), ("a",))
FOUR_AUTO = jax.sharding.AbstractMesh((4,), ("a",), axis_types=(jax.sharding.AxisType.Auto,))
LAYOUTS = [
    "rows",
    "columns",
    "both",
    "crossed",
    "two in one",
    "two in one, the other way",
    "nothing",
]


def started(script, *arguments, **variables):
    return subprocess.Popen(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "JAX_PLATFORMS": "cpu", **variables},
    )


def said(process, timeout):
    try:
        out, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    return json.loads(out.splitlines()[-1])


@pytest.fixture(scope="module")
def found():
    """Return what a process with eight devices found."""
    process = started("on_eight_devices.py", XLA_FLAGS="--xla_force_host_platform_device_count=8")
    return said(process, timeout=240)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sharded", "by_key", "by_key_in_jit", "by_spec", "under_mesh"])
@pytest.mark.parametrize("kind", ["explicit", "automatic"])
def test_every_layout_on_eight_devices_has_the_bits_of_numpy(found, way, kind):
    assert found["devices"] == 8
    assert {name: found[way][f"{kind}, {name}"] for name in LAYOUTS} == dict.fromkeys(LAYOUTS, True)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["batched", "by_constraint", "shard_map"])
def test_batches_constraints_and_devices_with_keys_of_their_own_have_the_bits_of_numpy(found, way):
    assert found[way] is True


@pytest.mark.slow
def test_a_part_that_several_devices_hold_is_drawn_once_and_no_more_than_the_parts_is(found):
    assert found["asked for shards"] == [["part", [4, 8]]] * 4


@pytest.mark.slow
def test_what_cannot_be_drawn_in_parts_is_drawn_once(found):
    assert found["asked for the whole"] == [["whole", [16, 8]]]
    assert found["whole"] is True


@pytest.mark.slow
def test_within_jit_each_device_asks_for_its_part_alone(found):
    assert found["asked for in jit"] == [["part", [4, 4]]] * 8


@pytest.mark.slow
def test_a_model_has_the_same_arrays_in_every_sharding(found):
    assert found["initialize"] == dict.fromkeys(["none", "own", "given", "one for all", "of arrays"], True)


@pytest.mark.slow
def test_a_sharding_given_comes_before_that_of_the_leaf_which_comes_before_none(found):
    assert found["kernel's spec"] == {
        "none": "one device",
        "own": str(SPEC("a", "b")),
        "given": str(SPEC("a")),
        "one for all": str(SPEC()),
        "of arrays": str(SPEC("a")),
    }


def test_what_takes_several_devices_holds_on_four(request):
    warnings = request.config.getoption("pythonwarnings") or ()
    options = ["-n0", "-q", "-pno:cacheprovider", *(f"-W{warning}" for warning in warnings)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE / "on_four_devices.py"), *options],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_two_processes_hold_together_what_one_holds():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    flags = "--xla_force_host_platform_device_count=2"
    processes = [started("in_two_processes.py", address, rank, XLA_FLAGS=flags) for rank in range(2)]
    both = [said(process, timeout=240) for process in processes]
    assert [each["devices"] for each in both] == [[2, 4], [2, 4]]
    for each in both:
        assert each["parts"] == dict.fromkeys(each["parts"], True)
        assert len(each["parts"]) == 6
    # Rows over processes: each has drawn its own half, and the other half nowhere.
    assert [each["rows"] for each in both] == [[[0, 4], [4, 8]], [[8, 12], [12, 16]]]


def test_a_sharding_of_one_device_has_the_bits_of_numpy():
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    array = seedbed_jax.sharded({"class_name": "HeNormal", "config": {"seed": 7}}, (16, 8), device)
    assert (array == seedbed.get("he_normal", seed=7)((16, 8))).all()
    assert seedbed_jax.sharded("zeros", (), device).shape == ()


def test_without_a_seed_the_parts_would_not_belong_together():
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    with pytest.raises(ArgumentError, match=r"HeNormal\(\) has no seed.*give one"):
        seedbed_jax.sharded("he_normal", (16, 8), device)


class Unseeded(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(size=shape).astype(dtype)


def test_what_may_draw_without_a_seed_is_refused():
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    with pytest.raises(ArgumentError, match=r"got Unseeded\(\), .* which no seed can reach; give .*'seed'"):
        seedbed_jax.sharded(Unseeded(), (16, 8), device)


def test_what_is_no_sharding_is_refused():
    with pytest.raises(ArgumentError, match=r"as a sharding; pass a jax\.sharding\.Sharding"):
        seedbed_jax.sharded(seedbed.get("he_normal", seed=7), (16, 8), SPEC("a"))
    for given in ("rows", jax.devices()[0]):
        with pytest.raises(ArgumentError, match=r"as a sharding; pass a jax\.sharding\.Sharding"):
            seedbed_jax.initializer("he_normal")(KEY, (16, 8), None, given)


def test_a_sharding_whose_mesh_is_abstract_is_refused_where_no_mesh_is_set():
    rows = jax.sharding.NamedSharding(FOUR, SPEC("a"))
    with pytest.raises(ArgumentError, match="whose mesh is abstract and has no devices"):
        seedbed_jax.sharded(seedbed.get("he_normal", seed=7), (16, 8), rows)
    with pytest.raises(ArgumentError, match="whose mesh is abstract and has no devices"):
        seedbed_jax.initializer("he_normal")(KEY, (16, 8), None, rows)


def test_an_abstract_mesh_stands_for_the_one_that_is_set_or_that_the_key_is_on():
    mesh = jax.make_mesh((1,), ("a",))
    rows = jax.sharding.NamedSharding(mesh.abstract_mesh, SPEC("a", None))
    init = seedbed_jax.initializer("he_normal")
    with jax.set_mesh(mesh):
        by_mesh = init(KEY, (16, 8), None, rows)
        whole = seedbed_jax.sharded(seedbed.get("he_normal", seed=[0, 7]), (16, 8), rows)
    by_key = init(jax.device_put(KEY, jax.sharding.NamedSharding(mesh, SPEC())), (16, 8), None, rows)
    for array in (by_mesh, whole, by_key):
        assert array.sharding == jax.sharding.NamedSharding(mesh, SPEC("a", None))
        assert (array == init(KEY, (16, 8))).all()


def test_a_spec_of_more_axes_than_the_shape_has_is_refused():
    mesh = jax.make_mesh((1,), ("a",))
    rows = jax.sharding.NamedSharding(mesh, SPEC(None, None, "a"))
    with pytest.raises(ShapeError, match=r"got shape \(16, 8\), which NamedSharding"):
        seedbed_jax.sharded(seedbed.get("he_normal", seed=7), (16, 8), rows)


def test_an_array_is_not_made_while_a_function_is_traced():
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    with pytest.raises(ArgumentError, match=r"use seedbed_jax\.initializer with out_sharding"):
        jax.jit(lambda: seedbed_jax.sharded(seedbed.get("he_normal", seed=7), (16, 8), device))()


@pytest.mark.parametrize(
    ("shape", "out_sharding", "error", "message"),
    [
        ((16, 8), SPEC("a"), ArgumentError, "where no mesh is set; call jax.set_mesh"),
        ((16, 8), jax.sharding.NamedSharding(FOUR, SPEC("a", None, None)), ShapeError, r"shape \(16, 8\)"),
        (
            (10, 8),
            jax.sharding.NamedSharding(FOUR, SPEC("a")),
            ShapeError,
            "does not divide into equal parts",
        ),
        (
            (16, 8),
            jax.sharding.NamedSharding(FOUR_AUTO, SPEC(SPEC.UNCONSTRAINED)),
            ArgumentError,
            "UNCONSTRAINED",
        ),
        ((16, 8), "rows", ArgumentError, "got out_sharding 'rows' of type str"),
    ],
)
def test_a_sharding_that_does_not_fit_is_refused_within_jit(shape, out_sharding, error, message):
    init = seedbed_jax.initializer("he_normal")
    with pytest.raises(error, match=message):
        jax.eval_shape(lambda key: init(key, shape, None, out_sharding), KEY)


def test_a_dtype_that_does_not_fit_is_refused_before_any_part_is_drawn():
    mesh = jax.make_mesh((1,), ("a",), axis_types=(jax.sharding.AxisType.Auto,))
    with pytest.raises(DTypeError, match="got dtype 'int32'"):
        seedbed_jax.sharded(
            seedbed.get("he_normal", seed=7), (16, 8), jax.sharding.NamedSharding(mesh, SPEC("a")), "int32"
        )


@pytest.mark.slow
def test_a_part_of_a_larger_weight_is_no_array_that_jax_divides(found):
    alone, everywhere, by_rows = found["parts"]
    assert not alone
    assert not everywhere
    assert by_rows.startswith(
        "dense/weight: got shard=, which is for plain arrays, and an array that JAX divides"
    )


@pytest.mark.slow
def test_a_scanned_weight_is_the_same_on_every_sharding(found):
    assert found["scanned"] == [True, True]


@pytest.mark.slow
def test_a_shape_that_the_devices_cannot_share_equally_is_refused(found):
    uneven, short = found["refused"]
    assert uneven.startswith("got shape (10, 8), which NamedSharding(")
    assert short.startswith("got shape (16,), which NamedSharding(")
    for message in (uneven, short):
        assert message.endswith("ask for another shape, or divide other axes")
