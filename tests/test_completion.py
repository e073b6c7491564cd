"""What a shell is answered that asks what could be typed next."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from seedbed_tools.cli.completion import dtypes, names

SCRIPTS = Path(sysconfig.get_path("scripts"))


def completed(line, tmp_path):
    """Return what the command answers to a shell, as argcomplete's script asks it."""
    answer = tmp_path / "answer"
    asking = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_COMP_WORDBREAKS": "\"'><=;|&(",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    command = [sys.executable, "-m", "seedbed"]
    subprocess.run(command, env=os.environ | asking, timeout=60, check=True)
    return answer.read_text().splitlines()


@pytest.mark.parametrize(
    ("line", "among", "absent"),
    [
        ("seedbed ", ["list", "show", "diff"], "he_normal"),
        ("seedbed show ", ["he_normal", "small_init", "zeros"], "HeNormal"),
        ("seedbed show he_", ["he_normal", "he_uniform"], "zeros"),
        ("seedbed show seedbed-example:", ["seedbed-example:small_init"], "seedbed:zeros"),
        ("seedbed show HeN", ["HeNormal"], "HeUniform"),
        ("seedbed draw zeros --shape 2 --dtype bf", ["bfloat16"], "float16"),
        ("seedbed draw zeros --s", ["--shape", "--seed", "--set"], "--dtype"),
        ("seedbed check seedbed-ex", ["seedbed-example"], "seedbed-acme-example"),
    ],
)
def test_what_could_come_next_is_answered(line, among, absent, tmp_path):
    answered = completed(line, tmp_path)
    assert set(among) <= set(answered)
    assert absent not in answered


def test_names_and_dtypes_are_those_that_there_are():
    assert "he_normal" in names("")
    assert "float32" in dtypes()


BASH = r"""
eval "$(register-python-argcomplete seedbed)"
COMP_WORDS=(seedbed show he_n); COMP_CWORD=2; COMP_LINE="seedbed show he_n"; COMP_POINT=17; COMP_TYPE=9
_python_argcomplete seedbed he_n show 2>/dev/null
echo "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not on the path")
def test_bash_completes_by_the_script_that_the_page_names():
    environment = os.environ | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", BASH], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["he_normal"]
