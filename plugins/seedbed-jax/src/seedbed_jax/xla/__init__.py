"""The random stream, computed by XLA: from the words of a key to values, with the bits of NumPy's engine.

Everything here is traced with 64-bit types, whatever the user has set.
"""

from seedbed_jax.xla.drawing import Drawing, called, drawn
from seedbed_jax.xla.elementwise import distribution_of

__all__ = ["Drawing", "called", "distribution_of", "drawn"]
