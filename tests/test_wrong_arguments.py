"""Every public function answers a wrong kind of argument with an error of Seedbed's own, or takes it.

The functions are found, not listed, so that a new one is asked as well. Each parameter gets each of `WRONG`,
while the others have what `RIGHT` gives for their names.
"""

import importlib
import inspect
from collections.abc import Iterator

import numpy as np
import pytest

import seedbed
from seedbed.governance import Lock, LockedEntry
from seedbed.random import Normal
from seedbed.rules import as_rules
from seedbed.standard import HeNormal, Zeros

WRONG = {
    "None": None,
    "an int": 7,
    "a text": "no such thing",
    "an object": object(),
    "a list": [],
    "a float": 2.5,
    "a list of ints": [7],
    "a huge int": 10**400,
    "half a character": "\ud800",
}

MODULES = sorted({*seedbed._MODULES, "governance"} - {"testing"})
ROOMS = ["seedbed", *(f"seedbed.{name}" for name in MODULES)]

NOT_ASKED = {
    "seedbed.errors": "errors take any message, and what is beside them makes messages of any value",
    "seedbed.hookspecs": "what a plugin implements: they have no body",
    "seedbed.register": "Catalogue.register for the catalogue of the process, which other tests use",
    "seedbed.ElementwiseInitializer": "abstract, as Python says",
    "seedbed.Initializer": "abstract, as Python says",
    "seedbed.dtypes.as_dtype.allowed": "a step of every draw, of an initializer's own names",
    "seedbed.dtypes.compute_dtype": "a step of every draw, of a dtype that as_dtype gave",
    "seedbed.dtypes.name_of_dtype": "a step of every draw, of a dtype that as_dtype gave",
    "seedbed.dtypes.rounded": "a step of every draw, of an array and a dtype that as_dtype gave",
    "seedbed.dtypes.rounded_finite": "a step of every draw, of numbers that a constructor has checked",
    "seedbed.dtypes.available_dtypes": "for trials, of the names above it",
    "seedbed.drawing.is_divisible": "a step of every draw, of an initializer",
    "seedbed.fans.Fans": "a named tuple that is given out, and read by nothing",
    "seedbed.fans.fans_of": "a step of every draw, of what as_shape and as_axes gave",
    "seedbed.random.ArcLines": "a table for an engine, of the author's function",
    "seedbed.random.SignedLines": "a table for an engine, of the author's function",
    "seedbed.random.interval_lines": "a table for an engine, cached by what `masses` gave",
    "seedbed.random.distance_lines": "a table for an engine, cached by a radius that is checked",
    "seedbed.random.masses": "a step of every draw, cached by bounds that are checked",
    "seedbed.random.disc_masses": "a step of every draw, cached by a radius that is checked",
    "seedbed.random.Masses": "a named tuple that `masses` gives",
    "seedbed.random.Region": "a step of every draw, for engines to read",
    "seedbed.random.Tables": "what `tables` gives",
    "seedbed.random.NumPyEngine.draw": "a step of every draw, of what `draw` has checked",
    "seedbed.random.FromNormal": "made at every draw; that the function can be called shows when it is",
    "seedbed.random.FromTail": "made at every draw; that the function can be called shows when it is",
    "seedbed.random.FromUniform": "made at every draw; that the function can be called shows when it is",
    "seedbed.random.Distribution": "a protocol",
    "seedbed.random.Engine": "a protocol",
    "seedbed.presets.read_resource": "for the catalogue, with a function that makes its errors",
    "seedbed.models.prepare": "takes the keywords of `initialize`, which is asked",
    "seedbed.models.Prepared": "what `prepare` gives",
    "seedbed.models.Values": "what the function of a weight gets",
    "seedbed.rules.Count": "a named tuple, which Setting checks",
    "seedbed.governance.LockedEntry": "a row that is checked where a file is read",
    "seedbed.governance.LockedHomonym": "a row that is checked where a file is read",
    "seedbed.governance.LockedProvider": "a row that is checked where a file is read",
    "seedbed.governance.LockedTombstone": "a row that is checked where a file is read",
    "seedbed.governance.Rule": "an item of a policy, which is checked where the policy is read",
    "seedbed.governance.Policy": "checked where a policy is read",
    "seedbed.governance.as_table": "for the rows of a lock alone",
    "seedbed.governance.leave_on": "changes what the environment says of this process",
    "seedbed.governance.read_variables_again": "changes what the environment says of this process",
}
"""What is not asked, by the full name of a module, a function or a parameter, and why."""

LOCK = Lock(1, entries=(LockedEntry("acme:ramp"),))
RULES = as_rules({"*": "zeros"})
OBJECTS = {
    "seedbed.Catalogue": lambda: seedbed.Catalogue(scan=False),
    "seedbed.locking.Lock": lambda: LOCK,
    "seedbed.rules.Rules": lambda: RULES,
    "seedbed.rules.Rule": lambda: RULES.rules[0],
    "seedbed.rules.Plan": lambda: RULES.plan(["a/b"], seed=7),
    "seedbed.random.NumPyEngine": seedbed.random.NumPyEngine,
}
"""The classes whose methods are asked as well, with one object each."""

MISSING = object()
RIGHT = {
    "catalogue": seedbed.Catalogue(scan=False),
    "arguments": {"value": 2.0},
    "chosen": None,
    "config": {"class_name": "Zeros", "config": {}},
    "distribution": Normal(0.0, 1.0),
    "dtype": np.dtype("float32"),
    "entry": seedbed.Catalogue(scan=False).entry("zeros"),
    "extra": "cli",
    "factor": 0.5,
    "given": {"*": "zeros"},
    "high": 1.0,
    "identifier": "zeros",
    "initializer": Zeros(),
    "initializer_class": HeNormal,
    "initializers": [Zeros()],
    "inputs": (-2,),
    "library": "rich",
    "lock": LOCK,
    "low": 0.0,
    "lower": -2.0,
    "mask": [True],
    "mean": 0.0,
    "meanings": ("a", "b"),
    "model": {},
    "module": "numpy",
    "name": "acme_zeros",
    "new": LOCK,
    "nonlinearity": "relu",
    "offset": 0.5,
    "old": LOCK,
    "oldest": (1, 0),
    "out": np.empty(2),
    "outputs": (-1,),
    "package": "seedbed",
    "parameters": ["a/b"],
    "path": "seedbed.lock",
    "patterns": ("*",),
    "q": 0.25,
    "radius": 2.0,
    "removed_in": "1.0",
    "repeats": 2,
    "requirer": "acme",
    "resource": "none.toml",
    "rules": RULES.rules,
    "seed": 7,
    "seedbed.models.initialize.rules": {"*": "zeros"},
    "seedbed.models.plan.rules": {"*": "zeros"},
    "seedbed.rules.Setting.type": "int",
    "seedbed.rules.Setting.name": "layers",
    "seedbed.rules.Template.identifier": "constant",
    "seedbed.rules.Plan.initializers": {"a/b": Zeros()},
    "seedbed.rules.Plan.roles": {},
    "shape": (2, 3),
    "since": "1.0",
    "source": "a.toml",
    "spec": None,
    "start": 0.0,
    "stddev": 1.0,
    "stop": 1.0,
    "stream": 1,
    "tasks": 1,
    "text": "",
    "title": "NumPy",
    "turn": 0.25,
    "u": 0.5,
    "upper": 2.0,
    "what": "it",
    "within": (0.0, 1.0),
    "work": lambda _: None,
    "write": lambda _: None,
    "x": 1.0,
    "y": 1.0,
}


def public() -> Iterator[tuple[str, object]]:
    """Yield every public function, class and method by its full name, those of `NOT_ASKED` too."""
    for room in ROOMS:
        module = importlib.import_module(room)
        own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == room]
        for name in getattr(module, "__all__", own):
            value = getattr(module, name)
            if name[:1] == "_" or not (inspect.isroutine(value) or inspect.isclass(value)):
                continue
            full_name = f"{room}.{name}"
            yield full_name, value
            made = OBJECTS[full_name]() if full_name in OBJECTS else None
            for method in dir(made) if made is not None else ():
                if method[:1] != "_" and callable(getattr(made, method)):
                    yield f"{full_name}.{method}", getattr(made, method)


def is_asked(name: str, value: object) -> bool:
    if isinstance(value, type) and issubclass(value, BaseException):
        return False
    return name not in NOT_ASKED and name.rpartition(".")[0] not in NOT_ASKED


ASKED = {name: value for name, value in public() if is_asked(name, value)}


def calls(name: str, function) -> Iterator[tuple[str, list[object], dict[str, object]]]:
    """Yield what is wrong in a call, and its arguments: one wrong one, and those that it cannot lack."""
    wanted = [
        one for one in inspect.signature(function).parameters.values() if one.kind is not one.VAR_KEYWORD
    ]
    for asked in wanted:
        for kind, wrong in WRONG.items() if f"{name}.{asked.name}" not in NOT_ASKED else ():
            unnamed, named = [], {}
            for one in wanted:
                if one is not asked and (one.default is not one.empty or one.kind is one.VAR_POSITIONAL):
                    continue
                right = RIGHT.get(f"{name}.{one.name}", RIGHT.get(one.name, MISSING))
                assert one is asked or right is not MISSING, f"write into RIGHT what a right {one.name} is"
                value = wrong if one is asked else right
                if one.kind in (one.POSITIONAL_ONLY, one.VAR_POSITIONAL):
                    unnamed.append(value)
                else:
                    named[one.name] = value
            yield f"{kind} as {asked.name}", unnamed, named


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(one, marks=pytest.mark.slow) if one.startswith("seedbed.locking.") else one
        for one in ASKED
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_wrong_argument_is_refused_by_an_error_of_ours_or_taken(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function = ASKED[name]
    wrong = []
    for what, unnamed, named in calls(name, function):
        try:
            found = function(*unnamed, **named)
            if inspect.isgenerator(found):
                list(found)
        except seedbed.SeedbedError as error:
            assert str(error), what
        except (OSError, ImportError) as error:
            said = "OSError" if isinstance(error, OSError) else "ImportError"
            assert said in (function.__doc__ or ""), what
        except Exception as error:  # noqa: BLE001 - the mistake that is looked for
            wrong.append(f"{what}: {type(error).__name__}: {str(error)[:90]}")
    assert not wrong, "\n  ".join([f"{name} raises errors of the inside for", *wrong])


def test_the_sweep_finds_the_public_functions_and_what_it_does_not_ask():
    found = dict(public())
    assert {"seedbed.Catalogue.search", "seedbed.rules.Rules.plan", "seedbed.random.draw"} <= ASKED.keys()
    parameters = {f"{name}.{one}" for name in ASKED for one in inspect.signature(found[name]).parameters}
    assert NOT_ASKED.keys() <= {*ROOMS, *found, *parameters}


@pytest.mark.parametrize("level", [12, 40])
def test_what_numpy_would_write_out_for_hours_is_no_dtype(level):
    nested = ["f4"] * 10
    for _ in range(level):
        nested = [nested] * 10
    with pytest.raises(seedbed.errors.DTypeError, match="pass a name or a dtype"):
        seedbed.get("zeros")(2, nested)


def test_a_scalar_type_and_what_has_a_dtype_are_dtypes_still():
    class Typed:
        dtype = np.dtype("float64")

    for given in (np.float64, "f8", float, Typed(), np.dtype("float64")):
        assert seedbed.dtypes.as_dtype(given) == np.dtype("float64")


def test_a_probability_that_is_one_number_is_taken_as_an_array_of_no_axes():
    assert np.isclose(seedbed.random.tail_quantile(0.025), 1.959963984540054)
    assert np.isclose(seedbed.random.tail_quantile(2.0**-70), seedbed.random.tail_quantile([2.0**-70])[0])
    assert seedbed.random.minus_log(0.5) == seedbed.random.minus_log([0.5])[0]


def test_other_names_of_a_parameter_are_no_single_text():
    with pytest.raises(seedbed.errors.RulesError, match="as the other names of 'a/b'; give a list"):
        RULES.plan({"a/b": "c"}, seed=7)
