"""`initialize` and `plan`: paths, layouts, kinds, ties, state, errors, for modules of every make."""

from __future__ import annotations

import numpy as np
import pytest
from frameworks import framework

tf = framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")
snt = framework("sonnet")

import seedbed  # noqa: E402
from seedbed import models  # noqa: E402
from seedbed.errors import (  # noqa: E402
    ArgumentError,
    LayoutError,
    RulesError,
    ShapeError,
)
from seedbed_tensorflow import initialize, plan  # noqa: E402
from seedbed_tensorflow.paths import parameters  # noqa: E402

layers = tf_keras.layers
RULES = {"*": "he_normal"}
MATRIX, SPACE, TRANSPOSED = "dense_io", {"in": -2, "out": -1}, {"in": -1, "out": -2}


class Own(tf.Module):
    """A module of somebody's own."""

    def __init__(self, **attributes):
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)


def variable(*shape, dtype=tf.float32, **options):
    return tf.Variable(tf.zeros(shape, dtype), **options)


def built(layer, *inputs):
    """Return a layer of Keras or Sonnet after a call with inputs of these shapes."""
    given = [tf.zeros(shape) for shape in inputs]
    if isinstance(layer, snt.RNNCore):
        layer(*given, layer.initial_state(1))
    elif isinstance(layer, snt.BatchNorm):
        layer(*given, is_training=True)
    elif isinstance(layer, layers.Embedding | snt.Embed):
        layer(tf.zeros((1, 2), tf.int32))
    else:
        layer(*given)
    return layer


def weights(module):
    """Return the weights of a module by path."""
    return {parameter.path: parameter.variable for parameter in parameters(module)}


def assert_drawn(module, rules, told, *, layouts=None):
    """Check that a module gets the bits that arrays of NumPy get, whose layouts `told` has."""
    found = weights(module)
    arrays = {path: np.zeros(given.shape, given.dtype.as_numpy_dtype) for path, given in found.items()}
    models.initialize(arrays, rules, seed=7, layouts=told, prefix="")
    initialize(module, rules, seed=7, layouts=layouts, prefix="")
    for path, array in arrays.items():
        assert found[path].numpy().tobytes() == array.tobytes(), path


KERAS = {
    "dense": (lambda: layers.Dense(3), (2, 4), {"weight": MATRIX}, "linear"),
    "einsum dense": (
        lambda: layers.EinsumDense("btd,hed->bteh", (5, 3, 2), bias_axes="eh"),
        (1, 5, 6),
        {"weight": {"in": 2, "out": [0, 1]}, "bias": {"in": [], "out": [0, 1]}},
        "linear",
    ),
    "stacked einsum dense": (
        lambda: layers.EinsumDense("lbx,lxy->lby", (2, 4)),
        (3, 2, 6),
        {"weight": {"in": 1, "out": 2, "batch": [0]}},
        "linear",
    ),
    "convolution": (
        lambda: layers.Conv2D(6, 3, groups=2),
        (1, 5, 5, 4),
        {"weight": {**SPACE, "groups": 2}},
        "conv",
    ),
    "convolution of sequences": (lambda: layers.Conv1D(6, 3), (1, 5, 4), {"weight": SPACE}, "conv"),
    "transposed convolution": (
        lambda: layers.Conv2DTranspose(6, 3),
        (1, 5, 5, 4),
        {"weight": TRANSPOSED},
        "conv",
    ),
    "transposed convolution of volumes": (
        lambda: layers.Conv3DTranspose(2, 3),
        (1, 4, 4, 4, 3),
        {"weight": TRANSPOSED},
        "conv",
    ),
    "depthwise convolution": (
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
        (1, 5, 5, 4),
        {"weight": {"in": [], "out": [2, 3], "groups": 4}},
        "conv",
    ),
    "separable convolution": (
        lambda: layers.SeparableConv2D(6, 3),
        (1, 5, 5, 4),
        {"depthwise_kernel": {"in": [], "out": [2, 3], "groups": 4}, "pointwise_kernel": SPACE},
        "conv",
    ),
    "embedding": (lambda: layers.Embedding(6, 4), (1, 2), {"weight": "embedding"}, "embedding"),
    "lstm": (
        lambda: layers.LSTM(3),
        (1, 2, 4),
        {"lstm_cell/weight": MATRIX, "lstm_cell/recurrent_kernel": MATRIX},
        "recurrent",
    ),
    "gru": (
        lambda: layers.GRU(3),
        (1, 2, 4),
        {"gru_cell/weight": MATRIX, "gru_cell/recurrent_kernel": MATRIX, "gru_cell/bias": "array"},
        "recurrent",
    ),
    "lstm of images": (
        lambda: layers.ConvLSTM2D(3, 2),
        (1, 2, 4, 4, 3),
        {"conv_lstm_cell/weight": SPACE, "conv_lstm_cell/recurrent_kernel": SPACE},
        "recurrent",
    ),
    "batch normalization": (layers.BatchNormalization, (2, 4), {}, "norm"),
    "layer normalization of two axes": (
        lambda: layers.LayerNormalization(axis=(1, 2)),
        (2, 4, 3),
        {"weight": "array", "bias": "array"},
        "norm",
    ),
    "activation": (layers.PReLU, (2, 4, 3), {"alpha": "array"}, "activation"),
}

SONNET = {
    "linear": (lambda: snt.Linear(3), (2, 4), {"weight": MATRIX}, "linear"),
    "convolution": (lambda: snt.Conv2D(6, 3), (1, 5, 5, 4), {"weight": SPACE}, "conv"),
    "convolution of sequences": (lambda: snt.Conv1D(6, 3), (1, 5, 4), {"weight": SPACE}, "conv"),
    "transposed convolution": (
        lambda: snt.Conv2DTranspose(6, 3),
        (1, 5, 5, 4),
        {"weight": TRANSPOSED},
        "conv",
    ),
    "depthwise convolution": (
        lambda: snt.DepthwiseConv2D(3, channel_multiplier=2),
        (1, 5, 5, 4),
        {"weight": {"in": [], "out": [2, 3], "groups": 4}},
        "conv",
    ),
    "table": (lambda: snt.Embed(6, 4), (1, 2), {"weight": "embedding"}, "embedding"),
    "lstm": (
        lambda: snt.LSTM(3, projection_size=2),
        (1, 4),
        {"w_i": MATRIX, "w_h": MATRIX, "projection": MATRIX},
        "recurrent",
    ),
    "gru": (lambda: snt.GRU(3), (1, 4), {"w_i": MATRIX, "w_h": MATRIX}, "recurrent"),
    "vanilla": (
        lambda: snt.VanillaRNN(3),
        (1, 4),
        {"input_to_hidden/weight": MATRIX, "hidden_to_hidden/weight": MATRIX},
        "recurrent",
    ),
    "batch normalization": (lambda: snt.BatchNorm(create_scale=True, create_offset=True), (2, 4), {}, "norm"),
    "layer normalization": (
        lambda: snt.LayerNorm(axis=-1, create_scale=True, create_offset=True),
        (2, 4),
        {},
        "norm",
    ),
}

CASES = {**{f"keras: {name}": case for name, case in KERAS.items()},
         **{f"sonnet: {name}": case for name, case in SONNET.items()}}  # fmt: skip

DRAWS = {
    "he_normal": {"*bias": "zeros", "*": "he_normal"},
    "glorot_uniform": {"*bias": "ones", "*": "glorot_uniform"},
    "random_normal": {"*": "random_normal"},
}


@pytest.mark.parametrize("rules", DRAWS)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:the rules left something over")
def test_a_layer_has_the_bits_that_arrays_of_that_layout_have(name, rules):
    make, inputs, told, _ = CASES[name]
    assert_drawn(built(make(), inputs), DRAWS[rules], told)


@pytest.mark.parametrize("name", CASES)
def test_all_weights_of_a_layer_are_of_its_kind_and_others_of_its_class_too(name):
    make, inputs, _, kind = CASES[name]
    layer = built(make(), inputs)
    plan(layer, [{"match": "*", "kind": kind, "initializer": "zeros"}], seed=7, strict=True, prefix="")
    assert {parameter.told.kind for parameter in parameters(layer)} == {kind}


def test_a_subclass_of_a_layer_tells_of_the_weights_of_the_layer_and_not_of_its_own():
    class Mine(snt.LSTM):
        def __init__(self):
            super().__init__(3)
            self.mix = variable(2, 3)

    told = {parameter.path: parameter.told for parameter in parameters(built(Mine(), (1, 4)))}
    assert (told["w_i"].kind, told["w_i"].layout) != (None, None)
    assert (told["mix"].kind, told["mix"].layout) == (None, None)


def test_the_axes_of_a_module_of_ones_own_are_not_known_and_warned_of_or_refused():
    module = Own(mix=variable(4, 3))
    with pytest.warns(UserWarning, match=r"what the axes of mix \(4, 3\) are"):
        initialize(module, {"*": "random_normal"}, seed=7)
    with pytest.raises(LayoutError, match=r"^mix: .* needs fans"):
        initialize(module, RULES, seed=7)
    initialize(module, RULES, seed=7, layouts={"mix": "dense_oi"})
    expected = seedbed.get("he_normal", seed=[7, "mix"])((3, 4)).T
    np.testing.assert_array_equal(module.mix.numpy(), expected)


class Block(tf_keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.attention = layers.MultiHeadAttention(2, 4)
        self.up = [layers.Dense(8) for _ in range(2)]
        self._norm = layers.LayerNormalization()
        self.heads = {"mean": snt.Linear(3)}

    def call(self, inputs):
        outputs = self.attention(inputs, inputs)
        for layer in self.up:
            outputs = layer(outputs)
        return self.heads["mean"](self._norm(outputs)[:, 0])


def block():
    model = Block()
    model(tf.zeros((1, 3, 8)))
    return model


def test_paths_have_the_attributes_of_own_modules_and_the_names_of_layers_within_those_of_keras():
    inner = tf_keras.Sequential([tf_keras.Input((4,)), layers.Dense(3, name="head")])
    model = Own(block=block(), inner=inner, mlp=built(snt.nets.MLP([4, 3]), (1, 2)), own=[variable(3)])
    assert set(weights(model)) == {
        "own/0",
        *(
            f"block/attention/{part}/{leaf}"
            for part in ("query", "key", "value", "attention_output")
            for leaf in ("weight", "bias")
        ),
        *(f"block/{layer}/{leaf}" for layer in ("up/0", "up/1", "_norm") for leaf in ("weight", "bias")),
        *("block/heads/mean/weight", "block/heads/mean/bias"),
        *("inner/head/weight", "inner/head/bias"),
        *(f"mlp/layers/{n}/{leaf}" for n in (0, 1) for leaf in ("weight", "bias")),
    }


def test_paths_do_not_depend_on_what_else_the_process_has_built():
    first, second = weights(block()), weights(block())
    assert list(first) == list(second)
    assert [*first.values()][1].name != ""


def test_patterns_may_have_tensorflows_own_names():
    model = block()
    found = plan(model, {"*/kernel": "he_normal", "block*/dense*/bias": "zeros", "*/b": "ones"}, seed=7)
    assert "up/0/weight" in found.initializers
    found = plan(Own(head=built(snt.Linear(3), (1, 4))), {"head/w": "he_normal", "*": "zeros"}, seed=7)
    assert list(found.initializers) == ["head/weight", "head/bias"]


@pytest.mark.slow
def test_state_is_no_weight():
    model = built(
        tf_keras.Sequential([layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.1)]), (2, 4)
    )
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 4)), np.zeros((4, 3)), verbose=0)
    optimizer, linear = snt.optimizers.Adam(), built(snt.Linear(2), (1, 3))
    optimizer.apply([tf.zeros_like(v) for v in linear.trainable_variables], linear.trainable_variables)
    module = Own(
        model=model,
        norm=built(snt.BatchNorm(create_scale=False, create_offset=True), (2, 4)),
        optimizer=optimizer,
        linear=linear,
        step=tf.Variable(0),
        rate=tf.Variable(0.1, trainable=False),
    )
    assert {path.partition("/")[0] for path in weights(module)} == {"model", "norm", "linear"}
    assert [path for path in weights(module) if path.startswith("norm")] == ["norm/bias"]
    state = [v.numpy() for v in (*model.non_trainable_variables, *optimizer.variables)]
    assert len(weights(module)) == 7
    initialize(module, {"*": "ones"}, seed=7, strict=True)
    for before, after in zip(state, (*model.non_trainable_variables, *optimizer.variables), strict=True):
        np.testing.assert_array_equal(before, after.numpy())


def test_a_frozen_layer_is_initialized():
    dense = built(layers.Dense(3, trainable=False), (1, 4))
    assert list(weights(dense)) == ["weight", "bias"]


def test_a_variable_at_several_places_is_one_weight_whose_other_names_match():
    table = built(snt.Embed(6, 4), (1,))
    module = Own(table=table, head=Own(w=table.embeddings), again=table)
    assert list(weights(module)) == ["table/weight"]
    for pattern in ("table/weight", "head/w", "again/weight", "*/embeddings"):
        found = plan(module, {pattern: "random_normal"}, seed=7, strict=True)
        assert found.initializers["table/weight"] == seedbed.get("random_normal", seed=[7, "table/weight"])


class Wrapper(layers.Wrapper):
    """A layer that has the weight of the one within too, as `SpectralNormalization` has."""

    def build(self, shape):
        super().build(shape)
        self.w = self.layer.kernel

    def call(self, inputs):
        return self.layer(inputs)


def test_the_weight_within_a_wrapper_of_keras_is_that_of_the_layer_within():
    wrapper = built(Wrapper(layers.Dense(3)), (2, 4))
    found = parameters(wrapper)
    assert [parameter.path for parameter in found] == ["layer/weight", "layer/bias"]
    assert "kernel" in found[0].others
    both = built(layers.Bidirectional(layers.LSTM(3, name="memory")), (1, 2, 4))
    assert "forward_memory/lstm_cell/weight" in weights(both)


class Loose(layers.Layer):
    """A layer whose weights have no names, or the same."""

    def build(self, shape):
        self.first = self.add_weight(shape=(3,))
        self.many = [self.add_weight(shape=(2,)) for _ in range(2)]
        self.named = [self.add_weight(name="mix", shape=(2,)) for _ in range(2)]

    def call(self, inputs):
        return inputs


def test_weights_without_names_or_of_one_name_have_paths_of_their_own():
    assert list(weights(built(Loose(), (1, 2)))) == ["first", "many/0", "many/1", "mix", "mix:1"]


def test_a_slice_of_a_large_variable_is_written_at_its_place():
    module = Own(table=variable(3_000, 2_000), turned=variable(2_000, 3_000))
    told = {"table": "dense_io", "turned": "dense_oi"}
    assert_drawn(module, {"*": "random_normal"}, told, layouts=told)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.complex64])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (1,) * 8 + (2,)])
@pytest.mark.filterwarnings("ignore:nothing tells what")
def test_a_variable_of_any_dtype_and_rank_is_drawn(shape, dtype):
    module = Own(mix=variable(*shape, dtype=dtype))
    assert_drawn(module, {"*": "random_normal"}, {})


def test_what_was_read_before_keeps_its_values_and_reads_copy_nothing_afterwards():
    given = tf.zeros((600, 1_000))
    module = Own(mix=tf.Variable(given))
    read = module.mix.read_value()
    initialize(module, {"*": "ones"}, seed=7)
    assert not given.numpy().any()
    assert not read.numpy().any()
    assert module.mix.numpy().all()
    again = [module.mix.read_value() for _ in range(2)]
    first, second = (np.asarray(memoryview(one)).ctypes.data for one in again)
    assert first == second  # one memory, that of the variable
    initialize(module, {"*": "zeros"}, seed=7)
    assert again[0].numpy().all()


def test_mixed_precision_keeps_the_weights_as_they_are():
    dense = layers.Dense(3, dtype=tf_keras.mixed_precision.Policy("mixed_bfloat16"))
    dense.build((None, 4))
    assert_drawn(dense, RULES, {"weight": MATRIX})
    assert dense.kernel.dtype == tf.float32


@pytest.mark.slow
def test_a_mobile_net_by_rules_is_equal_in_two_builds():
    rules = {"*/bias": "zeros", "*bn*/weight": "ones", "*BN*/weight": "ones", "*": "he_normal"}

    def initialized():
        model = tf_keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), alpha=0.35)
        found = initialize(model, rules, seed=7)
        return found, {path: given.numpy() for path, given in weights(model).items()}

    (first, here), (second, there) = initialized(), initialized()
    assert str(first) == str(second)
    assert len(here) == 158
    for path, values in here.items():
        np.testing.assert_array_equal(values, there[path], path)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (lambda: 3, "^got 3 of type int; give a tf.Module"),
        (Own, "^Own 'own' has no weights that are trained; build it first"),
        (lambda: snt.Linear(3), "^Linear 'linear' has no weights that are"),
        (lambda: Own(step=tf.Variable(0)), "State, such as what is not trainable, is left as it is"),
    ],
)
def test_what_has_no_weights_is_refused(module, message):
    with pytest.raises(ArgumentError, match=message):
        initialize(module(), RULES, seed=7)


def test_a_layer_without_weights_yet_is_warned_of_or_refused():
    module = Own(one=built(snt.Linear(3), (1, 4)), two=snt.Linear(3), three=layers.Dense(4))
    with pytest.warns(UserWarning, match="have no weights yet.*: two, three; call the model first"):
        initialize(module, RULES, seed=7)
    with pytest.raises(RulesError, match="have no weights yet"):
        plan(module, RULES, seed=7, strict=True)


def test_a_layer_of_keras_3_is_refused():
    import keras

    if keras.__version__.startswith("2."):
        pytest.skip("Keras is Keras 2")
    with pytest.raises(ArgumentError, match=r"'head' is a layer of Keras 3, .*seedbed_keras\.init"):
        initialize(Own(own=variable(3), head=keras.layers.Dense(3)), RULES, seed=7)


def test_a_graph_is_refused():
    module = Own(mix=variable(3))

    @tf.function(autograph=False)
    def traced():
        initialize(module, RULES, seed=7)

    with pytest.raises(ArgumentError, match=r"outside of tf\.function"):
        traced()


@pytest.mark.parametrize(("shape", "what"), [([None, 3], "size of axis 0"), (None, "rank")])
def test_a_variable_of_unknown_shape_is_refused_with_its_path(shape, what):
    module = Own(mix=tf.Variable(tf.zeros((2, 3)), shape=tf.TensorShape(shape)))
    with pytest.raises(ShapeError, match=rf"^mix: .*whose {what} is not known"):
        initialize(module, RULES, seed=7)


@pytest.mark.parametrize(
    ("rules", "options", "error", "message"),
    [
        ({"*": "he_normol"}, {}, RulesError, "he_normal"),
        ({"*": "orthogonal"}, {}, ShapeError, "^bias: "),
        ({"*/nothing": "zeros"}, {"strict": True}, RulesError, "nothing"),
        (RULES, {"layouts": {"wrong": "dense_io"}}, LayoutError, "matches no weight"),
        (RULES, {"seed": None}, ArgumentError, "seed"),
        (RULES, {"strict": 1}, ArgumentError, "strict"),
        (RULES, {"progress": 1}, ArgumentError, "progress"),
        (RULES, {"shard": {"*": 3}}, ArgumentError, "shard"),
    ],
)
def test_nothing_is_changed_after_an_error(rules, options, error, message):
    dense = built(layers.Dense(3, bias_initializer="ones"), (1, 4))
    before = [given.numpy() for given in dense.variables]
    with pytest.raises(error, match=message):
        initialize(dense, rules, **{"seed": 7, "prefix": "", **options})
    for old, new in zip(before, dense.variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_a_part_of_a_larger_weight_is_its_part():
    module = Own(mix=variable(2, 4))
    options = {"layouts": {"*": "dense_io"}, "shard": {"*": ((6, 4), (slice(2, 4),))}}
    initialize(module, RULES, seed=7, **options)
    whole = seedbed.get("he_normal", seed=[7, "mix"])((6, 4))
    np.testing.assert_array_equal(module.mix.numpy(), whole[2:4])


def test_a_model_that_is_one_layer_is_warned_of_without_a_prefix():
    dense = built(layers.Dense(3), (1, 4))
    with pytest.warns(UserWarning, match="give prefix="):
        initialize(dense, RULES, seed=7)
    found = plan(dense, RULES, seed=7, prefix="head", rename=lambda path: path.replace("head", "top"))
    assert list(found.initializers) == ["top/weight", "top/bias"]


def test_modules_that_all_have_each_other_are_found_in_time():
    modules = [Own(mix=variable(2)) for _ in range(8)]
    for module in modules:
        module.others = modules
    assert len(weights(modules[0])) == 8
