"""What a package's modules do while they are imported harms nobody else: circles, look-ups, threads."""

import sys
import textwrap

import pytest
from environments import run
from fakes import constant_class, hook_module, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryLoadError, SeedbedError


def say(site, code, *, status=0):
    """Return what `code`, in a new process that has the site on its path, prints."""
    return run(
        sys.executable, "-c", textwrap.dedent(code), extra={"PYTHONPATH": str(site.folder)}, status=status
    ).stdout


def add_good(site):
    site.add("good", plugins={"good": "good_plugin"}, modules={"good_mod": constant_class("Seven", 7)})
    site.add_module("good_plugin", returning("[Entry('good_seven', 'good_mod:Seven')]"))


EARS = hook_module("""
    heard = []

    @seedbed.hookimpl
    def seedbed_entry_loaded(entry):
        heard.append(f"{entry.full_name} loaded")

    @seedbed.hookimpl
    def seedbed_entry_failed(entry, error):
        heard.append(f"{entry.full_name} failed")
""")


@pytest.fixture
def ears(site):
    """Install an observer; what it has heard is the list `sys.modules["ears_plugin"].heard`."""
    site.add("ears", plugins={"ears": "ears_plugin"}, modules={"ears_plugin": EARS})


def heard():
    return sys.modules["ears_plugin"].heard


# Circles.

CIRCLES = {
    "of one module": {"uno_mod": "from uno_mod import Uno\nclass Uno: pass"},
    "of two modules": {
        "uno_mod": "from due_mod import Due\nclass Uno: pass",
        "due_mod": "from uno_mod import Uno",
    },
    "of three modules": {
        "uno_mod": "import due_mod\nclass Uno(due_mod.Due): pass",
        "due_mod": "import tre_mod\nclass Due(tre_mod.Tre): pass",
        "tre_mod": "import uno_mod\nclass Tre(uno_mod.Uno): pass",
    },
}


@pytest.mark.parametrize("modules", CIRCLES.values(), ids=CIRCLES)
def test_modules_that_need_each_other_in_a_circle_fail_alone_with_the_reason(site, modules):
    site.add("circle", initializers={"uno": "uno_mod:Uno"}, modules=modules)
    add_good(site)
    catalogue = Catalogue()
    for _ in range(2):
        with pytest.raises(EntryLoadError, match=r"circle:uno \(circle==1\.0\) .*circular import") as caught:
            catalogue.get("uno")
        assert isinstance(caught.value.__cause__, ImportError | AttributeError)
    assert catalogue.get("good_seven")(1).tolist() == [7]


def test_a_plugins_modules_that_need_each_other_in_a_circle_fail_alone_with_the_reason(site):
    modules = {"uno_mod": "from due_mod import Due\nOne = 1", "due_mod": "from uno_mod import Uno\nTwo = 2"}
    site.add("circle", version="3.1", plugins={"circle": "uno_mod"}, modules=modules)
    add_good(site)
    catalogue = Catalogue()
    assert catalogue.get("good_seven")(1).tolist() == [7]
    (problem,) = [str(problem) for problem in catalogue.problems if problem.provider == "circle"]
    assert problem.startswith("circle 3.1: plugin circle = uno_mod: raised ImportError: ")
    assert "circular import" in problem


def test_a_circle_that_python_can_import_is_no_failure(site):
    modules = {
        "uno_mod": "import due_mod" + constant_class("Uno", 1),
        "due_mod": "import uno_mod" + constant_class("Due", 2),
    }
    site.add("circle", initializers={"uno": "uno_mod:Uno", "due": "due_mod:Due"}, modules=modules)
    catalogue = Catalogue()
    assert catalogue.get("uno")(1).tolist() == [1]
    assert catalogue.get("due")(1).tolist() == [2]


# Look-ups by a module that is being imported. It asks the process-wide catalogue, so each needs a process.

ASKS_FOR_ITSELF = "import seedbed\nseedbed.get('uno')\n" + constant_class("Uno", 1)
FORGIVES = (
    "import seedbed\ntry:\n    seedbed.get('uno')\nexcept seedbed.SeedbedError as error:\n    print(error)\n"
)


def test_a_module_that_asks_for_its_own_entry_fails_alone_with_the_reason(site, ears):
    site.add("early", initializers={"uno": "uno_mod:Uno"}, modules={"uno_mod": ASKS_FOR_ITSELF})
    add_good(site)
    code = """
        import sys, seedbed
        for _ in range(2):
            try:
                seedbed.get("uno")
            except seedbed.SeedbedError as error:
                print(error)
        print(seedbed.get("good_seven")(1).tolist(), sys.modules["ears_plugin"].heard)
    """
    first, second, rest = say(site, code).splitlines()
    assert first == second
    assert first.startswith("early:uno (early==1.0) could not be loaded: importing 'uno_mod:Uno' raised ")
    assert (
        "early:uno (early==1.0) was asked for by code that its own import runs; ask for it in a func" in first
    )
    assert rest.startswith("[7.0] ['good:good_seven loaded']")


@pytest.mark.parametrize("asks", ["'uno'", "'early:uno'", "'preset_of_uno'", "{'class_name': 'Uno'}"])
def test_a_module_that_forgives_the_refusal_is_used_and_nothing_is_held_against_it(site, ears, asks):
    one = FORGIVES.replace("'uno'", asks) + constant_class("Uno", 1)
    site.add("early", initializers={"uno": "uno_mod:Uno"}, plugins={"early": "early_plugin"})
    site.add_module("uno_mod", one)
    site.add_module("early_plugin", returning("[Entry('preset_of_uno', preset_of='uno')]"))
    code = """
        import sys, seedbed
        print(seedbed.get("uno")(1).tolist(), seedbed.get("preset_of_uno")(1).tolist())
        print(sys.modules["ears_plugin"].heard, seedbed.catalogue().problems)
    """
    refusal, values, rest = say(site, code).splitlines()
    assert "was asked for by code that its own import runs" in refusal
    assert values == "[1.0] [1.0]"
    assert rest == "['early:uno loaded', 'early:preset_of_uno loaded'] ()"


NEED = """
import seedbed
{before}
try:
    seedbed.get({other!r})
except seedbed.SeedbedError:
    print("refused", {other!r}, flush=True)
    {otherwise}
""" + constant_class("{name}", 1).replace("{", "{{").replace("}", "}}").replace("{{name}}", "{name}")


def need(name, other, *, before="", otherwise="raise"):
    """Return the source of a module that has a class, and asks for another entry while it is imported."""
    return NEED.format(name=name, other=other, before=before, otherwise=otherwise)


@pytest.mark.parametrize("first", ["uno", "due"])
def test_a_failure_that_only_came_of_asking_too_early_is_not_remembered(site, first):
    site.add("early", initializers={"uno": "uno_mod:Uno", "due": "due_mod:Due"})
    site.add_module("uno_mod", need("Uno", "due", otherwise="pass"))
    site.add_module("due_mod", need("Due", "uno"))
    second = {"uno": "due", "due": "uno"}[first]
    code = f"import seedbed; print(seedbed.get({first!r}), seedbed.get({second!r}))"
    assert say(site, code).splitlines()[-1] == {"uno": "Uno() Due()", "due": "Due() Uno()"}[first]


# Registrations by a module that is being imported.


def registers(name="other_nine"):
    return constant_class("Other", 9) + f"\nseedbed.register(Other, {name!r})\n"


def test_a_module_may_register_something_else(site, ears):
    site.add(
        "more", initializers={"uno": "uno_mod:Uno", "lost": "lost_mod:Lost"}, modules={"lost_mod": "1 / 0"}
    )
    site.add_module("uno_mod", registers() + constant_class("Uno", 1))
    code = """
        import sys, seedbed
        for name in ("lost", "uno", "other_nine", "lost", "uno"):
            try:
                print(seedbed.get(name)(1).tolist())
            except seedbed.SeedbedError as error:
                print(type(error.__cause__).__name__)
        print(sys.modules["ears_plugin"].heard)
    """
    lost, one, nine, *again, heard = say(site, code).splitlines()
    assert (lost, one, nine, again) == ("ZeroDivisionError", "[1.0]", "[9.0]", [lost, one])
    assert heard.count("more:lost failed") == 1
    assert heard.count("__main__:other_nine loaded") == 1


def test_a_module_that_registers_a_name_of_somebody_elses_fails_alone(site):
    add_good(site)
    site.add("greedy", initializers={"uno": "uno_mod:Uno"})
    site.add_module("uno_mod", registers("good_seven") + constant_class("Uno", 1))
    code = """
        import seedbed
        try:
            seedbed.get("uno")
        except seedbed.EntryLoadError as error:
            print(type(error.__cause__).__name__)
        print(seedbed.get("good_seven")(1).tolist())
    """
    assert (
        say(site, code.replace("seedbed.EntryLoadError", "seedbed.errors.EntryLoadError"))
        == "NameTakenError\n[7.0]\n"
    )


def test_a_plugin_that_registers_while_it_is_imported_fails_alone(site):
    site.add("greedy", plugins={"greedy": "greedy_plugin"})
    site.add_module("greedy_plugin", registers() + returning("[]"))
    add_good(site)
    code = """
        import seedbed
        print(seedbed.get("good_seven")(1).tolist(), "other_nine" in seedbed.catalogue())
        print(*seedbed.catalogue().problems)
    """
    values, problem = say(site, code).splitlines()
    assert values == "[7.0] False"
    assert problem.startswith("greedy 1.0: plugin greedy = greedy_plugin: looked up installed entries while ")


def test_registering_loads_nothing_again_and_forgets_no_failure(site, ears):
    add_good(site)
    site.add("broken", initializers={"lost": "lost_mod:Lost"}, modules={"lost_mod": "1 / 0"})
    site.add("more", plugins={"more": "more_plugin"})
    entries = (
        "[Entry('seven_too', preset_of='good:good_seven'), Entry('nine_too', preset_of='__main__:nine')]"
    )
    site.add_module("more_plugin", returning(entries))
    catalogue = Catalogue()
    site.add_module("nine_mod", constant_class("Nine", 9))
    from nine_mod import Nine

    def ask():
        for name in ("good_seven", "seven_too", "lost"):
            try:
                catalogue.get(name)
            except EntryLoadError:
                continue

    ask()
    with pytest.raises(EntryLoadError, match="nine"):
        catalogue.get("nine_too")
    before = [*heard()]
    site.add_module("lost_mod", constant_class("Lost"))
    catalogue.register(Nine, "nine")
    ask()
    assert heard() == before
    assert catalogue.get("nine_too")(1).tolist() == [9]
    catalogue.refresh()
    assert catalogue.get("lost")(1).tolist() == [0]


# Interrupts.


@pytest.mark.parametrize("where", ["the module", "the hook"])
def test_an_interrupt_of_a_plugin_is_the_users_and_the_next_look_up_scans_again(site, where):
    interrupts = "import interrupts\nif interrupts.left.pop():\n    raise KeyboardInterrupt('stop')"
    site.add_module("interrupts", "left = [False, True]")
    entries = returning("[Entry('good_seven', 'good_mod:Seven')]")
    inner = textwrap.indent(interrupts, "    ")
    source = {
        "the module": interrupts + "\n" + entries,
        "the hook": entries.replace("    return", f"{inner}\n    return"),
    }[where]
    site.add("good", plugins={"good": "good_plugin"}, modules={"good_mod": constant_class("Seven", 7)})
    site.add_module("good_plugin", source)
    catalogue = Catalogue()
    with pytest.raises(KeyboardInterrupt, match="stop"):
        catalogue.get("good_seven")
    assert catalogue.get("good_seven")(1).tolist() == [7]
    assert not catalogue.problems


def test_a_plugins_failure_is_remembered_and_forgotten_by_refresh(site):
    site.add_module("counted", "times = 0")
    site.add("late", plugins={"late": "late_plugin"}, modules={"late_mod": constant_class("Late", 5)})
    site.add_module("late_plugin", "import counted\ncounted.times += 1\n1 / 0")
    catalogue = Catalogue()
    for _ in range(2):
        with pytest.raises(
            SeedbedError, match=r"late 1\.0: plugin late = late_plugin: raised ZeroDivisionError"
        ):
            catalogue.get("late_five")
    assert sys.modules["counted"].times == 1
    site.add_module("late_plugin", returning("[Entry('late_five', 'late_mod:Late')]"))
    assert "late_five" not in catalogue
    catalogue.refresh()
    assert catalogue.get("late_five")(1).tolist() == [5]
    assert not catalogue.problems


# Threads. One that is stuck cannot be ended, so the process is.

AT_ONCE = """
import os, sys, threading, seedbed
found, barrier = {}, threading.Barrier(len(sys.argv) - 1)
len(seedbed.catalogue())

def ask(place, name):
    barrier.wait()
    try:
        found[place] = repr(seedbed.get(name))
    except seedbed.SeedbedError as error:
        found[place] = f"{type(error).__name__}"

threads = [threading.Thread(target=ask, args=job, daemon=True) for job in enumerate(sys.argv[1:])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(30)
stuck = any(thread.is_alive() for thread in threads)
heard = sys.modules["ears_plugin"].heard
print("stuck" if stuck else [found[place] for place in sorted(found)], sorted(heard), flush=True)
os._exit(0)
"""

SLOWLY = "import time\nprint('imported', __name__, flush=True)\ntime.sleep(0.3)\n"
MEETS = """
import pathlib, time
pathlib.Path(__file__).with_suffix(".begun").touch()
end = time.monotonic() + 5
while time.monotonic() < end and not pathlib.Path(__file__).with_name("{other}.begun").exists():
    time.sleep(0.01)
"""


def at_once(site, *names):
    done = run(sys.executable, "-c", AT_ONCE, *names, extra={"PYTHONPATH": str(site.folder)})
    return done.stdout.splitlines()


def test_threads_that_ask_for_one_entry_load_it_once(site, ears):
    site.add(
        "slow", initializers={"uno": "uno_mod:Uno"}, modules={"uno_mod": SLOWLY + constant_class("Uno", 1)}
    )
    assert at_once(site, *["uno"] * 8) == ["imported uno_mod", f"{['Uno()'] * 8} ['slow:uno loaded']"]


@pytest.mark.slow
def test_threads_that_ask_for_one_entry_that_is_broken_all_hear_so(site, ears):
    site.add("slow", initializers={"uno": "uno_mod:Uno"}, modules={"uno_mod": SLOWLY + "1 / 0"})
    assert at_once(site, *["uno"] * 8)[-1] == f"{['EntryLoadError'] * 8} ['slow:uno failed']"


def test_two_threads_whose_modules_import_each_other_both_get_what_they_asked_for(site, ears):
    modules = {
        "uno_mod": MEETS.format(other="due_mod") + "import due_mod\n" + constant_class("Uno", 1),
        "due_mod": MEETS.format(other="uno_mod") + "import uno_mod\n" + constant_class("Due", 2),
    }
    site.add("mutual", initializers={"uno": "uno_mod:Uno", "due": "due_mod:Due"}, modules=modules)
    (line,) = at_once(site, "uno", "due")
    assert line == "['Uno()', 'Due()'] ['mutual:due loaded', 'mutual:uno loaded']"


@pytest.mark.parametrize("otherwise", ["raise", "pass"])
def test_two_threads_whose_modules_ask_for_each_others_entries_do_not_deadlock(site, ears, otherwise):
    modules = {
        "uno_mod": need("Uno", "due", before=MEETS.format(other="due_mod"), otherwise=otherwise),
        "due_mod": need("Due", "uno", before=MEETS.format(other="uno_mod"), otherwise=otherwise),
    }
    site.add("mutual", initializers={"uno": "uno_mod:Uno", "due": "due_mod:Due"}, modules=modules)
    *_, line = at_once(site, "uno", "due")
    expected = "['EntryLoadError', 'EntryLoadError']" if otherwise == "raise" else "['Uno()', 'Due()']"
    assert line.startswith(expected)


def test_two_threads_of_which_one_imports_and_one_asks_do_not_deadlock(site, ears):
    # The one that asks comes later, and finds the module of the other one half imported.
    later = MEETS.format(other="uno_mod") + "time.sleep(0.3)\n"
    modules = {
        "uno_mod": MEETS.format(other="due_mod") + "import due_mod\n" + constant_class("Uno", 1),
        "due_mod": need("Due", "uno", before=later, otherwise="pass"),
    }
    site.add("mutual", initializers={"uno": "uno_mod:Uno", "due": "due_mod:Due"}, modules=modules)
    refused, line = at_once(site, "uno", "due")
    assert refused == "refused uno"
    assert line == "['Uno()', 'Due()'] ['mutual:due loaded', 'mutual:uno loaded']"
