"""The checks as tests of pytest, which is imported when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import ArgumentError
from seedbed.initializer import Initializer
from seedbed.requirement import missing_extra
from seedbed_testing.clause import Checkable
from seedbed_testing.finding import as_subject
from seedbed_testing.report import Result, checked_reasons
from seedbed_testing.runner import CHECKS, run_check
from seedbed_testing.subject import Subject

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class BoundCheck:
    """One check of one initializer; call it in a test.

    Parameters
    ----------
    x
        What is checked, looked up when it is called.
    name
        The name of the check.
    reason
        Why it is expected to fail; empty if it is not.
    """

    x: Checkable
    name: str
    reason: str = ""

    def __call__(self) -> None:
        """Run the check: fail, skip, or fail as expected, as pytest knows it."""
        import pytest  # noqa: PLC0415 - only tests call this

        __tracebackhide__ = True
        result: Result = run_check(CHECKS[self.name], as_subject(self.x), self.reason)
        if result.is_wrong:
            pytest.fail(result.detail, pytrace=False)
        if result.outcome == "skipped":
            pytest.skip(result.detail)
        if result.outcome == "expected":
            pytest.xfail(result.detail)

    def __str__(self) -> str:
        return f"{_label(self.x)}-{self.name}"


def parametrize_checks(
    subjects: Iterable[Checkable], *, expected_failures: Mapping[str, str] | None = None
) -> pytest.MarkDecorator:
    """Return a decorator that makes one test of each check of each initializer.

    The test function has one argument, `check`, and calls it. What does not apply is skipped.

    Parameters
    ----------
    subjects
        Names of entries, initializers or classes, as `run_checks` takes them.
    expected_failures
        By the name of a check, why it fails and is meant to; one that passes nevertheless fails the test.

    Raises
    ------
    ArgumentError
        If there are no subjects, as nothing would be tested; or as `run_checks`.
    MissingExtraError
        If pytest is not installed.

    Examples
    --------
    >>> from seedbed_testing import parametrize_checks
    >>> @parametrize_checks(["he_normal", "zeros"])
    ... def test_conformance(check):
    ...     check()
    """
    try:
        import pytest  # noqa: PLC0415 - who runs checks without it needs it not
    except ImportError as error:
        raise missing_extra("parametrize_checks", "pytest", "testing") from error
    reasons = checked_reasons(expected_failures, CHECKS)
    bound = [BoundCheck(x, name, reasons.get(name, "")) for x in subjects for name in CHECKS]
    if not bound:
        raise ArgumentError("got no initializer to check, so that nothing would be tested; name at least one")
    return pytest.mark.parametrize("check", bound, ids=str)


def _label(x: Checkable) -> str:
    if isinstance(x, Subject):
        return x.label
    if isinstance(x, Initializer):
        return type(x).__name__
    return x if isinstance(x, str) else x.__name__
