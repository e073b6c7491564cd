"""The drop-in for `jax.nn.initializers`, beside the real one."""

import inspect

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, ShapeError

jax = framework("jax")
jnp = jax.numpy

from seedbed_jax import initializers, seed_of  # noqa: E402

PEERS = jax.nn.initializers
PUBLIC = [name for name in dir(PEERS) if not name.startswith("_")]
KEY = jax.random.key(7)
SCALED = ["glorot_uniform", "glorot_normal", "lecun_uniform", "lecun_normal", "he_uniform", "he_normal"]


def signature_of(function):
    return [
        (name, parameter.kind, parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
    ]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_of_jax_is_there_with_its_signature(name):
    assert name in initializers.__all__
    ours, theirs = getattr(initializers, name), getattr(PEERS, name)
    if name == "Initializer":
        assert ours is theirs
    else:
        assert signature_of(ours) == signature_of(theirs)


def test_what_the_factories_return_has_the_signature_of_jax():
    assert signature_of(initializers.normal()) == signature_of(PEERS.normal())


def test_the_aliases_are_those_of_jax():
    def aliases(module):
        return {
            (one, other)
            for one in PUBLIC
            for other in PUBLIC
            if one < other and getattr(module, one) is getattr(module, other)
        }

    assert aliases(initializers) == aliases(PEERS)
    assert len(aliases(PEERS)) >= 4


@pytest.mark.parametrize("name", SCALED)
def test_the_named_methods_are_those_of_core(name):
    expected = seedbed.get(name, seed=seed_of(KEY))((3, 3, 8, 16))
    drawn = getattr(initializers, name)()(KEY, (3, 3, 8, 16), jnp.float32)
    assert np.asarray(drawn).tobytes() == expected.tobytes()


@pytest.mark.parametrize("distribution", ["truncated_normal", "normal", "uniform"])
@pytest.mark.parametrize(
    "axes",
    [
        {},
        {"in_axis": 0, "out_axis": (1, 2)},
        {"in_axis": (0, 1), "out_axis": 2},
        {"in_axis": 1, "out_axis": -1, "batch_axis": 0},
        {"batch_axis": (0,)},
        {"in_axis": 1, "out_axis": 1},
        {"in_axis": -1, "out_axis": 2},
        {"in_axis": (0, 0)},
        {"in_axis": (0, 1), "out_axis": (1, 2), "batch_axis": -3},
    ],
)
def test_variance_scaling_has_the_fans_of_jax(axes, distribution):
    shape = (8, 32, 48)
    arguments = (1.5, "fan_in", distribution)
    ours = initializers.variance_scaling(*arguments, **axes)(KEY, shape)
    theirs = PEERS.variance_scaling(*arguments, **axes)(KEY, shape)
    assert float(ours.std()) == pytest.approx(float(theirs.std()), rel=0.03)


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
def test_axes_of_several_roles_have_the_fans_of_jax_in_every_mode(mode):
    arguments = (1.0, mode, "normal", 0, (0, 1))
    theirs = PEERS.variance_scaling(*arguments)(KEY, (8, 6, 400))
    init = initializers.variance_scaling(*arguments)
    assert float(init(KEY, (8, 6, 400)).std()) == pytest.approx(float(theirs.std()), rel=0.03)
    assert init.initializer.expected_stddev((8, 6, 400)) == pytest.approx(float(theirs.std()), rel=0.03)


def test_embeddings_have_the_spread_that_flax_gives_them():
    init = initializers.variance_scaling(1.0, "fan_in", "normal", out_axis=0)
    assert float(init(KEY, (1000, 64)).std()) == pytest.approx(1 / 8, rel=0.01)
    assert init(KEY, (0, 64)).shape == (0, 64)
    with pytest.raises(ShapeError, match="no axis -2 for in_axis"):
        init(KEY, (64,))


def test_the_simple_distributions_are_those_of_core():
    seed = seed_of(KEY)
    for ours, expected in (
        (initializers.uniform(0.5), seedbed.get("random_uniform", minval=0, maxval=0.5, seed=seed)),
        (initializers.normal(0.5), seedbed.get("random_normal", stddev=0.5, seed=seed)),
        (
            initializers.truncated_normal(0.5, None, -1.0, 3.0),
            seedbed.get("truncated_normal", stddev=0.5, lower=-1.0, upper=3.0, seed=seed),
        ),
        (initializers.zeros, seedbed.get("zeros")),
        (initializers.ones, seedbed.get("ones")),
        (initializers.constant(jnp.array([1.0, 2.0])), seedbed.get("constant", value=[1.0, 2.0])),
        (initializers.orthogonal(2.0, 0), seedbed.get("jax_orthogonal", gain=2.0, column_axis=0, seed=seed)),
    ):
        assert np.asarray(ours(KEY, (6, 2))).tobytes() == expected((6, 2)).tobytes()


@pytest.mark.parametrize("name", ["uniform", "normal", "truncated_normal", *SCALED, "orthogonal"])
def test_a_factory_takes_the_dtype_of_its_initializer(name):
    assert getattr(initializers, name)(dtype=jnp.bfloat16)(KEY, (4, 4)).dtype == jnp.bfloat16


def test_numbers_of_jax_do_as_arguments():
    scale = jnp.float32(0.5)
    assert initializers.normal(jnp.bfloat16(0.5)) == initializers.normal(np.float16(0.5))
    assert initializers.normal(scale) == initializers.normal(0.5)
    assert initializers.variance_scaling(scale, "fan_in", "normal") == initializers.variance_scaling(
        0.5, "fan_in", "normal"
    )


def test_a_vector_has_no_fans_as_in_jax():
    with pytest.raises(ValueError, match="Must be at least 2D"):
        PEERS.he_normal()(KEY, (4,))
    with pytest.raises(ShapeError, match="no axis -2 for in_axis"):
        initializers.he_normal()(KEY, (4,))


def test_arguments_out_of_range_are_refused_where_they_are_given():
    with pytest.raises(ArgumentError, match="mode"):
        initializers.variance_scaling(1.0, "fan", "normal")
    with pytest.raises(ArgumentError, match="scale"):
        initializers.variance_scaling(0.0, "fan_in", "normal")
    with pytest.raises(ArgumentError, match="stddev"):
        initializers.normal(-1.0)


@pytest.mark.parametrize("name", ["uniform", "normal", "truncated_normal", "orthogonal", "delta_orthogonal"])
@pytest.mark.parametrize("value", ["0.5", None, 1j, True, jnp.ones(3), float("inf"), float("nan")], ids=repr)
def test_what_is_no_number_is_refused_by_the_name_of_the_argument(name, value):
    with pytest.raises(ArgumentError, match=r"^(scale|stddev) must be a (finite )?number.*, got "):
        getattr(initializers, name)(value)


def test_the_scale_of_uniform_values_is_at_least_0():
    with pytest.raises(ArgumentError, match=r"scale must be a finite number of at least 0, got -1\.0"):
        initializers.uniform(-1.0)


def test_a_bound_of_truncated_normal_values_may_be_infinite():
    positive = initializers.truncated_normal(1.0, None, 0.0, np.inf)(KEY, (1000,))
    assert 0 <= positive.min() < 2 < positive.max()


@pytest.mark.parametrize("name", ["constant", "uniform", "normal", "truncated_normal", "orthogonal"])
def test_a_traced_argument_is_refused(name):
    with pytest.raises(ArgumentError, match=r"got a traced .*; pass a number, and multiply or add"):
        jax.jit(lambda value: getattr(initializers, name)(value)(KEY, (4, 4)))(0.5)


def test_a_constant_without_a_shape_of_its_own_is_refused():
    with pytest.raises(ArgumentError, match="value must be a number or an array of numbers"):
        initializers.constant([[1], [2, 3]])


class TestAxes:
    """`variance_scaling` says them by three arguments, and speaks of these."""

    @pytest.mark.parametrize(
        "given", [np.array([0, 1]), np.arange(2), (np.int64(0), 1), [np.array(0), 1], range(2), jnp.arange(2)]
    )
    def test_axes_may_be_arrays_of_numpy_or_jax(self, given):
        found = initializers.variance_scaling(1.0, "fan_in", "normal", in_axis=given, out_axis=np.array([2]))
        assert found == initializers.variance_scaling(1.0, "fan_in", "normal", in_axis=(0, 1), out_axis=2)
        assert hash(found) is not None

    @pytest.mark.parametrize("name", ["in_axis", "out_axis", "batch_axis"])
    @pytest.mark.parametrize(
        "given", ["x", 1.5, (0, "a"), None, True, {0}, 64, np.array([[0]]), np.array([0.0])]
    )
    def test_what_is_no_axis_is_refused_by_the_name_of_the_argument(self, name, given):
        with pytest.raises(ArgumentError, match=f"^{name} must be an axis or several, ints from -64 to 63"):
            initializers.variance_scaling(1.0, "fan_in", "normal", **{name: given})

    def test_an_axis_that_a_shape_lacks_is_named_as_in_jax(self):
        for name in ("in_axis", "out_axis", "batch_axis"):
            init = initializers.variance_scaling(1.0, "fan_in", "normal", **{name: 5})
            with pytest.raises(ShapeError, match=rf"no axis 5 for {name}, "):
                init(KEY, (3, 4))


@pytest.mark.parametrize("module", ["jax.nn.initializers", "flax.linen.initializers", "flax.nnx"])
def test_every_public_name_is_there(module):
    theirs = framework(module)
    theirs = getattr(theirs, "initializers", theirs)
    names = {name for name in vars(theirs) if not name.startswith("_")} - {"tp", "DtypeLikeInexact"}
    assert not names - {*initializers.__all__}
