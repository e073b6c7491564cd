"""In the mode "locked" a name means what the lock has, or nothing: it never passes to another package."""

import sys

import pytest
from environments import run
from fakes import constant_class
from turns import one_in

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import BlockedNameError
from seedbed.governance import Lock, LockedEntry, LockedHomonym, LockedProvider, LockedTombstone
from seedbed.governance.modules import outermost
from seedbed.locking.survey import vouched

ASK = """
import sys
import seedbed
for name in sys.argv[1:]:
    try:
        print(name, seedbed.get(name)(1).tolist())
    except seedbed.SeedbedError as error:
        print(name, type(error).__name__, *str(error).split())
"""
ROWS = """
import os, seedbed
from seedbed import Entry, Homonym, Tombstone

@seedbed.hookimpl
def seedbed_initializers():
    return eval(os.environ.get("ROWS", "[Tombstone('gone', '1.0'), Homonym('small', ['one', 'two'])]"))
"""


def install(site, name, value, **package):
    module = name.replace("-", "_")
    site.add(name, modules={module: constant_class("Tiny", value), **package.pop("modules", {})}, **package)
    site.add_record(f"{module}-1.0", f"{module}.py", f"{module}_plugin.py")


def locked(site, *names):
    """Return the rows of packages as they are, without importing anything."""
    for name in names:
        files, digest = vouched(str(site.folder / f"{name.replace('-', '_')}-1.0.dist-info"))
        yield LockedProvider(name, "1.0", digest, outermost(files.modules))


def row(name):
    return LockedEntry(f"{name}-inits:tiny", f"{name}_inits:Tiny", reproducibility="exact", aliases=("Tiny",))


@pytest.fixture
def ask(site, tmp_path):
    """Return a function that asks for names in a process under the lock."""

    def ask(*names, policy="", **extra):
        path = tmp_path / "policy.toml"
        path.write_text(f"[tool.seedbed]\nmode = 'locked'\nlock = 'seedbed.lock'\n{policy}")
        extra = {"PYTHONPATH": str(site.folder), "SEEDBED_POLICY": str(path), **extra}
        said = run(sys.executable, "-P", "-c", ASK, *names, extra=extra).stdout.splitlines()
        return said[0] if len(names) == 1 else said

    return ask


@pytest.fixture
def rivals(site, tmp_path):
    """Install and lock two packages that both have `tiny`."""
    for name, value in (("a", 1), ("b", 666)):
        (site.folder / f"{name}_inits_plugin.py").write_text("")
        install(site, f"{name}-inits", value, initializers={"tiny": f"{name}_inits:Tiny"})
    Lock(1, tuple(locked(site, "a-inits", "b-inits")), (row("a"), row("b"))).write(tmp_path / "seedbed.lock")
    return site


PREFER = "[tool.seedbed.prefer]\ntiny = 'a-inits'\n"


@pytest.mark.parametrize(
    ("policy", "gone"),
    one_in(
        3,
        {
            "changed-ambiguous": ("", False),
            "changed-preferred": (PREFER, False),
            "uninstalled-ambiguous": ("", True),
            "uninstalled-preferred": (PREFER, True),
        },
    ),
)
def test_the_name_of_a_package_that_is_not_as_it_was_locked_passes_to_nobody(rivals, ask, policy, gone):
    assert ask("tiny", policy=policy).split()[1] == ("[1.0]" if policy else "AmbiguousNameError")
    if gone:
        for path in (rivals.folder / "a_inits-1.0.dist-info").iterdir():
            path.unlink()
        (rivals.folder / "a_inits-1.0.dist-info").rmdir()
    else:
        (rivals.folder / "a_inits.py").write_text(constant_class("Tiny", 2))
    for name in ("tiny", "Tiny"):
        said = ask(name, policy=policy)
        assert said.startswith(f"{name} BlockedNameError '{name}' is blocked: a-inits"), said
        assert "the lock" in said
    assert ask("b-inits:tiny", policy=policy) == "b-inits:tiny [666.0]"


def test_a_preference_for_another_package_settles_it(rivals, ask):
    (rivals.folder / "a_inits.py").write_text(constant_class("Tiny", 2))
    assert ask("tiny", policy=PREFER.replace("a-inits", "b-inits")) == "tiny [666.0]"


@pytest.mark.parametrize("policy", ["deny = ['a-inits']\n", "disable = ['a-inits:tiny', 'a-inits:Tiny']\n"])
def test_a_name_that_the_policy_takes_from_a_package_is_free(rivals, ask, policy):
    assert ask("tiny", policy=policy) == "tiny [666.0]"


def test_a_package_that_is_not_in_the_lock_takes_no_name(rivals, ask):
    install(rivals, "evil-inits", 13, initializers={"tiny": "evil_inits:Tiny"})
    assert ask("tiny", policy=PREFER) == "tiny [1.0]"


@pytest.fixture
def withholding(site, tmp_path):
    """Install and lock a package that keeps two names back, and one that has entries of these names."""
    install(
        site,
        "a-inits",
        1,
        plugins={"p": "a_inits_plugin"},
        modules={"a_inits_plugin": ROWS},
    )
    names = ("gone", "small", "free")
    (site.folder / "b_inits_plugin.py").write_text("")
    install(site, "b-inits", 666, initializers=dict.fromkeys(names, "b_inits:Tiny"))
    lock = Lock(
        1,
        tuple(locked(site, "a-inits", "b-inits")),
        tuple(
            LockedEntry(
                f"b-inits:{name}",
                "b_inits:Tiny",
                reproducibility="exact",
                aliases=(name.capitalize(), "Tiny"),
            )
            for name in names
        ),
        (LockedTombstone("a-inits:gone", "1.0"),),
        (LockedHomonym("a-inits:small", ("one", "two")),),
    )
    lock.write(tmp_path / "seedbed.lock")
    return site


@pytest.mark.usefixtures("withholding")
def test_names_that_the_lock_keeps_back_are_kept_back(ask):
    gone, small, free = ask("gone", "small", "free")
    assert gone.startswith("gone RemovedNameError 'gone' is gone: a-inits:gone")
    assert small.startswith("small AmbiguousNameError 'small' has more than one meaning")
    assert free == "free [666.0]"


@pytest.mark.usefixtures("withholding")
@pytest.mark.parametrize(
    "rows",
    ["[]", "[Tombstone('gone', '1.0', replaced_by='x'), Homonym('small', ['one', 'three'])]"],
    ids=["missing", "another"],
)
def test_names_that_a_package_does_not_keep_back_as_locked_pass_to_nobody(ask, rows):
    for said in ask("gone", "small", "Gone", "Small", ROWS=rows):
        assert said.split()[1] == "BlockedNameError", said
        assert "the lock" in said
    assert ask("b-inits:gone", ROWS=rows) == "b-inits:gone [666.0]"


@pytest.mark.usefixtures("withholding")
@pytest.mark.parametrize("row", ["Tombstone('free', '1.0')", "Homonym('free', ['one', 'two'])"])
def test_a_name_that_the_lock_does_not_keep_back_is_free(ask, row):
    rows = f"[Tombstone('gone', '1.0'), Homonym('small', ['one', 'two']), {row}]"
    assert ask("free", ROWS=rows) == "free [666.0]"
    assert "the lock has no" in ask("a-inits:free", ROWS=rows)


def test_without_a_lock_the_name_of_a_preferred_package_that_is_denied_passes_to_nobody(site):
    for name, value in (("a", 1), ("b", 666)):
        install(site, f"{name}-inits", value, initializers={"tiny": f"{name}_inits:Tiny"})
    prefer = {"tiny": "a-inits"}
    assert Catalogue(policy={"mode": "open", "prefer": prefer}).get("tiny")(1).tolist() == [1]
    catalogue = Catalogue(policy={"mode": "open", "prefer": prefer, "deny": ["a-inits==1.0"]})
    with pytest.raises(BlockedNameError, match=r"'tiny' is blocked: a-inits 1\.0"):
        catalogue.get("tiny")
    assert catalogue.get("b-inits:tiny")(1).tolist() == [666]
