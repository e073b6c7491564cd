"""One set of roles serves GPT-2 as PyTorch fuses it, as linen has it, and as linen scans it."""

from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

torch = framework("torch")
jax = framework("jax")
nn = framework("flax.linen", plugin="seedbed_jax")

import seedbed_jax  # noqa: E402
import seedbed_torch  # noqa: E402

pytestmark = pytest.mark.slow

RULES = Path(__file__).parent / "gpt2.toml"
LAYERS, WIDTH = 3, 4


class Attention(nn.Module):
    @nn.compact
    def __call__(self, x):
        parts = [nn.Dense(WIDTH, use_bias=False, name=name)(x) for name in ("query", "key", "value")]
        return nn.Dense(WIDTH, use_bias=False, name="out")(sum(parts))


class Mlp(nn.Module):
    @nn.compact
    def __call__(self, x):
        wide = nn.Dense(4 * WIDTH, use_bias=False)(x)
        return nn.Dense(WIDTH, use_bias=False)(wide)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x, _):
        x = nn.LayerNorm(use_bias=False, name="ln_1")(x)
        return Mlp(name="mlp")(Attention(name="attn")(x)), None


class Gpt(nn.Module):
    is_scanned: bool

    @nn.compact
    def __call__(self, ids):
        x = nn.Embed(11, WIDTH, name="wte")(ids) + nn.Embed(5, WIDTH, name="wpe")(ids)
        if self.is_scanned:
            block = nn.scan(Block, {"params": 0}, split_rngs={"params": True}, length=LAYERS)
            x, _ = block(name="h")(x, None)
        else:
            for n in range(LAYERS):
                x, _ = Block(name=f"h_{n}")(x, None)
        return nn.LayerNorm(name="ln_f")(x)


def in_linen(*, is_scanned):
    made = jax.eval_shape(Gpt(is_scanned).init, jax.random.key(0), jax.numpy.zeros(3, int))
    tree = seedbed_jax.initialize(made["params"], RULES, seed=7, strict=True)
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {"/".join(key.key for key in path): np.asarray(leaf) for path, leaf in leaves}


def in_torch():
    linear = torch.nn.Linear
    model = torch.nn.ModuleDict(
        {
            "wte": torch.nn.Embedding(11, WIDTH),
            "wpe": torch.nn.Embedding(5, WIDTH),
            "h": torch.nn.ModuleList(_block(linear) for _ in range(LAYERS)),
            "ln_f": torch.nn.LayerNorm(WIDTH),
            "lm_head": linear(WIDTH, 11, bias=False),
        }
    )
    model["lm_head"].weight = model["wte"].weight
    seedbed_torch.initialize(model, RULES, seed=7, strict=True)
    return {name: value.numpy() for name, value in model.state_dict().items()}


def _block(linear):
    parts = {"c_attn": linear(WIDTH, 3 * WIDTH), "c_proj": linear(WIDTH, WIDTH)}
    mlp = {"c_fc": linear(WIDTH, 4 * WIDTH, bias=False), "c_proj": linear(4 * WIDTH, WIDTH, bias=False)}
    return torch.nn.ModuleDict(
        {
            "ln_1": torch.nn.LayerNorm(WIDTH),
            "attn": torch.nn.ModuleDict(parts),
            "mlp": torch.nn.ModuleDict(mlp),
        }
    )


def test_twins_of_three_dialects_are_equal():
    ours, plain, scanned = in_torch(), in_linen(is_scanned=False), in_linen(is_scanned=True)
    for name, stack in scanned.items():
        if name.startswith("h/"):
            for n in range(LAYERS):
                np.testing.assert_array_equal(stack[n], plain[f"h_{n}/{name[2:]}"])
        else:
            np.testing.assert_array_equal(stack, plain[name])
    np.testing.assert_array_equal(ours["wte.weight"], plain["wte/embedding"])
    for n in range(LAYERS):
        fused = np.concatenate([plain[f"h_{n}/attn/{part}/kernel"] for part in ("query", "key", "value")], 1)
        np.testing.assert_array_equal(ours[f"h.{n}.attn.c_attn.weight"].T, fused)
        np.testing.assert_array_equal(ours[f"h.{n}.attn.c_proj.weight"].T, plain[f"h_{n}/attn/out/kernel"])
        np.testing.assert_array_equal(ours[f"h.{n}.mlp.c_proj.weight"].T, plain[f"h_{n}/mlp/Dense_1/kernel"])
