"""`describe`: all that is known of one entry, from its package's metadata and from its class."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seedbed import Catalogue, Entry, Initializer
from seedbed.constructor import parameters
from seedbed.errors import ArgumentError, EntryLoadError, SeedbedError, described, name_of
from seedbed.foreign import Attempt
from seedbed.json_data import plain
from seedbed_testing.docstrings import Docstring, parse
from seedbed_tools.rivals import conflicts

_PROMISES: Final = {
    "exact": "exact: one seed gives the same bits everywhere",
    "numerical": "numerical: one seed gives the same values everywhere, up to rounding",
    "undeclared": "undeclared: its author has not said what one seed promises",
}
"""What each `reproducibility` means, in words."""

REFUSALS: Final = (ValueError, TypeError, ArithmeticError, NotImplementedError)
"""How a package that does not know our errors refuses an argument, a shape or a dtype."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the constructor.

    Parameters
    ----------
    name
        Its name.
    required
        Whether it has to be given: there is no default, and the entry does not bind it.
    default
        What it is if it is not given, as JSON data; its `repr` if it is none.
    default_text
        The `repr` of that.
    bound
        Whether that comes from the entry, not from the class.
    annotation
        Its type as the source has it; ``None`` if it has none.
    text
        What the docstring says of it, with its markup.
    """

    name: str
    required: bool
    default: Any
    default_text: str
    bound: bool
    annotation: str | None
    text: str

    @property
    def head(self) -> str:
        """The parameter and its default, as in ``gain = 1.0``."""
        return f"{self.name} (required)" if self.required else f"{self.name} = {self.default_text}"


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of an entry.

    Parameters
    ----------
    entry
        The entry.
    summary
        One line on it.
    conflicts_with
        Full names of what keeps its bare name from meaning it.
    arguments
        What it binds, with what the entries bind that it is a preset of.
    reproducibility
        As the class says, or what it is with the arguments that the entry binds; ``None`` if the class cannot
        be loaded.
    parameters
        Those of the class; ``None`` if it cannot be loaded.
    docstring
        That of the class, taken apart.
    error
        Why the class cannot be loaded; empty if it can.
    """

    entry: Entry
    summary: str
    conflicts_with: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reproducibility: str | None = None
    parameters: tuple[Parameter, ...] | None = None
    docstring: Docstring = field(default_factory=Docstring)
    error: str = ""

    @property
    def target(self) -> str:
        """The class as ``"module:Class"``; empty for a preset."""
        return self.entry.place

    @property
    def deprecation(self) -> str:
        """Since when the name is deprecated, and what to use instead; empty if it is not deprecated."""
        deprecated = self.entry.deprecated
        if deprecated is None:
            return ""
        text = f"Deprecated since {deprecated.since}, will be removed in {deprecated.removed_in}."
        if deprecated.replaced_by:
            text += f" Use {deprecated.replaced_by} instead."
        return f"{text} {deprecated.reason}".rstrip()

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What is known of the entry besides texts: labels and their contents, without empty ones."""
        entry = self.entry
        ambiguous = f"the name is also one of {', '.join(self.conflicts_with)}" if self.conflicts_with else ""
        bound = ", ".join(f"{key}={represented(value)}" for key, value in self.arguments.items())
        facts = [
            ("full name", entry.full_name),
            ("aliases", ", ".join(entry.names[1:])),
            ("provider", f"{entry.provider} {entry.version}".rstrip()),
            ("owner", entry.owner),
            ("tags", ", ".join(entry.tags)),
            ("ambiguous", ambiguous),
            ("preset of", f"{entry.preset_of}{f' with {bound}' if bound else ''}" if entry.preset_of else ""),
            ("class", self.target),
            ("reproducibility", _PROMISES.get(self.reproducibility or "", self.reproducibility or "")),
        ]
        return [(label, content) for label, content in facts if content]


def describe(catalogue: Catalogue, entry: Entry) -> Description:
    """Import the class of `entry`, and return all that is known. A failure is part of it."""
    summary, conflicting = catalogue.summary(entry), conflicts(catalogue, entry)
    arguments = _bound(catalogue, entry)
    try:
        initializer_class = catalogue.load(entry)
    except EntryLoadError as error:
        return Description(entry, summary, conflicting, arguments, error=str(error))
    with Attempt() as attempt:  # to ask a class for its docstring may run any code
        doc = _own_doc(initializer_class)
        docstring = parse(doc)
        return Description(
            entry,
            # Now that it is imported, its docstring may say more than its package's metadata.
            catalogue.summary(entry) if entry.summary or entry.preset_of or doc else summary,
            conflicting,
            arguments,
            _promise(catalogue, initializer_class, arguments),
            tuple(_parameters(initializer_class, docstring, arguments)),
            docstring,
        )
    cause: Any = attempt.error
    why = f"{entry.full_name} ({entry.source}) cannot be described: {described(cause)}"
    return Description(entry, summary, conflicting, arguments, error=why)


def _data(value: object) -> Any:
    with Attempt():
        return plain(value, lambda what: ArgumentError(str(what)))
    return represented(value)


def represented(value: object) -> str:
    """Return the `repr` of a value that may be anybody's, or the name of its type if that raises."""
    with Attempt():
        return str.__str__(repr(value))
    return f"<{name_of(type(value))}>"


def _promise(catalogue: Catalogue, initializer_class: type[Initializer], bound: Mapping[str, Any]) -> str:
    """Return what one seed promises: with initializers among `bound` it may be less than the class's."""
    try:
        made = catalogue.get(initializer_class, **bound) if bound else initializer_class
        return str(made.reproducibility)
    except (SeedbedError, *REFUSALS):  # arguments are missing or wrong
        return initializer_class.reproducibility


def _parameters(
    initializer_class: type[Initializer], doc: Docstring, bound: Mapping[str, Any]
) -> Iterator[Parameter]:
    said = doc.parameters or parse(initializer_class.__init__.__doc__).parameters
    for name, parameter in parameters(initializer_class).items():
        has_default = parameter.default is not parameter.empty
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        annotation = parameter.annotation
        default = bound.get(name, parameter.default if has_default else None)
        yield Parameter(
            name,
            required=not (has_default or variadic or name in bound),
            default=_data(default),
            default_text=represented(default),
            bound=name in bound,
            annotation=None
            if annotation is parameter.empty
            else inspect.formatannotation(annotation).strip("'"),
            text=said.get(name, ""),
        )


def _bound(catalogue: Catalogue, entry: Entry) -> dict[str, Any]:
    try:
        return catalogue.arguments(entry)
    except EntryLoadError:  # the class cannot be loaded either, and its error says so
        return dict(entry.arguments)


def _own_doc(initializer_class: type[Initializer]) -> str | None:
    """Return the class's docstring, unless it is only the one that it has from the contract."""
    doc = inspect.getdoc(initializer_class)
    return None if doc == inspect.getdoc(Initializer) else doc
