"""The fingerprint of an initializer's numbers, and what is said where there is none."""

import hashlib
import itertools

import numpy as np
import pytest
import standard_examples
from turns import one_in

import seedbed
from seedbed.governance import Lock, LockedEntry
from seedbed.locking import differences, unseen
from seedbed.locking.fingerprint import DTYPES, SEEDS, SHAPES, Fingerprint, fingerprint, promise_of
from seedbed.locking.moments import Moments

CASES = [f"{dtype} {'x'.join(map(str, shape))}" for dtype in DTYPES for shape in SHAPES]


def test_a_digest_is_that_of_the_bytes_of_all_seeds():
    numbers = fingerprint(seedbed.standard.HeNormal, {}).numbers
    others = ("float16", "bfloat16", "complex64", "complex128")
    assert list(numbers) == [*CASES, *(f"{dtype} 256x128" for dtype in others)]
    content = b"".join(seedbed.get("he_normal", seed=seed)((5,)).astype("<f4").tobytes() for seed in SEEDS)
    assert numbers["float32 5"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_bound_arguments_count_and_a_bound_seed_is_kept():
    normal = seedbed.standard.RandomNormal
    plain, wide, seeded, reseeded = (
        fingerprint(normal, arguments).numbers["float64 5"]
        for arguments in ({}, {"stddev": 2.0}, {"seed": 1}, {"seed": 2})
    )
    assert len({plain, wide, seeded, reseeded}) == 4
    content = seedbed.get("random_normal", seed=1)((5,), "float64").astype("<f8").tobytes()
    assert seeded == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_what_is_reproducible_up_to_rounding_has_moments():
    numbers = fingerprint(seedbed.standard.Orthogonal, {}).numbers
    values = np.concatenate([seedbed.get("orthogonal", seed=seed)((256, 128)).ravel() for seed in SEEDS])
    assert Moments.read(numbers["float32 256x128"]) == Moments.of(values)
    assert numbers["float32 5"] == "raised ShapeError"


def test_what_is_made_of_others_has_what_its_weakest_part_promises():
    stacked = seedbed.combinators.Stacked
    numbers = fingerprint(stacked, {"initializer": "orthogonal", "axis": -1}).numbers
    assert numbers["float32 256x128"] == "raised ShapeError"
    assert numbers["float32 3x3x12x24"].startswith("mean ")
    exact = fingerprint(stacked, {"initializer": "he_normal"}).numbers
    assert exact["float32 256x128"].startswith("sha256:")
    assert fingerprint(stacked, {"initializer": Undeclared()}) == Fingerprint(
        why_not="an initializer within it does not say that they are reproducible"
    )


@pytest.mark.parametrize("name", one_in(4, [entry.name for entry in seedbed.Catalogue(scan=False)]))
def test_every_standard_initializer_has_one(name):
    catalogue = seedbed.Catalogue(scan=False)
    for arguments in (standard_examples.ARGUMENTS[name], {}):
        found = fingerprint(catalogue.load(catalogue.entry(name)), arguments)
        assert list(found.numbers)[: len(CASES)] == CASES
        assert found.numbers["float32 256x128"].startswith(("sha256:", "mean "))
        assert not (arguments and [name for name in found.examples if not name.startswith("example ")])


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
    assert fingerprint(cls, {}) == Fingerprint(why_not=why)


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
    assert fingerprint(cls, {}).numbers[case] == said


def test_a_draw_that_has_none_does_not_take_the_others_with_it():
    assert fingerprint(Exiting, {}).numbers["float32 256x128"].startswith("sha256:")
    assert fingerprint(Doubled, {}).numbers["float64 5"].startswith("sha256:")


def test_bound_arguments_may_be_what_is_needed():
    found = fingerprint(Needy, {"mean": 0, "stddev": 1})
    assert list(found.numbers)[: len(CASES)] == CASES
    assert (found.examples, found.why_not) == ({}, "")


class Filled(Base):
    """Takes only what its subclass names."""

    value = 0.5
    dtypes = ("float32", "float64")

    def __call__(self, shape, dtype=None):
        if not self.takes(shape):
            raise seedbed.errors.ShapeError("not that one")
        if dtype.name not in self.dtypes:
            raise seedbed.errors.DTypeError("not that one")
        return np.full(shape, self.value, dtype)


class OfItsOwn(Filled):
    example_shapes = ((16, 1, 9), [7])

    def takes(self, shape):
        return shape in ((16, 1, 9), (7,))


class Square(Filled):
    def takes(self, shape):
        return len(shape) == 2 and shape[0] == shape[1]


class Scalar(Filled):
    example_shapes = ((), (0, 4))

    def takes(self, shape):
        return shape == ()


class Bytes(Filled):
    dtypes = ("uint8",)

    def takes(self, shape):
        return True


class Whole(Bytes):
    dtypes = ("int32",)


class Parted(Filled):
    def __init__(self, parts=3):
        self.parts = parts

    def takes(self, shape):
        return len(shape) > 1 and shape[-1] % self.parts == 0


@pytest.mark.parametrize(
    ("cls", "arguments", "seen"),
    [
        (OfItsOwn, {}, "float32 16x1x9, float64 16x1x9, float32 7, float64 7"),
        (Scalar, {}, "float32 scalar, float64 scalar"),
        (Square, {}, "float32 24x24, float64 24x24"),
        (Bytes, {}, "uint8 256x128, uint8 3x3x12x24, uint8 24x24, uint8 5"),
        (Whole, {}, "int32 256x128, int32 3x3x12x24, int32 24x24, int32 5"),
        *(
            (Parted, {"parts": parts}, "float32 3x3x12x24, float32 24x24, float64 3x3x12x24, float64 24x24")
            for parts in (3, 6)
        ),
    ],
)
def test_whatever_it_takes_a_change_of_its_values_is_seen(cls, arguments, seen, monkeypatch):
    before = fingerprint(cls, arguments).numbers
    monkeypatch.setattr(cls, "value", 50)
    after = fingerprint(cls, arguments).numbers
    assert sorted(case for case in before if before[case] != after[case]) == sorted(seen.split(", "))
    assert before.keys() == after.keys()


class OfSomeDtypes(Base):
    """Has another value in dtypes that are drawn with one shape only."""

    value = 1
    dtypes = seedbed.dtypes.ALL

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value if dtype.name not in ("float32", "float64") else 1, dtype)


def test_a_change_in_any_dtype_that_is_declared_is_seen(monkeypatch):
    before = fingerprint(OfSomeDtypes, {}).numbers
    monkeypatch.setattr(OfSomeDtypes, "value", 0)
    after = fingerprint(OfSomeDtypes, {}).numbers
    changed = {case.partition(" ")[0] for case in before if before[case] != after[case]}
    assert changed == set(seedbed.dtypes.ALL) - {"float32", "float64"}


def test_what_cannot_be_drawn_without_a_package_is_said(monkeypatch):
    with_it = fingerprint(OfSomeDtypes, {}).numbers
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    without = fingerprint(OfSomeDtypes, {}).numbers
    assert without == with_it | {"bfloat16 256x128": "needs the package ml_dtypes"}
    old, new = (Lock(1, entries=(LockedEntry("a:b", numbers=numbers),)) for numbers in (without, with_it))
    assert differences(new, old) == differences(old, old) == unseen(old) == unseen(new) == []
    (told,) = differences(old, new)
    assert told.startswith("bfloat16: not compared (entries: 1), since ml_dtypes was not installed when")


def test_shapes_are_also_those_of_what_it_is_made_of():
    scaled = fingerprint(seedbed.combinators.Scaled, {"initializer": OfItsOwn(), "factor": 2.0})
    assert scaled.numbers["float32 16x1x9"].startswith("sha256:")
    nested = fingerprint(
        seedbed.combinators.SumOf, {"initializers": [seedbed.combinators.Scaled(OfItsOwn(), 2.0), Scalar()]}
    )
    assert {"float32 16x1x9", "float32 scalar"} <= nested.numbers.keys()


@pytest.mark.parametrize("shapes", [5, (5.5,), ((-1,),), [None], "ab"])
def test_shapes_that_are_none_are_left_out(shapes):
    class Wrong(Base):
        example_shapes = shapes

    assert list(fingerprint(Wrong, {}).numbers)[: len(CASES)] == CASES


class Lacking(Base):
    example_arguments = ({"value": 2.0, "kind": "a"}, {"value": 3.0})

    def __init__(self, value, *, kind=None):
        self.value = value

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value, dtype)


def test_what_it_cannot_do_without_is_taken_from_its_examples():
    found = fingerprint(Lacking, {})
    second = {"example 2": '{"value": 3.0}'}
    assert found.examples == {"kind": '"a"', "value": "2.0", **second}
    assert _without_examples(found) == _without_examples(fingerprint(Lacking, {"value": 2.0}))
    assert fingerprint(Lacking, {"value": 2.0, "kind": None}).examples == {}
    assert fingerprint(Lacking, {"kind": "b"}).examples == {"value": "2.0", **second}


def _without_examples(found):
    return {case: text for case, text in found.numbers.items() if "example" not in case}


def test_a_change_that_an_example_shows_alone_is_a_difference():
    class Branches(Base):
        example_arguments = ({}, {"mode": "b"}, {"mode": "b"}, {"mode": "c"})
        other = 2.0

        def __init__(self, mode="a"):
            if mode == "c":
                raise ZeroDivisionError
            self.mode = mode

        def __call__(self, shape, dtype=None):
            return np.full(shape, self.other if self.mode == "b" else 1.0, dtype)

    def lock():
        found = fingerprint(Branches, {})
        row = LockedEntry(
            "acme:b", reproducibility="exact", numbers_with=found.examples, numbers=found.numbers
        )
        return Lock(1, entries=(row,))

    before = lock()
    assert before.entries[0].numbers_with == {"example 2": '{"mode": "b"}', "example 4": '{"mode": "c"}'}
    assert before.entries[0].numbers["float32 example 4"] == "its constructor raised ZeroDivisionError"
    assert differences(before, lock()) == []
    Branches.other = 3.0
    cases = ", ".join(f"float32 {shape} example 2" for shape in ("24x24", "256x128", "3x3x12x24", "5"))
    assert differences(before, lock()) == [f"acme:b: numbers changed for {cases}"]
    Branches.example_arguments = ({},)
    assert differences(before, lock())[-1].startswith("acme:b: numbers removed for float32 24x24 example 2, ")
    assert differences(lock(), before)[-1].startswith("acme:b: numbers added for float32 24x24 example 2, ")


def test_examples_without_end_have_an_end():
    class Endless(Base):
        example_arguments = itertools.repeat({})

    assert fingerprint(Endless, {}).examples == {}


def test_the_seed_of_an_example_is_none_of_those_that_are_tried():
    class Seeded(Lacking):
        example_arguments = ({"value": 2.0, "seed": 3},)

        def __init__(self, value, *, seed=None):
            self.value, self.seed = value, seed

    found = fingerprint(Seeded, {})
    assert found.examples == {"value": "2.0"}
    assert found.numbers == fingerprint(Seeded, {"value": 2.0}).numbers


@pytest.mark.parametrize(
    "promise", [None, 5, property(lambda self: "exact"), np.array(["exact", "numerical"])]
)
def test_what_is_no_promise_is_undeclared(promise):
    class Odd(Base):
        reproducibility = promise

    assert promise_of(Odd) == "undeclared"
    assert fingerprint(Odd, {}).why_not == "its class does not say that they are reproducible"


@pytest.mark.parametrize("examples", [(), None, 5, ({"value": object()},), ({"kind": "a"},), ("value",)])
def test_examples_that_are_no_help_are_none(examples):
    class Unhelpful(Lacking):
        example_arguments = examples

    assert fingerprint(Unhelpful, {}) == Fingerprint(why_not="it needs arguments: value")


class OfAnInt(Base):
    def __init__(self, seed):
        if not isinstance(seed, int):
            raise TypeError("an int")
        self.seed = seed

    def __call__(self, shape, dtype=None):
        return np.random.default_rng(self.seed).normal(size=shape).astype(dtype)


class OfAnIntWhenDrawn(OfAnInt):
    def __init__(self, seed=None):
        self.seed = seed


@pytest.mark.parametrize("cls", [OfAnInt, OfAnIntWhenDrawn])
def test_a_seed_that_it_does_not_take_is_left_out(cls):
    content = np.random.default_rng(7).normal(size=5).astype("<f4").tobytes()
    assert fingerprint(cls, {}).numbers["float32 5"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_the_constructor_may_be_called_by_somebody_else():
    made = []

    def make(cls, arguments):
        made.append(arguments)
        return cls(**arguments)

    fingerprint(Lacking, {"value": 1.0}, make=make)
    assert made == [{"value": 1.0}, {"value": 1.0, "kind": "a"}]


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


class Ramp(seedbed.Initializer):
    reproducibility = "exact"

    def __call__(self, shape, dtype=None):
        return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


class NumericalRamp(Ramp):
    reproducibility = "numerical"


def with_own(base, **methods):
    return type("Own", (base,), methods)


def sharded(factor, *, fails=False):
    def shard(self, shape, index, dtype=None):
        if fails:
            raise RuntimeError("no parts")
        return self(shape, dtype)[index] * np.asarray(factor, dtype)

    return shard


def filled(factor):
    def fill(self, out):
        out[...] = self(out.shape, out.dtype) * np.asarray(factor, out.dtype)
        return out

    return fill


@pytest.mark.parametrize("base", [Ramp, NumericalRamp])
def test_what_shard_and_fill_give_otherwise_than_a_call_is_seen(base):
    right = fingerprint(base, {}).numbers
    for methods in ({"shard": sharded(1)}, {"fill": filled(1)}, {"shard": lambda self, path: path}):
        assert fingerprint(with_own(base, **methods), {}).numbers == right
    wrong = [
        fingerprint(with_own(base, **methods), {}).numbers["float32 256x128"]
        for methods in (
            {"shard": sharded(2)},
            {"shard": sharded(3)},
            {"fill": filled(2)},
            {"shard": sharded(1, fails=True)},
        )
    ]
    assert len({*wrong, right["float32 256x128"]}) == 5
