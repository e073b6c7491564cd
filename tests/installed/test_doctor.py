"""The doctor names everything that is wrong, whatever a package does to hide it."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from environments import run
from fakes import constant_class, hook_module, returning
from turns import one_in

from seedbed.governance.policy import read_variables_again
from seedbed.random import engine
from seedbed_tools.cli.diagnosing import record
from seedbed_tools.doctor import diagnose
from seedbed_tools.doctor.trial import try_all, try_one


def found(diagnosis, kind):
    return [str(finding) for finding in diagnosis.findings if finding.kind == kind]


def test_all_is_well_where_nothing_is_wrong(site):
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": constant_class("Tiny", 1)})
    diagnosis = diagnose()
    assert diagnosis.is_well
    assert {p.name: p.entries for p in diagnosis.packages}["acme"] == 1
    assert diagnosis.packages[0].name == "seedbed"
    assert diagnosis.engine == "numpy"
    assert diagnosis.threads >= 1
    assert record(diagnosis)["policy"] == {"source": "no policy", "mode": "open", "lock": None, "only": None}


@pytest.mark.slow
def test_each_thing_that_can_be_wrong_is_named(site, monkeypatch):
    good = constant_class("Tiny", 1)
    site.add("good", initializers={"good_one": "good_mod:Tiny"}, modules={"good_mod": good})
    site.add("missing", initializers={"gone": "missing_mod:Gone"}, modules={"missing_mod": good})
    site.add(
        "exits", initializers={"quits": "exits_mod:Quits"}, modules={"exits_mod": "import sys; sys.exit(3)"}
    )
    site.add("dies", initializers={"crash": "dies_mod:Crash"}, modules={"dies_mod": "import os\nos._exit(7)"})
    site.add(
        "sleeps",
        version="2.1",
        initializers={"slow": "sleeps_mod:Slow"},
        modules={"sleeps_mod": "import time\ntime.sleep(60)"},
    )
    site.add(
        "sleeps-early",
        plugins={"p": "sleeps_plugin"},
        modules={"sleeps_plugin": "import time\ntime.sleep(60)"},
    )
    site.add("hooks", plugins={"p": "hooks_plugin"}, modules={"hooks_plugin": returning("7")})
    for name in ("aaa", "zzz"):
        site.add(name, initializers={"both": f"{name}_mod:Tiny"}, modules={f"{name}_mod": good})
    site.add(
        "old",
        plugins={"p": "old_plugin"},
        modules={
            "old_plugin": returning(
                "[Entry('older', preset_of='ones', deprecated=Deprecation('1', '2', 'ones'))]"
            )
        },
    )
    (site.folder / "~eft_over-1.0.dist-info").mkdir()
    diagnosis = diagnose(limit=5)
    assert not diagnosis.is_well
    (dies,) = found(diagnosis, "dies")
    assert dies.startswith("dies 1.0: ended the process with status 7 while dies:crash is loaded; uninstall")
    hangs = found(diagnosis, "hangs")
    assert [line.partition(":")[0] for line in hangs] == ["sleeps 2.1", "sleeps-early 1.0"]
    assert "did not end within 5 seconds while sleeps:slow is loaded; uninstall it" in hangs[0]
    assert "did not end within 5 seconds while its plugins are imported" in hangs[1]
    broken = found(diagnosis, "broken")
    for part in (
        "missing 1.0: missing:gone (missing==1.0) could not be loaded",
        "exits 1.0: exits:quits (exits==1.0) could not be loaded: importing 'exits_mod:Quits' raised",
        "hooks 1.0: plugin p = hooks_plugin: hook seedbed_initializers must return a list of entries, got 7",
        "left over by an interrupted installation",
    ):
        assert [line for line in broken if part in line], (part, broken)
    (ambiguous,) = [line for line in found(diagnosis, "ambiguous") if "'both'" in line]
    assert "'both' may mean aaa:both or zzz:both; settle it by `prefer`" in ambiguous
    (deprecated,) = [line for line in found(diagnosis, "deprecated") if "old:" in line]
    assert "will be removed in 2" in deprecated
    assert not [line for line in (*broken, *hangs, dies) if line.startswith("good")]
    monkeypatch.setenv("SEEDBED_PLUGINS", "good")
    read_variables_again()
    (left_over,) = [finding for finding in diagnose(limit=20).findings if finding.is_wrong]
    assert left_over.source.endswith("~eft_over-1.0.dist-info")


def add_trouble(site, name, source):
    """Install a package whose module does `source` before all else."""
    modules = {f"{name}_mod": source + constant_class("Tiny", 1)}
    site.add(name, initializers={name: f"{name}_mod:Tiny"}, modules=modules)


@pytest.mark.slow
def test_a_child_that_leaves_the_session_does_not_hold_the_doctor(site):
    forks = "import os, time\nif os.fork() == 0: os.setsid(); time.sleep(25); os._exit(0)\n"
    add_trouble(site, "forks", forks)
    add_trouble(site, "waits", forks + "time.sleep(60)\n")
    started = time.monotonic()
    trials = {trial.provider: trial for trial in try_all(["forks", "waits"], 6)}
    assert time.monotonic() - started < 20
    assert (trials["forks"].fate, trials["waits"].fate) == ("", "hangs")


def test_no_process_of_a_package_is_left_behind(site, tmp_path):
    pid_file = tmp_path / "pid"
    source = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '47'])\n"
        f"with open({str(pid_file)!r}, 'w') as file:\n    print(child.pid, file=file)\n"
    )
    add_trouble(site, "leaves", source)
    assert try_one("leaves", 20).end == ""
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, f"the process {pid} still runs"
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system tells no environments")
def test_no_process_that_has_left_its_session_is_left_behind(site, tmp_path):
    pid_file = tmp_path / "pid"
    source = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        with open({str(pid_file)!r}, 'w') as file:\n            print(os.getpid(), file=file)\n"
        "        time.sleep(48)\n"
        "    os._exit(0)\n"
        f"while not (os.path.exists({str(pid_file)!r}) and open({str(pid_file)!r}).read()):\n"
        "    time.sleep(0.01)\n"
    )
    add_trouble(site, "leaves", source)
    assert try_one("leaves", 20).end == ""
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, f"the process {pid} still runs"
        time.sleep(0.05)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that nobody waits for is a zombie, and not running
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_the_end_of_a_process_is_told_as_it_was(site):
    add_trouble(site, "crashes", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    add_trouble(site, "lingers", thread)
    crashes, lingers = try_all(["crashes", "lingers"], 6)
    assert (crashes.fate, crashes.end) == ("dies", "was killed by SIGSEGV while crashes:crashes is loaded")
    assert lingers.fate == "hangs"
    assert lingers.end == (
        "loaded everything, but did not end within 6 seconds: a thread or child of it still runs"
    )


def test_where_python_does_not_start_its_last_words_are_told(site, monkeypatch):
    add_trouble(site, "good", "")
    (site.folder / "seedbed.py").write_text("raise RuntimeError('no seed')\n")
    trial = try_one("good", 20)
    assert trial.fate == "dies"
    assert trial.end == "ended the process with status 1 while Python starts: RuntimeError: no seed"


def test_a_path_longer_than_a_command_line_is_no_obstacle(site, monkeypatch):
    add_trouble(site, "good", "")
    monkeypatch.setattr(sys, "path", [*sys.path, *(f"/nowhere/{'x' * 2000}/{i}" for i in range(2000))])
    assert try_one("good", 60).end == ""


@pytest.mark.slow
def test_a_good_preset_of_another_package_is_no_fault(site, monkeypatch):
    add_trouble(site, "base", "")
    presets = {
        "over": "[Entry('over', preset_of='base:base')]",
        "upper": "[Entry('upper', preset_of='over:over')]",
    }
    for name, entries in presets.items():
        site.add(name, plugins={"p": f"{name}_plugin"}, modules={f"{name}_plugin": returning(entries)})
    assert diagnose().is_well
    monkeypatch.setenv("SEEDBED_PLUGINS", "over, upper")  # which the trials do not widen
    read_variables_again()
    first, second = found(diagnose(), "broken")
    assert first.startswith("over 1.0: over:over is a preset of 'base:base': ")
    assert second.startswith("upper 1.0: over:over is a preset of 'base:base': ")


@pytest.mark.slow
def test_a_preset_of_what_hangs_says_of_what(site):
    add_trouble(site, "base", "import time\ntime.sleep(60)\n")
    entries = "[Entry('over', preset_of='base:base')]"
    site.add("over", plugins={"p": "over_plugin"}, modules={"over_plugin": returning(entries)})
    trial = try_one("over", 5)
    assert trial.end == "did not end within 5 seconds while over:over, a preset of base:base, is loaded"


def test_what_a_package_prints_or_reads_does_no_harm(site):
    site.add(
        "loud",
        plugins={"p": "loud_plugin"},
        initializers={"tiny": "loud_mod:Tiny"},
        modules={
            "loud_plugin": hook_module(
                """
                import os, sys
                print('{"done": true, "broken": "x", "what": "y"}')
                os.write(1, b'{"broken": "x", "what": "y"}\\n')
                @seedbed.hookimpl
                def seedbed_initializers():
                    return []
                """
            ),
            "loud_mod": "import sys\nassert sys.stdin.read() == ''\n" + constant_class("Tiny", 1),
        },
    )
    diagnosis = diagnose()
    assert diagnosis.is_well, diagnosis.findings


def test_a_plugin_cannot_take_the_policy_away_from_the_doctor(site, tmp_path, monkeypatch):
    mark = tmp_path / "imported"
    denied = f"open({str(mark)!r}, 'w').close()\n" + constant_class("Tiny", 1)
    site.add("denied", initializers={"tiny": "denied_mod:Tiny"}, modules={"denied_mod": denied})
    sly = "import os; os.environ.pop('SEEDBED_POLICY', None)\n" + returning(
        "[Entry('x', preset_of='denied:tiny')]"
    )
    site.add("allowed", plugins={"p": "allowed_plugin"}, modules={"allowed_plugin": sly})
    policy = tmp_path / "policy.toml"
    policy.write_text("[tool.seedbed]\nmode = 'allowlist'\nallow = ['allowed']\n")
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    assert [line for line in found(diagnose(), "broken") if "'denied:tiny' is blocked" in line]
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    one_in(5, [
        ("mode = 'nonsense'", "got 'nonsense'"),
        ("mode = 'locked'\nlock = 'none.lock'", "none.lock, which cannot be read"),
        ("mode = 'opne'\nallowed = []", "cannot be used:"),
        (
            "mode = 'open'\nprefer = {tiny = 'elsewhere'}",
            "is elsewhere, which is not installed, or has",
        ),
        ("mode = 'open'\nprefer = {tiny = 'acmee'}", "for the catalogue; did you mean 'acme'?"),
        ("mode = 'open'\nprefer = {tinny = 'acme'}", "is acme, which has no such name; did you mean 'tiny'"),
        (
            "mode = 'open'\ndeny = ['acme==1.0']\nprefer = {tiny = 'acme'}",
            "prefer.tiny is acme, which does not serve it, so that it means nothing",
        ),
        ("mode = 'open'\ndisable = ['acme:tinny']", "is not an installed entry; did you mean 'tiny'"),
        ("mode = 'open'\ndisable = ['acne:tiny']", "is not an installed entry; did you mean 'acme'?"),
        ("mode = 'open'\ndisable = ['seedbed:he_norml']", "; did you mean 'he_normal' or"),
    ]),
)  # fmt: skip
def test_a_policy_that_is_wrong_is_named(site, tmp_path, monkeypatch, text, message):
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": constant_class("Tiny", 1)})
    policy = tmp_path / "policy.toml"
    policy.write_text(f"[tool.seedbed]\n{text}\n")
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    (finding,) = found(diagnose(), "policy")
    assert message in finding


def test_an_engine_or_threads_that_are_wrong_are_named_beside_all_else(site, monkeypatch):
    add_trouble(site, "good", "")
    add_trouble(site, "dies", "import os\nos._exit(7)\n")
    monkeypatch.setenv("SEEDBED_ENGINE", "nobody")
    monkeypatch.setenv("SEEDBED_THREADS", "many")
    diagnosis = diagnose()
    threads, asked = found(diagnosis, "engine")
    assert "SEEDBED_THREADS must be an int of at least 1, got 'many'" in threads
    assert "SEEDBED_ENGINE asks for the engine of 'nobody'" in asked
    assert {package.name: package.entries for package in diagnosis.packages}["good"] == 1
    assert len(found(diagnosis, "dies")) == 1
    assert os.environ["SEEDBED_ENGINE"] == "nobody"


ENGINE = """
import time
import seedbed
from seedbed.random import NumPyEngine

class Other(NumPyEngine):
    name = "other"

    def draw(self, *args, **options):
        DO
        super().draw(*args, **options)

@seedbed.hookimpl
def seedbed_engine():
    return Other()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "name", "faults"),
    [
        ("pass", "other", []),
        ("time.sleep(60)", "numpy", ["did not end within 6 seconds while it is tried; unset SEEDBED_ENGINE"]),
        ("raise ValueError('no')", "numpy", ["engine 'other' fails on"]),
    ],
)
def test_an_engine_is_tried_in_a_process_of_its_own(site, monkeypatch, action, name, faults):
    site.add("other", plugins={"p": "other_plugin"}, modules={"other_plugin": ENGINE.replace("DO", action)})
    monkeypatch.setenv("SEEDBED_ENGINE", "other")
    diagnosis = diagnose(limit=6 if "sleep" in action else 120)  # an engine is tried for seconds
    assert diagnosis.engine == name
    assert len(found(diagnosis, "engine")) == len(faults)
    assert all(fault in line for fault, line in zip(faults, found(diagnosis, "engine"), strict=True))
    assert engine() == "numpy"


def test_items_of_a_policy_that_are_of_no_effect_are_notes(site, tmp_path, monkeypatch):
    add_trouble(site, "acme", "")
    add_trouble(site, "bravo", "")
    plugin = {"hidden_plugin": returning("[Entry('within', preset_of='ones')]")}
    site.add("hidden", plugins={"p": "hidden_plugin"}, modules=plugin)
    policy = tmp_path / "policy.toml"
    policy.write_text(
        """
        [tool.seedbed]
        mode = "allowlist"
        allow = ["absent", "acme", "bravo>=1", {distribution = "bravo", names = ["brvao"]}]
        deny = [
            "acme==2.0",
            "hidden",
            {distribution = "acme", names = ["amce", "akme"]},
            {distribution = "bravo", names = ["bravo", "other"]},
            {distribution = "hidden", names = ["within"]},
        ]
        disable = ["hidden:within"]
        """
    )
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    monkeypatch.setenv("SEEDBED_PLUGINS", "acme, bravo, elsewhere")
    diagnosis = diagnose()
    unused = [finding for finding in diagnosis.findings if finding.kind == "unused"]
    assert not any(finding.is_wrong for finding in unused)
    assert diagnosis.is_well, diagnosis.findings
    told = [str(finding) for finding in unused]
    expected = [
        (f"{policy}: allow[0] = 'absent' has", "no effect: absent is not installed, or has nothing for"),
        (f"{policy}: allow[3] = ", "bravo has no entry 'brvao'; did you mean 'bravo'"),
        (f"{policy}: deny[0] = 'acme==2.0'", "version 1.0 of acme is installed"),
        (f"{policy}: deny[2] = ", "acme has no entry 'akme' or 'amce'; did you mean 'acme'"),
        ("SEEDBED_PLUGINS: leaves on elsewhere", "which is not installed"),
    ]
    assert len(told) == len(expected), told
    for what, (start, part) in zip(told, expected, strict=True):
        assert what.startswith(start)
        assert part in what


def test_a_package_that_comes_while_the_doctor_looks_is_counted(site, monkeypatch):
    add_trouble(site, "good", "")
    late = constant_class("Tiny", 1)

    def add_and_try(*arguments, **options):
        site.add("late", initializers={"late": "late_mod:Tiny"}, modules={"late_mod": late})
        return try_all(*arguments, **options)

    monkeypatch.setattr("seedbed_tools.doctor.diagnosis.try_all", add_and_try)
    packages = [package for package in diagnose().packages if package.name == "late"]
    assert [(package.version, package.entries, package.seconds) for package in packages] == [("1.0", 1, None)]


@pytest.mark.slow
def test_the_command_has_a_page_json_and_an_exit_status(make_environment, tmp_path):
    environment = make_environment("seedbed[cli]", "seedbed_example")
    page = environment.run_seedbed("doctor").stdout
    assert "seedbed-example 0.1.0  4 entries" in page
    assert page.endswith("nothing is wrong\n")
    policy = tmp_path / "policy.toml"
    policy.write_text("[tool.seedbed]\nmode = 'allowlist'\nallow = []\n")
    (environment.site_packages / "broken-1.0.dist-info").mkdir()
    (environment.site_packages / "broken-1.0.dist-info" / "entry_points.txt").write_text("[seedbed.plugins")
    os.mkfifo(environment.site_packages / "broken-1.0.dist-info" / "METADATA")
    extra = {"SEEDBED_POLICY": str(policy)}
    done = run(environment.scripts / "seedbed", "doctor", "--json", extra=extra, status=1)
    told = json.loads(done.stdout)
    assert not told["is_well"]
    assert told["policy"]["source"] == str(policy)
    kinds = {(finding["kind"], finding["provider"], finding["is_wrong"]) for finding in told["findings"]}
    assert ("blocked", "seedbed-example", False) in kinds
    assert [kind for kind in kinds if kind[0] == "broken" and "broken" in kind[1]]
    hidden = "hides 2 entries and 1 plugin of 1 package; `seedbed list --all` shows them"
    assert done.stderr == f"seedbed: the policy {policy} {hidden}\n"


BORROWED = """
import numpy as np
import seedbed


class Small(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)
"""


@pytest.mark.parametrize(
    "plugin",
    ["import os; os._exit(0)", pytest.param("import time; time.sleep(60)", marks=pytest.mark.slow)],
)
def test_what_lies_in_a_module_of_another_package_is_tried_too(site, plugin):
    """Two packages may name the same module. In the trial of one, the other is off and not forbidden."""
    site.add("acme-core", modules={"acme_inits": BORROWED, "acme_plugin": plugin})
    site.add_record("acme_core-1.0", "acme_inits.py", "acme_plugin.py")
    site.add("acme-names", initializers={"borrowed": "acme_inits:Small"})
    site.add_record("acme_names-1.0")
    site.add("acme-plug", plugins={"x": "acme_plugin"})
    site.add_record("acme_plug-1.0")
    diagnosis = diagnose(limit=5)
    (broken,) = found(diagnosis, "broken")
    assert broken.startswith("acme-names 1.0: acme-names:borrowed ")
    assert "which belongs to acme-core" in broken
    (fate,) = found(diagnosis, "dies") + found(diagnosis, "hangs")
    assert fate.startswith("acme-plug 1.0: ")
    assert "while its plugins are imported" in fate


ASKING = """
import numpy as np
import seedbed

BASE = seedbed.get({name!r})


class Twice(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return 2 * BASE(shape, dtype)
"""


@pytest.mark.parametrize("name", ["good_one", "good:good_one", "bad_one"])
def test_a_module_may_ask_for_initializers_of_other_packages(site, name):
    asking, one = ASKING.format(name=name), constant_class("One", 1)
    site.add("good", initializers={"good_one": "good_inits:One"}, modules={"good_inits": one})
    site.add("asks", initializers={"twice": "asks_inits:Twice"}, modules={"asks_inits": asking})
    is_well = name != "bad_one"
    broken = found(diagnose(), "broken")
    assert len(broken) == (not is_well)
    assert is_well or "no initializer is named 'bad_one'" in broken[0]


def test_a_preset_whose_arguments_are_refused_is_broken(site):
    presets = (
        "[Entry('negative', preset_of='random_normal', arguments={'stddev': -1}),"
        " Entry('nothing', preset_of='scaled', arguments={'initializer': 'no_such_one', 'factor': 2.0}),"
        " Entry('partly', preset_of='scaled', arguments={'factor': 2.0}),"
        " Entry('good', preset_of='random_normal', arguments={'stddev': 1})]"
    )
    site.add("acme", plugins={"p": "acme_plugin"}, modules={"acme_plugin": returning(presets)})
    broken = found(diagnose(), "broken")
    assert len(broken) == 2
    assert "stddev must be a finite number of at least 0, got -1" in broken[0]
    assert "no initializer is named 'no_such_one'" in broken[1]
