"""A package is upgraded while a process runs: what is new is found, and what still runs is said."""

import shutil
import sys

import pytest
from fakes import constant_class, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.catalogue.changes import Changes


@pytest.fixture
def install(site):
    """Return a function that puts a version of the package `acme` in the place of the one before."""

    def install(version, **options):
        for folder in site.folder.glob("acme-*.dist-info"):
            shutil.rmtree(folder)
        site.add("acme", version=version, **options)

    return install


def by_entry_point(version):
    points = {"tiny": "acme_tiny:Tiny", "other": "acme_other:Other"}
    modules = {"acme_tiny": constant_class("Tiny", version), "acme_other": constant_class("Other", version)}
    return {"version": f"{version}.0", "initializers": points, "modules": modules}


def test_an_upgrade_of_what_was_imported_needs_a_restart(install):
    install(**by_entry_point(1))
    catalogue = Catalogue()
    assert catalogue.get("tiny")(1).tolist() == [1]
    install(**by_entry_point(2))
    assert catalogue.refresh() == Changes(
        changed=("acme:other", "acme:tiny"), restart_required=("acme:tiny",)
    )
    assert catalogue.get("tiny")(1).tolist() == [1]  # which is why
    assert catalogue.get("other")(1).tolist() == [2]


def test_an_upgrade_of_what_was_not_imported_needs_none(install):
    install(**by_entry_point(1))
    catalogue = Catalogue()
    assert len(catalogue) > 0
    install(**by_entry_point(2))
    assert catalogue.refresh() == Changes(changed=("acme:other", "acme:tiny"))
    assert catalogue.get("tiny")(1).tolist() == [2]
    assert catalogue.to_config(catalogue.get("tiny"))["provider"] == "acme==2.0"


def test_what_changed_in_nothing_needs_none(install):
    install(**by_entry_point(1))
    catalogue = Catalogue()
    catalogue.get("tiny")
    assert catalogue.refresh() == Changes()


def test_an_upgrade_of_a_plugin_needs_a_restart_since_its_hooks_were_imported(install):
    def by_hook(version):
        entries = f"[Entry('thin_normal', preset_of='random_normal', arguments={{'stddev': {version}}})]"
        return {
            "version": f"{version}.0",
            "plugins": {"acme": "acme_plugin"},
            "modules": {"acme_plugin": returning(entries)},
        }

    install(**by_hook(1))
    catalogue = Catalogue()
    assert catalogue.get("thin_normal").stddev == 1
    install(**by_hook(2))
    assert catalogue.refresh().restart_required == ("acme:thin_normal",)
    assert catalogue.get("thin_normal").stddev == 1


def test_an_upgrade_needs_a_restart_if_the_package_around_the_module_was_imported(install, site):
    (site.folder / "acme").mkdir()
    (site.folder / "acme" / "__init__.py").write_text("")
    install("1.0", initializers={"tiny": "acme.tiny:Tiny"})
    catalogue = Catalogue()
    assert len(catalogue) > 0
    __import__("acme")
    install("2.0", initializers={"tiny": "acme.tiny:Tiny"})
    assert catalogue.refresh().restart_required == ("acme:tiny",)


def test_a_namespace_that_packages_share_has_no_version(install, site):
    (site.folder / "shared" / "acme").mkdir(parents=True)
    (site.folder / "shared" / "other").mkdir(parents=True)
    install("1.0", initializers={"tiny": "shared.acme:Tiny"})
    catalogue = Catalogue()
    assert len(catalogue) > 0
    __import__("shared.other")
    try:
        install("2.0", initializers={"tiny": "shared.acme:Tiny"})
        assert catalogue.refresh().restart_required == ()
    finally:
        del sys.modules["shared"], sys.modules["shared.other"]
