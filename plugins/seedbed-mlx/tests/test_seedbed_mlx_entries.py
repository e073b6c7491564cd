"""What the package adds to the catalogue: MLX's initializers under its names, without MLX."""

import math
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework

mx = framework("mlx.core", plugin="seedbed_mlx")

from mlx import nn  # noqa: E402

import seedbed  # noqa: E402
import seedbed_mlx  # noqa: E402

WITHOUT = {"sparse"}  # whose zeros are drawn along another axis than those of torch_sparse


def test_every_function_of_mlx_has_an_entry_of_its_name_but_for_those_named_here():
    functions = {
        name for name, one in vars(nn.init).items() if getattr(one, "__module__", "") == "mlx.nn.init"
    }
    functions = {name for name in functions if not name.startswith("_")}
    assert functions > WITHOUT
    for name in functions - WITHOUT:
        assert seedbed.catalogue().entry(f"mlx.nn.init.{name}").provider == "seedbed-mlx"


def test_listing_and_drawing_import_no_mlx():
    program = (
        "import sys, seedbed\n"
        "assert [entry for entry in seedbed.catalogue() if entry.provider == 'seedbed-mlx']\n"
        "seedbed.get('mlx_he_normal')((2, 3)), seedbed.get('mlx.nn.Embedding.weight')((2, 3))\n"
        "assert 'mlx' not in sys.modules and 'seedbed_mlx' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


MATRIX = (300, 500)  # as MLX stores it: outputs, inputs


@pytest.mark.parametrize(
    "name",
    ["normal", "uniform", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform"],
)
def test_a_preset_has_the_moments_of_the_function_with_its_defaults(name):
    mx.random.seed(7)
    theirs = np.array(getattr(nn.init, name)()(mx.zeros(MATRIX)))
    ours = seedbed.get(f"mlx.nn.init.{name}", seed=7)
    drawn = ours(MATRIX[::-1])
    # Five standard errors of a mean and of a variance; no kurtosis here is above the normal's 3.
    count = math.prod(MATRIX)
    assert abs(theirs.mean() - drawn.mean()) < 5 * math.sqrt(2) * theirs.std() / math.sqrt(count)
    assert abs(drawn.var() / theirs.var() - 1) < 5 * math.sqrt(2) * math.sqrt(2 / count)
    is_bounded = "uniform" in name
    assert bool(abs(theirs).max() < 4 * theirs.std()) is is_bounded
    assert bool(abs(drawn).max() < 4 * drawn.std()) is is_bounded


def test_the_other_functions_are_those_of_core():
    assert (
        np.array(nn.init.constant(0.5)(mx.zeros((2, 3)))) == seedbed.get("mlx_constant", value=0.5)((2, 3))
    ).all()
    assert (np.array(nn.init.identity()(mx.zeros((3, 3)))) == seedbed.get("mlx_identity")((3, 3))).all()
    theirs = np.array(nn.init.orthogonal(2.0)(mx.zeros((3, 5))))
    ours = seedbed.get("mlx_orthogonal", gain=2.0, seed=7)((3, 5))
    for matrix in (theirs, ours):
        np.testing.assert_allclose(matrix @ matrix.T, 4 * np.eye(3), atol=1e-5)


def test_mlx_means_another_he_normal_than_core():
    mlx, core = seedbed.get("mlx_he_normal", seed=7), seedbed.get("he_normal", seed=7)
    np.testing.assert_allclose(mlx((500, 300)).std(), math.sqrt(1 / 500), rtol=0.02)
    np.testing.assert_allclose(core((500, 300)).std(), math.sqrt(2 / 500), rtol=0.02)


LAYERS = [nn.Linear(40, 300), nn.Conv1d(20, 300, 3), nn.Conv2d(10, 300, 3), nn.ConvTranspose2d(10, 300, 3)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_layers_get_what_mlx_gives_them(layer):
    bound = math.sqrt(layer.weight.shape[0] / layer.weight.size)

    def reach():
        return mx.abs(layer.weight).max().item()

    assert 0.99 * bound < reach() <= bound * (1 + 1e-6)
    rules = {"weight": f"mlx.nn.{type(layer).__name__}.weight", "bias": "zeros"}
    seedbed_mlx.initialize(layer, rules, seed=7, prefix="")
    assert 0.99 * bound < reach() <= bound * (1 + 1e-6)


def test_tables_get_what_mlx_gives_them():
    mx.random.seed(7)
    table = nn.Embedding(300, 64)
    theirs = np.array(table.weight).std()
    seedbed_mlx.initialize(table, {"*": "mlx.nn.Embedding.weight"}, seed=7, prefix="")
    # Five standard errors of the difference of two standard deviations.
    assert abs(np.array(table.weight).std() / theirs - 1) < 5 / math.sqrt(300 * 64)
