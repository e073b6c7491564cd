"""Names that are gone: who asks for one is told, and gets no other package's initializer."""

import pytest
from fakes import constant_class, hook_module, returning

import seedbed
from seedbed import Tombstone
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import (
    BlockedNameError,
    EntryLoadError,
    NameTakenError,
    RemovedNameError,
    UnknownNameError,
)

GONE = "seedbed.Tombstone('old_seven', '2.0', replaced_by='new_seven', reason='It was six.')"
SAID = r"acme:old_seven \(acme==2\.1\) was removed in 2\.0; use 'new_seven' instead; It was six\."


@pytest.fixture
def add(site):
    """Return a function that installs a package whose hook returns the rows of an expression."""

    def add(rows, *, name="acme", version="2.1", **options):
        module = f"{name}_plugin"
        modules = {module: returning(rows)} | options.pop("modules", {})
        site.add(name, version=version, plugins={name: module}, modules=modules, **options)

    return add


def own_seven(site, name="other"):
    """Install a package with an initializer of the same name."""
    module = f"{name}_mod"
    site.add(
        name,
        initializers={"old_seven": f"{module}:OldSeven"},
        modules={module: constant_class("OldSeven", 8)},
    )


@pytest.mark.parametrize(
    "name", ["old_seven", "OldSeven", "acme:old_seven", "Acme:OldSeven", "acme>OldSeven"]
)
def test_asking_for_it_says_since_when_it_is_gone_and_what_replaced_it(add, name):
    add(f"[{GONE}]")
    catalogue = Catalogue()
    for ask in (catalogue.get, catalogue.entry, catalogue.load):
        with pytest.raises(RemovedNameError, match=SAID):
            ask(name)
    with pytest.raises(RemovedNameError, match=SAID):
        catalogue.get({"class_name": name, "config": {}})
    assert name not in catalogue
    assert catalogue.candidates(name) == ()
    assert [row.full_name for row in catalogue.withheld(name)] == ["acme:old_seven"]


def test_it_is_an_unknown_name_for_those_who_catch_that(add):
    add(f"[{GONE}]")
    with pytest.raises(UnknownNameError, match=SAID):
        Catalogue().get("old_seven")


def test_a_config_that_names_the_provider_is_told_the_same(add):
    add(f"[{GONE}]")
    config = {"class_name": "OldSeven", "config": {}, "provider": "acme==1.4"}
    with pytest.raises(RemovedNameError, match=rf"{SAID}; this config was written with version 1\.4 of acme"):
        Catalogue().from_config(config)


def test_it_is_no_entry(add):
    before = len(Catalogue())
    add(f"[{GONE}]")
    catalogue = Catalogue()
    assert len(catalogue) == before
    assert "old_seven" not in {entry.name for entry in catalogue}
    assert catalogue.problems == ()


def test_the_bare_name_never_becomes_another_packages(add, site):
    own_seven(site)
    catalogue = Catalogue()
    assert catalogue.get("old_seven")(1).tolist() == [8]
    add(f"[{GONE}]")
    catalogue.refresh()
    for name in ("old_seven", "OldSeven"):
        with pytest.raises(
            RemovedNameError, match=rf"{SAID}; what another .* 'other:old_seven' \(other==1\.0\)"
        ):
            catalogue.get(name)
        assert name not in catalogue
    assert catalogue.get("other:old_seven")(1).tolist() == [8]
    assert "other:old_seven" in catalogue


def test_everybody_who_removed_it_is_named(add):
    add(f"[{GONE}]")
    add("[seedbed.Tombstone('old_seven', '0.3')]", name="zebra", version="1.0")
    with pytest.raises(
        RemovedNameError, match=rf"{SAID}; zebra:old_seven \(zebra==1\.0\) was removed in 0\.3"
    ):
        Catalogue().get("old_seven")


def test_a_name_of_cores_stays_cores(add):
    add("[seedbed.Tombstone('he_normal', '2.0')]")
    catalogue = Catalogue()
    assert catalogue.get("he_normal") == seedbed.get("he_normal")
    assert len(catalogue) > 0  # a scan, after which the answer is the same
    assert "he_normal" in catalogue
    assert catalogue.withheld("he_normal") == ()
    assert catalogue.get("HeNormal") == seedbed.get("he_normal")
    with pytest.raises(RemovedNameError, match=r"acme:he_normal \(acme==2\.1\) was removed in 2\.0"):
        catalogue.get("acme:he_normal")


def test_a_name_that_also_has_an_entry_is_used_for_neither(add):
    add(f"[{GONE}, Entry('old_seven', preset_of='zeros')]")
    catalogue = Catalogue()
    (problem,) = catalogue.problems
    assert (
        problem.what
        == "gives the name 'old_seven' two meanings: 'zeros' and a tombstone; it is used for neither"
    )
    with pytest.raises(EntryLoadError, match="two meanings"):
        catalogue.get("old_seven")


def test_a_tombstone_beats_an_alias_of_the_same_package(add):
    add(f"[{GONE}, Entry('new_seven', preset_of='zeros', aliases=['old_seven'])]")
    catalogue = Catalogue()
    with pytest.raises(RemovedNameError, match=rf"{SAID}$"):
        catalogue.get("old_seven")
    assert catalogue.candidates("old_seven") == ()
    assert "new_seven" in catalogue


def test_its_camel_case_form_may_be_given_again(add):
    modules = {"seven_mod": constant_class("OldSeven", 7)}
    add(f"[{GONE}, Entry('new_seven', 'seven_mod:OldSeven')]", modules=modules)
    catalogue = Catalogue()
    assert catalogue.get("OldSeven")(1).tolist() == [7]
    with pytest.raises(RemovedNameError, match=SAID):
        catalogue.get("old_seven")


def test_the_full_name_of_an_alias_may_have_the_sign_of_keras(add):
    add("[seedbed.Tombstone('pkg>Old', '2.0'), Entry('eight', preset_of='zeros', aliases=['pkg>New'])]")
    catalogue = Catalogue()
    for name in ("pkg>Old", "acme:pkg>Old"):
        with pytest.raises(RemovedNameError, match=r"acme:pkg>Old .* was removed in 2\.0"):
            catalogue.get(name)
    for name in ("pkg>New", "acme:pkg>New", "acme>eight"):
        assert catalogue.entry(name).name == "eight"


def test_the_same_tombstone_twice_is_no_conflict(add):
    add(f"[{GONE}, {GONE}]")
    assert Catalogue().problems == ()


@pytest.mark.parametrize("base", ["old_seven", "acme:old_seven", "OldSeven"])
def test_a_preset_of_it_says_so(add, base):
    add(f"[{GONE}, Entry('eight', preset_of={base!r})]")
    with pytest.raises(EntryLoadError, match=rf"acme:eight is a preset of .*{SAID}"):
        Catalogue().get("eight")


def test_a_preset_of_it_does_not_become_a_preset_of_cores(add):
    add("[seedbed.Tombstone('he_normal', '2.0'), Entry('mine', preset_of='he_normal')]")
    with pytest.raises(EntryLoadError, match=r"acme:mine is a preset of 'he_normal': .* removed in 2\.0"):
        Catalogue().get("mine")


def test_a_process_cannot_register_it_again(add):
    add(f"[{GONE}]")
    catalogue = Catalogue()

    class Mine(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return seedbed.get("zeros")(shape, dtype)

    with pytest.raises(NameTakenError, match=r"'old_seven' is kept back by acme==2\.1: removed in 2\.0; use"):
        catalogue.register(Mine, "old_seven")
    catalogue.register(Mine, "older_seven")


def test_a_refresh_sees_that_a_name_is_gone(add, site):
    own_seven(site, "acme")
    catalogue = Catalogue()
    assert "old_seven" in catalogue
    site.hide()
    assert catalogue.refresh().removed == ("acme:old_seven",)
    with pytest.raises(UnknownNameError, match="no initializer is named 'old_seven'"):
        catalogue.get("old_seven")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("seedbed.Tombstone('a', '1.0', provider='seedbed')", "leave provider and version to the catalogue"),
        ("Sub('a', '1.0')", r"must return entries, got Sub\(.* among them"),
    ],
)
def test_a_wrong_tombstone_is_held_against_its_plugin(site, row, what):
    module = hook_module("class Sub(seedbed.Tombstone):\n    pass\n") + returning(f"[{row}]")
    site.add("acme", plugins={"acme": "acme_plugin"}, modules={"acme_plugin": module})
    catalogue = Catalogue()
    (problem,) = catalogue.problems
    with pytest.raises(ValueError, match=what):
        raise ValueError(problem.what)
    assert catalogue.withheld("a") == ()


def test_a_single_tombstone_is_no_list(site):
    module = returning("seedbed.Tombstone('a', '1.0')")
    site.add("acme", plugins={"acme": "acme_plugin"}, modules={"acme_plugin": module})
    (problem,) = Catalogue().problems
    assert "must return a list of entries, got Tombstone" in problem.what


def test_a_policy_that_keeps_a_package_from_a_name_keeps_its_tombstone_out_too(add, site):
    own_seven(site)
    add(f"[{GONE}, Entry('eight', preset_of='zeros')]")
    allow = [{"distribution": "acme", "names": ["eight"]}, "other"]
    catalogue = Catalogue(policy={"mode": "allowlist", "allow": allow})
    assert catalogue.get("old_seven")(1).tolist() == [8]
    assert Catalogue().withheld("old_seven") == (
        Tombstone("old_seven", "2.0", replaced_by="new_seven", reason="It was six.").provided_by(
            "acme", "2.1"
        ),
    )


def test_a_tombstone_that_a_policy_keeps_out_is_blocked_by_name(add):
    add(f"[{GONE}]")
    policy = {"mode": "open", "deny": [{"distribution": "acme", "names": ["old_seven"]}]}
    catalogue = Catalogue(policy=policy)
    (line,) = catalogue.blocked
    assert (line.names, line.where) == (("old_seven", "OldSeven"), "tombstone old_seven")
    with pytest.raises(BlockedNameError, match=r"'old_seven' is blocked: acme 2\.1: .* by deny\[0\]"):
        catalogue.get("old_seven")


@pytest.mark.parametrize("name", ["old_seven", "OldSeven"])
def test_a_policy_can_prefer_who_still_has_the_name(add, site, name):
    own_seven(site)
    add(f"[{GONE}]")
    catalogue = Catalogue(policy={"mode": "open", "prefer": {"old_seven": "other"}})
    assert catalogue.get(name)(1).tolist() == [8]
    assert name in catalogue
    with pytest.raises(RemovedNameError, match=SAID):
        catalogue.get("acme:old_seven")


def test_a_name_of_cores_that_is_turned_off_is_blocked_and_not_gone(add):
    add("[seedbed.Tombstone('he_normal', '2.0')]")
    catalogue = Catalogue(policy={"mode": "open", "disable": ["seedbed:he_normal"]})
    with pytest.raises(UnknownNameError, match="'he_normal' is blocked"):
        catalogue.get("he_normal")
