"""The check that a class explains itself, and that its examples are right."""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from seedbed.constructor import parameters
from seedbed.initializer import Initializer
from seedbed_testing.clause import broken, clause
from seedbed_testing.docstrings import Docstring, parse
from seedbed_testing.positions import Source, source_of
from seedbed_testing.subject import NotApplicable, Subject

_LONGEST: Final = 2000
"""So many characters of what went wrong in an example are shown, since an array may have millions."""


class _Fault(NamedTuple):
    """What is wrong with a docstring, and in which of its lines; ``None`` for what is nowhere in it."""

    expected: str
    got: str
    fix: str
    line: int | None = None


@clause("`seedbed show`, `help` and the catalogue's pages have nothing else to say what the values are")
def check_docstring(subject: Subject) -> None:
    """Check that the docstring has a summary line, every parameter, and examples that are correct."""
    source = source_of(subject.kind)
    faults = list(_faults(subject, source))
    if not faults:
        return
    said = [f"{fault.got}{_behind(source.place(fault.line))}" for fault in faults]
    if len(faults) == 1:
        broken(expected=faults[0].expected, got=said[0], fix=faults[0].fix)
    broken(
        expected=_listed([fault.expected for fault in faults]),
        got=_listed(said),
        fix=_listed([fault.fix for fault in faults]),
    )


def _listed(texts: list[str]) -> str:
    return "\n            ".join(f"{number}. {text}" for number, text in enumerate(texts, 1))


def _behind(place: str) -> str:
    return f", at {place}" if place else ""


def _faults(subject: Subject, source: Source) -> Iterator[_Fault]:
    kind, text = subject.kind, source.docstring
    if not text or text == Initializer.__doc__:
        yield _Fault(
            f"a docstring of {kind.__name__}, which begins with a sentence",
            "none",
            "say in one line what the values are, ending with a full stop",
        )
        text = ""
    elif not _has_summary(text):
        yield _Fault(
            "a first line that is a sentence, with an empty line below",
            repr(inspect.cleandoc(text).partition("\n")[0]),
            "end the first line with a full stop, and put everything else below an empty line",
            line=0,
        )
    doc = parse(text)
    yield from _missing_parameters(doc, kind)
    yield from _wrong_examples(doc, subject, source)


def _has_summary(text: str) -> bool:
    first, _, rest = inspect.cleandoc(text).partition("\n")
    return first.endswith(".") and not rest.partition("\n")[0].strip()


def _missing_parameters(doc: Docstring, kind: type[Initializer]) -> Iterator[_Fault]:
    lacking = [name for name in parameters(kind) if not doc.parameters.get(name)]
    if lacking:
        several = "s" if len(lacking) > 1 else ""
        yield _Fault(
            f"the parameter{several} {', '.join(lacking)} in the docstring's section Parameters",
            f"only {', '.join(doc.parameters) or 'no such section'}",
            "write a section as numpydoc has it: Parameters, ----------, the name, and below it, indented, "
            "what it means and which values it may have",
            line=0,
        )


def _wrong_examples(doc: Docstring, subject: Subject, source: Source) -> Iterator[_Fault]:
    text = "\n".join(doc.section("Examples"))
    if ">>>" not in text:
        yield _Fault(
            "an example in the docstring's section Examples",
            "none",
            "write a section as numpydoc has it: Examples, --------, and `>>>` lines that draw an array",
            line=0,
        )
        return
    try:
        _ = subject.dtype
    except NotApplicable:  # whose examples cannot draw either; see check_shape
        return
    line = source.line_of(text.lstrip("\n").partition("\n")[0], behind="Examples")
    if wrong := _what_is_wrong(text, subject.kind, source, line):
        yield _Fault(
            "examples that run, and give what stands below them",
            f"\n{wrong[:_LONGEST]}",
            "correct them: give a seed, import what they need, show a shape or rounded numbers; put "
            "`# doctest: +SKIP` behind what cannot run everywhere",
        )


def _what_is_wrong(text: str, kind: type[Initializer], source: Source, line: int | None) -> str:
    """Return what doctest says of examples, in which the class and all that its module knows are known."""
    module = vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}
    names = {**module, kind.__name__: kind}
    file, number = (None, None) if line is None else (source.file, source.first + line - 1)
    test = doctest.DocTestParser().get_doctest(text, names, kind.__name__, file, number)
    found: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=found.append)
    return "".join(found).strip().strip("*").strip()
