"""Running checks, and reporting on them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from seedbed.errors import ArgumentError, CheckError
from seedbed_testing.arrays import (
    check_bad_dtypes,
    check_bad_shapes,
    check_dtype,
    check_dtypes,
    check_edge_shapes,
    check_integer_dtypes,
    check_shape,
)
from seedbed_testing.clause import Check, Checkable
from seedbed_testing.configs import (
    check_config,
    check_copy,
    check_equality,
    check_pickle,
    check_repr,
    check_round_trip,
)
from seedbed_testing.declarations import check_declarations
from seedbed_testing.documented import check_docstring
from seedbed_testing.effects import check_memory, check_own_array, check_threads
from seedbed_testing.elsewhere import check_process
from seedbed_testing.finding import as_subject
from seedbed_testing.finiteness import check_finite
from seedbed_testing.independence import check_fold_in
from seedbed_testing.mutation import check_no_mutation
from seedbed_testing.parts import check_fill, check_shard
from seedbed_testing.precision import check_precision
from seedbed_testing.refusals import check_refusals
from seedbed_testing.report import Report, Result, checked_reasons
from seedbed_testing.seeds import (
    check_fresh,
    check_global_state,
    check_repeat,
    check_seeds,
)
from seedbed_testing.statistics import check_bounds, check_mean, check_stddev
from seedbed_testing.subject import Subject

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue

CHECKS: Final[Mapping[str, Check]] = {
    check.__name__: check
    for check in (
        check_shape,
        check_edge_shapes,
        check_bad_shapes,
        check_dtype,
        check_dtypes,
        check_integer_dtypes,
        check_bad_dtypes,
        check_refusals,
        check_finite,
        check_precision,
        check_config,
        check_round_trip,
        check_equality,
        check_repr,
        check_pickle,
        check_copy,
        check_no_mutation,
        check_own_array,
        check_seeds,
        check_repeat,
        check_process,
        check_fresh,
        check_fold_in,
        check_global_state,
        check_threads,
        check_fill,
        check_shard,
        check_memory,
        check_mean,
        check_stddev,
        check_bounds,
        check_declarations,
        check_docstring,
    )
}
"""Every check by its name, one for each clause of the contract, in the order in which they run."""


def run_checks(
    x: Checkable,
    *,
    expected_failures: Mapping[str, str] | None = None,
    catalogue: Catalogue | None = None,
    watch: Callable[[Result], object] | None = None,
) -> Report:
    """Run all checks on an initializer.

    Parameters
    ----------
    x
        The name of an entry, an initializer, or its class. A class is constructed without arguments, or with
        the first of its `example_arguments`.
    expected_failures
        By the name of a check, why it fails and is meant to. One that passes nevertheless is reported as
        ``"unexpected"``, which is as wrong as a failure.
    catalogue
        Where a name is looked up; ``None`` for the catalogue of the process.
    watch
        Called with each result, as soon as it is there.

    Returns
    -------
    Report
        What was found; its `ok` says whether all is well.

    Raises
    ------
    ArgumentError
        If a failure is expected of a check that does not exist, or for no reason; if every check was skipped.
    IdentifierError
        If `x` is none of these.
    UnknownNameError, AmbiguousNameError, EntryLoadError, ConfigError
        If `x` is a name that `seedbed.get` would refuse, or a class that needs arguments and has no example.

    Examples
    --------
    >>> from seedbed_testing import run_checks
    >>> report = run_checks("zeros")
    >>> report.ok, report.counts["failed"]
    (True, 0)
    """
    reasons = checked_reasons(expected_failures, CHECKS)
    subject = as_subject(x, catalogue=catalogue)
    results = []
    for name, check in CHECKS.items():
        results.append(run_check(check, subject, reasons.get(name, "")))
        if watch:
            watch(results[-1])
    report = Report(tuple(results))
    if not report.has_run:
        raise ArgumentError(f"no check applies to {subject.label}, so nothing is known of it")
    return report


def run_check(check: Check, x: Checkable, reason: str = "") -> Result:
    """Run one check, of which `reason` says why it is expected to fail; nothing if it is not."""
    subject = as_subject(x)
    start = time.perf_counter()
    try:
        skipped = check(subject)
    except CheckError as error:
        return Result(
            subject.label,
            check.__name__,
            "expected" if reason else "failed",
            reason or str(error),
            time.perf_counter() - start,
        )
    found_nothing = skipped is not None and _leads_nowhere(skipped, subject)
    seconds = time.perf_counter() - start
    if found_nothing and not reason:
        return Result(subject.label, check.__name__, "failed", _left_open(check, subject, skipped), seconds)
    if skipped is not None:
        return Result(subject.label, check.__name__, "skipped", skipped, seconds)
    if reason:
        detail = f"{check.__name__} was expected to fail ({reason}), and passes: expect no failure of it"
        return Result(subject.label, check.__name__, "unexpected", detail, seconds)
    return Result(subject.label, check.__name__, "passed", "", seconds)


def _leads_nowhere(skipped: str, subject: Subject) -> bool:
    """Say whether a check was skipped for what another should tell, and that other has nothing to tell."""
    sees = [CHECKS[name] for name in _SEE.findall(skipped) if name in CHECKS]
    try:
        found = [check(subject) for check in sees]
    except CheckError:
        return False
    return bool(found) and all(other is None or _leads_nowhere(other, subject) for other in found)


_SEE: Final = re.compile(r"\bsee (check_\w+)")


def _left_open(check: Check, subject: Subject, skipped: str | None) -> str:
    return (
        f"{check.__name__}: {subject.label}\n"
        "  expected: a finding of the check that this one names, or none that keeps it from looking\n"
        f"  got:      {skipped}, which passes\n"
        "  matters:  what no check has looked at may be wrong\n"
        "  fix:      look for what is so only now and then, as where threads meet; if there is nothing, "
        "report it as an error of the kit"
    )
