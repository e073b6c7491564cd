"""The initializers within one that is made of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seedbed import Initializer
from seedbed.combinators import Blocked, Masked, Padded, Scaled, Shifted, Stacked, SumOf, Transposed

_COMBINATORS: Final = (Blocked, Masked, Padded, Scaled, Shifted, Stacked, SumOf, Transposed)


def parts_within(initializer: Initializer) -> tuple[Initializer, ...]:
    """Return the initializers directly within one, with the seeds that they have there; often none."""
    return initializer.parts if isinstance(initializer, _COMBINATORS) else ()


def drawing_within(initializer: Initializer) -> Iterator[Initializer]:
    """Yield those within an initializer, however deep, that are not made of others; or itself."""
    parts = parts_within(initializer)
    for part in parts:
        yield from drawing_within(part)
    if not parts:
        yield initializer


def takes_seed(initializer: Initializer) -> bool:
    """Say whether an initializer has an argument `seed`."""
    return "seed" in initializer.get_config()


def draws_afresh(initializer: Initializer) -> bool:
    """Say whether an initializer takes a seed and has none."""
    return initializer.get_config().get("seed", ()) is None
