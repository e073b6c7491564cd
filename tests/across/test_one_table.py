"""One table of cases, through NumPy, PyTorch, JAX and Keras: the same bits, or one error of one class.

Each framework brings a model with the paths that rules know, and says how a stored weight is turned into the
order in which it is drawn.
"""

import os

import ml_dtypes
import numpy as np
import pytest
from frameworks import framework

torch = framework("torch")
nnx = framework("flax.nnx", plugin="seedbed_jax")
os.environ.setdefault("KERAS_BACKEND", "jax")  # behind what skips, since all tests of a process share it
keras = framework("keras")

import jax  # noqa: E402

import seedbed  # noqa: E402
import seedbed_jax  # noqa: E402
import seedbed_keras  # noqa: E402
import seedbed_torch  # noqa: E402
from seedbed import models  # noqa: E402
from seedbed.errors import LayoutError, SeedbedError  # noqa: E402

layers, nn, RNGS = keras.layers, torch.nn, nnx.Rngs(0)


class Case:
    """What a framework's `initialize` is called with, and the weights by path as they are drawn."""

    def __init__(self, initialize, read, **options):
        self._initialize, self._read, self._options = initialize, read, options

    def drawn(self, rules, **options):
        for name, given in options.items():
            own = self._options.get(name)
            options[name] = {**own, **given} if isinstance(own, dict) else given
        self._initialize(rules, **{"prefix": "", **self._options, **options})
        return {path: np.asarray(values, dtype=np.float64) for path, values in self._read().items()}


def in_numpy(shapes, dtype=np.float32, **options):
    """Return a case of arrays, by paths."""
    arrays = {path: np.zeros(shape, dtype) for path, shape in shapes.items()}
    return Case(lambda rules, **more: models.initialize(arrays, rules, **more), lambda: arrays, **options)


def in_torch(module, turns=None, **options):
    """Return a case of a module; `turns` has the order of the axes by paths, where it is not (in, out)."""

    def read():
        found = {}
        for name, tensor in module.named_parameters():
            array = tensor.detach().to(torch.float64).numpy()
            path = name.replace(".", "/")
            found[path] = (turns or {}).get(path, lambda array: array)(array)
        return found

    return Case(lambda rules, **more: seedbed_torch.initialize(module, rules, **more), read, **options)


def in_jax(tree, names, **options):
    """Return a case of a tree; `names` has for each path where it is in the tree, and how it is turned."""
    made = {}

    def initialize(rules, **more):
        made["tree"] = seedbed_jax.initialize(tree, rules, **more)

    return Case(
        initialize, lambda: {path: np.asarray(find(made["tree"])) for path, find in names.items()}, **options
    )


def in_keras(layer, shape, names, **options):
    """Return a case of a layer that is built for `shape`."""
    if shape is not None:
        layer.build(shape)
    return Case(
        lambda rules, **more: seedbed_keras.initialize(layer, rules, **more),
        lambda: {path: keras.ops.convert_to_numpy(find(layer)) for path, find in names.items()},
        **options,
    )


class Own(nn.Module):
    def __init__(self, *shape, dtype=torch.float32, name="mix"):
        super().__init__()
        self.register_parameter(name, nn.Parameter(torch.zeros(*shape, dtype=dtype)))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
        self.head.weight = self.table.weight


class OwnLayer(layers.Layer):
    def __init__(self, shape, dtype="float32", name="own", weight="mix"):
        super().__init__(name=name, dtype=dtype)
        self._shape_of_it, self._named = shape, weight

    def build(self, shape):
        self.mix = self.add_weight(shape=self._shape_of_it, name=self._named)


@nnx.split_rngs(splits=3)
@nnx.vmap
def stack_of(rngs):
    return nnx.Linear(6, 4, use_bias=False, rngs=rngs)


def stack_of_three():
    return stack_of(nnx.Rngs(0))


def matrix(array):
    return array.reshape(array.shape[0], -1)


def turned(*order):
    return lambda array: array.transpose(order)


CASES = {
    "dense": lambda: (
        in_numpy({"weight": (6, 4), "bias": (4,)}, layouts={"weight": "dense_io"}),
        in_torch(nn.Linear(6, 4), {"weight": turned(1, 0)}),
        in_jax(
            nnx.Linear(6, 4, rngs=RNGS),
            {"weight": lambda module: module.kernel[...], "bias": lambda module: module.bias[...]},
        ),
        in_keras(
            layers.Dense(4), (None, 6), {"weight": lambda one: one.kernel, "bias": lambda one: one.bias}
        ),
    ),
    "grouped convolution": lambda: (
        in_numpy({"weight": (3, 3, 4, 6)}, layouts={"weight": {"in": 2, "out": 3, "groups": 2}}),
        in_torch(nn.Conv2d(8, 6, 3, groups=2, bias=False), {"weight": turned(2, 3, 1, 0)}),
        in_jax(
            nnx.Conv(8, 6, (3, 3), feature_group_count=2, use_bias=False, rngs=RNGS),
            {"weight": lambda module: module.kernel[...]},
        ),
        in_keras(
            layers.Conv2D(6, 3, groups=2, use_bias=False),
            (None, 5, 5, 8),
            {"weight": lambda one: one.kernel},
        ),
    ),
    "depthwise convolution": lambda: (
        in_numpy({"weight": (3, 3, 1, 8)}, layouts={"weight": {"in": 2, "out": 3, "groups": 4}}),
        in_torch(nn.Conv2d(4, 8, 3, groups=4, bias=False), {"weight": turned(2, 3, 1, 0)}),
        in_jax(
            nnx.Conv(4, 8, (3, 3), feature_group_count=4, use_bias=False, rngs=RNGS),
            {"weight": lambda module: module.kernel[...]},
        ),
        in_keras(
            layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False),
            (None, 5, 5, 4),
            {"weight": lambda one: keras.ops.reshape(one.kernel, (3, 3, 1, 8))},
        ),
    ),
    "transposed convolution": lambda: (
        in_numpy({"weight": (3, 3, 8, 6)}, layouts={"weight": "conv_hwio"}),
        in_torch(nn.ConvTranspose2d(8, 6, 3, bias=False), {"weight": turned(2, 3, 0, 1)}),
        in_jax(
            nnx.ConvTranspose(8, 6, (3, 3), use_bias=False, rngs=RNGS),
            {"weight": lambda module: module.kernel[...]},
        ),
        in_keras(
            layers.Conv2DTranspose(6, 3, use_bias=False),
            (None, 5, 5, 8),
            {"weight": lambda one: keras.ops.transpose(one.kernel, (0, 1, 3, 2))},
        ),
    ),
    "scanned dense": lambda: (
        in_numpy({"weight": (3, 6, 4)}, layouts={"weight": "experts_io"}),
        in_torch(Own(3, 4, 6, name="weight"), {"weight": turned(0, 2, 1)}, layouts={"weight": "experts_oi"}),
        in_jax(
            stack_of_three(),
            {"weight": lambda module: module.kernel[...]},
        ),
        in_keras(
            layers.EinsumDense("lbx,lxy->lby", (2, 4)),
            (3, 2, 6),
            {"weight": lambda one: one.kernel},
        ),
    ),
    "query of attention": lambda: (
        in_numpy({"query/weight": (6, 8)}, layouts={"query/weight": "dense_io"}),
        in_torch(nn.ModuleDict({"query": nn.Linear(6, 8, bias=False)}), {"query/weight": turned(1, 0)}),
        in_jax(
            {"query": nnx.LinearGeneral(6, (2, 4), use_bias=False, rngs=RNGS)},
            {"query/weight": lambda tree: matrix(tree["query"].kernel[...])},
        ),
        in_keras(
            layers.EinsumDense("abc,cde->abde", (None, 2, 4), name="query"),
            (None, 3, 6),
            {"query/weight": lambda one: keras.ops.reshape(one.kernel, (6, 8))},
            prefix="query",
        ),
    ),
    "output of attention": lambda: (
        in_numpy({"weight": (8, 6)}, layouts={"weight": "dense_io"}),
        in_torch(nn.Linear(8, 6, bias=False), {"weight": turned(1, 0)}),
        in_jax(
            nnx.LinearGeneral((2, 4), 6, axis=(-2, -1), use_bias=False, rngs=RNGS),
            {"weight": lambda module: module.kernel[...].reshape(8, 6)},
        ),
        in_keras(
            layers.EinsumDense("abde,dec->abc", (None, 6)),
            (None, 3, 2, 4),
            {"weight": lambda one: keras.ops.reshape(one.kernel, (8, 6))},
        ),
    ),
    "embedding": lambda: (
        in_numpy({"weight": (6, 4)}, layouts={"weight": "dense_io"}),
        in_torch(nn.Embedding(6, 4)),
        in_jax(nnx.Embed(6, 4, rngs=RNGS), {"weight": lambda module: module.embedding[...]}),
        in_keras(layers.Embedding(6, 4), (None, 3), {"weight": lambda one: one.embeddings}),
    ),
    "a parameter of one's own": lambda: (
        in_numpy({"mix": (4, 6)}, layouts={"mix": "dense_oi"}),
        in_torch(Own(4, 6), layouts={"mix": "dense_oi"}),
        in_jax({"mix": jax.numpy.ones((4, 6))}, {"mix": lambda tree: tree["mix"]},
               layouts={"mix": "dense_oi"}),
        in_keras(OwnLayer((4, 6)), (None, 1), {"mix": lambda one: one.mix}, layouts={"mix": "dense_oi"}),
    ),
    "bfloat16": lambda: (
        in_numpy({"mix": (4, 6)}, ml_dtypes.bfloat16),
        in_torch(Own(4, 6, dtype=torch.bfloat16), layouts={"mix": "array"}),
        in_jax({"mix": jax.numpy.ones((4, 6), "bfloat16")}, {"mix": lambda tree: tree["mix"]},
               layouts={"mix": "array"}),
        in_keras(OwnLayer((4, 6), "bfloat16"), (None, 1), {"mix": lambda one: one.mix}),
    ),
    "rename": lambda: (
        in_numpy({"a/mix": (4, 6)}, rename=lambda path: "b/mix"),
        in_torch(nn.ModuleDict({"a": Own(4, 6)}), layouts={"b/mix": "array"}, rename=lambda path: "b/mix"),
        in_jax({"a": {"mix": jax.numpy.ones((4, 6))}},
               {"a/mix": lambda tree: tree["a"]["mix"]}, layouts={"b/mix": "array"},
               rename=lambda path: "b/mix"),
        in_keras(OwnLayer((4, 6)), (None, 1), {"a/mix": lambda one: one.mix}, rename=lambda path: "b/mix"),
    ),
}  # fmt: skip

RULES = {
    "he_normal": """
        [[rules]]
        match = "*bias"
        initializer = "zeros"
        [[rules]]
        match = "*"
        initializer = "he_normal"
        """,
    "glorot_uniform": """
        [[rules]]
        match = "*bias"
        initializer = "ones"
        [[rules]]
        match = "*"
        initializer = "glorot_uniform"
        """,
    "random_normal": """
        [[rules]]
        match = "*"
        initializer = "random_normal"
        arguments = { stddev = 0.02 }
        """,
    "nested": """
        [[rules]]
        match = "*"
        initializer = "scaled"
        [rules.arguments]
        factor = 2.0
        [rules.arguments.initializer]
        class_name = "Masked"
        config = { initializer = "lecun_normal", mask = "lower_triangle" }
        """,
    "orthogonal": """
        [[rules]]
        match = "*bias"
        initializer = "zeros"
        [[rules]]
        match = "*"
        initializer = "orthogonal"
        """,
    "identity, also on a bias": """
        [[rules]]
        match = "*"
        initializer = "identity"
        """,
    "keep": """
        [[rules]]
        match = "*bias"
        initializer = "zeros"
        [[rules]]
        match = "*"
        keep = true
        """,
    "a value that no dtype has": """
        [[rules]]
        match = "*"
        initializer = "constant"
        arguments = { value = 1e300 }
        """,
}
"""One file each, which every framework reads."""

AXES = {"*bias": "zeros", "*": seedbed.get("he_normal", axes={"in": 0, "out": 2})}


def outcome(case, rules):
    """Return the weights, or the class and the text of an error."""
    try:
        return case.drawn(rules, seed=7)
    except SeedbedError as error:
        return type(error), str(error)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:the rules left something over")
def test_all_frameworks_give_the_same_bits_or_the_same_error(name, rules, tmp_path):
    cases, file = CASES[name](), tmp_path / "rules.toml"
    file.write_text(RULES[rules])
    if rules == "keep":  # what stays as it is differs, and all else is the same
        for case in cases:
            drawn = case.drawn(file, seed=7)
            assert not any(values.any() for path, values in drawn.items() if path.endswith("bias"))
        return
    expected, *others = (outcome(case, file) for case in cases)
    for other, framework_ in zip(others, ("PyTorch", "JAX", "Keras"), strict=True):
        if isinstance(expected, dict) and isinstance(other, dict):
            assert other.keys() == expected.keys(), framework_
            for path, values in expected.items():
                np.testing.assert_array_equal(other[path].reshape(values.shape), values, framework_)
        else:
            assert other == expected, framework_


@pytest.mark.parametrize("name", ["dense", "grouped convolution", "transposed convolution"])
def test_axes_that_are_not_those_of_what_is_drawn_are_refused_alike(name):
    found = {outcome(case, AXES) for case in CASES[name]()}
    assert len(found) == 1, found
    ((kind, text),) = found
    assert kind is LayoutError
    assert text.startswith(
        "weight: got axes {'in': [0], 'out': [2]} for a weight that is drawn with inputs and"
    )


def test_tied_weights_are_drawn_once_by_their_first_path():
    in_module, table = Tied(), np.zeros((6, 4), np.float32)
    seedbed_torch.initialize(in_module, {"table/*": "random_normal"}, seed=7, strict=True)
    models.initialize(
        {"table/weight": table, "head/weight": table}, {"table/*": "random_normal"}, seed=7, strict=True
    )
    np.testing.assert_array_equal(in_module.head.weight.detach().numpy(), table)


def test_a_row_of_padding_is_zero_as_padded_has_it_elsewhere():
    table = nn.Embedding(6, 4, padding_idx=2)
    seedbed_torch.initialize(table, {"*": "random_normal"}, seed=7, prefix="")
    padded = seedbed.get("padded", initializer="random_normal", index=2)
    made = seedbed_jax.initialize(nnx.Embed(6, 4, rngs=RNGS), {"*": padded}, seed=7, prefix="")
    np.testing.assert_array_equal(table.weight.detach().numpy(), np.asarray(made.embedding[...]))
