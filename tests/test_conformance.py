"""Every initializer that is installed keeps the contract; running, reporting and pytest's decorator."""

import importlib.metadata
import json
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from mutants import MUTANTS, Right

import seedbed
from seedbed.errors import ArgumentError, CheckError, ConfigError, IdentifierError, UnknownNameError
from seedbed.testing import (
    CHECKS,
    FakeDistribution,
    Report,
    Result,
    check_fill,
    check_round_trip,
    check_seeds,
    installed_catalogue,
    parametrize_checks,
    run_checks,
)

INSTALLED = [entry.full_name for entry in seedbed.catalogue()]


@pytest.mark.slow
@pytest.mark.parametrize("name", INSTALLED)
def test_every_installed_initializer_passes_in_ten_seconds(name):
    start = time.process_time()  # which other work on the machine does not change
    report = run_checks(name)
    assert report.ok, report
    assert report.counts["passed"] >= 20
    assert time.process_time() - start < 10


def projects():
    paths = sorted((Path(__file__).parents[1] / "plugins").glob("*/pyproject.toml"))
    return [tomllib.loads(path.read_text(encoding="utf-8"))["project"] for path in paths]


OFFERING = [
    project["name"]
    for project in projects()
    if {"seedbed.initializers", "seedbed.plugins"} & project.get("entry-points", {}).keys()
    and project["name"] != "seedbed-native"  # which offers an engine, and no entries
]


@pytest.mark.parametrize("package", ["seedbed", *OFFERING])
def test_the_entries_of_every_package_are_among_them(package):
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed in this environment")
    assert package in {name.partition(":")[0] for name in INSTALLED}


def test_the_packages_of_examples_are_among_them():
    assert {"seedbed-example", "seedbed-acme-example"} <= {name.partition(":")[0] for name in INSTALLED}


def test_a_check_is_a_function_that_raises_an_assertion_error():
    assert check_fill(Right) is None
    assert check_fill(Right(2.0, seed=7)) is None
    assert check_fill("he_normal") is None
    with pytest.raises(CheckError, match="check_fill: FillsBackwards") as caught:
        check_fill(MUTANTS["check_fill"])
    assert isinstance(caught.value, AssertionError)


def test_a_check_that_does_not_apply_says_why():
    assert check_seeds("zeros") == "its constructor takes no seed"


def test_what_a_class_raises_is_the_cause():
    with pytest.raises(CheckError, match="not implemented for 'Half'") as caught:
        CHECKS["check_dtypes"](MUTANTS["check_dtypes"])
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_exception_that_no_check_looks_for_is_a_failure_too():
    class RaisesInFill(Right):
        def fill(self, out):
            raise KeyError("a bug")

    with pytest.raises(CheckError, match="KeyError: 'a bug'") as caught:
        check_fill(RaisesInFill)
    assert isinstance(caught.value.__cause__, KeyError)


def test_an_instance_is_checked_with_its_own_arguments():
    class DropsLarge(Right):
        def get_config(self):
            return super().get_config() | ({"gain": 1.0} if self.gain > 100 else {})

    assert check_round_trip(DropsLarge(3.0)) is None
    with pytest.raises(CheckError, match="from_config"):
        check_round_trip(DropsLarge(400.0, seed=7))


def test_an_expected_failure_is_reported_as_one():
    report = run_checks(MUTANTS["check_fill"], expected_failures={"check_fill": "It is a mutant."})
    assert report.ok
    assert report.counts["expected"] == 1
    assert "check_fill            expected: It is a mutant." in str(report)


@pytest.mark.slow
def test_an_expected_failure_that_passes_is_wrong():
    report = run_checks(Right, expected_failures={"check_fill": "It was broken once."})
    assert not report.ok
    assert report.counts["unexpected"] == 1
    assert "check_fill was expected to fail (It was broken once.), and passes" in str(report)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"check_fil": "why"}, "there is no check 'check_fil'; did you mean 'check_fill'"),
        ({"check_fill": " "}, "check_fill is expected to fail without a reason"),
    ],
)
@pytest.mark.parametrize("run", [run_checks, lambda x, **options: parametrize_checks([x], **options)])
def test_an_expected_failure_needs_a_check_and_a_reason(run, expected, message):
    with pytest.raises(ArgumentError, match=message):
        run(Right, expected_failures=expected)


@pytest.mark.slow
def test_a_report_has_counts_json_and_a_table():
    report = run_checks(MUTANTS["check_docstring"])
    assert not report.ok
    assert report.counts == {"passed": 32, "failed": 1, "expected": 0, "unexpected": 0, "skipped": 0}
    data = json.loads(report.to_json())
    assert data["ok"] is False
    assert data["counts"] == dict(report.counts)
    assert [result["check"] for result in data["results"]] == list(CHECKS)
    assert "DocumentsNoGain: 32 passed, 1 failed" in str(report)
    assert "expected: the parameter gain in the docstring's section Parameters" in str(report)


def test_a_report_without_a_check_that_ran_is_not_ok():
    assert not Report(()).ok
    assert not Report((Result("x", "check_fill", "skipped", "for no reason"),)).ok


def test_an_initializer_to_which_no_check_applies_is_an_error(monkeypatch):
    from seedbed_testing import runner

    monkeypatch.setattr(runner, "CHECKS", {"check_seeds": check_seeds})
    with pytest.raises(ArgumentError, match="no check applies to seedbed:zeros"):
        run_checks("zeros")


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (5, IdentifierError, "got 5 of type int to check; pass an initializer"),
        (int, IdentifierError, "to check; pass an initializer"),
        ("he_norml", UnknownNameError, "did you mean he_normal|he_normal"),
    ],
)
def test_what_is_no_initializer_is_refused(x, error, message):
    with pytest.raises(error, match=message):
        run_checks(x)


class Needy(Right):
    __doc__ = Right.__doc__

    def __init__(self, gain, *, seed=None):
        super().__init__(gain, seed=seed)


class Exemplary(Needy):
    __doc__ = Right.__doc__

    example_arguments = ({"gain": 2.0}, {"gain": 0.5})
    example_shapes = ((7, 3),)


@pytest.mark.slow
def test_a_class_that_needs_arguments_needs_examples():
    with pytest.raises(ConfigError, match=r"needs the argument 'gain'.*example_arguments = \(\{\.\.\.\},\)"):
        run_checks(Needy)
    assert run_checks(Exemplary).ok
    assert run_checks(Needy(2.0)).ok


def test_a_class_of_unusual_shapes_names_one():
    class OnlySevens(Right):
        """Values for 7 rows.

        Parameters
        ----------
        gain, seed
            As in `Right`.

        Examples
        --------
        >>> OnlySevens()((7, 3)).shape
        (7, 3)
        """

        def check(self, shape, dtype=None):
            super().check(shape, dtype)
            if shape[:1] != (7,):
                raise seedbed.errors.ShapeError(f"got shape {shape}; allowed are 7 rows")

        def __call__(self, shape, dtype=None):
            self.check(shape, dtype)
            return super().__call__(shape, dtype)

    with pytest.raises(CheckError, match="example_shapes"):
        CHECKS["check_shape"](OnlySevens)
    OnlySevens.example_shapes = ((7, 3),)
    assert run_checks(OnlySevens, expected_failures={"check_pickle": "It is local to a function."}).ok


def test_an_entry_of_another_catalogue_is_found_in_it():
    acme = FakeDistribution(
        "acme-inits", initializers={"acme_nil": "acme_nil:Nil"}, modules={"acme_nil": SOURCE}
    )
    with installed_catalogue(acme) as catalogue:
        assert run_checks("acme_nil").ok
    with pytest.raises(UnknownNameError, match="acme_nil"):
        run_checks("acme_nil")
    report = run_checks("acme_nil", catalogue=catalogue)
    assert {result.subject for result in report.results} == {"acme-inits:acme_nil"}


SOURCE = '''
import numpy as np, seedbed

class Nil(seedbed.Initializer):
    """Nothing.

    Examples
    --------
    >>> Nil()(1)
    array([0.], dtype=float32)
    """
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)
'''


@parametrize_checks([Right, "zeros", Right(3.0, seed="seed")])
def test_the_decorator_makes_a_test_of_each_check(check):
    check()


@parametrize_checks([MUTANTS["check_fill"]], expected_failures={"check_fill": "It is a mutant."})
def test_the_decorator_knows_expected_failures(check):
    check()


def outcome(check):
    try:
        check()
    except BaseException as caught:  # noqa: BLE001 - pytest's outcomes are no Exceptions
        return type(caught).__name__, str(caught)
    return "passed", ""


def checks_of(decorator):
    return {check.name: check for check in decorator.args[1]}


def test_the_decorator_fails_skips_and_fails_strictly():
    found = checks_of(parametrize_checks([MUTANTS["check_fill"]]))
    assert outcome(found["check_shard"]) == ("passed", "")
    assert outcome(found["check_fill"])[0] == "Failed"
    assert "FillsBackwards" in outcome(found["check_fill"])[1]
    zeros = checks_of(parametrize_checks(["zeros"], expected_failures={"check_fill": "Once."}))
    assert outcome(zeros["check_seeds"]) == ("Skipped", "its constructor takes no seed")
    assert outcome(zeros["check_fill"])[0] == "Failed"


def test_the_decorator_names_its_tests():
    names = list(map(str, parametrize_checks(["zeros", Right]).args[1]))
    assert names[0] == "zeros-check_shape"
    assert names[-1] == "Right-check_docstring"
    assert len(names) == 2 * len(CHECKS)


def test_the_decorator_wants_something_to_test():
    with pytest.raises(ArgumentError, match="nothing would be tested"):
        parametrize_checks([])


def test_results_are_told_as_they_come():
    told = []
    report = run_checks("zeros", watch=told.append)
    assert tuple(told) == report.results


def test_what_differs_only_in_bits_is_found():
    class SignedZeros(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

        def fill(self, out):
            out[...] = -0.0
            return out

    with pytest.raises(CheckError, match=r"elements differ, the first at \[0, 0\]: -0.0 instead of 0.0"):
        check_fill(SignedZeros)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ({"example_shapes": (16, 9)}, r"example_shapes is \(16, 9\); give a tuple of shapes, with a comma"),
        (
            {"example_arguments": {"gain": 2.0}},
            r"example_arguments is \{'gain': 2.0\}; give a tuple of dicts",
        ),
    ],
)
def test_examples_without_their_comma_are_told_once(examples, message):
    with pytest.raises(ArgumentError, match=message):
        run_checks(type("Forgetful", (Right,), examples))
