"""The paths of a model's weights, which are the same in every framework where its attributes are."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import keras

_LEAVES: Final = {
    "kernel": "weight",
    "gamma": "weight",
    "scale": "weight",
    "embeddings": "weight",
    "beta": "bias",
}

_UNNAMED: Final = re.compile(r"(nnx_)?variable(_\d+)?")
"""What Keras calls a variable that was given no name; the number depends on all that the process made."""

_MOST_PLACES: Final = 64
"""Of one layer, as layers that all have each other have more paths than there is time for."""

_OF_KERAS: Final = ("_layers", "_modules", "_functional", "_operations", "_self_")
"""How the private attributes begin in which `keras.Layer` and `keras.Model` themselves keep layers."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A weight of a model that is to be trained.

    Parameters
    ----------
    path
        Its path: attributes of the model's own layers, and the names of layers within those of Keras.
    others
        Other names by which rules may mean it: with Keras's last part, Keras's whole path, and those that it
        has in a wrapper around its layer.
    ties
        The names that it has at other places of the model, where its layer, or the weight alone, is shared.
    layer
        The layer that made it, of those that have it.
    variable
        The weight itself.
    """

    path: str
    others: tuple[str, ...]
    ties: tuple[str, ...]
    layer: keras.Layer
    variable: keras.Variable


def own_weights(layer: keras.Layer) -> tuple[list[keras.Variable], list[keras.Variable]]:
    """Return the variables of `layer` itself, in the order of their making: its parameters, and its state.

    A layer's public lists have those of its sublayers too, and what they call trainable is nothing any more
    where a layer has been frozen.
    """
    return list(layer._trainable_variables), list(layer._non_trainable_variables)  # noqa: SLF001


def is_unnamed(variable: keras.Variable) -> bool:
    """Say whether the name of `variable` is one that Keras made up."""
    return _UNNAMED.fullmatch(variable.name) is not None


def parameters(model: keras.Layer) -> list[Parameter]:
    """Return what is trained of a model, each once and in its order; state, such as moving means, is none."""
    found: dict[int, Parameter] = {}
    for prefix, layer in _places(model):
        for leaf, name, variable in _leaves(layer):
            names = _once(_joined(prefix, leaf), _joined(prefix, name))
            first = found.get(id(variable))
            keras_paths = (variable.path, variable.path.removeprefix(f"{model.name}/"))
            here = Parameter(names[0], _once(*names, *keras_paths)[1:], (), layer, variable)
            if first is None:
                found[id(variable)] = here
                continue
            if _has_made(layer, variable) and not _has_made(first.layer, variable):
                first, here = here, first
            # A wrapper, such as SpectralNormalization, has the weight of the layer within as well.
            is_around = _is_within(prefix, found[id(variable)].path.rpartition("/")[0])
            names = tuple(name for name in (here.path, *here.others) if name != first.path)
            if is_around:
                first = replace(first, others=_once(*first.others, *names))
            else:
                first = replace(first, ties=_once(*first.ties, *names))
            found[id(variable)] = first
    order = {id(variable): at for at, variable in enumerate(model.weights)}
    return sorted(found.values(), key=lambda parameter: order.get(id(parameter.variable), len(order)))


def _leaves(layer: keras.Layer) -> Iterator[tuple[str, str, keras.Variable]]:
    """Yield what is trained of `layer` alone: the last part of its path, Keras's name for it, the weight."""
    before: Counter[str] = Counter()
    for number, variable in enumerate(own_weights(layer)[0]):
        name = _name(layer, variable, number)
        # Of weights of one name in one layer, all but the first have a number.
        again = f":{before[name]}" if before[name] else ""
        before[name] += 1
        if not _is_state(variable):
            yield _LEAVES.get(name, name) + again, name + again, variable


def _is_within(inner: str, outer: str) -> bool:
    return not outer or f"{inner}/".startswith(f"{outer}/")


def _has_made(layer: keras.Layer, variable: keras.Variable) -> bool:
    """Say whether `layer`, which has `variable`, is the one that it was made for, by its path."""
    maker: str = variable.path.split("/")[-2:][0]
    return bool(layer.name == maker)


def _once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _is_state(variable: keras.Variable) -> bool:
    """Say whether training sets `variable` to what it calls its gradient, as the scales of float8."""
    return bool(getattr(variable, "overwrite_with_gradient", False))


def _places(model: keras.Layer) -> Iterator[tuple[str, keras.Layer]]:
    """Yield each layer under each of its paths, the shortest first."""
    queue: deque[tuple[str, keras.Layer, frozenset[int]]] = deque([("", model, frozenset())])
    visits: Counter[int] = Counter()
    while queue:
        prefix, layer, around = queue.popleft()
        yield prefix, layer
        visits[id(layer)] += 1
        if visits[id(layer)] > _MOST_PLACES:
            continue
        within = around | {id(layer)}
        for name, child in _children(layer):
            if id(child) not in within:
                queue.append((_joined(prefix, name), child, within))


def _children(layer: keras.Layer) -> Iterator[tuple[str, keras.Layer]]:
    """Yield the layers within `layer`: each attribute where somebody wrote its class, else once, by name.

    Attributes are sorted, as Flax sorts them, so that the first in the alphabet names the stream of a layer
    that several hold. The others are ties.
    """
    held: list[tuple[str, keras.Layer]] = []
    if not type(layer).__module__.startswith("keras."):
        attributes = _attributes(layer)
        for name in sorted(attributes, key=lambda name: (name.startswith("_"), name)):
            held += _held(name, attributes[name])
    yield from held
    seen = {id(child) for _, child in held}
    for child in layer._flatten_layers(include_self=False, recursive=False):  # noqa: SLF001
        if id(child) not in seen:
            seen.add(id(child))
            yield child.name, child


def _attributes(layer: keras.Layer) -> Mapping[str, Any]:
    """Return the attributes that somebody gave `layer`; private ones only where none is Keras's."""
    # PyTorch's modules, which layers of that backend are, keep those within them apart.
    found = {**vars(layer), **vars(layer).get("_modules", {})}
    theirs = next(base for base in type(layer).__mro__ if base.__module__.startswith("keras."))
    is_own = theirs in (keras.Layer, keras.Model)
    return {
        name: value
        for name, value in found.items()
        if not name.startswith("_") or (is_own and not name.startswith(_OF_KERAS))
    }


def _held(name: str, value: Any) -> Iterator[tuple[str, keras.Layer]]:
    if isinstance(value, keras.Layer):
        yield name, value
        return
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if _is_list(value) else ()
    for key, part in items:
        yield from _held(f"{name}/{key}", part)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _name(layer: keras.Layer, variable: keras.Variable, number: int) -> str:
    """Return the name of a weight in its layer: without one, the attribute that holds it, or its number."""
    if not is_unnamed(variable):
        name: str = variable.name
        return name
    held = sorted(name for name, value in vars(layer).items() if value is variable and name[0] != "_")
    return held[0] if held else f"variable:{number}"


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name
