"""`initialize`: rules for the weights of a model, on the backend that is set."""

from __future__ import annotations

import os

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

from keras_models import KERAS_WARNINGS, functional, sequential, subclassed, values  # noqa: E402

import seedbed  # noqa: E402
from seedbed.errors import ArgumentError, LayoutError, RulesError, ShapeError  # noqa: E402
from seedbed_keras import as_keras, initialize, models, plan  # noqa: E402

pytestmark = [KERAS_WARNINGS, pytest.mark.filterwarnings("ignore:the rules left something over")]
HE = seedbed.get("he_normal", seed=7)
RULES = {"*/bias": "zeros", "*/norm/weight": "ones", "*": "he_normal"}


def test_paths_have_the_attributes_of_ones_own_layers_and_the_names_within_those_of_keras():
    plan = initialize(subclassed("zeros"), RULES, seed=7)
    assert list(plan.initializers) == [
        *(
            f"attention/{part}/{leaf}"
            for part in ("query", "key", "value", "attention_output")
            for leaf in ("weight", "bias")
        ),
        *(f"stack/{n}/{leaf}" for n in range(2) for leaf in ("weight", "bias")),
        *("loose/first", "loose/second"),
    ]
    assert plan.unmatched == ()
    assert plan.unused[0].startswith("*/norm/weight -> Ones(): matches no parameter")


def test_weights_have_the_bits_of_their_paths_in_the_layout_of_their_layers():
    model = subclassed("zeros")
    assert initialize(model, RULES, seed=7).initializers["stack/0/weight"] == HE.fold_in("stack/0/weight")
    np.testing.assert_array_equal(values(model.stack[0].kernel), HE.fold_in("stack/0/weight")((6, 6)))
    query = HE.fold_in("attention/query/weight")((6, 8)).reshape(6, 2, 4)
    np.testing.assert_array_equal(values(model.attention.query_dense.kernel), query)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_are_drawn_in_their_own_dtype(dtype):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="head", dtype=dtype)])
    initialize(model, RULES, seed=7)
    found, expected = values(model.weights[0]), HE.fold_in("head/weight")((4, 3), dtype)
    assert (found.dtype, found.tobytes()) == (expected.dtype, expected.tobytes())


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64:UserWarning")
def test_float64_is_drawn_as_such_and_kept_as_keras_keeps_it_by_as_keras_and_by_rules():
    dense = keras.layers.Dense(
        3, use_bias=False, kernel_initializer=as_keras(HE), name="head", dtype="float64"
    )
    dense.build((None, 4))
    one, drawn = values(dense.kernel), HE.fold_in("head/kernel")((4, 3), "float64")
    np.testing.assert_array_equal(one, drawn.astype(one.dtype))
    assert (one != HE.fold_in("head/kernel")((4, 3))).any()
    initialize(dense, {"*": "he_normal"}, seed=7, prefix="")
    two, drawn = values(dense.kernel), HE.fold_in("weight")((4, 3), "float64")
    np.testing.assert_array_equal(two, drawn.astype(two.dtype))


def test_a_transposed_convolution_is_drawn_with_its_inputs_before_its_outputs():
    model = sequential("zeros")
    initialize(model, RULES, seed=7)
    kernel = next(values(v) for v in model.weights if v.path == "convolutions/up/kernel")
    np.testing.assert_array_equal(kernel, HE.fold_in("up/weight")((3, 3, 4, 6)).transpose(0, 1, 3, 2))


def test_an_array_of_values_is_that_of_what_is_drawn_as_for_every_framework():
    model = sequential("zeros")
    table = np.arange(54.0 * 4, dtype="float32").reshape(3, 3, 4, 6)
    initialize(model, {"up/weight": seedbed.get("constant", value=table)}, seed=7)
    kernel = next(values(v) for v in model.weights if v.path == "convolutions/up/kernel")
    np.testing.assert_array_equal(kernel, table.transpose(0, 1, 3, 2))


def test_state_is_left_as_it_is_also_in_a_layer_that_is_frozen():
    model = sequential("zeros")
    norm = model.get_layer("norm")
    norm.trainable = False
    plan = initialize(model, {"*": "random_normal"}, seed=7)
    assert {path for path in plan.initializers if path.startswith("norm")} == {"norm/weight", "norm/bias"}
    assert values(norm.gamma).std() > 0
    np.testing.assert_array_equal(values(norm.moving_variance), 1)


def test_paths_do_not_depend_on_what_else_was_built():
    one = initialize(subclassed("zeros"), RULES, seed=7)
    keras.layers.Dense(3).build((None, 4))
    assert initialize(subclassed("zeros"), RULES, seed=7) == one
    inner = initialize(functional("zeros"), RULES, seed=7)
    assert "inner/stack/1/weight" in inner.initializers
    assert "table/weight" in inner.initializers


@pytest.mark.parametrize(
    "pattern", ["stack/1/weight", "stack/1/kernel", "stack.1.weight", "*/dense_1/kernel"]
)
def test_a_weight_is_meant_by_each_of_its_names(pattern):
    plan = initialize(subclassed("zeros"), {pattern: "ones"}, seed=7)
    assert list(plan.initializers) == ["stack/1/weight"]


def test_what_no_rule_matches_is_reported_and_left_as_it_is():
    model = subclassed("zeros")
    with pytest.warns(UserWarning, match="attention/query/weight: no rule matches") as caught:
        plan = initialize(model, {"stack/*": "ones", "*/wieght": "ones"}, seed=7)
    assert [warning.filename for warning in caught] == [__file__]
    assert "attention/query/weight" in plan.unmatched
    assert "did you mean 'weight'?" in plan.unused[0]
    assert not values(model.attention.query_dense.kernel).any()
    assert values(model.stack[1].kernel).all()


@pytest.mark.parametrize(
    "given",
    [
        as_keras("he_normal"),
        keras.initializers.HeNormal(),
        keras.initializers.HeNormal,
        keras.saving.serialize_keras_object(as_keras("he_normal")),
        keras.saving.serialize_keras_object(keras.initializers.HeNormal()),
    ],
    ids=["ours", "theirs", "a class", "ours in a file", "theirs in a file"],
)
@pytest.mark.parametrize("as_pairs", [False, True])
def test_rules_may_have_initializers_of_keras(given, as_pairs):
    rules = [(["*/bias"], "zeros"), ("*", given)] if as_pairs else {"*/bias": "zeros", "*": given}
    plan = initialize(subclassed("zeros"), rules, seed=7)
    assert plan == initialize(subclassed("zeros"), {"*/bias": "zeros", "*": "he_normal"}, seed=7)
    assert plan.initializers["stack/0/weight"] == HE.fold_in("stack/0/weight")


@pytest.mark.parametrize("rules", [{}, [3], "nowhere.toml", None, [("*",)]])
def test_malformed_rules_are_refused(rules):
    with pytest.raises(RulesError, match=r"rule|nowhere\.toml"):
        initialize(subclassed("zeros"), rules, seed=7)


def test_where_it_is_strict_what_is_left_over_is_an_error_before_any_weight_has_changed():
    model = subclassed("zeros")
    with pytest.raises(RulesError, match="attention/query/weight: no rule matches"):
        initialize(model, {"stack/*": "ones"}, seed=7, strict=True)
    assert not values(model.stack[1].kernel).any()


def test_an_initializer_that_refuses_a_weight_is_an_error_before_any_weight_has_changed():
    model = subclassed("zeros")
    rules = {"stack/*/bias": seedbed.get("constant", value=[1.0, 2.0]), "*": "ones"}
    with pytest.raises(ShapeError, match=r"stack/0/bias: got shape \(6,\), to which a constant"):
        initialize(model, rules, seed=7)
    assert not any(values(variable).any() for variable in model.weights)


def test_a_bias_of_attention_is_a_vector_as_elsewhere():
    model = subclassed("zeros")
    with pytest.raises(ShapeError, match=r"attention/query/bias: an orthogonal matrix needs at least 2 axes"):
        initialize(model, {"attention/query/bias": "orthogonal", "*": "ones"}, seed=7)
    assert not any(values(variable).any() for variable in model.weights)


def test_a_path_has_private_attributes_of_ones_own_layers_too():
    class Private(keras.Model):
        def __init__(self):
            super().__init__(name="private")
            self._up, self._rest = keras.layers.Dense(4), [keras.layers.Dense(4)]

        def call(self, inputs):
            return self._rest[0](self._up(inputs))

    model = Private()
    model(np.zeros((1, 4), "float32"))
    plan = initialize(model, {"*/bias": "zeros", "*": "he_normal"}, seed=7)
    assert list(plan.initializers) == ["_up/weight", "_up/bias", "_rest/0/weight", "_rest/0/bias"]


def test_a_subclass_of_a_layer_of_keras_keeps_the_names_of_the_layers_that_keras_made():
    class Attention(keras.layers.MultiHeadAttention):
        pass

    class Tower(keras.Sequential):
        pass

    attention = Attention(2, 4)
    attention.build((1, 3, 8), (1, 3, 8))
    assert "query/weight" in initialize(attention, RULES, seed=7).initializers
    tower = Tower([keras.Input((4,)), keras.layers.Dense(3, name="head")])
    assert list(initialize(tower, RULES, seed=7).initializers) == ["head/weight", "head/bias"]


@pytest.mark.parametrize("pattern", ["depth/*", "weight", "depth.kernel"])
def test_a_kernel_that_a_wrapper_has_too_is_that_of_the_layer_that_made_it(pattern):
    inner = keras.layers.DepthwiseConv2D(3, name="depth")
    wrapper = keras.layers.SpectralNormalization(inner, name="spectral")
    wrapper.build((None, 8, 8, 4))
    plan = initialize(wrapper, {pattern: "he_normal", "*": "zeros"}, seed=7)
    assert list(plan.initializers) == ["depth/weight", "depth/bias"]
    axes = {"preset": "conv_hwio", "groups": 4}
    drawn = seedbed.get(HE, axes=axes).fold_in("depth/weight")((3, 3, 1, 4)).reshape(3, 3, 4, 1)
    np.testing.assert_array_equal(values(inner.kernel), drawn)


def test_the_scales_of_float8_are_left_as_they_are():
    dense = keras.layers.Dense(3, name="head")
    dense.build((None, 4))
    dense.quantize("float8")
    assert list(initialize(dense, {"*": "random_normal"}, seed=7, prefix="").initializers) == [
        "weight",
        "bias",
    ]
    np.testing.assert_array_equal(values(dense.kernel_scale), 1)


def test_a_model_of_which_all_is_quantized_is_refused_with_the_reason():
    dense = keras.layers.Dense(3, use_bias=False, name="head")
    dense.build((None, 4))
    dense.quantize("int8")
    with pytest.raises(ArgumentError, match="Dense 'head' has no weights that are trained, only state such"):
        initialize(dense, RULES, seed=7)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="only PyTorch has a device without memory")
def test_a_model_without_memory_is_refused():
    dense = keras.layers.Dense(3, name="head")
    with keras.device("meta"):
        dense.build((None, 4))
    with pytest.raises(ArgumentError, match="Dense 'head' has weights on the meta device, such as weight"):
        initialize(dense, RULES, seed=7)


@pytest.mark.parametrize("given", [None, "model", keras.Model, np.ones(3), [keras.layers.ReLU()]])
def test_what_is_no_layer_is_refused(given):
    with pytest.raises(ArgumentError, match=r"got .* of type \w+; give a model or a layer of Keras that has"):
        initialize(given, RULES, seed=7)


@pytest.mark.parametrize("build", [False, True])
def test_a_model_without_weights_is_refused(build):
    model = keras.Sequential([keras.layers.ReLU() if build else keras.layers.Dense(3)], name="empty")
    if build:
        model.build((None, 4))
    with pytest.raises(ArgumentError, match="Sequential 'empty' has no weights; build it first"):
        initialize(model, RULES, seed=7)


def test_two_weights_of_one_path_are_refused():
    class Twice(keras.layers.Layer):
        def build(self, input_shape):
            self.one = self.add_weight(shape=(2,), name="kernel")
            self.two = self.add_weight(shape=(2,), name="gamma")

    layer = Twice(name="twice")
    layer.build((None, 4))
    with pytest.raises(RulesError, match=r"'twice/kernel' and 'twice/gamma' have one path, 'weight'"):
        initialize(layer, RULES, seed=7)


def test_a_weight_that_layers_share_is_drawn_once():
    class Tied(keras.Model):
        def __init__(self):
            super().__init__(name="tied")
            self.head = self.table = keras.layers.Embedding(5, 3, name="table")

        def call(self, inputs):
            return self.table(inputs)

    model = Tied()
    model(np.zeros((1, 2), "int32"))
    assert list(initialize(model, RULES, seed=7).initializers) == ["head/weight"]


def test_a_large_weight_takes_no_second_array_where_memory_can_be_reached():
    if keras.backend.backend() == "jax":
        pytest.skip("an array of JAX is never written to")
    layer = keras.layers.Dense(64, use_bias=False, name="head")
    layer.build((None, 32))
    before = layer.kernel.value
    initialize(layer, {"*": "he_normal"}, seed=7, prefix="")
    assert layer.kernel.value is before
    np.testing.assert_array_equal(values(layer.kernel), HE.fold_in("weight")((32, 64)))


KINDS = {
    "linear": [
        (keras.layers.Dense(3), (None, 4)),
        (keras.layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"), (None, 4)),
        (keras.layers.MultiHeadAttention(2, 4), (None, 3, 4), (None, 3, 4)),
        (keras.layers.GroupQueryAttention(4, 2, 2), (None, 3, 4), (None, 3, 4)),
    ],
    "conv": [
        (keras.layers.Conv1D(3, 2), (None, 8, 4)),
        (keras.layers.Conv2DTranspose(3, 2), (None, 8, 8, 4)),
        (keras.layers.DepthwiseConv2D(3), (None, 8, 8, 4)),
        (keras.layers.SeparableConv1D(3, 2), (None, 8, 4)),
    ],
    "embedding": [(keras.layers.Embedding(5, 3), (None, 4))],
    "norm": [
        (keras.layers.BatchNormalization(), (None, 4)),
        (keras.layers.LayerNormalization(), (None, 4)),
        (keras.layers.GroupNormalization(2), (None, 4)),
        *(
            [(keras.layers.RMSNormalization(), (None, 4))]
            if hasattr(keras.layers, "RMSNormalization")
            else []
        ),
    ],
    "recurrent": [
        (keras.layers.LSTM(3), (None, 5, 4)),
        (keras.layers.GRU(3), (None, 5, 4)),
        (keras.layers.SimpleRNN(3), (None, 5, 4)),
        (keras.layers.ConvLSTM1D(3, 2), (None, 5, 8, 4)),
        (keras.layers.Bidirectional(keras.layers.LSTM(3)), (None, 5, 4)),
    ],
    "activation": [(keras.layers.PReLU(), (None, 4))],
}


@pytest.mark.parametrize(("kind", "layer"), [(kind, case) for kind, cases in KINDS.items() for case in cases])
def test_rules_may_ask_for_the_kind_of_every_layer_of_keras_that_has_weights(kind, layer):
    layer, *shapes = layer
    layer.build(*shapes)
    assert {models._weight(parameter).kind for parameter in models._parameters(layer)} == {kind}


def test_the_factors_of_lora_are_linear():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Embedding(5, 3, name="table")])
    model.get_layer("table").enable_lora(2)
    kinds = {one.path: models._weight(one).kind for one in models._parameters(model)}
    assert kinds == {
        "table/lora_embeddings_a": "linear",
        "table/lora_embeddings_b": "linear",
    } or kinds == {"table/weight": "embedding", **dict.fromkeys(list(kinds)[1:], "linear")}


def test_the_weight_of_ones_own_layer_has_no_kind_that_a_rule_may_ask_for():
    class Mine(keras.layers.Dense):
        def build(self, input_shape):
            super().build(input_shape)
            self.mix = self.add_weight(shape=(2,), name="mix", initializer="zeros")

    mine = Mine(3)
    mine.build((None, 4))
    kinds = {one.path: models._weight(one).kind for one in models._parameters(mine)}
    assert kinds == {"weight": "linear", "bias": "linear", "mix": None}
    assert models._weight(models._parameters(subclassed("zeros"))[-1]).kind is None


class Shared(keras.Model):
    """A model of which two parts have one layer, and a third the weight of that alone."""

    def __init__(self):
        super().__init__(name="shared")
        table = keras.layers.Embedding(5, 3, name="table")
        self.encoder = keras.Sequential([table], name="encoder")
        self.decoder = keras.Sequential([table], name="decoder")
        self.head = Head(table, name="head")

    def call(self, inputs):
        return self.head(self.encoder(inputs) + self.decoder(inputs))


class Head(keras.layers.Layer):
    def __init__(self, table, **options):
        super().__init__(**options)
        self.of = [table]

    def build(self, input_shape):
        self.kernel = self.of[0].embeddings
        self.bias = self.add_weight(shape=(5,), name="bias", initializer="zeros")

    def call(self, inputs):
        return keras.ops.matmul(inputs, keras.ops.transpose(self.kernel)) + self.bias


def test_a_shared_weight_has_its_names_at_other_places_and_a_rule_for_one_of_these_is_used():
    model = Shared()
    model(np.zeros((1, 2), "int32"))
    table, bias = models._parameters(model)
    assert table.path == "decoder/table/weight"
    assert {"encoder/table/weight", "head/of/0/weight", "head/weight"} <= {*table.ties}
    assert (bias.path, bias.ties) == ("head/bias", ())
    rules = {"decoder/*": "he_normal", "encoder/*": "ones", "*/bias": "zeros"}
    assert not initialize(model, rules, seed=7).unused


class Twice(keras.Model):
    """A model that has one layer by two attributes, and in a list."""

    def __init__(self):
        super().__init__(name="twice")
        self.table = keras.layers.Dense(4, use_bias=False)
        self.head = self.table
        self.blocks = [self.table, keras.layers.Dense(4, use_bias=False)]

    def call(self, inputs):
        return self.head(self.blocks[1](self.table(inputs)))


def test_a_layer_of_several_attributes_is_tied_by_each_and_its_first_in_the_alphabet_names_the_stream():
    model = Twice()
    model(np.zeros((1, 4), "float32"))
    one, two = sorted(models._parameters(model), key=lambda parameter: parameter.path)
    assert one.path == "blocks/0/weight"
    assert {"head/weight", "table/weight"} <= {*one.ties}
    assert (two.path, two.ties) == ("blocks/1/weight", ())
    found = initialize(model, {"head/*": "ones", "*": "he_normal"}, seed=7, strict=True)
    assert repr(found.initializers["blocks/0/weight"]) == "Ones()"


def test_a_part_of_a_weight_gets_the_values_that_it_has_in_the_whole():
    whole = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, use_bias=False, name="head")])
    initialize(whole, {"*": "he_normal"}, seed=7)
    part = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, use_bias=False, name="head")])
    shard = {"head/*": ((4, 6), (slice(None), slice(3, 6)))}
    assert plan(part, {"*": "he_normal"}, seed=7, shard=shard).initializers
    initialize(part, {"*": "he_normal"}, seed=7, shard=shard)
    np.testing.assert_array_equal(values(part.weights[0]), values(whole.weights[0])[:, 3:])


class Experts(keras.layers.Layer):
    """A layer of one's own, of whose weight with three axes nothing tells what they are."""

    def build(self, shape):
        self.mix = self.add_weight(shape=(3, shape[-1], 4), name="mix")

    def call(self, inputs):
        return inputs


def test_a_weight_of_ones_own_with_many_axes_is_told_where_fans_count():
    model = keras.Sequential([keras.Input((6,)), Experts(name="own")])
    with pytest.raises(LayoutError, match=r"nothing tells what the axes of own/mix \(3, 6, 4\) are"):
        initialize(model, {"*": "he_normal"}, seed=7, strict=True)
    with pytest.warns(UserWarning, match="nothing tells what the axes of own/mix"):
        initialize(model, {"*": "he_normal"}, seed=7)
    initialize(model, {"*": "random_normal"}, seed=7, strict=True)
    plan = initialize(model, {"*": "he_normal"}, seed=7, strict=True, layouts={"own/mix": "experts_io"})
    assert "fan_in=6" in str(plan)
