"""The commands, their arguments and their help, as data; `seedbed_tools.cli.parser` reads them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from seedbed_tools.cli.completion import dtypes, names, names_and_providers


class Argument(NamedTuple):
    """What follows a command: flags or the name of a positional argument, and options of `argparse`."""

    flags: tuple[str, ...]
    settings: dict[str, Any]
    completer: Callable[..., Iterable[str]] | None = None


class Command(NamedTuple):
    """A command.

    Parameters
    ----------
    name
        What is typed.
    function
        ``"module:function"``, in `seedbed_tools.cli`, which takes the arguments and returns the exit status.
    help
        What it does.
    arguments
        What may follow it.
    note
        What its help says last.
    """

    name: str
    function: str
    help: str
    arguments: tuple[Argument, ...]
    note: str = ""

    @property
    def flags(self) -> list[str]:
        """What may be typed with dashes in front."""
        return [flag for argument in self.arguments for flag in argument.flags if flag.startswith("-")]

    @property
    def flags_with_values(self) -> set[str]:
        """The flags that a value follows."""
        having = (argument for argument in self.arguments if argument.settings.get("action") != "store_true")
        return set(self.flags).intersection(flag for argument in having for flag in argument.flags)


def _argument(
    *flags: str, completer: Callable[..., Iterable[str]] | None = None, **settings: Any
) -> Argument:
    return Argument(flags, settings, completer)


def _flag(flag: str, help_: str) -> Argument:
    return _argument(flag, action="store_true", help=help_)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds >= 0.1:  # so that nan is refused too
        raise ArgumentTypeError(f"must be a number of seconds of at least 0.1, got {text!r:.200}")
    return seconds


_NAME: Final = _argument(
    "name",
    metavar="NAME",
    completer=names,
    help="A name, an alias, or a full name such as seedbed:he_normal.",
)
_JSON: Final = _flag("--json", "Print JSON, for programs.")

_LIST: Final = Command(
    "list",
    "listing:run",
    "List the initializers of all installed packages. Exit status 1 if none matches.",
    (
        _argument(
            "words",
            nargs="*",
            metavar="WORDS",
            completer=names,
            help="List only entries whose names, package, owner, tags or summary contain all these words.",
        ),
        _flag("--all", "Also list what the policy blocks, and by which line."),
        _JSON,
    ),
)
_WHICH: Final = Command(
    "which",
    "choosing:run",
    "Say what a name means, what else it could mean, and why. Exit status 1 if it means nothing.",
    (_NAME, _JSON),
)
_SHOW: Final = Command(
    "show",
    "showing:run",
    "Show one initializer: parameters, formula, references. Exit status 1 if it is broken.",
    (_NAME, _JSON),
)
_DOCS: Final = Command(
    "docs",
    "documenting:run",
    "Show the reference page of one initializer: all that `show` does, how its values are distributed, and "
    "where other frameworks differ. Markdown if not on a terminal. Exit status 1 if it is broken.",
    (_NAME,),
)
_DOCTOR: Final = Command(
    "doctor",
    "diagnosing:run",
    "Check what is installed; every package is imported in a process of its own. Exit status 1 if "
    "something is wrong.",
    (
        _argument(
            "--limit",
            metavar="SECONDS",
            type=_seconds,
            default=30.0,
            help="How long a package may take to be imported; 30 if not given.",
        ),
        _JSON,
    ),
)
_STUBS: Final = Command(
    "stubs",
    "stubbing:run",
    "Write a stub that tells editors and type checkers which names are installed.",
    (
        _argument(
            "--output",
            metavar="FOLDER",
            default="typings",
            help="The folder of stubs to write into; typings if not given.",
        ),
        _flag("--check", "Write nothing; exit status 1 if the stub is not up to date."),
    ),
)
_CHECK: Final = Command(
    "check",
    "checking:run",
    "Check initializers against their contract. Exit status 1 if one breaks it.",
    (
        _argument(
            "subjects",
            nargs="*",
            metavar="NAME|PROVIDER|MODULE:CLASS",
            completer=names_and_providers,
            help="Names, packages or importable classes; the whole catalogue if not given.",
        ),
        _argument(
            "--expect",
            action="append",
            default=[],
            metavar="CHECK=REASON",
            help="A check that is expected to fail, and why. May be repeated.",
        ),
        _JSON,
    ),
)
_DRAW: Final = Command(
    "draw",
    "drawing:run",
    "Draw an array, and print its moments and a histogram.",
    (
        _NAME,
        _argument(
            "--shape",
            required=True,
            metavar="SIZES",
            help="256,128 or 256x128 or (256, 128); () for a scalar.",
        ),
        _argument(
            "--dtype",
            default="float32",
            metavar="DTYPE",
            completer=dtypes,
            help="Such as float16 or complex64; float32 if not given.",
        ),
        _argument(
            "--seed", metavar="SEED", help="An int or text; if not given, the values are fresh each time."
        ),
        _argument(
            "--set",
            dest="settings",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="An argument of the initializer, such as gain=2; JSON or text. May be repeated.",
        ),
        _argument("--out", metavar="FILE", help="Write the array to this .npy file."),
        _flag("--force", "Overwrite the file of --out."),
    ),
    "For example: seedbed draw variance_scaling --shape 64,32,3,3 --set axes=conv_oihw --seed 7",
)
_NEW: Final = Command(
    "new",
    "creating:run",
    "Create a package for initializers of your own, or for a framework, in a new folder.",
    (
        _argument("name", metavar="NAME", help="The name of the distribution, such as acme-inits."),
        _argument(
            "--namespace",
            default="",
            metavar="PACKAGE",
            help="A namespace package to put the module into, such as acme.",
        ),
        _argument(
            "--author",
            metavar="AUTHOR",
            help="'NAME' or 'NAME <EMAIL>'; if not given, the author that git knows.",
        ),
        _flag("--hook", "Add the initializers by a hook instead of entry points."),
        _flag("--presets", "Also add presets, in a TOML file."),
        _flag("--adapter", "Write a package that brings a framework's models instead of initializers."),
    ),
)
_LOCK: Final = Command(
    "lock",
    "locking:lock",
    "Write what is installed to a lock file. Exit status 1 if some of it is broken.",
    (
        _argument(
            "--output",
            metavar="FILE",
            default="seedbed.lock",
            help="The file to write, which may exist; seedbed.lock if not given.",
        ),
        _JSON,
    ),
)
_VERIFY: Final = Command(
    "verify",
    "locking:verify",
    "Say what differs from a lock file. Exit status 1 if anything does.",
    (
        _argument(
            "lock",
            nargs="?",
            metavar="LOCK",
            default="seedbed.lock",
            help="The lock file; seedbed.lock if not given.",
        ),
        _JSON,
    ),
)
_DIFF: Final = Command(
    "diff",
    "locking:diff",
    "Say what differs between two lock files. Exit status 1 if anything does.",
    (
        _argument("old", metavar="OLD", help="The former lock file."),
        _argument("new", metavar="NEW", help="The new one."),
        _JSON,
    ),
)

_ALL: Final = (_LIST, _WHICH, _SHOW, _DOCS, _DOCTOR, _STUBS, _CHECK, _DRAW, _NEW, _LOCK, _VERIFY, _DIFF)

COMMANDS: Final = {command.name: command for command in _ALL}
"""The commands by name, in the order of their help."""
