"""`initialize` under strategies and on several devices, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from frameworks import framework

framework("tensorflow", plugin="seedbed_tensorflow")
framework("tf_keras")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mirrored", "parameter_server", "dtensor"])
def test_each_part_and_each_replica_has_the_values_of_the_whole(name):
    script = Path(__file__).with_name("tensorflow_strategies.py")
    subprocess.run([sys.executable, "-W", "ignore", str(script), name], check=True, timeout=300)
