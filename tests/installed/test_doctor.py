"""The doctor names everything that is wrong, whatever a package does to hide it."""

import json
import os

import pytest
from environments import run
from fakes import constant_class, hook_module, returning

from seedbed.cli.diagnosing import record
from seedbed.doctor import diagnose


def found(diagnosis, kind):
    return [f"{finding.package}: {finding.what}" for finding in diagnosis.findings if finding.kind == kind]


def test_all_is_well_where_nothing_is_wrong(site):
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": constant_class("Tiny", 1)})
    diagnosis = diagnose()
    assert diagnosis.is_well
    assert {p.name: p.entries for p in diagnosis.packages}["acme"] == 1
    assert diagnosis.packages[0].name == "seedbed"
    assert diagnosis.engine == "numpy"
    assert diagnosis.threads >= 1
    assert record(diagnosis)["policy"] == {"source": "no policy", "mode": "open", "lock": None, "only": None}


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
    hangs = found(diagnosis, "hangs")
    assert [line.partition(":")[0] for line in hangs] == ["dies 1.0", "sleeps 2.1", "sleeps-early 1.0"]
    assert "ended the process with status 7 while dies:crash is loaded" in hangs[0]
    assert "did not end within 5 seconds while sleeps:slow is loaded; uninstall it" in hangs[1]
    assert "did not end within 5 seconds while its plugins are imported" in hangs[2]
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
    assert "goes away in 2" in deprecated
    assert not [line for line in (*broken, *hangs) if line.startswith("good")]
    monkeypatch.setenv("SEEDBED_PLUGINS", "good")
    assert diagnose(limit=20).is_well


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode = 'nonsense'", "the mode 'nonsense'"),
        ("mode = 'locked'\nlock = 'none.lock'", "none.lock, which cannot be read"),
        ("mode = 'open'\nprefer = {tiny = 'elsewhere'}", "is elsewhere, which has no such name"),
        ("mode = 'open'\ndisable = ['acme:tyni']", "'acme:tyni' of"),
    ],
)
def test_a_policy_that_is_wrong_is_named(site, tmp_path, monkeypatch, text, message):
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": constant_class("Tiny", 1)})
    policy = tmp_path / "policy.toml"
    policy.write_text(f"[tool.seedbed]\n{text}\n")
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    (finding,) = found(diagnose(), "policy")
    assert message in finding


def test_an_engine_or_threads_that_are_wrong_are_named(monkeypatch):
    monkeypatch.setenv("SEEDBED_ENGINE", "nobody")
    monkeypatch.setenv("SEEDBED_THREADS", "many")
    threads, asked = found(diagnose(), "engine")
    assert "SEEDBED_THREADS must be an int of at least 1, got 'many'" in threads
    assert "SEEDBED_ENGINE asks for the engine of 'nobody'" in asked


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
    kinds = {(finding["kind"], finding["package"], finding["is_wrong"]) for finding in told["findings"]}
    assert ("blocked", "seedbed-example 0.1.0", False) in kinds
    assert [kind for kind in kinds if kind[0] == "broken" and "broken" in kind[1]]
    assert done.stderr == ""
