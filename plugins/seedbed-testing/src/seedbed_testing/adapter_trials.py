"""What an adapter is tried with: models of each case, and every way to be wrong of a dense layer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed.errors import ArgumentError, LayoutError, SeedbedError, ShapeError, described, shown
from seedbed.initializer import Initializer
from seedbed.models import LayoutLike
from seedbed.rules import Plan, RulesLike
from seedbed_testing.adapter_cases import (
    ADAPTER_CASES,
    AdapterCase,
    Arrays,
    Layouts,
    check_weights,
    numpy_ways,
)
from seedbed_testing.clause import BrokenError, broken
from seedbed_testing.outcomes import difference, same_bits

_SEED: Final = 20261130
"""Any number would do."""

_PREFIX: Final = "model/part"
"""What stands before all paths, so that a layer alone has a name."""

Twin: TypeAlias = Callable[[str], tuple[Any, Mapping[str, LayoutLike]] | None]


class Adapter(Protocol):
    """What is checked: the functions of a package for a framework, in one form for all frameworks."""

    def initialize(self, model: Any, rules: RulesLike, **options: Any) -> Any:
        """Draw the weights of a model by rules, and return the model that has them, which may be the same."""

    def plan(self, model: Any, rules: RulesLike, **options: Any) -> Plan:
        """Return what `initialize` would draw each weight by, and change nothing."""

    def arrays(self, model: Any) -> Mapping[str, npt.NDArray[Any]]:
        """Return all weights as they are stored, as arrays of NumPy, by path; tied ones by each of theirs."""


class LackedError(Exception):
    """The framework has no such model; the text says why."""


@dataclass(frozen=True, slots=True)
class Twinned:
    """A twin, and the same weights as arrays of NumPy."""

    case: AdapterCase
    model: Any
    layouts: Layouts


def _made(twin: Twin, name: str) -> Twinned:
    try:
        made = twin(name)
    except NotImplementedError as error:
        raise LackedError(str(error) or "the framework has no such model") from error
    if made is None:
        raise LackedError("the framework has no such model")
    if not isinstance(made, tuple) or len(made) != 2 or not isinstance(made[1], Mapping):
        raise ArgumentError(
            f"twin({name!r}) gave {shown(made)}; return (model, layouts), where layouts is a dict from paths "
            "to layouts, or None if the framework has no such model"
        )
    return Twinned(ADAPTER_CASES[name], *made)


def _sound(adapter: Adapter, twin: Twin, name: str) -> Twinned:
    """Return the twin of a case, unless it is another model; that is told of its case, and once."""
    made = _made(twin, name)
    try:
        check_weights(made.case, made.layouts, _arrays(adapter, made.model))
    except BrokenError as error:
        raise LackedError(f"the twin of {name!r} is another model; see there") from error
    return made


def _dense(adapter: Adapter, twin: Twin) -> Twinned:
    try:
        return _sound(adapter, twin, "dense")
    except LackedError as reason:
        raise LackedError(f"it is checked with the case 'dense', of which: {reason}") from reason


def _arrays(adapter: Adapter, model: Any) -> Mapping[str, npt.NDArray[Any]]:
    """Return the weights of a model, as the adapter tells them."""
    expected = "arrays(model) to return a dict of all weights by their paths"
    found = _outcome(lambda: adapter.arrays(model))
    if not isinstance(found, Mapping):
        got = found if isinstance(found, Exception) else f"a {type(found).__name__}"
        broken(expected=expected, got=got, fix="return a dict of NumPy's arrays")
    return found


def _copies(adapter: Adapter, model: Any) -> Arrays:
    return {path: np.array(array) for path, array in _arrays(adapter, model).items()}


def _rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield rules of all kinds: by fans of either side, of matrices, of one value, and what some refuse."""
    for initializer in (
        seedbed.get("random_normal"),
        seedbed.get("he_normal"),
        seedbed.get("variance_scaling", mode="fan_out"),
        seedbed.get("scaled", initializer="glorot_uniform", factor=2.0),
        seedbed.get("orthogonal"),
        seedbed.get("constant", value=1e5),  # more than float16 holds
        seedbed.get("constant", value=1e300),
    ):
        yield repr(initializer), {"*bias*": "ones", "*": initializer}


def check_case(adapter: Adapter, twin: Twin, name: str) -> str | None:
    """Compare what all kinds of rules give, or refuse, with what they do for arrays of NumPy."""
    first = _made(twin, name)
    check_weights(first.case, first.layouts, _copies(adapter, first.model))
    is_told = first.case.is_told
    for what, rules in _rules():
        found = _compare(adapter, _made(twin, name), rules, what, is_told=is_told)
        if found is None:  # it refuses to guess, and says what helps
            is_told = True
            _compare(adapter, _made(twin, name), rules, what, is_told=True)
    return "with layouts= alone" if is_told and not first.case.is_told else None


def _compare(
    adapter: Adapter,
    made: Twinned,
    rules: Any,
    what: str,
    *,
    is_told: bool,
    by_class: bool = False,
    **options: Any,
) -> bool | None:
    """Compare one initialization; return ``None`` where the adapter does not know a layout and says so."""
    before = _copies(adapter, made.model)
    drawn, planned = numpy_ways(made.case, made.layouts, before)
    options = {"seed": _SEED, "prefix": _PREFIX, **options}
    expected = _outcome(lambda: drawn(rules, **options))
    wanted = _outcome(lambda: planned(rules, **options))
    if is_told:
        options["layouts"] = {f"{_PREFIX}/{path}": layout for path, layout in made.layouts.items()}
    plan = _outcome(lambda: adapter.plan(made.model, rules, **options))
    _check_unchanged(adapter, made.model, before, f"plan by {what}")
    got = _outcome(lambda: adapter.initialize(made.model, rules, **options))
    if not isinstance(got, Exception):
        got = _arrays(adapter, got)
    else:
        _check_unchanged(adapter, made.model, before, f"initialize by {what}, which raised {described(got)}")
    if isinstance(got, LayoutError) and not isinstance(expected, LayoutError) and not is_told:
        return None
    if made.case.is_read_only:
        _check_refused(got, f"initialize by {what}, of memory that cannot be written to")
        return True
    _check_same(expected, got, f"initialize by {what}", by_class=by_class)
    _check_plan(wanted, plan, f"plan by {what}", by_class=by_class)
    return True


def _check_refused(got: Any, what: str) -> None:
    if not isinstance(got, SeedbedError):
        broken(
            expected=f"an error of seedbed.errors from {what}",
            got=got if isinstance(got, Exception) else "no error",
            fix="raise ArgumentError in the `refuse` of that Weight, which is called before any is written",
        )


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - compared with what NumPy's arrays give
        return error


def _check_same(expected: Any, got: Any, what: str, *, by_class: bool = False) -> None:
    """Compare weights bit for bit, and errors by their text, unless a framework's own names may be in it."""
    if isinstance(expected, Exception):
        if type(got) is not type(expected) or (str(got) != str(expected) and not by_class):
            broken(
                expected=f"{described(expected)} from {what}",
                got=got if isinstance(got, Exception) else "no error",
                fix=_NO_ERROR,
            )
        return
    if isinstance(got, Exception):
        broken(expected=f"weights from {what}", got=got, fix="follow the traceback of the cause to its line")
    for path, array in expected.items():
        if path not in got or not same_bits(np.asarray(got[path]), array):
            broken(
                expected=f"{path} by {what} to be what an array of NumPy gets",
                got=difference(np.asarray(got[path]), array) if path in got else f"no {path}",
                fix=_OTHER_BITS,
            )


_NO_ERROR: Final = (
    "leave all checks to seedbed.models.prepare or initialize, give them all weights in one call, and let "
    "their errors through"
)
_OTHER_BITS: Final = (
    "give seedbed.models a Weight of the path, the whole shape, the dtype and the layout as the weight is "
    "stored, once for all names of a tied one; and write with values.fill(array), or for a part with "
    "values.fill(part, start)"
)


def _check_plan(expected: Any, got: Any, what: str, *, by_class: bool = False) -> None:
    if isinstance(expected, Exception) or isinstance(got, Exception):
        _check_same(expected, got, what, by_class=by_class)
    elif not isinstance(got, Plan) or got.initializers != expected.initializers:
        broken(
            expected=f"{what} to say {shown(dict(expected.initializers))}",
            got=shown(dict(got.initializers)) if isinstance(got, Plan) else f"a {type(got).__name__}",
            fix="return what seedbed.models.plan gives for the same weights as initialize takes",
        )


def _check_unchanged(adapter: Adapter, model: Any, before: Arrays, what: str) -> None:
    after = _arrays(adapter, model)
    for path, array in before.items():
        if path not in after or not same_bits(np.asarray(after[path]), array):
            broken(
                expected=f"all weights to be as before after {what}",
                got=f"another {path}" if path in after else f"no {path}",
                fix="give seedbed.models all weights in one call, which checks each before the first is "
                "written; and change nothing of the model before that",
            )


class _RefusesLate(Initializer):
    """Refuses vectors when it is called, and not before: by an error of ours, or by one of Python."""

    def __init__(self, *, axes_left: int = 2, by_ours: bool = True) -> None:
        self.axes_left = axes_left
        self.by_ours = by_ours

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        if len(shape) != self.axes_left:
            raise ShapeError(f"got shape {shape}") if self.by_ours else ZeroDivisionError("a bug")
        return np.full(shape, 0.5).astype(dtype)


def _refuses(adapter: Adapter, twin: Twin) -> None:
    """Compare errors of all kinds, after each of which all weights are as before."""
    late = [_RefusesLate(axes_left=axes, by_ours=by_ours) for axes in (1, 2) for by_ours in (True, False)]
    trials: tuple[tuple[str, Any, dict[str, Any]], ...] = (
        ("a matrix alone", {"*": "orthogonal"}, {}),
        ("what no float32 holds, first", {"*weight": seedbed.get("constant", value=1e300), "*": "ones"}, {}),
        ("what no float32 holds, last", {"*weight": "ones", "*": seedbed.get("constant", value=1e300)}, {}),
        *((repr(one), {"*": one}, {}) for one in late),
        ("a name that is not there", {"*weight": "ones", "*": "no_such_initializer"}, {}),
        ("a seed that is none", {"*": "ones"}, {"seed": None}),
        ("strict, a weight without a rule", {"*weight": "ones"}, {"strict": True}),
        ("strict, a rule without a weight", {"*": "ones", "*other": "ones"}, {"strict": True}),
        ("a layout of no weight", {"*": "ones"}, {"layouts": {"no/such": "linear"}}),
        ("a layout that is none", {"*": "ones"}, {"layouts": {"*weight": "no_such_layout"}}),
        ("a prefix that is none", {"*": "ones"}, {"prefix": 5}),
    )
    for what, rules, options in trials:
        _compare(adapter, _dense(adapter, twin), rules, f"rules for {what}", is_told=False, **options)


def _one_path_twice(adapter: Adapter, twin: Twin) -> None:
    """Have `rename` give two weights one path, which would draw the same values."""
    made, what = _dense(adapter, twin), "rules, and a rename to one path"
    _compare(adapter, made, {"*": "ones"}, what, is_told=False, by_class=True, rename=lambda _: "one")


def _renames(adapter: Adapter, twin: Twin) -> None:
    _compare(
        adapter,
        _dense(adapter, twin),
        {"model/twin/*": "random_normal"},
        "rules for other paths, and their rename",
        is_told=False,
        rename=lambda path: path.replace("part", "twin"),
    )


def _tells_of_what_is_left(adapter: Adapter, twin: Twin) -> None:
    """Look for the warning of a weight without a rule, and of a rule without a weight."""
    for what, rules in (("a weight", {"*weight": "ones"}), ("a rule", {"*": "ones", "*other": "ones"})):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            _compare(adapter, _dense(adapter, twin), rules, f"rules that leave {what} over", is_told=False)
        own = [one for one in told if "the rules left something over" in str(one.message)]
        if len(own) < 2:  # of NumPy's arrays, and of the adapter
            broken(
                expected=f"a warning of {what} that is left over",
                got="none",
                fix="call warn_of_faults of the plan, as seedbed.models.initialize does",
            )


def _draws_shards(adapter: Adapter, twin: Twin) -> None:
    """Say that the weights are the last parts of larger ones, whose values and fans they have."""
    made = _dense(adapter, twin)
    shard = {}
    for path, array in _arrays(adapter, made.model).items():
        last, *others = array.shape
        shard[f"{_PREFIX}/{path}"] = ((3 * last, *others), (slice(2 * last, None),))
    for what, rules in _rules():
        of = f"{what} of parts of larger weights"
        _compare(adapter, _dense(adapter, twin), rules, of, is_told=False, shard=shard)


def _tells_kinds(adapter: Adapter, twin: Twin) -> None:
    """Ask for the kind of each layer, which is an error where nothing tells it."""
    found = 0
    for name, case in ADAPTER_CASES.items():
        if case.is_read_only or case.is_tied:  # what is tied is of two layers
            continue
        try:
            made = _sound(adapter, twin, name)
        except LackedError:
            continue
        rules = [
            {"match": "*", "kind": case.kind or "linear", "initializer": "ones"},
            {"match": "*", "initializer": "zeros"},
        ]
        what = f"rules for the kind {case.kind or 'linear'} of the layer in {name}"
        _compare(adapter, made, rules, what, is_told=case.is_told, by_class=True)
        found += 1
    if not found:
        raise LackedError("the framework has no such model")


CLAUSES: Final[Mapping[str, Callable[[Adapter, Twin], str | None]]] = {
    "all_or_nothing": _refuses,
    "one_path_twice": _one_path_twice,
    "rename": _renames,
    "left_over": _tells_of_what_is_left,
    "shard": _draws_shards,
    "kinds": _tells_kinds,
}
"""What is checked with the dense layer alone, but for kinds."""
