"""`page`: the reference page of an entry, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seedbed_testing.docstrings import Definition, paragraphs, references
from seedbed_tools.pages.description import Description, Parameter
from seedbed_tools.pages.histogram import chart
from seedbed_tools.pages.markdown import bullets, code, code_block, escaped, inline, prose
from seedbed_tools.pages.moments import Moments, measure
from seedbed_tools.pages.sampling import Refusal, Sample

_CODE_FACTS: Final = frozenset({"full name", "preset of", "class"})
_AXES: Final = "The last axis but one is inputs, the last is outputs, as in Keras."
_TABLE: Final = "| layer | shape | mean | stddev | min | max |\n|---|---|---|---|---|---|"


def page(
    found: Description, samples: Sequence[Sample | Refusal], *, picture: str = "", plain: bool = False
) -> str:
    """Return the page: what is known of an entry, and what its values are like.

    Parameters
    ----------
    found
        The entry's description.
    samples
        What `seedbed_tools.pages.samples` gives for it.
    picture
        The address of a picture of the samples; without one, there are histograms in characters.
    plain
        Whether these are to be ASCII alone.
    """
    values = _values(samples, picture, plain=plain)
    blocks = (*_head(found), *_body(found), *values, *_peers(found), *_sources(found))
    return "\n\n".join(blocks) + "\n"


def _head(found: Description) -> Iterator[str]:
    yield f"# {escaped(found.entry.name)}"
    if found.summary:
        yield inline(found.summary)
    if found.deprecation:
        yield f"**{inline(found.deprecation)}**"
    yield bullets(
        f"{label}: {code(content) if label in _CODE_FACTS else inline(content)}"
        for label, content in found.facts
    )
    if found.error:
        yield f"It is broken: {inline(found.error)}"


def _body(found: Description) -> Iterator[str]:
    doc = found.docstring
    if found.entry.preset_of and doc.summary:
        yield f"Of {code(found.entry.preset_of)}: {inline(doc.summary)}"
    yield from prose(paragraphs(doc.description))
    if found.parameters is not None:
        yield "## Parameters"
        yield bullets(map(_parameter, found.parameters)) or "It takes none."
    if notes := paragraphs(doc.section("Notes")):
        yield "## Formula and notes"
        yield from prose(notes)


def _values(samples: Sequence[Sample | Refusal], picture: str, *, plain: bool) -> Iterator[str]:
    drawn = [(sample, measure(sample.values)) for sample in samples if isinstance(sample, Sample)]
    if samples:
        yield "## Distribution"
    if drawn:
        yield f"Values of {code(drawn[0][0].source)} in float32. {_AXES}"
        yield "\n".join((_TABLE, *(_row(sample, moments) for sample, moments in drawn)))
        yield _picture(drawn, picture) if picture else _histograms(drawn, plain=plain)
    for sample in samples:
        if isinstance(sample, Refusal):
            yield f"{sample.layer.capitalize()} {code(str(sample.shape))} is refused: {inline(sample.why)}"


def _picture(drawn: Sequence[tuple[Sample, Moments]], address: str) -> str:
    shapes = ", ".join(f"{sample.layer} {sample.shape}" for sample, _ in drawn)
    return f"![Histograms of the values: {shapes}]({address})"


def _histograms(drawn: Sequence[tuple[Sample, Moments]], *, plain: bool) -> str:
    return "\n\n".join(
        block
        for sample, found in drawn
        for block in (f"{sample.layer.capitalize()}:", _histogram(found, plain=plain))
    )


def _histogram(found: Moments, *, plain: bool) -> str:
    if found.counts:
        return code_block(chart(found.counts, found.left, found.right, plain=plain))
    return "No value is finite." if found.minimum is None else f"Every value is {_number(found.minimum)}."


def _row(sample: Sample, found: Moments) -> str:
    numbers = (found.mean, found.stddev, found.minimum, found.maximum)
    return " | ".join((f"| {sample.layer}", code(str(sample.shape)), *map(_number, numbers))) + " |"


def _number(value: complex | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _parameter(parameter: Parameter) -> str:
    said = inline(parameter.text or parameter.annotation or "")
    if parameter.bound:
        said = f"{said} Bound by this entry.".strip()
    return f"{code(parameter.head)}: {said}" if said else code(parameter.head)


def _peers(found: Description) -> Iterator[str]:
    if peers := found.docstring.peers:
        yield "## Other frameworks"
        if found.entry.preset_of:
            yield f"Compared with {code(found.entry.preset_of)}, of which this is a preset."
        yield bullets(map(_peer, peers))


def _peer(peer: Definition) -> str:
    name = f" {code(peer.kind)}" if peer.kind else ""
    return f"{escaped(', '.join(peer.terms))}{name}: {inline(peer.text) or 'The same.'}"


def _sources(found: Description) -> Iterator[str]:
    if sources := references(found.docstring.section("References")):
        yield "## References"
        yield bullets(map(inline, sources))
    if examples := found.docstring.section("Examples"):
        yield "## Examples"
        yield code_block(examples, "pycon")
