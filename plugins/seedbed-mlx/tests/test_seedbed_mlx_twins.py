"""Models of MLX and their twins in PyTorch: by one rules file the same bits, and the same function."""

import numpy as np
import pytest
from frameworks import framework

mx = framework("mlx.core", plugin="seedbed_mlx")
torch = framework("torch")

from mlx import nn  # noqa: E402
from mlx.utils import tree_flatten  # noqa: E402

import seedbed_mlx  # noqa: E402
import seedbed_torch  # noqa: E402

pytestmark = pytest.mark.slow

RULES = {"*bias*": "random_normal", "*embed*": "random_normal", "*": "he_normal"}
CHANNELS_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1)}


def images(*shape):
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


def last(array):
    return array.transpose(CHANNELS_LAST.get(array.ndim, range(array.ndim)))


LAYERS = {
    "dense": (lambda: nn.Linear(6, 4), lambda: torch.nn.Linear(6, 4), (images(2, 6),)),
    "bilinear": (
        lambda: nn.Bilinear(3, 5, 4),
        lambda: torch.nn.Bilinear(3, 5, 4),
        (images(2, 3), images(2, 5)),
    ),
    "convolution": (lambda: nn.Conv1d(6, 4, 3), lambda: torch.nn.Conv1d(6, 4, 3), (images(2, 6, 9),)),
    "grouped convolution": (
        lambda: nn.Conv2d(6, 4, (3, 5), groups=2),
        lambda: torch.nn.Conv2d(6, 4, (3, 5), groups=2),
        (images(2, 6, 9, 9),),
    ),
    "transposed convolution": (
        lambda: nn.ConvTranspose2d(6, 4, (3, 5)),
        lambda: torch.nn.ConvTranspose2d(6, 4, (3, 5)),
        (images(2, 6, 4, 4),),
    ),
    "norm": (lambda: nn.LayerNorm(6), lambda: torch.nn.LayerNorm(6), (images(2, 6),)),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_computes_what_its_twin_computes(layer):
    make, make_twin, inputs = LAYERS[layer]
    ours, twin = make(), make_twin()
    for package, module in ((seedbed_mlx, ours), (seedbed_torch, twin)):
        package.initialize(module, {"*": "random_normal"}, seed=7, prefix="layer")
    got = np.array(ours(*(mx.array(last(one)) for one in inputs)))
    with torch.no_grad():
        expected = twin(*map(torch.from_numpy, inputs)).numpy()
    np.testing.assert_allclose(got, last(expected), atol=1e-6)


def blocks(framework_nn, sequence):
    return {
        "embed": framework_nn.Embedding(11, 8),
        "block": sequence([framework_nn.Linear(8, 6), framework_nn.Linear(6, 8)]),
        "conv": framework_nn.Conv2d(8, 6, 3, groups=2),
        "norm": framework_nn.LayerNorm(8),
        "head": framework_nn.Linear(8, 11, bias=False),
    }


class InMlx(nn.Module):
    def __init__(self):
        super().__init__()
        for name, part in blocks(nn, list).items():
            setattr(self, name, part)


def test_a_model_has_the_bits_of_its_twin_under_the_same_paths():
    ours, twin = InMlx(), torch.nn.ModuleDict(blocks(torch.nn, torch.nn.ModuleList))
    ours_plan = seedbed_mlx.initialize(ours, RULES, seed=7)
    assert ours_plan.initializers == seedbed_torch.initialize(twin, RULES, seed=7).initializers
    found = tree_flatten(ours.parameters(), destination={})
    for name, tensor in twin.named_parameters():
        np.testing.assert_array_equal(np.array(found.pop(name)), last(tensor.detach().numpy()), name)
    assert not found
