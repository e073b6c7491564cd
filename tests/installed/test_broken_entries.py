"""An entry whose target cannot be used fails when it is asked for, alone, with its cause."""

import subprocess
import sys

import pytest
from environments import clean_environ
from fakes import constant_class, returning
from turns import one_in

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import ArgumentError, ConfigError, EntryLoadError

ABSTRACT = """
import abc
import seedbed

class Lost(seedbed.Initializer):
    @abc.abstractmethod
    def stddev(self): ...
"""

UNSPEAKABLE = """
class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

raise Unspeakable
"""

PROXY = """
class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("outside of any context")

Lost = Proxy()
"""

UNREADABLE = (
    constant_class("Lost")
    + """
    def __init__(self):
        pass

    __init__.__signature__ = "none"
"""
)

BROKEN = {
    "the module does not exist": (
        "",
        "ModuleNotFoundError: No module named 'broken_mod'",
        ModuleNotFoundError,
    ),
    "an import fails": (
        "import no_such_framework",
        "No module named 'no_such_framework'",
        ModuleNotFoundError,
    ),
    "the module raises": ("1 / 0", "ZeroDivisionError: division by zero", ZeroDivisionError),
    "the error has no text": (UNSPEAKABLE, "could not be loaded", Exception),
    "the module does not parse": ("def", "SyntaxError: ", SyntaxError),
    "the module raises what is no Exception": (
        "raise GeneratorExit('odd')",
        "GeneratorExit: odd",
        GeneratorExit,
    ),
    "it answers no question": (PROXY, "and no subclass of seedbed.Initializer", None),
    "its signature cannot be read": (UNREADABLE, "which cannot be examined: ", (TypeError, ValueError)),
    "the module exits": ("import sys; sys.exit(3)", "SystemExit: 3", SystemExit),
    "the class does not exist": ("Found = 1", "has no attribute 'Lost'", AttributeError),
    "it is no class": ("Lost = 1", "which is 1 and no subclass of seedbed.Initializer", None),
    "it is a class of another kind": ("class Lost: pass", "and no subclass of seedbed.Initializer", None),
    "it is an instance": (
        constant_class("Found") + "Lost = Found()",
        "which is Found() and no subclass of seedbed.Initializer",
        None,
    ),
    "it is the base class": ("from seedbed import Initializer as Lost", "does not implement __call__", None),
    "it is abstract": (
        ABSTRACT,
        "points at 'broken_mod:Lost', which does not implement __call__, stddev",
        None,
    ),
}


@pytest.mark.parametrize(("source", "message", "cause"), BROKEN.values(), ids=BROKEN)
def test_a_target_that_cannot_be_used_fails_alone_with_provider_and_cause(site, source, message, cause):
    site.add(
        "broken",
        version="3.1",
        initializers={"lost": "broken_mod:Lost", "good_seven": "good_mod:Seven"},
        modules={"good_mod": constant_class("Seven", 7)},
    )
    if source:
        site.add_module("broken_mod", source)
    catalogue = Catalogue()
    assert "lost" in catalogue
    assert catalogue.get("good_seven")(1).tolist() == [7]
    assert "broken_mod" not in sys.modules
    for _ in range(2):  # the second time it is remembered
        with pytest.raises(EntryLoadError, match=r"^broken:lost \(broken==3\.1\) ") as caught:
            catalogue.get("lost")
        assert message in str(caught.value)
        assert cause is None or isinstance(caught.value.__cause__, cause)
    assert catalogue.get("good_seven")(1).tolist() == [7]
    assert catalogue.get("he_normal") is not None


def test_listing_and_searching_load_nothing(site):
    site.add("broken", initializers={"lost": "broken_mod:Lost"}, modules={"broken_mod": "raise RuntimeError"})
    catalogue = Catalogue()
    (entry,) = catalogue.search("broken", "lost")
    assert catalogue.summary(entry) == ""
    assert "lost" in repr(list(catalogue))


def test_a_failure_is_remembered_and_forgotten_by_refresh(site):
    site.add("slow", initializers={"lost": "slow_mod:Lost"})
    site.add_module("slow_mod", "import builtins\nbuiltins.slow_imports += 1\nimport no_such_framework")
    import builtins

    builtins.slow_imports = 0
    try:
        catalogue = Catalogue()
        for _ in range(3):
            with pytest.raises(EntryLoadError, match="no_such_framework"):
                catalogue.get("lost")
        assert builtins.slow_imports == 1
        site.add_module("no_such_framework", "")
        site.add_module("slow_mod", "import no_such_framework\n" + constant_class("Lost", 7))
        with pytest.raises(EntryLoadError, match="no_such_framework"):
            catalogue.get("lost")
        catalogue.refresh()
        assert catalogue.get("lost")(1).tolist() == [7]
    finally:
        del builtins.slow_imports


def test_an_interrupt_is_not_held_against_the_package(site):
    site.add(
        "slow",
        initializers={"lost": "slow_mod:Lost"},
        modules={"slow_mod": "raise KeyboardInterrupt('stop')"},
    )
    catalogue = Catalogue()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt, match="stop"):
            catalogue.get("lost")


def test_a_constructor_that_raises_names_the_entry_and_the_next_call_tries_again(site):
    source = constant_class("Picky") + "    def __init__(self, *, size=0):\n        self.size = 1 / size\n"
    site.add("picky", initializers={"picky_size": "picky_mod:Picky"}, modules={"picky_mod": source})
    catalogue = Catalogue()
    with pytest.raises(
        ValueError, match=r"picky:picky_size \(picky==1\.0\) refused .*ZeroDivisionError"
    ) as caught:
        catalogue.get("picky_size")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert catalogue.get("picky_size", size=2).size == 0.5


RAISES_ODDLY = """
    def __init__(self, size=0):
        import seedbed.errors as errors

        class Foreign(errors.ConfigError):
            def __init__(self, one, two):
                super().__init__(one)

        class Unspeakable(Exception):
            def __str__(self):
                raise RuntimeError("no text")

        raise Foreign("bad size", 2) if size else Unspeakable
"""


def test_a_constructor_whose_error_is_odd_is_told_all_the_same(site):
    site.add("picky", initializers={"picky_size": "picky_mod:Picky"})
    site.add_module("picky_mod", constant_class("Picky") + RAISES_ODDLY)
    catalogue = Catalogue()
    with pytest.raises(ArgumentError, match=r"refused its arguments: Unspeakable: \(its text cannot be read"):
        catalogue.get("picky_size")
    with pytest.raises(ConfigError, match="picky:picky_size: bad size"):
        catalogue.get("picky_size", size=1)


# A lock held by the thread that imports would stop the other one for ever.
STARTS_A_THREAD = """
import threading
import seedbed

def look_up():
    print("found", seedbed.get("inner_seven")(1).tolist(), flush=True)

thread = threading.Thread(target=look_up, daemon=True)
thread.start()
thread.join(20)
if thread.is_alive():
    raise RuntimeError("the thread waits for a lock")
"""


@pytest.mark.parametrize("scanned", [True, False], ids=["after the scan", "before the scan"])
def test_no_lock_is_held_while_a_target_is_imported(site, scanned):
    modules = {
        "outer_mod": STARTS_A_THREAD + constant_class("Outer", 1),
        "inner_mod": constant_class("Inner", 7),
    }
    points = {"outer_one": "outer_mod:Outer", "inner_seven": "inner_mod:Inner"}
    site.add("threads", initializers=points, modules=modules)
    first = "len(seedbed.catalogue()); " if scanned else ""
    assert (
        _run(site, f"import seedbed; {first}print(seedbed.get('outer_one')(1).tolist())")
        == "found [7.0]\n[1.0]\n"
    )


def test_no_lock_is_held_while_a_failing_target_is_imported(site):
    modules = {"outer_mod": STARTS_A_THREAD + "1 / 0", "inner_mod": constant_class("Inner", 7)}
    points = {"outer_one": "outer_mod:Outer", "inner_seven": "inner_mod:Inner"}
    site.add("threads", initializers=points, modules=modules)
    code = """
import seedbed
try:
    seedbed.get("outer_one")
except seedbed.SeedbedError as error:
    print(type(error.__cause__).__name__)
"""
    assert _run(site, code) == "found [7.0]\nZeroDivisionError\n"


OUTER_ONE = """
import seedbed

@seedbed.hookimpl
def seedbed_initializers():
    return [seedbed.Entry("outer_one", "inner_mod:Inner")]
"""


@pytest.fixture
def early(site):
    """Return a function that installs a plugin which looks something up while it is imported."""

    def add(looks_up):
        points = {"inner_seven": "inner_mod:Inner"}
        modules = {
            "inner_mod": constant_class("Inner", 7),
            "early_plugin": f"{OUTER_ONE}\n{looks_up}\n",
            "late_plugin": returning("[Entry('late_seven', 'inner_mod:Inner')]"),
        }
        site.add("early", initializers=points, plugins={"early": "early_plugin"}, modules=modules)
        site.add("late", plugins={"late": "late_plugin"})

    return add


@pytest.mark.parametrize(
    "looks_up",
    one_in(3, [
        "seedbed.get('he_normal')",
        "seedbed.get('seedbed:HeNormal', seed=7)",
        "seedbed.from_config(seedbed.to_config(seedbed.get('he_normal')))",
        "'xavier_uniform' in seedbed.catalogue()",
        "seedbed.get(seedbed.get('zeros'))",
        "len(seedbed.Catalogue(scan=False))",
    ]),
)  # fmt: skip
def test_a_plugins_module_may_look_up_names_of_core_while_it_is_imported(site, early, looks_up):
    early(looks_up)
    code = "import seedbed; print(seedbed.get('outer_one')(1).tolist(), seedbed.catalogue().problems)"
    assert _run(site, code) == "[7.0] ()\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("looks_up", "asked"),
    [
        ("seedbed.get('inner_seven')", "'inner_seven'"),
        ("seedbed.get('early:inner_seven')", "'early:inner_seven'"),
        ("seedbed.get('no_such_name')", "'no_such_name'"),
        ("'inner_seven' in seedbed.catalogue()", "'inner_seven'"),
        ("len(seedbed.catalogue())", "installed entries"),
        ("seedbed.refresh()", "installed entries"),
    ],
)
@pytest.mark.parametrize("scanned", [False, True], ids=["in the first scan", "in a refresh"])
def test_a_plugins_module_that_looks_up_more_is_refused_alone(site, early, looks_up, asked, scanned):
    code = """
import sys, seedbed
if sys.argv[1] == "scanned":
    path, sys.path[:] = sys.path[:], [folder for folder in sys.path if folder != sys.argv[2]]
    len(seedbed.catalogue())
    sys.path[:] = path
    seedbed.refresh()
print(seedbed.get("late_seven")(1).tolist(), seedbed.get("inner_seven")(1).tolist())
print(*seedbed.catalogue().problems, sep="\\n")
"""
    early(looks_up)
    arguments = "scanned" if scanned else "fresh", str(site.folder)
    values, problem = _run(site, code, *arguments).splitlines()
    assert values == "[7.0] [7.0]"
    what = f"looked up {asked} while the catalogue was importing plugins; do it in a function instead"
    assert problem.startswith(f"early 1.0: plugin early = early_plugin: {what}")


def test_a_plugins_module_that_forgives_the_refusal_is_used(site, early):
    early("""
try:
    seedbed.get("inner_seven")
except seedbed.SeedbedError:
    pass
""")
    code = "import seedbed; print(seedbed.get('outer_one')(1).tolist(), seedbed.catalogue().problems)"
    assert _run(site, code) == "[7.0] ()\n"


# The module cannot wait for the thread, which itself waits until the module is imported.
STARTS_ANOTHER = """
import threading

def look_up():
    seedbed.found = seedbed.get("inner_seven")

seedbed.thread = threading.Thread(target=look_up)
seedbed.thread.start()
"""


def test_another_thread_may_look_up_anything_meanwhile(site, early):
    early(STARTS_ANOTHER)
    code = """
import seedbed
print(seedbed.get("outer_one")(1).tolist())
seedbed.thread.join(20)
print(seedbed.found, seedbed.catalogue().problems)
"""
    assert _run(site, code) == "[7.0]\nInner() ()\n"


def _run(site, code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=clean_environ() | {"PYTHONPATH": str(site.folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
