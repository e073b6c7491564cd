"""The kit's strategies for hypothesis, which are part of the distribution seedbed-testing."""

from seedbed_testing.strategies import *  # noqa: F403
from seedbed_testing.strategies import __all__ as __all__  # noqa: PLC0414 - for type checkers
