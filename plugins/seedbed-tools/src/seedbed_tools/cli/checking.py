"""``seedbed check``: the conformance kit on entries, packages and classes."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import seedbed
from seedbed import Catalogue
from seedbed.discovery import normalise
from seedbed.errors import SeedbedError, UnknownNameError, described, shown
from seedbed.foreign import Attempt
from seedbed.initializer import unusable
from seedbed_testing import CHECKS, Checkable, Report, Result, run_checks
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import CommandError, one_line, printable
from seedbed_tools.cli.page import Page, Style, print_lines
from seedbed_tools.cli.streams import prints_to_stderr

_COLOURS: Final[dict[str, Style]] = {
    "passed": "green",
    "failed": "red",
    "unexpected": "red",
    "expected": "yellow",
    "skipped": "dim",
}


def run(options: Namespace) -> int:
    """Run the conformance kit, and print what it has found."""
    catalogue = seedbed.catalogue()
    expected = parse_expected(options.expect)
    with prints_to_stderr():
        subjects = resolve(catalogue, options.subjects)
        with progress(len(subjects) * len(CHECKS)) as watch:
            report = check(catalogue, subjects, expected_failures=expected, watch=watch)
        report += broken(catalogue, options.subjects)
    if options.json:
        print_lines(report.to_json())
    else:
        _print(Page.of_stdout(), report)
    hidden.tell(catalogue)
    return 0 if report.ok else 1


def resolve(catalogue: Catalogue, asked: Sequence[str]) -> list[Checkable]:
    """Return the full names of entries, and the classes, to check.

    Parameters
    ----------
    catalogue
        Where names and packages are looked up.
    asked
        Names of entries, of packages, or ``module:Class``; nothing for the whole catalogue.

    Raises
    ------
    CommandError
        If a module cannot be imported, or has no such initializer.
    UnknownNameError
        If `asked` has anything else.
    """
    if not asked:
        return [entry.full_name for entry in catalogue]
    return list(dict.fromkeys(found for text in asked for found in _resolve(catalogue, text)))


def check(
    catalogue: Catalogue,
    subjects: Sequence[Checkable],
    *,
    expected_failures: Mapping[str, str],
    watch: Callable[[Result], object] = lambda _: None,
) -> Report:
    """Return the results of all checks. A subject that cannot be constructed has failed.

    Raises
    ------
    ArgumentError
        If a failure is expected of a check that does not exist.
    """
    report = Report(())
    for subject in subjects:
        with Attempt() as attempt:  # a constructor is anybody's code
            report += run_checks(
                subject, expected_failures=expected_failures, catalogue=catalogue, watch=watch
            )
        if (error := attempt.error) is not None:
            name = subject if isinstance(subject, str) else getattr(subject, "__name__", shown(subject))
            detail = str(error) if isinstance(error, SeedbedError) else described(error)
            report += Report((Result(name, "construction", "failed", detail),))
    return report


def broken(catalogue: Catalogue, asked: Sequence[str]) -> Report:
    """Return a failure for each problem of the packages that were asked for, or of all packages."""
    packages = {normalise(text) for text in asked}
    return Report(
        tuple(
            Result(issue.full_name if issue.names else issue.source, "installation", "failed", str(issue))
            for issue in catalogue.problems
            if issue.is_wrong and (not asked or issue.provider in packages)
        )
    )


def parse_expected(settings: Sequence[str]) -> dict[str, str]:
    """Return the expected failures that ``--expect CHECK=REASON`` gives.

    Raises
    ------
    CommandError
        If there is no such check, or no reason.

    Examples
    --------
    >>> parse_expected(["check_memory=It sorts all pairs."])
    {'check_memory': 'It sorts all pairs.'}
    """
    found = {}
    for setting in settings:
        name, _, reason = setting.partition("=")
        if name.strip() not in CHECKS or not reason.strip():
            raise CommandError(
                f"--expect {setting!r:.200} must be CHECK=REASON, where CHECK is one of {', '.join(CHECKS)}"
            )
        found[name.strip()] = reason.strip()
    return found


@contextmanager
def progress(total: int) -> Iterator[Callable[[Result], object]]:
    """Show a bar on a terminal while checks run; yield the function to call with each result."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - and below: only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda result: bar.update(task, advance=1, description=f"{result.subject} {result.check}")


def _print(page: Page, report: Report) -> None:
    """Print a row for each subject, and below them what is wrong."""
    of: dict[str, list[Result]] = {}
    for result in report.results:
        of.setdefault(result.subject, []).append(result)
    width = max(map(len, of), default=0)
    for subject, results in of.items():
        print_lines(f"{one_line(subject).ljust(width)}  {_counts(page, Report(tuple(results)))}")
    for result in report.results:
        if result.is_wrong:
            print_lines("", page.paint(f"{result.subject} {result.check}", "bold"))
            print_lines(*(f"  {printable(line)}" for line in result.detail.splitlines()))
    if len(of) > 1:
        print_lines("", f"{len(of)} initializers: {_counts(page, report)}")


def _counts(page: Page, report: Report) -> str:
    counts = [(f"{count} {outcome}", _COLOURS[outcome]) for outcome, count in report.counts.items() if count]
    return ", ".join(page.paint(text, colour) for text, colour in counts)


def _resolve(catalogue: Catalogue, text: str) -> list[Checkable]:
    named = [catalogue.entry(text).full_name] if catalogue.candidates(text) else []
    of_package = [entry.full_name for entry in catalogue if entry.provider == normalise(text)]
    is_broken = any(issue.provider == normalise(text) for issue in catalogue.problems)
    if named or of_package or is_broken:  # both, where a package is called like an entry
        return [*named, *of_package]
    module, colon, qualname = text.partition(":")
    try:
        return [catalogue.entry(text).full_name]
    except UnknownNameError as error:
        if not colon or not all(part.isidentifier() for part in module.split(".")):
            raise
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            raise CommandError(
                f"{error}; nor is there a module {module!r}: if it lies in this folder and is not installed, "
                f"run `python -m seedbed check {text}`"
            ) from error
    return [_imported(module, qualname)]


def _imported(module: str, qualname: str) -> Checkable:
    with Attempt() as attempt:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    if attempt.error is not None:
        what = described(attempt.error)
        raise CommandError(f"{module}:{qualname} cannot be imported: {what}") from attempt.error
    if flaw := unusable(found):
        raise CommandError(f"{module}:{qualname} {flaw}; give a concrete subclass of it")
    checked: Checkable = found
    return checked
