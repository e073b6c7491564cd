"""The path of a weight within its whole model, where Keras builds a layer without its model.

Keras loads a model layer by layer, and builds each before it is within its model: the kernel with the path
``encoder/dense/kernel`` is ``dense/kernel`` then. So the config of an initializer has the path of the layer
whose config it is a part of.
"""

from __future__ import annotations


def whole_path(path: str, scope: str | None) -> str:
    """Return the `path` of a weight, or layer, as it was when `scope` was that of the layer it belongs to.

    Examples
    --------
    >>> whole_path("dense/kernel", "encoder/dense")
    'encoder/dense/kernel'
    >>> whole_path("encoder/dense/kernel", "encoder/dense")
    'encoder/dense/kernel'

    Layers that share an initializer share one again when they are loaded from a file, and so one scope:

    >>> whole_path("other/kernel", "encoder/dense")
    'encoder/other/kernel'
    """
    if scope is None:
        return path
    parts, known = path.split("/"), scope.split("/")
    if parts[0] == known[0]:
        return path
    overlap = next((n for n in range(len(known), 0, -1) if known[-n:] == parts[:n]), None)
    return "/".join([*known[: -(overlap or 1)], *parts])
