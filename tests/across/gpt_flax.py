"""The twin of the model in ``gpt_torch.py``, in Flax."""

import jax
import jax.numpy as jnp
from flax import nnx

LAYERS, HEADS, WIDTH, LENGTH, WORDS = 12, 4, 48, 16, 97


class Attention(nnx.Module):
    def __init__(self, rngs):
        self.qkv = nnx.Linear(WIDTH, 3 * WIDTH, rngs=rngs)
        self.out = nnx.Linear(WIDTH, WIDTH, rngs=rngs)

    def __call__(self, x):
        heads = self.qkv(x).reshape(*x.shape[:2], 3, HEADS, WIDTH // HEADS)
        query, key, value = (heads[:, :, which] for which in range(3))
        mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        return self.out(mixed.reshape(x.shape))


class Mlp(nnx.Module):
    def __init__(self, rngs):
        self.up = nnx.Linear(WIDTH, 4 * WIDTH, rngs=rngs)
        self.down = nnx.Linear(4 * WIDTH, WIDTH, rngs=rngs)

    def __call__(self, x):
        return self.down(nnx.gelu(self.up(x)))


class Block(nnx.Module):
    def __init__(self, rngs):
        self.ln_1, self.attn = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs), Attention(rngs)
        self.ln_2, self.mlp = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs), Mlp(rngs)

    def __call__(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(nnx.Module):
    def __init__(self, rngs):
        self.wte, self.wpe = nnx.Embed(WORDS, WIDTH, rngs=rngs), nnx.Embed(LENGTH, WIDTH, rngs=rngs)
        self.h = nnx.List([Block(rngs) for _ in range(LAYERS)])
        self.ln_f = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs)

    def __call__(self, words):
        x = self.wte(words) + self.wpe(jnp.arange(words.shape[1]))
        for block in self.h:
            x = block(x)
        return self.wte.attend(self.ln_f(x))
