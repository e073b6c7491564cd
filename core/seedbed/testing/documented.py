"""The check that a class explains itself, and that its examples are right."""

from __future__ import annotations

import doctest
import inspect
import sys
from typing import Final

from seedbed.constructor import parameters
from seedbed.initializer import Initializer
from seedbed.pages.docstrings import Docstring, parse
from seedbed.testing.clause import broken, clause
from seedbed.testing.subject import Subject

_LONGEST: Final = 2000
"""So many characters of what went wrong in an example are shown, since an array may have millions."""


@clause("`seedbed show`, `help` and the catalogue's pages have nothing else to say what the values are")
def check_docstring(subject: Subject) -> None:
    """Check that the docstring has a line that sums up, every parameter, and examples that are right."""
    text = vars(subject.kind).get("__doc__")
    if not text or text == Initializer.__doc__:
        broken(
            expected=f"a docstring of {subject.kind.__name__}",
            got="none",
            mend="say in one line what the values are, ending with a full stop",
        )
    first, _, rest = inspect.cleandoc(text).partition("\n")
    if not first.endswith(".") or rest.partition("\n")[0].strip():
        broken(
            expected="a first line that is a sentence, with an empty line below",
            got=repr(first),
            mend="end the first line with a full stop, and put everything else below an empty line",
        )
    doc = parse(text)
    _check_parameters(doc, subject.kind)
    _check_examples(doc, subject.kind)


def _check_parameters(doc: Docstring, kind: type[Initializer]) -> None:
    for name in parameters(kind):
        if not doc.parameters.get(name):
            broken(
                expected=f"the parameter {name} in the docstring's section Parameters",
                got=f"only {', '.join(doc.parameters) or 'no such section'}",
                mend="write a section as numpydoc has it: Parameters, ----------, the name, and below it, "
                "indented, what it means and which values it may have",
            )


def _check_examples(doc: Docstring, kind: type[Initializer]) -> None:
    text = "\n".join(doc.section("Examples"))
    if ">>>" not in text:
        broken(
            expected="an example in the docstring's section Examples",
            got="none",
            mend="add a section Examples with a `>>>` line that draws an array",
        )
    if wrong := _what_is_wrong(text, kind):
        broken(
            expected="examples that run, and give what stands below them",
            got=f"\n{wrong[:_LONGEST]}",
            mend="correct them: give a seed, import what they need, show a shape or rounded numbers; put "
            "`# doctest: +SKIP` behind what cannot run everywhere",
        )


def _what_is_wrong(text: str, kind: type[Initializer]) -> str:
    """Return what doctest says of examples, in which the class and all that its module knows are known."""
    module = vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}
    names = {**module, kind.__name__: kind}
    test = doctest.DocTestParser().get_doctest(text, names, kind.__name__, None, None)
    found: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=found.append)
    return "".join(found).strip().strip("*").strip()
