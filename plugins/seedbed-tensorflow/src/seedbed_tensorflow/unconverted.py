"""`unconverted`, for functions that AutoGraph leaves as they are where a `tf.function` calls them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

import tensorflow as tf  # type: ignore[import-untyped]

Function = TypeVar("Function", bound=Callable[..., Any])


def unconverted(function: Function) -> Function:
    """Return a function that AutoGraph does not rewrite, nor what it calls."""
    kept: Any = tf.autograph.experimental.do_not_convert(function)
    # TensorFlow looks for the arguments that an initializer has, and not behind `__wrapped__`.
    kept.__signature__ = inspect.signature(function)
    return cast("Function", kept)
