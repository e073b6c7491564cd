"""The seed of a model, and which initializers take it."""

from __future__ import annotations

from seedbed.api import get
from seedbed.constructor import parameters as constructor_parameters
from seedbed.drawing import drawing_within
from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.initializer import Initializer, arguments_of
from seedbed.random import Seed, SeedLike, as_seed


def as_model_seed(seed: SeedLike) -> Seed:
    """Return the seed of a model, which must be given.

    Raises
    ------
    ArgumentError
        If it is ``None`` or not a seed.
    """
    stored = as_seed(seed)
    if stored is None:
        raise ArgumentError(
            "got the seed None; give an int, which is to be kept with the model: from it each parameter, "
            "and each part of one, is drawn again"
        )
    return stored


class Seeding:
    """Gives initializers the model's seed, each once, since a model has few and each costs a copy."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._made: dict[int, tuple[Initializer, Initializer]] = {}

    def __call__(self, initializer: Initializer) -> Initializer:
        """Return it with the seed; the same object for the same object."""
        key = id(initializer)
        if key not in self._made:  # with the one that it is of, so that no other has its id
            self._made[key] = (initializer, _seeded(initializer, self._seed))
        return self._made[key][1]


def _seeded(initializer: Initializer, seed: Seed) -> Initializer:
    """Return an initializer with the seed that it has within, or else with `seed`, if it takes one.

    Raises
    ------
    RulesError
        If its seed may be one that nobody gave, since it is the default of the class.
    """
    for part in drawing_within(initializer):
        default = getattr(constructor_parameters(type(part)).get("seed"), "default", None)
        if default is not None and arguments_of(part).get("seed") == default:
            raise RulesError(
                f"got {shown(part)}, whose seed {shown(default)} is the default of its class, so that the "
                f"model's seed would have no say; write seed=None as the default in {type(part).__name__}, "
                "or give the rule another seed if one is meant"
            )
    if initializer.fold_in("") != initializer or "seed" not in constructor_parameters(type(initializer)):
        return initializer
    return get(initializer, seed=seed)
