"""Expressions in rules: a grammar of our own, and one number on every machine."""

import decimal
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import RulesError, SeedbedError
from seedbed.rules.expression import DEEPEST, LONGEST, Expression

NAMES = {"layers": 12, "stddev": 0.02, "layer": 3, "fan_in": 768, "size(-1)": 64, "size(0)": 5}


def value(text):
    return Expression(text).value(NAMES.__getitem__)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 - 3 - 2", 3),
        ("8 / 4 / 2", 1),
        ("-2 ** 2", -4),
        ("2 ** 3 ** 2", 512),
        ("2 ** -1", 0.5),
        ("+1 - -1", 2),
        (".5e1 + 1.", 6),
        ("1e2", 100),
        ("0 ** 0", 1),
        ("0 ** 0.3", 0),
        ("4 ** 0.5", 2),
        ("4 ** -1.5", 0.125),
        ("8 ** (1 / 3)", 2.0),
        ("sqrt(2)", math.sqrt(2)),
        ("log(10)", math.log(10)),
        ("exp(1)", math.e),
        ("log2(1024)", 10),
        ("log2(1 / 8)", -3),
        ("floor(log2(12))", 3),
        ("floor(-0.5)", -1),
        ("min(3, 1, 2)", 1),
        ("max(2)", 2),
        ("layer + 1", 4),
        ("size(-1) * size( 0 )", 320),
        ("0.1 + 0.2", 0.3),
        ("stddev * 3", 0.06),
        ("2 ** 53", 2**53),
        ("2 ** 54", 2.0**54),
        ("1e308 * 1e308 / 1e308", 1e308),
    ],
)
def test_an_expression_has_a_value(text, wanted):
    found = value(text)
    assert found == wanted
    assert type(found) is int if float(wanted).is_integer() and abs(wanted) <= 2**53 else float


def test_the_value_is_the_exact_one_rounded_once():
    with decimal.localcontext(decimal.Context(prec=200)):
        exact = decimal.Decimal("0.02") / (decimal.Decimal(2) * 12).sqrt()
    assert value("stddev / sqrt(2 * layers)") == float(exact)


def test_no_context_of_the_thread_has_a_say():
    texts = ("1 / 3", "-1 / 3", "max(-1/3, 1/7)", "log2(10)", "10 ** 0.3", "9007199254740991", "floor(99.9)")
    wanted = list(map(value, texts))
    with decimal.localcontext(decimal.Context(prec=2, rounding=decimal.ROUND_UP)):
        again = list(map(value, texts))
    assert list(map(repr, again)) == list(map(repr, wanted))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "at its end there should be a number, a name or"),
        ("1 +", "at its end there should be a number"),
        ("1 2", "at '2' at character 3 there should be an operator or the end"),
        ("sqrt(2", r"at its end there should be '\)'"),
        ("sqrt", r"at its end there should be '\(', since sqrt is a function"),
        ("sqrt(1, 2)", "sqrt takes one number, got 2"),
        ("min()", "at '\\)' at character 5 there should be a number"),
        ("sqr(2)", "'sqr' is no function; did you mean 'sqrt'"),
        ("__import__('os')", "'__import__' is no function"),
        ("zzz(2)", "'zzz' is no function; there are sqrt, log,"),
        ("a.b", r"at '.' at character 2 there should be an operator"),
        ("1 if 2 else 3", "at 'if' at character 3 there should be an operator"),
        ("size(layers)", "at 'layers' at character 6 there should be an axis"),
        ("size(1.5)", "there should be an axis"),
        ("size + 1", r"there should be '\('"),
        ("2 // 3", "at '/' at character 4"),
        ("\u0661", "at '\u0661' at character 1"),
        ("1" * (LONGEST + 1), "of 1,001 characters; at most 1,000"),
        ("(" * 60 + "1" + ")" * 60, f"nested more than {DEEPEST} deep"),
        ("-" * 60 + "1", "nested more than"),
        ("1" + "**1" * 60, "nested more than"),
        ("1e99999", "it has a number that is too large"),
    ],
)
def test_what_is_no_expression_is_refused(text, match):
    with pytest.raises(RulesError, match=match):
        Expression(text)


def test_only_text_is_an_expression():
    with pytest.raises(SeedbedError, match="expr must be text such as '1 / layers', got 3"):
        Expression(3)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("9**9**9", "it has the exponent 3.87420e.8; at most 10,000"),
        ("9**9999**2", "exponent"),
        ("10 ** 10000", "too large"),
        ("10 ** -10000", "too (small|large)"),
        ("exp(exp(20))", "too large"),
        ("exp(-exp(20))", "too small"),
        ("1 / 0", "divides by zero"),
        ("0 / 0", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("1 / (layer - 3)", "divides by zero"),
        ("sqrt(-1)", "no real value"),
        ("(-8) ** (1 / 3)", "no real value"),
        ("log(0)", "takes the logarithm of 0"),
        ("log2(-2)", "takes the logarithm of -2"),
        ("1e300 * 1e300", "its value is 1.000e.600, which a float64 cannot be"),
        ("1e-300 * 1e-300", "its value is 1.000e-600, which a float64 cannot be"),
    ],
)
def test_what_has_no_value_is_told(text, match):
    with pytest.raises(RulesError, match=f"got the expression .*{match}"):
        value(text)


WORDS = st.sampled_from(
    [
        "1",
        "0",
        "9",
        "2.5",
        "1e9",
        "layers",
        "fan_in",
        "size(-1)",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "**",
        "sqrt(",
        "log(",
        "exp(",
        "min(",
        "floor(",
        "log2(",
        "eval",
        ".",
        "é",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_has_a_value_or_an_error_of_ours_soon(text):
    begin = time.thread_time()
    try:
        found = Expression(text).value(lambda name: NAMES.get(name, 7))
    except RulesError:
        pass
    else:
        assert isinstance(found, int | float)
        assert math.isfinite(found)
    assert time.thread_time() - begin < 1


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["2", "0.5", "3", "7"]),
        lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/"]), inner),
        max_leaves=8,
    )
)
def test_operators_mean_what_they_mean_in_python(text):
    try:
        wanted = eval(text)  # the four operators and numbers alone
    except ZeroDivisionError:
        with pytest.raises(RulesError, match="zero"):
            value(text)
    else:
        assert value(text) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("text", ["1 / 0 ** -0.3", "min(1, 0 ** -0.3)", "1 / 0 ** -1"])
def test_a_negative_power_of_zero_is_a_division_by_zero(text):
    with pytest.raises(RulesError, match="divides by zero"):
        Expression(text).value({}.__getitem__)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("floor(1 / 3 * 3)", 1),
        ("floor(49 * (1 / 49))", 1),
        ("floor(sqrt(2) ** 2)", 2),
        ("floor(-(1 / 3 * 3))", -1),
        ("floor(2 - 1e-20)", 1),
        ("floor(1e-45)", 0),
        ("floor(-1e-30)", -1),
    ],
)
def test_the_floor_of_a_number_that_rounding_moved_is_that_number(text, value):
    assert Expression(text).value({}.__getitem__) == value
