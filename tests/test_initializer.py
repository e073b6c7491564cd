"""The contract, as subclasses in the wild use it."""

import copy
import dataclasses
import gc
import inspect
import json
import pickle
import sys
import weakref

import numpy as np
import pytest

import seedbed
from seedbed.combinators import Scaled
from seedbed.combinators.combinator import Combinator, OfOne, OfSeveral
from seedbed.divisible import Divisible
from seedbed.errors import ArgumentError, ConfigError, DTypeError, ImmutableError, ShapeError, ShardIndexError
from seedbed.random import Uniform, as_seed
from seedbed.standard import HeNormal


class ExampleRandomNormal(seedbed.Initializer):
    def __init__(self, mean, stddev):
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(self.mean, self.stddev, shape).astype(dtype or "float32")


class ExampleWithOwnConfig(seedbed.Initializer):
    def __init__(self, mean, stddev):
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(self.mean, self.stddev, shape).astype(dtype or "float32")

    def get_config(self):
        return {"mean": self.mean, "stddev": self.stddev}


class Counting(seedbed.Initializer):
    """Deterministic, with a required, an optional and a keyword-only argument."""

    def __init__(self, start, step=1, *, labels=()):
        self.start = start
        self.step = step
        self.labels = labels

    def __call__(self, shape, dtype=None):
        count = int(np.prod(shape))
        return (self.start + self.step * np.arange(count)).reshape(shape).astype(dtype)


class Seeded(seedbed.Initializer):
    def __init__(self, *, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        return seedbed.get("random_normal", seed=self.seed)(shape, dtype)


examples = pytest.mark.parametrize("cls", [ExampleRandomNormal, ExampleWithOwnConfig])


@examples
def test_a_class_with_call_alone_is_an_initializer(cls):
    initializer = cls(0.0, 1.0)
    assert initializer((2, 3)).shape == (2, 3)
    assert initializer((2, 3)).dtype == np.float32
    assert initializer(4, "float64").dtype == np.float64
    assert initializer.get_config() == {"mean": 0.0, "stddev": 1.0}
    assert cls.from_config(initializer.get_config()) == initializer
    assert json.loads(json.dumps(initializer.get_config())) == initializer.get_config()
    assert repr(initializer) == f"{cls.__name__}(mean=0.0, stddev=1.0)"


@examples
@pytest.mark.parametrize("shape", [-1, (2, -1), 2.0, (True,), "ab", None])
def test_bad_shapes_never_reach_the_subclass(cls, shape):
    with pytest.raises(ShapeError, match="a shape is"):
        cls(0.0, 1.0)(shape)


def test_bad_dtypes_never_reach_the_subclass():
    with pytest.raises(DTypeError, match="'float33'"):
        ExampleRandomNormal(0.0, 1.0)(3, "float33")


def test_the_subclass_gets_a_tuple_of_ints_and_a_numpy_dtype():
    seen = []

    class Spy(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            seen.append((shape, dtype))
            return np.zeros(shape, dtype)

    Spy()([np.int64(2), 3])
    Spy()(5, "float16")
    Spy()(shape=(), dtype=np.float64)
    assert seen == [((2, 3), np.float32), ((5,), np.float16), ((), np.float64)]
    assert all(type(size) is int for shape, _ in seen for size in shape)
    assert all(isinstance(dtype, np.dtype) for _, dtype in seen)


@pytest.mark.parametrize("sizes", [(3, 4), (3, 4, 5), (np.int64(3), np.int64(4))])
def test_sizes_that_are_given_one_by_one_are_refused_with_the_tuple_to_give(sizes):
    wanted = rf"as in initializer\(\({', '.join(map(str, sizes))}\)\)"
    with pytest.raises(DTypeError, match=f"give the sizes of a shape as a tuple, {wanted}"):
        seedbed.get("he_normal")(*sizes)
    with pytest.raises(DTypeError, match=r"got dtype 4 of type int; pass a name"):
        seedbed.get("he_normal")((3,), 4)


def test_shape_and_dtype_are_validated_once_a_call(monkeypatch):
    calls = []

    def counted(validate):
        return lambda *given: calls.append(given) or validate(*given)

    for module in [module for name, module in sys.modules.items() if name.startswith("seedbed.")]:
        for name in ("as_shape", "as_declared"):
            if name in vars(module) and module.__name__ != "seedbed.random.draw":  # which others call too
                monkeypatch.setattr(module, name, counted(getattr(module, name)))
    for name in ("he_normal", "zeros", "constant", "identity", "orthogonal"):
        calls.clear()
        seedbed.get(name)((4, 4))
        assert len(calls) == 2, name  # one of the shape, and one of the dtype
    calls.clear()
    seedbed.get("he_normal", seed=7).shard((4, 4), 1)
    assert len(calls) == 2
    calls.clear()
    seedbed.get("scaled", initializer="he_normal", factor=2.0)((4, 4))
    assert len(calls) == 2
    calls.clear()
    Counting(1)((2, 2))
    assert len(calls) == 2


BASES = {
    base
    for offered in (seedbed.Initializer, seedbed.ElementwiseInitializer, OfOne, OfSeveral)
    for base in offered.__mro__
    if base.__module__.startswith("seedbed.")
}
"""What others may subclass, and what that is made of."""


def is_own_name(name, base):
    """Say whether nobody takes a name of a base class by accident."""
    is_pythons = (name.startswith("__") and name.endswith("__")) or name == "_abc_impl"
    return is_pythons or not name.startswith("_") or name.startswith(("_seedbed_", f"_{base.__name__}__"))


def test_no_private_name_of_a_base_class_is_one_that_an_author_would_choose():
    assert Combinator in BASES
    assert Divisible in BASES
    assert not [(base, name) for base in BASES for name in vars(base) if not is_own_name(name, base)]
    stored = {type(kept): vars(kept) for kept in (seedbed.get("he_normal"), Scaled("ones", 0.5))}
    kept = {(kind, name) for kind, names in stored.items() for name in names if not is_own_name(name, kind)}
    # Of classes that are final.
    assert kept == {(HeNormal, "_axes"), (HeNormal, "_axes_text"), (Scaled, "_factor")}
    assert not is_own_name("_key", seedbed.Initializer)


def private_names():
    """Return the private names that an author may choose too: what the base classes call anything."""
    of_modules = {name for base in BASES for name in vars(sys.modules[base.__module__])}
    of_code = {
        name
        for base in BASES
        for method in vars(base).values()
        for name in getattr(getattr(method, "__code__", None), "co_names", ())
    }
    ours = {name for base in BASES for name in vars(base)} | of_modules | of_code
    bare = {f"_{name.strip('_').removeprefix('seedbed_')}" for name in ours}
    return sorted(
        {name for name in ours | bare if name.startswith("_") and not name.startswith(("__", "_seedbed_"))}
        - {"_abc_impl", "_seedbed_sealed"}
    )


class Plain(seedbed.Initializer):
    def __init__(self, high=1.0, *, seed=None):
        self.high, self.seed = high, as_seed(seed)

    def __call__(self, shape, dtype=None):
        return Drawn(self.high, seed=self.seed)(shape, dtype)


class Drawn(seedbed.ElementwiseInitializer):
    def __init__(self, high=1.0, *, seed=None):
        super().__init__(seed=seed)
        self.high = high

    def element_distribution(self, shape, dtype):
        return Uniform(0.0, self.high)


def with_attributes(base):
    """Return a class whose constructor stores something under each of the private names."""

    class Storing(base):
        def __init__(self, high=1.0, *, seed=None):
            for name in private_names():
                setattr(self, name, 5)
            super().__init__(high, seed=seed)

    return Storing


def with_methods(base):
    """Return a class that has a method of each of the private names."""
    return type("Storing", (base,), {name: lambda self, given: given for name in private_names()})


def with_values(base):
    """Return a class that itself has a number under each of the private names."""
    return type("Storing", (base,), dict.fromkeys(private_names(), 5))


@pytest.mark.parametrize("base", [Plain, Drawn])
@pytest.mark.parametrize("having", [with_attributes, with_methods, with_values])
def test_an_author_may_use_any_private_name(base, having, monkeypatch):
    assert {"_writer", "_arguments", "_identity", "_refuse_change", "_seed", "_inner"} <= set(private_names())
    storing = having(base)
    monkeypatch.setattr(sys.modules[__name__], "Storing", storing, raising=False)
    storing.__module__, storing.__qualname__ = __name__, "Storing"
    one = storing(2.0, seed=7)
    assert one == storing(2.0, seed=7) != storing(3.0, seed=7)
    assert len({one, storing(2.0, seed=7)}) == 1
    assert repr(one) == "Storing(high=2.0, seed=7)"
    assert one.get_config() == {"high": 2.0, "seed": 7}
    assert storing.from_config(one.get_config()) == one
    assert one.fold_in("a") == storing(2.0, seed=[7, "a"])
    for copied in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert copied == seedbed.get(one, high=2.0) == one
        assert vars(copied) == vars(one)
    expected = seedbed.get("random_uniform", minval=0.0, maxval=2.0, seed=7)((3, 4))
    for values in (one((3, 4)), one.shard((3, 4), ...), one.fill(np.empty((3, 4), "f4"))):
        assert values.tobytes() == expected.tobytes()
    assert Scaled(storing(2.0), 1.0, seed=7)((3, 4)).tobytes() == expected.tobytes()
    for wrong in ("datetime64[s]", "int8"):
        with pytest.raises(DTypeError):
            one(3, wrong)
    for change in (lambda: setattr(one, "high", 5), lambda: delattr(one, "high")):
        with pytest.raises(ImmutableError, match="never changes"):
            change()


def test_a_dtype_that_is_not_declared_is_refused_where_it_is_left_out_too():
    class Whole(Counting):
        dtypes = ("int32", "int64")

    for ask in (lambda: Whole(1)(3), lambda: Whole(1).shard(3, ...), lambda: Whole(1)(3, "float32")):
        with pytest.raises(DTypeError, match=r"dtype.*float32'; allowed here are int32, int64"):
            ask()
    with pytest.raises(DTypeError, match="got no dtype, which means 'float32'"):
        Whole(1)(3)
    assert Whole(1)(3, "int32").dtype == np.int32


def test_a_part_that_no_array_can_be_is_refused_before_anything_is_computed(monkeypatch):
    class Never(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            raise AssertionError

    monkeypatch.setattr("seedbed.shapes._MOST_BYTES", 1000)
    for initializer in (Never(), seedbed.get("zeros"), seedbed.get("he_normal"), seedbed.get("identity")):
        with pytest.raises(ShapeError, match="NumPy cannot make an array of shape"):
            initializer.shard((40, 40), (slice(20), slice(20)))


def test_a_class_without_call_cannot_be_made():
    class Unfinished(seedbed.Initializer):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Unfinished()


def test_help_shows_the_constructors_own_signature():
    assert str(inspect.signature(Counting)) == "(start, step=1, *, labels=())"
    assert list(inspect.signature(Counting(1)).parameters) == ["shape", "dtype"]


def test_config_repr_and_equality_come_from_the_arguments():
    initializer = Counting(1, labels=["a", "b"])
    assert initializer.get_config() == {"start": 1, "step": 1, "labels": ["a", "b"]}
    assert repr(initializer) == "Counting(start=1, labels=['a', 'b'])"
    assert eval(repr(initializer), {"Counting": Counting}) == initializer
    assert initializer == Counting(1, labels=("a", "b"))
    assert hash(initializer) == hash(Counting(1, labels=("a", "b")))
    assert initializer != Counting(2)
    assert initializer != Seeded()
    assert len({Counting(1), Counting(1), Counting(2)}) == 2


def test_equality_needs_the_same_class():
    class Other(Counting):
        pass

    assert Other(1) != Counting(1)


def test_nan_does_not_make_an_initializer_unequal_to_its_copy():
    assert Counting(float("nan")) == Counting(float("nan"))
    assert hash(Counting(float("nan"))) == hash(Counting(float("nan")))


def test_numpy_values_become_plain_in_the_config():
    config = Counting(np.int64(3), np.float32(0.5), labels=np.array([[1, 2]])).get_config()
    assert config == {"start": 3, "step": 0.5, "labels": [[1, 2]]}
    assert type(config["start"]) is int
    assert type(config["step"]) is float
    assert type(Counting(np.str_("a")).get_config()["start"]) is str
    assert json.loads(json.dumps(config)) == config


def test_a_config_shares_nothing_with_the_initializer():
    initializer = Counting(1, labels=[{"a": [1]}])
    initializer.get_config()["labels"][0]["a"].append(2)
    assert initializer.get_config()["labels"] == [{"a": [1]}]


def test_from_config_does_not_change_the_config():
    config = {"start": 1, "labels": ["a"]}
    Counting.from_config(config)
    assert config == {"start": 1, "labels": ["a"]}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"start": 1, "stap": 2},
            r"Counting has no argument 'stap'; .*start, step, labels; did you mean 'step'",
        ),
        ({}, r"Counting needs the argument 'start', which is missing"),
        ([1], r"got \[1\] of type list as the config of Counting"),
        (None, r"of type NoneType as the config"),
        ({1: 2}, r"as the config of Counting"),
        ({"self": 2, "start": 1}, r"no argument 'self'"),
    ],
)
def test_a_wrong_config_is_refused_by_name(config, message):
    with pytest.raises(ConfigError, match=message):
        Counting.from_config(config)


def test_an_argument_that_is_stored_otherwise_is_named():
    class Hidden(seedbed.Initializer):
        def __init__(self, gain):
            self._gain = gain

        def __call__(self, shape, dtype=None):
            return np.full(shape, self._gain, dtype)

    with pytest.raises(
        ConfigError, match=r"no attribute 'gain' .* self\.gain in __init__, or override get_config"
    ):
        Hidden(2).get_config()
    assert repr(Hidden(2)).startswith("<Hidden: Hidden has no attribute 'gain'")


def test_an_argument_that_json_cannot_hold_is_named():
    with pytest.raises(ConfigError, match=r"argument 'start' of Counting holds <object .*> of type object"):
        Counting(object()).get_config()
    with pytest.raises(ConfigError, match=r"argument 'labels' of Counting holds \{1: 2\}"):
        Counting(1, labels={1: 2}).get_config()


def test_an_argument_that_is_named_like_a_method_is_not_read_from_the_method():
    class Shadow(seedbed.Initializer):
        def __init__(self, fill):
            self._fill = fill

        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    with pytest.raises(ConfigError, match="no attribute 'fill'"):
        Shadow(3).get_config()


def test_gathered_arguments_need_an_own_get_config():
    class Gathering(seedbed.Initializer):
        def __init__(self, **options):
            self.options = options

        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    with pytest.raises(ConfigError, match=r"takes \*\*options"):
        Gathering(a=1).get_config()
    assert isinstance(Gathering.from_config({"a": 1}), Gathering)


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_equal_and_sealed(copier):
    original = Counting(1, labels=["a"])
    duplicate = copier(original)
    assert duplicate == original
    np.testing.assert_array_equal(duplicate((2, 2)), original((2, 2)))
    with pytest.raises(ImmutableError, match="'start'"):
        duplicate.start = 2


def test_an_initializer_never_changes():
    initializer = Counting(1)
    with pytest.raises(
        ImmutableError, match=r"Counting never changes.*seedbed\.get\(initializer, step=\.\.\.\)"
    ):
        initializer.step = 2
    with pytest.raises(ImmutableError, match="'start'"):
        del initializer.start
    with pytest.raises(AttributeError, match="'new'"):
        initializer.new = 1
    assert initializer == Counting(1)


def test_a_constructor_may_assign_twice_and_extend_its_parents():
    class Extended(Counting):
        def __init__(self, start, offset=0):
            super().__init__(start)
            self.step = 2
            self.offset = offset

    assert Extended(1, 5).step == 2
    with pytest.raises(ImmutableError, match="'offset'"):
        Extended(1).offset = 2


def test_a_dataclass_can_be_an_initializer():
    @dataclasses.dataclass(frozen=True, eq=False, repr=False)
    class Scaled(seedbed.Initializer):
        scale: float = 1.0

        def __call__(self, shape, dtype=None):
            return np.full(shape, self.scale, dtype)

    assert Scaled(2.0) == Scaled.from_config({"scale": 2.0})
    assert repr(Scaled(2.0)) == "Scaled(scale=2.0)"
    assert copy.deepcopy(Scaled(2.0)) == copy.copy(Scaled(2.0)) == Scaled(2.0)


def test_fill_writes_what_a_call_returns():
    initializer = Seeded(seed=7)
    out = np.empty((3, 4), np.float16)
    assert initializer.fill(out) is out
    np.testing.assert_array_equal(out, initializer((3, 4), np.float16))
    strided = np.zeros((6, 8), np.float32)[::2, ::2]
    np.testing.assert_array_equal(initializer.fill(strided), initializer((3, 4)))


def test_fill_refuses_what_it_cannot_write_to():
    read_only = np.zeros(3)
    read_only.flags.writeable = False
    with pytest.raises(ArgumentError, match="got a read-only array to fill"):
        Seeded().fill(read_only)
    with pytest.raises(ArgumentError, match="got a list to fill"):
        Seeded().fill([0.0])


def test_fill_does_not_broadcast_a_wrong_shape_in_silence():
    class Wrong(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.zeros((1,), dtype)

    out = np.full((2, 2), 5.0)
    with pytest.raises(ArgumentError, match=r"Wrong gave an array of shape \(1,\) when asked for \(2, 2\)"):
        Wrong().fill(out)
    assert (out == 5).all()


@pytest.mark.parametrize("index", [0, -1, slice(1, 3), (..., 1), (slice(None, None, -2), 2), (1, 2), ()])
def test_a_shard_is_the_slice_of_the_whole(index):
    initializer = Seeded(seed=7)
    whole = initializer((4, 5), "float64")
    shard = initializer.shard((4, 5), index, "float64")
    np.testing.assert_array_equal(shard, whole[index])
    assert type(shard) is type(whole[index])


def test_a_shard_does_not_keep_the_whole_alive():
    assert Counting(0).shard((4, 5), 1).base is None


def test_a_wrong_shard_is_refused_before_anything_is_computed():
    class Never(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            raise AssertionError

    with pytest.raises(ShardIndexError, match="does not fit"):
        Never().shard((4, 5), 4)
    with pytest.raises(ShapeError, match="negative"):
        Never().shard((-4, 5), 4)


def test_fold_in_extends_the_seed():
    assert Seeded(seed=7).fold_in("a/b") == Seeded(seed=[7, "a/b"])
    assert Seeded(seed=7).fold_in("a").fold_in(np.int64(1)) == Seeded(seed=[7, "a", 1])
    assert Seeded(seed="x").fold_in("a") == Seeded(seed=["x", "a"])


def test_fold_in_leaves_alone_what_has_no_stream():
    assert Counting(1).fold_in("a") == Counting(1)
    assert Seeded().fold_in("a") == Seeded()


@pytest.mark.parametrize("path", [None, 1.0, True, ["a"], b"a"])
def test_a_path_is_a_string_or_an_int(path):
    with pytest.raises(ArgumentError, match="a path is a string"):
        Seeded(seed=7).fold_in(path)


def test_classes_and_instances_can_be_collected_weakly():
    initializer = Counting(1)
    reference = weakref.ref(initializer)
    del initializer
    gc.collect()
    assert reference() is None
