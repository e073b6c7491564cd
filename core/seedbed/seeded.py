"""`Seeded`, the base class of initializers that keep their seed as `as_seed` returns it."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self, TypeVar

import numpy as np

from seedbed.arguments import as_step
from seedbed.constructor import parameters, per_class
from seedbed.initializer import Initializer, arguments_of
from seedbed.random import Seed, SeedLike, as_seed
from seedbed.sealed import Sealed, SealedMeta, seal

_Seeded = TypeVar("_Seeded", bound="Seeded")


class Seeded(Initializer):
    """An initializer with a seed. Most copies with another seed are made without its constructor."""

    _seedbed_unseeded: ClassVar[tuple[str, ...]] = ()
    """Attributes, in addition to the arguments, that are the same for every seed.

    A class that lists its own also declares that its methods can handle such copies."""

    seed: Seed

    def __init__(self, *, seed: SeedLike = None) -> None:
        self.seed = as_seed(seed)

    def fold_in(self, path: str | int) -> Self:
        """Return a copy that draws from the stream of its own that belongs to `path`."""
        if not is_its_arguments(self):
            return super().fold_in(path)
        step = as_step(path)
        if self.seed is None:
            return self
        trail = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return changed(self, seed=as_seed((*trail, step)))


def changed(initializer: _Seeded, **attributes: Any) -> _Seeded:
    """Return a copy with other attributes."""
    made = object.__new__(type(initializer))
    made.__dict__.update(initializer.__dict__, **attributes)
    seal(made)
    return made


def is_its_arguments(initializer: Seeded) -> bool:
    """Say whether a copy with another seed differs only in its attribute `seed`.

    Anything else that a constructor keeps might depend on the seed. Anything that can be changed must not be
    shared.
    """
    known, own = _attributes(type(initializer)), initializer.__dict__
    if "seed" not in own or not known.issuperset(own):
        return False
    return not any(issubclass(type(value), _CHANGEABLE) for value in own.values())


_CHANGEABLE: Final = (list, dict, set, bytearray, np.ndarray)
# Names that a class defines if it controls how its instances are made, copied or read back.
_SPECIAL: Final = frozenset(
    {
        *("get_config", "from_config", "_seedbed_arguments", "seed"),
        *("__new__", "__copy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__"),
        *("__getattr__", "__getattribute__", "__setattr__"),
    }
)


@per_class
def _attributes(cls: type) -> frozenset[str]:
    """Return the attributes that copies with another seed share; none for a class that makes its own."""
    if type(cls) is not SealedMeta:
        return frozenset()
    found = set(parameters(cls))
    for base in cls.__mro__:
        own = vars(base)
        if "_seedbed_unseeded" in own:
            found.update(own["_seedbed_unseeded"])
        elif id(base) not in _FOUNDATION and (own.get("__slots__") or not _SPECIAL.isdisjoint(own)):
            return frozenset()
    return frozenset(found)


_FOUNDATION: Final = frozenset(map(id, (Initializer, Sealed, object)))


def with_seed(initializer: Initializer, seed: Seed) -> Initializer:
    """Return a copy with another seed, of an initializer that takes one."""
    if isinstance(initializer, Seeded) and is_its_arguments(initializer):
        return changed(initializer, seed=seed)
    trail = list(seed) if isinstance(seed, tuple) else seed
    return initializer.from_config({**arguments_of(initializer), "seed": trail})
