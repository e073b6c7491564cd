"""`as_keras` in real layers and models: streams, layouts and dtypes, on the backend that is set."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

from keras_models import (  # noqa: E402
    KERAS_WARNINGS,
    MODELS,
    Unnamed,
    functional,
    random_weights,
    sequential,
    subclassed,
    values,
)

import seedbed  # noqa: E402
from seedbed.errors import (  # noqa: E402
    ArgumentError,
    ConfigError,
    DTypeError,
    ShapeError,
    UnknownNameError,
)
from seedbed.random import NumPyEngine, key_of  # noqa: E402
from seedbed_keras import SeedbedInitializer, UnknownWeightError, as_keras, from_keras  # noqa: E402

pytestmark = KERAS_WARNINGS
HE = seedbed.get("he_normal", seed=7)


def weight(model, path):
    return next(values(variable) for variable in model.weights if variable.path == path)


def assert_equal(found, expected):
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_weight_has_the_bits_that_numpy_has_for_its_path(dtype):
    dense = keras.layers.Dense(3, kernel_initializer=as_keras(HE), name="head", dtype=dtype)
    dense.build((None, 4))
    assert_equal(values(dense.kernel), HE.fold_in("head/kernel")((4, 3), dtype))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", None])
def test_called_by_hand_it_gives_what_the_initializer_gives(dtype):
    assert_equal(values(as_keras("he_normal", seed=7)((4, 3), dtype)), HE((4, 3), dtype))


def test_called_by_hand_in_a_function_that_takes_a_variable_it_still_does():
    def fresh(variable):
        return as_keras(HE)(variable.shape)

    assert_equal(values(fresh(keras.Variable(np.zeros((4, 3)), name="alone"))), HE((4, 3)))


@pytest.mark.parametrize("shape", [3, (), [4, 3], (0, 3), (np.int64(2), 1)])
def test_a_shape_is_an_int_or_ints(shape):
    assert_equal(values(as_keras(HE)(shape)), HE(shape))


def test_without_a_dtype_it_takes_the_one_that_keras_is_set_to():
    keras.config.set_floatx("float16")
    try:
        assert values(as_keras(HE)((4, 3))).dtype == "float16"
    finally:
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("name", MODELS)
def test_no_two_weights_get_the_same_values_though_all_share_one_initializer(name):
    drawn = random_weights(MODELS[name](as_keras("random_normal", seed=7)))
    assert len(drawn) >= 7
    firsts = [values(variable).ravel()[0] for variable in drawn]
    assert len(set(firsts)) == len(drawn)


def test_query_key_and_value_of_an_attention_differ():
    attention = keras.layers.MultiHeadAttention(2, 4, kernel_initializer=as_keras(HE), name="attention")
    attention.build((1, 3, 8), (1, 3, 8))
    kernels = [weight(attention, f"attention/{part}/kernel") for part in ("query", "key", "value")]
    assert not any(np.array_equal(kernels[i], kernels[j]) for i, j in [(0, 1), (0, 2), (1, 2)])


@pytest.mark.parametrize("name", MODELS)
def test_a_stream_depends_on_the_path_and_not_on_what_is_built_before_or_besides(name):
    one = [values(variable) for variable in MODELS[name](as_keras(HE)).weights]
    keras.layers.Dense(3, kernel_initializer=as_keras(HE)).build((None, 4))
    two = [values(variable) for variable in MODELS[name](as_keras(HE)).weights]
    for here, there in zip(one, two, strict=True):
        assert_equal(here, there)


def test_weights_that_keras_makes_while_it_traces_are_drawn_once_and_for_their_paths(monkeypatch):
    drawn = []

    class Noting(NumPyEngine):
        def draw(self, distribution, key, *arguments, **options):
            drawn.append(key)
            super().draw(distribution, key, *arguments, **options)

    monkeypatch.setattr("seedbed.random.engines._active", Noting())
    model = subclassed(as_keras(HE))
    paths = [variable.path for variable in model.weights if variable.path.endswith("kernel")]
    keys = [key_of(HE.fold_in(path).seed) for path in paths]
    assert [key for key in drawn if key in keys] == keys
    assert_equal(weight(model, "block/dense_0/kernel"), HE.fold_in("block/dense_0/kernel")((6, 6)))


def test_a_weight_without_a_name_has_its_number_in_its_layer():
    layer = Unnamed(3, as_keras(HE), name="loose")
    layer.build((None, 4))
    assert_equal(values(layer.first), HE.fold_in("loose/variable:0")((4, 3)))
    assert_equal(values(layer.second), HE.fold_in("loose/variable:1")((4, 3)))
    late = subclassed(as_keras(HE))
    assert_equal(values(late.loose.second), HE.fold_in("block/loose/variable:1")((6, 3 * 2)))


def test_a_variable_of_no_layer_has_a_stream_of_its_own():
    variable = keras.Variable(as_keras(HE), shape=(4, 3), name="alone")
    assert_equal(values(variable), HE.fold_in("alone")((4, 3)))


def test_the_parts_of_which_a_layer_makes_a_weight_are_not_of_one_stream():
    cell = keras.layers.LSTMCell(3, bias_initializer=as_keras("random_normal", seed=7), name="cell")
    cell.build((None, 4))
    bias = values(cell.bias)
    np.testing.assert_array_equal(bias[3:6], 1)  # of the gate that forgets
    assert not np.array_equal(bias[:3], bias[6:9])
    assert np.unique(bias).size == 10


@pytest.mark.parametrize("path", [None, "mine"])
def test_equal_parts_of_a_weight_differ_and_are_the_same_whenever_it_is_made(path):
    def layer():
        shared = as_keras(HE, path=path)

        def halves(shape, dtype=None):
            return keras.ops.concatenate([shared((3, 4), dtype) for _ in range(2)])

        return keras.layers.Dense(4, kernel_initializer=halves, name="head")

    def expected(own_path):
        first = HE.fold_in(path or own_path).fold_in("part of shape (3, 4)")
        return np.concatenate([first((3, 4)), first.fold_in(1)((3, 4))])

    early, late = layer(), OfOne(layer())
    early.build((None, 6))
    assert_equal(values(early.kernel), expected("head/kernel"))
    late(np.zeros((1, 6), "float32"))
    assert_equal(weight(late, "of_one/head/kernel"), expected("of_one/head/kernel"))


class OfOne(keras.Model):
    """A model with a `call` alone, so that Keras traces its layer before it makes the weights."""

    def __init__(self, layer):
        super().__init__(name="of_one")
        self.layer = layer

    def call(self, inputs):
        return self.layer(inputs)


class Bare(keras.layers.Layer):
    """A layer that makes variables without `add_weight`, and gives them no names."""

    def __init__(self, initializer, **options):
        super().__init__(**options)
        self.initializer = initializer
        self.early = self.variable()

    def build(self, input_shape):
        self.one = self.variable()
        self.many = [self.variable() for _ in range(2)]
        self.state = self.variable(trainable=False)
        self.last = self.variable()

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.one)

    def variable(self, **options):
        return keras.Variable(self.initializer, shape=(4, 3), **options)


def test_variables_without_names_that_a_layer_makes_itself_have_their_numbers_in_it():
    for name in ("bare", "other", "bare"):
        layer = Bare(as_keras(HE), name=name)
        layer.build((None, 4))
        made = [layer.early, layer.one, *layer.many, layer.last]
        for number, variable in enumerate(made):
            assert_equal(values(variable), HE.fold_in(f"{name}/variable:{number}")((4, 3)))
        assert_equal(values(layer.state), HE.fold_in(f"{name}/state:0")((4, 3)))
    del layer, made, variable
    late = Bare(as_keras(HE), name="bare")
    OfOne(late)(np.zeros((1, 4), "float32"))
    for number, variable in enumerate([late.one, *late.many, late.last], 1):
        assert_equal(values(variable), HE.fold_in(f"of_one/bare/variable:{number}")((4, 3)))


def test_a_variable_without_a_name_that_no_layer_makes_is_refused():
    with pytest.raises(UnknownWeightError, match=r"no name and that no layer makes.* give it a name, or"):
        keras.Variable(as_keras(HE), shape=(4, 3))
    given = keras.Variable(as_keras(HE, path="mine"), shape=(4, 3))
    assert_equal(values(given), HE.fold_in("mine")((4, 3)))
    assert values(keras.Variable(as_keras("ones"), shape=(4, 3))).all()


def test_a_given_path_takes_the_place_of_the_weights_own():
    dense = keras.layers.Dense(3, kernel_initializer=as_keras(HE, path="mine"), name="head")
    dense.build((None, 4))
    assert_equal(values(dense.kernel), HE.fold_in("mine")((4, 3)))


def test_without_a_seed_values_are_fresh():
    initializer = as_keras("he_normal")
    assert not np.array_equal(values(initializer((4, 3))), values(initializer((4, 3))))


# What Keras asks of an initializer, by layer; the shape that is drawn; the roles that the fans come from.
ORTHOGONAL = seedbed.get("orthogonal", seed=7)


@pytest.mark.parametrize("part", ["query", "key", "value", "attention_output"])
@pytest.mark.parametrize("kind", ["MultiHeadAttention", "GroupQueryAttention"])
def test_attention_has_the_fans_of_its_matrices(part, kind):
    arguments = (4, 2, 2) if kind == "GroupQueryAttention" else (2, 4)
    attention = getattr(keras.layers, kind)(*arguments, kernel_initializer=as_keras(HE), name="attention")
    attention.build((1, 3, 8), (1, 3, 8))
    kernel = weight(attention, f"attention/{part}/kernel")
    drawn = (8, kernel.shape[1] * kernel.shape[2]) if part != "attention_output" else (8, 8)
    assert kernel.ndim == 3
    assert_equal(kernel, HE.fold_in(f"attention/{part}/kernel")(drawn).reshape(kernel.shape))
    roles = "attention_output" if part == "attention_output" else "attention_query"
    same = seedbed.get(HE, axes=roles).fold_in(f"attention/{part}/kernel")
    assert_equal(kernel, same(kernel.shape))


def test_attention_gets_orthogonal_matrices():
    attention = keras.layers.MultiHeadAttention(2, 4, kernel_initializer=as_keras(ORTHOGONAL), name="a")
    attention.build((1, 3, 8), (1, 3, 8))
    for part, shape in {"query": (8, 8), "attention_output": (8, 8)}.items():
        matrix = weight(attention, f"a/{part}/kernel").reshape(shape)
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(8), atol=1e-5)


@pytest.mark.parametrize(
    ("equation", "output", "drawn", "stored"),
    [
        ("ab,bc->ac", (3,), (6, 3), lambda w: w),
        ("ab,cb->ac", (3,), (6, 3), lambda w: w.T),
        ("...x,hxy->...hy", (3, 2), (6, 6), lambda w: w.reshape(6, 3, 2).transpose(1, 0, 2)),
        ("btx,txy->bty", (5, 2), (5, 6, 2), lambda w: w),
        ("btx,xty->bty", (5, 2), (5, 6, 2), lambda w: w.transpose(1, 0, 2)),
        ("btx,x->btx", (5, 6), (6, 1, 1), lambda w: w.reshape(6)),
    ],
)
def test_an_einsum_kernel_is_drawn_with_its_inputs_before_its_outputs(equation, output, drawn, stored):
    layer = keras.layers.EinsumDense(equation, output, kernel_initializer=as_keras(HE), name="e")
    layer.build((None, 5, 6) if len(output) > 1 else (None, 6))
    # An axis that input, kernel and output share stacks kernels, and counts in no fan.
    ours = seedbed.get(HE, axes="experts_io" if len(drawn) == 3 else None).fold_in("e/kernel")
    assert_equal(values(layer.kernel), np.ascontiguousarray(stored(ours(drawn))))


def test_each_kernel_of_a_stack_is_orthogonal_if_it_is_drawn_as_one_of_a_stack():
    initializer = as_keras("stacked", initializer="orthogonal", seed=7)
    layer = keras.layers.EinsumDense("btx,txy->bty", (5, 6), kernel_initializer=initializer, name="e")
    layer.build((None, 5, 6))
    for kernel in values(layer.kernel):
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(6), atol=1e-5)


def test_convolutions_have_the_fans_of_their_groups_and_sides():
    model = sequential(as_keras("glorot_normal", seed=7))

    def expected(path, shape, axes=None):
        return seedbed.get("glorot_normal", seed=7, axes=axes).fold_in(f"convolutions/{path}")(shape)

    groups = {"preset": "conv_hwio", "groups": 2}
    assert_equal(
        weight(model, "convolutions/grouped/kernel"), expected("grouped/kernel", (3, 3, 2, 4), groups)
    )
    up = expected("up/kernel", (3, 3, 4, 6)).transpose(0, 1, 3, 2)
    assert_equal(weight(model, "convolutions/up/kernel"), np.ascontiguousarray(up))
    for layer, name, channels in [("depth", "kernel", 6), ("apart", "depthwise_kernel", 6)]:
        groups = {"preset": "conv_hwio", "groups": channels}
        depth = expected(f"{layer}/{name}", (3, 3, 1, channels), groups).reshape(3, 3, channels, 1)
        assert_equal(weight(model, f"convolutions/{layer}/{name}"), depth)
    assert_equal(
        weight(model, "convolutions/apart/pointwise_kernel"), expected("apart/pointwise_kernel", (1, 1, 6, 4))
    )


def test_an_initializer_within_another_gets_the_groups_too():
    scaled = seedbed.get("scaled", initializer="he_uniform", factor=0.5, seed=7)
    layer = keras.layers.DepthwiseConv2D(3, depthwise_initializer=as_keras(scaled), name="depth")
    layer.build((None, 8, 8, 4))
    axes = {"preset": "depthwise_hwio"}
    inner = {"class_name": "he_uniform", "config": {"axes": axes}}
    same = seedbed.get("scaled", initializer=inner, factor=0.5, seed=7).fold_in("depth/kernel")
    assert_equal(values(layer.kernel), same((3, 3, 4, 1)))


@pytest.mark.parametrize("inner", [False, True])
def test_axes_that_are_given_are_those_of_what_keras_stores(inner):
    initializer = seedbed.get("he_normal", axes={"in": 2, "out": [0, 1], "rest": "batch"}, seed=7)
    if inner:
        initializer = seedbed.get(
            "scaled", initializer=seedbed.get(initializer, seed=None), factor=2.0, seed=7
        )
    layer = keras.layers.EinsumDense(
        "abc,cde->abde", (3, 2, 4), kernel_initializer=as_keras(initializer), name="e"
    )
    layer.build((None, 3, 6))
    assert_equal(values(layer.kernel), initializer.fold_in("e/kernel")((6, 2, 4)))


def test_a_layout_as_stored_is_that_of_the_shape_alone():
    initializer = as_keras(HE, layout="stored")
    layer = keras.layers.Conv2DTranspose(6, 3, kernel_initializer=initializer, name="up")
    layer.build((None, 8, 8, 4))
    assert_equal(values(layer.kernel), HE.fold_in("up/kernel")((3, 3, 6, 4)))


TABLE = np.arange(9.0, dtype="float32").reshape(1, 1, 3, 3)


@pytest.mark.parametrize(
    ("make", "shape", "table"),
    [
        (lambda **given: keras.layers.Conv2DTranspose(3, 1, **given), (None, 8, 8, 3), TABLE),
        (lambda **given: keras.layers.EinsumDense("ab,cb->ac", (3,), **given), (None, 3), TABLE[0, 0]),
        (lambda **given: keras.layers.EinsumDense("...x,hxy->...hy", (1, 3), **given), (None, 3), TABLE[0]),
    ],
)
@pytest.mark.parametrize("inner", [False, True])
def test_an_array_of_values_is_that_of_what_keras_stores(make, shape, table, inner):
    ours = from_keras(keras.initializers.Constant(table))
    if inner:
        ours = seedbed.get("scaled", initializer=ours, factor=1.0)
    layer = make(kernel_initializer=as_keras(ours))
    layer.build(shape)
    assert_equal(values(layer.kernel), table)


def test_an_array_for_the_bias_of_an_attention_has_the_shape_of_that_bias():
    table = np.arange(8.0, dtype="float32").reshape(2, 4)
    dense = keras.layers.EinsumDense(
        "btx,xhd->bthd", (None, 2, 4), bias_axes="hd", bias_initializer=as_keras("constant", value=table)
    )
    dense.build((None, 3, 8))
    assert_equal(values(dense.bias), table)


def test_a_layer_that_is_built_late_is_found_for_its_fans():
    model = functional(as_keras(HE))
    kernel = weight(model, "inner/attention/query/kernel")
    assert_equal(kernel, HE.fold_in("inner/attention/query/kernel")((6, 8)).reshape(6, 2, 4))


class Wrapped(keras.Model):
    """A model with a `call` alone, so that its weights are made late, and a wrapper that has one too."""

    def __init__(self, wrapper, initializer):
        super().__init__(name="wrapped")
        inner = keras.layers.DepthwiseConv2D(3, depthwise_initializer=initializer, name="depth")
        self.spectral = wrapper(inner, name="spectral")

    def call(self, inputs):
        return self.spectral(inputs)


class Scoped(keras.layers.SpectralNormalization):
    """A wrapper with a scope that is no layer, so that the path alone does not lead through it."""

    def build(self, input_shape):
        with keras.name_scope("scope"):
            super().build(input_shape)


@pytest.mark.parametrize(
    ("wrapper", "path"),
    [
        (keras.layers.SpectralNormalization, "wrapped/spectral/depth/kernel"),
        (Scoped, "wrapped/spectral/scope/depth/kernel"),
    ],
)
def test_a_late_weight_that_a_wrapper_has_too_is_drawn_for_the_layer_that_made_it(wrapper, path):
    model = Wrapped(wrapper, as_keras(HE))
    model(np.zeros((1, 8, 8, 4), "float32"))
    groups = {"preset": "conv_hwio", "groups": 4}
    drawn = seedbed.get(HE, axes=groups).fold_in(path)((3, 3, 1, 4))
    assert_equal(weight(model, path), drawn.reshape(3, 3, 4, 1))


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX traces")
@pytest.mark.parametrize(
    ("name", "seed", "path", "is_refused"),
    [
        ("he_normal", 7, None, True),
        ("he_normal", None, None, True),
        ("he_normal", None, "head/kernel", True),
        ("he_normal", 7, "head/kernel", False),
        ("ones", None, None, False),
    ],
)
def test_what_jax_traces_and_would_keep_for_other_weights_is_refused(name, seed, path, is_refused):
    import jax

    given = {} if seed is None else {"seed": seed}
    shared = as_keras(name, path=path, **given)

    def traced(shape, dtype=None):  # as some versions of Keras do where it divides large weights
        return jax.jit(shared.__call__, static_argnames=["shape", "dtype"])(shape=shape, dtype=dtype)

    head = keras.layers.Dense(3, kernel_initializer=traced, name="head")
    if is_refused:
        with pytest.raises(
            UnknownWeightError, match=r"trace .* for head/kernel, .*seedbed_keras\.initialize"
        ):
            head.build((None, 4))
    else:
        head.build((None, 4))
        assert_equal(values(head.kernel), seedbed.get(name, **given).fold_in("head/kernel")((4, 3)))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("he_normol",), {}, UnknownNameError, "he_normal"),
        ((lambda shape, dtype=None: None,), {}, ArgumentError, "with which a model can be saved"),
        (("he_normal",), {"path": 3}, ArgumentError, "got path=3; give text"),
        (("he_normal",), {"path": ""}, ArgumentError, "got path=''; give text"),
        (
            ("he_normal",),
            {"layout": "oihw"},
            ArgumentError,
            "got layout='oihw'; allowed are 'by_layer', 'stored'",
        ),
        (("he_normal",), {"sead": 7}, ConfigError, "sead"),
    ],
)
def test_wrong_arguments_are_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        as_keras(*arguments, **options)


def test_an_initializer_that_no_saved_model_could_name_is_refused_at_once():
    class Mine(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    with pytest.raises(ConfigError, match="Mine"):
        as_keras(Mine())


@pytest.mark.parametrize(
    ("shape", "dtype", "error", "message"),
    [
        ((4, 3), "int32", DTypeError, "got dtype 'int32'; allowed here are float16"),
        ((4, 3), "flaot32", DTypeError, "got dtype 'flaot32'; give a name such as 'float32'"),
        ((4, 3), "float8_e4m3fn", DTypeError, "float8_e4m3fn"),
        ((-1, 3), None, ShapeError, r"got shape \(-1, 3\); a shape is an int of at least 0"),
        ((None, 3), None, ShapeError, r"got shape \(None, 3\); a shape is an int"),
        ((2.0, 3), None, ShapeError, r"got shape \(2.0, 3\); a shape is an int"),
        ("ab", None, ShapeError, "got shape 'ab'; a shape is an int"),
        ((2**40, 2**40), None, ShapeError, "that memory can hold"),
    ],
)
def test_a_wrong_shape_or_dtype_is_refused(shape, dtype, error, message):
    with pytest.raises(error, match=message):
        as_keras(HE)(shape, dtype)


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        (
            seedbed.get("orthogonal", seed=7),
            r"a/query/bias of shape \(2, 4\), which is drawn with inputs .*'stored'\) as it is stored: an",
        ),
        (
            seedbed.get("constant", value=[1.0] * 3),
            r"^a/query/bias of shape \(2, 4\): got shape \(2, 4\), to which a constant of shape \(3,\)",
        ),
    ],
)
def test_an_initializer_that_refuses_a_weight_is_named_with_its_shapes_and_path(initializer, message):
    attention = keras.layers.MultiHeadAttention(2, 4, bias_initializer=as_keras(initializer), name="a")
    with pytest.raises(ShapeError, match=message):
        attention.build((1, 3, 8), (1, 3, 8))


def test_an_initializer_that_refuses_a_part_of_a_weight_is_named_with_the_shape_of_both():
    cell = keras.layers.LSTMCell(3, bias_initializer=as_keras("orthogonal", seed=7), name="cell")
    with pytest.raises(
        ShapeError, match=r"cell/bias of shape \(12,\), a part of shape \(3,\): an orthogonal"
    ):
        cell.build((None, 4))


@pytest.mark.parametrize("called", [{}, {"dtype": "bfloat16"}])
def test_what_is_refused_takes_no_memory(called):
    refused = as_keras("constant", value=[1.0, 2.0, 3.0])
    huge = (2**30, 2**10, 4)  # 16 TiB in float32
    with pytest.raises(ShapeError, match=r"a constant of shape \(3,\) does not broadcast"):
        refused(huge, **called)


def test_parts_of_a_weight_are_drawn_as_they_are_stored():
    part = as_keras(HE)

    def halves(shape, dtype=None):
        return keras.ops.concatenate([part((shape[0] // 2, *shape[1:]), dtype), keras.ops.zeros((3, 3))])

    layer = keras.layers.EinsumDense("ab,cb->ac", (6,), kernel_initializer=halves, name="e")
    layer.build((None, 3))
    expected = HE.fold_in("e/kernel").fold_in("part of shape (3, 3)")((3, 3))
    assert_equal(values(layer.kernel)[:3], expected)


@pytest.mark.parametrize("make", [as_keras, SeedbedInitializer])
@pytest.mark.parametrize("given", [None, keras.initializers.HeNormal(seed=7), as_keras("zeros")])
def test_an_initializer_of_keras_is_refused_and_from_keras_named(make, given):
    with pytest.raises(ArgumentError, match=r"got .* of type \w+; give a name.*from_keras makes"):
        make(given)


@pytest.mark.parametrize("make", [as_keras, SeedbedInitializer])
@pytest.mark.parametrize(
    "given", [3.0, [1.0, 2.0], np.ones((2, 3)), keras.ops.ones(3), keras.Variable(np.ones(3))]
)
def test_of_values_it_is_said_how_an_initializer_is_made_of_them(make, given):
    with pytest.raises(ArgumentError, match=r"got values of type \w+; as_keras\('constant', value=\.\.\.\)"):
        make(given)
    shape = np.shape(keras.ops.convert_to_numpy(given))
    table = keras.ops.convert_to_numpy(given).tolist()
    assert values(as_keras("constant", value=table)(shape)).tolist() == table


@pytest.mark.parametrize("config", [None, {}, {"path": "a"}, {"initializer": "zeros", "sead": 7}])
def test_a_config_with_other_arguments_is_refused(config):
    with pytest.raises(ConfigError, match=r"got the config .* of a SeedbedInitializer; it is a dict with"):
        SeedbedInitializer.from_config(config)


def test_equal_ones_are_equal_and_say_what_they_are():
    assert as_keras("he_normal", seed=7) == as_keras(HE)
    assert hash(as_keras("he_normal", seed=7)) == hash(as_keras(HE))
    assert as_keras(HE) != as_keras(HE, path="a")
    assert as_keras(HE) != HE
    assert isinstance(as_keras(HE), keras.initializers.Initializer)
    text = repr(as_keras(HE, path="a", layout="stored"))
    assert text == "SeedbedInitializer(HeNormal(seed=7), path='a', layout='stored')"
    assert repr(SeedbedInitializer("zeros")) == "SeedbedInitializer(Zeros())"


SHARDED = """
import threading
import jax, keras, numpy as np, seedbed, seedbed_keras
from seedbed.models import Values
mesh = keras.distribution.DeviceMesh((2, 4), ["batch", "model"], keras.distribution.list_devices())
layouts = keras.distribution.LayoutMap(mesh)
layouts[".*kernel"] = (None, "model")
spread = keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch")
keras.distribution.set_distribution(spread)
he = seedbed.get("he_normal", seed=7)

def assert_divided(variable, expected):
    assert not variable.value.is_fully_replicated
    np.testing.assert_array_equal(variable.value, expected, strict=True)

shared, built = seedbed_keras.as_keras(he), {}
both = threading.Barrier(2)
def build(name):
    keras.distribution.set_distribution(spread)
    layer = keras.layers.Dense(2880, use_bias=False, kernel_initializer=shared, name=name)
    both.wait()
    layer.build((None, 2880))
    built[name] = layer
threads = [threading.Thread(target=build, args=(name,)) for name in ("one", "two")]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
for name, layer in built.items():
    assert_divided(layer.kernel, he.fold_in(f"{name}/kernel")((2880, 2880)))
assert len(built) == 2

head = built["one"]
draw_whole, Values.whole = Values.whole, lambda values: 1 / 0
seedbed_keras.initialize(head, {"*": "he_normal"}, seed=7, prefix="")
Values.whole = draw_whole
assert_divided(head.kernel, he.fold_in("weight")((2880, 2880)))

wide = keras.layers.Dense(8, kernel_initializer=shared, dtype="float64", name="wide")
wide.build((None, 4))
assert_divided(wide.kernel, he.fold_in("wide/kernel")((4, 8), "float64").astype("float32"))
matrix = keras.layers.Dense(8, kernel_initializer=seedbed_keras.as_keras("orthogonal", seed=7), name="matrix")
matrix.build((None, 8))
assert_divided(matrix.kernel, seedbed.get("orthogonal", seed=[7, "matrix/kernel"])((8, 8)))
"""

NNX = """
import keras, numpy as np, seedbed, seedbed_keras
he = seedbed.get("he_normal", seed=7)
head = keras.layers.Dense(4, kernel_initializer=seedbed_keras.as_keras(he), name="head")
head.build((None, 8))
assert "Nnx" in str(type(head.kernel).__mro__)
np.testing.assert_array_equal(head.kernel.value, he.fold_in("head/kernel")((8, 4)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "environment"),
    [
        (SHARDED, {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}),
        (NNX, {"KERAS_NNX_ENABLED": "1"}),
    ],
)
def test_weights_that_jax_divides_over_devices_or_keeps_as_those_of_nnx_have_the_same_bits(code, environment):
    if "NNX" in str(environment):
        framework("flax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", **environment}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment, check=True, timeout=120)
