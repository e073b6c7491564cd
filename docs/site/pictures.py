"""Pictures of what an initializer gives, which are the same bytes at every build."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seedbed_tools.pages import Sample
from seedbed_tools.pages.moments import measure

_SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "seedbed",  # without it, ids are random
    "svg.fonttype": "none",  # text stays text
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "font.size": 9.0,
}
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""It would say when the picture was made, and with which version of Matplotlib."""

_WIDTH, _HEIGHT = 4.0, 2.6
"""Of one histogram, in inches."""

_COLOUR: Final = "#2a6f97"


def picture(samples: Sequence[Sample]) -> bytes:
    """Return an SVG file with a histogram for each sample, all over the same axis."""
    with rc_context(_SETTINGS):
        figure = Figure(figsize=(_WIDTH * len(samples), _HEIGHT), layout="constrained")
        panels = figure.subplots(1, len(samples), sharex=True, squeeze=False)[0]
        for panel, sample in zip(panels, samples, strict=True):
            _draw(panel, sample)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata=_NO_METADATA)
    return file.getvalue()


def _draw(panel: Axes, sample: Sample) -> None:
    found = measure(sample.values)
    panel.set_title(f"{sample.layer} {sample.shape}")
    panel.set_yticks([])
    if found.counts:
        edges = np.linspace(found.left, found.right, len(found.counts) + 1)
        panel.stairs(np.array(found.counts) / sample.values.size, edges, fill=True, color=_COLOUR)
        panel.set_xlabel(f"stddev {found.stddev:.4g}")
    elif found.minimum is not None:
        panel.axvline(found.minimum, color=_COLOUR, linewidth=3)
        panel.set_xlim(found.minimum - 1, found.minimum + 1)
        panel.set_xlabel(f"every value is {found.minimum:.4g}")
