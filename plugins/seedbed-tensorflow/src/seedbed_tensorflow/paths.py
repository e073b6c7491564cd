"""The paths of a module's weights, which are the same in every framework where its attributes are."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import tensorflow as tf  # type: ignore[import-untyped]

from seedbed.errors import ArgumentError
from seedbed_tensorflow.layouts import Told, layer_of, package_of, told
from seedbed_tensorflow.variables import is_sharded

UNNAMED: Final = re.compile(r"Variable(_\d+)?")
"""What TensorFlow calls a variable that was given no name."""

_KERAS: Final = ("tf_keras", "keras")
_MOST_PLACES: Final = 64
"""Of one module, as modules that all have each other have more paths than there is time for."""

_PRIVATE: Final = ("_self_", "_metrics", "_keras_", "_trainable_weights", "_non_trainable_weights")
"""How the attributes begin in which TensorFlow and Keras themselves keep what a module has."""


@dataclass(slots=True)
class Parameter:
    """A weight of a module that is to be trained.

    Parameters
    ----------
    path
        Its path: attributes of the model's own modules, and the names of layers within those of Keras.
    variable
        The weight itself.
    told
        What its layer tells of it.
    others, ties
        Other names of its place, and the names that it has at other places.
    """

    path: str
    variable: Any
    told: Told
    others: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()


class _Place(NamedTuple):
    """A module, where it is, and which modules are around it, the nearest last."""

    prefix: str
    node: Any
    around: tuple[Any, ...]


def parameters(module: Any) -> list[Parameter]:
    """Return what is trained of a module, each once; state, such as moving means and counters, is none."""
    found: dict[int, Parameter] = {}
    makers: dict[int, _Place] = {}
    for place in _places(module):
        for name, variable in _own(place.node):
            here = _parameter(place, name, variable)
            first = found.setdefault(id(variable), here)
            if first is here:
                makers[id(variable)] = place
                continue
            maker = makers[id(variable)]
            # A wrapper of Keras, such as SpectralNormalization, has the weight of the layer within as well.
            if is_keras(maker.node) and any(node is maker.node for node in place.around):
                here.others = _once(*here.others, first.path, *first.others)
                found[id(variable)], makers[id(variable)] = here, place
            else:
                first.ties = _once(*first.ties, here.path, *here.others)
                first.told = first.told if first.told.layout else here.told._replace(leaf=first.told.leaf)
    return list(found.values())


def is_keras(node: Any) -> bool:
    """Say whether a module is a layer of Keras 2."""
    return isinstance(node, tf.Module) and _is_layer(node)


def unbuilt(module: Any) -> list[str]:
    """Return the paths of layers that have no weights yet, and get them when they are called first."""
    lacking = []
    for place in _places(module):
        layer = layer_of(place.node)
        is_built = getattr(place.node, "built", layer is not None and layer.kind == "norm")
        if layer is not None and not is_built and not any(True for _ in _own(place.node)):
            lacking.append(place.prefix)
    return list(dict.fromkeys(lacking))


def _parameter(place: _Place, name: str, variable: Any) -> Parameter:
    front, _, last = name.rpartition("/")
    known = told(place.node, last, () if variable.shape.rank is None else tuple(variable.shape))
    if any(layer is not None and layer.kind == "recurrent" for layer in map(layer_of, place.around)):
        known = known._replace(kind=known.kind and "recurrent")
    path = _joined(place.prefix, _joined(front, known.leaf))
    others = _once(_joined(place.prefix, name), name_of(variable))
    return Parameter(path, variable, known, tuple(other for other in others if other != path))


def name_of(variable: Any) -> str:
    """Return TensorFlow's own name of a variable, of a sharded one that of its parts."""
    if is_sharded(variable):
        return str(variable.variables[0].name).partition("/part_0")[0]
    return str(variable.name).partition(":")[0]


def _places(module: Any) -> Iterator[_Place]:
    """Yield each module under each of its paths, the shortest first."""
    queue = deque([_Place("", module, ())])
    visits: Counter[int] = Counter()
    while queue:
        place = queue.popleft()
        yield place
        visits[id(place.node)] += 1
        if visits[id(place.node)] > _MOST_PLACES:
            continue
        within = (*place.around, place.node)
        for name, child in _children(place.node):
            if not any(child is node for node in within):
                queue.append(_Place(_joined(place.prefix, name), child, within))


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield the modules within one, by attribute where somebody wrote its class, else by Keras's names."""
    if not is_keras(node):
        for name, thing in _attributes(node):
            _check_not_keras_3(thing, name)
            if isinstance(thing, tf.Module) and not _is_optimizer(thing):
                yield name, thing
        return
    tracked = {id(child): child for child in node._flatten_modules(recursive=False, include_self=False)}  # noqa: SLF001
    held: list[tuple[str, Any]] = []
    if package_of(type(node)) not in _KERAS:
        held = [(name, thing) for name, thing in _attributes(node) if id(thing) in tracked]
    yield from held
    for _, thing in held:
        tracked.pop(id(thing), None)
    yield from ((child.name, child) for child in tracked.values())


def _own(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is trained of a module alone, each with the name that the module has for it."""
    held = [(name, thing) for name, thing in _attributes(node) if _is_variable(thing)]
    if not is_keras(node):
        yield from ((name, variable) for name, variable in held if _is_trained(variable))
        return
    wholes = {id(part): whole for _, whole in held if is_sharded(whole) for part in whole.variables}
    found = {id(whole): whole for part in node._trainable_weights for whole in [wholes.get(id(part), part)]}  # noqa: SLF001
    before: Counter[str] = Counter()
    for number, variable in enumerate(found.values()):
        name = name_of(variable).rpartition("/")[2]
        if UNNAMED.fullmatch(name):
            attributes = (name for name, thing in held if thing is variable)
            name = next(attributes, f"variable:{number}")
        again = f":{before[name]}" if before[name] else ""
        before[name] += 1
        yield name + again, variable


def _attributes(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the attributes of a module hold, in containers too, each with its path from the module."""
    layer, is_of_sonnet = layer_of(node), package_of(type(node)) == "sonnet"
    extends_keras = next((base for base in type(node).__mro__ if package_of(base) in _KERAS), None)
    hides = extends_keras is not None and extends_keras.__name__ not in ("Layer", "Model")
    for name, value in vars(node).items():
        if name.startswith(_PRIVATE) or (hides and name.startswith("_")):
            continue
        # Sonnet's own attributes are private where those of others are public: `layers`, `w_i`.
        public = name.lstrip("_")
        is_theirs = is_of_sonnet or (layer is not None and public in layer.weights)
        yield from _held(public if is_theirs else name, value)


def _held(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping | list | tuple):
        yield name, value
        return
    for key, part in value.items() if isinstance(value, Mapping) else enumerate(value):
        yield from _held(f"{name}/{key}", part)


def _is_variable(thing: Any) -> bool:
    return isinstance(thing, tf.Variable) or is_sharded(thing)


def _is_trained(variable: Any) -> bool:
    first = variable.variables[0] if is_sharded(variable) else variable
    return bool(first.trainable) and (first.dtype.is_floating or first.dtype.is_complex)


def _is_optimizer(node: Any) -> bool:
    return any((package_of(base), base.__name__) == ("sonnet", "Optimizer") for base in type(node).__mro__)


def _is_layer(node: Any) -> bool:
    return any(base.__name__ == "Layer" and package_of(base) in _KERAS for base in type(node).__mro__)


def _check_not_keras_3(thing: Any, name: str) -> None:
    if _is_layer(thing) and not isinstance(thing, tf.Module):
        raise ArgumentError(
            f"got a module whose {name!r} is a layer of Keras 3, of which TensorFlow knows no weights; "
            "initialize that by seedbed_keras.initialize, and take it out of this module meanwhile"
        )


def _once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix and name else prefix or name
