"""What keeps a lock from saying too much or too little, without the numbers of core's entries."""

import sys

import pytest
from fakes import constant_class, returning

import seedbed
from seedbed import locking
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import UnlockableError
from seedbed.governance.policy import read_variables_again
from seedbed.locking import entries
from seedbed.locking.entries import locked_entry
from seedbed.locking.fingerprint import Fingerprint
from seedbed.locking.survey import installed

NO_TWO_TEXTS_ALIKE = (
    constant_class("Tiny", 1)
    + """
    def __init__(self, near=object(), kind=float, some={"a", "b"}, call=lambda: 0, seed=None):
        pass
"""
)
PLUGIN = returning('[Entry("wide", preset_of="tiny")]')


@pytest.fixture
def acme(site, monkeypatch):
    """Install a package that can be locked, and stand-in metadata of core; no numbers are taken."""
    monkeypatch.setattr(entries, "fingerprint", lambda *_, **__: Fingerprint(why_not="nobody has looked"))
    site.add("seedbed", version=seedbed.__version__)
    site.add_record(f"seedbed-{seedbed.__version__}")
    modules = {"acme_mod": NO_TWO_TEXTS_ALIKE, "acme_plugin": PLUGIN}
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, plugins={"acme": "acme_plugin"}, modules=modules)
    site.add_record("acme-1.0", "acme_mod.py", "acme_plugin.py")
    return site


def only(*packages, **keys):
    return Catalogue(policy={"mode": "allowlist", "allow": list(packages), **keys})


class Mine(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return seedbed.get("zeros")(shape, dtype)


def test_a_default_without_a_text_of_its_own_stands_as_its_type(acme):
    catalogue = only("acme")
    row = locked_entry(catalogue, catalogue.entry("acme:tiny"))
    assert row.parameters == {
        "call": "of type function",
        "kind": "<class 'float'>",
        "near": "of type object",
        "seed": "null",
        "some": "of type set",
    }


def test_what_was_registered_in_the_process_is_no_part_of_a_lock_and_named_once(acme):
    catalogue = only("acme")
    catalogue.register(Mine, "mine")
    found = locking.survey(catalogue)
    why = "__main__:mine: it was registered in this process; put it into a package, and install that"
    assert found.obstacles == (("__main__:mine", why),)
    assert [row.name for row in found.lock.providers] == ["acme", "seedbed"]
    assert {row.provider for row in found.lock.entries} == {"acme", "seedbed"}
    with pytest.raises(UnlockableError, match=f"^{why}$"):
        locking.lock(catalogue)


def test_what_a_policy_blocks_is_said_with_the_line_that_does(acme):
    lock = locking.lock(only("acme"))
    assert locking.verify(lock, only("acme")) == []
    (said,) = locking.verify(lock, only("acme", disable=["acme:wide"]))
    assert said.startswith("acme 1.0: entry wide: blocked by disable[0] = 'acme:wide'")


@pytest.mark.parametrize("allowed", ["acme", "acme, zeta"])
def test_only_modules_of_packages_that_the_policy_lets_in_are_held(acme, tmp_path, monkeypatch, allowed):
    acme.add("zeta", initializers={"tiny": "zeta_mod:Tiny"}, modules={"zeta_mod": constant_class("Tiny")})
    acme.add_record("zeta-1.0", "zeta_mod.py")
    policy = tmp_path / "policy.toml"
    names = [f'"{name}"' for name in allowed.split(", ")]
    policy.write_text(f'[tool.seedbed]\nmode = "allowlist"\nallow = [{", ".join(names)}]\n')
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    read_variables_again()
    try:
        with installed():
            acme.add_module("zeta_mod", "VALUE = 7")
            if "zeta" not in allowed:
                import zeta_mod

                assert zeta_mod.VALUE == 7
                return
            with pytest.raises(ImportError, match=r"zeta_mod\.py has changed since it was compared"):
                import zeta_mod
    finally:
        monkeypatch.delenv("SEEDBED_POLICY")
        read_variables_again()


HIDING = """
import sys
survey = sys.modules["seedbed.locking.survey"]
survey.differences = lambda old, new: []
survey._without = lambda said, lock: lock
"""


def test_a_package_that_the_lock_does_not_have_cannot_hide_itself(acme, monkeypatch):
    locked = locking.survey().lock
    acme.add("evil", initializers={"evil": "evil_mod:Small"}, modules={"evil_mod": HIDING})
    acme.add_record("evil-1.0", "evil_mod.py")
    survey = sys.modules["seedbed.locking.survey"]
    for name in ("differences", "_without"):
        monkeypatch.setattr(survey, name, getattr(survey, name))  # put back what it overwrites
    assert "evil: package added, version 1.0" in locking.verify(locked)
