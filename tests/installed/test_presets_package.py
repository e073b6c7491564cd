"""The plugin without code, built and installed by the real pip, and imported from its wheel as it is."""

import json

import pytest

PROVIDER = "seedbed-acme-example"

REPORT = """
import json, sys, warnings
sys.path[:0] = sys.argv[1:]
import seedbed

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    former = seedbed.get("residual_small", seed=7)
try:
    seedbed.get("embedding_uniform")
except LookupError as error:
    gone = f"{type(error).__name__}: {error}"
print(json.dumps({
    "entries": [entry.full_name for entry in seedbed.catalogue() if entry.provider != "seedbed"],
    "preset": seedbed.get("token_normal", seed=7) == seedbed.get("truncated_normal", stddev=0.02, seed=7),
    "former": former == seedbed.get("residual_normal", seed=7),
    "warned": [str(warning.message) for warning in caught],
    "gone": gone,
    "problems": list(map(str, seedbed.catalogue().problems)),
}))
"""

WARNED = f"""
{PROVIDER}:residual_small is deprecated since 2.1, will be removed in 3.0; use 'residual_normal' instead;
The new name says which distribution.
"""
GONE = f"""
RemovedNameError: 'embedding_uniform' is gone: {PROVIDER}:embedding_uniform ({PROVIDER}==2.1.0)
was removed in 2.0; use 'embedding_normal' instead; Its values were ten times as large as meant.
"""
EXPECTED = {
    "entries": [f"{PROVIDER}:{name}" for name in ("embedding_normal", "residual_normal", "residual_small")],
    "preset": True,
    "former": True,
    "warned": [" ".join(WARNED.split())],
    "gone": " ".join(GONE.split()),
    "problems": [],
}


@pytest.fixture(scope="module")
def installed(make_environment):
    """Return an environment with core, its command line and the plugin, which no test changes."""
    return make_environment("seedbed[cli]", "seedbed_acme_example")


@pytest.mark.slow
def test_its_presets_deprecations_and_tombstones_are_in_the_catalogue(installed):
    assert json.loads(installed.run_python(REPORT)) == EXPECTED


@pytest.mark.slow
def test_the_same_holds_where_the_package_is_in_a_zip(make_environment, wheels):
    core_only = make_environment("seedbed")
    assert json.loads(core_only.run_python(REPORT, wheels["seedbed_acme_example"])) == EXPECTED


@pytest.mark.slow
def test_the_command_line_shows_owner_tags_and_what_became_of_a_name(installed):
    shown = installed.run_seedbed("show", "embedding_normal").stdout
    assert "owner            Acme language models\n" in shown
    assert "tags             transformer, embedding\n" in shown
    rows = json.loads(installed.run_seedbed("list", "language models", "residual", "--json").stdout)
    assert [(row["name"], row["owner"], row["tags"]) for row in rows] == [
        ("residual_normal", "Acme language models", ["transformer", "residual"])
    ]
    assert "use 'residual_normal' instead" in installed.run_seedbed("show", "residual_small").stderr
    asked = installed.run_seedbed("show", "embedding_uniform", status=2)
    assert "was removed in 2.0; use 'embedding_normal' instead" in asked.stderr


@pytest.mark.slow
def test_an_uninstalled_package_takes_its_tombstones_along(make_environment):
    environment = make_environment("seedbed[cli]", "seedbed_acme_example")
    environment.pip("uninstall", "-y", PROVIDER)
    asked = environment.run_seedbed("show", "embedding_uniform", status=2)
    assert "no initializer is named 'embedding_uniform'" in asked.stderr
