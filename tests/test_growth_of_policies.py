"""What policies, locks and rules cost grows with their size, and not with its square."""

import time
import tomllib

import pytest

from seedbed import rules
from seedbed.governance import Lock, LockedEntry, LockedProvider
from seedbed.governance.owned import Owned
from seedbed.governance.owners import Owners
from seedbed.governance.policy_file import as_policy
from seedbed.locking import differences
from seedbed.rules import unused

pytestmark = pytest.mark.slow


def lock_of(count):
    numbers = {f"float32 {size}": "sha256:" + "0" * 64 for size in range(10)}
    entries = (
        LockedEntry(f"acme:entry_{n}", "acme:Some", reproducibility="exact", numbers=numbers)
        for n in range(count)
    )
    return Lock(1, (LockedProvider("acme", "1.0", "sha256:" + "0" * 64),), tuple(entries))


def parsing(count):
    text = lock_of(count).text()
    return lambda: Lock.parse(text, "lock")


def looking_up_rows(count):
    lock = lock_of(count)
    return lambda: [lock.entry(f"acme:entry_{n}") for n in range(count)]


def comparing(count):
    one, other = lock_of(count), Lock(1)
    return lambda: differences(one, other)


def looking_for_files(count):
    files = Owned("/site", {f"acme/module_{n}.py": "" for n in range(count)})
    return lambda: [files.has(f"/site/acme/module_{n}.py") for n in range(count)]


def asking_whose_files_they_are(count, folder):
    info = folder / f"acme-{count}.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("".join(f"acme/module_{n}.py,,\n" for n in range(count)))

    def ask():
        owners = Owners([("acme", "1.0", str(info))])
        return [owners(f"{folder}/acme/module_{n}.py") for n in range(count)]

    return ask


def judging(count):
    policy = as_policy(
        {"mode": "allowlist", "allow": [f"acme-{n}>=1" for n in range(count)], "deny": ["x"] * count}
    )
    return lambda: [policy.bars(f"acme-{n}", "1.0", "tiny") for n in range(count)]


def reading_a_policy(count):
    table = {"mode": "allowlist", "allow": [f"acme-{n}" for n in range(count)]}
    return lambda: as_policy(table)


def planning(count):
    pairs = [(f"no/such/layer_{n}/weigth_{n}", "ones") for n in range(count)]
    found = rules.as_rules(pairs)
    paths = [f"h/{n}/attn/weight_{n}" for n in range(50)]
    return lambda: found.plan(paths, seed=1)


def took(make, count, *given):
    """Return the shortest of three times, of this process alone."""
    work, times = make(count, *given), []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


WORK = [parsing, looking_up_rows, comparing, looking_for_files, judging, reading_a_policy, planning]


@pytest.mark.parametrize("make", [*WORK, asking_whose_files_they_are], ids=lambda make: make.__name__)
def test_ten_times_as_much_takes_about_ten_times_as_long(make, tmp_path):
    given = (tmp_path,) if make is asking_whose_files_they_are else ()
    # A square would be a hundred times as long. Beside other processes a time may double.
    assert took(make, 2000, *given) < 60 * took(make, 200, *given) + 0.01


def test_to_read_a_lock_takes_at_most_twice_as_long_as_to_parse_it():
    def parsed(count):
        text = lock_of(count).text()
        return lambda: tomllib.loads(text)

    assert took(parsing, 1000) < 3 * took(parsed, 1000)


def test_that_it_does_not_would_be_noticed():
    def squared(count):
        names = [f"acme:entry_{n}" for n in range(count)]
        return lambda: [next(name for name in names if name == f"acme:entry_{n}") for n in range(count)]

    assert took(squared, 2000) > 60 * took(squared, 200) + 0.01


def test_what_was_meant_is_looked_for_only_as_often_as_it_is_told(monkeypatch):
    asked = []
    monkeypatch.setattr(unused, "suggestion", lambda *given, **more: asked.append(given) or "")
    planning(100)()
    assert len(asked) == 20
