"""What the random initializers share: a seed, and the dtypes they give."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.initializer import Initializer
from seedbed.random import Seed, SeedLike, as_seed, seed_config

DTYPES = FLOATING + COMPLEX


class RandomInitializer(Initializer):
    """An initializer with a `seed`.

    Parameters
    ----------
    seed
        ``None`` for fresh values at every call; an int, a string, or a list of those for the same values at
        every call.
    """

    reproducibility: ClassVar[Literal["exact", "numerical", "undeclared"]] = "exact"

    seed: Seed

    def __init__(self, *, seed: SeedLike = None) -> None:
        self.seed = as_seed(seed)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data."""
        return {**super().get_config(), "seed": seed_config(self.seed)}
