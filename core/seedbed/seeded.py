"""`Seeded`, the base class of initializers that keep their seed as `as_seed` gives it."""

from __future__ import annotations

import functools
from typing import Any, ClassVar, Final, Self

import numpy as np

from seedbed.constructor import parameters
from seedbed.initializer import Initializer
from seedbed.random import Seed, SeedLike, as_seed
from seedbed.sealed import Sealed, SealedMeta


class Seeded(Initializer):
    """An initializer with a seed, of which most copies with another seed are made without its constructor."""

    _unseeded: ClassVar[tuple[str, ...]] = ()
    """Attributes besides the arguments that are the same for every seed.

    A class that lists its own also says that its methods know of such copies."""

    seed: Seed

    def __init__(self, *, seed: SeedLike = None) -> None:
        self.seed = as_seed(seed)

    def _extended(self, step: str | int) -> Self:
        if not self._is_its_arguments():
            return super()._extended(step)
        if self.seed is None:
            return self
        trail = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return self._changed(seed=as_seed((*trail, step)))

    def _with_seed(self, seed: SeedLike) -> Self:
        return self._changed(seed=as_seed(seed)) if self._is_its_arguments() else super()._with_seed(seed)

    def _changed(self, **attributes: Any) -> Self:
        """Return a copy with other attributes."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **attributes)
        object.__setattr__(made, "_sealed", True)
        return made

    def _is_its_arguments(self) -> bool:
        """Say whether a copy with another seed is the same but for its attribute `seed`.

        Whatever a constructor keeps besides the arguments might be made of the seed, and what can be changed
        must not be shared.
        """
        known, own = _attributes(type(self)), self.__dict__
        return "seed" in own and known.issuperset(own) and _CHANGEABLE.isdisjoint(map(type, own.values()))


_CHANGEABLE: Final = frozenset({list, dict, set, bytearray, np.ndarray})

_SPECIAL: Final = frozenset(
    {
        *("get_config", "from_config", "_arguments", "seed"),
        *("__new__", "__copy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__"),
        *("__getattr__", "__getattribute__", "__setattr__"),
    }
)
"""Names of a class that has a say in how its instances are made, copied or read back."""


@functools.lru_cache(maxsize=4096)
def _attributes(cls: type[Seeded]) -> frozenset[str]:
    """Return the attributes that copies with another seed share; none for a class that makes its own."""
    found = set(parameters(cls))
    for base in cls.__mro__:
        own = vars(base)
        if "_unseeded" in own:
            found.update(own["_unseeded"])
        elif base not in _FOUNDATION and (own.get("__slots__") or not _SPECIAL.isdisjoint(own)):
            return frozenset()
    return frozenset(found) if type(cls) is SealedMeta else frozenset()


_FOUNDATION: Final = (Initializer, Sealed, object)


def with_seed(initializer: Initializer, seed: Seed) -> Initializer:
    """Return a copy, of an initializer that takes a seed, with another one."""
    return initializer._with_seed(list(seed) if isinstance(seed, tuple) else seed)  # noqa: SLF001 - see above
