"""The contract, as subclasses keep it that are written in other ways than the ordinary."""

import abc
import copy
import dataclasses
import functools
import inspect
import pickle
from typing import Protocol, runtime_checkable

import numpy as np
import pytest

import seedbed
from seedbed.errors import ArgumentError, ConfigError, ImmutableError, ShapeError
from seedbed.random import Normal, as_seed, draw


class Counting(seedbed.Initializer):
    def __init__(self, start, *, labels=()):
        self.start = start
        self.labels = labels

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.start, dtype)


class Slotted(seedbed.Initializer):
    __slots__ = ("__b", "a")

    def __init__(self, a, b=0):
        self.a = a
        self.__b = b

    @property
    def b(self):
        return self.__b

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.a, dtype)


class Mixin:
    def __call__(self, shape, dtype=None):
        return self.made(shape, dtype)


class Mixed(Mixin, seedbed.Initializer):
    def made(self, shape, dtype):
        self_seen = (shape, dtype)
        assert self_seen == ((2,), np.float32)
        return np.zeros(shape, dtype)


def with_config(config):
    """Return an initializer whose own get_config returns `config`, or raises it."""

    class Odd(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

        def get_config(self):
            if isinstance(config, BaseException):
                raise config
            return config

    return Odd()


def giving(values):
    """Return an initializer that gives `values`, whatever it is asked for."""

    class Giving(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return values

    return Giving()


SWAPPED = np.dtype("float32").newbyteorder()


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_keep_what_is_in_slots(copier):
    duplicate = copier(Slotted(2, 3))
    assert (duplicate.a, duplicate.b) == (2, 3)
    assert duplicate == Slotted(2, 3)
    with pytest.raises(ImmutableError, match="'a'"):
        duplicate.a = 5


def test_slots_and_properties_are_read_back():
    assert Slotted(2, 3).get_config() == {"a": 2, "b": 3}


def test_a_cached_property_is_read_back():
    class Cached(seedbed.Initializer):
        def __init__(self, percent):
            self._share = percent / 100

        @functools.cached_property
        def percent(self):
            return self._share * 100

        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    assert Cached(25).get_config() == {"percent": 25.0}


def test_an_argument_is_not_read_back_from_an_attribute_of_the_class():
    class Forgetful(seedbed.Initializer):
        x = 5

        def __init__(self, x=2):
            pass

        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    with pytest.raises(ConfigError, match=r"Forgetful has no attribute 'x' .* store it as self\.x"):
        Forgetful(x=9).get_config()


@pytest.mark.parametrize(
    "make", [Counting.from_config, lambda config: seedbed.get(Counting, **config)], ids=["from_config", "get"]
)
def test_an_initializer_shares_no_list_with_its_config(make):
    config = {"start": 1, "labels": [{"a": [1]}]}
    initializer = make(config)
    initializer.labels[0]["a"].append(2)
    initializer.labels.append(3)
    assert config == {"start": 1, "labels": [{"a": [1]}]}


def test_a_call_inherited_from_elsewhere_is_validated_too():
    assert Mixed()(2).shape == (2,)
    with pytest.raises(ShapeError, match="negative"):
        Mixed()(-2)


def test_a_call_is_wrapped_once():
    @dataclasses.dataclass(frozen=True, eq=False, repr=False, slots=True)  # makes the class a second time
    class Scaled(seedbed.Initializer):
        scale: float = 1.0

        def __call__(self, shape, dtype=None):
            return np.full(shape, self.scale, dtype)

    class Again(seedbed.Initializer):
        __call__ = Scaled.__call__

    for cls in (Scaled, Again):
        assert not hasattr(cls.__call__.__wrapped__, "__wrapped__")
    assert copy.deepcopy(Scaled(2.0)) == Scaled(2.0)


def test_a_decorated_call_of_another_class_is_validated_before_the_decorator():
    seen = []

    def logged(call):
        @functools.wraps(call)
        def wrapper(self, shape, dtype=None):
            seen.append(shape)
            return call(self, shape, dtype)

        return wrapper

    class Logged(Counting):
        __call__ = logged(Counting.__call__)

    Logged(1)(3)
    assert seen == [(3,)]


def test_a_static_call_gets_no_self():
    class Static(seedbed.Initializer):
        @staticmethod
        def __call__(shape, dtype=None):
            return np.ones(shape, dtype)

    assert Static()(2).tolist() == [1, 1]


def test_a_call_inherited_as_abstract_stays_abstract():
    class Contract(abc.ABC):
        @abc.abstractmethod
        def __call__(self, shape, dtype=None): ...

    class First(Contract, seedbed.Initializer):
        pass

    class Last(seedbed.Initializer, Contract):
        pass

    for cls in (First, Last):
        assert inspect.isabstract(cls)
        with pytest.raises(TypeError, match="abstract"):
            cls()


def test_further_arguments_of_a_call_may_be_given_by_position_or_name():
    class Partitioned(seedbed.Initializer):
        def __call__(self, shape, dtype=None, offset=0, *, threads=1):
            return np.full(shape, 10 * offset + threads, dtype)

    assert Partitioned()(2, None, 3).tolist() == [31, 31]
    assert Partitioned()(2, offset=3, threads=2).tolist() == [32, 32]


SELF_CONTAINING = [1]
SELF_CONTAINING.append(SELF_CONTAINING)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, r"Odd\.get_config\(\) gave None of type NoneType; it must return a dict"),
        ([1], r"gave \[1\] of type list; it must return a dict"),
        ({"a": {1}}, r"gave \{1\} of type set, which JSON cannot hold"),
        ({1: 2}, r"gave \{1: 2\} of type dict, which JSON cannot hold"),
        ({"a": b"x"}, r"of type bytes"),
        ({"a": SELF_CONTAINING}, r"of type list, .* do not contain themselves"),
    ],
)
def test_what_an_own_get_config_returns_is_checked_wherever_it_is_used(config, message):
    odd = with_config(config)
    for use in (hash, lambda odd: odd == with_config(config) or odd == copy.copy(odd), strict_config):
        with pytest.raises(ConfigError, match=message):
            use(odd)
    assert repr(odd).startswith("<Odd: Odd.get_config() gave")


def strict_config(odd):
    catalogue = seedbed.Catalogue(scan=False)
    catalogue.register(type(odd), "odd")
    return catalogue.to_config(odd)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan"), np.array([1.0, np.inf])])
def test_a_config_to_be_written_has_no_nan_and_no_infinity(value):
    with pytest.raises(ConfigError, match=r"JSON cannot hold; return finite numbers"):
        strict_config(with_config({"a": value}))
    assert "nan" in repr(with_config({"a": value})) or "inf" in repr(with_config({"a": value}))


def test_what_is_written_is_plain_and_the_callers_own():
    config = {"a": (np.int64(1), [2.0])}
    written = strict_config(with_config(config))["config"]
    assert written == {"a": [1, [2.0]]}
    written["a"][1].append(3)
    assert config == {"a": (1, [2.0])}


@pytest.mark.parametrize("error", [ValueError("no"), RecursionError(), SystemExit(3), ConfigError("none")])
def test_a_repr_never_raises(error):
    assert repr(with_config(error)).startswith(("<Odd: ", "<Odd: none"))


def test_a_repr_lets_an_interrupt_through():
    with pytest.raises(KeyboardInterrupt):
        repr(with_config(KeyboardInterrupt()))


def test_a_list_that_contains_itself_is_no_config():
    for make in (Counting, lambda start: Counting.from_config({"start": start})):
        initializer = make(SELF_CONTAINING)
        with pytest.raises(ConfigError, match=r"'start' of Counting holds .* of type list"):
            initializer.get_config()


class ByPosition(seedbed.Initializer):
    def __init__(self, a, /, b=1):
        self.a, self.b = a, b

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    "use", [lambda: ByPosition(2).get_config(), lambda: ByPosition.from_config({"b": 1})], ids=["get", "from"]
)
def test_an_argument_taken_by_position_alone_is_refused_either_way(use):
    with pytest.raises(ConfigError, match=r"'a' by position alone, .* remove the '/' behind it"):
        use()


def test_an_argument_may_be_named_cls():
    class Named(seedbed.Initializer):
        def __init__(self, cls):
            self.cls = cls

        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    assert Named.from_config({"cls": 3}) == Named(cls=3)


def test_equality_goes_by_what_makes_other_arrays():
    assert Counting(1) == Counting(1.0)
    assert hash(Counting(1)) == hash(Counting(1.0))
    for one, other in [(1, True), (0, False), (0.0, -0.0), (0, -0.0), (float("nan"), "nan"), (None, 0)]:
        assert Counting(one) != Counting(other)
        assert Counting(1, labels=[one]) != Counting(1, labels=[other])


def test_a_repr_tells_a_negative_zero_from_a_default_of_zero():
    class Shift(seedbed.Initializer):
        def __init__(self, by=0.0):
            self.by = by

        def __call__(self, shape, dtype=None):
            return np.full(shape, self.by, dtype)

    assert repr(Shift(-0.0)) == "Shift(by=-0.0)"
    assert repr(Shift(0.0)) == "Shift()"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 2)), r"Giving gave an array of dtype 'float64' when asked for 'float32'; .*astype"),
        (
            np.zeros((2, 2), SWAPPED),
            r"gave an array of dtype 'float32' in the other byte order when asked for 'flo",
        ),
        (np.zeros((2, 2), np.complex64), r"dtype 'complex64' when asked for 'float32'"),
        (np.zeros((2, 3), np.float32), r"shape \(2, 3\) when asked for \(2, 2\)"),
        (1.5, r"Giving gave a float when asked for an array of shape \(2, 2\)"),
        (None, r"Giving gave a NoneType"),
    ],
)
def test_a_wrong_result_is_refused_by_fill_and_shard(values, message):
    out = np.full((2, 2), 5, np.float32)
    with pytest.raises(ArgumentError, match=message):
        giving(values).fill(out)
    assert (out == 5).all()
    with pytest.raises(ArgumentError, match=message):
        giving(values).shard((2, 2), 0)


def test_a_numpy_scalar_is_a_result_for_a_scalars_shape():
    initializer = giving(np.float32(2))
    assert initializer.fill(np.zeros((), np.float32)) == 2
    assert initializer.shard((), ()) == 2


def test_a_missing_argument_says_how_to_give_it():
    with pytest.raises(ConfigError, match=r"is missing; add it, as in Counting\(start=\.\.\.\)"):
        Counting.from_config({})


class MadeByNew(seedbed.Initializer):
    def __new__(cls, value=1.0):
        made = super().__new__(cls)
        made.value = value
        return made

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value, dtype)


def test_arguments_may_be_those_of_new():
    made = MadeByNew(3.0)
    assert (made.get_config(), repr(made)) == ({"value": 3.0}, "MadeByNew(value=3.0)")
    assert made != MadeByNew(4.0)
    assert made == MadeByNew.from_config(made.get_config()) == copy.deepcopy(made)
    assert seedbed.get(made, value=5.0)(1).tolist() == [5.0]


class Delegates(seedbed.Initializer):
    """Asks another initializer for what it has not."""

    def __init__(self, initializer="he_normal", gain=2.0):
        self._inner = seedbed.get(initializer)
        self.gain = gain

    def __getattr__(self, name):
        if name == "_inner":
            raise AttributeError(name)
        return getattr(self._inner, name)

    def get_config(self):
        return {"initializer": seedbed.to_config(self._inner), "gain": self.gain}

    def __call__(self, shape, dtype=None):
        return self.gain * self._inner(shape, dtype)


class DelegatesAll(Delegates):
    def __getattr__(self, name):
        return getattr(self._inner, name)


@pytest.mark.parametrize("cls", [Delegates, DelegatesAll])
def test_a_class_may_delegate_what_it_lacks(cls):
    made = cls(gain=3.0)
    assert made.axes is None  # of he_normal
    with pytest.raises(ImmutableError, match="'gain'"):
        made.gain = 1.0
    if cls is Delegates:
        assert copy.deepcopy(made) == made


class WithoutItsCache(seedbed.Initializer):
    def __init__(self, gain=1.0):
        self.gain = gain
        self._cache = {}

    def __getstate__(self):
        state = self.__dict__.copy()
        del state["_cache"]
        return state

    def __setstate__(self, state):
        self.__dict__.update(state, _cache={})

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.gain, dtype)


class CopiesItself(seedbed.Initializer):
    def __init__(self, gain=1.0):
        self.gain = gain

    def __copy__(self):
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo):
        return self.__copy__()

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.gain, dtype)


@pytest.mark.parametrize("cls", [WithoutItsCache, CopiesItself])
@pytest.mark.parametrize("made", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_never_changes_however_it_was_made(cls, made):
    copied = made(cls(2.0))
    with pytest.raises(ImmutableError, match="'gain'"):
        copied.gain = 5.0
    assert copied == cls(2.0)


class Scales(seedbed.Initializer):
    def __init__(self, gain=2.0, *, seed=None):
        self.gain = gain
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        return (self.gain * draw(Normal(0.0, 1.0), self.seed, shape, dtype)).astype(dtype)


@pytest.mark.parametrize("gain", [np.sqrt(2), np.float32(0.1), np.int64(3), np.float16(0.1)])
def test_numbers_of_numpy_are_those_of_the_config(gain):
    for made in (Scales(gain, seed=7), Scales(gain=gain, seed=7)):
        assert type(made.gain) in (int, float)
        again = Scales.from_config(made.get_config())
        assert again == made
        assert again((100, 100)).tobytes() == made((100, 100)).tobytes()


class Sets(seedbed.Initializer):
    """As classes of attrs, it has a way of its own to set attributes."""

    def __init__(self, gain=1.0):
        self.gain = gain

    def __setattr__(self, name, value):
        object.__setattr__(self, name, float(value))

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.gain, dtype)


class SetsLater(seedbed.Initializer):
    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.gain, dtype)


SetsLater.__setattr__ = object.__setattr__


@pytest.mark.parametrize("cls", [Sets, SetsLater])
def test_no_way_of_setting_attributes_goes_round_the_seal(cls):
    made = cls(2)
    with pytest.raises(ImmutableError, match="'gain'"):
        made.gain = 3
    with pytest.raises(ImmutableError, match="'gain'"):
        copy.copy(made).gain = 3
    assert made == cls(2)


def test_the_slots_of_the_contract_are_attributes_by_their_names():
    """Libraries that make classes anew, such as attrs, ask a base class for each of its slots."""
    for base in SetsLater.__mro__:
        assert all(hasattr(base, slot) for slot in base.__dict__.get("__slots__", ()))


@runtime_checkable
class Named(Protocol):
    def name(self) -> str: ...


class FirstAnInitializer(seedbed.Initializer, Named):
    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.gain).astype(dtype)

    def name(self):
        return "one"


class FirstAProtocol(Named, seedbed.Initializer):
    __call__ = FirstAnInitializer.__call__
    gain = 1.0


@pytest.mark.parametrize("kind", [FirstAnInitializer, FirstAProtocol])
def test_a_subclass_may_have_a_protocol_among_its_bases(kind):
    initializer = kind()
    assert isinstance(initializer, Named)
    assert isinstance(initializer, seedbed.Initializer)
    assert kind.from_config(initializer.get_config()) == initializer
    assert initializer(2).tolist() == [1.0, 1.0]
    with pytest.raises(ImmutableError, match="never changes"):
        initializer.gain = 2.0
    assert not isinstance(3, seedbed.Initializer)
