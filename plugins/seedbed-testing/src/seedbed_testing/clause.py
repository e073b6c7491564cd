"""What makes a check of a function: one clause of the contract, and what is said when it is broken."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from seedbed.errors import CheckError, described
from seedbed.initializer import Initializer
from seedbed_testing.finding import as_subject
from seedbed_testing.positions import place_in
from seedbed_testing.subject import NotApplicable, Subject

Checkable: TypeAlias = str | Initializer | type[Initializer] | Subject
"""The name of an entry, an initializer or its class."""

Check: TypeAlias = Callable[[Checkable], str | None]
"""Raises `CheckError`, or returns why there is nothing to check, or nothing where all is well."""


class BrokenError(Exception):
    """Raised by `broken`."""

    def __init__(self, expected: str, got: str, fix: str) -> None:
        super().__init__(expected, got, fix)
        self.expected, self.got, self.fix = expected, got, fix


def broken(*, expected: str, got: object, fix: str, cause: BaseException | None = None) -> NoReturn:
    """Say that the clause is broken: an exception that is `got` becomes the cause."""
    if isinstance(got, BaseException):
        raise BrokenError(expected, described(got), fix) from got
    raise BrokenError(expected, str(got), fix) from cause


def clause(why: str) -> Callable[[Callable[[Subject], None]], Check]:
    """Return a decorator that makes a check of a function which calls `broken` or raises `NotApplicable`.

    Parameters
    ----------
    why
        Why it matters: what goes wrong for users where the clause does not hold.
    """

    def decorate(test: Callable[[Subject], None]) -> Check:
        @functools.wraps(test)
        def check(subject: Checkable) -> str | None:
            found = as_subject(subject)
            try:
                test(found)
            except NotApplicable as reason:
                return str(reason)
            except BrokenError as error:
                raise CheckError(_text(test, found, error, why)) from error.__cause__
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit too, or the rest would not be checked
                surprise = BrokenError(
                    "no exception but those of seedbed.errors",
                    described(error),
                    "follow the traceback of the cause to the line that raised it",
                )
                surprise.__cause__ = error
                raise CheckError(_text(test, found, surprise, why)) from error
            return None

        return check

    return decorate


def _text(test: Callable[[Subject], None], subject: Subject, error: BrokenError, why: str) -> str:
    cause = error.__cause__
    place = "" if cause is None else place_in(subject.kind, cause)
    return said(test.__name__, subject.label, error, why, place=place)


def said(name: str, label: str, error: BrokenError, why: str, *, place: str = "") -> str:
    """Return the text of a failure, which came from `place` in the author's file."""
    return (
        f"{name}: {label}\n"
        f"  expected: {error.expected}\n"
        f"  got:      {error.got}{f', at {place}' if place else ''}\n"
        f"  matters:  {why}\n"
        f"  fix:      {error.fix}"
    )
