"""A model in PyTorch and its twin in Flax start alike from one file of rules, on any number of ranks."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

torch = framework("torch")
jax = framework("jax")
nnx = framework("flax.nnx", plugin="seedbed_jax")

import gpt_flax  # noqa: E402
import gpt_linen  # noqa: E402
import gpt_torch  # noqa: E402
from gpt_ranks import digests  # noqa: E402

import seedbed_jax  # noqa: E402
import seedbed_torch  # noqa: E402

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
RULES = HERE / "gpt.toml"
SEED = 7
LEAVES = {"kernel": "weight", "scale": "weight", "embedding": "weight"}


@pytest.fixture(scope="module")
def in_torch():
    with torch.device("meta"):
        model = gpt_torch.Gpt()
    plan = seedbed_torch.initialize(model, RULES, seed=SEED, strict=True, device="cpu")
    assert len(plan.initializers) == 2 + 12 * 12 + 2
    return model


@pytest.fixture(scope="module")
def in_flax():
    graph, state = nnx.split(nnx.eval_shape(lambda: gpt_flax.Gpt(nnx.Rngs(0))))
    return nnx.merge(graph, seedbed_jax.initialize(state, RULES, seed=SEED, strict=True))


@pytest.fixture(scope="module")
def in_linen():
    words = jax.ShapeDtypeStruct((1, gpt_torch.LENGTH), "int32")
    shapes = jax.eval_shape(gpt_linen.Gpt().init, jax.random.key(0), words)

    def twin(path):  # linen calls the third of the layers in a list `h` not h/2, but h_2
        return re.sub("^h_", "h/", path)

    return seedbed_jax.initialize(shapes, RULES, seed=SEED, strict=True, rename=twin)


def torch_name(path):
    *modules, leaf = map(str, path)
    return ".".join([*modules, LEAVES.get(leaf, leaf)])


def test_both_hold_identical_weights(in_torch, in_flax):
    theirs = dict(in_torch.named_parameters())
    ours = {
        torch_name(path): np.asarray(leaf[...])
        for path, leaf in nnx.to_flat_state(nnx.state(in_flax, nnx.Param))
    }
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        is_dense = array.ndim == 2 and not name.startswith(("wte", "wpe"))
        other = theirs[name].detach().numpy()
        assert np.array_equal(array, other.T if is_dense else other), name
    drawn = [array.tobytes() for name, array in ours.items() if array.ndim == 2]
    assert len(set(drawn)) == len(drawn)


def test_both_are_one_function(in_torch, in_flax):
    words = np.arange(2 * gpt_torch.LENGTH).reshape(2, -1) * 31 % gpt_torch.WORDS
    with torch.no_grad():
        theirs = in_torch(torch.from_numpy(words)).numpy()
    ours = np.asarray(in_flax(jax.numpy.asarray(words)))
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert np.ptp(ours) > 0.05


def test_a_twin_whose_layers_have_other_names_holds_them_too(in_flax, in_linen):
    ours = {
        "/".join(map(str, path)): np.asarray(leaf[...])
        for path, leaf in nnx.to_flat_state(nnx.state(in_flax, nnx.Param))
    }
    theirs = {
        "/".join(key.key for key in path).replace("h_", "h/", 1): np.asarray(leaf)
        for path, leaf in jax.tree_util.tree_flatten_with_path(in_linen["params"])[0]
    }
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(array, theirs[path]) for path, array in ours.items())


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_the_number_of_ranks_changes_nothing(ranks, in_torch, tmp_path):
    out = tmp_path / "digests.json"
    command = [sys.executable, str(HERE / "gpt_ranks.py"), str(ranks), str(out), str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text()) == digests(in_torch.named_parameters())


def test_another_seed_changes_every_random_weight(in_torch):
    other = gpt_torch.Gpt()
    seedbed_torch.initialize(other, RULES, seed=SEED + 1)
    theirs = dict(in_torch.named_parameters())
    for name, parameter in other.named_parameters():
        assert torch.equal(parameter, theirs[name]) == (parameter.ndim == 1), name
