"""The Keras that this package needs."""

from __future__ import annotations

import re
from typing import Final

from seedbed.errors import MissingExtraError

_OLDEST: Final = (3, 5)


def require_keras() -> None:
    """Do nothing where Keras can be used.

    Raises
    ------
    MissingExtraError
        If it is absent, too old, or lacks the backend that it is set to; the message says what to install.
    """
    install = "install it: pip install 'keras>=3.5'"
    try:
        import keras  # noqa: PLC0415 - whether it can be imported is the question
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "keras":
            raise MissingExtraError(f"seedbed-keras needs Keras 3.5 or later; {install}") from error
        raise MissingExtraError(
            f"seedbed-keras cannot import Keras ({error}); install the backend that is missing, or set "
            "KERAS_BACKEND to one that is installed: tensorflow, jax, torch or numpy"
        ) from error
    found = getattr(keras, "__version__", "of no known version")
    if (parts := re.match(r"(\d+)\.(\d+)", found)) is None or tuple(map(int, parts.groups())) < _OLDEST:
        raise MissingExtraError(f"seedbed-keras needs Keras 3.5 or later, found {found}; {install}")
