"""The kit's check of adapters, on this one: what MLX has is what NumPy's arrays get."""

import ml_dtypes
import numpy as np
import pytest
from frameworks import framework

mx = framework("mlx.core", plugin="seedbed_mlx")

from mlx import nn  # noqa: E402
from mlx.utils import tree_flatten  # noqa: E402

import seedbed_mlx  # noqa: E402
from seedbed.testing import check_adapter  # noqa: E402

pytestmark = pytest.mark.slow


class InMlx:
    plan = staticmethod(seedbed_mlx.plan)

    def initialize(self, model, rules, **options):
        seedbed_mlx.initialize(model, rules, **options)
        return model

    def arrays(self, model):
        found = tree_flatten(model.parameters(), destination={})
        return {name.replace(".", "/"): as_numpy(array) for name, array in found.items()}


def as_numpy(array):
    if array.dtype == mx.bfloat16:
        return np.array(array.view(mx.uint16)).view(ml_dtypes.bfloat16)
    return np.array(array)


class Of(nn.Module):
    """A module of these parts."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def tied():
    table = nn.Embedding(6, 4)
    return Of(table=table, head=table)


def of_dtype(dtype):
    return lambda: Of(weight=mx.ones((6, 4)).astype(dtype)), {"weight": "array"}


MODELS = {
    "dense": (lambda: nn.Linear(6, 4), {"weight": "linear", "bias": "array"}),
    "grouped_conv": (
        lambda: nn.Conv2d(8, 6, (3, 5), groups=2, bias=False),
        {"weight": {"in": 3, "out": 0, "groups": 2}},
    ),
    "depthwise_conv": (
        lambda: nn.Conv2d(4, 8, (3, 5), groups=4, bias=False),
        {"weight": {"in": 3, "out": 0, "groups": 4}},
    ),
    "transposed_conv": (lambda: nn.ConvTranspose2d(8, 6, (3, 5), bias=False), {"weight": "conv_ohwi"}),
    "attention": (
        lambda: Of(query=nn.Linear(6, 8, bias=False), output=nn.Linear(8, 6, bias=False)),
        {"query/weight": "linear", "output/weight": "linear"},
    ),
    "experts": (lambda: Of(weight=mx.zeros((3, 4, 6))), {"weight": "experts_oi"}),
    "embedding": (lambda: nn.Embedding(6, 4), {"weight": "embedding"}),
    "norm": (lambda: nn.LayerNorm(4), {"weight": "array", "bias": "array"}),
    "recurrent": (lambda: nn.RNN(6, 4), {"Wxh": "linear", "Whh": "linear", "bias": "array"}),
    "own_parameter": (lambda: Of(weight=mx.zeros((4, 6))), {"weight": "linear"}),
    "tied": (tied, {"table/weight": "embedding", "head/weight": "embedding"}),
    "float16": of_dtype(mx.float16),
    "bfloat16": of_dtype(mx.bfloat16),
    "float64": of_dtype(mx.float64),
    "complex64": of_dtype(mx.complex64),
}

LACKING = {
    "scanned_dense": "MLX has no layer whose weights are a stack.",
    "parts": "An array of MLX is whole.",
    "read_only": "An array of MLX is replaced.",
    "complex128": "MLX has no complex128.",
}


def twin(case):
    if case in LACKING:
        raise NotImplementedError(LACKING[case])
    make, layouts = MODELS[case]
    return make(), layouts


@pytest.mark.filterwarnings("ignore:the rules left something over")
def test_the_adapter_keeps_to_what_numpy_gets():
    report = check_adapter(InMlx(), twin)
    assert {
        result.check: result.detail for result in report.results if result.outcome == "skipped"
    } == LACKING
    assert not [result.check for result in report.results if result.outcome == "passed" and result.detail]
