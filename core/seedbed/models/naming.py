"""The paths that rules have for the weights of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

import numpy.typing as npt

from seedbed.errors import ArgumentError, RulesError, SeedbedError, prefixed, shown
from seedbed.models.weight import Weight, weights_of_arrays
from seedbed.rules import Plan, as_path

Model: TypeAlias = Iterable[Weight] | Mapping[str, npt.NDArray[Any]]
Rename: TypeAlias = Callable[[str], str]

_OF_A_LAYER: Final = frozenset({"weight", "bias"})


def weights_by_path(model: Model, rename: Rename | None, prefix: str | None) -> dict[str, Weight]:
    """Return the weights by the paths that rules have for them."""
    if rename is not None and not callable(rename):
        raise ArgumentError(f"got {shown(rename)} as rename; pass a function from a path to a path")
    if not isinstance(prefix, str | None):
        raise ArgumentError(f"got {shown(prefix)} as prefix; pass text such as 'encoder', or None")
    front = as_path(prefix or "").rstrip("/")
    found: dict[str, Weight] = {}
    for weight in _listed(model):
        names, ties = (_in_front(given, front) for given in ((weight.path, *weight.others), weight.ties))
        path = names[0] if rename is None else _renamed(names[0], rename)
        own = weight
        if path != weight.path or rename is not None:
            more = () if rename is None else (_renamed(name, rename) for name in ties)
            own = replace(
                weight,
                path=path,
                others=tuple(dict.fromkeys((*names, *weight.others))),
                ties=tuple(dict.fromkeys((*more, *ties))),
            )
        if (other := found.setdefault(path, own)) is not own:
            raise RulesError(
                f"the weights {_last(other)!r} and {_last(own)!r} have one path, {path!r}, and would draw "
                "the same values; rename one of them"
            )
    return found


def _in_front(names: Sequence[str], front: str) -> list[str]:
    """Return names as paths, and, if there is something to stand in front of them, with that first."""
    paths = [as_path(name) for name in names]
    return [*(f"{front}/{path}" for path in paths), *paths] if front else paths


def nameless(plan: Plan) -> str:
    """Return what is wrong with the paths of a model that is one layer without a name; nothing if none is."""
    if not {*plan.initializers, *plan.unmatched, *plan.kept} <= _OF_A_LAYER:
        return ""
    if all(initializer.fold_in("") == initializer for initializer in plan.initializers.values()):
        return ""
    return (
        f"the paths of this model are only {' and '.join(sorted(plan.initializers))}, so that every layer "
        "that is initialized alone with this seed gets the same values; give prefix='its/name', or prefix='' "
        "if that is meant"
    )


def _listed(model: Model) -> Iterable[Weight]:
    if isinstance(model, Mapping):
        return weights_of_arrays(model)
    weights = list(model) if isinstance(model, Iterable) and not isinstance(model, str) else [model]
    if wrong := [weight for weight in weights if not isinstance(weight, Weight)]:
        raise ArgumentError(
            f"got {shown(wrong[0])} as a weight of a model; give a list of Weight, as adapters make it, or a "
            "dict from paths to NumPy arrays"
        )
    return weights


def _last(weight: Weight) -> str:
    return weight.others[-1] if weight.others else weight.path


def _renamed(path: str, rename: Rename) -> str:
    found = rename(path)
    if not isinstance(found, str) or not found:
        raise ArgumentError(
            f"got {shown(found)} from rename for {path!r}; it has to return a path, such as the same"
        )
    return as_path(found)


class naming:  # noqa: N801 - used as a function is, and a generator would take as long as what it is around
    """Have errors say which weight they are of."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Name the weight in what was raised."""
        if isinstance(error, SeedbedError):
            raise prefixed(error, self._path) from error
        if isinstance(error, Exception):
            error.add_note(f"(while {self._path} was drawn)")
