"""What `seedbed new` writes, which names it refuses, and that it writes over nothing."""

import itertools
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seedbed.discovery import packaging_rules
from seedbed.errors import ArgumentError
from seedbed_tools.cli import main
from seedbed_tools.scaffold import Author, Package, files, render, write
from seedbed_tools.scaffold.author import from_git
from seedbed_tools.scaffold.template import expand

ROOT = Path(__file__).parents[1]
ADA = Author("Ada Lovelace", "ada@example.org")
NAMES = [
    ("acme-inits", ""),
    ("acme-inits", "acme"),
    ("acme-seedbed", "acme"),
    ("acme-ml-numpy", "acme.ml"),
    ("i", "acme.ml"),
    ("a" * 60 + "-inits", ""),
]
ADAPTERS = [
    Package(name, namespace=namespace, author=author, adapter=True)
    for (name, namespace), author in itertools.product(NAMES, [None, ADA])
]
VARIANTS = [
    Package(name, namespace=namespace, author=author, hook=hook, presets=presets)
    for (name, namespace), author, hook, presets in itertools.product(
        NAMES, [None, ADA], [False, True], [False, True]
    )
]


def metadata(package):
    return tomllib.loads(render(package)["pyproject.toml"])


def in_folder(folder, *arguments, env=None):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_package_has_these_files():
    assert list(render(Package("acme-inits"))) == [
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/acme_inits/__init__.py",
        "src/acme_inits/mirrored.py",
        "src/acme_inits/py.typed",
        "src/acme_inits/triangular.py",
        "tests/test_acme_inits.py",
    ]


def test_a_namespace_has_no_file_of_its_own():
    paths = render(Package("acme-ml-inits", namespace="acme.ml"))
    assert [path for path in paths if path.startswith("src/")] == [
        f"src/acme/ml/inits/{name}" for name in ("__init__.py", "mirrored.py", "py.typed", "triangular.py")
    ]


@pytest.mark.parametrize(
    ("options", "added"),
    [
        ({}, set()),
        ({"hook": True}, {"plugin.py"}),
        ({"presets": True}, {"plugin.py", "catalogue.toml"}),
        ({"hook": True, "presets": True}, {"plugin.py", "catalogue.toml"}),
    ],
)
def test_hook_and_presets_add_their_files_and_entry_points(options, added):
    package = Package("acme-inits", **options)
    assert set(render(package)) - set(render(Package("acme-inits"))) == {f"src/acme_inits/{a}" for a in added}
    plugin = render(package).get("src/acme_inits/plugin.py", "")
    assert ('"mirrored"' in plugin) is package.hook
    assert ('"catalogue.toml"' in plugin) is package.presets
    points = metadata(package)["project"]["entry-points"]
    assert ("seedbed.initializers" in points) is not package.hook
    assert ("seedbed.plugins" in points) is bool(added)


def test_an_adapter_has_these_files_and_adds_nothing_to_the_catalogue():
    package = Package("seedbed-tiny", adapter=True)
    assert list(render(package)) == [
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/seedbed_tiny/__init__.py",
        "src/seedbed_tiny/models.py",
        "src/seedbed_tiny/py.typed",
        "src/seedbed_tiny/stand_in.py",
        "tests/test_seedbed_tiny.py",
    ]
    assert "entry-points" not in metadata(package)["project"]
    assert "seedbed check" not in render(package)[".github/workflows/ci.yml"]
    assert "seedbed check" in render(Package("acme-inits"))[".github/workflows/ci.yml"]


@pytest.mark.parametrize("options", [{"hook": True}, {"presets": True}])
def test_an_adapter_with_initializers_is_refused(options):
    with pytest.raises(ArgumentError, match="begins without initializers; leave hook and presets out"):
        Package("seedbed-tiny", adapter=True, **options)


def test_entry_points_name_what_the_package_has():
    for package in VARIANTS:
        rendered = render(package)
        for values in metadata(package)["project"]["entry-points"].values():
            for value in values.values():
                module, _, attribute = value.partition(":")
                text = rendered[f"src/{module.replace('.', '/')}.py"]
                assert f"class {attribute}(" in text if attribute else "def seedbed_initializers" in text


@pytest.mark.parametrize("package", VARIANTS + ADAPTERS, ids=str)
def test_every_file_is_whole(package):
    for path, text in render(package).items():
        assert "<<" not in text, path
        assert not text.startswith("\n"), path
        assert not re.search(r"\n{4}|[ \t]\n|\n\n\Z", text), path
        assert not text or text.endswith("\n"), path
        if path.endswith(".py"):
            compile(text, path, "exec")
        elif path.endswith(".toml"):
            tomllib.loads(text)


def test_a_style_checker_has_nothing_to_say_about_any_variant(tmp_path):
    for number, package in enumerate(VARIANTS + ADAPTERS):
        parent = tmp_path / str(number)
        parent.mkdir()
        write(package, parent)
    for command in (["check"], ["format", "--check"]):
        done = in_folder(tmp_path, "-m", "ruff", *command, "--no-cache", ".")
        assert done.returncode == 0, done.stdout


def test_the_style_checker_looks_at_what_is_generated(tmp_path):
    file = write(Package("acme-inits"), tmp_path) / "src" / "acme_inits" / "triangular.py"
    file.write_text("import os\n" + file.read_text())
    done = in_folder(tmp_path, "-m", "ruff", "check", "--no-cache", ".")
    assert done.returncode == 1
    assert "F401" in done.stdout


def test_dependencies_are_bounded_as_core_bounds_its_own():
    with (ROOT / "pyproject.toml").open("rb") as file:
        ours = tomllib.load(file)
    wanted = metadata(Package("acme-inits"))
    (numpy,) = (text for text in ours["project"]["dependencies"] if text.startswith("numpy"))
    assert wanted["project"]["dependencies"] == [numpy, "seedbed>=0.1,<0.2"]
    assert wanted["project"]["requires-python"] == ours["project"]["requires-python"]
    assert wanted["build-system"] == ours["build-system"]
    tools = {text for group in ("test", "lint") for text in ours["dependency-groups"][group]}
    assert set(wanted["dependency-groups"]["dev"]) <= tools


def test_continuous_integration_runs_the_pythons_of_core():
    with (ROOT / "pyproject.toml").open("rb") as file:
        classifiers = tomllib.load(file)["project"]["classifiers"]
    wanted = [match[1] for text in classifiers if (match := re.fullmatch(r".*Python :: (3\.\d+)", text))]
    workflow = render(Package("acme-inits"))[".github/workflows/ci.yml"]
    line = re.search(r"^ +python: (\[.*\])$", workflow, re.MULTILINE)
    assert re.findall(r'"([^"]+)"', line[1]) == wanted


def test_the_author_stands_in_the_metadata_or_nobody_does():
    assert metadata(Package("acme-inits", author=ADA))["project"]["authors"] == [
        {"name": "Ada Lovelace", "email": "ada@example.org"}
    ]
    assert "authors" not in metadata(Package("acme-inits"))["project"]


@pytest.mark.parametrize("name", ['Ada "the first" Lovelace', r"a\b", "Änne Ødegård"])
def test_any_name_is_written_so_that_toml_reads_it_back(name):
    package = Package("acme-inits", author=Author.parse(name))
    assert metadata(package)["project"]["authors"] == [{"name": name}]


def test_a_value_is_not_taken_for_a_mark():
    assert expand("<<a>><<b>>", {"a": "<<b>>", "b": "x"}) == "<<b>>x"


def test_a_mark_without_a_value_is_an_error():
    with pytest.raises(KeyError, match="other"):
        expand("<<if other>>\n<<end>>\n", {"name": "acme"})


@pytest.mark.parametrize(
    "text", ["", "  ", "Ada, Countess", "Ada <nowhere>", "<ada@example.org>", "Ada\nLovelace", "Ada \x7f"]
)
def test_what_is_no_author_is_refused(text):
    with pytest.raises(ArgumentError, match="allowed are a name without commas"):
        Author.parse(text)


def set_git(folder, monkeypatch, text):
    config = folder / "config"
    config.write_text(text)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.mark.parametrize(
    ("config", "author"),
    [
        ("[user]\nname = Ada Lovelace\nemail = ada@example.org\n", ADA),
        ("[user]\nname = Ada Lovelace\n", Author("Ada Lovelace")),
        ("[user]\nname = Ada Lovelace\nemail = nowhere\n", Author("Ada Lovelace")),
        ("[user]\nemail = ada@example.org\n", None),
        ("[user]\nname = Lovelace, Ada\n", None),
        ("[user\n", None),
        ("", None),
    ],
)
def test_git_is_asked_for_the_author(config, author, tmp_path, monkeypatch):
    set_git(tmp_path, monkeypatch, config)
    assert from_git(tmp_path) == author


def test_without_git_there_is_no_author(tmp_path, monkeypatch):
    set_git(tmp_path, monkeypatch, "[user]\nname = Ada Lovelace\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert from_git(tmp_path) is None


@pytest.mark.parametrize("name", ["Acme_Inits", "acme.inits", "ACME--inits"])
def test_a_name_is_kept_in_its_normal_form(name):
    package = Package(name)
    assert (package.name, package.module) == ("acme-inits", "acme_inits")
    assert packaging_rules.normalise(name) == package.name


@pytest.mark.parametrize(
    ("name", "namespace", "module"),
    [
        ("acme-inits", "acme", "acme.inits"),
        ("inits", "acme", "acme.inits"),
        ("acme-ml-inits", "acme.ml", "acme.ml.inits"),
        ("acme-ml-inits", "acme_ml", "acme_ml.inits"),
        ("acmeinits", "acme", "acme.acmeinits"),
        ("acme", "acme", "acme.acme"),
    ],
)
def test_the_module_goes_into_the_namespace_without_repeating_it(name, namespace, module):
    assert Package(name, namespace=namespace).module == module


@pytest.mark.parametrize("name", ["", "-acme", "acme-", "acme inits", "acme/inits", "..", "acmé", "acme\n"])
def test_what_no_distribution_can_be_called_is_refused(name):
    with pytest.raises(ArgumentError, match="such as 'acme-inits'"):
        Package(name)


@pytest.mark.parametrize(
    ("name", "namespace"),
    [
        ("class", ""),
        ("3d-inits", ""),
        ("acme-class", "acme"),
        *(("inits", space) for space in ("acme..ml", ".acme", "acme.", "Acme", "../acme", "import", "_acme")),
    ],
)
def test_what_no_module_can_be_called_is_refused(name, namespace):
    with pytest.raises(ArgumentError, match="which Python cannot import"):
        Package(name, namespace=namespace)


@pytest.mark.parametrize(
    ("name", "namespace", "why"),
    [
        ("json", "", "would hide the module 'json' of Python's standard library"),
        ("inits", "json", "would hide the module 'json' of Python's standard library"),
        ("numpy", "", r"would clash with the module 'numpy' that .*numpy"),
        ("inits", "numpy", r"would clash with the module 'numpy' that .*numpy"),
        ("seedbed", "", "would clash with the module 'seedbed'"),
        ("seedbed-standard", "seedbed", "would clash with the module 'seedbed'"),
        ("import-linter", "", r"import-linter \S+ is installed"),
    ],
)
def test_what_something_else_is_called_is_refused_before_anything_is_written(name, namespace, why, tmp_path):
    with pytest.raises(ArgumentError, match=why):
        write(Package(name, namespace=namespace), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_installed_namespace_can_have_another_part_but_not_the_same_one(tmp_path, monkeypatch):
    site, project = tmp_path / "site", tmp_path / "project"
    (site / "acme_space" / "inits").mkdir(parents=True)
    (site / "acme_space" / "inits" / "__init__.py").write_text("raise SystemExit('imported')\n")
    project.mkdir()
    monkeypatch.syspath_prepend(site)
    with pytest.raises(ArgumentError, match=r"would clash with the module 'acme_space\.inits' that .*site"):
        write(Package("inits", namespace="acme_space"), project)
    with pytest.raises(ArgumentError, match="would clash with the module 'acme_space'"):
        write(Package("acme-space"), project)
    assert list(project.iterdir()) == []
    assert write(Package("others", namespace="acme_space"), project) == project / "others"


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_nothing_is_written_over(kind, tmp_path):
    taken = tmp_path / "acme-inits"
    if kind == "folder":
        taken.mkdir()
        (taken / "README.md").write_text("mine")
    elif kind == "file":
        taken.write_text("mine")
    else:
        taken.symlink_to("nowhere")
    with pytest.raises(ArgumentError, match=r"'acme-inits' exists in .*; choose another name"):
        write(Package("acme-inits"), tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["acme-inits"] + ["README.md"] * (kind == "folder")
    if kind == "folder":
        assert (taken / "README.md").read_text() == "mine"


def test_a_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    whole = render(Package("acme-inits"))
    (half, text), *_ = whole.items()
    monkeypatch.setattr(files, "render", lambda package: {half: text, half + "/below": "a file is no folder"})
    with pytest.raises(OSError, match=r"ci\.yml"):
        write(Package("acme-inits"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_what_is_rendered(tmp_path):
    package = Package("acme-inits", namespace="acme", author=ADA, hook=True, presets=True)
    folder = write(package, tmp_path)
    written = {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert written == render(package)


@pytest.mark.parametrize(("version", "bounds"), [("0.1.0", ">=0.1,<0.2"), ("1.10.2", ">=1.10,<2")])
def test_a_package_wants_the_versions_that_are_compatible(version, bounds):
    assert files.compatible(version) == bounds


def test_the_command_says_what_it_wrote_and_what_comes_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    set_git(tmp_path, monkeypatch, "[user]\nname = Ada Lovelace\n")
    assert main(["new", "Acme_Inits"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "wrote acme-inits, by Ada Lovelace"
    assert [line.strip() for line in rest[: rest.index("")]] == list(render(Package("acme-inits")))
    assert "  pip install -e ." in rest
    assert 'authors = [{ name = "Ada Lovelace" }]' in (tmp_path / "acme-inits" / "pyproject.toml").read_text()


def test_the_command_says_what_comes_next_for_an_adapter(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "seedbed-tiny", "--adapter"]) == 0
    *_, test, last = capsys.readouterr().out.splitlines()
    assert test == "  pytest"
    assert last == "and put your framework into src/seedbed_tiny/models.py, in the place of stand_in.py"
    assert (tmp_path / "seedbed-tiny" / "src" / "seedbed_tiny" / "models.py").exists()


def test_an_author_that_is_given_counts_more_than_git(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    set_git(tmp_path, monkeypatch, "[user]\nname = Somebody Else\n")
    assert main(["new", "acme-inits", "--author", str(ADA)]) == 0
    assert capsys.readouterr().out.startswith(f"wrote acme-inits, by {ADA}\n")
    assert "Somebody" not in (tmp_path / "acme-inits" / "pyproject.toml").read_text()


def test_the_command_refuses_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme-inits").mkdir()
    assert main(["new", "acme-inits"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("seedbed: error: 'acme-inits' exists in ")
