"""Advice is safe: no text that somebody else wrote makes us say that a package should be installed.

Whoever reads a config, a file of rules or a name from a web page may follow what an error says, and what an
index has under a name that such a text made up may be anybody's.
"""

import json
import re
import subprocess
import sys

import pytest

import seedbed
from seedbed import rules
from seedbed.errors import SeedbedError
from seedbed_tools.cli import main

ADVICE = re.compile(r"\b(?<!un)(?<!re)install(?!ed)\b|\bpip\b|\buvx?\b|\bconda\b", re.IGNORECASE)
NAMES = ["evil-inits:small", "evil_inits>Small", "Evil.Inits:he_normal", "evil-inits:", "evil-inits"]
CONFIGS = [
    {"class_name": "Small", "config": {}, "provider": "evil-inits==1.2"},
    {"class_name": "HeNormal", "config": {}, "provider": "evil-inits"},
    {"class_name": "Small", "config": {}, "registered_name": "evil-inits>Small"},
    {"class_name": "Small", "config": {}, "module": "evil_inits.small"},
    {"class_name": "evil-inits:small", "config": {}},
    {
        "class_name": "Scaled",
        "config": {"factor": 2, "initializer": {"class_name": "Small", "provider": "evil-inits==1"}},
    },
]


def refusal(function, *arguments):
    with pytest.raises(SeedbedError) as caught:
        function(*arguments)
    message, error = "", caught.value
    while error is not None:  # a traceback shows the causes too
        message, error = f"{message}\n{error}", error.__cause__
    assert "evil" in message.lower() or "Small" in message
    return message


def test_the_pattern_finds_advice_and_nothing_else():
    for text in ("pip install x", "install the package x", "uv add x", "uvx x"):
        assert ADVICE.search(text), text
    for text in ("which is not installed", "reinstall or uninstall it", "of which 0.1.0 is installed"):
        assert not ADVICE.search(text), text


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_advised(name):
    assert not ADVICE.search(refusal(seedbed.get, name))


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_no_config_is_advised(config):
    config = json.loads(json.dumps(config))
    for ask in (seedbed.from_config, seedbed.get):
        assert not ADVICE.search(refusal(ask, config))


@pytest.mark.parametrize("given", [*NAMES, *CONFIGS], ids=str)
def test_no_rule_is_advised(given):
    assert not ADVICE.search(refusal(rules.as_rules, {"*": given}))


@pytest.mark.parametrize("name", NAMES)
def test_no_file_of_rules_is_advised(name, tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(f'[[rules]]\nmatch = "*"\ninitializer = "{name}"\n')
    assert not ADVICE.search(refusal(rules.as_rules, path))


@pytest.mark.parametrize(
    "command", ["show", "docs", "which", "check", "draw --shape 2", "list", "list --all"], ids=str
)
@pytest.mark.parametrize("name", NAMES)
def test_no_command_line_is_advised(command, name, capsys):
    command, *options = command.split()
    assert main([command, name, *options]) in (1, 2)
    assert not ADVICE.search("".join(capsys.readouterr()))


@pytest.mark.parametrize("variable", ["SEEDBED_PLUGINS", "SEEDBED_ENGINE"])
def test_no_variable_is_advised(variable, monkeypatch):
    done = subprocess.run(
        [sys.executable, "-m", "seedbed", "doctor"],
        env={variable: "evil-inits", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "evil-inits" in done.stdout
    assert not ADVICE.search(done.stdout + done.stderr)


def test_a_config_is_told_where_it_comes_from():
    assert "this config was written with version 1.2 of evil-inits, which is not installed;" in refusal(
        seedbed.from_config, CONFIGS[0]
    )
    strange = {"class_name": "Small", "provider": "evil-inits==1\x1b[2J"}
    assert "version '1\\x1b[2J' of evil-inits" in refusal(seedbed.from_config, strange)
