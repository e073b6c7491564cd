"""Reference pages: every entry has one, with all its parts, and their words are those of the docstring."""

import functools
import inspect
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import seedbed
from seedbed.catalogue.catalogue import Catalogue
from seedbed.entry import Entry
from seedbed.errors import ShapeError
from seedbed.testing import FakeDistribution, installed_catalogue
from seedbed_testing.docstrings import definitions, parse
from seedbed_tools import pages
from seedbed_tools.pages.markdown import code, code_block, inline, prose
from seedbed_tools.pages.sampling import LAYERS

ENTRIES = list(seedbed.catalogue())
NAMES = [entry.full_name for entry in ENTRIES]
CORE = [entry.full_name for entry in ENTRIES if entry.provider == "seedbed"]
EXPERTS = """
import seedbed
@seedbed.hookimpl
def seedbed_initializers():
    return [seedbed.Entry("experts", preset_of="stacked", arguments=dict(initializer="{}"))]
"""
FORMULA = re.compile(r"`[^`\n]*[=(/*][^`\n]*`")


@functools.cache
def made(name, catalogue=None, **how):
    catalogue = catalogue or seedbed.catalogue()
    found = pages.describe(catalogue, catalogue.entry(name))
    return pages.page(found, pages.samples(catalogue, found), **how)


def section(page, title):
    found = re.search(rf"^## {title}\n\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


@pytest.fixture
def page_of():
    """Return a function that makes the page of a class that no package has."""
    catalogue = Catalogue(scan=False)

    def page_of(initializer_class):
        catalogue.register(initializer_class, "mine")
        return made("mine", catalogue)

    return page_of


class TestEveryEntry:
    @pytest.mark.parametrize("name", NAMES)
    def test_it_has_all_parts(self, name):
        page = made(name)
        entry = seedbed.catalogue().entry(name)
        parameters = inspect.signature(seedbed.catalogue().load(entry)).parameters
        assert page.startswith(f"# {entry.name}\n")
        assert f"- full name: `{entry.full_name}`\n" in page
        assert f"- provider: {entry.provider} {entry.version}\n" in page
        assert "- reproducibility: " in page
        listed = re.findall(r"^- `(\w+)", section(page, "Parameters"), re.MULTILINE)
        assert listed == list(parameters)
        assert section(page, "Distribution")
        assert section(page, "Examples")
        # What is above the sections has the summary, which may be all that there is to the formula.
        assert FORMULA.search(section(page, "Formula and notes") + page.partition("\n## ")[0])

    @pytest.mark.parametrize("name", NAMES)
    def test_it_shows_values_of_each_layer_or_why_not(self, name):
        shown = section(made(name), "Distribution")
        for layer, shape in LAYERS.items():
            drawn, refused = f"| {layer} | `{shape}` |", f"{layer.capitalize()} `{shape}` is refused: "
            assert (drawn in shown) is not (refused in shown)
        assert shown.count("```text") + shown.count("very value is ") == shown.count(" | `(") > 0

    @pytest.mark.parametrize("name", CORE)
    def test_core_shows_values_of_both_layers(self, name):
        layers = re.findall(r"^\| (\w+) \| `\(", section(made(name), "Distribution"), re.MULTILINE)
        # An identity matrix has no meaning for a convolution.
        assert layers == (["dense"] if name == "seedbed:identity" else ["dense", "convolution"])

    @pytest.mark.parametrize("name", CORE)
    def test_core_has_formulas_in_the_notes(self, name):
        assert FORMULA.search(section(made(name), "Formula and notes"))

    @pytest.mark.parametrize("name", CORE)
    def test_core_is_compared_with_other_frameworks(self, name):
        assert {"PyTorch", "JAX"} & set(re.findall(r"\w+", section(made(name), "Other frameworks")))


class TestThePage:
    def test_a_preset_is_compared_as_what_it_is_a_preset_of(self):
        page = made("gpt2_normal")
        assert "- preset of: `random_normal with stddev=0.02`\n" in page
        assert "- `stddev = 0.02`: Their standard deviation, at least 0. Bound by this entry.\n" in page
        assert "Compared with `random_normal`" in section(page, "Other frameworks")
        assert "- PyTorch `normal_`: `stddev=1` by default.\n" in page

    def test_a_name_that_goes_away_says_so(self):
        page = made("small_normal")
        assert "\n**Deprecated since 0.1, will be removed in 1.0. Use small_init instead.**\n" in page
        assert "\nOf `small_init`: Normal values of standard deviation " in page

    def test_a_picture_takes_the_place_of_the_histograms(self):
        with_picture = made("he_normal", picture="he.svg")
        assert "](he.svg)" in with_picture
        assert "\u2588" not in with_picture
        assert "\u2588" in made("he_normal")

    def test_plain_histograms_are_ascii(self):
        page = made("he_normal", plain=True)
        assert "#####" in page
        assert page.isascii()

    def test_a_refused_shape_says_why(self):
        page = made("identity")
        assert "Convolution `(3, 3, 64, 128)` is refused: an identity matrix has exactly 2 axes" in page
        assert "| convolution" not in page

    @pytest.mark.parametrize(
        ("refusal", "said"),
        [(ShapeError("two axes"), "two axes"), (NotImplementedError("later"), "NotImplementedError: later")],
    )
    def test_every_shape_may_be_refused(self, page_of, refusal, said):
        class Mine(seedbed.Initializer):
            """Mine."""

            def __call__(self, shape, dtype=None):
                raise refusal

        page = page_of(Mine)
        assert page.count(f"is refused: {said}\n") == 2
        assert "| layer |" not in page

    def test_a_class_that_needs_arguments_is_drawn_with_its_example(self, page_of):
        class Mine(seedbed.Initializer):
            """Mine."""

            example_arguments = ({"value": 3.0},)

            def __init__(self, value):
                self.value = value

            def __call__(self, shape, dtype=None):
                return np.full(shape, self.value, dtype)

        page = page_of(Mine)
        assert "Values of `Mine(value=3.0)`" in page
        assert "- `value (required)`\n" in page
        assert page.count("Every value is 3.") == 2

    def test_what_is_for_other_layers_is_drawn_in_its_example_shape(self, page_of):
        class Mine(seedbed.Initializer):
            """Mine."""

            example_shapes = ((5, 1, 2), (1, 1, 1))

            def __call__(self, shape, dtype=None):
                if len(shape) != 3:
                    raise ShapeError("three axes")
                return np.full(shape, 3, dtype)

        shown = section(page_of(Mine), "Distribution")
        assert "| example | `(5, 1, 2)` | 3 |" in shown
        assert shown.count("is refused: three axes") == 2
        assert "(1, 1, 1)" not in shown

    def test_initializers_among_the_arguments_are_those_of_the_catalogue(self):
        catalogue = Catalogue(scan=False)

        class Inner(seedbed.Initializer):
            """Inner."""

            def __call__(self, shape, dtype=None):
                return np.full(shape, 3, dtype)

        class Outer(Inner):
            """Outer."""

            example_arguments = ({"initializer": "inner"},)

            def __init__(self, initializer):
                self.initializer = seedbed.get(initializer)

        catalogue.register(Inner, "inner")
        catalogue.register(Outer, "outer")
        assert made("outer", catalogue).count("Every value is 3.") == 2

    @pytest.mark.parametrize(("inner", "promise"), [("orthogonal", "numerical: "), ("he_normal", "exact: ")])
    def test_a_preset_promises_no_more_than_what_it_binds(self, inner, promise):
        acme = FakeDistribution(
            "acme-inits", plugins={"acme": "acme_experts"}, modules={"acme_experts": EXPERTS.format(inner)}
        )
        with installed_catalogue(acme) as catalogue:
            found = pages.describe(catalogue, catalogue.entry("experts"))
        assert dict(found.facts)["reproducibility"].startswith(promise)

    def test_without_an_example_it_says_what_is_missing(self, page_of):
        class Mine(seedbed.Initializer):
            """Mine."""

            def __init__(self, value):
                self.value = value

            def __call__(self, shape, dtype=None):
                return np.full(shape, self.value, dtype)

        assert "is refused: Mine needs the argument 'value'" in page_of(Mine)

    def test_values_that_are_not_finite_are_no_histogram(self, page_of):
        class Mine(seedbed.Initializer):
            """Mine."""

            def __call__(self, shape, dtype=None):
                return np.full(shape, np.nan, dtype)

        assert page_of(Mine).count("No value is finite.") == 2

    def test_what_is_broken_has_what_is_known_of_it(self):
        entry = Entry("gone", "no_such_module:Gone", summary="Gone.").provided_by("acme", "1.0")
        found = pages.describe(seedbed.catalogue(), entry)
        page = pages.page(found, pages.samples(seedbed.catalogue(), found))
        assert page.startswith("# gone\n\nGone.\n\n- full name: `acme:gone`\n")
        assert "\nIt is broken: " in page
        assert "## " not in page


def words_of(markdown):
    """Return the text that a reader sees, by a parser that keeps to the letter of CommonMark and GitHub."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    (_, line, _) = parser.parse(markdown)
    assert line.type == "inline"
    assert all(token.type in {"text", "text_special"} for token in line.children), line.children
    return line.content, "".join(token.content for token in line.children)


class TestMarkdown:
    @example("*a* _b_ __c__ <i>d</i> [e](f) &amp; ~~g~~ \\h ![i](j) k_l_m http")
    @example("# a")
    @example("1. a")
    @example("+ a")
    @example("---")
    @example("12) a")
    @example("> a | b")
    @given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="`"), min_size=1))
    def test_text_is_what_it_was(self, text):
        if re.search(r"https?://|arXiv:", text):
            return
        assert words_of(inline(text))[1] == text

    @pytest.mark.parametrize(
        ("markup", "markdown"),
        [
            ("``a_b * c``", "`a_b * c`"),
            ("`gain` and :func:`~x.gain`", "`gain` and `x.gain`"),
            (r":math:`\sqrt{3}\sigma`", "`\u221a3\u03c3`"),
            ("`text <https://example.org/a>`_", "[text](<https://example.org/a>)"),
            ("see https://example.org/a_b.", "see <https://example.org/a_b>."),
            ("arXiv:1502.01852.", "[arXiv:1502.01852](https://arxiv.org/abs/1502.01852)."),
            ("two\n  lines", "two lines"),
        ],
    )
    def test_markup_becomes_that_of_markdown(self, markup, markdown):
        assert inline(markup) == markdown

    def test_code_may_hold_backticks(self):
        assert code("a ``b`` c") == "```a ``b`` c```"
        assert code_block(["```", "x"]) == "````text\n```\nx\n````"

    def test_blocks_stay_apart(self):
        texts = ["Text::", "    x = 1", "    y = 2", "- a", "- *b*", "More."]
        assert list(prose(texts)) == ["Text:", "```text\nx = 1\ny = 2\n```", "- a\n- \\*b\\*", "More."]


class TestPeers:
    def test_they_are_read_from_the_docstring(self):
        doc = parse("X.\n\n    Peers\n    -----\n    Keras, TensorFlow : X\n    JAX\n        Other.\n")
        assert doc.peers == definitions(["Keras, TensorFlow : X", "JAX", "    Other."])
        assert [(peer.terms, peer.kind, peer.text) for peer in doc.peers] == [
            (("Keras", "TensorFlow"), "X", ""),
            (("JAX",), "", "Other."),
        ]
