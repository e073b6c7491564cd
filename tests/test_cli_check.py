"""`seedbed check`: what it takes, what it prints, and its exit status."""

import json
import re
import sys

import pytest
from turns import one_in

import seedbed
from seedbed.testing import CHECKS, FakeDistribution, Report, Result, installed_catalogue
from seedbed_tools.cli import checking, main
from seedbed_tools.cli.commands import COMMANDS

SOURCE = '''
import numpy as np, seedbed

class Right(seedbed.Initializer):
    """Zeros.

    Examples
    --------
    >>> Right()(1)
    array([0.], dtype=float32)
    """
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)

class Wrong(Right):
    __doc__ = Right.__doc__
    def fill(self, out):
        super().fill(out)
        out[...] = 1
        return out

class Needy(Right):
    def __init__(self, gain):
        self.gain = gain

class Failing(Right):
    def __init__(self):
        raise RuntimeError("no such file")

class Exiting(Right):
    def __init__(self):
        raise SystemExit(3)

no_class = 5
'''
ACME = FakeDistribution(
    "acme-inits",
    initializers={
        "right": "acme_inits:Right",
        "wrong": "acme_inits:Wrong",
        "needy": "acme_inits:Needy",
        "gone": "acme_gone:Gone",
    },
    modules={
        "acme_inits": SOURCE,
        "acme_bad": "raise OSError('no luck')",
        "acme_exit": "import sys; sys.exit(3)",
    },
)


@pytest.fixture
def acme():
    with installed_catalogue(ACME) as catalogue:
        yield catalogue


@pytest.fixture
def run(capsys, acme):
    def run(*arguments):
        status = main(["check", *arguments])
        return status, *capsys.readouterr()

    return run


def test_what_keeps_the_contract_has_status_0(run):
    status, out, err = run("right")
    assert (status, err) == (0, "")
    assert out == "acme-inits:right  25 passed, 8 skipped\n"


def test_what_breaks_the_contract_has_status_1_and_is_explained(run):
    status, out, _ = run("right", "wrong")
    assert status == 1
    assert "acme-inits:wrong  24 passed, 1 failed, 8 skipped\n" in out
    assert "\nacme-inits:wrong check_fill\n" in out
    for part in (
        "expected: fill of a contiguous array",
        "got:      24 of 24 elements differ",
        "fix:      remove fill",
    ):
        assert part in out
    assert out.endswith("\n2 initializers: 49 passed, 1 failed, 16 skipped\n")


def test_json_has_every_result(run):
    status, out, err = run("wrong", "--json")
    report = json.loads(out)
    assert (status, err, report["ok"]) == (1, "", False)
    assert [result["check"] for result in report["results"]] == list(CHECKS)
    assert report["counts"]["failed"] == 1


def test_a_class_that_can_be_imported_is_checked(run):
    assert run("acme_inits:Right") == (
        0,
        "acme-inits:right  25 passed, 8 skipped\n",
        "",
    )  # its entry comes first
    status, out, _ = run("seedbed.standard.constants:Ones")
    assert (status, out) == (0, "Ones  25 passed, 8 skipped\n")


def test_a_package_is_checked_with_all_its_entries(run):
    status, out, _ = run("Acme_Inits")
    assert status == 1
    names = [line.split()[0] for line in out.splitlines()[:4]]
    assert names == ["acme-inits:gone", "acme-inits:needy", "acme-inits:right", "acme-inits:wrong"]


def test_a_package_that_is_called_like_an_entry_is_checked_as_well():
    with installed_catalogue(
        FakeDistribution("ones", initializers={"right": "acme_inits:Right"}, modules=ACME.modules)
    ) as catalogue:
        assert checking.resolve(catalogue, ["ones"]) == ["seedbed:ones", "ones:right"]


def test_what_cannot_be_constructed_has_failed(run):
    status, out, _ = run("gone", "needy")
    assert status == 1
    assert "acme-inits:gone construction" in out
    assert "No module named 'acme_gone'" in out
    assert "acme-inits:needy construction" in out
    assert "example_arguments" in out


@pytest.mark.parametrize(
    ("name", "message"), [("Failing", "RuntimeError: no such file"), ("Exiting", "SystemExit: 3")]
)
def test_what_a_constructor_raises_is_a_failure_that_ends_nothing(run, name, message):
    status, out, _ = run(f"acme_inits:{name}", "right")
    assert status == 1
    assert f"{name} construction\n  {message}\n" in out
    assert "acme-inits:right  25 passed" in out


def test_without_a_name_the_whole_catalogue_is_checked(acme):
    assert checking.resolve(acme, []) == [entry.full_name for entry in acme]


def test_what_is_named_twice_is_checked_once(acme):
    assert checking.resolve(acme, ["right", "acme-inits:right", "Right"]) == ["acme-inits:right"]


def test_an_expected_failure_has_status_0_and_is_strict(run):
    assert run("wrong", "--expect", "check_fill=It is made so.")[0] == 0
    status, out, _ = run("right", "--expect", "check_fill=It is made so.")
    assert status == 1
    assert "check_fill was expected to fail (It is made so.), and passes" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing_at_all"], "no initializer is named 'nothing_at_all'"),
        (
            ["nowhere:Class"],
            "no initializer is named 'nowhere:Class'.*`python -m seedbed check nowhere:Class`",
        ),
        ([":Class"], "no initializer is named ':Class'"),
        (["..nowhere:Class"], "no initializer is named"),
        (["acme_bad:Class"], "acme_bad:Class cannot be imported: OSError: no luck"),
        (["acme_exit:Class"], "acme_exit:Class cannot be imported: SystemExit"),
        (["acme_inits.missing:Class"], "acme_inits.missing:Class cannot be imported"),
        (["seedbed.standard.constants:Nothing"], "cannot be imported: AttributeError"),
        (["seedbed.random:Uniform"], "is no subclass of seedbed.Initializer|and no subclass"),
        (["seedbed.elementwise:ElementwiseInitializer"], "does not implement element_distribution"),
        (["zeros", "--expect", "check_fill"], "must be CHECK=REASON"),
        (["zeros", "--expect", "check_fill="], "must be CHECK=REASON"),
        (["zeros", "--expect", "check_nothing=why"], "where CHECK is one of check_shape"),
    ],
)
def test_what_cannot_be_checked_has_status_2_and_one_line(run, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert re.search(message, err), err


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_bar_is_shown_on_a_terminal_alone(is_terminal, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with checking.progress(2) as watch:
        watch(Result("zeros", "check_fill", "passed"))
    assert bool(capsys.readouterr().err.strip()) is is_terminal


def test_the_command_says_that_it_checks():
    assert "contract" in COMMANDS["check"].help


def test_a_report_of_nothing_is_not_ok():
    assert not checking.check(seedbed.catalogue(), [], expected_failures={}).ok
    assert checking.check(seedbed.catalogue(), [], expected_failures={}) == Report(())


@pytest.mark.parametrize("value", one_in(3, ["acme_inits.Right", "acme_inits", "acme-inits:Right"]))
def test_a_broken_line_of_a_package_is_a_failure(capsys, value):
    package = FakeDistribution(
        "acme-inits", initializers={"right": "acme_inits:Right", "broken": value}, modules=ACME.modules
    )
    with installed_catalogue(package):
        status = main(["check", "--json", "acme-inits"])
        rows = json.loads(capsys.readouterr().out)["results"]
        wrong = [(row["subject"], row["check"]) for row in rows if row["outcome"] == "failed"]
        assert (status, wrong) == (1, [("acme-inits:broken", "installation")])
        assert main(["check", "right"]) == 0
        assert "broken" not in capsys.readouterr().out


def test_a_package_of_which_every_line_is_broken_is_known(capsys):
    with installed_catalogue(FakeDistribution("acme-inits", initializers={"broken": "acme_inits"})):
        assert main(["check", "acme-inits"]) == 1
        assert "acme-inits:broken installation" in capsys.readouterr().out
