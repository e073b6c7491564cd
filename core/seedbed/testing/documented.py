"""The check that a class explains itself."""

from __future__ import annotations

import inspect

from seedbed.constructor import parameters
from seedbed.initializer import Initializer
from seedbed.pages.docstrings import parse
from seedbed.testing.clause import broken, clause
from seedbed.testing.subject import Subject


@clause("`seedbed show`, `help` and the catalogue's pages have nothing else to say what the values are")
def check_docstring(subject: Subject) -> None:
    """Check that the docstring has a line that sums up, every parameter, and an example."""
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
    for name in parameters(subject.kind):
        if not doc.parameters.get(name):
            broken(
                expected=f"the parameter {name} in the docstring's section Parameters",
                got=f"only {', '.join(doc.parameters) or 'no such section'}",
                mend="write a section as numpydoc has it: Parameters, ----------, the name, and below it, "
                "indented, what it means and which values it may have",
            )
    if not any(">>>" in line for line in doc.section("Examples")):
        broken(
            expected="an example in the docstring's section Examples",
            got="none",
            mend="add a section Examples with a `>>>` line that draws an array",
        )
