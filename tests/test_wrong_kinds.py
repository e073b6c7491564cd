"""An argument of another kind than a function wants is an error that says what it wants."""

import enum
from decimal import Decimal

import numpy as np
import pytest

import seedbed
from seedbed import locking
from seedbed.errors import ArgumentError, DTypeError
from seedbed.governance import Lock
from seedbed.random import Normal, draw, draw_into, use_engine


class One(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: locking.verify("seedbed.lock"),
            r"lock must be a Lock; read a file with Lock\.read",
        ),
        (lambda: locking.verify(Lock(1), "x"), "catalogue must be a Catalogue, or None"),
        (lambda: locking.differences("a", Lock(1)), "old must be a Lock"),
        (lambda: locking.differences(Lock(1), None), "new must be a Lock"),
        (lambda: locking.unseen("a"), "lock must be a Lock"),
        (lambda: locking.lock("x"), "catalogue must be a Catalogue"),
        (lambda: locking.survey(7), "catalogue must be a Catalogue"),
        (lambda: seedbed.catalogue().entry(None), "name must be text, the name of an entry, got None"),
        (lambda: seedbed.catalogue().candidates(7), "name must be text"),
        (lambda: seedbed.catalogue().withheld(b"zeros"), "name must be text"),
        (lambda: use_engine("numpy"), "to choose one by its package, set SEEDBED_ENGINE"),
        (lambda: seedbed.get("laplace", scale=np.array([1.5, 2])), "scale must be a finite number"),
        (lambda: seedbed.get("laplace", scale="x"), "scale must be a finite number"),
        (lambda: seedbed.get("laplace", scale=Decimal("0.5")), "scale must be a finite number"),
        (lambda: seedbed.get("laplace", scale=10**400), "scale must be a finite number"),
        (lambda: seedbed.get("laplace", scale=0), "scale must be a finite number"),
    ],
)
def test_another_kind_is_refused(call, said):
    with pytest.raises(ArgumentError, match=said):
        call()


def test_a_distribution_is_drawn_in_floating_and_complex_dtypes_only():
    with pytest.raises(DTypeError, match="got dtype 'int8'; distributions are drawn in float16, "):
        draw(Normal(0.0, 1.0), 7, (2,), np.dtype("int8"))
    with pytest.raises(DTypeError, match="got dtype 'int64'"):
        draw_into(np.empty(2, np.int64), Normal(0.0, 1.0), 7)


@pytest.mark.parametrize("factor", [One.ONE, np.float32(1.0)])
def test_a_factor_is_shown_as_the_number_that_it_is(factor):
    scaled = seedbed.get("scaled", initializer="he_normal", factor=factor)
    assert repr(scaled).removesuffix(".0)").removesuffix(")") == "Scaled(initializer=HeNormal(), factor=1"
