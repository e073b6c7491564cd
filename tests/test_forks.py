"""A process that is forked while other threads are in the catalogue can use it."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

BESIDE = """
import os, signal, threading, time, warnings
import seedbed
from seedbed.standard import Zeros

warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, which is just what is tested
catalogue = seedbed.catalogue()
seedbed.get("he_normal")
len(catalogue)
stop = threading.Event()

def refresh():
    while not stop.is_set():
        catalogue.refresh()

def register():
    number = 0
    while not stop.is_set():
        number += 1
        catalogue.register(type(f"Own{number % 100}", (Zeros,), {"__module__": "own"}), f"own{number % 100}")

threads = [threading.Thread(target=work) for work in (refresh, refresh, register)]
for thread in threads:
    thread.start()
ends = set()
for _ in range(20):
    time.sleep(0.01)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        seedbed.get("he_normal")
        catalogue.register(type("Child", (Zeros,), {}), "child")
        os._exit(0 if seedbed.get("child") is not None else 1)
    ends.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(ends)
"""

WITHIN = """
import os, threading, warnings
import seedbed
from seedbed.catalogue import in_progress, scan

warnings.simplefilter("ignore", DeprecationWarning)
entry = seedbed.catalogue().entry("he_normal")
begun, stop = threading.Event(), threading.Event()

def work():
    with scan._scanning(), in_progress.in_progress(entry):
        begun.set()
        stop.wait()

thread = threading.Thread(target=work)
thread.start()
begun.wait()
with scan._scanning():
    child = os.fork()
    if child == 0:
        mine = {threading.get_ident()}
        os._exit(0 if scan._SCANNING == mine and not in_progress._LOADS else 1)
stop.set()
thread.join()
print({os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])})
"""


@pytest.mark.parametrize("code", [BESIDE, WITHIN], ids=["beside what changes", "within a scan and a load"])
def test_a_forked_process_needs_no_thread_that_it_does_not_have(code):
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=500
    )
    assert done.stdout == "{0}\n", done.stderr
