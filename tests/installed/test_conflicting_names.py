"""Several packages claim one name: nobody is ever shadowed, and no order decides."""

import itertools
import os
import sys

import pytest
from environments import run
from fakes import constant_class, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import AmbiguousNameError, EntryLoadError, NameTakenError

CLAIM = (
    r"'tiny' is a name of more than one installed package; .*"
    r"'aaa:tiny' \(aaa==1\.0\), 'zzz:tiny' \(zzz==2\.0\)"
)


def _add_claims(first, second):
    first.add("aaa", initializers={"tiny": "aaa_one:Tiny"}, modules={"aaa_one": constant_class("Tiny", 1)})
    second.add(
        "zzz",
        version="2.0",
        initializers={"tiny": "zzz_two:Tiny"},
        modules={"zzz_two": constant_class("Tiny", 2)},
    )


def test_two_packages_with_one_bare_name_are_an_error_that_shows_both_full_names(site):
    _add_claims(site, site)
    catalogue = Catalogue()
    for name in ("tiny", "Tiny"):
        with pytest.raises(AmbiguousNameError, match=CLAIM.replace("'tiny' is", f"'{name}' is")):
            catalogue.get(name)
    assert catalogue.get("aaa:tiny")(1).tolist() == [1]
    assert catalogue.get("zzz:tiny")(1).tolist() == [2]
    assert "tiny" not in catalogue
    assert {entry.full_name for entry in catalogue} >= {"aaa:tiny", "zzz:tiny"}


def test_a_config_says_which_of_them_it_means(site):
    _add_claims(site, site)
    catalogue = Catalogue()
    config = catalogue.to_config(catalogue.get("zzz:tiny"))
    assert config == {"class_name": "Tiny", "config": {}, "provider": "zzz==2.0"}
    assert catalogue.from_config(config)(1).tolist() == [2]
    with pytest.raises(AmbiguousNameError, match="'aaa:tiny'"):
        catalogue.from_config({"class_name": "Tiny", "config": {}})


def test_a_look_up_that_worked_becomes_an_error_and_never_another_implementation(site):
    site.add("zzz", initializers={"tiny": "zzz_two:Tiny"}, modules={"zzz_two": constant_class("Tiny", 2)})
    catalogue = Catalogue()
    assert catalogue.get("tiny")(1).tolist() == [2]
    site.add("aaa", initializers={"tiny": "aaa_one:Tiny"}, modules={"aaa_one": constant_class("Tiny", 1)})
    assert catalogue.refresh().added == ("aaa:tiny",)
    with pytest.raises(AmbiguousNameError, match="'aaa:tiny'"):
        catalogue.get("tiny")


ASK = """
import seedbed
for name in ("tiny", "Tiny", "aaa:tiny", "zzz:tiny", "he_normal", "zzz:he_normal", "missing_tiny"):
    try:
        print(name, seedbed.get(name)(1).tolist() if name != "he_normal" else seedbed.get(name))
    except seedbed.SeedbedError as error:
        print(name, type(error).__name__, error)
print([entry.full_name for entry in seedbed.catalogue()])
print([str(problem) for problem in seedbed.catalogue().problems])
"""


@pytest.mark.slow
def test_nothing_depends_on_the_order_of_the_path_or_on_hash_seeds(make_site):
    one, two = make_site("one"), make_site("two")
    _add_claims(one, two)
    two.add_module("zzz_bad", returning("[Entry('nine', 'a:B'), Entry('nine', 'c:D')]"))
    two.add("bad", plugins={"bad": "zzz_bad"})
    two.add("zzz-more", initializers={"he_normal": "zzz_two:Tiny"})
    orders = itertools.product("01", [[one, two], [two, one]])
    answers = {
        run(
            sys.executable,
            "-c",
            ASK,
            extra={"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(str(site.folder) for site in path)},
        ).stdout
        for seed, path in orders
    }
    (answer,) = answers
    assert "tiny AmbiguousNameError" in answer
    assert "aaa:tiny [1.0]" in answer
    assert "he_normal HeNormal()" in answer


def test_hash_seeds_do_change_the_order_of_a_set():
    code = "print(list({'aaa', 'zzz', 'tiny', 'he_normal'}))"
    assert len({run(sys.executable, "-c", code, extra={"PYTHONHASHSEED": seed}).stdout for seed in "01"}) > 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_nothing_depends_on_the_order_of_installation(site, order):
    installs = [
        lambda: site.add(
            "aaa", initializers={"tiny": "aaa_one:Tiny"}, modules={"aaa_one": constant_class("Tiny", 1)}
        ),
        lambda: site.add("zzz", version="2.0", initializers={"tiny": "zzz_two:Tiny"}),
    ]
    for index in order:
        installs[index]()
    with pytest.raises(AmbiguousNameError, match=CLAIM):
        Catalogue().get("tiny")


@pytest.mark.parametrize("name", ["he_normal", "HeNormal", "HeNormalV2"])
def test_a_package_that_claims_a_name_of_core_never_gets_it(site, name):
    site.add(
        "impostor",
        plugins={"impostor": "impostor_plugin"},
        modules={"impostor_seven": constant_class("Seven", 7)},
    )
    site.add_module(
        "impostor_plugin", returning(f"[Entry('sly', 'impostor_seven:Seven', aliases=({name!r},))]")
    )
    catalogue = Catalogue()
    assert [entry.full_name for entry in catalogue.candidates(name)] == ["seedbed:he_normal"]
    assert name in catalogue
    assert catalogue.entry(name).full_name == "seedbed:he_normal"
    assert catalogue.from_config({"class_name": name, "config": {}}) == catalogue.get("he_normal")
    assert catalogue.get(f"impostor:{name}")(1).tolist() == [7]


def test_an_entry_point_with_a_name_of_core_is_found_by_its_full_name_alone(site):
    site.add("impostor", initializers={"he_normal": "impostor_seven:Seven"})
    site.add_module("impostor_seven", constant_class("Seven", 7))
    catalogue = Catalogue()
    assert [entry.provider for entry in catalogue.candidates("he_normal")] == ["seedbed"]
    assert catalogue.entry("he_normal").provider == "seedbed"
    assert catalogue.get("impostor:he_normal")(1).tolist() == [7]
    assert catalogue.get("Seven")(1).tolist() == [7]


def test_a_package_that_calls_itself_seedbed_changes_nothing_of_core(site):
    before = [entry for entry in Catalogue() if entry.provider == "seedbed"]
    site.add(
        "Seedbed",
        version="99",
        initializers={"he_normal": "impostor_seven:Seven", "extra_seven": "impostor_seven:Seven"},
        modules={"impostor_seven": constant_class("Seven", 7)},
    )
    catalogue = Catalogue()
    assert [entry for entry in catalogue if entry.provider == "seedbed"] == before
    assert "impostor" not in repr(catalogue.load("he_normal"))
    assert "extra_seven" not in catalogue
    mine = [str(problem) for problem in catalogue.problems if "Seedbed-99" in problem.provider]
    assert len(mine) == 2
    said = "not used: the name 'seedbed' of this distribution is reserved"
    assert f"99: entry point extra_seven = impostor_seven:Seven: {said}" in mine[0]
    with pytest.raises(EntryLoadError, match=r"'extra_seven' is broken: .*the name 'seedbed'.* is reserved"):
        catalogue.get("extra_seven")


def test_a_plugin_of_a_package_that_calls_itself_seedbed_is_not_imported(site):
    site.add("seed.bed", plugins={"x": "other_plugin"}, modules={"other_plugin": returning("[]")})
    site.add("SEEDBED", version="99", plugins={"x": "impostor_plugin"})
    site.add_module("impostor_plugin", returning("[Entry('extra_seven', 'a:B')]"))
    catalogue = Catalogue()
    assert "extra_seven" not in catalogue
    assert "impostor_plugin" not in sys.modules
    assert "other_plugin" in sys.modules
    (problem,) = (problem for problem in catalogue.problems if "SEEDBED-99" in problem.provider)
    assert "entry point x = impostor_plugin: not used" in str(problem)


def test_one_package_that_gives_one_name_two_meanings_loses_it_alone(site):
    site.add(
        "twice",
        initializers={"tiny": "twice_mod:Tiny", "good_seven": "twice_mod:Seven"},
        plugins={"twice": "twice_plugin"},
        modules={
            "twice_plugin": returning("[Entry('tiny', 'twice_mod:Other')]"),
            "twice_mod": constant_class("Seven", 7),
        },
    )
    catalogue = Catalogue()
    (problem,) = (problem for problem in catalogue.problems if problem.provider == "twice")
    assert "gives the name 'tiny' two meanings: 'twice_mod:Other' and 'twice_mod:Tiny'" in str(problem)
    for name in ("tiny", "twice:tiny"):
        with pytest.raises(EntryLoadError, match=rf"'{name}' is broken: twice 1\.0: .*two meanings"):
            catalogue.get(name)
    assert catalogue.get("good_seven")(1).tolist() == [7]


def test_one_package_may_say_the_same_twice(site):
    same = "Entry('tiny', 'twice_mod:Tiny')"
    site.add("twice", initializers={"tiny": "twice_mod:Tiny"}, plugins={"twice": "twice_plugin"})
    site.add_module("twice_plugin", returning(f"[{same}, {same}]"))
    site.add_module("twice_mod", constant_class("Tiny", 1))
    catalogue = Catalogue()
    assert catalogue.get("tiny")(1).tolist() == [1]
    assert not [problem for problem in catalogue.problems if problem.provider == "twice"]


def test_a_name_of_an_installed_package_cannot_be_registered_in_the_process(site):
    _add_claims(site, site)
    catalogue = Catalogue()
    with pytest.raises(NameTakenError, match=r"the name 'tiny' is taken by aaa:tiny \(aaa==1\.0\)"):
        catalogue.register(catalogue.load("zzz:tiny"), "tiny")


def test_the_first_of_two_copies_on_the_path_is_the_one_whose_modules_python_imports(make_site):
    later, earlier = make_site("later"), make_site("earlier")
    for value, site in ((1, later), (2, earlier)):
        site.add("acme", version=f"{value}.0", initializers={"tiny": "acme_tiny:Tiny"})
        site.add_module("acme_tiny", constant_class("Tiny", value))
    catalogue = Catalogue()
    assert catalogue.entry("tiny").source == "acme==2.0"
    assert catalogue.get("tiny")(1).tolist() == [2]
