"""The check of an engine, for those who write one."""

from __future__ import annotations

from seedbed.errors import CheckError, PluginError
from seedbed.random import Engine
from seedbed.random.trials import try_engine


def check_engine(engine: Engine) -> None:
    """Check that an engine gives the bits of the random stream, by draws that take some seconds.

    `seedbed.random.use_engine` makes fewer, in some 50 ms.

    Parameters
    ----------
    engine
        What has a `name` and a method `draw`; see `seedbed.random.Engine`.

    Raises
    ------
    CheckError
        If the engine fails, or gives another bit; the message says in which draw, and where in it.

    Examples
    --------
    >>> from seedbed.random import NumPyEngine
    >>> check_engine(NumPyEngine(block=5000))  # doctest: +SKIP
    """
    try:
        try_engine(engine, thorough=True)
    except PluginError as error:
        raise CheckError(str(error)) from error
