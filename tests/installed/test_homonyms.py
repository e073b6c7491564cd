"""Names with more than one meaning: core's, which nobody can take, and those of other packages."""

import pytest
from fakes import constant_class, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import AmbiguousNameError, BlockedNameError, EntryLoadError, UnknownNameError
from seedbed.locking import survey
from seedbed_tools.doctor import diagnose
from seedbed_tools.stubs import stub

CORES = 'has more than one meaning; say which:\n  "he_normal" is truncated'
TWO = "seedbed.Homonym('two_seven', [\"'seven' is 7\", \"'eight' is 8\"])"


@pytest.fixture
def impostor(site):
    """Install a package with an initializer of a name that core withholds."""
    site.add(
        "impostor",
        initializers={"kaiming_normal": "impostor_mod:KaimingNormal"},
        modules={"impostor_mod": constant_class("KaimingNormal", 7)},
    )


@pytest.fixture
def add(site):
    """Return a function that installs a package whose hook returns the rows of an expression."""

    def add(rows, *, name="acme"):
        site.add(name, version="2.1", plugins={name: f"{name}_plugin"})
        site.add_module(f"{name}_plugin", returning(rows))

    return add


@pytest.mark.usefixtures("impostor")
@pytest.mark.parametrize("name", ["kaiming_normal", "KaimingNormal", "seedbed:kaiming_normal"])
@pytest.mark.parametrize("policy", [None, {"mode": "open", "prefer": {"kaiming_normal": "impostor"}}])
def test_no_package_and_no_policy_gives_cores_another_meaning(name, policy):
    catalogue = Catalogue(policy=policy)
    for _ in range(2):  # before a scan, and after
        with pytest.raises(AmbiguousNameError, match=CORES):
            catalogue.get(name)
        assert name not in catalogue
        assert len(catalogue) > 0
    assert catalogue.get("impostor:kaiming_normal")(1).tolist() == [7]
    assert catalogue.problems == ()


@pytest.mark.usefixtures("impostor")
def test_the_choice_shows_both_and_means_neither():
    choice = Catalogue().choice("kaiming_normal")
    assert choice.meant == ""
    passed_over, asked = choice.candidates
    assert (passed_over.full_name, passed_over.kind) == ("impostor:kaiming_normal", "passed over")
    assert passed_over.what == "the name stays seedbed's; 'impostor:kaiming_normal' means it"
    assert (asked.full_name, asked.kind) == ("seedbed:kaiming_normal", "ambiguous")
    assert asked.what.startswith(CORES)


@pytest.mark.slow
@pytest.mark.usefixtures("impostor")
def test_it_is_no_entry_wherever_entries_are_told():
    catalogue = Catalogue()
    assert "seedbed:kaiming_normal" not in {entry.full_name for entry in catalogue}
    lock = survey(catalogue).lock
    assert lock.entry("seedbed:kaiming_normal") is None
    assert "kaiming_normal" not in lock.entry("seedbed:he_normal").aliases
    text = stub(catalogue)
    assert '"impostor:kaiming_normal"' in text
    assert '"kaiming_normal"' not in text
    assert "seedbed:kaiming_normal" not in text


@pytest.mark.usefixtures("impostor")
def test_the_doctor_has_nothing_to_say():
    assert not [finding for finding in diagnose().findings if "kaiming" in finding.what]


def test_a_policy_can_block_one_like_an_entry():
    catalogue = Catalogue(policy={"mode": "open", "disable": ["seedbed:kaiming_normal"]})
    with pytest.raises(BlockedNameError, match="disable"):
        catalogue.get("kaiming_normal")


@pytest.mark.parametrize("base", ["kaiming_normal", "seedbed:kaiming_normal"])
def test_a_preset_of_one_says_so(add, base):
    add(f"[Entry('mine', preset_of={base!r})]")
    said = f"acme:mine is a preset of '{base}': '{base}' {CORES}"
    with pytest.raises(EntryLoadError, match=said):
        Catalogue().get("mine")


def test_a_preset_of_its_own_packages_entry_of_that_name_is_a_preset_of_that(add):
    rows = "Entry('kaiming_normal', preset_of='zeros'), Entry('mine', preset_of='kaiming_normal')"
    add(f"[{rows}]")
    assert Catalogue().get("mine")(1).tolist() == [0]


def test_a_plugin_that_asks_for_one_while_it_is_imported_hears_the_same(site):
    site.add("early", plugins={"early": "early_plugin"})
    site.add_module("early_plugin", "import seedbed\nseedbed.get('kaiming_normal')\n")
    (problem,) = Catalogue().problems
    assert "AmbiguousNameError: 'kaiming_normal' has more than one meaning" in problem.what


class TestOfAnotherPackage:
    @pytest.mark.parametrize("name", ["two_seven", "TwoSeven", "acme:two_seven", "acme>TwoSeven"])
    def test_whoever_asks_is_asked_which_is_meant(self, add, name):
        add(f"[{TWO}]")
        catalogue = Catalogue()
        with pytest.raises(
            AmbiguousNameError, match="one meaning; say which:\n  'seven' is 7;\n  'eight' is 8"
        ):
            catalogue.get(name)
        with pytest.raises(AmbiguousNameError, match="say which"):
            catalogue.from_config({"class_name": "two_seven", "config": {}, "provider": "acme==2.1"})

    def test_it_keeps_a_bare_name_from_others_who_go_by_their_full_name(self, add, site):
        add(f"[{TWO}]")
        add("[Entry('two_seven', preset_of='zeros')]", name="other")
        catalogue = Catalogue()
        said = r"'eight' is 8; what another package has .*: 'other:two_seven' \(other==2\.1\)"
        with pytest.raises(AmbiguousNameError, match=said):
            catalogue.get("two_seven")
        assert catalogue.get("other:two_seven")(1).tolist() == [0]
        other = catalogue.choice("two_seven").candidates[0]
        assert (other.kind, other.what) == (
            "ambiguous",
            "acme==2.1 has more than one meaning for it; 'other:two_seven' means it",
        )
        prefer = Catalogue(policy={"mode": "open", "prefer": {"two_seven": "other"}})
        assert prefer.get("two_seven")(1).tolist() == [0]

    def test_it_is_nothing_against_an_entry_of_cores(self, add):
        add("[seedbed.Homonym('he_normal', ['one', 'two'])]")
        assert Catalogue().get("he_normal").get_config()["seed"] is None
        with pytest.raises(AmbiguousNameError, match="say which:\n  one;\n  two"):
            Catalogue().get("acme:he_normal")

    def test_an_entry_of_the_same_name_contradicts_it(self, add):
        add(f"[{TWO}, Entry('two_seven', preset_of='zeros')]")
        catalogue = Catalogue()
        (problem,) = catalogue.problems
        assert "two meanings: 'zeros' and a homonym; it is used for neither" in problem.what

    def test_uninstalled_it_is_forgotten(self, add, site):
        add(f"[{TWO}]")
        catalogue = Catalogue()
        assert catalogue.withheld("two_seven")
        site.hide()
        catalogue.refresh()
        with pytest.raises(UnknownNameError):
            catalogue.get("two_seven")
