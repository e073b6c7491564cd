"""A name that is kept from a package does not come to mean another package's entry."""

import sys

import pytest
from fakes import constant_class, hook_module, returning

from seedbed import Initializer
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import (
    AmbiguousNameError,
    BlockedNameError,
    EntryLoadError,
    NameTakenError,
    RemovedNameError,
)
from seedbed.governance import Lock, LockedEntry, LockedHomonym, LockedProvider, LockedTombstone
from seedbed.governance.lock_rows import withheld_as_locked
from seedbed.governance.locked import bound
from seedbed.locking.survey import vouched

SPELLINGS = ("small", "Small")


class Small(Initializer):
    def __call__(self, shape, dtype=None):
        return shape, dtype


def add(site, name, value, *, version="1.0", **points):
    """Install a package with a class, and the name `small` for it unless other entry points are given."""
    module = name.replace("-", "_")
    site.add(name, version=version, **(points or {"initializers": {"small": f"{module}:Thing"}}))
    site.add_module(module, constant_class("Thing", value))
    site.add_record(f"{module}-{version}", f"{module}.py")


@pytest.fixture
def rival(site):
    """Install `b-inits`, which has the name too."""
    add(site, "b-inits", 2)
    return site


def preferring(**policy):
    return Catalogue(policy={"mode": "open", "prefer": {"small": "a-inits"}, **policy})


def assert_kept(catalogue, why, error=BlockedNameError, names=SPELLINGS):
    """Check that the bare names mean nothing, and that the rival's full name is told and means it."""
    for name in names:
        with pytest.raises(error, match=why) as raised:
            catalogue.get(name)
        assert "goes by its full name: 'b-inits:small' (b-inits==1.0)" in str(raised.value)
        assert name not in catalogue
        choice = catalogue.choice(name)
        assert choice.meant == ""
        assert choice.candidates[0].full_name == "b-inits:small"
        assert choice.candidates[0].kind in ("passed over", "ambiguous")
    assert catalogue.get("b-inits:small")(1).tolist() == [2]


NOT_ALLOWED = {
    "denied": ({"deny": ["a-inits"]}, r"blocked by deny\[0\] = 'a-inits'"),
    "denied in its version": ({"deny": ["a-inits==1.0"]}, r"blocked by deny\[0\] = 'a-inits==1\.0'"),
    "disabled": ({"disable": ["a-inits:small", "a-inits:Small"]}, r"blocked by disable\[0\]"),
    "not allowed": ({"mode": "allowlist", "allow": ["b-inits"]}, "allow of .*, which does not have a-inits"),
    "allowed in another version": (
        {"mode": "allowlist", "allow": ["b-inits", "a-inits>=2"]},
        r"allow\[1\] = 'a-inits>=2' of .*, which has no version 1\.0",
    ),
}


@pytest.mark.parametrize(("policy", "why"), NOT_ALLOWED.values(), ids=NOT_ALLOWED)
def test_a_preferred_package_that_is_blocked_leaves_the_name_to_nobody(rival, policy, why):
    add(rival, "a-inits", 1)
    assert preferring().get("small")(1).tolist() == [1]
    catalogue = preferring(**policy)
    assert_kept(catalogue, rf"is blocked: a-inits 1\.0: .* gives the name to a-inits alone; .*{why}")
    assert catalogue.choice("small").candidates[0].what.startswith("the name stays a-inits's; ")
    with pytest.raises(
        BlockedNameError, match=rf"^'a-inits:small' is blocked: a-inits 1\.0: entry small: .*{why}"
    ):
        catalogue.get("a-inits:small")


@pytest.mark.parametrize(("policy", "why"), NOT_ALLOWED.values(), ids=NOT_ALLOWED)
def test_what_the_policy_says_is_not_to_serve_counts_as_not_installed(rival, policy, why):
    add(rival, "a-inits", 1)
    with pytest.raises(AmbiguousNameError):
        Catalogue().get("small")
    catalogue = Catalogue(policy={"mode": "open", **policy})
    assert catalogue.get("small")(1).tolist() == [2]
    with pytest.raises(BlockedNameError, match=why):
        catalogue.get("a-inits:small")


BROKEN = {
    "is not installed": (lambda site: None, "a-inits is not installed"),
    "has a plugin that is broken": (
        lambda site: site.add("a-inits", plugins={"p": "a_inits"}, modules={"a_inits": "1 / 0"}),
        "plugin p = a_inits: raised ZeroDivisionError",
    ),
    "has other names": (
        lambda site: add(site, "a-inits", 1, initializers={"other": "a_inits:Thing"}),
        "a-inits has no such name",
    ),
    "has an entry point that is wrong": (
        lambda site: add(site, "a-inits", 1, initializers={"small": "no target"}),
        "entry point small = no target",
    ),
}


@pytest.mark.parametrize(("change", "why"), BROKEN.values(), ids=BROKEN)
def test_a_name_is_nobodys_where_the_preferred_package(rival, change, why):
    change(rival)
    assert_kept(preferring(), f"gives the name to a-inits alone; .*{why}", names=["small"])
    assert_kept(preferring(), "gives the name to a-inits alone")


def test_a_preferred_package_of_which_nobody_knows_leaves_the_name_to_nobody(rival):
    add(rival, "a-inits", 1)
    add(rival, "a-inits", 1, version="2.0", initializers={"small": "a_inits:Other"})
    assert_kept(preferring(), "is broken: a-inits", EntryLoadError, names=["small"])


def test_a_name_that_is_preferred_and_not_there_cannot_be_registered(rival):
    rival.hide()
    catalogue = preferring()
    with pytest.raises(BlockedNameError, match=r"'small' is blocked: .* alone; a-inits is not installed"):
        catalogue.get("small")
    with pytest.raises(NameTakenError, match="the name 'small' is blocked"):
        catalogue.register(Small, "small")


def test_without_any_package_a_preferred_name_is_said_to_be_turned_off(rival, monkeypatch):
    add(rival, "a-inits", 1)
    catalogue = preferring()
    from seedbed.governance.policy import read_variables_again

    monkeypatch.setenv("SEEDBED_PLUGINS", "0")
    read_variables_again()
    with pytest.raises(BlockedNameError, match="it is blocked by the environment variable SEEDBED_PLUGINS"):
        catalogue.get("small")
    read_variables_again()


def test_an_alias_that_both_have_stays_with_the_preferred_package_too(rival):
    add(rival, "a-inits", 1)
    assert preferring().get("Thing")(1).tolist() == [1]
    assert_kept(preferring(deny=["a-inits"]), "gives the name to a-inits alone", names=["Thing"])


def test_an_alias_that_the_preferred_package_never_had_is_the_others(rival):
    add(rival, "a-inits", 1, initializers={"small": "a_inits:Other"})
    assert preferring(deny=["a-inits"]).get("Thing")(1).tolist() == [2]


def test_a_package_that_another_has_overwritten_keeps_its_names(rival):
    add(rival, "a-inits", 1)
    rival.add("evil")
    rival.add_record("evil-1.0", "a_inits.py")
    catalogue = Catalogue(policy={"mode": "open", "deny": ["evil"]})
    assert_kept(catalogue, r"'(small|Small)' is blocked: a-inits 1\.0: .*evil")
    assert catalogue.choice("small").candidates[0].what.startswith("the name stays a-inits's; ")


HOOK = """[
    Entry("small", "a_inits:Thing", aliases=["tiny"]), seedbed.Tombstone("old", "1.0"),
    seedbed.Homonym("double", ["one", "two"]),
]"""
RIVAL_HOOK = (
    """[Entry("small", "b_inits:Thing", aliases=["tiny", "old", "double"]), Entry("own", "b_inits:Thing")]"""
)


@pytest.fixture
def locked(site, tmp_path, monkeypatch):
    """Install two packages with the same names, lock them, and return what gives a catalogue of the lock."""
    for name, hook in (("a", HOOK), ("b", RIVAL_HOOK)):
        site.add(f"{name}-inits", plugins={"p": f"{name}_plugin"})
        site.add_module(f"{name}_inits", constant_class("Thing", {"a": 1, "b": 2}[name]))
        site.add_module(f"{name}_plugin", returning(hook))
        site.add_record(f"{name}_inits-1.0", f"{name}_inits.py", f"{name}_plugin.py")
    lock = tmp_path / "seedbed.lock"
    lock_of(site, Catalogue(), "a-inits", "b-inits").write(lock)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))  # where guards are put
    return lambda **more: Catalogue(policy={"mode": "locked", "lock": str(lock), **more})


def lock_of(site, catalogue, *providers):
    packages, entries = [], []
    for name in providers:
        _, digest = vouched(str(site.folder / f"{name.replace('-', '_')}-1.0.dist-info"))
        packages.append(LockedProvider(name, "1.0", digest))
    for entry in catalogue:
        if entry.provider in providers:
            more = {
                "reproducibility": "undeclared",
                "aliases": tuple(sorted(entry.names[1:])),
                "bound": bound(entry),
            }
            entries.append(
                LockedEntry(entry.full_name, target=entry.place, preset_of=entry.preset_of, **more)
            )
    gone = [withheld_as_locked(row) for row in catalogue.every_withheld if row.provider in providers]
    kinds = [tuple(row for row in gone if isinstance(row, kind)) for kind in (LockedTombstone, LockedHomonym)]
    return Lock(1, tuple(packages), tuple(entries), *kinds)


def change_file(site):
    site.add_module("a_inits", constant_class("Thing", 3))


def change_plugin(site):
    site.add_module("a_plugin", returning(HOOK) + "# changed\n")


def change_version(site):
    folder = site.folder / "a_inits-1.0.dist-info"
    metadata = (folder / "METADATA").read_text()
    (folder / "METADATA").write_text(metadata.replace("Version: 1.0", "Version: 2.0"))
    folder.rename(site.folder / "a_inits-2.0.dist-info")


def uninstall(site):
    for path in (site.folder / "a_inits-1.0.dist-info").iterdir():
        path.unlink()
    for path in ("a_inits-1.0.dist-info",):
        (site.folder / path).rmdir()
    for path in ("a_inits.py", "a_plugin.py"):
        (site.folder / path).unlink()


def test_under_a_lock_that_fits_names_mean_what_they_do_without(locked):
    for catalogue in (Catalogue(), locked()):
        for name in ("small", "Small", "tiny"):
            with pytest.raises(AmbiguousNameError, match="a name of more than one installed package"):
                catalogue.get(name)
        with pytest.raises(RemovedNameError, match="'old' is gone: a-inits:old"):
            catalogue.get("old")
        with pytest.raises(AmbiguousNameError, match="'double' has more than one meaning"):
            catalogue.get("double")
        assert catalogue.get("own")(1).tolist() == [2]
    assert locked(prefer={"small": "a-inits"}).get("small")(1).tolist() == [1]


@pytest.mark.parametrize("change", [change_file, change_plugin, change_version, uninstall])
@pytest.mark.parametrize("policy", [{}, {"prefer": {"small": "a-inits"}}], ids=["plain", "preferred"])
def test_a_package_that_is_not_as_it_was_locked_keeps_all_names(site, locked, change, policy):
    change(site)
    catalogue = locked(**policy)
    assert_kept(
        catalogue, "is blocked: a-inits.* the lock", names=["small", "Small", "tiny", "old", "double"]
    )
    assert catalogue.get("own")(1).tolist() == [2]
    with pytest.raises(BlockedNameError, match=r"'a-inits:small' is blocked: .* by the lock"):
        catalogue.get("a-inits:small")


def test_a_preference_for_what_is_as_it_was_locked_settles_a_name(site, locked):
    change_file(site)
    assert locked(prefer={"small": "b-inits"}).get("small")(1).tolist() == [2]


@pytest.mark.parametrize("policy", [{"deny": ["a-inits"]}, {"allow": ["b-inits"]}])
@pytest.mark.parametrize("change", [lambda site: None, change_file, uninstall])
def test_what_the_policy_bars_beside_a_lock_keeps_no_name(site, locked, policy, change):
    change(site)
    catalogue = locked(**policy)
    for name in ("small", "Small", "tiny", "old", "double"):
        assert catalogue.get(name)(1).tolist() == [2]


def test_beside_a_lock_the_version_that_it_has_counts(site, locked):
    change_version(site)
    assert_kept(locked(deny=["a-inits==2.0"]), r"is blocked: a-inits 2\.0: ", names=["small", "old"])
    assert locked(deny=["a-inits<2"]).get("small")(1).tolist() == [2]


def test_names_that_are_allowed_beside_a_lock_are_kept_and_others_are_not(site, locked):
    change_file(site)
    catalogue = locked(allow=["b-inits", {"distribution": "a-inits", "names": ["small"]}])
    assert_kept(catalogue, "is blocked: a-inits.* the lock", names=["small", "Small"])
    assert catalogue.get("tiny")(1).tolist() == [2]


def test_a_package_that_the_lock_does_not_have_keeps_no_name(site, locked):
    add(site, "c-inits", 3, initializers={"own": "c_inits:Thing"})
    site.add("d-inits", plugins={"p": "d_plugin"})
    site.add_module("d_plugin", returning("[seedbed.Tombstone('own', '1.0')]"))
    catalogue = locked()
    assert catalogue.get("own")(1).tolist() == [2]
    with pytest.raises(BlockedNameError, match="the lock has no package c-inits"):
        catalogue.get("c-inits:own")


CHANGING = """
    import os

    @seedbed.hookimpl
    def seedbed_initializers():
        rows = {rows}
        return eval(os.environ["ROWS"]) if "ROWS" in os.environ else rows
"""


@pytest.fixture
def changing(site, locked, tmp_path):
    """Lock a plugin whose hook returns what the environment says."""
    del sys.modules["a_plugin"]
    site.add_module("a_plugin", hook_module(CHANGING.replace("{rows}", " ".join(HOOK.split()))))
    lock_of(site, Catalogue(), "a-inits", "b-inits").write(tmp_path / "seedbed.lock")
    return locked


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("[row for row in rows if row.name != 'old']", "old"),
        ("[row for row in rows if row.name != 'double']", "double"),
        ("[row for row in rows if row.name != 'small']", "small"),
        ("[seedbed.Tombstone('old', '2.0') if row.name == 'old' else row for row in rows]", "old"),
        (
            "[seedbed.Homonym('double', ['one', 'x']) if row.name == 'double' else row for row in rows]",
            "double",
        ),
        ("[Entry('small', 'a_inits:Thing') if row.name == 'small' else row for row in rows]", "tiny"),
        ("[*rows, seedbed.Tombstone('own', '1.0')]", None),
        ("[*rows, seedbed.Homonym('own', ['one', 'two'])]", None),
        ("[*rows, Entry('own', 'a_inits:Thing')]", None),
        ("1 / 0", "small"),
    ],
)
def test_a_hook_that_gives_other_rows_than_the_lock_has_gives_no_name_away(changing, monkeypatch, rows, kept):
    assert changing().get("own")(1).tolist() == [2]
    monkeypatch.setenv("ROWS", rows)
    catalogue = changing()
    if kept is None:
        assert catalogue.get("own")(1).tolist() == [2]
        return
    with pytest.raises((BlockedNameError, EntryLoadError), match=rf"'{kept}' is (blocked|broken): a-inits"):
        catalogue.get(kept)
    assert catalogue.get("own")(1).tolist() == [2]
