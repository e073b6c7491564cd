"""`Report`: what the checks of one or more initializers have found."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

from seedbed.arguments import suggestion
from seedbed.errors import ArgumentError, shown

Outcome = Literal["passed", "failed", "expected", "unexpected", "skipped"]

OUTCOMES: Final[tuple[Outcome, ...]] = ("passed", "failed", "expected", "unexpected", "skipped")
"""A failure may be expected; a check that passes where a failure was expected is unexpected, and wrong."""

_WRONG: Final = ("failed", "unexpected")


@dataclass(frozen=True, slots=True)
class Result:
    """What one check has found.

    Parameters
    ----------
    subject
        What was checked.
    check
        The name of the check.
    outcome
        ``"passed"``; ``"failed"``; ``"expected"``, failed as somebody said that it would; ``"unexpected"``,
        passed where somebody said that it would fail; or ``"skipped"``, as it says nothing about the subject.
    detail
        The text of the failure, or why it was skipped or expected.
    seconds
        How long it took.
    """

    subject: str
    check: str
    outcome: Outcome
    detail: str = ""
    seconds: float = 0.0

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to fix something."""
        return self.outcome in _WRONG


@dataclass(frozen=True, slots=True)
class Report:
    """What checks have found; its text is a table, with the failures below.

    Parameters
    ----------
    results
        One for each check of each subject.

    Examples
    --------
    >>> print(Report((Result("Zeros", "check_shape", "passed"),)))
    check        outcome
    check_shape  passed
    <BLANKLINE>
    Zeros: 1 passed
    """

    results: tuple[Result, ...]

    @property
    def ok(self) -> bool:
        """Whether at least one check has passed or failed as expected, and none is wrong."""
        return self.has_run and not any(result.is_wrong for result in self.results)

    @property
    def has_run(self) -> bool:
        """Whether there is any check that was not skipped."""
        return any(result.outcome != "skipped" for result in self.results)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many checks have each outcome, 0 included."""
        found = Counter(result.outcome for result in self.results)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    def to_json(self) -> str:
        """Return ``{"ok", "counts", "results"}`` as JSON."""
        results = [asdict(result) for result in self.results]
        return json.dumps({"ok": self.ok, "counts": self.counts, "results": results}, indent=2)

    def __add__(self, other: Report) -> Report:
        return Report(self.results + other.results)

    def __str__(self) -> str:
        subjects = list(dict.fromkeys(result.subject for result in self.results))
        return "\n\n".join(self._page(subject) for subject in subjects) or "no check was run"

    def _page(self, subject: str) -> str:
        results = [result for result in self.results if result.subject == subject]
        width = max(len("check"), *(len(result.check) for result in results))
        rows = [f"{'check':{width}}  outcome"]
        rows += [f"{result.check:{width}}  {result.outcome}{_note(result)}" for result in results]
        counts = ", ".join(
            f"{count} {outcome}" for outcome, count in Report(tuple(results)).counts.items() if count
        )
        rows += ["", f"{subject}: {counts}"]
        rows += [f"\n{textwrap.indent(result.detail, '  ')}" for result in results if result.is_wrong]
        return "\n".join(rows)


def _note(result: Result) -> str:
    return f": {result.detail}" if result.outcome in ("skipped", "expected") else ""


def checked_reasons(
    expected_failures: Mapping[str, str] | None, checks: Collection[str]
) -> Mapping[str, str]:
    """Return why some of `checks` are expected to fail, by their names.

    Raises
    ------
    ArgumentError
        If there is no such check, or no reason.
    """
    for name, reason in (expected_failures or {}).items():
        if name not in checks:
            raise ArgumentError(f"there is no check {shown(name)}{suggestion(name, checks)}")
        if not isinstance(reason, str) or not reason.strip():
            raise ArgumentError(f"{name} is expected to fail without a reason; say why, in a sentence")
    return expected_failures or {}
