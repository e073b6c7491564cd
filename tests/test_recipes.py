"""Recipes: rules for whole architectures, as entries of the catalogue."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import seedbed
from seedbed.errors import (
    AmbiguousNameError,
    DeprecatedNameWarning,
    EntryLoadError,
    RemovedNameError,
    RulesError,
    UnknownNameError,
)
from seedbed.locking import Lock
from seedbed.locking.differences import differences
from seedbed.locking.entries import locked_entry
from seedbed.models import initialize
from seedbed.rules import as_rules, parse
from seedbed.testing import FakeDistribution, installed_catalogue

RULES = """
recipe = "mlp"
source = "written for this test"

[notes]
multiplier = "the output is divided by layers"

[parameters]
layers = { type = "int", min = 1, default = { count = "layer" } }
stddev = { type = "float", default = 0.02 }

[roles]
"block/{layer}/w" = { torch = "*layers/{layer}/weight", flax = "*layers_{layer}/kernel" }
"block/{layer}/b" = { torch = "*layers/{layer}/bias", flax = "*layers_{layer}/bias" }
"head" = { torch = "head/weight", flax = "head/kernel", optional = true }

[[rules]]
match = "block/{layer}/b"
initializer = "zeros"

[[rules]]
match = ["block/{layer}/w", "head"]
initializer = "random_normal"
arguments = { stddev = { expr = "stddev / layers" } }
"""
CHILD = """
recipe = "wide_mlp"
extends = "mlp"

[parameters]
stddev = { type = "float", default = 0.5 }

[roles]
"head" = { torch = "lm_head/weight" }

[[rules]]
match = "head"
initializer = "ones"
"""
HOOKS = """
import seedbed

@seedbed.hookimpl
def seedbed_recipes():
    return [
        seedbed.Entry("mlp", "acme_recipes:mlp.toml", aliases=["perceptron"], owner="team", tags=["dense"]),
        seedbed.Entry("mlp_of_two", preset_of="mlp", arguments={"layers": 2}),
        seedbed.Entry("wide_mlp", "acme_recipes:wide.toml"),
        seedbed.Entry("old_mlp", preset_of="mlp", deprecated=seedbed.Deprecation("1.0", "2.0", "mlp")),
        seedbed.Tombstone("oldest_mlp", "0.9", replaced_by="mlp"),
    ]
"""


def acme(name="acme-recipes", package="acme_recipes", hooks=HOOKS, **changed):
    files = {f"{package}/mlp.toml": RULES, f"{package}/wide.toml": CHILD, **changed}
    modules = {f"{package}.__init__": "", f"{package}.plugin": hooks.replace("acme_recipes", package)}
    return FakeDistribution(name, plugins={"main": f"{package}.plugin"}, modules=modules, files=files)


@pytest.fixture
def catalogue():
    with installed_catalogue(acme()) as found:
        yield found


def model(layers=2, **more):
    shapes = {f"layers.{n}.weight": (3, 3) for n in range(layers)} | {
        f"layers.{n}.bias": (3,) for n in range(layers)
    }
    return {path: np.full(shape, 7, np.float32) for path, shape in {**shapes, **more}.items()}


@pytest.mark.usefixtures("catalogue")
def test_a_model_is_initialized_by_the_name_of_a_recipe():
    ours = model()
    plan = initialize(ours, "mlp", seed=7, strict=True)
    normal = seedbed.get("random_normal", stddev=0.01, seed=7)
    np.testing.assert_array_equal(ours["layers.1.weight"], normal.fold_in("block/1/w")((3, 3)))
    assert list(plan.initializers) == ["layers/0/weight", "layers/1/weight", "layers/0/bias", "layers/1/bias"]
    for name in ("acme-recipes:mlp", "perceptron", "Mlp", "mlp_of_two"):
        assert initialize(model(), name, seed=7).initializers == plan.initializers


@pytest.mark.usefixtures("catalogue")
def test_a_recipe_takes_parameters():
    rules = seedbed.recipe("mlp", layers=4)
    assert rules.about.recipe == "mlp"
    assert rules.about.notes == ("multiplier: the output is divided by layers",)
    assert initialize(model(), rules, seed=7).initializers["layers/0/weight"].stddev == 0.005
    assert seedbed.recipe("mlp_of_two").given == {"layers": 2}
    with pytest.raises(RulesError, match="got layer=3, and these rules have no such parameter; did you mean"):
        seedbed.recipe("mlp", layer=3)


@pytest.mark.usefixtures("catalogue")
def test_a_recipe_refuses_a_model_that_it_was_not_made_for():
    strange = model(**{"extra.weight": (2, 2)})
    with pytest.raises(
        RulesError, match=r"this is no model for the recipe mlp:\n  extra/weight: it has no role"
    ):
        initialize(strange, "mlp", seed=7)
    lacking = {"layers.0.weight": np.full((3, 3), 7, np.float32)}
    with pytest.raises(RulesError, match=r"for the role block/\{layer\}/b: no weight has it"):
        initialize(lacking, "mlp", seed=7)
    assert all((array == 7).all() for array in (*strange.values(), *lacking.values()))


@pytest.mark.usefixtures("catalogue")
def test_a_recipe_extends_another_by_role():
    ours = model(**{"lm_head.weight": (2, 2)})
    initialize(ours, "wide_mlp", seed=7, strict=True)
    assert (ours["lm_head.weight"] == 1).all()
    normal = seedbed.get("random_normal", stddev=0.25, seed=7)
    np.testing.assert_array_equal(ours["layers.0.weight"], normal.fold_in("block/0/w")((3, 3)))
    assert seedbed.recipe("wide_mlp").about.notes == seedbed.recipe("mlp").about.notes
    own = as_rules({"extends": "mlp", "rules": [{"match": "head", "initializer": "ones"}]})
    assert own.about.recipe == "mlp"


def test_recipes_are_entries_and_no_initializers(catalogue):
    assert [entry.full_name for entry in catalogue.recipes] == [
        f"acme-recipes:{name}" for name in ("mlp", "mlp_of_two", "old_mlp", "wide_mlp")
    ]
    assert not [entry for entry in catalogue if entry.provider == "acme-recipes"]
    assert catalogue.entry("perceptron").owner == "team"
    with pytest.raises(EntryLoadError, match=r"mlp is a recipe.* call seedbed.recipe\('acme-recipes:mlp'\)"):
        seedbed.get("mlp")
    with pytest.raises(UnknownNameError, match="seedbed:he_normal is an initializer, and no recipe"):
        seedbed.recipe("he_normal")
    assert [str(problem) for problem in catalogue.problems if "acme" in str(problem)] == []


@pytest.mark.usefixtures("catalogue")
def test_names_of_recipes_go_as_those_of_initializers():
    with pytest.warns(DeprecatedNameWarning, match="acme-recipes:old_mlp is deprecated since 1.0"):
        seedbed.recipe("old_mlp")
    with pytest.raises(RemovedNameError, match=r"removed in 0\.9; use 'mlp' instead"):
        seedbed.recipe("oldest_mlp")
    with pytest.raises(UnknownNameError, match=r"mlpp.*did you mean 'mlp'"):
        seedbed.recipe("mlpp")
    with pytest.raises(
        RulesError, match=r"got 'mlpp' as rules; there is no such file, and no .*did you mean 'mlp'"
    ):
        as_rules("mlpp")


def test_two_packages_with_one_name_are_ambiguous():
    with installed_catalogue(acme(), acme("other-recipes", "other_recipes")):
        with pytest.raises(AmbiguousNameError, match=r"'acme-recipes:mlp' .*'other-recipes:mlp'"):
            as_rules("mlp")
        assert seedbed.recipe("other-recipes:mlp").rules


def test_a_policy_allows_recipes_as_it_allows_initializers():
    policy = {"mode": "allowlist", "allow": [{"distribution": "some-other"}]}
    with installed_catalogue(acme(), policy=policy) as catalogue:
        assert catalogue.recipes == ()
        with pytest.raises(UnknownNameError):
            seedbed.recipe("acme-recipes:mlp")


def test_an_entry_point_alone_is_enough():
    fake = FakeDistribution(
        "acme-recipes",
        recipes={"mlp": "acme_recipes:mlp.toml", "class": "acme_recipes:Mlp"},
        initializers={"wrong": "acme_recipes:mlp.toml"},
        modules={"acme_recipes.__init__": ""},
        files={"acme_recipes/mlp.toml": RULES},
    )
    with installed_catalogue(fake) as catalogue:
        assert [entry.name for entry in catalogue.recipes] == ["mlp"]
        assert seedbed.recipe("mlp").about.recipe == "mlp"
        told = "\n".join(map(str, catalogue.problems))
        assert (
            "the group seedbed.recipes is for files of packages, 'package:file.toml', got 'acme_recipes:Mlp'"
            in told
        )
        assert (
            "the group seedbed.initializers is for classes, 'module:Class', got 'acme_recipes:mlp.toml'"
            in told
        )


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("x = ", "mlp.toml.* is not a valid TOML file"),
        (
            RULES.replace('recipe = "mlp"', ""),
            "acme_recipes/mlp.toml is no recipe; give it the key 'recipe', such as 'mlp'",
        ),
        (
            RULES.replace('match = "block/{layer}/b"', 'match = "*"'),
            "rule 1 matches everything, by .*names what it is for",
        ),
        (RULES.replace("stddev / layers", "stddev / layer5"), r"rule 2, line \d+: unknown name 'layer5'"),
        (RULES.replace('recipe = "mlp"', "recipe = 3"), "recipe must be a string, got 3"),
        (
            RULES.replace('multiplier = "the output is divided by layers"', "multiplier = 3"),
            "notes must be a table of strings",
        ),
        (RULES + 'extends = "mlp"', "unknown key 'extends'"),
        ('extends = "mlp"' + RULES, "a recipe extends itself.*acme-recipes:mlp -> acme-recipes:mlp"),
        ('extends = "no_such"' + RULES, "extends 'no_such': no recipe is named 'acme-recipes:no_such'"),
    ],
)
def test_a_broken_recipe_is_told_when_it_is_asked_for_and_hurts_nobody_else(content, match):
    with installed_catalogue(
        acme(**{"acme_recipes/mlp.toml": content}), acme("other-recipes", "other_recipes")
    ):
        with pytest.raises((RulesError, UnknownNameError), match=match):
            seedbed.recipe("acme-recipes:mlp")
        assert seedbed.recipe("other-recipes:wide_mlp").rules


def test_a_recipe_without_its_file_is_told():
    hooks = HOOKS.replace("acme_recipes:mlp.toml", "acme_recipes:gone.toml")
    with (
        installed_catalogue(acme(hooks=hooks)),
        pytest.raises(
            EntryLoadError, match=r"acme-recipes:mlp \(acme-recipes==1.0\) cannot be read: .*gone.toml"
        ),
    ):
        seedbed.recipe("mlp")


def test_a_lock_has_the_digest_of_a_recipe():
    rows = []
    for content in (RULES, RULES.replace("0.02", "0.03")):
        with installed_catalogue(acme(**{"acme_recipes/mlp.toml": content})) as catalogue:
            rows.append(locked_entry(catalogue, catalogue.entry("mlp")))
    assert re.fullmatch("sha256:[0-9a-f]{64}", rows[0].content)
    old, new = (Lock(1, entries=(row,)) for row in rows)
    assert [line.split(" changed: ")[0] for line in differences(old, new)] == ["acme-recipes:mlp: content"]


def test_a_file_that_is_called_like_a_recipe_is_asked_about(tmp_path, monkeypatch, catalogue):
    monkeypatch.chdir(tmp_path)
    Path("own").write_text("[[rules]]\nmatch = '*'\ninitializer = 'ones'")
    assert as_rules("own").rules
    Path("mlp").write_text("[[rules]]\nmatch = '*'\ninitializer = 'ones'")
    with pytest.raises(
        RulesError, match=r"'mlp' is a recipe and a file; write pathlib.Path\('mlp'\) for the file"
    ):
        as_rules("mlp")
    assert as_rules(Path("mlp")).about.recipe == ""
    assert "mlp" in {entry.name for entry in catalogue.recipes}


def test_a_recipe_in_a_file_is_one_too():
    rules = parse(RULES, "mlp.toml")
    with pytest.raises(RulesError, match="no model for the recipe mlp"):
        rules.plan(["x"], seed=7)


def put(site, content):
    """Install the package as pip would, with the digests of its files."""
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir()
    acme(**{"acme_recipes/mlp.toml": content}).install(site)
    rows = []
    for file in sorted(path for path in site.rglob("*") if path.is_file()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest()).rstrip(b"=").decode()
        rows.append(f"{file.relative_to(site).as_posix()},sha256={digest},")
    info = "acme_recipes-1.0.dist-info"
    (site / info / "RECORD").write_text("\n".join([*rows, f"{info}/RECORD,,"]))


def told(site, *command, **variables):
    """Return what a process says that has the package installed."""
    paths = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_recipe_is_served_as_it_was_locked_and_not_otherwise(tmp_path):
    site, lock, policy = tmp_path / "site", tmp_path / "seedbed.lock", tmp_path / "policy.toml"
    policy.write_text(f"[tool.seedbed]\nmode = 'locked'\nlock = '{lock.as_posix()}'\n")
    put(site, RULES)
    write = f"from seedbed.locking import survey; survey().lock.write({str(lock)!r})"
    verify = (
        "from seedbed.locking import Lock, verify; "
        f"print([line for line in verify(Lock.read({str(lock)!r})) if 'acme-recipes' in line])"
    )
    ask = "import seedbed; print(len(seedbed.recipe('mlp').rules), 'rules')"
    assert told(site, "-c", write) == ""
    assert told(site, "-c", verify) == "[]\n"
    assert told(site, "-c", ask, SEEDBED_POLICY=str(policy)) == "2 rules\n"
    put(site, RULES.replace("0.02", "0.03"))
    assert "the files of acme-recipes 1.0 have changed" in told(site, "-c", verify)
    assert "the files of acme-recipes 1.0 are not those of the lock" in told(
        site, "-c", ask, SEEDBED_POLICY=str(policy)
    )


@pytest.mark.slow
def test_the_doctor_reads_recipes(tmp_path):
    put(tmp_path / "site", "x = ")
    found = told(tmp_path / "site", "-m", "seedbed", "doctor")
    said = "broken: acme-recipes 1.0: acme-recipes:mlp (acme_recipes/mlp.toml) is not a valid TOML file"
    assert said in " ".join(found.split())  # whose lines are as wide as a terminal
    put(tmp_path / "site", RULES)
    assert "broken: acme-recipes" not in told(tmp_path / "site", "-m", "seedbed", "doctor")


@pytest.mark.usefixtures("catalogue")
def test_what_extends_a_recipe_replaces_its_values_and_notes_and_keeps_the_order_of_roles():
    own = as_rules(
        {
            "extends": "mlp_of_two",
            "parameters": {"layers": {"type": "int", "default": 8}},
            "notes": {"multiplier": "none"},
            "roles": {"block/{layer}/w": {"torch": "*layers/{layer}/weight"}},
        }
    )
    assert own.plan(list(model()), seed=7).initializers["layers.0.weight"].stddev == 0.0025
    assert own.about.notes == ("multiplier: none",)
    assert [role.name for role in own.roles.roles] == ["block/{layer}/w", "block/{layer}/b", "head"]


def test_each_hook_returns_entries_of_its_own_kind():
    hooks = HOOKS.replace(
        "    return [\n", '    return [\n        seedbed.Entry("plain", "acme_recipes.plugin:Plain"),\n'
    ) + (
        "\n@seedbed.hookimpl\ndef seedbed_initializers():\n"
        '    return [seedbed.Entry("strange", "acme_recipes:mlp.toml")]\n'
    )
    with installed_catalogue(acme(hooks=hooks)) as catalogue:
        told = "\n".join(map(str, catalogue.problems))
        assert "hook seedbed_recipes returned the entry 'plain', which is an initializer; return it" in told
        assert "hook seedbed_initializers returned the entry 'strange', which is a recipe; return it" in told
        assert seedbed.recipe("mlp").rules


@pytest.mark.usefixtures("catalogue")
def test_a_miss_speaks_of_recipes():
    with pytest.raises(UnknownNameError, match=r"no recipe is named 'gpt_2'.*catalogue.*recipes has every"):
        seedbed.recipe("gpt_2")
    with pytest.raises(RulesError, match="there is no such file, and no recipe is named 'gpt_2'"):
        as_rules("gpt_2")
