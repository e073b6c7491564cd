"""The catalogue: look-up by every name, iteration, search, misses, `get`, registration in a process."""

import json
import math
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from standard_examples import CLASSES, example

import seedbed
from seedbed import Catalogue, Entry
from seedbed.catalogue.changes import Changes
from seedbed.catalogue.states import States
from seedbed.errors import (
    AmbiguousNameError,
    ArgumentError,
    ConfigError,
    EntryError,
    EntryLoadError,
    IdentifierError,
    NameTakenError,
    RulesError,
    UnknownNameError,
)
from seedbed_tools.cli.values import parse_arguments

STANDARD = {
    "zeros": ["Zeros", "zero", "zeros_initializer", "ZerosV2"],
    "ones": ["Ones", "one", "ones_initializer", "OnesV2"],
    "constant": ["Constant", "constant_initializer", "ConstantV2"],
    "identity": ["Identity", "eye", "IdentityInitializer", "IdentityV2"],
    "random_uniform": ["RandomUniform", "uniform", "random_uniform_initializer", "RandomUniformV2"],
    "random_normal": ["RandomNormal", "normal", "random_normal_initializer", "RandomNormalV2"],
    "truncated_normal": ["TruncatedNormal", "truncated_normal_initializer", "TruncatedNormalV2"],
    "variance_scaling": ["VarianceScaling", "variance_scaling_initializer", "VarianceScalingV2"],
    "glorot_uniform": [
        "GlorotUniform",
        "xavier_uniform",
        "XavierUniform",
        "glorot_uniformV2",
        "GlorotUniformV2",
    ],
    "glorot_normal": ["GlorotNormal", "glorot_normalV2", "GlorotNormalV2"],
    "he_uniform": ["HeUniform", "kaiming_uniform", "KaimingUniform", "he_uniformV2"],
    "he_normal": ["HeNormal", "he_normalV2", "HeNormalV2"],
    "lecun_uniform": ["LecunUniform", "LeCunUniform", "lecun_uniformV2"],
    "lecun_normal": ["LecunNormal", "LeCunNormal", "lecun_normalV2"],
    "orthogonal": ["Orthogonal", "OrthogonalInitializer", "OrthogonalV2"],
    "fan_scaling": ["FanScaling"],
    "fan_constant": ["FanConstant"],
    "linspaced": ["Linspaced"],
    "scaled": ["Scaled"],
    "shifted": ["Shifted"],
    "sum_of": ["SumOf"],
    "transposed": ["Transposed"],
    "blocked": ["Blocked"],
    "stacked": ["Stacked"],
    "masked": ["Masked"],
    "padded": ["Padded"],
    "repeated": ["Repeated"],
}


class Halves(seedbed.Initializer):
    """Halves."""

    def __call__(self, shape, dtype=None):
        return np.full(shape, 0.5, dtype)


class Needy(seedbed.Initializer):
    def __init__(self, gain):
        self.gain = gain
        if gain > 10:
            raise RuntimeError("too much")

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.gain, dtype)


class Unreadable(Halves):
    def __init__(self):
        pass

    __init__.__signature__ = "none"


@pytest.fixture
def catalogue():
    return Catalogue(scan=False)


def test_core_provides_the_standard_initializers(catalogue):
    assert sorted(entry.name for entry in catalogue) == sorted(STANDARD)
    assert len(catalogue) == len(STANDARD)
    assert {entry.provider for entry in catalogue} == {"seedbed"}


@pytest.mark.parametrize("name", STANDARD)
def test_every_spelling_of_a_standard_name_resolves(catalogue, name):
    for spelling in [name, *STANDARD[name], f"seedbed:{name}", f"Seedbed:{STANDARD[name][0]}"]:
        assert catalogue.entry(spelling).name == name
        assert spelling in catalogue


TRUNCATED = {"kaiming_normal": "he_normal", "xavier_normal": "glorot_normal"}
SPELLINGS = {
    spelling: name
    for name, camel_case in zip(TRUNCATED, ("KaimingNormal", "XavierNormal"), strict=True)
    for spelling in (name, camel_case, f"seedbed:{name}", f"Seedbed:{camel_case}", f"seedbed>{camel_case}")
}


class TestNamesWithTwoMeanings:
    """`kaiming_normal` is truncated in JAX and not in PyTorch."""

    @pytest.mark.parametrize("spelling", SPELLINGS)
    def test_whoever_asks_is_asked_which_is_meant(self, spelling, monkeypatch):
        monkeypatch.setattr(States, "_new_scan", lambda self: pytest.fail("scanned"))
        own, name = Catalogue(), SPELLINGS[spelling]
        said = re.escape(
            f'{spelling!r} has more than one meaning; say which:\n  "{TRUNCATED[name]}" is trunc'
        )
        for ask in (own.get, own.entry, own.load):
            with pytest.raises(AmbiguousNameError, match=said):
                ask(spelling)
        with pytest.raises(AmbiguousNameError, match=said):
            own.get({"class_name": spelling, "config": {"seed": 7}})
        assert spelling not in own
        assert own.candidates(spelling) == ()
        assert [row.full_name for row in own.withheld(spelling)] == [f"seedbed:{name}"]

    @pytest.mark.parametrize("name", TRUNCATED)
    def test_each_answer_can_be_copied_and_is_what_it_says(self, name, catalogue):
        truncated, untruncated = catalogue.withheld(name)[0].meanings
        call, *table, config, options = re.findall("`(.*?)`", untruncated)
        asked = eval(call, {"seedbed": seedbed})
        assert asked == catalogue.get(json.loads(config))
        (rule,) = seedbed.rules.parse("\n".join(["[[rules]]", 'match = "*"', *table]), "gpt.toml").rules
        assert asked == rule.initializer
        asked_for, *given = options.split()
        assert given[::2] == ["--set"] * len(given[::2])
        assert asked == catalogue.get(asked_for, **parse_arguments(given[1::2], None))
        former = catalogue.get(json.loads(truncated.partition(" ")[0]))
        assert former.expected_stddev((30, 20)) == asked.expected_stddev((30, 20))
        assert former.expected_bounds((30, 20)) is not None
        assert asked.expected_bounds((30, 20)) is None
        (axes,) = re.findall(r'axes="(\w+)"', untruncated)
        for shape in ((30, 20), (30, 20, 3, 3)):  # out, in, ...
            fan_in, fan_out = (math.prod(shape[2:]) * shape[axis] for axis in (1, 0))
            variance = 2 / fan_in if name == "kaiming_normal" else 2 / (fan_in + fan_out)
            assert catalogue.get(asked, axes=axes).expected_stddev(shape) == pytest.approx(variance**0.5)

    def test_a_close_match_may_be_one(self, catalogue):
        with pytest.raises(UnknownNameError, match="did you mean 'kaiming_normal' or"):
            catalogue.get("kaimin_normal")

    @pytest.mark.parametrize("name", ["kaiming_normal", "XavierNormal"])
    def test_nobody_can_register_one(self, catalogue, name):
        said = f"'{name}' is kept back by seedbed=={seedbed.__version__}: has more than one meaning"
        with pytest.raises(NameTakenError, match=said):
            catalogue.register(Halves, "halves", aliases=(name,))

    def test_rules_ask_too(self):
        text = '[[rules]]\nmatch = "*"\ninitializer = "kaiming_normal"\n'
        with pytest.raises(
            RulesError, match="rule 1, line 1: 'kaiming_normal' has more than one meaning; say which:\n    \""
        ):
            seedbed.rules.parse(text, "gpt.toml")

    def test_the_same_distribution_with_other_defaults_is_no_second_meaning(self, catalogue):
        for name in ("xavier_uniform", "kaiming_uniform", "uniform", "normal", "eye"):
            assert name in catalogue


def test_core_is_found_without_a_scan_by_its_full_names_too(monkeypatch):
    monkeypatch.setattr(States, "_new_scan", lambda self: pytest.fail("scanned"))
    own = Catalogue()
    for name in ("he_normal", "seedbed:he_normal", "Seedbed:HeNormal"):
        assert own.get(name) == seedbed.get("he_normal")
        assert name in own
    assert own.from_config(seedbed.to_config(seedbed.get("he_normal", seed=7))).seed == 7


@pytest.mark.parametrize("name", STANDARD)
def test_every_standard_class_says_what_it_promises(catalogue, name):
    cls = catalogue.load(name)
    assert cls.__doc__
    assert catalogue.summary(catalogue.entry(name)) == cls.__doc__.partition("\n")[0]
    assert cls.reproducibility == ("numerical" if name == "orthogonal" else "exact")


@pytest.mark.parametrize("name", STANDARD)
def test_every_standard_initializer_keeps_the_contract(name):
    initializer = example(name)
    assert initializer((4, 4)).shape == (4, 4)
    assert initializer([2, np.int64(4)]).dtype == np.float32
    assert initializer((0, 4)).shape == (0, 4)
    assert type(initializer).from_config(initializer.get_config()) == initializer
    assert eval(repr(initializer), {cls.__name__: cls for cls in CLASSES.values()}) == initializer
    out = np.empty((4, 4))
    initializer.fill(out)


def test_iteration_gives_core_first_and_is_sorted():
    keys = [(entry.provider != "seedbed", entry.provider, entry.name) for entry in seedbed.catalogue()]
    assert keys == sorted(keys)
    assert keys[-1][0]


def test_search_finds_entries_by_all_of_their_words(catalogue):
    assert [entry.name for entry in catalogue.search("xavier", "uniform")] == ["glorot_uniform"]
    assert [entry.name for entry in catalogue.search("TRUNCATED", "kaiming")] == ["he_normal"]
    assert catalogue.search("no such words") == []
    assert len(catalogue.search()) == len(catalogue)


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("he_norml", ["no initializer is named 'he_norml'", "did you mean 'he_normal'"]),
        ("he-normal", ["did you mean 'he_normal'"]),
        ("HE_NORMAL", ["did you mean 'he_normal'"]),
        ("orthogonal_", ["did you mean 'orthogonal'"]),
        ("xyzzy", ["no initializer is named 'xyzzy'; `seedbed list`"]),
        ("", ["no initializer is named ''"]),
        ("acme:small", ["the package acme is not installed; `seedbed list`"]),
        ("acme:he_normal", ["acme is not installed; the name 'he_normal' is also one of 'seedbed:he_norma"]),
        ("seedbed-exmple:small_init", ["did you mean the package 'seedbed-example'"]),
        ("__main__:small", ["'__main__:small'; nothing of this name has been registered in this process"]),
        ("seedbed:he_norml", ["did you mean 'seedbed:he_normal'"]),
        ("Acme_Inits:x", ["the package acme-inits is not installed"]),
        ("numpy:x", ["numpy .* is installed, but provides no initializers"]),
        ("os.system", ["no initializer is named 'os.system'"]),
        ("x" * 100_000, ["no initializer is named 'x+'"]),
    ],
)
def test_a_miss_says_what_was_asked_and_what_to_do(name, messages):
    for message in messages:
        with pytest.raises(UnknownNameError, match=message) as caught:
            seedbed.get(name)
    assert len(str(caught.value)) < 1000
    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, ValueError)
    assert name not in seedbed.catalogue()


def test_get_makes_an_initializer_from_a_name_with_overrides():
    initializer = seedbed.get("random_normal", stddev=0.02, seed=7)
    assert initializer.get_config() == {"mean": 0.0, "stddev": 0.02, "seed": 7}


def test_get_gives_an_initializer_back_and_makes_another_with_overrides():
    initializer = seedbed.get("he_normal", seed=7)
    assert seedbed.get(initializer) is initializer
    assert seedbed.get(initializer, seed=8) == seedbed.get("he_normal", seed=8)
    assert initializer.seed == 7


def test_get_makes_an_initializer_of_a_class():
    assert seedbed.get(Halves) == Halves()
    assert seedbed.get(Needy, gain=2) == Needy(2)
    with pytest.raises(ConfigError, match="Needy needs the argument 'gain'"):
        seedbed.get(Needy)


def test_get_gives_none_for_none():
    assert seedbed.get(None) is None


def test_get_gives_back_a_callable_with_the_contracts_signature():
    def plain(shape, dtype=None):
        return np.zeros(shape, dtype)

    class Duck:
        def __call__(self, shape, dtype=None, **options):
            return np.zeros(shape, dtype)

    duck = Duck()
    assert seedbed.get(plain) is plain
    assert seedbed.get(duck) is duck
    with pytest.raises(ArgumentError, match=r"got the arguments gain for <function .*which takes none"):
        seedbed.get(plain, gain=2)


@pytest.mark.parametrize(
    "identifier",
    [
        3,
        3.0,
        True,
        [],
        (),
        b"zeros",
        object(),
        np.zeros(3),
        int,
        len,
        print,
        lambda: 0,
        lambda key, shape: 0,
        {1},
        dict,
        type("Fake", (), {"__class__": type})(),
    ],
)
def test_everything_else_is_one_clear_error(identifier):
    with pytest.raises(
        IdentifierError, match=r"got .*; pass a name, a config dict, an initializer"
    ) as caught:
        seedbed.get(identifier)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, TypeError)


def test_overrides_for_none_are_an_error():
    with pytest.raises(ArgumentError, match="got the arguments seed for None"):
        seedbed.get(None, seed=7)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("he_normal", 7), r"got 7 after 'he_normal'; name each argument, as in get\('he_normal', seed=7\)"),
        (("constant", 0.5, 7), r"got 0\.5, 7 after 'constant'; .* get\('constant', value=0\.5\)"),
        ((Halves(), 7), r"got 7 after Halves\(\); .* get\(Halves\(\), seed=7\)"),
        (({"class_name": "Zeros"}, 7), "got 7 after .*; name each argument"),
    ],
)
def test_an_argument_without_its_name_is_told_how_to_write_it(arguments, advice):
    for get in (seedbed.get, Catalogue(scan=False).get):
        with pytest.raises(IdentifierError, match=advice):
            get(*arguments)
    with pytest.raises(UnknownNameError, match="did you mean 'he_normal'"):
        seedbed.get("he_norml", 7)


def test_the_abstract_base_is_no_identifier():
    with pytest.raises(IdentifierError, match="got the abstract class Initializer, which lacks __call__"):
        seedbed.get(seedbed.Initializer)


def test_a_wrong_override_names_entry_argument_and_close_match():
    with pytest.raises(
        ConfigError, match=r"^seedbed:he_normal: HeNormal has no argument 'sed'.*did you mean 'seed'"
    ):
        seedbed.get("HeNormal", sed=7)


def test_registered_classes_are_found_by_name_alias_and_full_name(catalogue):
    assert catalogue.register(Halves, "halves", aliases=("half",)) is Halves
    for name in ("halves", "Halves", "half", "__main__:halves"):
        assert catalogue.get(name) == Halves()
    assert catalogue.entry("halves").provider == "__main__"
    config = catalogue.to_config(Halves())
    assert config == {"class_name": "Halves", "config": {}, "provider": "__main__"}
    assert catalogue.from_config(config) == Halves()
    assert catalogue.summary(catalogue.entry("half")) == "Halves."
    catalogue.refresh()
    assert "halves" in catalogue


def test_a_registration_stays_in_its_catalogue(catalogue):
    catalogue.register(Halves, "halves_of_this_test")
    assert "halves_of_this_test" not in Catalogue(scan=False)


@pytest.mark.parametrize("name", ["zeros", "xavier_uniform", "small_init"])
def test_a_registration_never_shadows(name):
    own = Catalogue()
    before = own.get(name)
    with pytest.raises(
        NameTakenError, match=f"the name '{name}' is taken by .*choose another|must be snake_case"
    ):
        own.register(Halves, name)
    with pytest.raises(NameTakenError, match=f"the name '{name}' is taken by"):
        own.register(Halves, "halves", aliases=(name,))
    assert "halves" not in own
    assert own.get(name) == before


def test_a_class_whose_name_is_taken_cannot_be_registered_under_another(catalogue):
    class Zeros(Halves):
        pass

    with pytest.raises(
        NameTakenError,
        match=r"'Zeros' is taken by seedbed:zeros .*; the class has this name: give the",
    ):
        catalogue.register(Zeros, "other_zeros")


@pytest.mark.parametrize(
    ("given", "hint"),
    [(Halves(), "; give its class, Halves$"), (len, "len>$"), ("", "''$")],
)
def test_what_is_no_class_cannot_be_registered(catalogue, given, hint):
    with pytest.raises(EntryError, match=f"register takes a subclass of Initializer, got .*{hint}"):
        catalogue.register(given, "mine")


def test_a_config_given_to_the_other_reader_names_the_right_one():
    he_normal = seedbed.get("he_normal", seed=7)
    with pytest.raises(ConfigError, match=r"whole initializer, for seedbed\.from_config\(config\)$"):
        type(he_normal).from_config(seedbed.to_config(he_normal))
    with pytest.raises(
        ConfigError, match=r"; of arguments alone, make one with CLASS\.from_config\(config\)$"
    ):
        seedbed.from_config(he_normal.get_config())


@pytest.mark.parametrize("values", [np.ones(3), 3.0, 0, [1.0, 2.0]])
def test_values_are_named_the_way_to_a_constant(values):
    with pytest.raises(
        IdentifierError, match=r"these are the values, write get\('constant', value=\.\.\.\)$"
    ):
        seedbed.get(values)


@pytest.mark.parametrize("argument", [{"dtype": "float16"}, {"shape": (3, 4)}])
def test_what_a_call_takes_is_not_an_argument_of_the_constructor(argument):
    with pytest.raises(
        ConfigError, match=rf"; give the {next(iter(argument))} when you call the initializer"
    ):
        seedbed.get("he_normal", **argument)


def test_a_cell_that_runs_again_replaces_its_own_class(catalogue):
    def cell(value):
        class Cell(seedbed.Initializer):
            def __call__(self, shape, dtype=None):
                return np.full(shape, value, dtype)

        return catalogue.register(Cell, "cell")

    cell(1.0)
    assert catalogue.get("cell")(1) == 1
    cell(2.0)
    assert catalogue.get("cell")(1) == 2
    with pytest.raises(NameTakenError, match="taken by __main__:cell"):
        catalogue.register(Halves, "cell")


@pytest.mark.parametrize(
    ("cls", "name", "error", "message"),
    [
        (Halves, "Halves", EntryError, "snake_case"),
        (seedbed.Initializer, "base", EntryError, "has a target that does not implement __call__"),
        (int, "integer", EntryError, "no subclass of seedbed.Initializer"),
        (Halves(), "instance", EntryError, "register takes a subclass"),
        (Unreadable, "unreadable", EntryLoadError, "which cannot be examined: "),
        (lambda shape: 0, "function", EntryError, "register takes a subclass"),
    ],
)
def test_what_cannot_be_used_cannot_be_registered(catalogue, cls, name, error, message):
    with pytest.raises(error, match=message):
        catalogue.register(cls, name)
    assert name not in catalogue


def test_what_a_constructor_raises_is_told_with_the_entry_and_kept_as_cause(catalogue):
    catalogue.register(Needy, "needy")
    with pytest.raises(
        ArgumentError, match=r"__main__:needy \(__main__\) refused its arguments: RuntimeError: too much"
    ) as e:
        catalogue.get("needy", gain=11)
    assert isinstance(e.value.__cause__, RuntimeError)


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), OSError("none")])
def test_whatever_a_constructor_raises_is_told_and_ends_nothing(catalogue, error):
    class Raising(Halves):
        def __init__(self):
            raise error

    catalogue.register(Raising, "raising")
    with pytest.raises(ArgumentError, match=r"__main__:raising .* refused its arguments: ") as caught:
        catalogue.get("raising")
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_what_a_constructor_cannot_help_goes_through(catalogue, error):
    class Raising(Halves):
        def __init__(self):
            raise error

    catalogue.register(Raising, "raising")
    with pytest.raises(type(error)):
        catalogue.get("raising")


def test_a_class_outside_the_catalogue_has_no_config(catalogue):
    with pytest.raises(
        ConfigError, match=r"test_catalogue\.Halves is not in the catalogue; add it with seedbed\.register"
    ):
        catalogue.to_config(Halves())
    with pytest.raises(ConfigError, match=r"only a seedbed\.Initializer has a config"):
        catalogue.to_config("zeros")


def test_many_threads_register_and_look_up_without_losing_anything(catalogue):
    def work(number):
        cls = type(f"Threaded{number}", (Halves,), {})
        catalogue.register(cls, f"threaded{number}")
        for _ in range(20):
            catalogue.get("he_normal")
            catalogue.refresh() if number == 0 else catalogue.get(f"threaded{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(f"threaded{number}" in catalogue for number in range(8))


FORKING = """
import os, signal, seedbed
from seedbed.standard import Zeros
Own = type("Own", (Zeros,), {})
catalogue = seedbed.Catalogue(scan=False)
assert len(catalogue) > 0
with catalogue._states._lock:  # as if another thread was registering a class
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        catalogue.register(Own, "own")
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_was_forked_waits_for_no_thread_that_it_does_not_have():
    command = [sys.executable, "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "7"


def test_a_refresh_within_a_look_up_loses_nothing(catalogue):
    catalogue.get("he_normal")

    class Name(str):
        def __hash__(self):  # asked as the name is looked for among what is ready
            catalogue.refresh()
            return str.__hash__(self)

        __eq__ = str.__eq__

    assert catalogue.get(Name("he_normal")) == catalogue.get("he_normal")


def test_membership_takes_entries_too(catalogue):
    assert catalogue.entry("zeros") in catalogue
    assert Entry("zeros", "acme:Zeros") not in catalogue
    assert 3 not in catalogue


def test_the_catalogue_says_how_many_it_has(catalogue):
    assert repr(catalogue) == f"<Catalogue of {len(STANDARD)} initializers>"


def test_a_refresh_without_changes_says_so(catalogue):
    changes = catalogue.refresh()
    assert changes == Changes(added=(), removed=(), changed=(), restart_required=())
