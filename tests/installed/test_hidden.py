"""Every command says on standard error what a policy hides, and how it is seen; standard output stays."""

import json
import re
import sys

import pytest
from environments import run

pytestmark = pytest.mark.slow  # a lock has numbers of all of core's entries, which takes seconds

POLICY = """
[tool.seedbed]
mode = "open"
deny = [{ distribution = "seedbed-example", names = ["laplace", "small_normal"] }]
disable = ["seedbed-acme-example:residual_small"]
"""
SEE = "; `seedbed list --all` shows them\n"
HIDDEN = f"hides 3 entries of 2 packages{SEE}"
COMMANDS = {
    "list he_normal": 0,
    "list he_normal --json": 0,
    "list no_such_name": 1,
    "which small_init": 0,
    "which kaiming_normal": 1,
    "show he_normal": 0,
    "show small_init --json": 0,
    "docs zeros": 0,
    "draw zeros --shape 2": 0,
    "check zeros": 0,
    "check zeros --json": 0,
    "stubs": 0,
    "stubs --check --output elsewhere": 1,
    "doctor": 0,
    "doctor --json": 0,
    "lock": 1,  # what is installed here is editable
    "lock --json": 1,
    "verify some.lock": 1,
    "verify some.lock --json": 1,
}

QUICK = [
    "list he_normal --json",
    "show he_normal",
    "draw zeros --shape 2",
    "doctor",
    "verify some.lock --json",
]


@pytest.fixture
def seedbed(tmp_path):
    """Return a function that runs a command under a policy, in a folder with a lock of core."""
    (tmp_path / "policy.toml").write_text(POLICY)

    def seedbed(command, status, **extra):
        variables = {"SEEDBED_POLICY": str(tmp_path / "policy.toml")} | extra
        command = [sys.executable, "-m", "seedbed", *command.split()]
        return run(*command, cwd=tmp_path, status=status, extra=variables)

    code = (
        "from seedbed import Catalogue\nfrom seedbed.locking import survey\n"
        "survey(Catalogue(scan=False)).lock.write('some.lock')"
    )
    run(sys.executable, "-c", code, cwd=tmp_path)
    return seedbed


def _runs(command):
    return pytest.param(command, marks=() if command in QUICK else pytest.mark.slow)  # each starts a process


@pytest.mark.parametrize("command", [_runs(command) for command in COMMANDS])
def test_every_command_says_what_is_hidden(seedbed, command, tmp_path):
    done = seedbed(command, COMMANDS[command])
    last = done.stderr.splitlines(keepends=True)[-1]
    assert last == f"seedbed: the policy {tmp_path / 'policy.toml'} {HIDDEN}"
    assert "hides" not in done.stdout
    if "--json" in command:
        json.loads(done.stdout)


@pytest.mark.parametrize("command", ["list he_normal", "draw zeros --shape 2", "doctor", "verify some.lock"])
def test_without_a_policy_there_is_nothing_to_say(seedbed, command):
    done = seedbed(command, COMMANDS[command], SEEDBED_POLICY="")
    assert done.stderr == ""


def test_a_policy_that_hides_nothing_is_not_spoken_of(seedbed, tmp_path):
    (tmp_path / "policy.toml").write_text("[tool.seedbed]\nmode = 'open'\n")
    assert seedbed("list he_normal", 0).stderr == ""


def test_what_is_shown_is_not_hidden(seedbed):
    done = seedbed("list --all", 0)
    assert done.stderr == ""
    assert len(re.findall("^.*blocked by ", done.stdout, re.MULTILINE)) == 3


def test_one_entry_and_names_and_plugins_are_counted_apart(seedbed, tmp_path):
    (tmp_path / "policy.toml").write_text("[tool.seedbed]\nmode = 'open'\ndisable = ['seedbed:zeros']\n")
    done = seedbed("list he_normal", 0)
    assert done.stderr.endswith("hides 1 entry of 1 package; `seedbed list --all` shows it\n")
    (tmp_path / "policy.toml").write_text(
        "[tool.seedbed]\nmode = 'open'\ndeny = ['seedbed-example']\n"
        "disable = ['seedbed-acme-example:embedding_uniform', 'seedbed-acme-example:token_normal']\n"
    )
    done = seedbed("list he_normal", 0)
    assert done.stderr.endswith(f"hides 2 entries, 2 other names and 1 plugin of 2 packages{SEE}")


@pytest.mark.parametrize(
    ("plugins", "policy", "told"),
    [
        ("0", False, "SEEDBED_PLUGINS turns all packages off; without it, `seedbed list` shows theirs\n"),
        (
            "seedbed-example",
            False,
            "SEEDBED_PLUGINS hides 1 plugin of 1 package; `seedbed list --all` shows it\n",
        ),
        ("seedbed-acme-example", True, "and SEEDBED_PLUGINS hide 3 entries and 1 plugin of 2 packages" + SEE),
    ],
)
def test_the_variable_hides_too(seedbed, plugins, policy, told):
    extra = {"SEEDBED_PLUGINS": plugins} | ({} if policy else {"SEEDBED_POLICY": ""})
    done = seedbed("list he_normal", 0, **extra)
    assert done.stderr.startswith("seedbed: the policy " if policy else f"seedbed: {told}")
    assert done.stderr.endswith(told)
    assert done.stderr.count("\n") == 1


def test_what_cannot_be_told_does_not_spoil_what_was_done(seedbed, tmp_path):
    (tmp_path / "policy.toml").write_text("[tool.seedbed]\nmode = 'locked'\nlock = 'none.lock'\n")
    done = seedbed("draw zeros --shape 2", 0)
    assert done.stderr.startswith("seedbed: cannot say what the policy hides: ")
    assert done.stderr.count("\n") == 1
    assert "none.lock" in done.stderr


def test_an_error_stays_one_line(seedbed, tmp_path):
    assert seedbed("draw laplace --shape 2", 2).stderr.count("\n") == 1
    (tmp_path / "policy.toml").write_text("[tool.seedbed]\nmode = 'opne'\ndeny = 7\n")
    done = seedbed("list", 2)
    assert done.stderr.count("\n") == 1
    assert "cannot be used: mode must be 'open' or 'allowlist' or 'locked', got 'opne'" in done.stderr
    assert "; did you mean 'open'?; and deny must be an array, got 7" in done.stderr


def test_no_policy_takes_part_where_two_files_are_compared(seedbed, tmp_path):
    (tmp_path / "policy.toml").write_text("[tool.seedbed]\nmode = 'opne'\n")
    done = seedbed("diff some.lock some.lock", 0)
    assert (done.stdout, done.stderr) == ("", "")
