"""The conformance kit, which is the distribution seedbed-testing."""

from seedbed.requirement import missing_extra

try:
    from seedbed_testing import *  # noqa: F403
    from seedbed_testing import __all__ as __all__
except ModuleNotFoundError as error:
    if error.name != "seedbed_testing":
        raise
    raise missing_extra("the conformance kit", "seedbed-testing", "testing") from error
