"""What the package adds to the catalogue: PyTorch's initializers under its names, without PyTorch."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework
from torch_bits import same

import seedbed
from seedbed.errors import ArgumentError, DTypeError, ShapeError

torch = framework("torch")

from torch import nn  # noqa: E402

from seedbed_torch import init_  # noqa: E402


def test_every_function_of_pytorch_has_an_entry_of_its_name():
    for name in vars(nn.init):
        if name.endswith("_") and not name.startswith("_"):
            assert seedbed.catalogue().entry(f"torch.nn.init.{name}").provider == "seedbed-torch"


def test_listing_and_drawing_import_no_pytorch():
    program = (
        "import sys, seedbed\n"
        "assert [entry for entry in seedbed.catalogue() if entry.provider == 'seedbed-torch']\n"
        "seedbed.get('torch_dirac')((2, 3)), seedbed.get('torch_sparse', sparsity=0.5)((2, 3))\n"
        "assert 'seedbed_torch_entries.dirac' in sys.modules\n"
        "assert 'torch' not in sys.modules and 'seedbed_torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def variance(name, shape, **arguments):
    return float(seedbed.get(name, seed=7, **arguments)(shape, "float64").var())


@pytest.mark.parametrize(
    ("name", "layer", "bound"),
    [
        ("torch.nn.Linear.weight", nn.Linear(40, 300), 1 / math.sqrt(40)),
        ("torch.nn.Conv2d.weight", nn.Conv2d(20, 300, 3), 1 / math.sqrt(180)),
        ("torch.nn.ConvTranspose2d.weight", nn.ConvTranspose2d(300, 20, 3), 1 / math.sqrt(180)),
    ],
)
def test_layers_get_what_pytorch_gives_them(name, layer, bound):
    def reach():
        return float(layer.weight.detach().abs().max())

    assert 0.99 * bound < reach() <= bound
    init_(layer.weight, name, seed=7, layout=layer)
    assert 0.99 * bound < reach() <= bound


def test_presets_have_the_defaults_of_the_functions():
    assert seedbed.get("torch.nn.init.normal_", seed=7) == seedbed.get("random_normal", stddev=1.0, seed=7)
    assert seedbed.get("torch_uniform", seed=7) == seedbed.get(
        "random_uniform", minval=0.0, maxval=1.0, seed=7
    )
    trunc = seedbed.get("torch.nn.init.trunc_normal_", stddev=0.02, seed=7)
    assert trunc == seedbed.get("truncated_normal", stddev=0.02, bounds="absolute", seed=7)
    assert seedbed.get("torch_kaiming_normal", seed=7) != seedbed.get("he_normal", seed=7)
    assert abs(variance("torch_kaiming_normal", (100, 400)) * 100 / 2 - 1) < 5 * math.sqrt(2 / 40_000)


ENTRIES = [seedbed.get("torch_dirac"), seedbed.get("torch_sparse", sparsity=0.5, seed=7)]


@pytest.mark.parametrize("initializer", ENTRIES, ids=lambda one: type(one).__name__)
def test_what_is_checked_costs_nothing_and_is_refused_as_by_a_call(initializer):
    initializer.check((1 << 20, 1 << 20), np.dtype("float16"))
    with pytest.raises(ShapeError, match="got shape"):
        initializer.check((1 << 40,), np.dtype("float16"))


class TestDirac:
    """`torch_dirac`."""

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
    @pytest.mark.parametrize(
        ("shape", "groups"),
        [
            ((6, 4, 3), 1),
            ((3, 5, 4, 5), 1),
            ((6, 2, 3, 3), 3),
            ((8, 5, 1, 2, 3), 2),
            ((4, 2, 0), 2),
            ((0, 2, 3), 1),
        ],
    )
    def test_it_is_what_pytorch_gives(self, shape, groups, dtype):
        axes = {"preset": "conv_oihw", "groups": groups}
        if math.prod(shape):
            expected = nn.init.dirac_(torch.empty(shape, dtype=dtype), groups)
        else:
            expected = torch.zeros(shape, dtype=dtype)
        name = str(dtype).removeprefix("torch.")
        assert same(expected, seedbed.get("torch_dirac", axes=axes)(shape, name))

    def test_a_convolution_hands_its_input_on(self):
        layer = nn.Conv2d(6, 6, 3, padding=1, groups=2, bias=False)
        init_(layer.weight, "torch.nn.init.dirac_", layout=layer)
        image = torch.rand(1, 6, 5, 5)
        expected = nn.Conv2d(6, 6, 3, padding=1, groups=2, bias=False)
        nn.init.dirac_(expected.weight, groups=2)
        torch.testing.assert_close(layer(image), expected(image))

    @pytest.mark.parametrize(("inputs", "groups"), [(6, 1), (6, 2), (4, 2)])
    def test_a_transposed_convolution_hands_its_input_on(self, inputs, groups):
        layer = nn.ConvTranspose2d(inputs, 6, 3, padding=1, groups=groups, bias=False)
        init_(layer.weight, "torch_dirac", layout=layer)
        image = torch.rand(1, inputs, 5, 5)
        expected = torch.zeros(1, groups, 6 // groups, 5, 5)
        expected[:, :, : inputs // groups] = image.view(1, groups, -1, 5, 5)
        torch.testing.assert_close(layer(image), expected.flatten(1, 2))

    @pytest.mark.parametrize(
        ("axes", "shape", "match"),
        [
            (None, (3,), "one axis of inputs and one of outputs are needed"),
            ({"in": [0, 1], "out": 2}, (2, 2, 3), "one axis of inputs and one of outputs are needed"),
            ({"preset": "conv_oihw", "groups": 4}, (6, 2, 3), "does not divide the 6 channels"),
        ],
    )
    def test_shapes_without_channels_are_refused(self, axes, shape, match):
        with pytest.raises(ShapeError, match=match):
            seedbed.get("torch_dirac", axes=axes)(shape)


class TestSparse:
    """`torch_sparse`."""

    @pytest.mark.parametrize("sparsity", [0, 0.1, 0.5, 1])
    def test_each_input_has_its_share_of_zeros(self, sparsity):
        for axes, axis in ((None, 1), ("dense_oi", 0)):
            drawn = seedbed.get("torch_sparse", sparsity=sparsity, axes=axes, seed=7)((13, 15))
            zeros = (drawn == 0).sum(axis=axis)
            assert set(zeros.tolist()) == {math.ceil(sparsity * drawn.shape[axis])}

    def test_zeros_are_spread_evenly_and_other_values_normal(self):
        drawn = seedbed.get("torch_sparse", sparsity=0.25, stddev=2.0, seed=7)((4000, 20))
        share = (drawn == 0).mean(axis=0)
        # The share of n places has a standard error of sqrt(p (1 - p) / n); five of them.
        assert np.abs(share - 0.25).max() < 5 * math.sqrt(0.25 * 0.75 / 4000)
        values = drawn[drawn != 0]
        assert abs(values.std() - 2) < 5 * 2 / math.sqrt(2 * values.size)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_values_do_not_depend_on_where_the_zeros_are(self, dtype):
        drawn = seedbed.get("torch_sparse", sparsity=0.5, stddev=1.0, seed=7)((400, 100), dtype)
        values = drawn[drawn != 0]
        # Five standard errors of the mean, and of the variance of normal values.
        assert abs(values.mean()) < 5 / math.sqrt(values.size)
        assert abs(values.var() - 1) < 5 * math.sqrt(2 / values.size)

    def test_what_is_drawn_at_a_time_changes_nothing(self, monkeypatch):
        sparse = seedbed.get("torch_sparse", sparsity=0.5, seed=7)
        whole = sparse((50, 40))
        monkeypatch.setattr("seedbed_torch_entries.sparse._AT_A_TIME", 100)
        np.testing.assert_array_equal(sparse((50, 40)), whole)

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ({"sparsity": -0.1}, "sparsity must be a number from 0 to 1, got -0.1"),
            ({"sparsity": True}, "sparsity must be a number from 0 to 1, got True"),
            ({"sparsity": math.nan}, "sparsity must be a number from 0 to 1, got nan"),
            ({"sparsity": 0.5, "stddev": -1}, "stddev must be a finite number of at least 0, got -1"),
        ],
    )
    def test_wrong_arguments_are_refused(self, arguments, match):
        with pytest.raises(ArgumentError, match=match):
            seedbed.get("torch_sparse", **arguments)

    def test_wrong_shapes_and_dtypes_are_refused(self):
        sparse = seedbed.get("torch_sparse", sparsity=0.5, seed=7)
        with pytest.raises(ShapeError, match=r"got shape \(2, 3, 4\); sparse weights have exactly 2 axes"):
            sparse((2, 3, 4))
        with pytest.raises(DTypeError, match="allowed here are float16"):
            sparse((2, 3), "int32")

    def test_a_config_round_trips(self):
        sparse = seedbed.get("torch_sparse", sparsity=0.5, axes={"in": 1, "out": 0}, seed=[7, "a"])
        config = json.loads(json.dumps(seedbed.to_config(sparse)))
        assert seedbed.from_config(config) == sparse
