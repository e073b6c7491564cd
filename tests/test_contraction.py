"""Single precision has the same bits where a compiler fuses products and sums."""

import os
import subprocess
import sys
from pathlib import Path

import contraction
import pytest

SCRIPT = Path(contraction.__file__)


@pytest.mark.slow
@pytest.mark.skipif(
    not contraction.can_fuse() and not os.environ.get("CI"), reason="needs GCC and fused operations"
)
def test_a_build_that_fuses_products_and_sums_draws_the_same_and_would_not_without_what_the_page_asks_for():
    command = [sys.executable, SCRIPT, "--values", "200000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("200,000 values of 14 distributions: 0 differ\nwithout"), done.stdout
    assert done.stdout.count("without") == len(contraction.GUARDS)
    assert ": 0 differ\nwithout" not in done.stdout.partition("\n")[2]
