"""The pages hold together: links lead somewhere, references are complete, quoted errors are the real ones."""

import inspect
import re
from pathlib import Path

import pytest

import seedbed
from seedbed import errors, fans, hookspecs, locking, presets, random, testing
from seedbed.catalogue.catalogue import Catalogue
from seedbed.discovery import CORE
from seedbed.testing import strategies
from seedbed_tools.cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
STANDARD = [entry for entry in Catalogue(scan=False) if entry.provider == CORE]


def without_code(text):
    return re.sub(r"^(`{3,}).*?^\1`*$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page, text):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        there = text if file == page else file.read_text() if file.is_file() else ""
        if not file.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    return broken


def spans(text):
    """Return what stands between single backticks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", without_code(text))


def missing(names, text):
    """Return the names that no inline code of a page begins with."""
    there = {
        word for span in spans(text) for word in re.findall(r"^(?:seedbed\.)?(?:\w+\.)?(\w+)\b", span) if word
    } | {span.partition("(")[0] for span in spans(text)}
    return [name for name in names if name not in there]


def plain_signature(thing):
    """Return a signature without annotations, as the references write it."""
    signature = inspect.signature(thing)
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    signature = signature.replace(parameters=parameters, return_annotation=signature.empty)
    return f"{thing.__name__}{signature}"


def names_defined_in(module, kind):
    public = [(name, value) for name, value in vars(module).items() if kind(value) and name[0] != "_"]
    return [name for name, value in public if value.__module__ == module.__name__]


def reference(name):
    return (DOCS / "reference" / f"{name}.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page):
    assert broken_links(page, page.read_text()) == []


def test_a_link_to_nothing_would_be_noticed():
    page = DOCS / "index.md"
    assert broken_links(page, "[a](nowhere.md) [b](index.md#nothing) [c](contributing.md#set-up)") == [
        "nowhere.md",
        "index.md#nothing",
    ]


def test_every_page_can_be_reached_from_the_index():
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            links = re.findall(r"\]\((?!\w+:)([^)#\s]+\.md)", without_code(page.read_text()))
            waiting += [(page.parent / link).resolve() for link in links]
    assert set(DOCS.rglob("*.md")) - reached == set()


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("api", seedbed.__all__),
        ("api", random.__all__),
        ("api", locking.__all__),
        ("testing", testing.__all__),
        ("testing", strategies.__all__),
        ("api", [*names_defined_in(fans, inspect.isroutine), "Fans", "Axes", "PRESETS"]),
        ("fans", fans.PRESETS),
        ("errors", names_defined_in(errors, inspect.isclass)),
        ("hooks", names_defined_in(hookspecs, inspect.isfunction)),
        ("initializers", [entry.name for entry in STANDARD]),
    ],
)
def test_the_reference_page_has_every_public_name(page, names):
    assert names
    assert missing(names, reference(page)) == []


def test_the_cli_page_has_every_command_and_option():
    found = spans(reference("cli"))
    for name in COMMANDS:
        assert [span for span in found if span.startswith(f"seedbed {name}")], name
    options = [flag for command in COMMANDS.values() for flag in command.flags]
    assert options
    for option in options:
        assert [span for span in found if span.split()[0] == option], option


def test_a_name_that_a_reference_lacks_would_be_noticed():
    text = reference("errors").replace("ShardIndexError", "")
    assert missing(["ShapeError", "ShardIndexError"], text) == ["ShardIndexError"]


@pytest.mark.parametrize(
    "function",
    [
        seedbed.get,
        seedbed.from_config,
        seedbed.to_config,
        seedbed.register,
        seedbed.refresh,
        seedbed.catalogue,
        seedbed.gain,
        fans.fans,
        fans.as_axes,
        fans.axes_config,
        seedbed.ElementwiseInitializer,
        presets.load,
        random.as_seed,
        random.key_of,
        random.Uniform,
        random.Normal,
        random.TruncatedNormal,
        random.TruncatedDisc,
        random.FromUniform,
        random.FromTail,
        random.FromNormal,
        random.log,
        random.exp,
        random.power,
        random.minus_log,
        random.tail_quantile,
        random.on_circle,
        random.draw,
        random.draw_into,
        random.engine,
        random.use_engine,
        random.NumPyEngine,
        locking.lock,
        locking.verify,
        locking.survey,
        locking.differences,
    ],
    ids=lambda function: function.__name__,
)
def test_the_api_page_has_the_signature(function):
    assert plain_signature(function) in spans(reference("api"))


@pytest.mark.parametrize(
    "function",
    [
        testing.run_checks,
        testing.parametrize_checks,
        testing.installed_catalogue,
        testing.fresh_catalogue,
        strategies.shapes,
        strategies.indices,
        strategies.shards,
        strategies.dtypes,
        strategies.seeds,
        strategies.paths,
    ],
    ids=lambda function: function.__name__,
)
def test_the_page_on_testing_has_the_signature(function):
    assert plain_signature(function) in spans(reference("testing"))


def test_the_page_on_testing_says_what_each_check_demands():
    rows = re.findall(r"^\| `(check_\w+)` \| (.*) \|$", reference("testing"), re.MULTILINE)
    assert dict(rows) == {
        name: check.__doc__.removeprefix("Check that ").removesuffix(".")
        for name, check in testing.CHECKS.items()
    }


@pytest.mark.parametrize("entry", STANDARD, ids=lambda entry: entry.name)
def test_the_page_of_initializers_has_signature_and_aliases(entry):
    section = re.search(
        rf"^## `{entry.name}`$(.*?)(?=^## |\Z)", reference("initializers"), re.DOTALL | re.MULTILINE
    )
    assert section
    found = spans(section[1])
    assert plain_signature(seedbed.catalogue().load(entry)) in found
    spelled = re.compile(r".*([Ii]nitializer|V2)")  # TensorFlow's spellings, one rule for all of them
    assert [name for name in entry.names[1:] if name not in found and not spelled.fullmatch(name)] == []


@pytest.mark.parametrize("name", names_defined_in(errors, inspect.isclass))
def test_the_page_of_errors_has_the_other_bases(name):
    row = next(line for line in reference("errors").splitlines() if line.startswith(f"| `{name}`"))
    bases = [base.__name__ for base in getattr(errors, name).__bases__ if base is not errors.SeedbedError]
    assert re.findall(r"`(\w+)`", row.split("|")[2]) == bases


def install(site, name, version, entry_points, modules):
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, source in modules.items():
        (site / f"{module}.py").write_text(source)


def refusal(catalogue, name):
    try:
        catalogue.get(name)
    except errors.SeedbedError as error:
        return type(error).__name__, str(error)
    return None


def test_the_clash_page_quotes_the_real_errors(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    source = "from seedbed.standard.constants import Zeros\n"
    line = "[seedbed.initializers]\ntiny_normal = {}:Zeros\n"
    install(tmp_path, "acme-inits", "1.2.0", line.format("acme_inits"), {"acme_inits": source})
    install(tmp_path, "other-inits", "0.3", line.format("other_inits"), {"other_inits": source})
    clash = refusal(Catalogue(), "tiny_normal")
    points = "[seedbed.initializers]\nbroken_normal = broken_inits:Thing\n"
    points += "[seedbed.plugins]\nbroken = broken_inits\n"
    install(tmp_path, "broken-inits", "2.0", points, {"broken_inits": "import torchh\n"})
    page = (DOCS / "how-to" / "settle-a-name-clash.md").read_text()
    assert re.findall(r"```text\n(\w+): (.*)\n```", page) == [
        clash,
        refusal(Catalogue(), "broken_normal"),
        refusal(Catalogue(), "nothing"),
    ]
