"""The page on restricting a catalogue: its commands do what it says, under the policy that it shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from console_examples import examples_in, is_as_shown

from seedbed.governance.policy_file import read_policy

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "restrict-a-catalogue.md"
POLICIES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
EXAMPLES = [
    example for example in examples_in(PAGE.read_text(), PAGE) if example.command.startswith("seedbed ")
]


@pytest.mark.parametrize("text", POLICIES)
def test_every_policy_of_the_page_is_understood(tmp_path, text):
    path = tmp_path / "policy.toml"
    path.write_text(text)
    assert read_policy(path).mode in ("open", "allowlist")


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_command_does_what_the_page_says(example, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(POLICIES[0])
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(example.command)],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "400", "PYTHONIOENCODING": "utf-8", "SEEDBED_POLICY": str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == example.status, done.stdout
    if not is_as_shown(example.output, done.stdout):
        assert done.stdout == example.output


def test_the_page_has_commands_and_policies():
    assert len(EXAMPLES) == 4
    assert len(POLICIES) == 3
