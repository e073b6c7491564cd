"""The check of an adapter, for those who bring a framework."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from seedbed.errors import ArgumentError, CheckError
from seedbed_testing.adapter_cases import ADAPTER_CASES
from seedbed_testing.adapter_trials import CLAUSES, Adapter, LackedError, Twin, check_case
from seedbed_testing.clause import BrokenError, broken, said
from seedbed_testing.positions import place_in
from seedbed_testing.report import Outcome, Report, Result, checked_reasons

_WHY: Final = "a model would get other weights than its twin in another framework, or lose those that it has"


def check_adapter(
    adapter: Adapter, twin: Twin, *, expected_failures: Mapping[str, str] | None = None
) -> Report:
    """Check that an adapter gives the models of a framework the values that NumPy's arrays get.

    Parameters
    ----------
    adapter
        What has the methods `initialize`, `plan` and `arrays`; see `Adapter`. The two first take what
        `seedbed.models.initialize` takes: `seed`, `strict`, `layouts`, `kinds`, `rename`, `prefix`, `shard`.
    twin
        Called with the name of a case of `ADAPTER_CASES`, as often as a fresh model is needed. It returns the
        framework's model for it, and a dict from the path of each weight to its layout as it is stored. Where
        the framework has no such model, it returns ``None`` or raises NotImplementedError with the reason.
    expected_failures
        By the name of a case or a clause, why it fails and is meant to. One that passes nevertheless is
        reported as ``"unexpected"``, which is as wrong as a failure.

    Returns
    -------
    Report
        One result for each case and each clause. Cases that the framework lacks are listed as skipped.

    Raises
    ------
    CheckError
        If anything is wrong; the message has the whole report.
    ArgumentError
        If `twin` knows no case, or returns something else; if a failure is expected of what is not checked,
        or for no reason.
    """
    reasons = checked_reasons(expected_failures, (*ADAPTER_CASES, *CLAUSES))
    checks: dict[str, Callable[[], str | None]] = {
        name: partial(check_case, adapter, twin, name) for name in ADAPTER_CASES
    }
    checks |= {name: partial(clause, adapter, twin) for name, clause in CLAUSES.items()}
    results = [_result(adapter, name, check, reasons.get(name, "")) for name, check in checks.items()]
    report = Report(tuple(results))
    if not report.has_run:
        raise ArgumentError(
            f"twin knows no case, so nothing is known of {type(adapter).__name__}; cases are "
            f"{', '.join(ADAPTER_CASES)}"
        )
    if not report.ok:
        raise CheckError(str(report))
    return report


def _result(adapter: Adapter, name: str, check: Callable[[], str | None], reason: str) -> Result:
    label, start = type(adapter).__name__, time.perf_counter()

    def result(outcome: Outcome, detail: str = "") -> Result:
        return Result(label, name, outcome, detail, time.perf_counter() - start)

    try:
        told = _checked(check)
    except LackedError as lacked:
        return result("skipped", str(lacked))
    except BrokenError as error:
        place = "" if error.__cause__ is None else place_in(type(adapter), error.__cause__)
        return (
            result("expected", reason)
            if reason
            else result("failed", said(name, label, error, _WHY, place=place))
        )
    if reason:
        return result(
            "unexpected", f"{name} was expected to fail ({reason}), and passes: expect no failure of it"
        )
    return result("passed", told)


def _checked(check: Callable[[], str | None]) -> str:
    """Return what a check tells; whatever else it raises is one failure, and the rest is checked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of rules that match nothing, which is meant here
            return check() or ""
    except (LackedError, BrokenError, ArgumentError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit too
        broken(
            expected="no exception but those of seedbed.errors",
            got=error,
            fix="follow the traceback of the cause to the line that raised it",
        )
