"""Every check of the kit finds the initializer that breaks its clause, and no other check does."""

import pytest
from mutants import MUTANTS, Right

from seedbed.testing import CHECKS, run_checks

pytestmark = pytest.mark.slow


def broken_clauses(initializer):
    report = run_checks(initializer)
    return {result.check: result.detail for result in report.results if result.is_wrong}


def test_every_check_has_a_mutant():
    assert MUTANTS.keys() == CHECKS.keys()


def test_what_is_right_passes_every_check():
    report = run_checks(Right)
    assert report.counts["passed"] == len(CHECKS), report
    assert report.ok


@pytest.mark.parametrize("check", CHECKS)
def test_a_mutant_fails_its_check_and_no_other(check):
    found = broken_clauses(MUTANTS[check])
    assert list(found) == [check], "\n\n".join(found.values())
    for part in ("expected: ", "got: ", "matters: ", "fix: "):
        assert part in found[check]
