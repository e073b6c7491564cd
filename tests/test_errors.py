"""What messages say of objects and exceptions that cannot say it themselves."""

import pytest

from seedbed.errors import ArgumentError, ConfigError, described, prefixed, shown


class UnspeakableError(Exception):
    def __str__(self):
        raise SystemExit("no text")

    __repr__ = __str__


class ForeignError(ConfigError):
    def __init__(self, one, two):
        super().__init__(one)


@pytest.mark.parametrize("asked", [shown, described])
def test_an_object_that_raises_when_asked_is_named_by_its_type(asked):
    assert "UnspeakableError" in asked(UnspeakableError())


@pytest.mark.parametrize("asked", [shown, described])
def test_an_interrupt_is_no_answer(asked):
    class InterruptingError(Exception):
        def __repr__(self):
            raise KeyboardInterrupt("stop")

        __str__ = __repr__

    with pytest.raises(KeyboardInterrupt, match="stop"):
        asked(InterruptingError())


LONG = {
    "text": "a" * 10**6,
    "int": 10**4000,
    "int that Python does not print": 10**10_000,
    "list": list(range(10**6)),
    "dict": {"a": "b" * 10**6},
}


@pytest.mark.parametrize("kind", LONG)
def test_a_long_value_is_shown_in_short(kind):
    assert len(shown(LONG[kind])) < 200


@pytest.mark.parametrize("levels", [10, 10_000])
@pytest.mark.parametrize(
    "around", [lambda inner: [inner] * 10, lambda inner: dict.fromkeys("abcdefghij", inner)]
)
def test_a_value_that_is_deep_and_broad_is_shown_in_short(levels, around):
    value = "c" * 100
    for _ in range(levels):
        value = around(value)
    assert len(shown(value)) < 600


def test_an_exception_is_described_by_type_and_text():
    assert described(ZeroDivisionError("division by zero")) == "ZeroDivisionError: division by zero"
    assert described(SystemExit()) == "SystemExit"


def test_the_text_of_an_exception_is_cut():
    assert described(ValueError("a" * 10**6)) == f"ValueError: {'a' * 4000}..."
    assert described(ValueError("a" * 4000)) == f"ValueError: {'a' * 4000}"


def test_a_prefix_keeps_the_kind_of_error():
    error = prefixed(ArgumentError("too big"), "acme:small")
    assert type(error) is ArgumentError
    assert str(error) == "acme:small: too big"


def test_an_error_of_somebody_elses_becomes_the_kind_that_it_is_derived_from():
    error = prefixed(ForeignError("odd", 2), "acme:small")
    assert type(error) is ConfigError
    assert str(error) == "acme:small: odd"


def test_a_prefix_asks_no_metaclass():
    def strike(*_):
        raise SystemExit("struck")

    asked = dict.fromkeys(("__module__", "__mro__", "__name__"), property(strike))
    meta = type("Meta", (type,), {"__eq__": strike, "__hash__": None, **asked})
    odd = meta("OddError", (ArgumentError,), {"__module__": "seedbed.errors"})
    assert type(prefixed(odd("no"), "acme:odd")) is ArgumentError
