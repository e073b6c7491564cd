"""The fingerprint of an initializer's numbers, and what is said where there is none."""

import hashlib

import numpy as np
import pytest
import standard_examples

import seedbed
from seedbed.fingerprint import DTYPES, SEEDS, SHAPES, fingerprint
from seedbed.lockfile.moments import Moments

CASES = [f"{dtype} {'x'.join(map(str, shape))}" for dtype in DTYPES for shape in SHAPES]


def test_a_digest_is_that_of_the_bytes_of_all_seeds():
    numbers, why = fingerprint(seedbed.standard.HeNormal, {})
    assert (list(numbers), why) == (CASES, "")
    content = b"".join(seedbed.get("he_normal", seed=seed)((5,)).astype("<f4").tobytes() for seed in SEEDS)
    assert numbers["float32 5"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_bound_arguments_count_and_a_bound_seed_is_kept():
    normal = seedbed.standard.RandomNormal
    plain, wide, seeded, reseeded = (
        fingerprint(normal, arguments)[0]["float64 5"]
        for arguments in ({}, {"stddev": 2.0}, {"seed": 1}, {"seed": 2})
    )
    assert len({plain, wide, seeded, reseeded}) == 4
    content = seedbed.get("random_normal", seed=1)((5,), "float64").astype("<f8").tobytes()
    assert seeded == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_what_is_reproducible_up_to_rounding_has_moments():
    numbers, _ = fingerprint(seedbed.standard.Orthogonal, {})
    values = np.concatenate([seedbed.get("orthogonal", seed=seed)((256, 128)).ravel() for seed in SEEDS])
    assert Moments.read(numbers["float32 256x128"]) == Moments.of(values)
    assert numbers["float32 5"] == "raised ShapeError"


def test_what_is_made_of_others_has_what_its_weakest_part_promises():
    stacked = seedbed.combinators.Stacked
    numbers, _ = fingerprint(stacked, {"initializer": "orthogonal", "axis": -1})
    assert numbers["float32 256x128"] == "raised ShapeError"
    assert numbers["float32 3x3x16x32"].startswith("mean ")
    exact, _ = fingerprint(stacked, {"initializer": "he_normal"})
    assert exact["float32 256x128"].startswith("sha256:")
    assert fingerprint(stacked, {"initializer": Undeclared()}) == (
        {},
        "an initializer within it does not say that they are reproducible",
    )


def test_every_standard_initializer_has_one():
    catalogue = seedbed.Catalogue(scan=False)
    for entry in catalogue:
        numbers, why = fingerprint(catalogue.load(entry), standard_examples.ARGUMENTS[entry.name])
        assert (list(numbers), why) == (CASES, ""), entry
        assert numbers["float32 256x128"].startswith(("sha256:", "mean ")), entry


class Base(seedbed.Initializer):
    reproducibility = "exact"

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)


class Undeclared(Base):
    reproducibility = "undeclared"


class Needy(Base):
    def __init__(self, mean, stddev, gain=1.0):
        self.mean, self.stddev, self.gain = mean, stddev, gain


class Picky(Base):
    def __init__(self, *, seed=None):
        raise SystemExit("no")


class Fresh(Base):
    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(size=shape).astype(dtype)


class FreshUpToRounding(Fresh):
    reproducibility = "numerical"


class Exiting(Base):
    def __call__(self, shape, dtype=None):
        if len(shape) == 1:
            raise SystemExit("no")
        return np.zeros(shape, dtype)


class Doubled(Base):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, "float64")


class Infinite(Base):
    reproducibility = "numerical"

    def __call__(self, shape, dtype=None):
        return np.full(shape, np.inf, dtype)


@pytest.mark.parametrize(
    ("cls", "why"),
    [
        (Undeclared, "its class does not say that they are reproducible"),
        (Needy, "it needs arguments: mean, stddev"),
        (Picky, "its constructor raised SystemExit"),
    ],
)
def test_where_there_is_none_it_is_said_why(cls, why):
    assert fingerprint(cls, {}) == ({}, why)


@pytest.mark.parametrize(
    ("cls", "case", "said"),
    [
        (Fresh, "float32 5", "two draws with one seed differ"),
        (FreshUpToRounding, "float32 5", "two draws with one seed differ"),
        (Exiting, "float32 5", "raised SystemExit"),
        (Doubled, "float32 5", "raised ArgumentError"),
        (Infinite, "float64 5", "not finite"),
    ],
)
def test_where_a_draw_has_none_it_is_said_why(cls, case, said):
    assert fingerprint(cls, {})[0][case] == said


def test_a_draw_that_has_none_does_not_take_the_others_with_it():
    assert fingerprint(Exiting, {})[0]["float32 256x128"].startswith("sha256:")
    assert fingerprint(Doubled, {})[0]["float64 5"].startswith("sha256:")


def test_bound_arguments_may_be_what_is_needed():
    numbers, why = fingerprint(Needy, {"mean": 0, "stddev": 1})
    assert (list(numbers), why) == (CASES, "")


def test_an_interrupt_goes_on():
    class Interrupted(Base):
        def __call__(self, shape, dtype=None):
            raise KeyboardInterrupt

    class InterruptedEarly(Base):
        def __init__(self):
            raise KeyboardInterrupt

    for cls in (Interrupted, InterruptedEarly):
        with pytest.raises(KeyboardInterrupt):
            fingerprint(cls, {})
