"""The path of a weight within its whole model, where Keras builds a layer without its model.

Keras loads a model layer by layer, and builds each before it is within its model: the kernel with the path
``encoder/dense/kernel`` is ``dense/kernel`` then. So the config of an initializer has the path of the layer
whose config it is a part of, which is its scope.
"""

from __future__ import annotations


def whole_path(path: str, scope: str | None) -> str:
    """Return the `path` of a weight as it was when `scope` was that of the layer in whose config it was.

    Examples
    --------
    >>> whole_path("dense/kernel", "encoder/dense")
    'encoder/dense/kernel'
    >>> whole_path("attention/query/kernel", "encoder/attention")
    'encoder/attention/query/kernel'

    A layer that was built before it got into the model has a longer path in a copy:

    >>> whole_path("encoder/dense/kernel", "dense")
    'dense/kernel'
    """
    if scope is None:
        return path
    *layer, name = path.split("/")
    known = scope.split("/")
    # What begins with the model's name is whole, be there layers of one name in it, unless it is that name.
    least = 2 if layer[0:1] == known[0:1] and len(layer) > 1 else 1
    for n in range(len(known), least - 1, -1):
        ends = [at + n for at in range(len(layer) - n + 1) if layer[at : at + n] == known[-n:]]
        if ends:
            return "/".join([*known, *layer[ends[0] :], name])
    return whole_scope(path, scope)


def whole_scope(path: str, scope: str | None) -> str:
    """Return the `path` of a layer as it was when `scope` was its own, or that of one beside it.

    Examples
    --------
    >>> whole_scope("dense", "encoder/dense")
    'encoder/dense'

    Layers that share an initializer share one again when they are loaded from a file, and so one scope:

    >>> whole_scope("other", "encoder/dense")
    'encoder/other'
    >>> whole_scope("encoder/other", "encoder/dense")
    'encoder/other'
    """
    if scope is None:
        return path
    parts, known = path.split("/"), scope.split("/")
    is_beside = parts[0] == known[0]
    if is_beside and len(parts) >= len(known):
        return path
    overlap = next((n for n in range(len(known), 0, -1) if known[-n:] == parts[:n]), None)
    if is_beside and overlap is None:
        return path
    return "/".join([*known[: -(overlap or 1)], *parts])
