"""The twin of the model in ``gpt_torch.py``, in Flax's linen."""

import jax
import jax.numpy as jnp
from flax import linen
from gpt_flax import HEADS, LAYERS, LENGTH, WIDTH, WORDS


class Attention(linen.Module):
    def setup(self):
        self.qkv, self.out = linen.Dense(3 * WIDTH), linen.Dense(WIDTH)

    def __call__(self, x):
        heads = self.qkv(x).reshape(*x.shape[:2], 3, HEADS, WIDTH // HEADS)
        query, key, value = (heads[:, :, which] for which in range(3))
        mixed = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        return self.out(mixed.reshape(x.shape))


class Mlp(linen.Module):
    def setup(self):
        self.up, self.down = linen.Dense(4 * WIDTH), linen.Dense(WIDTH)

    def __call__(self, x):
        return self.down(linen.gelu(self.up(x)))


class Block(linen.Module):
    def setup(self):
        self.ln_1, self.attn = linen.LayerNorm(1e-5), Attention()
        self.ln_2, self.mlp = linen.LayerNorm(1e-5), Mlp()

    def __call__(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(linen.Module):
    def setup(self):
        self.wte, self.wpe = linen.Embed(WORDS, WIDTH), linen.Embed(LENGTH, WIDTH)
        self.h = [Block() for _ in range(LAYERS)]
        self.ln_f = linen.LayerNorm(1e-5)

    def __call__(self, words):
        x = self.wte(words) + self.wpe(jnp.arange(words.shape[1]))
        for block in self.h:
            x = block(x)
        return self.wte.attend(self.ln_f(x))
