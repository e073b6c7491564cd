"""The kit's check of adapters, on the packages for PyTorch, JAX and Keras, and what each framework lacks."""

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

import seedbed_jax  # noqa: E402
import seedbed_keras  # noqa: E402
import seedbed_torch  # noqa: E402
from seedbed.testing import check_adapter  # noqa: E402

pytestmark = pytest.mark.slow

layers, nn, RNGS = keras.layers, torch.nn, nnx.Rngs(0)
NUMBERS = ("float16", "bfloat16", "float64", "complex64", "complex128")


class InTorch:
    plan = staticmethod(seedbed_torch.plan)

    def initialize(self, model, rules, **options):
        seedbed_torch.initialize(model, rules, **options)
        return model

    def arrays(self, model):
        found = model.named_parameters(remove_duplicate=False)
        return {name.replace(".", "/"): as_numpy(tensor.detach()) for name, tensor in found}


def as_numpy(tensor):
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.uint16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


class OwnModule(nn.Module):
    def __init__(self, *shape, dtype="float32"):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(*shape, dtype=getattr(torch, dtype)))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
        self.head.weight = self.table.weight


def read_only():
    module = nn.Linear(6, 4)
    module.weight = nn.Parameter(torch.zeros(1, 6).expand(4, 6), requires_grad=False)
    return module


def attention(dense):
    return {"query": dense(6, 8), "output": dense(8, 6)}


TORCH = {
    "dense": (lambda: nn.Linear(6, 4), {"weight": "linear", "bias": "array"}),
    "grouped_conv": (
        lambda: nn.Conv2d(8, 6, (3, 5), groups=2, bias=False),
        {"weight": {"in": 1, "out": 0, "groups": 2}},
    ),
    "depthwise_conv": (
        lambda: nn.Conv2d(4, 8, (3, 5), groups=4, bias=False),
        {"weight": {"in": 1, "out": 0, "groups": 4}},
    ),
    "transposed_conv": (
        lambda: nn.ConvTranspose2d(8, 6, (3, 5), bias=False),
        {"weight": "conv_transpose"},
    ),
    "attention": (
        lambda: nn.ModuleDict(attention(lambda *sizes: nn.Linear(*sizes, bias=False))),
        {"query/weight": "linear", "output/weight": "linear"},
    ),
    "experts": (lambda: OwnModule(3, 4, 6), {"weight": "experts_oi"}),
    "embedding": (lambda: nn.Embedding(6, 4), {"weight": "embedding"}),
    "norm": (lambda: nn.LayerNorm(4), {"weight": "array", "bias": "array"}),
    "recurrent": (
        lambda: nn.RNN(6, 4),
        {"weight_ih_l0": "linear", "weight_hh_l0": "linear", "bias_ih_l0": "array", "bias_hh_l0": "array"},
    ),
    "own_parameter": (lambda: OwnModule(4, 6), {"weight": "linear"}),
    "tied": (Tied, {"table/weight": "embedding", "head/weight": "embedding"}),
    "read_only": (read_only, {"weight": "linear", "bias": "array"}),
    **{dtype: (lambda dtype=dtype: OwnModule(6, 4, dtype=dtype), {"weight": "array"}) for dtype in NUMBERS},
}


class InJax:
    initialize = staticmethod(seedbed_jax.initialize)
    plan = staticmethod(seedbed_jax.plan)

    def arrays(self, model):
        tree = nnx.state(model, nnx.Param) if isinstance(model, nnx.Module) else model
        leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
        return {path_of(keys): np.asarray(leaf) for keys, leaf in leaves}


def path_of(keys):
    names = [str(getattr(key, "key", getattr(key, "name", key))) for key in keys]
    names = [name for name in names if name != "value"]
    last = {"kernel": "weight", "embedding": "weight", "scale": "weight"}
    return "/".join([*names[:-1], last.get(names[-1], names[-1])])


@nnx.split_rngs(splits=3)
@nnx.vmap
def stack(rngs):
    return nnx.Linear(6, 4, use_bias=False, rngs=rngs)


JAX = {
    "dense": (lambda: nnx.Linear(6, 4, rngs=RNGS), {"weight": "dense_io", "bias": "array"}),
    "grouped_conv": (
        lambda: nnx.Conv(8, 6, (3, 5), feature_group_count=2, use_bias=False, rngs=RNGS),
        {"weight": {"in": 2, "out": 3, "groups": 2}},
    ),
    "depthwise_conv": (
        lambda: nnx.Conv(4, 8, (3, 5), feature_group_count=4, use_bias=False, rngs=RNGS),
        {"weight": {"in": 2, "out": 3, "groups": 4}},
    ),
    "transposed_conv": (
        lambda: nnx.ConvTranspose(8, 6, (3, 5), use_bias=False, rngs=RNGS),
        {"weight": "conv_hwio"},
    ),
    "scanned_dense": (lambda: stack(nnx.Rngs(0)), {"weight": "experts_io"}),
    "attention": (
        lambda: {
            "query": nnx.LinearGeneral(6, (2, 4), use_bias=False, rngs=RNGS),
            "output": nnx.LinearGeneral((2, 4), 6, axis=(-2, -1), use_bias=False, rngs=RNGS),
        },
        {"query/weight": {"in": 0, "out": (1, 2)}, "output/weight": {"in": (0, 1), "out": 2}},
    ),
    "experts": (lambda: {"weight": jax.numpy.ones((3, 6, 4))}, {"weight": "experts_io"}),
    "embedding": (lambda: nnx.Embed(6, 4, rngs=RNGS), {"weight": "dense_io"}),
    "norm": (lambda: nnx.LayerNorm(4, rngs=RNGS), {"weight": "array", "bias": "array"}),
    "recurrent": (
        lambda: nnx.SimpleCell(6, 4, rngs=RNGS),
        {"dense_i/weight": "dense_io", "dense_h/weight": "dense_io", "dense_i/bias": "array"},
    ),
    "own_parameter": (lambda: {"weight": jax.numpy.ones((4, 6))}, {"weight": "dense_oi"}),
    **{
        dtype: (lambda dtype=dtype: {"weight": jax.numpy.ones((6, 4), dtype)}, {"weight": "array"})
        for dtype in ("float16", "bfloat16", "complex64")
    },
}


class InKeras:
    """Models are layers, each with its weights by path."""

    def initialize(self, model, rules, **options):
        seedbed_keras.initialize(model[0], rules, **options)
        return model

    def plan(self, model, rules, **options):
        return seedbed_keras.plan(model[0], rules, **options)

    def arrays(self, model):
        layer, names = model
        return {path: np.asarray(keras.ops.convert_to_numpy(find(layer))) for path, find in names.items()}


class OwnLayer(layers.Layer):
    def __init__(self, *shape, dtype="float32"):
        super().__init__(dtype=dtype)
        self._shape_of_it = shape

    def build(self, shape):
        self.weight = self.add_weight(shape=self._shape_of_it, name="weight")


def built(make, shape, **names):
    """Return a function that builds a layer, and the names of its weights by path."""

    def make_and_build():
        layer = make()
        layer.build(shape)
        return layer, {path: lambda layer, name=name: getattr(layer, name) for path, name in names.items()}

    return make_and_build


def attention_in_keras():
    query = layers.EinsumDense("abc,cde->abde", (None, 2, 4), name="query")
    output = layers.EinsumDense("abde,dec->abc", (None, 6), name="output")
    model = keras.Sequential([keras.Input((3, 6)), query, output])
    return model, {
        "query/weight": lambda model: model.layers[0].kernel,
        "output/weight": lambda model: model.layers[1].kernel,
    }


def recurrent_in_keras():
    keras.backend.clear_session()  # or else the name of the cell has a number
    layer = layers.SimpleRNN(4)
    layer.build((None, 5, 6))
    return layer, {
        "simple_rnn_cell/weight": lambda layer: layer.cell.kernel,
        "simple_rnn_cell/recurrent_kernel": lambda layer: layer.cell.recurrent_kernel,
        "simple_rnn_cell/bias": lambda layer: layer.cell.bias,
    }


KERNEL = {"weight": "kernel"}
KERAS = {
    "dense": (
        built(lambda: layers.Dense(4), (None, 6), weight="kernel", bias="bias"),
        {"weight": "dense_io", "bias": "array"},
    ),
    "grouped_conv": (
        built(lambda: layers.Conv2D(6, (3, 5), groups=2, use_bias=False), (None, 7, 7, 8), **KERNEL),
        {"weight": {"in": 2, "out": 3, "groups": 2}},
    ),
    "depthwise_conv": (
        built(
            lambda: layers.DepthwiseConv2D((3, 5), depth_multiplier=2, use_bias=False),
            (None, 7, 7, 4),
            **KERNEL,
        ),
        {"weight": {"in": (), "out": (2, 3), "groups": 4}},
    ),
    "transposed_conv": (
        built(lambda: layers.Conv2DTranspose(6, (3, 5), use_bias=False), (None, 7, 7, 8), **KERNEL),
        {"weight": {"in": 3, "out": 2}},
    ),
    "scanned_dense": (
        built(lambda: layers.EinsumDense("lbx,lxy->lby", (2, 4)), (3, 2, 6), **KERNEL),
        {"weight": "experts_io"},
    ),
    "attention": (
        attention_in_keras,
        {"query/weight": {"in": 0, "out": (1, 2)}, "output/weight": {"in": (0, 1), "out": 2}},
    ),
    "experts": (built(lambda: OwnLayer(3, 4, 6), (None, 1), weight="weight"), {"weight": "experts_oi"}),
    "embedding": (
        built(lambda: layers.Embedding(6, 4), (None, 3), weight="embeddings"),
        {"weight": "dense_io"},
    ),
    "norm": (
        built(layers.LayerNormalization, (None, 4), weight="gamma", bias="beta"),
        {"weight": "array", "bias": "array"},
    ),
    "recurrent": (
        recurrent_in_keras,
        {
            "simple_rnn_cell/weight": "dense_io",
            "simple_rnn_cell/recurrent_kernel": "dense_io",
            "simple_rnn_cell/bias": "array",
        },
    ),
    "own_parameter": (built(lambda: OwnLayer(4, 6), (None, 1), weight="weight"), {"weight": "dense_oi"}),
    **{
        dtype: (
            built(lambda dtype=dtype: OwnLayer(6, 4, dtype=dtype), (None, 1), weight="weight"),
            {"weight": "array"},
        )
        for dtype in ("float16", "bfloat16")
    },
}


def twin_of(models):
    def twin(case):
        if case not in models:
            return None
        make, layouts = models[case]
        return make(), layouts

    return twin


@pytest.mark.parametrize(
    ("adapter", "models", "lacking"),
    [
        (InTorch, TORCH, {"scanned_dense", "parts"}),
        # One variable of nnx at two places is an error, and arrays of JAX cannot be written to anyway.
        (InJax, JAX, {"tied", "parts", "read_only", "float64", "complex128"}),
        (
            InKeras,
            KERAS,
            {"tied", "parts", "read_only", "float64", "complex64", "complex128"},
        ),
    ],
    ids=["torch", "jax", "keras"],
)
def test_an_adapter_keeps_to_what_numpy_gets(adapter, models, lacking):
    report = check_adapter(adapter(), twin_of(models))
    skipped = {result.check for result in report.results if result.outcome == "skipped"}
    assert skipped == lacking
    assert not [result.check for result in report.results if result.outcome == "passed" and result.detail]
