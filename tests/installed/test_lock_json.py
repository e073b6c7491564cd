"""``lock``, ``verify`` and ``diff`` with ``--json``: one document, and the exit status as without."""

import json
import sys

import pytest
from environments import run
from handmade import make_wheel

from seedbed.governance import Lock, LockedEntry, LockedProvider

pytestmark = pytest.mark.slow  # a lock has numbers of all of core's entries, which takes seconds

RAMP, STEEP = (
    LockedEntry(
        "acme-inits:ramp",
        "acme_inits:Ramp",
        reproducibility="exact",
        parameters={"high": high},
        no_numbers="it was not drawn",
    )
    for high in ("1.0", "2.0")
)
UNSEEN = "acme-inits:ramp: a change of its values is not seen, since the lock has none: it was not drawn"
FILES = f"sha256:{'0' * 64}"
MODULE = """
    import numpy as np
    import seedbed

    class Ramp(seedbed.Initializer):
        reproducibility = "exact"

        def __init__(self, high={high}):
            self.high = high

        def __call__(self, shape, dtype=None):
            return np.full(shape, self.high, dtype)
"""


@pytest.fixture
def seedbed(tmp_path):
    """Return a function that runs a command in a folder with two locks."""
    for name, stream, version, row in (("old.lock", 1, "1.2", RAMP), ("new.lock", 2, "1.3", STEEP)):
        Lock(stream, (LockedProvider("acme-inits", version, FILES),), (row,)).write(tmp_path / name)

    def seedbed(*arguments, status):
        return run(sys.executable, "-m", "seedbed", *arguments, cwd=tmp_path, status=status)

    return seedbed


def test_a_diff_of_two_locks_is_one_document(seedbed):
    done = seedbed("diff", "old.lock", "new.lock", "--json", status=1)
    assert json.loads(done.stdout) == {
        "old": "old.lock",
        "new": "new.lock",
        "same": False,
        "differences": [
            {"name": None, "text": "the version of the random stream changed: 1 -> 2"},
            {"name": "acme-inits", "text": "acme-inits: version changed: 1.2 -> 1.3"},
            {
                "name": "acme-inits:ramp",
                "text": "acme-inits:ramp: the default of argument 'high' changed: 1.0 -> 2.0",
            },
        ],
        "unseen": [{"name": "acme-inits:ramp", "text": UNSEEN}],
    }
    lines = seedbed("diff", "old.lock", "new.lock", status=1).stdout.splitlines()
    assert lines == [row["text"] for row in json.loads(done.stdout)["differences"]]


def test_two_locks_that_say_the_same_are_a_document_too(seedbed):
    done = seedbed("diff", "old.lock", "old.lock", "--json", status=0)
    document = json.loads(done.stdout)
    assert list(document) == ["old", "new", "same", "differences", "unseen"]
    assert (document["same"], document["differences"]) == (True, [])


def test_what_cannot_be_read_leaves_standard_output_empty(seedbed):
    for command in (["verify", "absent.lock"], ["diff", "old.lock", "absent.lock"]):
        done = seedbed(*command, "--json", status=2)
        assert done.stdout == ""
        assert done.stderr.startswith("seedbed: error: ")


def test_what_cannot_be_locked_is_named(seedbed, tmp_path):
    done = seedbed("lock", "--json", "--output", "here.lock", status=1)  # what is installed here is editable
    document = json.loads(done.stdout)
    assert list(document) == ["lock", "written", "packages", "entries", "obstacles", "unseen"]
    assert (document["lock"], document["written"]) == ("here.lock", False)
    assert {"seedbed", "seedbed-example"} <= {row["name"] for row in document["obstacles"]}
    assert not (tmp_path / "here.lock").exists()
    verified = json.loads(seedbed("verify", "old.lock", "--json", status=1).stdout)
    assert {row["name"] for row in document["obstacles"]} <= {row["name"] for row in verified["differences"]}


@pytest.mark.slow
def test_an_upgrade_that_a_machine_reads(make_environment, tmp_path):
    environment = make_environment("seedbed[cli]")

    def install(version, high):
        wheel = make_wheel(
            tmp_path,
            "acme-inits",
            version,
            files={"acme_inits.py": MODULE.format(high=high)},
            entry_points="[seedbed.initializers]\nramp = acme_inits:Ramp\n",
        )
        environment.pip("install", "--no-index", wheel)

    def read(*arguments, status):
        return json.loads(environment.run_seedbed(*arguments, "--json", status=status).stdout)

    install("1.2", 1.0)
    lock = str(tmp_path / "seedbed.lock")
    written = read("lock", "--output", lock, status=0)
    counts = {"packages": 2, "entries": written["entries"]}
    unseen = written["unseen"]
    assert written == {"lock": lock, "written": True, **counts, "obstacles": [], "unseen": unseen}
    assert counts["entries"] == len(Lock.read(lock).entries) > 20
    assert read("verify", lock, status=0) == {
        "lock": lock,
        **counts,
        "same": True,
        "differences": [],
        "unseen": unseen,
    }
    printed = environment.run_seedbed("lock", "--output", "/dev/stdout", "--json")
    assert Lock.parse(printed.stdout, "stdout") == Lock.read(lock)
    assert json.loads(printed.stderr)["lock"] == "/dev/stdout"
    install("1.3", 2.0)
    found = read("verify", lock, status=1)
    assert (found["lock"], found["same"]) == (lock, False)
    assert [row["name"] for row in found["differences"]] == ["acme-inits"] + 2 * ["acme-inits:ramp"]
    texts = environment.run_seedbed("verify", lock, status=1).stdout.splitlines()
    assert [row["text"] for row in found["differences"]] == texts
