"""`Tree`: a module and all that are within it, gone through once."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A module and all that are within it.

    Attributes
    ----------
    module
        The module.
    places
        Every place in it with the module there, which may be at several.
    parts
        The modules, each once.
    """

    module: nn.Module
    places: list[tuple[str, nn.Module]]
    parts: list[nn.Module]

    @classmethod
    def of(cls, module: nn.Module) -> Tree:
        """Return the tree of a module; PyTorch takes as long to go through it as to draw some weights."""
        places = list(module.named_modules(remove_duplicate=False))
        return cls(module, places, list({id(part): part for _, part in places}.values()))
