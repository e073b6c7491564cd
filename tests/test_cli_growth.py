"""What a command takes for ten times as many entries: about ten times as long, and never a hundred."""

from time import process_time

import pytest

from seedbed.testing import FakeDistribution, installed_catalogue
from seedbed_tools.cli import main
from seedbed_tools.doctor import diagnose

FEW = 400
MOST = 50
"""Times as long: what grows with the square takes some hundred times, and a machine may be busy."""

pytestmark = pytest.mark.slow

MODULE = "from seedbed.standard import Zeros\n"


def packages(size):
    """Return two packages of so many entries each, a tenth of them under names that both have."""
    return [
        FakeDistribution(
            name,
            initializers={
                (f"both_{i}" if i % 10 == 0 else f"{name}_{i}"): f"{name}_mod:Zeros" for i in range(size)
            },
            modules={f"{name}_mod": MODULE},
        )
        for name in ("acme", "bravo")
    ]


def growth(action):
    """Return how many times as long `action` takes for ten times as many entries."""

    def seconds(size):
        with installed_catalogue(*packages(size)):
            start = process_time()
            action()
            return process_time() - start

    seconds(10)  # imports what it needs
    return seconds(10 * FEW) / min(seconds(FEW) for _ in range(3))


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["list", "--json"], ["list", "both", "zeros"], ["list", "--all"], ["stubs", "--check"]],
)
def test_a_list_takes_time_in_proportion_to_its_length(arguments, capsys):
    assert growth(lambda: main(arguments)) < MOST


def test_the_doctor_takes_time_in_proportion_to_what_it_examines(monkeypatch):
    # What a process of its own does is to load each entry; here it is about this process.
    monkeypatch.setattr("seedbed_tools.doctor.diagnosis.try_all", lambda *_, **__: [])
    assert growth(diagnose) < MOST


def test_what_grows_with_the_square_would_be_noticed():
    from seedbed import catalogue

    def compare():
        names = [entry.name for entry in catalogue()]
        return [name for name in names if sum(other == name for other in names) > 1]

    assert growth(compare) > MOST
