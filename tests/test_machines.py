"""`.ci/machines` fails where values differ on a machine, and where the machine cannot be had.

The programs that it calls are stand-ins here, which fetch nothing; `.ci/run` calls it with the real ones.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "machines"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not SCRIPT.exists(), reason="of a checkout, and of Linux"
)

STAND_INS = {
    "dpkg": "echo amd64",
    "apt-get": """
        case "$*" in
            indextargets*) echo "$ARCHIVE" ;;
            *) for option; do
                   case $option in Dir::Cache=*) touch "${option#*=}/archives/$PACKAGE" ;; esac
               done
               [[ $* != *$REFUSED* ]] ;;
        esac
    """,
    # Unpacks, as the emulators of all three, what tells its own name and fails if that is $DIFFERING.
    "dpkg-deb": """
        [ -e "$2" ] || exit 2
        mkdir -p "$3"/usr/{bin,lib/some-linux-gnu}
        for machine in s390x arm64 armhf; do
            emulator=$3/usr/bin/qemu-$machine
            printf '#!/bin/sh\\necho %s\\n[ %s != %s ]\\n' $machine $machine "$DIFFERING" >"$emulator"
            chmod +x "$emulator"
        done
    """,
}


@pytest.fixture
def machines(tmp_path):
    """Return a function that runs the script with stand-ins and settings of theirs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in STAND_INS.items():
        (programs / name).write_text("#!/usr/bin/env bash\n" + text)
        (programs / name).chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()

    def run(*names, **settings):
        defaults = {"ARCHIVE": "here", "PACKAGE": "some.deb", "REFUSED": "none", "DIFFERING": "none"}
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [SCRIPT, *names],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, **defaults, **settings, "PATH": path, "TMPDIR": str(work)},
        )
        assert list(work.iterdir()) == []
        return done.returncode, done.stdout.split(), done.stderr

    return run


def test_it_compares_on_a_big_endian_machine_and_on_both_arms(machines):
    assert machines() == (0, ["s390x", "arm64", "armhf"], "")
    assert machines("arm64") == (0, ["arm64"], "")


@pytest.mark.parametrize("machine", ["s390x", "armhf"])
def test_it_compares_on_all_machines_and_fails_if_one_differs(machines, machine):
    status, compared, error = machines(DIFFERING=machine)
    assert (status, compared) == (1, ["s390x", "arm64", "armhf"])
    assert error == f"machines: the values differ, or could not be drawn, on {machine}\n"


@pytest.mark.parametrize("refused", ["update", "qemu-user", "python3-numpy", "python3-ml-dtypes"])
def test_it_fails_if_apt_does(machines, refused):
    status, compared, error = machines(REFUSED=refused)
    assert (status, compared) == (1, [])
    assert "any of the suites" in error


def test_it_fetches_from_another_suite_what_it_does_not_get_from_the_first(machines):
    assert machines(REFUSED="-forky") == (0, ["s390x", "arm64", "armhf"], "")


def test_it_fails_if_nothing_was_fetched(machines):
    status, compared, _ = machines(PACKAGE="some.other")
    assert status != 0
    assert compared == []


def test_it_fails_if_apt_knows_no_archive(machines):
    assert machines(ARCHIVE="")[:2] == (1, [])


def test_it_fails_for_a_machine_that_there_is_none_of(machines):
    status, compared, error = machines("s390x", "abacus")
    assert (status, compared) == (1, ["s390x"])
    assert "on abacus" in error
