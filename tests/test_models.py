"""The model layer: weights of any framework, their layouts, and refusal before the first is written."""

import collections
import sys

import numpy as np
import pytest

import seedbed
from seedbed.errors import (
    ArgumentError,
    DTypeError,
    LayoutError,
    MissingExtraError,
    RulesError,
    ShapeError,
    ShardIndexError,
)
from seedbed.fans import Axes
from seedbed.models import KINDS, Layout, Values, Weight, as_layout, initialize, plan, progress
from seedbed.models.layout import LAYOUTS
from seedbed.models.unknown import readings_of
from seedbed.rules import KEEP, as_rules, parse

ELEMENTWISE = seedbed.get("he_normal", seed=7)
OTHERS = [
    seedbed.get("scaled", initializer="he_normal", factor=2.0, seed=7),
    seedbed.get("masked", initializer="he_normal", mask="lower_triangle", seed=7),
    seedbed.get("orthogonal", seed=7),
]


def arrays(**shapes):
    return {name.replace("__", "/"): np.zeros(shape, np.float32) for name, shape in shapes.items()}


def values_of(layout, initializer, shape):
    return Values(as_layout(layout).drawn(initializer, shape), shape, np.dtype(np.float32))


def test_a_dict_of_arrays_is_a_model():
    model = arrays(head__weight=(3, 4), head__bias=(4,))
    made = initialize(model, {"*/bias": "ones", "*": "he_normal"}, seed=7)
    expected = seedbed.get("he_normal", seed=7).fold_in("head/weight")((3, 4))
    np.testing.assert_array_equal(model["head/weight"], expected)
    assert model["head/bias"].tolist() == [1] * 4
    assert str(made).splitlines() == [
        "head/weight: HeNormal(seed=[7, 'head/weight']); (3, 4) as array, fan_in=3, fan_out=4, by '*'",
        "head/bias: Ones(); (4,), by '*/bias'",
    ]


def test_an_array_under_two_names_is_one_weight():
    table = np.zeros((3, 4), np.float32)
    made = initialize({"head/weight": table, "table/weight": table}, {"table/*": "he_normal"}, seed=7)
    assert list(made.initializers) == ["head/weight"]
    assert table.any()


def test_arrays_that_share_some_memory_are_refused():
    whole = np.zeros((4, 4), np.float32)
    model = {"a": whole[:3], "b": whole[2:], "c": whole[:, 3:]}
    with pytest.raises(ArgumentError, match=r"the weights a and (b|c) share some of their memory"):
        initialize(model, {"*": "ones"}, seed=7)
    assert not whole.any()
    apart = {"a": whole[:2], "b": whole[2:, ::2], "c": whole[2:, 1::2]}
    initialize(apart, {"*": "ones"}, seed=7)
    assert whole.all()


WRONG = {
    "a shape": (
        {"a": "ones", "b": "orthogonal"},
        ShapeError,
        r"b: an orthogonal matrix needs at least 2 axes",
    ),
    "a dtype": ({"a": "ones", "b": "random_normal"}, DTypeError, "b: got dtype 'int8'"),
    "a layout": ({"*": "ones"}, LayoutError, r"a: got shape \(3, 4\) with the layout 'conv'"),
    "a rule": ({"x": "ones"}, RulesError, "a: no rule matches"),
}


@pytest.mark.parametrize(("rules", "error", "match"), WRONG.values(), ids=WRONG)
def test_nothing_is_written_where_one_weight_is_refused(rules, error, match):
    model = {"a": np.zeros((3, 4), np.float32), "b": np.zeros(3, np.int8 if "dtype" in match else np.float32)}
    layouts = {"a": "conv"} if error is LayoutError else None
    with pytest.raises(error, match=match):
        initialize(model, rules, seed=7, layouts=layouts, strict=True)
    assert not any(array.any() for array in model.values())


class RefusesLate(seedbed.Initializer):
    """Says only when it is called that it takes no vectors."""

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ShapeError(f"got shape {shape}")
        return np.full(shape, 3, dtype)


def test_what_refuses_late_is_drawn_before_anything_is_written():
    model = arrays(a=(3, 4), b=(3,))
    with pytest.raises(ShapeError, match=r"b: got shape \(3,\)"):
        initialize(model, {"*": RefusesLate()}, seed=7)
    assert not model["a"].any()
    initialize({"a": model["a"]}, {"*": RefusesLate()}, seed=7)
    assert (model["a"] == 3).all()


def test_a_plan_draws_nothing(monkeypatch):
    monkeypatch.setattr(RefusesLate, "__call__", lambda *_: pytest.fail("something was drawn"))
    model = arrays(a=(3, 4), b=(3,))
    assert plan(model, {"*": RefusesLate()}, seed=7).initializers.keys() == {"a", "b"}


def test_read_only_memory_is_refused_before_anything_is_written():
    model = arrays(a=(3, 4), b=(3,))
    model["b"].flags.writeable = False
    with pytest.raises(ArgumentError, match="'b': got a read-only array"):
        initialize(model, {"*": "ones"}, seed=7)
    assert not model["a"].any()


class TestPaths:
    def test_a_prefix_gives_a_part_of_a_model_the_whole_models_values(self):
        whole, part = arrays(stages__1__w=(3, 4)), arrays(w=(3, 4))
        initialize(whole, {"stages/*": "he_normal"}, seed=7)
        initialize(part, {"stages/*": "he_normal"}, seed=7, prefix="stages.1")
        np.testing.assert_array_equal(part["w"], whole["stages/1/w"])

    def test_rename_gives_a_weight_the_name_of_its_twin(self):
        one, other = arrays(h_0__w=(3, 4)), arrays(h__0__w=(3, 4))
        for model, rename in ((one, lambda path: path.replace("_", "/")), (other, None)):
            initialize(model, {"h/0/w": "he_normal"}, seed=7, rename=rename)
        np.testing.assert_array_equal(one["h_0/w"], other["h/0/w"])
        assert one["h_0/w"].any()

    def test_rules_match_the_former_name_too(self):
        model = arrays(h_0__w=(3, 4))
        made = plan(model, {"h_0/*": "he_normal"}, seed=7, rename=lambda path: path.replace("_", "/"))
        assert list(made.initializers) == ["h/0/w"]

    @pytest.mark.parametrize("pattern", ["enc/h/own", "enc/h/w", "enc/x/w", "h/own", "h/w"])
    def test_every_name_of_a_weight_has_the_prefix_and_none(self, pattern):
        weight = Weight("h/w", (3,), np.dtype("f4"), lambda values: None, others=("h/own",))
        rename = lambda path: path.replace("h/", "x/")  # noqa: E731
        made = plan([weight], {pattern: "ones"}, seed=7, prefix="enc", rename=rename, strict=True)
        assert list(made.initializers) == ["enc/x/w"]

    def test_two_weights_of_one_path_are_refused(self):
        with pytest.raises(RulesError, match="'a' and 'b' have one path, 'c'"):
            plan(arrays(a=(2,), b=(2,)), {"*": "ones"}, seed=7, rename=lambda path: "c")

    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ({"rename": "x"}, "got 'x' as rename; pass a function"),
            ({"rename": lambda path: 3}, "got 3 from rename for 'a'"),
            ({"prefix": 3}, "got 3 as prefix; pass text"),
        ],
    )
    def test_what_is_no_path_is_refused(self, given, match):
        with pytest.raises(ArgumentError, match=match):
            plan(arrays(a=(2,)), {"*": "ones"}, seed=7, **given)


class TestOneLayer:
    """Two layers that are initialized apart would get the same values, since a layer alone has no name."""

    def test_it_is_warned_of_at_the_callers_line(self):
        with pytest.warns(
            UserWarning, match="are only weight, so that every layer .*; give prefix="
        ) as caught:
            initialize(arrays(weight=(3, 4)), {"*": "he_normal"}, seed=7)
        assert caught[0].filename == __file__

    def test_it_is_refused_where_strict(self):
        model = arrays(weight=(3, 4), bias=(4,))
        with pytest.raises(RulesError, match="are only bias and weight, so that every layer"):
            initialize(model, {"bias": "zeros", "*": "he_normal"}, seed=7, strict=True)
        assert not model["weight"].any()

    @pytest.mark.parametrize(
        ("names", "rules", "given"),
        [
            (["weight"], {"*": "he_normal"}, {"prefix": ""}),
            (["weight"], {"*": "he_normal"}, {"prefix": "head"}),
            (["weight"], {"*": "ones"}, {}),
            (["weight", "mix"], {"*": "he_normal"}, {}),
            (["a__weight"], {"*": "he_normal"}, {}),
        ],
    )
    def test_what_has_a_name_or_draws_nothing_is_silent(self, names, rules, given):
        initialize(arrays(**dict.fromkeys(names, (3, 4))), rules, seed=7, strict=True, **given)


class TestKeep:
    RULES = """
    [[rules]]
    match = "head/*"
    keep = true

    [[rules]]
    match = "*"
    initializer = "ones"
    """

    @pytest.mark.parametrize("rules", [{"head/*": KEEP, "*": "ones"}, parse(RULES, "rules.toml")])
    def test_what_a_rule_keeps_stays_as_it_is_and_is_listed(self, rules):
        model = arrays(head__w=(3,), body__w=(3,))
        made = initialize(model, rules, seed=7, strict=True)
        assert made.kept == ("head/w",)
        assert str(made).splitlines()[-1] == "head/w: kept"
        assert not model["head/w"].any()
        assert model["body/w"].all()

    def test_what_has_no_values_cannot_be_kept(self):
        weight = Weight("a", (3,), np.dtype("f4"), lambda values: None, has_values=False)
        with pytest.raises(RulesError, match="a rule keeps a, which have no memory"):
            initialize([weight], {"*": KEEP}, seed=7)

    @pytest.mark.parametrize(
        ("row", "match"),
        [
            ('keep = true\ninitializer = "ones"', "so that initializer must be left out"),
            ("keep = false", "the key 'initializer' is missing; give one, or keep = true"),
            ("keep = 1", "keep must be true or false"),
        ],
    )
    def test_a_rule_that_keeps_has_nothing_else(self, row, match):
        with pytest.raises(RulesError, match=match):
            parse(f'[[rules]]\nmatch = "*"\n{row}\n', "rules.toml")

    def test_it_can_be_printed(self):
        assert str(as_rules({"head/*": KEEP}).rules[0]) == "head/* -> KEEP"


def test_a_row_of_padding_is_zero_and_all_else_as_without():
    table = np.ones((5, 4), np.float32)
    weight = Weight("w", (5, 4), table.dtype, lambda values: values.fill(table), padding_index=2)
    made = initialize([weight], {"*": "random_normal"}, seed=7)
    expected = seedbed.get("random_normal", seed=7).fold_in("w")((5, 4))
    assert not table[2].any()
    np.testing.assert_array_equal(np.delete(table, 2, 0), np.delete(expected, 2, 0))
    assert "Padded" in str(made)


@pytest.mark.parametrize("layout", ["embedding", "linear", "array"])
def test_a_row_of_padding_is_a_row_of_the_table_in_every_layout(layout):
    table = np.zeros((6, 4), np.float32)
    weight = Weight("w", (6, 4), table.dtype, lambda values: values.fill(table), padding_index=5)
    initialize([weight], {"*": "ones"}, seed=7, layouts={"w": layout})
    np.testing.assert_array_equal(table, [[1] * 4] * 5 + [[0] * 4])


def test_a_row_of_padding_of_merged_axes_is_refused():
    table = np.zeros((6, 4), np.float32)
    weight = Weight("table/weight", (6, 4), table.dtype, lambda values: values.fill(table), padding_index=0)
    with pytest.raises(LayoutError, match="got a row of padding, 0, of a table whose axes are drawn as one"):
        initialize([weight], {"*": "random_normal"}, seed=7, layouts={"*": {"in": [], "out": [0, 1]}})
    assert not table.any()


def test_the_fans_of_a_report_are_those_that_the_initializer_takes():
    def told(rule, *, layouts=None, shape=(3, 4)):
        return str(plan(arrays(a=shape), {"*": rule}, seed=7, layouts=layouts))

    assert "fan_in=4, fan_out=3" in told(seedbed.get("he_normal", axes="dense_oi"))
    assert "fan" not in told(seedbed.get("stacked", initializer="ones"), shape=(2, 3, 4))
    assert "fan_in=12, fan_out=12" in told("he_normal", layouts={"a": {"in": [], "out": [0, 1]}})


class Checks(seedbed.Initializer):
    """Takes no vectors, and says so beforehand."""

    def check(self, shape, dtype=None):
        if len(shape) < 2:
            raise ShapeError(f"got shape {shape}")

    def __call__(self, shape, dtype=None):
        return np.full(shape, 3, dtype)


class ChecksByItsClass(Checks):
    @classmethod
    def check(cls, shape, dtype=None):
        if len(shape) < 2:
            raise ShapeError(f"got shape {shape}")


class ChecksAlone(Checks):
    @staticmethod
    def check(shape, dtype=None):
        if len(shape) < 2:
            raise ShapeError(f"got shape {shape}")


class DrawsOtherwise(Checks):
    """Refuses more than its base class, which alone says something beforehand."""

    def __call__(self, shape, dtype=None):
        raise ShapeError(f"got shape {shape}")


class HasNone(RefusesLate):
    check = None


class HasAHelper(RefusesLate):
    def check(self, values, strict=True):
        raise AssertionError("nobody but the author asks it")


class HasOneForShapes(RefusesLate):
    def check(self, shape):
        raise AssertionError("nobody but the author asks it")


@pytest.mark.parametrize(
    "cls",
    [
        Checks,
        ChecksByItsClass,
        ChecksAlone,
        DrawsOtherwise,
        RefusesLate,
        HasNone,
        HasAHelper,
        HasOneForShapes,
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_an_error_leaves_the_model_as_it_was_whatever_way_a_class_checks(cls, wrapped):
    model = arrays(a=(3, 4), b=(3,))
    rule = seedbed.combinators.Scaled(cls(), 2.0) if wrapped else cls()
    with pytest.raises(ShapeError, match=r"[ab]: got shape \(3,"):
        initialize(model, {"*": rule}, seed=7)
    assert not any(array.any() for array in model.values())
    if cls is not DrawsOtherwise:
        initialize({"a": model["a"]}, {"*": rule}, seed=7)
        assert model["a"].all()


SHAPES = {
    "linear": (6, 4),
    "conv": (6, 4, 3, 3),
    "conv_transpose": (6, 4, 3, 3),
    "bilinear": (6, 4, 5),
    "embedding": (6, 4),
    "array": (3, 3, 6, 4),
    "attention_output": (2, 3, 6),
    "attention_query": (6, 2, 3),
    "conv_hwio": (3, 3, 6, 4),
    "conv_ohwi": (6, 3, 3, 4),
    "conv_oihw": (6, 4, 3, 3),
    "dense_io": (6, 4),
    "dense_oi": (6, 4),
    "depthwise_hwio": (3, 3, 6, 4),
    "experts_io": (2, 6, 4),
    "experts_oi": (2, 6, 4),
    "transposed_hwoi": (3, 3, 6, 4),
    "transposed_iohw": (6, 4, 3, 3),
}


def test_every_layout_has_a_shape_here():
    assert SHAPES.keys() == LAYOUTS.keys()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("initializer", [ELEMENTWISE, *OTHERS], ids=repr)
def test_any_part_of_a_weight_is_that_part_of_the_whole(name, initializer):
    shape = SHAPES[name]
    try:
        values = values_of(name, initializer, shape)
    except LayoutError as error:
        assert "stacked weights, of which it would make one matrix" in str(error)
        return
    whole = values.whole()
    assert whole.std() > 0.01
    for start in np.ndindex(*(2,) * len(shape)):
        part = np.empty([size - first for size, first in zip(shape, start, strict=True)], np.float32)
        values.fill(part, start)
        index = tuple(slice(first, None) for first in start)
        np.testing.assert_array_equal(part, whole[index])
        placed = np.full(part.shape, np.nan, np.float32)
        values.place(placed.__setitem__, start, part.shape)
        np.testing.assert_array_equal(placed, part)
    turned = np.empty(shape[::-1], np.float32).T
    values.fill(turned)
    np.testing.assert_array_equal(turned, whole)


@pytest.mark.parametrize("name", SHAPES)
def test_the_fans_are_those_of_the_roles(name):
    shape = SHAPES[name]
    layout, axes = as_layout(name), as_layout(name).axes
    assert layout.fans(shape) == seedbed.fans.fans(shape, axes)
    drawn = layout.drawn(seedbed.get("he_normal"), shape)
    found = seedbed.fans.fans(drawn.shape, drawn.initializer.axes)
    assert found == layout.fans(shape)


def test_experts_are_drawn_one_matrix_each_with_inputs_before_outputs():
    stack = seedbed.get("stacked", initializer="orthogonal", seed=7)
    whole = values_of("experts_oi", stack, (2, 6, 4)).whole()
    np.testing.assert_array_equal(whole, stack((2, 4, 6)).transpose(0, 2, 1))
    for matrix in whole:
        np.testing.assert_allclose(matrix.T @ matrix, np.eye(4), atol=1e-5)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ("dense_ox", "got layout 'dense_ox'; did you mean 'dense_oi'"),
        (3, "got layout 3; a layout is 'linear'"),
        (None, "got layout None"),
        ({"in": 1}, "without 'out'"),
        ({"in": 1, "out": 1}, "got axis 1 twice"),
    ],
)
def test_what_is_no_layout_is_refused(given, match):
    with pytest.raises(LayoutError, match=match):
        as_layout(given)


def test_roles_are_a_layout():
    roles = {"in": 1, "out": 0}
    assert as_layout(roles).axes == as_layout(Axes((1,), (0,))).axes == as_layout("dense_oi").axes
    assert as_layout(Layout(Axes((1,), (0,)))).fans((2, 3)) == (3, 2)


def test_of_an_unknown_layout_no_fans_are_guessed():
    weight = Weight("a", (3, 4), np.dtype("f4"), lambda values: None, layout=None)
    with pytest.raises(LayoutError, match=r"a: HeNormal\(.*\) needs fans, .* pass layouts=\{'a': \.\.\.\}"):
        plan([weight], {"*": "he_normal"}, seed=7)
    assert "fan_in=4" in str(plan([weight], {"*": "he_normal"}, seed=7, layouts={"a": "linear"}))


def unknown(*paths, shape=(3, 4)):
    return [Weight(path, shape, np.dtype("f4"), lambda values: None, layout=None) for path in paths]


def test_weights_of_unknown_layout_are_told_in_one_warning_with_patterns():
    known = Weight("2/odd", (3, 4), np.dtype("f4"), lambda values: None)
    weights = [*unknown("0/mix", "1/mix", "0/odd", "1/odd"), known]
    with pytest.warns(UserWarning, match="nothing tells what the axes") as seen:
        initialize(weights, {"*": "random_normal"}, seed=7)
    assert len(seen) == 1
    assert seen[0].filename == __file__
    wanted = "layouts={'*/mix': ..., '0/odd': ..., '1/odd': ...}; a layout is 'linear' (out, in)"
    assert wanted in str(seen[0].message)
    assert "0/mix: RandomNormal(seed=[7, '0/mix']); (3, 4) as array by a guess, fan_in" in str(
        plan(weights, {"*": "random_normal"}, seed=7)
    )


@pytest.mark.parametrize(
    "initializer",
    [
        "random_normal",
        "orthogonal",
        seedbed.get("constant", value=[1, 2, 3, 4]),
        seedbed.get("linspaced", start=0, stop=1),
    ],
)
def test_an_unknown_layout_is_refused_where_strict_and_the_order_of_axes_counts(initializer):
    rules = {"*": initializer}
    with pytest.raises(LayoutError, match=r"axes of a \(3, 4\) are, so that .*layouts=\{'a': \.\.\.\}"):
        initialize(unknown("a"), rules, seed=7, strict=True)
    initialize(unknown("a"), rules, seed=7, strict=True, layouts={"a": "array"})


@pytest.mark.parametrize(
    ("initializer", "shape"),
    [
        ("zeros", (3, 4)),
        ("ones", (3, 4)),
        ("identity", (3, 4)),
        (seedbed.get("constant", value=2), (3, 4)),
        ("random_normal", (4,)),
        ("random_normal", (1, 1, 4)),
        ("random_normal", (0, 4)),
        (seedbed.get("he_normal", axes="dense_oi"), (3, 4)),
    ],
)
def test_an_unknown_layout_is_nothing_to_tell_where_the_order_of_axes_does_not_count(initializer, shape):
    initialize(unknown("a", shape=shape), {"*": initializer}, seed=7, strict=True)


@pytest.mark.parametrize("kind", ["norm", "activation"])
def test_the_weights_of_layers_without_inputs_and_outputs_have_no_unknown_layout(kind):
    weight = Weight("a", (3, 4), np.dtype("f4"), lambda values: None, layout=None, kind=kind)
    assert str(initialize([weight], {"*": "he_normal"}, seed=7, strict=True)).startswith("a: HeNormal")


def test_what_its_framework_has_sharded_is_no_part_that_a_caller_tells_of():
    weight = Weight("a", (3, 4), np.dtype("f4"), lambda values: None, is_sharded=True)
    with pytest.raises(ArgumentError, match=r"a: got shard for a weight that its framework has sharded"):
        plan([weight], {"*": "zeros"}, seed=7, shard={"a": ((6, 4), (slice(0, 3),))})


@pytest.mark.parametrize("is_shown", [True, False])
def test_progress_is_shown_where_it_is_asked_for(capfd, is_shown):
    pytest.importorskip("tqdm")
    initialize(arrays(a=(3, 4)), {"*": "ones"}, seed=7, progress=is_shown)
    assert ("elements" in capfd.readouterr().err) == is_shown


@pytest.mark.parametrize(
    "name", ["he_normal", "random_uniform", "constant", "identity", "scaled", "orthogonal"]
)
def test_a_subclass_that_draws_otherwise_has_its_own_values_everywhere(name):
    needed = {"constant": {"value": 2}, "scaled": {"initializer": "he_normal", "factor": 3.0}}
    given = dict(needed.get(name, {}))

    class Doubled(type(seedbed.get(name, **given))):
        def __call__(self, shape, dtype=None):
            return (2 * super().__call__(shape, dtype)).astype(dtype)

    if "seed" in Doubled(**given).get_config():
        given["seed"] = 7
    doubled = Doubled(**given)
    whole = doubled((600, 700))
    np.testing.assert_array_equal(whole, 2 * seedbed.get(name, **given)((600, 700)))
    np.testing.assert_array_equal(doubled.fill(np.empty((600, 700), np.float32)), whole)
    np.testing.assert_array_equal(doubled.shard((600, 700), (slice(3, 9), slice(2, 5))), whole[3:9, 2:5])
    model = {"w": np.zeros((700, 600), np.float32)}
    initialize(model, {"*": doubled}, seed=8, layouts={"w": "dense_oi"})
    own = doubled.fold_in("w")((600, 700))
    np.testing.assert_array_equal(model["w"], own.T)


def test_without_tqdm_a_bar_is_refused_and_its_lack_is_silent(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    model = arrays(a=(3, 4))
    with pytest.raises(MissingExtraError, match="progress=True needs tqdm: pip install tqdm"):
        initialize(model, {"*": "ones"}, seed=7, progress=True)
    assert not model["a"].any()
    monkeypatch.setattr(progress, "_WORTH_A_BAR", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    initialize(model, {"*": "ones"}, seed=7)
    assert model["a"].all()


class Doubles:
    """Has a call of its own for whatever it stands in front of."""

    def __call__(self, shape, dtype=None):
        return (2 * super().__call__(shape, dtype)).astype(dtype)


class DoubledByAMixin(Doubles, seedbed.standard.HeNormal):
    pass


class FillsItself(DoubledByAMixin):
    def fill(self, out):
        out[...] = self(out.shape, out.dtype)
        return out


class InheritsIt(FillsItself):
    pass


@pytest.mark.parametrize("cls", [DoubledByAMixin, FillsItself, InheritsIt])
def test_a_call_that_a_mixin_brings_draws_everywhere(cls):
    doubled = cls(seed=7)
    whole = 2 * ELEMENTWISE((600, 700))
    np.testing.assert_array_equal(doubled((600, 700)), whole)
    np.testing.assert_array_equal(doubled.fill(np.empty((600, 700), np.float32)), whole)
    np.testing.assert_array_equal(doubled.shard((600, 700), (slice(3, 9),)), whole[3:9])
    assert (cls.fill is InheritsIt.fill) == (cls is not DoubledByAMixin)


def parts_of(layout, initializer, index, seed=7):
    """Return the whole of a weight, and what a process draws that has only a part of it."""
    whole = {"weight": np.zeros((6, 4), np.float32)}
    initialize(whole, {"*": initializer}, seed=seed, layouts={"*": layout}, prefix="")
    part = {"weight": np.zeros_like(whole["weight"][index])}
    initialize(
        part, {"*": initializer}, seed=seed, layouts={"*": layout}, prefix="", shard={"*": ((6, 4), index)}
    )
    return whole["weight"][index], part["weight"]


@pytest.mark.parametrize("layout", ["linear", "array"])
@pytest.mark.parametrize("name", ["he_normal", "orthogonal"])
@pytest.mark.parametrize("index", [np.s_[2:5], np.s_[..., 1:3], np.s_[-2:, :1], np.s_[:], np.s_[3:3]])
def test_a_tensor_that_is_a_part_gets_that_part_of_the_whole(layout, name, index):
    expected, got = parts_of(layout, name, index)
    np.testing.assert_array_equal(got, expected)


def test_the_fans_of_a_part_are_those_of_the_whole():
    model = arrays(head__weight=(3, 2))
    made = plan(model, {"*": "he_normal"}, seed=7, shard={"*": ((3, 8), (slice(None), slice(2, 4)))})
    assert str(made).endswith("; (3, 8) as array, fan_in=3, fan_out=8, by '*'")


def test_a_part_is_drawn_before_anything_is_written_too():
    class Late(seedbed.Initializer):
        reproducibility = "exact"

        def __call__(self, shape, dtype=None):
            return np.arange(float(np.prod(shape))).reshape(shape).astype(dtype)

    model = arrays(head__weight=(2, 4))
    initialize(model, {"*": Late()}, seed=7, shard={"head/*": ((6, 4), (slice(2, 4),))})
    np.testing.assert_array_equal(model["head/weight"], np.arange(24.0).reshape(6, 4)[2:4])


def test_a_row_of_padding_of_a_part_is_its_own():
    table = np.zeros((3, 4), np.float32)
    weight = Weight(
        "table/weight", table.shape, table.dtype, lambda values: values.fill(table), padding_index=-1
    )
    initialize([weight], {"*": "ones"}, seed=7, shard={"*": ((9, 4), (slice(3, 6),))})
    assert table.sum(1).tolist() == [4, 4, 0]


class Anything(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)


@pytest.mark.parametrize(
    ("shard", "error", "match"),
    [
        (3, ArgumentError, "got 3 as shard; pass a dict from patterns of paths"),
        ({3: ((4, 4), ...)}, ArgumentError, "got the pattern 3 in shard"),
        ({"x": ((4, 4), ...)}, ArgumentError, "got a shard for 'x', which matches no weight"),
        ({"*": 3}, ArgumentError, r"'\*' in shard: got 3; give the shape of the whole and the index"),
        (
            {"*": ((6, 4), (slice(0, 3),))},
            ShapeError,
            r"of shape \(3, 4\) of \(6, 4\), and its shape is \(2, 4\)",
        ),
        ({"*": ((2, 4), (slice(0, 9, 2),))}, ShapeError, r"of shape \(1, 4\)"),
        ({"*": ((4, 4), (slice(0, 4, 2),))}, ArgumentError, "which skips or turns positions"),
        ({"*": ((2, 4), "ab")}, ShardIndexError, r"'\*' in shard: got 'ab' of type str in a shard's index"),
    ],
)
def test_what_is_no_part_of_a_whole_is_refused(shard, error, match):
    model = arrays(head__weight=(2, 4))
    with pytest.raises(error, match=match):
        initialize(model, {"*": "he_normal"}, seed=7, shard=shard)
    assert not model["head/weight"].any()


def test_a_part_is_refused_where_processes_would_draw_other_wholes():
    model, whole = arrays(head__weight=(2, 4)), {"*": ((4, 4), (slice(2),))}
    with pytest.raises(ArgumentError, match=r"got Anything\(\) for a part of a weight, and it draws other"):
        initialize(model, {"*": Anything()}, seed=7, shard=whole)
    grouped = Layout(Axes((0,), (1,), groups=2))
    weight = Weight("conv/weight", (2, 4), np.dtype("f4"), lambda values: values.whole(), layout=grouped)
    with pytest.raises(LayoutError, match="how many the whole has is not known; say it by layouts="):
        initialize([weight], {"*": "he_normal"}, seed=7, shard=whole)
    initialize(
        [weight], {"*": "he_normal"}, seed=7, shard=whole, layouts={"*": {"in": 0, "out": 1, "groups": 4}}
    )


def test_a_layout_that_reaches_no_weight_is_told():
    model = arrays(head__weight=(3, 4), body__weight=(3, 4))
    told = (
        "a layout for 'head/weight' is of no use, since patterns before it have all weights that it matches"
    )
    with pytest.raises(LayoutError, match=told):
        plan(model, {"*": "ones"}, seed=7, layouts={"*": "linear", "head/weight": "array"})
    same = {"head/*": "linear", "head/weight": "array"}
    with pytest.raises(LayoutError, match=told):
        plan(model, {"*": "ones"}, seed=7, layouts=same, strict=True)
    with pytest.warns(UserWarning, match=told):
        plan(model, {"*": "ones"}, seed=7, layouts=same)
    fallback = {"head/*": "array", "body/*": "linear", "*/weight": "array"}
    with pytest.warns(UserWarning, match="a layout for '.*/weight' is of no use"):
        plan(model, {"*": "ones"}, seed=7, layouts=fallback)
    plan(model, {"*": "ones"}, seed=7, layouts={"*": "array", "head/weight": "array"}, strict=True)
    whole = {"head/*": ((6, 4), (slice(3),)), "head/weight": ((6, 4), (slice(3, 6),))}
    with pytest.raises(ArgumentError, match="a shard for 'head/weight' is of no use"):
        plan(model, {"*": "ones"}, seed=7, shard=whole, strict=True)


def test_a_mapping_that_makes_its_arrays_is_filled_where_they_are_views_and_else_refused(tmp_path):
    class Views(collections.UserDict):
        def __getitem__(self, path):
            return super().__getitem__(path)[:]

    flat = np.zeros(12, np.float32)
    initialize(Views({"a/weight": flat[:6], "b/weight": flat[6:]}), {"*": "ones"}, seed=7)
    assert flat.all()
    np.savez(tmp_path / "model.npz", **{"a/weight": flat})
    with (
        np.load(tmp_path / "model.npz") as lost,
        pytest.raises(
            ArgumentError, match="got a NpzFile, which makes another array of 'a/weight' whenever it is asked"
        ),
    ):
        initialize(lost, {"*": "ones"}, seed=7)


def test_rules_ask_for_the_kind_that_an_adapter_tells():
    array = np.zeros((2, 3), np.float32)
    weight = Weight("a/weight", (2, 3), array.dtype, lambda values: values.fill(array), kind="norm")
    rules = [{"match": "*", "kind": "norm", "initializer": "ones"}]
    assert str(plan([weight], rules, seed=7)).endswith("by '*' of kind norm")
    with pytest.raises(
        RulesError, match="asks for the kind of the layer of head/weight, which nothing tells"
    ):
        initialize(arrays(head__weight=(3, 4)), rules, seed=7)
    with pytest.raises(
        ArgumentError,
        match=f"a/weight: got the kind 'nrom'; did you mean 'norm'.*kinds of layers are {KINDS[0]},",
    ):
        Weight("a/weight", (2, 3), array.dtype, print, kind="nrom")


@pytest.mark.parametrize(
    "options", [{}, {"prefix": "e"}, {"rename": lambda path: path.replace("head", "e/head")}]
)
def test_a_tied_weight_has_the_rules_of_all_its_places(options):
    table = np.zeros((3, 4), np.float32)
    model = {"table/weight": table, "head/weight": table}
    rules = {("e/" if options else "") + "head/weight": "ones", "*": "zeros"}
    made = plan(model, rules, seed=7, **options)
    assert str(made.initializers[next(iter(made.initializers))]) == "Ones()"
    both = {"*table/*": "ones", "*head/*": "zeros"}
    assert not plan(model, both, seed=7, strict=True, **options).faults


def test_a_whole_that_has_not_what_was_asked_for_is_refused_in_every_layout():
    class Wrong(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.ones(shape[::-1], np.float64)

    for layout in ("dense_io", {"in": 1, "out": (0, 2)}):
        model = {"a/weight": np.zeros((2, 3, 4) if isinstance(layout, dict) else (3, 4), np.float32)}
        with pytest.raises(ArgumentError, match=r"a/weight: Wrong gave an array of"):
            initialize(model, {"*": Wrong()}, seed=7, layouts={"*": layout})


def test_many_weights_of_unknown_layout_are_told_in_linear_time():
    weights = unknown(
        *(f"layers/{layer}/experts/{expert}/mix" for layer in range(60) for expert in range(60))
    )
    with pytest.raises(LayoutError, match=r"axes of layers/\*/experts/\*/mix \(3, 4\) are"):
        initialize(weights, {"*": "random_normal"}, seed=7, strict=True)


def test_a_message_tells_few_of_many_weights():
    weights = [
        *unknown(*(f"layers/{layer}/mix" for layer in range(50))),
        Weight("layers/x/mix", (3, 4), np.dtype("f4"), print),
    ]
    with pytest.raises(LayoutError, match=r"and 30 more are, so") as caught:
        initialize(weights, {"*": "random_normal"}, seed=7, strict=True)
    assert str(caught.value).count(": ...") == 20


def test_a_plan_draws_no_whole_to_see_whether_a_guess_counts():
    class Whole(seedbed.Initializer):
        def __init__(self, axes=None):
            self.axes = axes

        def __call__(self, shape, dtype=None):
            raise AssertionError("drawn")

    weight = Weight("a", (3, 6, 4), np.dtype("f4"), print, readings=readings_of(3))
    assert "as array by a guess" in str(plan([weight], {"*": Whole()}, seed=7))


def test_a_plan_refuses_a_layer_alone_where_strict_as_initialize_does():
    for function in (plan, initialize):
        with pytest.raises(RulesError, match="give prefix='its/name'"):
            function(arrays(weight=(3, 4)), {"*": "he_normal"}, seed=7, strict=True)


NORMS = [{"match": "*", "kind": "norm", "initializer": "ones"}, {"match": "*", "initializer": "zeros"}]


def test_a_caller_says_the_kind_of_a_layer_that_nothing_tells():
    model = {name: np.full(4, 3, np.float32) for name in ("a/norm/weight", "a/up/bias")}
    with pytest.raises(
        RulesError, match=r"kind of the layer of a/norm/weight.*kinds=\{'a/norm/weight': 'norm'\}"
    ):
        plan(model, NORMS, seed=7)
    report = str(initialize(model, NORMS, seed=7, kinds={"*norm*": "norm", "*up*": "linear"}, strict=True))
    assert "a/norm/weight: Ones(); (4,), by '*' of kind norm" in report
    assert model["a/norm/weight"].min() == 1
    assert model["a/up/bias"].max() == 0


def test_a_weight_that_is_said_to_be_of_a_norm_has_a_layout():
    dtype = np.dtype(np.float32)
    weight = Weight("norm/weight", (3, 4), dtype, lambda _: None, layout=None)
    rules = [{"match": "*", "initializer": "random_normal"}]
    with pytest.raises(LayoutError, match="nothing tells what the axes"):
        plan([weight], rules, seed=7, strict=True)
    assert plan([weight], rules, seed=7, strict=True, kinds={"norm*": "norm"})


@pytest.mark.parametrize(
    ("kinds", "match"),
    [
        ({"*norm*": "norms"}, r"'\*norm\*' in kinds: a kind of layer must be one of .*did you mean 'norm'"),
        ({"*nrom/weight": "norm"}, r"'\*nrom/weight', which matches no weight; did you mean"),
        (["*"], "as kinds; pass a dict from patterns"),
    ],
)
def test_what_is_no_kind_or_of_no_weight_is_refused(kinds, match):
    with pytest.raises(ArgumentError, match=match):
        plan(arrays(a__norm__weight=(4,)), {"*": "ones"}, seed=7, kinds=kinds)


def test_a_pattern_of_a_layout_that_matches_nothing_is_answered_with_what_is_there():
    with pytest.raises(
        LayoutError, match=r"'layers/\*/wq', which matches no weight; did you mean 'layers/\*/w_q'"
    ):
        plan(arrays(layers__0__w_q=(3, 4)), {"*": "ones"}, seed=7, layouts={"layers/*/wq": "linear"})


def test_only_layouts_that_fit_are_proposed():
    with pytest.raises(LayoutError) as caught:
        as_layout("linear").drawn(seedbed.get("ones"), (2, 3, 4))
    assert "conv" in str(caught.value)
    assert "'linear' (out, in)" not in str(caught.value)
    assert "'embedding'" not in str(caught.value)


class _Picky(seedbed.Initializer):
    """Refuses one stream, so that what holds for one weight does not hold for the next."""

    reproducibility = "exact"

    def __init__(self, seed=None):
        self.seed = seed

    def check(self, shape, dtype=None):
        super().check(shape, dtype)
        if self.seed is not None and self.seed[-1].startswith("c"):
            raise ShapeError("not this one")

    def __call__(self, shape, dtype=None):
        self.check(shape, dtype)
        return np.zeros(shape, dtype)


def test_each_weight_is_checked_where_an_author_says_what_is_refused():
    model = {name: np.ones((2, 3), np.float32) for name in ("a/weight", "b/weight", "c/weight")}
    with pytest.raises(ShapeError, match="c/weight: not this one"):
        initialize(model, {"*": _Picky()}, seed=7)
    assert all((array == 1).all() for array in model.values())


def test_weights_of_one_shape_draw_what_each_would_draw_alone():
    names = [f"layers/{number}/weight" for number in range(4)]
    together = {name: np.zeros((3, 4), np.float32) for name in names}
    report = str(initialize(together, {"*": "he_normal"}, seed=7, layouts={"*": "dense_oi"}))
    for name in names:
        alone = {name: np.zeros((3, 4), np.float32)}
        own = str(initialize(alone, {"*": "he_normal"}, seed=7, layouts={"*": "dense_oi"}))
        assert (alone[name] == together[name]).all()
        assert own in report
