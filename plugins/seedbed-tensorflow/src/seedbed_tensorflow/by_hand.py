"""A warning where an initializer that is called by hand repeats the values that a variable has.

``tf.Variable(shared((4, 3)))`` makes a tensor before there is any variable, so that two such variables are
equal. What becomes of a tensor TensorFlow tells nobody. But a variable that lives can be found among the
objects of the process, and then has the values that it was given, unless it has been trained since.
"""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any, Final

import tensorflow as tf  # type: ignore[import-untyped]

_ALWAYS: Final = 8
"""The first calls, at which variables are looked for among all objects; after them, each time as many."""

_NO_VALUES: Final = (AttributeError, TypeError, ValueError, RuntimeError, tf.errors.OpError)
"""What a variable raises that is not complete, or whose values are elsewhere or gone."""


class ByHand:
    """What an initializer has been called by hand for."""

    def __init__(self) -> None:
        self._calls: Counter[Any] = Counter()
        self._has_told = False

    def repeats(self, stream: Any, tensor: Any) -> bool:
        """Note a tensor; say whether a living variable has its values, if that has not been told.

        Parameters
        ----------
        stream
            What makes the values, with their dtype.
        tensor
            An eager tensor of them.
        """
        self._calls[stream] += 1
        count = self._calls[stream]
        is_looked_for = 1 < count <= _ALWAYS or (count > _ALWAYS and not count & (count - 1))
        if self._has_told or not is_looked_for or not _is_in_a_variable(tensor):
            return False
        gc.collect()  # a model that nobody has any more may be there until then
        self._has_told = _is_in_a_variable(tensor)
        return self._has_told


def _is_in_a_variable(tensor: Any) -> bool:
    if not tensor.shape.num_elements():
        return False
    # Of its class and not by isinstance, which runs code of objects that stand for others.
    return any(tf.Variable in type(one).__mro__ and _has(one, tensor) for one in gc.get_objects())


def _has(variable: Any, tensor: Any) -> bool:
    try:
        is_alike = variable.shape == tensor.shape and variable.dtype == tensor.dtype
        return is_alike and bool(tf.reduce_all(tf.convert_to_tensor(variable) == tensor))
    except _NO_VALUES:
        return False
