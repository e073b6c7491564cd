"""A policy decides which packages may serve which names."""

import json
import sys
from dataclasses import replace

import pytest
from environments import run
from fakes import constant_class, returning

import seedbed
from seedbed.catalogue.catalogue import Catalogue
from seedbed.discovery.installed import discover
from seedbed.errors import (
    AmbiguousNameError,
    BlockedNameError,
    EntryLoadError,
    NameTakenError,
    PolicyError,
    UnknownNameError,
)
from seedbed.governance.policy_file import policy_in_force


@pytest.fixture
def two_packages(site):
    """Install two packages that both have `tiny`, the one by an entry point, the other by a hook."""
    site.add(
        "acme-inits",
        version="1.2",
        initializers={"tiny": "acme_mod:Tiny", "extra": "acme_mod:Extra"},
        modules={"acme_mod": constant_class("Tiny", 1) + "class Extra(Tiny): pass\n"},
    )
    site.add(
        "zeta-inits",
        version="2.0",
        plugins={"zeta": "zeta_plugin"},
        modules={
            "zeta_plugin": returning(
                "[Entry('tiny', 'zeta_mod:Tiny', aliases=('minute',)), Entry('other', 'zeta_mod:Other')]"
            ),
            "zeta_mod": constant_class("Tiny", 2) + "class Other(Tiny): pass\n",
        },
    )
    return site


def allowing(*rules, **keys):
    return Catalogue(policy={"mode": "allowlist", "allow": list(rules), **keys})


def denying(*rules, **keys):
    return Catalogue(policy={"mode": "open", "deny": list(rules), **keys})


def names(catalogue):
    return {entry.full_name for entry in catalogue if entry.provider in ("acme-inits", "zeta-inits")}


@pytest.mark.usefixtures("two_packages")
def test_without_a_policy_everybody_serves():
    assert names(Catalogue()) == {
        "acme-inits:tiny",
        "acme-inits:extra",
        "zeta-inits:tiny",
        "zeta-inits:other",
    }
    assert Catalogue().blocked == ()


@pytest.mark.usefixtures("two_packages")
def test_an_empty_allow_list_allows_nothing_but_core():
    catalogue = allowing()
    assert names(catalogue) == set()
    assert catalogue.get("he_normal", seed=7) == seedbed.get("he_normal", seed=7)
    with pytest.raises(
        BlockedNameError, match=r"'extra' is blocked: acme-inits 1\.2: entry extra: blocked by allow of"
    ):
        catalogue.get("extra")
    assert not {"zeta_plugin", "zeta_mod", "acme_mod"} & sys.modules.keys()


@pytest.mark.usefixtures("two_packages")
def test_what_is_allowed_serves_and_settles_the_name():
    catalogue = allowing("Acme_Inits")
    assert names(catalogue) == {"acme-inits:tiny", "acme-inits:extra"}
    assert catalogue.get("tiny")(1).tolist() == [1]
    assert "zeta_plugin" not in sys.modules
    (blocked,) = (line for line in catalogue.blocked if line.provider == "zeta-inits")
    assert str(blocked) == (
        "zeta-inits 2.0: plugin zeta = zeta_plugin: blocked by allow of the policy that was given, "
        "which does not have zeta-inits"
    )
    with pytest.raises(
        UnknownNameError, match=r"blocked packages may have it .*zeta-inits 2\.0: plugin zeta"
    ):
        catalogue.get("other")
    with pytest.raises(UnknownNameError, match=r"it is blocked \(zeta-inits 2.0"):
        catalogue.get("zeta-inits:other")


@pytest.mark.usefixtures("two_packages")
@pytest.mark.parametrize(
    ("clause", "serves"),
    [("==1.2", True), (">=1.2,<2", True), ("<1.2", False), ("~=1.1", True), ("==2.*", False)],
)
def test_versions_are_allowed_and_denied(clause, serves):
    assert ("acme-inits:tiny" in names(allowing(f"acme-inits{clause}"))) == serves
    assert ("acme-inits:tiny" in names(denying(f"acme-inits{clause}"))) != serves


@pytest.mark.usefixtures("two_packages")
def test_names_are_allowed_one_by_one_and_aliases_are_names():
    catalogue = allowing({"distribution": "zeta-inits", "names": ["tiny"]})
    assert names(catalogue) == {"zeta-inits:tiny"}
    assert catalogue.get("Tiny")(1).tolist() == [2]  # the name's own CamelCase form
    with pytest.raises(BlockedNameError, match="alias of tiny: blocked by allow"):
        catalogue.get("minute")
    with pytest.raises(BlockedNameError, match="entry other: blocked by allow"):
        catalogue.get("zeta-inits:other")
    catalogue = allowing({"distribution": "zeta-inits", "names": ["tiny", "minute"]})
    assert catalogue.get("minute")(1).tolist() == [2]


@pytest.mark.usefixtures("two_packages")
def test_deny_beats_allow():
    catalogue = allowing("acme-inits", "zeta-inits", deny=[{"distribution": "acme-inits", "names": ["tiny"]}])
    assert names(catalogue) == {"acme-inits:extra", "zeta-inits:tiny", "zeta-inits:other"}
    assert catalogue.get("tiny")(1).tolist() == [2]
    with pytest.raises(BlockedNameError, match=r"blocked by deny\[0\] = \{'distribution': 'acme-inits'"):
        catalogue.get("acme-inits:tiny")


@pytest.mark.usefixtures("two_packages")
def test_a_preference_settles_an_ambiguity_and_nothing_else_does():
    with pytest.raises(AmbiguousNameError):
        Catalogue().get("tiny")
    for provider, value in (("acme-inits", 1), ("Zeta_Inits", 2)):
        catalogue = Catalogue(policy={"mode": "open", "prefer": {"tiny": provider}})
        assert catalogue.get("tiny")(1).tolist() == catalogue.get("Tiny")(1).tolist() == [value]
        assert catalogue.get("acme-inits:tiny")(1).tolist() == [1]
    with pytest.raises(AmbiguousNameError):
        Catalogue(policy={"mode": "open", "prefer": {"tiny": "somebody-else"}}).get("tiny")


@pytest.mark.usefixtures("two_packages")
def test_a_preference_cannot_take_a_name_of_core(site):
    site.add(
        "shadow", initializers={"zeros": "shadow_mod:Ones"}, modules={"shadow_mod": constant_class("Ones", 1)}
    )
    catalogue = Catalogue(policy={"mode": "open", "prefer": {"zeros": "shadow"}})
    assert catalogue.get("zeros")(1).tolist() == [0]


def test_a_name_of_core_that_is_disabled_stays_reserved(site):
    site.add(
        "shadow",
        initializers={"he_normal": "shadow_mod:Ones"},
        modules={"shadow_mod": constant_class("Ones", 1)},
    )
    catalogue = Catalogue(policy={"mode": "open", "disable": ["seedbed:he_normal"]})
    for name in ("he_normal", "HeNormal", "HeNormalV2", "seedbed:he_normal"):
        with pytest.raises(BlockedNameError, match=r"blocked by disable\[0\] = 'seedbed:he_normal'"):
            catalogue.get(name)
    with pytest.raises(BlockedNameError):
        catalogue.from_config({"class_name": "HeNormal", "config": {}})
    assert catalogue.get("shadow:he_normal")(1).tolist() == [1]
    assert catalogue.get("he_uniform", seed=7)(2).shape == (2,)


@pytest.mark.usefixtures("two_packages")
def test_single_entries_and_aliases_are_disabled():
    catalogue = Catalogue(policy={"mode": "open", "disable": ["acme-inits:tiny", "zeta-inits:minute"]})
    assert catalogue.get("tiny")(1).tolist() == [2]
    with pytest.raises(BlockedNameError, match="alias of tiny"):
        catalogue.get("minute")


def test_a_preset_cannot_reach_what_is_blocked(site):
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": constant_class("Tiny", 1)})
    site.add(
        "presets",
        plugins={"p": "preset_plugin"},
        modules={"preset_plugin": returning("[Entry('mine', preset_of='acme:tiny')]")},
    )
    assert Catalogue().get("mine")(1).tolist() == [1]
    with pytest.raises(EntryLoadError, match="'acme:tiny' is blocked"):
        denying("acme").get("mine")


@pytest.mark.usefixtures("two_packages")
def test_seedbed_plugins_narrows_whatever_the_policy_says(monkeypatch):
    monkeypatch.setenv("SEEDBED_PLUGINS", "Zeta_Inits")
    assert names(Catalogue()) == {"zeta-inits:tiny", "zeta-inits:other"}
    assert names(allowing("acme-inits")) == set()
    with pytest.raises(BlockedNameError, match="SEEDBED_PLUGINS, which leaves on zeta-inits"):
        Catalogue().get("extra")


def test_seedbed_plugins_0_reads_nothing(site):
    """An audit hook in a fresh process hears of every file that is opened and every folder that is listed."""
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": constant_class("Tiny", 1)})
    code = """
import sys
import seedbed
touched = []
reads = ("open", "os.listdir", "os.scandir")
sys.addaudithook(lambda event, args: touched.append(str(args[0])) if event in reads else None)
try:
    seedbed.get("tiny")
except seedbed.SeedbedError as error:
    print(type(error).__name__)
print(sum("dist-info" in path or path == sys.argv[1] for path in touched))
"""
    extra = {"PYTHONPATH": str(site.folder)}
    off = run(sys.executable, "-c", code, site.folder, extra=extra | {"SEEDBED_PLUGINS": "0"}).stdout.split()
    assert off == ["UnknownNameError", "0"]
    on = run(sys.executable, "-c", code, site.folder, extra=extra).stdout.split()
    assert int(on[-1]) > 0


def test_a_policy_that_changes_is_read_again_by_refresh(two_packages, tmp_path, monkeypatch):
    path = tmp_path / "policy.toml"
    path.write_text("[tool.seedbed]\nmode = 'open'\n")
    monkeypatch.setenv("SEEDBED_POLICY", str(path))
    catalogue = Catalogue()
    assert catalogue.get("extra")(1).tolist() == [1]
    path.write_text("[tool.seedbed]\nmode = 'open'\ndeny = ['acme-inits']\n")
    assert catalogue.refresh().removed == ("acme-inits:extra", "acme-inits:tiny")
    with pytest.raises(BlockedNameError, match=str(path)):
        catalogue.get("extra")
    path.write_text("[tool.seedbed]\nmode = 'nonsense'\n")
    with pytest.raises(PolicyError):
        catalogue.refresh()
    with pytest.raises(BlockedNameError):  # what was in force stays so
        catalogue.get("extra")


@pytest.mark.usefixtures("two_packages")
def test_names_registered_in_the_process_are_not_a_package_s():
    class Own(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            raise NotImplementedError

    catalogue = allowing("acme-inits")
    catalogue.register(Own, "own")
    assert isinstance(catalogue.get("own"), Own)
    with pytest.raises(NameTakenError):
        catalogue.register(Own, "tiny")


@pytest.mark.usefixtures("two_packages")
def test_a_choice_names_every_candidate_and_says_why():
    def said(choice):
        return {row.full_name: (row.kind, row.what) for row in choice.candidates}

    choice = Catalogue(policy={"mode": "open", "prefer": {"tiny": "acme-inits"}}).choice("tiny")
    assert choice.meant == "acme-inits:tiny"
    assert said(choice) == {
        "acme-inits:tiny": ("meant", "prefer.tiny of the policy that was given"),
        "zeta-inits:tiny": ("passed over", "the policy prefers acme-inits; 'zeta-inits:tiny' means it"),
    }
    choice = Catalogue().choice("tiny")
    assert not choice.meant
    assert {standing for standing, _ in said(choice).values()} == {"ambiguous"}
    choice = Catalogue(policy={"mode": "open", "disable": ["zeta-inits:tiny"]}).choice("tiny")
    assert said(choice)["acme-inits:tiny"] == ("meant", "no other package has the name")
    assert said(choice)["zeta-inits:tiny"][0] == "blocked"
    assert said(Catalogue().choice("zeros"))["seedbed:zeros"][1] == "seedbed's names are reserved"
    assert said(Catalogue().choice("acme-inits:tiny")) == {
        "acme-inits:tiny": ("meant", "a full name means one entry alone")
    }
    assert Catalogue().choice("no_such_name").candidates == ()


@pytest.mark.slow
def test_an_organisation_s_policy_from_pip_to_the_command_line(make_environment, tmp_path):
    environment = make_environment("seedbed[cli]", "seedbed_example")
    policy = tmp_path / "policy.toml"
    policy.write_text(
        """
[tool.seedbed]
mode = "allowlist"
allow = [{ distribution = "seedbed-example", version = ">=0.1", names = ["small_init"] }]
"""
    )
    extra = {"SEEDBED_POLICY": str(policy), "COLUMNS": "400"}
    listed = run(environment.scripts / "seedbed", "list", "--all", "--json", extra=extra, cwd=tmp_path).stdout
    records = {record["full_name"]: record for record in json.loads(listed)}
    assert records["seedbed-example:small_init"]["blocked"] is None
    item = "{'distribution': 'seedbed-example', 'names': ['small_init'], 'version': '>=0.1'}"
    line = f"allow[0] = {item} of {policy}"
    assert records["seedbed-example:gpt2_normal"]["blocked"]["what"].startswith(line)
    plain = run(environment.scripts / "seedbed", "list", extra=extra, cwd=tmp_path).stdout
    assert "small_init" in plain
    assert "gpt2_normal" not in plain
    shown = run(environment.scripts / "seedbed", "list", "gpt2", "--all", extra=extra, cwd=tmp_path).stdout
    assert "blocked by allow[0]" in shown
    which = run(
        environment.scripts / "seedbed", "which", "gpt2_normal", extra=extra, cwd=tmp_path, status=1
    ).stdout
    assert "gpt2_normal means nothing" in which
    assert "blocked" in which
    which = run(
        environment.scripts / "seedbed", "which", "SmallInit", "--json", extra=extra, cwd=tmp_path
    ).stdout
    assert json.loads(which)["meant"] == "seedbed-example:small_init"
    missed = run(
        environment.scripts / "seedbed", "which", "smol_init", extra=extra, cwd=tmp_path, status=2
    ).stderr
    assert "did you mean 'small_init'" in missed


def test_an_alias_that_looks_like_a_full_name_takes_nobody_s(site):
    site.add("zeta", initializers={"tiny": "zeta_mod:Tiny"}, modules={"zeta_mod": constant_class("Tiny", 2)})
    site.add(
        "grabber",
        plugins={"p": "grabber_plugin"},
        modules={
            "grabber_plugin": returning(
                "[Entry('grab', 'grabber_mod:Grab', aliases=('seedbed>HeNormal', 'zeta>Tiny', 'other>Grab'))]"
            ),
            "grabber_mod": constant_class("Grab", 1),
        },
    )
    catalogue = Catalogue()
    assert catalogue.get("seedbed>HeNormal") == catalogue.get("he_normal")
    config = {"class_name": "HeNormal", "registered_name": "seedbed>HeNormal", "config": {}}
    assert catalogue.from_config(config) == catalogue.get("he_normal")
    with pytest.raises(AmbiguousNameError, match=r"'grabber:grab'.*'zeta:tiny'"):
        catalogue.get("zeta>Tiny")
    assert catalogue.get("zeta:Tiny")(1).tolist() == [2]
    assert catalogue.get("other>Grab")(1).tolist() == [1]


@pytest.mark.parametrize(
    "policy",
    [
        {"mode": "open", "disable": ["acme:truncated_normal"]},
        {"mode": "allowlist", "allow": [{"distribution": "acme", "names": ["mine"]}]},
    ],
)
def test_a_preset_whose_base_is_blocked_does_not_become_core_s(site, policy):
    site.add(
        "acme",
        plugins={"p": "acme_plugin"},
        modules={
            "acme_plugin": returning(
                "[Entry('truncated_normal', 'acme_mod:Mine'), Entry('mine', preset_of='truncated_normal')]"
            ),
            "acme_mod": constant_class("Mine", 1),
        },
    )
    assert Catalogue().get("mine")(1).tolist() == [1]
    with pytest.raises(EntryLoadError, match=r"a preset of 'truncated_normal', which is lost: acme 1.0"):
        Catalogue(policy=policy).get("mine")


def test_a_refresh_renews_what_the_policy_says_of_core(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("[tool.seedbed]\nmode = 'open'\n")
    catalogue = Catalogue(policy=path)
    catalogue.get("he_normal")
    path.write_text("[tool.seedbed]\nmode = 'open'\ndisable = ['seedbed:he_normal']\n")
    assert catalogue.choice("he_normal").meant == "seedbed:he_normal"  # the policy that was read first
    catalogue.refresh()
    with pytest.raises(BlockedNameError):
        catalogue.get("he_normal")
    assert not catalogue.choice("he_normal").meant


@pytest.mark.usefixtures("two_packages")
def test_a_policy_that_was_given_stays_what_it_was(tmp_path, monkeypatch):
    table = {"mode": "allowlist", "allow": []}
    catalogue = Catalogue(policy=table)
    table["allow"].append("acme-inits")
    assert names(catalogue) == set()
    for folder, mode in (("first", "allowlist'\nallow = []#"), ("second", "open")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "policy.toml").write_text(f"[tool.seedbed]\nmode = '{mode}'\n".replace("#'", ""))
    monkeypatch.chdir(tmp_path / "first")
    catalogue = Catalogue(policy="policy.toml")
    monkeypatch.chdir(tmp_path / "second")
    assert names(catalogue) == set()
    catalogue.refresh()
    assert names(catalogue) == set()


@pytest.mark.usefixtures("two_packages")
def test_an_entry_of_elsewhere_is_not_loaded():
    class Evil(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            raise NotImplementedError

    catalogue = denying("zeta-inits")
    forged = seedbed.Entry("he_normal", Evil).provided_by("seedbed", "1")
    for entry in (forged, Catalogue().entry("zeta-inits:other")):
        for ask in (catalogue.load, catalogue.arguments):
            with pytest.raises(EntryLoadError, match="is no entry of this catalogue"):
                ask(entry)
    assert type(catalogue.get("he_normal")).__name__ == "HeNormal"
    assert "zeta_mod" not in sys.modules


def test_a_version_that_is_none_is_denied_and_not_allowed(site):
    for version in ("banana", "1" * 1000 + "x"):
        folder = site.add_metadata(
            "vv-1.0",
            metadata=f"Metadata-Version: 2.1\nName: vv\nVersion: {version}\n",
            entry_points="[seedbed.initializers]\nvv = vv_mod:Vv\n",
        )
        site.add_module("vv_mod", constant_class("Vv"))
        for catalogue in (denying("vv>=0"), allowing("vv>=0")):
            with pytest.raises(BlockedNameError):
                catalogue.get("vv")
            assert catalogue.get("zeros")
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


@pytest.mark.usefixtures("two_packages")
def test_a_camel_case_form_can_be_denied():
    catalogue = denying({"distribution": "acme-inits", "names": ["Extra"]})
    assert catalogue.get("extra")(1).tolist() == [1]
    with pytest.raises(BlockedNameError):
        catalogue.get("Extra")


@pytest.mark.usefixtures("two_packages")
@pytest.mark.parametrize("name", ["Zeta_Inits:other", "zeta-inits>other", "ZETA-INITS:Other"])
def test_a_blocked_name_is_known_in_every_spelling(name):
    catalogue = Catalogue(policy={"mode": "open", "disable": ["zeta-inits:other"]})
    with pytest.raises(BlockedNameError):
        catalogue.get(name)
    assert [row.kind for row in catalogue.choice(name).candidates] == ["blocked"]


def test_a_barred_name_does_not_pass_to_another_entry_of_the_package(site):
    site.add(
        "vv",
        plugins={"p": "vv_plugin"},
        modules={
            "vv_plugin": returning("[Entry('tiny', 'vv_mod:TinyA'), Entry('other', 'vv_mod:Tiny')]"),
            "vv_mod": constant_class("Tiny") + "class TinyA(Tiny): pass\n",
        },
    )
    for policy in ({"mode": "open"}, {"mode": "open", "disable": ["vv:tiny"]}):
        with pytest.raises((EntryLoadError, BlockedNameError)):
            Catalogue(policy=policy).get("vv:Tiny")


def test_a_name_of_core_that_is_turned_off_is_explained(site):
    site.add("shadow", initializers={"he_normal": "s_mod:Ones"}, modules={"s_mod": constant_class("Ones", 1)})
    choice = Catalogue(policy={"mode": "open", "disable": ["seedbed:he_normal"]}).choice("he_normal")
    assert not choice.meant
    assert [(row.full_name, row.kind) for row in choice.candidates] == [
        ("shadow:he_normal", "passed over"),
        ("seedbed:he_normal", "blocked"),
    ]
    assert choice.candidates[0].what.startswith("the name stays seedbed's, whose entry is turned off")


@pytest.mark.slow
def test_a_plugin_s_module_of_another_package_is_not_imported_under_a_policy(make_environment):
    environment = make_environment("seedbed[cli]", "seedbed_example")
    (info,) = environment.site_packages.glob("seedbed_example-*.dist-info")
    cover = environment.site_packages / "cover-1.0.dist-info"
    cover.mkdir()
    (cover / "METADATA").write_text("Metadata-Version: 2.1\nName: cover\nVersion: 1.0\n")
    (cover / "entry_points.txt").write_text("[seedbed.plugins]\np = seedbed_example.plugin\n")
    (cover / "RECORD").write_text("cover-1.0.dist-info/METADATA,,\ncover-1.0.dist-info/entry_points.txt,,\n")
    assert "seedbed_example.plugin" in (info / "entry_points.txt").read_text()
    code = """
import sys, seedbed
catalogue = seedbed.Catalogue(policy={"mode": "allowlist", "allow": ["cover"]})
print(sorted({line.provider for line in catalogue.blocked}), "seedbed_example" in sys.modules)
"""
    assert environment.run_python(code).strip() == "['cover', 'seedbed-example'] False"


@pytest.mark.usefixtures("two_packages")
@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ({"mode": "open", "deny": ["acme-inits"]}, "extra"),
        ({"mode": "open", "disable": ["zeta-inits:other"]}, "other"),
        ({"mode": "open", "disable": ["zeta-inits:minute"]}, "minute"),
        ({"mode": "allowlist", "allow": []}, "tiny"),
        ({"mode": "open", "disable": ["seedbed:he_normal"]}, "he_normal"),
    ],
)
def test_a_name_that_is_blocked_cannot_be_registered(policy, name):
    class Own(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            raise NotImplementedError

    catalogue = Catalogue(policy=policy)
    for own_name, aliases in ((name, ()), ("own", (name,))):
        with pytest.raises(
            NameTakenError, match=f"the name '{name}' is blocked, and so not free: .*blocked by"
        ):
            catalogue.register(Own, own_name, aliases=aliases)
    with pytest.raises(BlockedNameError):
        catalogue.get(name)
    assert isinstance(catalogue.get(catalogue.register(Own, "own")), Own)


READ_ONCE = """
import os, sys
import seedbed

def asked(catalogue, name):
    try:
        return type(catalogue.get(name)).__name__
    except seedbed.SeedbedError as error:
        return type(error).__name__

if sys.argv[1] == "another catalogue first":
    asked(seedbed.Catalogue(policy={"mode": "open"}), "freed")
first = asked(seedbed.catalogue(), "freed")
print(first, [os.environ.get(name) for name in ("SEEDBED_POLICY", "SEEDBED_PLUGINS")])
seedbed.refresh()
catalogues = seedbed.catalogue(), seedbed.Catalogue()
print(*(asked(catalogue, name) for name in ("denied", "freed") for catalogue in catalogues))
"""


@pytest.mark.parametrize("first", ["", "another catalogue first"])
@pytest.mark.parametrize("variable", ["SEEDBED_POLICY", "SEEDBED_PLUGINS"])
def test_a_plugin_that_removes_the_policy_from_the_environment_opens_nothing(site, tmp_path, variable, first):
    removing = (
        "import os\nfor name in ('SEEDBED_POLICY', 'SEEDBED_PLUGINS'):\n    os.environ.pop(name, None)\n"
    )
    modules = {
        "freeing_plugin": removing + returning("[Entry('freed', 'freeing_mod:Freed')]"),
        "freeing_mod": constant_class("Freed"),
    }
    site.add("freeing", plugins={"p": "freeing_plugin"}, modules=modules)
    site.add("bad", initializers={"denied": "bad_mod:Denied"}, modules={"bad_mod": constant_class("Denied")})
    policy = tmp_path / "policy.toml"
    policy.write_text("[tool.seedbed]\nmode = 'open'\ndeny = ['bad']\n")
    text = str(policy) if variable == "SEEDBED_POLICY" else "freeing"
    extra = {"PYTHONPATH": str(site.folder), variable: text}
    before, after = run(sys.executable, "-c", READ_ONCE, first, extra=extra).stdout.splitlines()
    assert before == "Freed [None, None]"
    assert after == "BlockedNameError BlockedNameError Freed Freed"


def test_a_policy_that_comes_into_the_environment_too_late_is_an_error(site, tmp_path, monkeypatch):
    catalogue = Catalogue()
    assert "zeros" in catalogue
    monkeypatch.setenv("SEEDBED_POLICY", str(tmp_path / "policy.toml"))
    for ask in (
        catalogue.refresh,
        lambda: list(Catalogue()),
        lambda: list(Catalogue(policy={"mode": "open"})),
    ):
        with pytest.raises(
            PolicyError, match=r"SEEDBED_POLICY is '.*policy\.toml', and was '' when it was read"
        ):
            ask()
    assert "zeros" in catalogue


def test_seedbed_plugins_does_not_widen_what_is_left_on(two_packages, monkeypatch):
    monkeypatch.setenv("SEEDBED_PLUGINS", "acme-inits, zeta-inits")
    policy = replace(policy_in_force(None), only=frozenset({"acme-inits"}))
    assert names(Catalogue(policy=policy)) == {"acme-inits:tiny", "acme-inits:extra"}


def test_a_process_that_tries_one_package_reads_no_other(site):
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"})
    site.add("other", initializers={"large": "other_mod:Large"})
    assert {"acme:tiny", "other:large"} <= {entry.full_name for entry in discover().entries}
    found = discover(only={"acme"})
    assert [entry.full_name for entry in found.entries] == ["acme:tiny"]
    assert found.versions["other"] == "1.0"
