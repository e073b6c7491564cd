"""`as_tf` in variables, in layers of Keras 2, in Sonnet, and in graphs: streams, parts, dtypes, errors."""

from __future__ import annotations

import copy
import functools
import gc
import logging
import pickle

import numpy as np
import pytest
from frameworks import framework

tf = framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")
snt = framework("sonnet")

import seedbed  # noqa: E402
from seedbed.errors import (  # noqa: E402
    ArgumentError,
    ConfigError,
    DTypeError,
    ShapeError,
    UnknownNameError,
)
from seedbed_tensorflow import SeedbedInitializer, UnknownWeightError, adapter, as_tf, asking  # noqa: E402

HE = seedbed.get("he_normal", seed=7)
layers = tf_keras.layers
OLD = tf.compat.v1


def assert_equal(found, expected):
    found = found.numpy()
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


def built(layer, *shape):
    layer.build(shape)
    return layer


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
def test_a_weight_has_the_bits_that_numpy_has_for_its_path(dtype):
    dense = built(layers.Dense(3, kernel_initializer=as_tf(HE), name="head", dtype=dtype), None, 4)
    assert_equal(dense.kernel, HE.fold_in("head/kernel")((4, 3), dtype))


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_float16", "mixed_bfloat16", "float16"])
def test_a_policy_of_dtypes_sets_the_dtype_of_the_weight(policy):
    given = tf_keras.mixed_precision.Policy(policy)
    dense = built(layers.Dense(3, kernel_initializer=as_tf(HE), name="head", dtype=given), None, 4)
    assert_equal(dense.kernel, HE.fold_in("head/kernel")((4, 3), given.variable_dtype))


@pytest.mark.parametrize("dtype", [None, "float32", tf.float16, tf.bfloat16, np.float64])
def test_called_by_hand_it_gives_what_the_initializer_gives(dtype):
    assert_equal(as_tf("he_normal", seed=7)((4, 3), dtype), HE((4, 3), dtype))


@pytest.mark.parametrize(
    "shape", [3, (), [4, 3], (0, 3), tf.TensorShape([4, 3]), tf.constant([4, 3]), np.array([4, 3])]
)
def test_a_shape_is_an_int_or_ints_or_one_of_tensorflows(shape):
    plain = shape.numpy().tolist() if isinstance(shape, tf.Tensor) else shape
    assert_equal(as_tf(HE)(shape), HE(plain))


def test_a_variable_draws_from_the_stream_of_its_name_and_scopes():
    shared = as_tf(HE)
    with tf.name_scope("encoder"):
        one = tf.Variable(functools.partial(shared, (4, 3)), name="w")
    two = tf.Variable(lambda: shared((4, 3)), name="w")
    assert_equal(one, HE.fold_in("encoder/w")((4, 3)))
    assert_equal(two, HE.fold_in("w")((4, 3)))


def test_a_variable_of_get_variable_draws_from_the_stream_of_its_name():
    one = OLD.get_variable("by_get_variable", (4, 3), initializer=as_tf(HE))
    assert_equal(one, HE.fold_in("by_get_variable")((4, 3)))


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_in_a_graph_a_variable_and_each_part_of_one_are_those_of_the_whole(parts):
    with tf.Graph().as_default(), OLD.Session() as session:
        with OLD.variable_scope("encoder", partitioner=OLD.fixed_size_partitioner(parts)):
            whole = tf.convert_to_tensor(OLD.get_variable("w", (5, 3), initializer=as_tf(HE)))
        session.run(OLD.global_variables_initializer())
        np.testing.assert_array_equal(session.run(whole), HE.fold_in("encoder/w")((5, 3)))


@pytest.mark.parametrize("name", ["he_normal", "orthogonal"])
def test_a_part_that_a_strategy_asks_for_is_that_of_the_whole(name):
    whole = seedbed.get(name, seed=7)((6, 4))
    part = as_tf(name, seed=7)((6, 4), partition_shape=tf.TensorShape([2, 4]), partition_offset=(3, 0))
    assert_equal(part, whole[3:5])


def attention_and_more(initializer):
    return tf_keras.Sequential(
        [
            tf_keras.Input((6, 8)),
            Attended(initializer, name="attended"),
            layers.LSTM(
                8,
                kernel_initializer=initializer,
                recurrent_initializer=initializer,
                bias_initializer=initializer,
                return_sequences=True,
                name="memory",
            ),
            layers.Bidirectional(
                layers.GRU(4, kernel_initializer=initializer, recurrent_initializer="zeros", name="gru"),
                name="both",
            ),
            layers.Dense(8, kernel_initializer=initializer, name="head"),
        ],
        name="model",
    )


@tf_keras.utils.register_keras_serializable(package="seedbed_tests")
class Attended(layers.Layer):
    def __init__(self, initializer, **options):
        super().__init__(**options)
        self.initializer = tf_keras.initializers.get(initializer)
        self.attention = layers.MultiHeadAttention(2, 4, kernel_initializer=initializer, name="attention")
        self.up = [layers.Dense(8, kernel_initializer=initializer, name=f"up_{n}") for n in range(2)]

    def call(self, inputs):
        return self.up[1](self.up[0](self.attention(inputs, inputs)))

    def get_config(self):
        initializer = tf_keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "initializer": initializer}


def drawn(model):
    """Return the values of a model whose weights an initializer of ours drew, by name."""
    found = {weight.name: weight.numpy() for weight in model.weights}
    return {name: values for name, values in found.items() if values.any()}


def test_no_two_weights_get_the_same_values_though_all_share_one_initializer():
    found = drawn(attention_and_more(as_tf("random_normal", seed=7)))
    assert len(found) == 12
    assert len({float(values.ravel()[0]) for values in found.values()}) == len(found)


def test_streams_do_not_depend_on_what_is_built_before():
    one = drawn(attention_and_more(as_tf(HE)))
    built(layers.Dense(3, kernel_initializer=as_tf(HE)), None, 4)
    two = drawn(attention_and_more(as_tf(HE)))
    assert one.keys() == two.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name], name)
    np.testing.assert_array_equal(one["head/kernel:0"], HE.fold_in("head/kernel")((8, 8)))


def test_layers_that_are_built_by_hand_have_their_names_in_the_paths():
    shared = as_tf(HE)
    for name in ("one", "two"):
        dense = built(layers.Dense(3, kernel_initializer=shared, name=name), None, 4)
        assert_equal(dense.kernel, HE.fold_in(f"{name}/kernel")((4, 3)))


def test_kernels_are_drawn_with_inputs_before_outputs_or_as_they_are_stored():
    stored = built(
        layers.Conv2DTranspose(6, 3, kernel_initializer=as_tf(HE, layout="stored"), name="up"), None, 5, 5, 8
    )
    assert_equal(stored.kernel, HE.fold_in("up/kernel")((3, 3, 6, 8)))
    turned = built(layers.Conv2DTranspose(6, 3, kernel_initializer=as_tf(HE), name="up"), None, 5, 5, 8)
    assert_equal(turned.kernel, HE.fold_in("up/kernel")((3, 3, 8, 6)).transpose(0, 1, 3, 2))
    kernel = np.arange(4.0).reshape(1, 1, 2, 2).tolist()
    array = as_tf("constant", value=kernel)
    given = built(layers.Conv2DTranspose(2, 1, kernel_initializer=array), None, 5, 5, 2)
    assert given.kernel.numpy().tolist() == kernel
    depth = built(layers.DepthwiseConv2D(3, depthwise_initializer=as_tf(HE), name="d"), None, 5, 5, 64)
    assert depth.depthwise_kernel.numpy().std() == pytest.approx(np.sqrt(2 / 9), rel=0.1)


def test_the_parts_of_which_a_layer_makes_a_weight_are_not_of_one_stream():
    cell = built(layers.LSTMCell(3, bias_initializer=as_tf("random_normal", seed=7), name="cell"), None, 4)
    bias = cell.bias.numpy()
    np.testing.assert_array_equal(bias[3:6], 1)  # of the gate that forgets
    assert np.unique(bias).size == 10


class Loose(layers.Layer):
    """A layer whose weights have no names, or the same."""

    def __init__(self, initializer, **options):
        super().__init__(**options)
        self.initializer = initializer

    def build(self, shape):
        self.own = [self.add_weight(shape=(4, 3), initializer=self.initializer) for _ in range(2)]
        self.state = self.add_weight(shape=(4, 3), initializer=self.initializer, trainable=False)
        self.named = [self.add_weight("mix", shape=(4, 3), initializer=self.initializer) for _ in range(2)]


def test_weights_of_a_layer_without_names_or_of_one_name_have_streams_of_their_own():
    loose = built(Loose(as_tf(HE), name="loose"), None, 4)
    made = [*loose.own, loose.state, *loose.named]
    for weight, last in zip(made, ["variable:0", "variable:1", "state:0", "mix", "mix:1"], strict=True):
        assert_equal(weight, HE.fold_in(f"loose/{last}")((4, 3)))


def test_weights_of_one_path_and_one_initializer_are_warned_of_at_the_callers_line():
    shared = as_tf(HE)
    first = built(layers.Dense(3, kernel_initializer=shared, name="up"), None, 4)
    with pytest.warns(UserWarning, match=r"the path up/kernel and the shape \(4, 3\)") as caught:
        second = built(layers.Dense(3, kernel_initializer=shared, name="up"), None, 4)
    assert [warning.filename for warning in caught] == [__file__]
    assert_equal(first.kernel, second.kernel.numpy())
    del first, second


def test_variables_of_one_name_are_warned_of_where_they_were_given_initializers_of_one_seed():
    kept = tf.Variable(lambda: as_tf("he_normal", seed="w")((4, 3)), name="w")
    with pytest.warns(UserWarning, match="the path w ") as caught:
        tf.Variable(lambda: as_tf("he_normal", seed="w")((4, 3)), name="w")
    assert [warning.filename for warning in caught] == [__file__]
    assert kept.shape == (4, 3)


def test_a_second_variable_of_what_one_initializer_gives_by_hand_is_warned_of_once_at_the_callers_line():
    shared = as_tf(HE)
    first = tf.Variable(shared((4, 3)))
    with pytest.warns(UserWarning, match=r"by hand what a tf\.Variable of shape \(4, 3\) has") as caught:
        second = tf.Variable(shared((4, 3)))
    assert [warning.filename for warning in caught] == [__file__]
    assert_equal(first, second.numpy())
    tf.Variable(shared((4, 3)))


def test_tensors_by_hand_and_variables_that_are_gone_or_have_other_values_are_not_warned_of():
    shared = as_tf(HE)
    for _ in range(20):
        shared((4, 3))
    other, trained = as_tf(HE), tf.Variable(as_tf(HE)((3, 3)))
    for _ in range(2):
        tf.Variable(other((4, 3)))
    trained.assign_add(tf.ones((3, 3)))
    kept = [trained, tf.Variable(shared((3, 3))), tf.Variable(shared((3, 4))), tf.Variable(shared((0, 3)))]
    kept += [tf.Variable(shared((0, 3))), tf.Variable(shared((3, 3), "float64"))]
    assert np.array_equal(shared.initializer((3, 3)), kept[1].numpy())
    for same in (as_tf(HE, path="mine"), as_tf("ones"), as_tf("he_normal")):
        kept += [tf.Variable(same((4, 3))), tf.Variable(same((4, 3)))]


def test_what_has_drawn_is_not_kept_longer_than_its_weight():
    gc.collect()
    before = len(adapter._DRAWN)
    variable = tf.Variable(lambda: as_tf(HE)((4, 3)), name="gone")
    assert len(adapter._DRAWN) == before + 1
    del variable
    gc.collect()
    assert len(adapter._DRAWN) == before


def test_copies_and_layers_that_are_gone_and_what_draws_alike_on_purpose_are_not_warned_of():
    shared = as_tf(HE)
    for initializer in (shared, copy.deepcopy(shared), as_tf(HE, path="mine"), as_tf("ones")):
        for _ in range(2):
            built(layers.Dense(3, kernel_initializer=initializer, name="up"), None, 4)
    for _ in range(2):
        tf.Variable(lambda: shared((4, 3)), name="w")


def test_sonnet_asks_before_there_is_a_variable_and_is_refused_unless_a_path_is_given():
    for shared in (as_tf(HE), as_tf("he_normal", seed="x")):
        with pytest.raises(UnknownWeightError, match=r"as Sonnet .* use seedbed_tensorflow\.initialize"):
            snt.Linear(3, w_init=shared)(tf.zeros((1, 4)))
    linear = snt.Linear(3, w_init=as_tf(HE, path="head/w"), b_init=as_tf("ones"))
    linear(tf.zeros((1, 4)))
    assert_equal(linear.w, HE.fold_in("head/w")((4, 3)))
    assert linear.b.numpy().all()
    unseeded = snt.Linear(3, w_init=as_tf("he_normal"))
    unseeded(tf.zeros((1, 4)))
    assert unseeded.w.numpy().any()


def test_a_variable_without_a_name_is_refused():
    with pytest.raises(UnknownWeightError, match="give the variable a name"):
        tf.Variable(lambda: as_tf(HE)((4, 3)))


def test_where_tensorflow_makes_variables_otherwise_they_are_refused_and_never_drawn_equal(monkeypatch):
    monkeypatch.setattr(asking, "_MAKING", "renamed")
    with pytest.raises(UnknownWeightError, match="give the variable a name"):
        tf.Variable(lambda: as_tf(HE)((4, 3)), name="w")


@pytest.mark.parametrize("jit", [False, True])
def test_a_traced_function_has_the_same_values_and_autograph_says_nothing(jit, caplog, recwarn):
    tf.autograph.set_verbosity(0)
    made = []

    @tf.function(jit_compile=jit)
    def traced(inputs):
        if not made:
            made.append(layers.Dense(3, kernel_initializer=as_tf(HE), name="traced"))
        return made[0](inputs) + inputs @ as_tf(HE)((4, 3))

    with caplog.at_level(logging.WARNING):
        found = traced(tf.eye(4))
    np.testing.assert_allclose(found, HE.fold_in("traced/kernel")((4, 3)) + HE((4, 3)), rtol=1e-6)
    assert not [record for record in caplog.records if "AutoGraph" in record.getMessage()]
    assert not recwarn.list


def test_without_a_seed_it_is_refused_in_a_traced_function_and_in_a_graph():
    @tf.function(autograph=False)
    def traced():
        return as_tf("he_normal")((4, 3))

    with pytest.raises(ArgumentError, match="has no seed and is called in a graph"):
        traced()
    with tf.Graph().as_default(), pytest.raises(ArgumentError, match="a constant of the trace"):
        OLD.get_variable("w", (4, 3), initializer=as_tf("he_normal"))
    assert not np.array_equal(as_tf("he_normal")((4, 3)), as_tf("he_normal")((4, 3)))


def test_a_shape_that_is_not_known_yet_is_refused():
    @tf.function(autograph=False, input_signature=[tf.TensorSpec([2], tf.int32)])
    def traced(shape):
        return as_tf(HE)(shape)

    with pytest.raises(ShapeError, match="not known while TensorFlow traces"):
        traced(tf.constant([4, 3]))
    with pytest.raises(ShapeError, match="whose size of axis 0 is not known"):
        as_tf(HE)(tf.TensorShape([None, 3]))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (("he_normol",), {}, UnknownNameError, "he_normal"),
        ((lambda shape, dtype=None: None,), {}, ArgumentError, "with which a model can be saved"),
        ((None,), {}, ArgumentError, "got None of type NoneType; give a name"),
        ((tf_keras.initializers.HeNormal(),), {}, ArgumentError, "of type HeNormal; give a name"),
        (("he_normal",), {"path": 3}, ArgumentError, "got path=3; give text"),
        (("he_normal",), {"path": ""}, ArgumentError, "got path=''; give text"),
        (("he_normal",), {"layout": "oihw"}, ArgumentError, "got layout='oihw'; allowed are 'by_layer'"),
        (("he_normal",), {"sead": 7}, ConfigError, "sead"),
    ],
)
def test_wrong_arguments_are_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        as_tf(*arguments, **options)


@pytest.mark.parametrize(
    ("shape", "dtype", "error", "message"),
    [
        ((4, 3), tf.int32, DTypeError, "got dtype 'int32'; allowed here are float16"),
        ((4, 3), "flaot32", DTypeError, "flaot32"),
        ((-1, 3), None, ShapeError, "-1"),
        ("ab", None, ShapeError, "ab"),
    ],
)
def test_a_wrong_shape_or_dtype_is_refused(shape, dtype, error, message):
    with pytest.raises(error, match=message):
        as_tf(HE)(shape, dtype)


def test_an_initializer_that_refuses_a_weight_is_named_with_its_path():
    with pytest.raises(ShapeError, match=r"^head/bias of shape \(3,\): "):
        built(layers.Dense(3, bias_initializer=as_tf("orthogonal", seed=7), name="head"), None, 4)


def test_equal_ones_are_equal_and_can_be_copied_and_pickled():
    one = as_tf("he_normal", seed=7, path="a", layout="stored")
    built(layers.Dense(3, kernel_initializer=one), None, 4)
    for other in (copy.deepcopy(one), pickle.loads(pickle.dumps(one)),
                  SeedbedInitializer.from_config(one.get_config())):  # fmt: skip
        assert other == one
        assert hash(other) == hash(one)
    assert one != as_tf(HE)
    assert one != HE
    assert isinstance(one, tf_keras.initializers.Initializer)
    assert repr(one) == "SeedbedInitializer(HeNormal(seed=7), path='a', layout='stored')"


@pytest.mark.parametrize("config", [None, {}, {"path": "a"}, {"initializer": "zeros", "sead": 7}])
def test_a_config_with_other_arguments_is_refused(config):
    with pytest.raises(ConfigError, match=r"got the config .* of a SeedbedInitializer; it is a dict with"):
        SeedbedInitializer.from_config(config)
