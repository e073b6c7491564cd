"""The parts of the command line that need no catalogue: moments, histograms and docstrings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seedbed_testing.docstrings import paragraphs, parse, readable, references
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.pages import moments
from seedbed_tools.pages.histogram import HEIGHT, WIDTH, axis, bars
from seedbed_tools.pages.moments import measure

NUMBERS = st.integers(-(10**12), 10**12).map(lambda i: i / 1000)
FLOATS = hnp.arrays(np.float64, hnp.array_shapes(), elements=NUMBERS)


class TestMoments:
    @given(FLOATS)
    def test_they_are_numpys(self, values):
        found = measure(values)
        spread = float(np.ptp(values))
        assert (found.minimum, found.maximum) == (values.min(), values.max())
        assert found.mean == pytest.approx(values.mean(), abs=1e-12 * abs(values).max())
        assert found.stddev == pytest.approx(values.std(), abs=1e-7 * spread + 1e-12 * abs(values).max())
        assert sum(found.counts) == (values.size if spread else 0)

    def test_blocks_change_nothing(self, monkeypatch):
        values = np.random.default_rng(7).normal(size=(30, 50)).astype(np.float32)
        whole = measure(values)
        monkeypatch.setattr(moments, "_BLOCK", 64)
        parts = measure(values)
        assert parts.counts == whole.counts
        assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
        assert parts.stddev == pytest.approx(whole.stddev, rel=1e-12)

    @pytest.mark.parametrize("size", [5e-324, 1e-300, 1e300, np.finfo(np.float64).max])
    def test_extreme_values_neither_overflow_nor_vanish(self, size):
        found = measure(np.array([-size, size]))
        assert (found.mean, found.stddev, found.maximum) == (0, size, size)

    @pytest.mark.parametrize("value", [0.1, -1e300, 3, True, 0.1 + 0.7j])
    def test_a_constant_has_no_spread(self, value):
        found = measure(np.full(1001, value))
        assert (found.mean, found.stddev, found.counts == ()) == (value, 0, not isinstance(value, complex))

    def test_complex_values_are_measured_as_numpy_does(self):
        values = np.random.default_rng(7).normal(size=(100, 2)).view(complex)
        found = measure(values)
        assert found.mean == pytest.approx(values.mean())
        assert found.stddev == pytest.approx(values.std())
        assert sum(found.counts) == 200

    def test_what_is_not_finite_is_counted_and_left_out(self):
        found = measure(np.array([1, 3, np.nan, np.inf, -np.inf], np.float32))
        assert (found.nans, found.infinities, found.mean, found.minimum, found.maximum) == (1, 2, 2, 1, 3)
        assert measure(np.array([np.nan])).minimum is None
        assert measure(np.zeros((0, 3))).minimum is None

    def test_few_integers_have_a_bin_each(self):
        assert measure(np.array([3, 5, 5], np.int8)).counts == (1, 0, 2)
        assert measure(np.array([False, True])).counts == (1, 1)

    def test_a_range_about_zero_has_zero_in_its_middle(self):
        found = measure(np.array([-1.0, 0.9]))
        assert (found.left, found.right) == (-1, 1)
        found = measure(np.array([-1.0, 0.1]))
        assert (found.left, found.right) == (-1, 0.1)


class TestHistogram:
    @pytest.mark.parametrize("plain", [True, False])
    @given(st.lists(st.integers(0, 10**9), min_size=1, max_size=WIDTH).filter(any), st.booleans())
    def test_it_has_its_size_and_shows_whatever_is_there(self, plain, counts, apart):
        lines = bars(counts, apart=apart, plain=plain)
        wide = WIDTH // len(counts)
        assert len(lines) == HEIGHT
        assert max(map(len, lines)) <= WIDTH
        assert [char != " " for char in lines[-1].ljust(WIDTH)[: wide * len(counts) : wide]] == [
            n > 0 for n in counts
        ]
        assert lines[0].strip()
        assert not plain or "".join(lines).isascii()

    @pytest.mark.parametrize("width", [60, 59, 20])
    def test_the_axis_is_as_wide_as_the_bars(self, width):
        ruler, labels = axis(-1.5, 0.5, width)
        assert len(ruler) == len(labels) == width
        assert labels.split() == ["-1.5", "-0.5", "0.5"]


class TestDocstrings:
    def test_sections_are_taken_apart(self):
        doc = parse(
            """Summary.

            More of it.

            Parameters
            ----------
            a, b : int
                Of both.

                Still.
            *rest
                Others.

            Notes
            -----
            Text.
            """
        )
        assert doc.description == ("More of it.",)
        assert doc.parameters == {"a": "Of both. Still.", "b": "Of both. Still.", "rest": "Others."}
        assert doc.section("Notes") == ("Text.",)
        assert doc.section("References") == ()

    @pytest.mark.parametrize("text", [None, "", "One line.", "Odd\n---", "----", "a\n\n\n"])
    def test_nothing_is_too_odd(self, text):
        assert parse(text).parameters == {}

    def test_formulas_stay_as_they_are_and_text_is_joined(self):
        lines = ["One", "two::", "", "    x = 1", "    y = 2", "", ".. math:: z = 3", "", "- a", "  b", "- c"]
        assert paragraphs(lines) == ["One two::", "    x = 1", "    y = 2", "    z = 3", "- a b", "- c"]

    def test_references_are_told_apart(self):
        lines = ["He et al. (2015), Deep", "rectifiers.", "Saxe (2014).", "", ".. [1] Glorot,", "   2010."]
        assert references(lines) == [
            "He et al. (2015), Deep rectifiers.",
            "Saxe (2014).",
            "[1] Glorot, 2010.",
        ]

    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("``a``, `b` and :func:`~c.d`", "a, b and c.d"),
            (r":math:`\sqrt{3}\sigma`", "\u221a3\u03c3"),
            (r"\mathrm{E}[x]", "E[x]"),
            ("`x <https://example.org>`_", "x <https://example.org>"),
        ],
    )
    def test_markup_goes(self, markup, text):
        assert readable(markup) == text


def test_one_line_has_nothing_that_steers_a_terminal():
    assert one_line("a\n\tb\x1b[31mc\x07") == "a b\ufffd[31mc\ufffd"


def test_json_is_valid_whatever_a_plugin_binds():
    assert to_json({"a": (float("inf"), {1})}) == '{\n  "a": [\n    "inf",\n    "{1}"\n  ]\n}'
