"""What packages print goes to standard error; standard output is the command's."""

import json
import os
import subprocess
import sys

import pytest
from environments import run
from fakes import constant_class, returning

from seedbed_tools.cli import streams

CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(\"NOISE\")'], check=True)"
WAYS = {
    "print": "print('NOISE')",
    "print to the first stream": "import sys; print('NOISE', file=sys.__stdout__)",
    "a descriptor": "import os; os.write(1, b'NOISE\\n')",
    "a child": CHILD,
    "a shell": "import os; os.system('echo NOISE')",
}


def _param(way, code):
    marks = () if way == "a descriptor" else pytest.mark.slow  # each starts a process for each command
    return pytest.param(code, marks=marks, id=way)


@pytest.fixture(params=[_param(way, code) for way, code in WAYS.items()])
def noisy(request, site):
    """Install a package all of whose code prints, and return a function that runs a module in a process."""
    noise = request.param
    source = constant_class("Seven", 7).replace("dtype=None):", f"dtype=None):\n        {noise}")
    hook = returning("[Entry('noisy_seven', 'noisy_mod:Seven', summary='Loud.')]")
    modules = {
        "noisy_mod": f"{noise}\n{source}",
        "noisy_plugin": f"{noise}\n" + hook.replace("    return", f"    {noise}\n    return"),
    }
    site.add("noisy", plugins={"noisy": "noisy_plugin"}, modules=modules)

    def seedbed(*arguments, status=0):
        path = {"PYTHONPATH": str(site.folder)}
        return run(sys.executable, "-m", "seedbed", *arguments, extra=path, status=status)

    return seedbed


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "noisy"),
        ("which", "noisy_seven"),
        ("show", "noisy_seven"),
        pytest.param(("doctor",), marks=pytest.mark.slow),
    ],
    ids=lambda arguments: arguments[0],
)
def test_json_is_clean_whatever_a_package_prints(noisy, arguments):
    done = noisy(*arguments, "--json")
    assert "noisy" in repr(json.loads(done.stdout))
    assert done.stderr.count("NOISE") >= 2


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", "noisy_seven"), ("draw", "noisy_seven", "--shape", "3")]
)
def test_a_page_is_clean_whatever_a_package_prints(noisy, arguments):
    done = noisy(*arguments)
    assert "noisy" in done.stdout
    assert "NOISE" not in done.stdout
    assert "NOISE" in done.stderr


THREAD = """
import os, threading, time

def print_for_ever():
    while True:
        print("NOISE", flush=True)
        os.write(1, b"NOISE")
        time.sleep(2e-4)

threading.Thread(target=print_for_ever, daemon=True).start()
"""


@pytest.mark.parametrize(
    "arguments",
    [("show", "noisy_seven", "--json"), pytest.param(("check", "noisy", "--json"), marks=pytest.mark.slow)],
    ids=lambda arguments: arguments[0],
)
def test_json_is_clean_whatever_a_thread_of_a_package_prints(site, arguments):
    """It prints on when the package's code is done, and while the command prints."""
    source = THREAD + constant_class("Seven", 7)
    site.add("noisy", initializers={"noisy_seven": "noisy_mod:Seven"}, modules={"noisy_mod": source})
    command = [sys.executable, "-m", "seedbed", *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(site.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "noisy" in repr(json.loads(done.stdout))
    assert "NOISE" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="of POSIX")  # noqa: PTH110 - a link to a pipe
def test_what_is_written_to_the_own_output_by_its_path_is_not_lost(tmp_path):
    code = (
        "from pathlib import Path\nfrom seedbed_tools.cli import streams\n"
        "streams.keep_output_from_packages()\nprint('before')\n"
        "with streams.output_in_its_place(): Path('/dev/stdout').open('a').write('within\\n')\n"
        "print('after')\nimport os; os.write(1, b'NOISE')"
    )
    done = run(sys.executable, "-c", code)
    assert (done.stdout, done.stderr) == ("before\nwithin\nafter\n", "NOISE")


@pytest.mark.slow
def test_locks_are_made_and_verified_with_clean_output(noisy, site, tmp_path):
    lock = tmp_path / "seedbed.lock"
    code = f"from seedbed.locking import survey; survey().lock.write({str(lock)!r})"
    run(sys.executable, "-c", code, extra={"PYTHONPATH": str(site.folder)})
    lock.write_text(lock.read_text().replace("Loud", "Quiet"))
    # Status 1: the packages of a working copy and of a fake site have no files to lock.
    for done in (noisy("lock", "--output", lock, status=1), noisy("verify", lock, status=1)):
        assert done.stdout
        assert "NOISE" not in done.stdout
        assert "NOISE" in done.stderr


AROUND = """
import os, sys
from seedbed_tools.cli.streams import prints_to_stderr

print("before")
try:
    with prints_to_stderr():
        print("noise")
        os.write(1, b"noise")
        1 / 0
except ZeroDivisionError:
    print("after", flush=True)
os.write(1, b"and after")
"""


def test_what_follows_goes_to_standard_output_again():
    done = run(sys.executable, "-c", AROUND)
    assert done.stdout.split() == ["before", "after", "and", "after"]
    assert done.stderr.count("noise") == 2


def test_a_stream_without_a_descriptor_is_redirected_all_the_same(capsys):
    with streams.prints_to_stderr():
        print("noise")  # noqa: T201
    print("kept")  # noqa: T201
    assert capsys.readouterr() == ("kept\n", "noise\n")
