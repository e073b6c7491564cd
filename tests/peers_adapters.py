"""Initializers of Keras, JAX and PyTorch behind the thinnest adapters: nothing of what they do is mended."""

from __future__ import annotations

import numpy as np

import seedbed
from seedbed.dtypes import as_dtype
from seedbed.errors import ShapeError
from seedbed.random import as_seed, key_of


class KerasIdentity(seedbed.Initializer):
    """`keras.initializers.Identity`.

    Parameters
    ----------
    gain
        The value of the diagonal.

    Examples
    --------
    >>> KerasIdentity()((2, 2)).trace()
    np.float32(2.0)
    """

    dtypes = ("float16", "float32", "float64")

    def __init__(self, gain=1.0):
        import keras

        self.peer = keras.initializers.Identity(gain)

    def get_config(self):
        return self.peer.get_config()

    def check(self, shape, dtype=None):
        super().check(shape, dtype)
        if len(shape) != 2:
            raise ShapeError(f"got shape {shape}; allowed are 2 axes")

    def __call__(self, shape, dtype=None):
        dtype = as_dtype(dtype, self.dtypes)
        self.check(shape, dtype)
        return np.array(self.peer(shape, dtype.name))


class JaxTruncatedNormal(seedbed.Initializer):
    """`jax.nn.initializers.truncated_normal`.

    Parameters
    ----------
    stddev
        The standard deviation before truncation.
    seed
        ``None``, an int, a string, or a list of those.

    Examples
    --------
    >>> JaxTruncatedNormal(seed=7)((2, 3)).shape
    (2, 3)
    """

    dtypes = ("float16", "bfloat16", "float32")

    def __init__(self, stddev=0.01, *, seed=None):
        self.stddev = stddev
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        import jax

        dtype = as_dtype(dtype, self.dtypes)
        key = jax.random.key(key_of(self.seed) % 2**32)
        return np.array(jax.nn.initializers.truncated_normal(self.stddev)(key, shape, dtype))

    def expected_mean(self, shape):
        return 0.0

    def expected_stddev(self, shape):
        return 0.8796256610342398 * self.stddev


class OfTorch(seedbed.Initializer):
    """What the adapters of `torch.nn.init` have in common."""

    dtypes = ("float16", "bfloat16", "float32", "float64")

    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def check(self, shape, dtype=None):
        super().check(shape, dtype)
        if len(shape) != 2:
            raise ShapeError(f"got shape {shape}; allowed are 2 axes")

    def __call__(self, shape, dtype=None):
        import torch

        dtype = as_dtype(dtype, self.dtypes)
        tensor = torch.empty(shape, dtype=getattr(torch, dtype.name))
        self.check(shape, dtype)
        self.initialize(tensor, torch.Generator().manual_seed(key_of(self.seed) % 2**63))
        if dtype.name == "bfloat16":
            return tensor.view(torch.uint16).numpy().view(dtype)
        return tensor.numpy()


class TorchOrthogonal(OfTorch):
    """`torch.nn.init.orthogonal_`.

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.

    Examples
    --------
    >>> TorchOrthogonal(seed=7)((2, 3)).shape
    (2, 3)
    """

    reproducibility = "numerical"

    def initialize(self, tensor, generator):
        import torch

        torch.nn.init.orthogonal_(tensor, generator=generator)


class TorchSparse(OfTorch):
    """`torch.nn.init.sparse_`, a tenth of zeros.

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.

    Examples
    --------
    >>> TorchSparse(seed=7)((2, 3)).shape
    (2, 3)
    """

    def initialize(self, tensor, generator):
        import torch

        torch.nn.init.sparse_(tensor, sparsity=0.1, generator=generator)
