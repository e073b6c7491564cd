"""A process that is forked while another thread draws for the first time can draw, too."""

import os
import subprocess
import sys

import pytest

FORK = """
import os, signal, sys, threading, warnings
import seedbed

warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
begun = threading.Event()

class Noting:
    @staticmethod
    def find_spec(name, path, target=None):
        if name == sys.argv[1]:
            begun.set()  # no fork comes before this returns, whatever we do

assert sys.argv[1] not in sys.modules
sys.meta_path.insert(0, Noting)
initializer = seedbed.standard.RandomNormal(seed=7)
other = threading.Thread(target=initializer, args=((3,),))
other.start()
begun.wait()
child = os.fork()
if not child:
    signal.alarm(10)  # which a hanging process does not survive
    initializer((3,))
    os._exit(0)
other.join()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print("forked")
"""
PLUGIN = """
import time
time.sleep(0.3)
import seedbed
from seedbed.random import NumPyEngine

@seedbed.hookimpl
def seedbed_engine():
    return NumPyEngine()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("module", ["numpy.random", "seedbed.catalogue.native", "seedbed_native.plugin"])
def test_a_fork_waits_for_the_imports_of_a_first_draw(tmp_path, module):
    package, told = tmp_path / "seedbed_native", tmp_path / "seedbed_native-0.1.0.dist-info"
    package.mkdir()
    told.mkdir()
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(PLUGIN, encoding="utf-8")
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: seedbed-native\nVersion: 0.1.0\n")
    (told / "entry_points.txt").write_text("[seedbed.plugins]\nnative = seedbed_native.plugin\n")
    path = os.pathsep.join([str(tmp_path), *(entry for entry in sys.path if entry)])
    environ = {**os.environ, "PYTHONPATH": path, "SEEDBED_ENGINE": ""}
    command = [sys.executable, "-W", "error", "-c", FORK, module]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "forked\n", done.stderr
