"""The twin of the model in ``gpt_flax.py``, in Keras."""

import keras

LAYERS, HEADS, WIDTH, LENGTH, WORDS = 12, 4, 48, 16, 97


class Attention(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = keras.layers.Dense(3 * WIDTH), keras.layers.Dense(WIDTH)

    def call(self, x):
        length = x.shape[1]
        heads = keras.ops.reshape(self.qkv(x), (-1, length, 3, HEADS, WIDTH // HEADS))
        query, key, value = (heads[:, :, which] for which in range(3))
        mixed = keras.ops.dot_product_attention(query, key, value, is_causal=True)
        return self.out(keras.ops.reshape(mixed, (-1, length, WIDTH)))


class Mlp(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.up, self.down = keras.layers.Dense(4 * WIDTH), keras.layers.Dense(WIDTH)

    def call(self, x):
        return self.down(keras.ops.gelu(self.up(x), approximate=True))


class Block(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.ln_1, self.attn = keras.layers.LayerNormalization(epsilon=1e-5), Attention()
        self.ln_2, self.mlp = keras.layers.LayerNormalization(epsilon=1e-5), Mlp()

    def call(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt(keras.Model):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = keras.layers.Embedding(WORDS, WIDTH), keras.layers.Embedding(LENGTH, WIDTH)
        self.h = [Block() for _ in range(LAYERS)]
        self.ln_f = keras.layers.LayerNormalization(epsilon=1e-5)

    def call(self, words):
        x = self.wte(words) + self.wpe(keras.ops.arange(words.shape[1]))
        for block in self.h:
            x = block(x)
        return keras.ops.matmul(self.ln_f(x), keras.ops.transpose(self.wte.embeddings))
