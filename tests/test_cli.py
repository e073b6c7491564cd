"""The command line: what it prints, what it refuses and how it ends."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from turns import one_in

import seedbed
from seedbed.catalogue import default
from seedbed.catalogue.catalogue import Catalogue
from seedbed.cli import main as seedbed_command
from seedbed.testing import FakeDistribution, installed_catalogue
from seedbed_tools.cli import main
from seedbed_tools.cli.page import Page

SCRIPT = Path(sysconfig.get_path("scripts")) / ("seedbed.exe" if os.name == "nt" else "seedbed")
NAMES = [entry.name for entry in Catalogue(scan=False)]

ACME = {
    "acme_inits/__init__.py": "",
    "acme_inits/good.py": '''
import seedbed, numpy as np

class AcmeOnes(seedbed.Initializer):
    """Ones of Acme."""
    def __init__(self, size, *, factor=1.0):
        self.size, self.factor = size, factor
    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)

class AcmeUndocumented(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        if shape == (13,):
            raise ValueError("thirteen\\nis bad luck")
        if shape == (14,):
            raise MemoryError
        if shape == (15,):
            raise KeyError("a bug")
        return np.ones((*shape, 1), dtype) if shape == (16,) else np.ones(shape, dtype)
''',
    "acme_inits/boom.py": "raise RuntimeError('first line\\nsecond line')",
    "acme_inits/hooks.py": """
import seedbed

@seedbed.hookimpl
def seedbed_initializers():
    D = seedbed.Deprecation
    return [
        seedbed.Entry("acme_wide", preset_of="random_normal", arguments={"stddev": 3.0}, summary="Wide."),
        seedbed.Entry("acme_wider", preset_of="acme_wide", arguments={"mean": 1.0}),
        seedbed.Entry("acme_old", preset_of="acme_wide", deprecated=D("1.0", "2.0", "acme_wide")),
    ]
""",
    "acme_inits-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: Acme_Inits\nVersion: 1.2\n"
    "Summary: For anvils.\n",
    "acme_inits-1.2.dist-info/entry_points.txt": """
[seedbed.initializers]
acme_ones = acme_inits.good:AcmeOnes
acme_undocumented = acme_inits.good:AcmeUndocumented
acme_boom = acme_inits.boom:Boom
shared_name = acme_inits.good:AcmeUndocumented
Bad-Name = acme_inits.good:AcmeOnes
[seedbed.plugins]
hooks = acme_inits.hooks
""",
    "rival-2.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: rival\nVersion: 2.0\nSummary: Another.\n",
    "rival-2.0.dist-info/entry_points.txt": (
        "[seedbed.initializers]\nshared_name = acme_inits.good:AcmeOnes\nzeros = acme_inits.good:AcmeOnes\n"
    ),
    "sick-0.dist-info/METADATA": "Metadata-Version: 2.1\nName: sick\nVersion: 0\n",
    "sick-0.dist-info/entry_points.txt": "[console_scripts]\nno_equals_sign\n",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return a folder to put on the path, with installed packages of every kind."""
    folder = tmp_path_factory.mktemp("site")
    for path, text in ACME.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def acme(packages, monkeypatch):
    """Install the packages for this process."""
    monkeypatch.syspath_prepend(packages)
    monkeypatch.setattr(default, "CATALOGUE", Catalogue())
    yield
    for name in [name for name in sys.modules if name.startswith("acme_inits")]:
        del sys.modules[name]


@pytest.fixture
def run(capsys, monkeypatch):
    """Return a function that runs the command in this process: status, stdout, stderr."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments):
        status = main(arguments)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def refused(run):
    """Return a function that asserts the refusal's form, and returns what it says."""

    def refused(*arguments):
        status, out, err = run(*arguments)
        assert (status, out) == (2, "")
        assert err.startswith("seedbed: error: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1
        return err

    return refused


def process(*command, **options):
    """Run a process to its end."""
    environment = os.environ | options.pop("env", {})
    environment.pop("COLUMNS", None)
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
        **options,
    )


class TestTheProcess:
    @pytest.mark.parametrize("command", [[SCRIPT], [sys.executable, "-m", "seedbed"]])
    def test_the_script_and_the_module_are_the_command(self, command):
        done = process(*command, "draw", "small_init", "--shape", "256,128", "--seed", "7")
        assert (done.returncode, done.stderr) == (0, "")
        assert "(256, 128)" in done.stdout

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [(["list", "he_"], 0), (["list", "no such thing"], 1), (["draw", "he_normal"], 2)],
    )
    def test_the_exit_status_arrives(self, arguments, status):
        done = process(SCRIPT, *arguments)
        assert done.returncode == status
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") == (status > 0)

    def test_a_reader_that_leaves_early_is_no_error(self):
        done = process("bash", "-c", f"'{SCRIPT}' list --json | true; echo ${{PIPESTATUS[0]}}")
        assert (done.stdout, done.stderr) == ("1\n", "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
    def test_output_that_cannot_be_written_is_one_line(self):
        done = process("bash", "-c", f"'{SCRIPT}' list > /dev/full")
        assert done.returncode == 2
        assert re.fullmatch(r"seedbed: error: .*No space left.*\n", done.stderr)

    def test_output_survives_an_encoding_that_lacks_its_characters(self):
        done = process(SCRIPT, "draw", "he_normal", "--shape", "9,9", env={"PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (0, "")
        assert "#" in done.stdout

    def test_version_imports_nothing_that_it_does_not_need(self):
        code = (
            "import sys; from seedbed_tools.cli import main\n"
            "main(['--version']); print('argparse' in sys.modules)\n"
            "main(['list', 'zeros', '--json']); print('argparse' in sys.modules)"  # so the check can fail
        )
        lines = process(sys.executable, "-c", code).stdout.splitlines()
        assert (lines[0], lines[1], lines[-1]) == (f"seedbed {seedbed.__version__}", "False", "True")

    @pytest.mark.parametrize(
        "command", one_in(3, ["list", "which zeros", "show zeros", "draw zeros --shape 3", "docs zeros"])
    )
    def test_what_takes_long_to_import_is_imported_by_who_needs_it(self, packages, command):
        for module in ("rich", "argcomplete", "seedbed_testing.names"):
            assert imported(packages, command, module=module) == [False], module

    def test_a_list_imports_no_initializer(self, packages):
        assert imported(packages, "list", "show zeros", module="seedbed.standard.constants") == [False, True]

    @pytest.mark.slow
    def test_the_checks_need_the_whole_kit(self, packages):  # so the check above can fail
        assert imported(packages, "check zeros", module="seedbed_testing.names") == [True]

    @pytest.mark.slow
    def test_only_the_initializer_that_is_asked_for_is_imported(self, packages):
        commands = ["list", "list acme --json", "show acme_wide", "show he_normal", "draw zeros --shape 3"]
        assert imported(packages, *commands, module="acme_inits.good") == [False] * 5
        commands = ["list", "show acme_ones", "draw acme_ones --shape 3 --set size=1"]
        assert imported(packages, *commands, module="acme_inits.good") == [False, True, True]
        assert imported(packages, *commands, module="acme_inits.boom") == [False] * 3

    def test_listing_the_example_plugin_does_not_import_its_initializer(self, packages):
        commands = ["list small_init", "show he_normal", "draw small_init --shape 3"]
        assert imported(packages, *commands, module="seedbed_example.small") == [False, False, True]


def imported(packages, *commands, module):
    """Run commands in one new process, and return after which of them `module` had been imported."""
    code = "import sys; from seedbed_tools.cli import main\n" + "\n".join(
        f"main({command.split()}); print('imported:', {module!r} in sys.modules)" for command in commands
    )
    done = process(sys.executable, "-c", code, env={"PYTHONPATH": str(packages)})
    assert done.returncode == 0, done.stderr
    return [line.endswith("True") for line in done.stdout.splitlines() if line.startswith("imported:")]


class WithoutTools:
    """A finder that finds as where the distribution seedbed-tools is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "seedbed_tools":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


class TestEnds:
    def test_without_a_command_there_is_help(self, run):
        status, out, err = run()
        assert (status, err) == (0, "")
        assert all(command in out for command in ("list", "show", "draw", "--version"))

    @pytest.mark.parametrize("arguments", [["--version"], ["--version", "list"]])
    def test_version(self, run, arguments):
        assert run(*arguments) == (0, f"seedbed {seedbed.__version__}\n", "")

    @pytest.mark.parametrize("command", ["list", "show", "draw"])
    def test_every_command_has_help(self, run, command):
        status, out, err = run(command, "-h")
        assert (status, err) == (0, "")
        assert f"seedbed {command}" in out

    def test_without_the_extra_it_says_how_to_get_it(self, monkeypatch, capsys):
        for name in [name for name in sys.modules if f"{name}.".startswith("seedbed_tools.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [WithoutTools, *sys.meta_path])
        assert seedbed_command() == 2
        out, told = capsys.readouterr()
        assert (out, told.count("\n")) == ("", 1)
        assert told.startswith("seedbed: error: the command line needs seedbed-tools: ")
        assert "pip install ./plugins/seedbed-testing ./plugins/seedbed-tools in a clone of Seedbed" in told
        assert 'pip install "seedbed[cli]" from an index that has it' in told

    def test_an_import_that_fails_for_another_reason_is_not_taken_for_it(self, monkeypatch):
        monkeypatch.delitem(sys.modules, "seedbed_tools.cli")
        monkeypatch.setitem(sys.modules, "seedbed_tools.cli.run", None)
        with pytest.raises(ModuleNotFoundError, match=r"seedbed_tools\.cli\.run"):
            seedbed_command()

    def test_an_interrupt_is_quiet(self, run, monkeypatch):
        def interrupted(*_, **__):
            raise KeyboardInterrupt

        with monkeypatch.context() as drawing:
            drawing.setattr("seedbed_tools.cli.drawing.draw", interrupted)
            assert run("draw", "zeros", "--shape", "3") == (130, "", "")
        with monkeypatch.context() as telling:  # while an error is told
            telling.setattr("seedbed_tools.cli.run._fail_and_tell_what_is_hidden", interrupted)
            assert run("draw", "no_such", "--shape", "3") == (130, "", "")
        monkeypatch.setattr("seedbed_tools.cli.command", interrupted)  # before it has begun
        assert seedbed_command() == 130

    def test_a_bug_is_told_with_its_place(self, acme, refused):
        told = refused("draw", "acme_undocumented", "--shape", "15")
        assert re.search(r"KeyError: 'a bug' \(.*acme.*, line \d+\)$", told.strip())

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["lst"], "unknown command 'lst'; did you mean 'list'? `seedbed --help` shows"),
            (["--nonsense"], "unknown option '--nonsense'"),
            (["list", "--jsn"], "seedbed list does not take '--jsn'; did you mean '--json'?"),
            (["list", "--js"], "seedbed list does not take '--js'"),
            (["show"], "the following arguments are required: NAME; `seedbed show --help`"),
            (["show", "he_norml"], "did you mean 'he_normal'"),
            (["show", "a", "b"], "seedbed show --help"),
            (["draw", "zeros"], "the following arguments are required: --shape; `seedbed draw --help`"),
            (["draw", "zeros", "--shape"], "argument --shape: expected one argument"),
            (["draw", "--shape", "--force", "zeros"], "argument --shape: expected one argument"),
            (["draw", "zeros", "--shape", "-3,4"], "-3"),
            (["doctor", "--limit", "0"], "must be a number of seconds of at least 0.1, got '0'"),
            (["doctor", "--limit", "nan"], "must be a number of seconds of at least 0.1, got 'nan'"),
        ],
    )
    def test_wrong_usage_is_one_line(self, refused, arguments, says):
        assert says in refused(*arguments)


class TestList:
    def test_every_entry_has_a_line_with_name_and_provider(self, run):
        status, out, err = run("list")
        assert (status, err) == (0, "")
        rows = {line.split()[0]: line for line in out.splitlines()}
        assert {*NAMES, "small_init", "gpt2_normal", "small_normal"} <= rows.keys()
        assert f"seedbed {seedbed.__version__}" in rows["he_normal"]
        assert "variance 2 / fan_in" in rows["he_normal"]
        assert "deprecated (use small_init)" in rows["small_normal"]

    def test_piped_output_has_one_line_an_entry_and_no_colour_codes(self, run):
        _, out, _ = run("list", "seedbed")
        assert "\x1b" not in out
        assert len(out.splitlines()) == 1 + len(list(seedbed.catalogue().search("seedbed")))

    @pytest.mark.parametrize("columns", [20, 60, 80, 120])
    def test_a_terminal_of_any_width_gets_whole_names(self, run, monkeypatch, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        _, out, _ = run("list")
        heads = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
        assert set(NAMES) <= set(heads)
        if columns >= 60:
            assert max(map(len, out.splitlines())) <= columns

    def test_words_may_stand_on_both_sides_of_an_option(self, run):
        found = json.loads(run("list", "glorot", "--json", "uniform")[1])
        assert [row["name"] for row in found] == ["glorot_uniform"]
        assert json.loads(run("list", "--json", "--", "glorot", "uniform")[1]) == found

    def test_all_words_must_match(self, run):
        _, out, _ = run("list", "UNIFORM", "glorot")
        assert [line.split()[0] for line in out.splitlines()] == ["name", "glorot_uniform"]

    def test_no_match_says_so(self, run):
        assert run("list", "no such", "thing") == (
            1,
            "",
            "seedbed: no initializer matches 'no such' 'thing'; `seedbed list` shows all\n",
        )
        status, out, _ = run("list", "--json", "no such")
        assert (status, out) == (1, "[]\n")

    def test_no_match_for_a_name_with_two_meanings_says_what_they_are(self, run):
        status, out, err = run("list", "kaiming_normal")
        assert (status, out) == (1, "")
        missed, asked = err.splitlines()
        assert missed == "seedbed: no initializer matches 'kaiming_normal'; `seedbed list` shows all"
        assert asked.startswith(
            "seedbed: 'kaiming_normal' has more than one meaning; say which: \"he_normal\" is"
        )

    @pytest.mark.parametrize("command", ["show", "docs", "draw"])
    def test_a_name_with_two_meanings_is_a_question_for_every_command(self, run, command):
        shape = ["--shape", "2"] if command == "draw" else []
        status, out, err = run(command, "KaimingNormal", *shape)
        assert (status, out) == (2, "")
        assert "'KaimingNormal' has more than one meaning; say which: \"he_normal\" is truncated" in err

    def test_which_says_what_a_name_with_two_meanings_may_mean(self, run):
        status, out, err = run("which", "seedbed:xavier_normal")
        assert (status, err) == (1, "")
        assert out.startswith("seedbed:xavier_normal is ambiguous\n")
        assert 'say which: "glorot_normal" is truncated' in " ".join(out.split())
        found = json.loads(run("which", "xavier_normal", "--json")[1])
        assert found["meant"] == ""
        assert [candidate["kind"] for candidate in found["candidates"]] == ["ambiguous"]

    def test_what_is_wrong_is_marked(self, acme, run):
        status, out, _ = run("list")
        assert status == 0
        shared = r"^acme-inits:shared_name +acme-inits 1\.2 +ambiguous \(also in rival\)"
        assert re.search(shared, out, re.MULTILINE)
        assert re.search(r"^rival:zeros +rival 2\.0 +reserved \(zeros is seedbed's\)", out, re.MULTILINE)
        assert re.search(r"^zeros +seedbed \S+ +Zeros\.$", out, re.MULTILINE)
        assert re.search(r"^Bad-Name +acme-inits 1\.2 +broken: ", out, re.MULTILINE)
        table, _, footer = out.partition("2 packages have problems:\n")
        assert table
        assert [line.split()[0] for line in footer.splitlines()] == ["acme-inits", "sick"]

    def test_what_the_policy_has_settled_is_not_ambiguous(self, acme, run, tmp_path, monkeypatch):
        policy = tmp_path / "policy.toml"
        policy.write_text("[tool.seedbed]\nmode = 'open'\nprefer = {shared_name = 'rival'}\n")
        monkeypatch.setenv("SEEDBED_POLICY", str(policy))
        _, out, _ = run("list", "shared_name")
        passed_over = r"^acme-inits:shared_name +acme-inits 1\.2 +passed over \(the policy prefers rival\): "
        assert re.search(passed_over, out, re.MULTILINE)
        assert "ambiguous" not in out
        rows = json.loads(run("list", "--json", "shared_name")[1])
        assert {row["meant"] for row in rows} == {"rival:shared_name"}

    def test_a_name_that_is_kept_for_another_package_is_reserved(self, acme, run, tmp_path, monkeypatch):
        policy = tmp_path / "policy.toml"
        policy.write_text(
            "[tool.seedbed]\nmode = 'open'\ndeny = ['rival']\nprefer = {shared_name = 'rival'}\n"
        )
        monkeypatch.setenv("SEEDBED_POLICY", str(policy))
        _, out, _ = run("list", "shared_name")
        reserved = r"^acme-inits:shared_name +acme-inits 1\.2 +reserved \(shared_name is rival's\): "
        assert re.search(reserved, out, re.MULTILINE)
        (row,) = json.loads(run("list", "--json", "shared_name")[1])
        assert row["meant"] is None
        assert row["conflicts_with"] == ["rival:shared_name"]
        status, out, _ = run("which", "shared_name")
        assert status == 1
        assert "the name stays rival's; 'acme-inits:shared_name' means it" in " ".join(out.split())
        assert "which gives the name to rival alone" in " ".join(out.split())

    def test_problems_are_told_where_nothing_matches_too(self, acme, run):
        status, out, _ = run("list", "no such thing")
        assert status == 1
        assert out.startswith("2 packages have problems:\n")

    def test_json_has_the_same_keys_for_every_row_in_a_fixed_order(self, acme, run):
        status, out, err = run("list", "--json")
        assert status == 0
        assert err.startswith("2 packages have problems:\n")
        rows = json.loads(out)
        assert out == run("list", "--json")[1]
        assert len({tuple(row) for row in rows}) == 1
        order = [(row["provider"] != "seedbed", row["provider"], row["name"]) for row in rows]
        assert order == sorted(order)
        by_name = {row["full_name"]: row for row in rows}
        assert by_name["seedbed:he_normal"] == {
            "name": "he_normal",
            "full_name": "seedbed:he_normal",
            "provider": "seedbed",
            "version": seedbed.__version__,
            "summary": "Truncated normal values of variance ``2 / fan_in`` (He, Kaiming).",
            "owner": "",
            "tags": [],
            "aliases": list(seedbed.catalogue().entry("he_normal").names[1:]),
            "deprecated": None,
            "conflicts_with": [],
            "broken": None,
            "blocked": None,
            "reproducibility": "exact",
            "meant": "seedbed:he_normal",
        }
        assert by_name["acme-inits:acme_ones"]["reproducibility"] is None  # known only to who imports it
        assert by_name["acme-inits:shared_name"]["conflicts_with"] == ["rival:shared_name"]
        assert by_name["acme-inits:acme_old"]["deprecated"]["replaced_by"] == "acme_wide"
        assert "Bad-Name" in by_name["acme-inits:Bad-Name"]["broken"]["what"]


class TestShow:
    def test_it_shows_what_the_class_says(self, run):
        status, out, err = run("show", "variance_scaling")
        assert (status, err) == (0, "")
        for said in (
            "scale = 1.0",
            "mode = 'fan_in'",
            "Above 0.",
            "VarianceScalingV2",
            "exact",
            "arXiv:1502.01852",
        ):
            assert said in out
        assert "``" not in out
        assert ":math:" not in out

    def test_any_name_of_an_entry_shows_it(self, run):
        assert run("show", "HeNormalV2") == run("show", "seedbed:he_normal")

    def test_a_preset_shows_what_it_binds(self, acme, run):
        _, out, _ = run("show", "acme_wider")
        assert "acme_wide with mean=1.0, stddev=3.0" in " ".join(out.split()) or "stddev=3.0" in out
        assert "stddev = 3.0" in out
        found = json.loads(run("show", "acme_wider", "--json")[1])
        assert found["arguments"] == {"mean": 1.0, "stddev": 3.0}
        bound = {parameter["name"]: parameter["bound"] for parameter in found["parameters"]}
        assert bound == {"mean": True, "stddev": True, "seed": False}

    def test_a_class_without_docstring_does_not_speak_for_the_contract(self, acme, run):
        status, out, _ = run("show", "acme_undocumented")
        assert status == 0
        assert "For anvils." in out
        assert "Makes the first value" not in out
        assert "undeclared" in out

    def test_a_required_parameter_is_marked(self, acme, run):
        assert "size (required)" in run("show", "acme_ones")[1]

    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_what_cannot_be_imported_is_shown_as_far_as_it_is_known(self, acme, run, form):
        status, out, err = run("show", "acme_boom", *form)
        assert status == 1
        assert "acme_inits.boom:Boom" in out
        assert re.fullmatch(r"seedbed: error: acme-inits:acme_boom .*first line second line\n", err)
        if form:
            assert json.loads(out)["parameters"] is None

    def test_an_ambiguous_name_is_refused_with_the_names_to_choose_from(self, acme, refused):
        assert "'acme-inits:shared_name'" in refused("show", "shared_name")

    def test_a_deprecated_name_warns(self, acme, run):
        status, out, err = run("show", "acme_old")
        assert status == 0
        assert "Deprecated since 1.0, will be removed in 2.0. Use acme_wide instead." in out
        assert re.fullmatch(r"seedbed: warning: .*use 'acme_wide' instead\n", err)

    @pytest.mark.parametrize("name", NAMES)
    def test_every_standard_initializer_has_a_page_with_all_parameters_explained(self, run, name):
        status, out, _ = run("show", name, "--json")
        found = json.loads(out)
        assert status == 0
        assert all(parameter["description"] for parameter in found["parameters"])
        assert found["examples"]
        assert run("show", name)[0] == 0


class TestDocs:
    def test_it_is_the_markdown_of_the_page(self, run):
        status, out, err = run("docs", "he_normal")
        assert (status, err) == (0, "")
        assert out.startswith("# he_normal\n\nTruncated normal values of variance `2 / fan_in`")
        assert "\n- JAX `he_normal`: The same.\n" in out
        assert "| dense | `(256, 128)` |" in out

    def test_any_name_of_an_entry_shows_it(self, run):
        assert run("docs", "HeNormalV2") == run("docs", "seedbed:he_normal")

    def test_on_a_terminal_it_is_typeset(self, run, monkeypatch):
        terminal = Page(width=90, is_terminal=True, has_colours=True)
        monkeypatch.setattr(Page, "of_stdout", lambda: terminal)
        monkeypatch.setenv("FORCE_COLOR", "1")
        status, out, _ = run("docs", "he_normal")
        assert status == 0
        assert "\x1b[" in out
        assert "2 / fan_in" in out
        assert "# he_normal" not in out
        assert "`" not in out

    def test_what_cannot_be_imported_is_shown_as_far_as_it_is_known(self, acme, run):
        status, out, err = run("docs", "acme_boom")
        assert status == 1
        assert "- class: `acme_inits.boom:Boom`\n" in out
        assert re.fullmatch(r"seedbed: error: acme-inits:acme_boom .*first line second line\n", err)

    def test_a_deprecated_name_warns(self, acme, run):
        status, out, err = run("docs", "acme_old")
        assert status == 0
        assert "**Deprecated since 1.0, will be removed in 2.0. Use acme_wide instead.**" in out
        assert re.fullmatch(r"seedbed: warning: .*use 'acme_wide' instead\n", err)

    def test_an_unknown_name_is_refused(self, refused):
        assert "did you mean 'he_normal'" in refused("docs", "he_norml")

    def test_nothing_of_a_docstring_steers_the_terminal(self, run, monkeypatch):
        class Steering(seedbed.Initializer):
            """Red: \x1b[31m."""

            def __call__(self, shape, dtype=None):
                sys.stdout.write("noise\n")
                return np.ones(shape, dtype)

        monkeypatch.setattr(default, "CATALOGUE", Catalogue(scan=False))
        seedbed.register(Steering, "steering")
        status, out, err = run("docs", "steering")
        assert status == 0
        assert "Red: \ufffd\\[31m." in out
        assert (out.count("noise"), err.count("noise")) == (0, 2)


def drawn(out):
    """Return the rows of the report by label."""
    return dict(re.findall(r"^  (\w[\w ]*?)  +(\S.*)$", out, re.MULTILINE))


class TestDraw:
    def test_it_prints_what_the_same_call_in_python_gives(self, run):
        status, out, err = run("draw", "he_normal", "--shape", "256,128", "--seed", "7")
        values = seedbed.get("he_normal", seed=7)((256, 128)).astype(np.float64)
        assert (status, err) == (0, "")
        assert out.startswith(f"HeNormal(seed=7)  seedbed:he_normal {seedbed.__version__}\n")
        rows = drawn(out)
        assert rows["shape"] == "(256, 128): 32,768 values in 128 KiB"
        assert rows["dtype"] == "float32"
        for label, value in (("mean", values.mean()), ("stddev", values.std()), ("min", values.min())):
            assert float(rows[label]) == pytest.approx(value, rel=1e-5)

    @pytest.mark.parametrize(
        "text", ["256,128", "256x128", "(256, 128)", "[256,128]", "256, 128,", "256 128"]
    )
    def test_a_shape_may_be_written_in_many_ways(self, run, text):
        assert drawn(run("draw", "zeros", "--shape", text)[1])["shape"].startswith("(256, 128)")

    @pytest.mark.parametrize("text", ["", "()", "[]"])
    def test_no_sizes_are_a_scalar(self, run, text):
        status, out, _ = run("draw", "ones", "--shape", text)
        assert status == 0
        assert "The value is 1." in out

    @pytest.mark.parametrize(
        "text", ["3,a", "3,,4", "(3", "3.5", "9" * 40, "1e3", "-3,4", "99999999999999999999"]
    )
    def test_what_is_no_shape_is_refused(self, refused, text):
        refused("draw", "zeros", "--shape", text)

    @pytest.mark.parametrize(
        ("given", "seed"), [("7", 7), ("-7", -7), ("encoder/0", "encoder/0"), ("7.0", "7.0"), ("007", 7)]
    )
    def test_a_seed_that_looks_like_an_int_is_one(self, run, given, seed):
        assert run("draw", "he_normal", "--shape", "3", f"--seed={given}")[1].startswith(
            f"HeNormal(seed={seed!r})"
        )

    def test_settings_are_json_or_text(self, run):
        out = run("draw", "variance_scaling", "--shape=8,4,3,3", "--set=scale=2", "--set=axes=conv_oihw")[1]
        assert out.startswith("VarianceScaling(scale=2, axes='conv_oihw')")
        out = run("draw", "constant", "--shape", "3", "--set", "value=[1, 2, 3]")[1]
        assert drawn(out)["mean"] == "2"
        out = run("draw", "he_normal", "--shape", "3", "--set", 'seed=[7, "a"]')[1]
        assert out.startswith("HeNormal(seed=[7, 'a'])")

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["he_norml", "--shape", "3"], "did you mean 'he_normal'"),
            (["he_normal", "--shape", "3", "--set", "gain"], "KEY=VALUE"),
            (["he_normal", "--shape", "3", "--set", "=3"], "KEY=VALUE"),
            (["he_normal", "--shape", "3", "--set", "gain=3"], "no argument 'gain'"),
            (["he_normal", "--shape", "3", "--set", "axes=x", "--set", "axes=y"], "twice"),
            (["he_normal", "--shape", "3", "--set", "seed=1", "--seed", "2"], "give one of them"),
            (["he_normal", "--shape", "3", "--set", f"axes={'[' * 100_000}"], "nested too deep"),
            (["he_normal", "--shape", "3", "--seed", "9" * 5000], "5000 digits"),
            (["he_normal", "--shape", "3", "--seed", "9" * 100], "2**128"),
            (["zeros", "--shape", "3", "--seed", "2"], "no argument 'seed'"),
            (["zeros", "--shape", "3", "--dtype", "float17"], "float17"),
            (["he_normal", "--shape", "3", "--dtype", "int8"], "int8"),
            (["orthogonal", "--shape", "3"], "at least 2 axes"),
            (["zeros", "--shape", "10000000,10000000"], "draw a smaller shape"),
            (["zeros", "--shape", "3", "--force"], "--out"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, refused, arguments, says):
        assert says in refused("draw", *arguments)

    def test_a_shape_beyond_the_memory_is_refused_before_anything_is_allocated(self, refused, monkeypatch):
        monkeypatch.setattr("seedbed_tools.cli.drawing._physical_memory", lambda: 1000)
        assert "needs 1.95 KiB, and this machine has 1,000 bytes" in refused(
            "draw", "zeros", "--shape", "500"
        )

    def test_a_machine_that_does_not_tell_its_memory_is_trusted(self, run, monkeypatch):
        monkeypatch.delattr("os.sysconf")
        assert run("draw", "zeros", "--shape", "3")[0] == 0

    def test_what_an_initializer_of_others_raises_is_one_line_that_names_it(self, acme, refused):
        said = refused("draw", "acme_undocumented", "--shape", "13")
        assert "acme-inits==1.2" in said
        assert "ValueError: thirteen is bad luck" in said
        assert "not enough memory" in refused("draw", "acme_undocumented", "--shape", "14")
        assert "gave shape (16, 1)" in refused("draw", "acme_undocumented", "--shape", "16")
        assert "RuntimeError: first line" in refused("draw", "acme_boom", "--shape", "3")

    def test_a_deprecated_name_warns_and_works(self, acme, run):
        status, out, err = run("draw", "acme_old", "--shape", "3")
        assert status == 0
        assert out.startswith("RandomNormal(stddev=3.0)")
        assert re.fullmatch(r"seedbed: warning: .*use 'acme_wide' instead\n", err)

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["he_normal", "--shape", "0,3"], "No values"),
            (["constant", "--shape", "3", "--set", "value=nan"], "no value is finite"),
            (["constant", "--shape", "4,2", "--set", "value=[NaN,1]"], "Every finite value is 1."),
            (["ones", "--shape", "3", "--dtype", "bool"], "Every value is 1."),
            (
                ["constant", "--shape=2", "--dtype=int64", f"--set=value={2**63 - 1}"],
                f"Every value is {2**63 - 1}.",
            ),
            (["he_normal", "--shape", "30,30", "--dtype", "complex64"], "real and imaginary parts together"),
            (["he_normal", "--shape", "30,30", "--dtype", "bfloat16"], "\N{FULL BLOCK}"),
            (["identity", "--shape", "3,3", "--dtype", "uint8"], "\N{FULL BLOCK}"),
        ],
    )
    def test_values_of_every_kind_are_shown(self, run, arguments, says):
        status, out, _ = run("draw", *arguments)
        assert status == 0
        assert says in out
        assert max(map(len, out.splitlines())) < 80


class TestOut:
    def test_the_file_holds_the_array(self, run, tmp_path):
        status, out, _ = run("draw", "he_normal", "--shape=8,4", "--seed=7", f"--out={tmp_path / 'w.npy'}")
        assert status == 0
        assert str(tmp_path / "w.npy") in out
        np.testing.assert_array_equal(np.load(tmp_path / "w.npy"), seedbed.get("he_normal", seed=7)((8, 4)))
        assert [path.name for path in tmp_path.iterdir()] == ["w.npy"]

    def test_a_file_is_overwritten_only_by_force(self, run, refused, tmp_path):
        file = tmp_path / "w.npy"
        file.write_text("precious")
        assert "--force" in refused("draw", "ones", "--shape=3", f"--out={file}")
        assert file.read_text() == "precious"
        assert run("draw", "ones", "--shape=3", f"--out={file}", "--force")[0] == 0
        assert np.load(file).tolist() == [1, 1, 1]

    @pytest.mark.skipif(os.name == "nt", reason="of POSIX")
    def test_the_file_may_be_read_by_those_who_may_read_other_new_files(self, run, tmp_path):
        (tmp_path / "other").touch()
        run("draw", "ones", "--shape=3", f"--out={tmp_path / 'w.npy'}")
        assert (tmp_path / "w.npy").stat().st_mode == (tmp_path / "other").stat().st_mode

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("missing/w.npy", "does not exist; make it first"),
            ("folder.npy", "is not a regular file"),
            ("w.txt", "name the ending .npy"),
        ],
    )
    def test_what_cannot_be_written_is_refused_before_drawing(
        self, refused, tmp_path, monkeypatch, name, says
    ):
        (tmp_path / "folder.npy").mkdir()
        monkeypatch.setattr("seedbed.standard.constants.Ones.__call__", lambda *_: pytest.fail("drawn"))
        assert says in refused("draw", "ones", "--shape=3", f"--out={tmp_path / name}", "--force")

    def test_bfloat16_is_refused(self, refused, tmp_path):
        said = refused("draw", "ones", "--shape=3", "--dtype=bfloat16", f"--out={tmp_path / 'w.npy'}")
        assert "--dtype float32" in said

    def test_a_failure_leaves_what_was_there(self, refused, tmp_path, monkeypatch):
        def full(file, *_, **__):
            file.write(b"half")
            raise OSError(28, "No space left on device")

        (tmp_path / "w.npy").write_text("precious")
        monkeypatch.setattr(np, "save", full)
        assert "No space left" in refused(
            "draw", "ones", "--shape=3", f"--out={tmp_path / 'w.npy'}", "--force"
        )
        assert [path.name for path in tmp_path.iterdir()] == ["w.npy"]
        assert (tmp_path / "w.npy").read_text() == "precious"


@pytest.mark.skipif(os.name != "posix", reason="needs a shell's >&-")
def test_a_closed_output_is_no_failure():
    for redirection in (">&-", "2>&-"):
        command = f"'{sys.executable}' -m seedbed show nothing_of_this_name {redirection}"
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


UNRULY = """
import sys
import numpy as np, seedbed

class Base(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)

class Quits(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        raise SystemExit(0)

class Fails(seedbed.Initializer):
    example_shapes = 3
    def __call__(self, shape, dtype=None):
        raise RuntimeError("boom")

class Unsaid(Base):
    def __repr__(self):
        raise SystemExit(0)

class Broken:
    def __repr__(self):
        raise KeyError

class Defaults(Base):
    example_arguments = 3
    def __init__(self, needed, other=Broken()):
        self.needed, self.other = needed, other

class Meta(type(seedbed.Initializer)):
    def __getattribute__(cls, name):
        if name == "__doc__":
            raise SystemExit(0)
        return super().__getattribute__(name)

class Undocumented(Base, metaclass=Meta):
    pass
"""


@pytest.fixture
def unruly():
    names = ("Quits", "Fails", "Unsaid", "Defaults", "Undocumented")
    package = FakeDistribution(
        "unruly-inits",
        initializers={f"q_{name.lower()}": f"unruly_inits:{name}" for name in names},
        modules={"unruly_inits": UNRULY},
    )
    with installed_catalogue(package):
        yield


class TestWhatIsAnybodys:
    @pytest.mark.parametrize(("name", "said"), [("q_quits", "SystemExit"), ("q_fails", "RuntimeError: boom")])
    def test_whatever_a_draw_raises_is_one_line(self, unruly, capsys, tmp_path, name, said):
        out = tmp_path / "w.npy"
        assert main(["draw", name, "--shape", "2", "--out", str(out)]) == 2
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n"), out.exists()) == ("", 1, False)
        assert said in told.err

    @pytest.mark.parametrize("name", ["quits", "fails", "unsaid", "defaults", "undocumented"])
    @pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["docs"]], ids=" ".join)
    def test_nothing_of_a_class_ends_a_description(self, unruly, capsys, command, name):
        is_broken = name == "undocumented"
        assert main([*command, f"q_{name}"]) == is_broken
        told = capsys.readouterr()
        assert f"q_{name}" in told.out
        assert ("cannot be described: SystemExit" in told.err) == is_broken
        if "--json" in command:
            assert json.loads(told.out)["name"] == f"q_{name}"

    def test_an_initializer_that_cannot_be_shown_is_drawn(self, unruly, capsys):
        assert main(["draw", "q_unsaid", "--shape", "2"]) == 0
        assert "<Unsaid>" in capsys.readouterr().out

    def test_a_package_that_ends_the_process_elsewhere_is_an_error(self, unruly, capsys, monkeypatch):
        def ends(arguments):
            raise SystemExit(0)

        monkeypatch.setattr("seedbed_tools.cli.parser.run", ends)
        assert main(["list"]) == 2
        assert "a package ended the command: SystemExit: 0; `seedbed doctor` tells" in capsys.readouterr().err

    def test_a_package_may_take_the_standard_error_away(self, tmp_path):
        module = UNRULY + "sys.stderr = None\n"
        FakeDistribution("u", initializers={"base": "u:Base"}, modules={"u": module}).install(tmp_path)
        command = [sys.executable, "-m", "seedbed", "show", "base", "--json"]
        done = process(*command, env={"PYTHONPATH": str(tmp_path)})
        assert (done.returncode, json.loads(done.stdout)["name"]) == (0, "base")

    def test_no_escape_code_of_a_name_or_a_version_reaches_the_terminal(self, capsys):
        package = FakeDistribution("odd-inits", initializers={"ev\x1b]0;x\x07il": "odd_inits:Thing"})
        with installed_catalogue(package):
            assert main(["list"]) == 0
        out = capsys.readouterr().out
        assert "odd-inits" in out
        assert not {"\x1b", "\x07", "\x9b"} & set(out)

    def test_no_escape_code_of_a_path_reaches_the_terminal(self, capsys, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert main(["draw", "zeros", "--shape", "2", "--out", "ev\x1b[31m\x07\nil.npy"]) == 0
        assert not {"\x1b", "\x07"} & set(out := capsys.readouterr().out)
        assert out.endswith("il.npy\n")

    def test_what_a_package_prints_at_the_end_of_the_process_is_not_among_the_output(self, tmp_path):
        module = """
import atexit
import numpy as np, seedbed
atexit.register(print, 'BYE')
class Halves(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.full(shape, 0.5, dtype)
"""
        loud = FakeDistribution("loud", initializers={"halves": "loud:Halves"}, modules={"loud": module})
        loud.install(tmp_path)
        command = [sys.executable, "-m", "seedbed", "show", "halves", "--json"]
        done = process(*command, env={"PYTHONPATH": str(tmp_path)})
        assert json.loads(done.stdout)["name"] == "halves"
        assert "BYE" in done.stderr

    def test_a_link_to_itself_is_no_place_for_an_array(self, refused, tmp_path):
        loop = tmp_path / "loop.npy"
        loop.symlink_to(loop)
        assert "loop.npy' cannot be written" in refused("draw", "zeros", "--shape", "2", "--out", str(loop))

    def test_a_name_that_is_missing_under_a_policy_may_be_hidden(self, tmp_path):
        done = process(sys.executable, "-m", "seedbed", "show", "small_init", env={"SEEDBED_PLUGINS": "0"})
        assert done.returncode == 2
        assert "SEEDBED_PLUGINS turns all packages off" in done.stderr
