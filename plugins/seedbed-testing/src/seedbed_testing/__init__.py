"""The conformance kit: checks of every clause of the contract, for authors of initializers."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed_testing.names import *  # noqa: F403
    from seedbed_testing.names import __all__ as __all__


def __getattr__(name: str) -> Any:
    # What needs one of the kit's modules, such as a command that reads docstrings, does without the checks.
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.names"), name)
