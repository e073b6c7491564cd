"""Presets of other entries, and names that go away, as installed packages give them."""

import sys
import warnings
from inspect import currentframe

import pytest
from fakes import constant_class, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import AmbiguousNameError, DeprecatedNameWarning, EntryLoadError

STRETCHED = """
import numpy as np
import seedbed

class Stretched(seedbed.Initializer):
    def __init__(self, scale=1, shift=0):
        self.scale = scale
        self.shift = shift

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.scale + self.shift, dtype)
"""


@pytest.fixture
def add(site):
    """Return a function that installs a package whose hook returns the entries of an expression."""

    def add(entries, *, name="acme", **options):
        module = f"{name}_plugin"
        site.add(name, plugins={name: module}, modules={module: returning(entries)}, **options)

    return add


def test_a_preset_binds_arguments_and_those_given_come_on_top(add, site):
    site.add(
        "base", initializers={"stretched": "stretched_mod:Stretched"}, modules={"stretched_mod": STRETCHED}
    )
    add("[Entry('twofold', preset_of='base:stretched', arguments={'scale': 2})]")
    catalogue = Catalogue()
    assert catalogue.get("twofold")(1).tolist() == [2]
    assert catalogue.get("twofold", shift=5)(1).tolist() == [7]
    assert catalogue.get("twofold", scale=9)(1).tolist() == [9]
    assert catalogue.get("stretched")(1).tolist() == [1]


def test_a_preset_of_a_preset_binds_the_arguments_of_both(add, site):
    site.add_module("stretched_mod", STRETCHED)
    add("""[
        Entry('stretched', 'stretched_mod:Stretched'),
        Entry('twofold', preset_of='stretched', arguments={'scale': 2, 'shift': 1}),
        Entry('twofold_plus_five', preset_of='twofold', arguments={'shift': 5}),
    ]""")
    assert Catalogue().get("twofold_plus_five")(1).tolist() == [7]


def test_a_preset_of_a_standard_initializer_writes_a_config_that_needs_core_alone(add):
    add("[Entry('thin_normal', preset_of='random_normal', arguments={'stddev': 0.02})]")
    catalogue = Catalogue()
    config = catalogue.to_config(catalogue.get("thin_normal", seed=7))
    assert config["class_name"] == "RandomNormal"
    assert config["provider"].startswith("seedbed==")
    assert Catalogue(scan=False).from_config(config) == catalogue.get("thin_normal", seed=7)


def test_a_preset_is_of_its_own_providers_name_whoever_else_has_it(add, site):
    site.add(
        "aaa",
        initializers={"stretched": "aaa_mod:Stretched"},
        modules={"aaa_mod": constant_class("Stretched", -1)},
    )
    site.add_module("stretched_mod", STRETCHED)
    add(
        "[Entry('stretched', 'stretched_mod:Stretched'), "
        "Entry('twofold', preset_of='stretched', arguments={'scale': 2})]"
    )
    catalogue = Catalogue()
    with pytest.raises(AmbiguousNameError, match="'acme:stretched'"):
        catalogue.get("stretched")
    assert catalogue.get("twofold")(1).tolist() == [2]


def test_a_preset_of_a_bare_name_of_another_package_is_refused_with_the_fix(add, site):
    site.add(
        "base", initializers={"stretched": "stretched_mod:Stretched"}, modules={"stretched_mod": STRETCHED}
    )
    add("[Entry('twofold', preset_of='stretched', arguments={'scale': 2})]")
    with pytest.raises(
        EntryLoadError, match=r"neither acme nor seedbed provides; name .* as 'provider:name'"
    ):
        Catalogue().get("twofold")


def test_presets_in_a_loop_are_refused(add):
    add("""[
        Entry('one_way', preset_of='other_way'),
        Entry('other_way', preset_of='one_way'),
        Entry('myself', preset_of='myself'),
    ]""")
    catalogue = Catalogue()
    with pytest.raises(
        EntryLoadError, match="preset of itself: acme:one_way -> acme:other_way -> acme:one_way"
    ):
        catalogue.get("one_way")
    with pytest.raises(EntryLoadError, match="preset of itself: acme:myself -> acme:myself"):
        catalogue.get("myself")


def test_a_preset_of_an_unknown_entry_says_what_is_not_installed(add):
    add("[Entry('twofold', preset_of='absent-inits:stretched'), Entry('twice', preset_of='nothing_like_it')]")
    catalogue = Catalogue()
    with pytest.raises(EntryLoadError, match=r"acme:twofold is a preset of .*absent-inits is not installed;"):
        catalogue.get("twofold")
    with pytest.raises(EntryLoadError, match="acme:twice is a preset of 'nothing_like_it', which neither"):
        catalogue.get("twice")


def test_a_preset_of_a_broken_entry_keeps_the_cause(add, site):
    site.add_module("broken_mod", "1 / 0")
    add("[Entry('lost', 'broken_mod:Lost'), Entry('twofold', preset_of='lost')]")
    with pytest.raises(
        EntryLoadError, match=r"acme:twofold is a preset of acme:lost: .*ZeroDivisionError"
    ) as caught:
        Catalogue().get("twofold")
    assert isinstance(caught.value.__cause__.__cause__, ZeroDivisionError)


def test_a_preset_that_binds_an_unknown_argument_is_refused(add):
    add("[Entry('thin_normal', preset_of='random_normal', arguments={'stdev': 0.02})]")
    with pytest.raises(EntryLoadError, match="binds the argument 'stdev', which RandomNormal does not take"):
        Catalogue().get("thin_normal")


DEPRECATED = "Deprecation(since='1.1', removed_in='2.0', replaced_by='new_seven', reason='clearer')"
WHEN = r"deprecated since 1\.1, will be removed in 2\.0"
MESSAGE = rf"acme:old_seven is {WHEN}; use 'new_seven' instead; clearer"


@pytest.fixture
def deprecating(add, site):
    """Return a catalogue with a name that goes away."""
    site.add_module("seven_mod", constant_class("Seven", 7))
    new, old = (
        "Entry('new_seven', 'seven_mod:Seven')",
        f"Entry('old_seven', preset_of='new_seven', deprecated={DEPRECATED})",
    )
    add(f"[{new}, {old}]")
    return Catalogue()


@pytest.mark.parametrize(
    "look_up",
    [
        lambda catalogue: (catalogue.get("old_seven"), currentframe()),
        lambda catalogue: (catalogue.get("acme:OldSeven"), currentframe()),
        lambda catalogue: (catalogue.get({"class_name": "old_seven", "config": {}}), currentframe()),
        lambda catalogue: (catalogue.from_config({"class_name": "old_seven", "config": {}}), currentframe()),
    ],
    ids=["get", "get by full name", "get of a config", "from_config"],
)
def test_a_deprecated_name_warns_at_the_callers_line(deprecating, look_up):
    with pytest.warns(DeprecatedNameWarning, match=MESSAGE) as caught:
        found, frame = look_up(deprecating)
    assert found(1).tolist() == [7]
    (warning,) = caught
    assert (warning.filename, warning.lineno) == (__file__, frame.f_lineno)


def test_the_warning_points_at_a_plugin_that_uses_the_name_itself(deprecating, site):
    site.add_module("user_mod", "def ask(catalogue):\n    return catalogue.get('old_seven')\n")
    import user_mod

    with pytest.warns(DeprecatedNameWarning, match=MESSAGE) as caught:
        user_mod.ask(deprecating)
    (warning,) = caught
    assert (warning.filename, warning.lineno) == (sys.modules["user_mod"].__file__, 2)


def test_the_name_that_replaces_it_does_not_warn_and_neither_does_looking_around(deprecating):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert deprecating.get("new_seven")(1).tolist() == [7]
        assert deprecating.to_config(deprecating.get("new_seven"))["class_name"] == "Seven"
        assert deprecating.entry("old_seven").deprecated.replaced_by == "new_seven"
        assert [deprecating.summary(entry) for entry in deprecating]


def test_a_deprecated_name_warns_once_for_each_line_that_has_it(deprecating):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # what Python does with it where nobody says otherwise
        for _ in range(3):
            deprecating.get("old_seven")
        deprecating.get("old_seven")
    first, second = (warning.lineno for warning in caught)
    assert second == first + 1
