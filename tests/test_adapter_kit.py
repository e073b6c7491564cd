"""The check of an adapter: a small framework passes it, and each wrong adapter fails what it breaks alone."""

import re
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from seedbed import models
from seedbed.errors import ArgumentError, CheckError, LayoutError, SeedbedError
from seedbed.testing import ADAPTER_CASES, check_adapter
from seedbed_testing.adapter_trials import CLAUSES


class Layer:
    """A layer of a small framework, which stores all weights with outputs before inputs."""

    kind = None

    def __init__(self, **weights):
        self.weights = {path.replace("_", "/"): stored for path, stored in weights.items()}


class Stored:
    """A weight in one or more parts along its first axis, and what the framework knows of its axes."""

    def __init__(self, shape, layout=None, dtype="float32", parts=1, is_told=True):
        self.shape, self.layout, self.is_told = shape, layout, is_told
        sizes = [len(part) for part in np.array_split(np.zeros(shape[0]), parts)]
        self.parts = [np.full((size, *shape[1:]), 0.25, dtype) for size in sizes]

    def write(self, values):
        start = 0
        for part in self.parts:
            values.fill(part, (start, *[0] * (len(self.shape) - 1)))
            start += len(part)

    def refuse(self, initializer):
        if not all(part.flags.writeable for part in self.parts):
            raise ArgumentError("it is read-only")

    def array(self):
        return np.concatenate(self.parts)


def weights_of(layer):
    """Yield each weight of a layer once, with all of its names."""
    seen = {}
    for path, stored in layer.weights.items():
        seen.setdefault(id(stored), (stored, []))[1].append(path)
    for stored, (path, *others) in seen.values():
        yield models.Weight(
            path,
            stored.shape,
            stored.parts[0].dtype,
            stored.write,
            layout=models.as_layout(stored.layout) if stored.is_told else None,
            ties=tuple(others),
            kind=layer.kind,
            refuse=stored.refuse,
        )


class Small:
    """The adapter of the small framework, with which nothing is wrong."""

    def weights(self, model):
        return list(weights_of(model))

    def initialize(self, model, rules, **options):
        models.initialize(self.weights(model), rules, **options)
        return model

    def plan(self, model, rules, **options):
        return models.plan(self.weights(model), rules, **options)

    def arrays(self, model):
        return {path: stored.array() for path, stored in model.weights.items()}


def dense(**options):
    return Layer(weight=Stored((4, 6), "linear", **options), bias=Stored((4,), "array"))


def alone(shape, layout, **options):
    return Layer(weight=Stored(shape, layout, **options))


def tied():
    table = Stored((6, 4), "embedding")
    return Layer(table_weight=table, head_weight=table)


def read_only():
    layer = dense()
    for part in layer.weights["weight"].parts:
        part.flags.writeable = False
    return layer


MODELS = {
    "dense": dense,
    "grouped_conv": lambda: alone((6, 4, 3, 5), {"in": 1, "out": 0, "groups": 2}),
    "depthwise_conv": lambda: alone((8, 1, 3, 5), {"in": 1, "out": 0, "groups": 4}),
    "transposed_conv": lambda: alone((8, 6, 3, 5), "conv_transpose"),
    "scanned_dense": lambda: alone((3, 4, 6), "experts_oi"),
    "attention": lambda: Layer(query_weight=Stored((8, 6), "linear"), output_weight=Stored((6, 8), "linear")),
    "experts": lambda: alone((3, 4, 6), "experts_oi", is_told=False),
    "embedding": lambda: alone((6, 4), "embedding"),
    "norm": lambda: Layer(weight=Stored((4,), "array"), bias=Stored((4,), "array")),
    "recurrent": lambda: Layer(weight_ih=Stored((4, 6), "linear"), weight_hh=Stored((4, 4), "linear")),
    "own_parameter": lambda: alone((4, 6), "linear", is_told=False),
    "tied": tied,
    "parts": lambda: dense(parts=2),
    "read_only": read_only,
    **{
        name: lambda name=name: alone(
            (6, 4), "array", dtype=ml_dtypes.bfloat16 if name == "bfloat16" else name, is_told=False
        )
        for name in ("float16", "bfloat16", "float64", "complex64", "complex128")
    },
}


def twin(case):
    model = MODELS[case]()
    model.kind = ADAPTER_CASES[case].kind
    return model, {path: stored.layout for path, stored in model.weights.items()}


def test_what_is_right_passes_and_is_told_of_nothing():
    report = check_adapter(Small(), twin)
    assert report.counts["passed"] == len(report.results)
    assert set(ADAPTER_CASES) < {result.check for result in report.results}
    assert not any(result.detail for result in report.results)


def test_the_models_of_the_small_framework_are_all_cases():
    assert MODELS.keys() == ADAPTER_CASES.keys()


class Transposes(Small):
    """Tells no layouts."""

    def weights(self, model):
        return [replace(weight, layout=models.as_layout("array")) for weight in weights_of(model)]


class IgnoresGroups(Small):
    def weights(self, model):
        return [replace(weight, layout=without_groups(weight.layout)) for weight in weights_of(model)]


class ChangesBeforeItRefuses(Small):
    """Gives the weights one by one."""

    def initialize(self, model, rules, **options):
        for weight in weights_of(model):
            models.initialize([weight], rules, **options)
        return model


class IgnoresTheDtype(Small):
    def weights(self, model):
        return [
            replace(weight, dtype=np.dtype("float32"), write=casting(model.weights[weight.path]))
            for weight in weights_of(model)
        ]


class DrawsTiesTwice(Small):
    """Draws a weight for each of its names."""

    def weights(self, model):
        return [
            replace(weight, path=path, ties=())
            for weight in weights_of(model)
            for path in (weight.path, *weight.ties)
        ]


class SwallowsAnError(Small):
    def initialize(self, model, rules, **options):
        try:
            return super().initialize(model, rules, **options)
        except SeedbedError:
            return model


class DropsTheRename(Small):
    def initialize(self, model, rules, rename=None, **options):
        return super().initialize(model, rules, **options)


class DropsTheLayouts(Small):
    def initialize(self, model, rules, layouts=None, **options):
        return super().initialize(model, rules, **options)


class IsNeverStrict(Small):
    def initialize(self, model, rules, strict=False, **options):
        return super().initialize(model, rules, **options)


class DropsThePrefix(Small):
    def initialize(self, model, rules, prefix=None, **options):
        return super().initialize(model, rules, prefix="", **options)


class DrawsInItsPlan(Small):
    def plan(self, model, rules, **options):
        return models.initialize(weights_of(model), rules, **options)


class WritesIntoACopy(Small):
    """Leaves memory that it cannot write to as it is."""

    def weights(self, model):
        return [replace(weight, refuse=None, write=giving_up(weight.write)) for weight in weights_of(model)]


class DrawsEachPartAsAWhole(Small):
    def weights(self, model):
        return [replace(weight, write=by_parts(model.weights[weight.path])) for weight in weights_of(model)]


class DropsTheShard(Small):
    def initialize(self, model, rules, shard=None, **options):
        return super().initialize(model, rules, **options)


class TellsNoKinds(Small):
    def weights(self, model):
        return [replace(weight, kind=None) for weight in weights_of(model)]


class SaysNothingOfWhatIsLeft(Small):
    def initialize(self, model, rules, progress=None, **options):
        models.prepare(self.weights(model), rules, **options).write()
        return model


def without_groups(layout):
    if layout is None or layout.axes is None or layout.axes.groups == 1:
        return layout
    return models.as_layout("conv")


def casting(stored):
    def write(values):
        stored.parts = [values.whole().astype(stored.parts[0].dtype)]

    return write


def giving_up(write):
    def quietly(values):
        try:
            write(values)
        except ValueError:
            return

    return quietly


def by_parts(stored):
    def write(values):
        for part in stored.parts:
            values.fill(part, (0,) * part.ndim)

    return write


NUMBERS = {"float16", "bfloat16", "float64", "complex64", "complex128"}
CASES = {*MODELS} - {"read_only"}
WRONG = {
    Transposes: {
        "dense", "grouped_conv", "depthwise_conv", "transposed_conv", "scanned_dense", "attention",
        "recurrent", "parts", "all_or_nothing", "rename", "shard",
    },
    IgnoresGroups: {"grouped_conv", "depthwise_conv"},
    ChangesBeforeItRefuses: {"all_or_nothing", "one_path_twice", "shard", "attention", "recurrent"},
    IgnoresTheDtype: NUMBERS,
    DrawsTiesTwice: {"tied"},
    SwallowsAnError: {*MODELS, "all_or_nothing", "one_path_twice", "shard", "kinds"}
    - {"float64", "complex128"},
    DropsTheRename: {"one_path_twice", "rename"},
    DropsTheLayouts: {"own_parameter", "experts", "all_or_nothing", *NUMBERS},
    IsNeverStrict: {"all_or_nothing"},
    DropsThePrefix: {*CASES, "all_or_nothing", "rename", "shard", "kinds"},
    DrawsInItsPlan: {*CASES, "all_or_nothing", "rename", "left_over", "shard", "kinds"},
    WritesIntoACopy: {"read_only"},
    DrawsEachPartAsAWhole: {"parts"},
    SaysNothingOfWhatIsLeft: {"left_over"},
    DropsTheShard: {"shard"},
    TellsNoKinds: {"kinds"},
}  # fmt: skip


def failures(adapter, twin=twin):
    """Return what fails, by name, and the report."""
    with pytest.raises(CheckError, match=r"check +outcome") as caught:
        check_adapter(adapter, twin)
    return set(re.findall(r"^(\w+) +failed$", str(caught.value), re.MULTILINE)), str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_adapter_fails_where_it_is_wrong_and_nowhere_else(wrong):
    found, text = failures(wrong())
    assert found == WRONG[wrong], text
    for part in ("expected: ", "got: ", "matters: ", "fix: "):
        assert part in text


def only(*names, **others):
    """Return a twin that has the models of some cases, and makes some of them otherwise."""

    def few(case):
        if case not in names:
            return None
        model, layouts = twin(case)
        return others.get(case, lambda *made: made)(model, layouts)

    return few


def test_a_wrong_adapter_fails_the_case_that_shows_it():
    found, text = failures(IgnoresGroups(), only("dense", "grouped_conv"))
    assert found == {"grouped_conv"}, text
    assert "weight by initialize by VarianceScaling(mode='fan_out') to be what an array of NumPy gets" in text


def test_what_a_framework_lacks_is_listed():
    def few(case):
        if case == "tied":
            raise NotImplementedError("each weight has one name")
        return only("embedding")(case)

    report = check_adapter(Small(), few)
    assert report.ok
    found = {result.check: result for result in report.results}
    assert {result.outcome for result in report.results} == {"passed", "skipped"}
    assert found["embedding"].outcome == "passed"
    assert found["dense"].detail == "the framework has no such model"
    assert found["tied"].detail == "each weight has one name"
    assert (
        found["rename"].detail
        == "it is checked with the case 'dense', of which: the framework has no such model"
    )
    assert len(report.results) == len(ADAPTER_CASES) + 6
    assert "tied             skipped: each weight has one name" in str(report)


def test_a_layout_that_the_adapter_refuses_to_guess_is_told_and_listed():
    class KnowsNone(Small):
        def initialize(self, model, rules, **options):
            if "layouts" not in options and any(len(one.shape) > 1 for one in model.weights.values()):
                raise LayoutError("weight: give layouts=")
            return super().initialize(model, rules, **options)

    found = check_adapter(KnowsNone(), only("transposed_conv", "norm")).results
    details = {result.check: result.detail for result in found if result.outcome == "passed"}
    assert details == {"transposed_conv": "with layouts= alone", "norm": "", "kinds": ""}


def test_what_knows_no_case_is_an_error():
    with pytest.raises(
        ArgumentError, match=r"twin knows no case, so nothing is known of Small; cases are dense,"
    ):
        check_adapter(Small(), lambda case: None)


@pytest.mark.parametrize("given", [(), "dense", (1, 2), (dense(), {}, {})])
def test_what_is_no_twin_is_an_error(given):
    with pytest.raises(ArgumentError, match=r"twin\('dense'\) gave .*; return \(model, layouts\)"):
        check_adapter(Small(), lambda case: given)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda model, layouts: (model, {**layouts, "weight": "dense_io"}), r"24, \(4, 6\)"),
        (lambda model, layouts: (model, {"weight": "linear"}), "none for bias"),
        (lambda model, layouts: (Layer(kernel=Stored((4, 6))), layouts), "kernel"),
        (lambda model, layouts: (dense(dtype="float16"), layouts), "float16"),
    ],
)
def test_a_twin_that_is_another_model_fails_and_is_told_why(change, what):
    found, text = failures(Small(), only("dense", dense=change))
    assert "dense" in found
    assert re.search(rf"got: +.*{what}", text), text


@pytest.mark.parametrize("kind", [KeyError, SystemError])
def test_an_error_of_the_adapters_own_is_told(kind):
    class Fails(Small):
        def initialize(self, model, rules, **options):
            raise kind("a bug")

    found, text = failures(Fails(), only("dense"))
    assert "dense" in found
    assert re.search(rf"got: +{kind.__name__}: .*a bug.*, at .*test_adapter_kit\.py:\d+", text), text


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    ("method", "fails", "says"),
    [
        ("arrays", raising(KeyError("a bug")), r"got: +KeyError: 'a bug', at .*test_adapter_kit\.py:\d+"),
        (
            "arrays",
            raising(ArgumentError("a bug")),
            r"arrays\(model\) to return a dict [\s\S]*got: +ArgumentError",
        ),
        ("arrays", lambda *_: [], r"arrays\(model\) to return a dict [\s\S]*got: +a list"),
        ("arrays", lambda *_: {"weight": object()}, r"fix: "),
        ("plan", raising(SystemExit(3)), r"got: +SystemExit: 3"),
        ("twin", raising(KeyError("a bug")), r"got: +KeyError: 'a bug'"),
    ],
)
def test_whatever_is_raised_for_one_model_fails_its_case_and_the_rest_is_checked(method, fails, says):
    class Odd(Layer):
        """A model that this adapter cannot deal with."""

    class Fails(Small):
        pass

    def own(self, model, *arguments, **options):
        call = fails if isinstance(model, Odd) else getattr(Small, method)
        return call(self, model, *arguments, **options)

    def odd(model, layouts):
        made = Odd()
        made.__dict__.update(vars(model))
        return (fails if method == "twin" else lambda *pair: pair)(made, layouts)

    if method != "twin":
        setattr(Fails, method, own)
    found, text = failures(Fails(), only("dense", "grouped_conv", grouped_conv=odd))
    assert found - {"kinds"} == {"grouped_conv"}, text
    assert re.search(says, text), text


def test_an_expected_failure_is_listed_and_is_wrong_if_it_passes():
    reasons = {"grouped_conv": "It has no groups."}
    report = check_adapter(IgnoresGroups(), only("grouped_conv"), expected_failures=reasons)
    assert report.ok
    assert "grouped_conv     expected: It has no groups." in str(report)
    with pytest.raises(
        CheckError, match=r"grouped_conv was expected to fail \(It has no groups\.\), and passes"
    ):
        check_adapter(Small(), only("grouped_conv"), expected_failures=reasons)
    with pytest.raises(ArgumentError, match="there is no check 'grouped'; did you mean 'grouped_conv'"):
        check_adapter(Small(), twin, expected_failures={"grouped": "It has no groups."})


def test_the_page_has_all_cases_and_checks():
    page = (Path(__file__).parents[1] / "docs" / "reference" / "testing.md").read_text(encoding="utf-8")
    section = page.partition("## Adapters")[2].partition("\n## ")[0]
    for name, case in ADAPTER_CASES.items():
        assert f"| `{name}` | {case.about} |" in section
    for name in CLAUSES:
        assert f"| `{name}` | " in section
