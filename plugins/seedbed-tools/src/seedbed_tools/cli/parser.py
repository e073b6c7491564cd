"""Parse what was typed, and run the command."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

from seedbed import __version__
from seedbed.arguments import suggestion
from seedbed_tools.cli.commands import COMMANDS, Command
from seedbed_tools.cli.completion import answer, is_asked
from seedbed_tools.cli.errors import CommandError
from seedbed_tools.cli.page import columns

_HELP: Final = ("-h", "--help")
_VERSION: Final = "--version"
_DESCRIPTION: Final = "Weight initializers: what is installed, and what they draw."


def run(arguments: Sequence[str]) -> int:
    """Run the command that was typed, and return its exit status.

    Raises
    ------
    CommandError
        If no command has this name, or it does not take these arguments.
    """
    if is_asked():
        answer(whole_parser())
    first, *rest = arguments or _HELP
    if first == _VERSION:
        sys.stdout.write(f"seedbed {__version__}\n")
        return 0
    if first in _HELP:
        whole_parser().print_help()
        return 0
    command = COMMANDS.get(first)
    if command is None:
        what = "option" if first.startswith("-") else "command"
        known = [*_HELP, _VERSION] if what == "option" else COMMANDS
        raise _refusal("seedbed", f"unknown {what} {first!r:.200}{suggestion(first, known)}")
    try:
        options = _parse(command, rest)
    except SystemExit:  # argparse has printed the help
        return 0
    module, _, function = command.function.partition(":")
    status: int = getattr(import_module(f"seedbed_tools.cli.{module}"), function)(options)
    return status


def whole_parser() -> ArgumentParser:
    """Return a parser of all commands, for the help and for completion."""
    parser = _Parser(prog="seedbed", description=_DESCRIPTION)
    parser.add_argument(_VERSION, action="store_true", help="Print the version.")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", parser_class=_Parser)
    for command in COMMANDS.values():
        _add_arguments(commands.add_parser(command.name, help=command.help), command)
    return parser


class _Formatter(RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=columns() - 2)


class _Parser(ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **settings)

    def error(self, message: str) -> NoReturn:
        raise _refusal(self.prog, message)


def _parse(command: Command, words: Sequence[str]) -> Namespace:
    parser = _Parser(prog=f"seedbed {command.name}", description=command.help, epilog=command.note)
    _add_arguments(parser, command)
    options, unknown = parser.parse_known_args(_in_order(command, words))
    if unknown:
        what = unknown[0].partition("=")[0]
        like = suggestion(what, [*_HELP, *command.flags])
        parser.error(f"{parser.prog} does not take {what!r:.200}{like}")
    return options


def _in_order(command: Command, words: Sequence[str]) -> list[str]:
    """Return the words with the flags last, each of them joined with its value.

    Else argparse would take the value ``-3,4`` for a flag, and refuse words on both sides of a flag.
    """
    flags: list[str] = []
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*flags, "--", *others, *rest]
        if flags and flags[-1] in command.flags_with_values and word not in command.flags:
            flags[-1] += f"={word}"
        else:
            (flags if word.startswith("-") else others).append(word)
    return others + flags


def _add_arguments(parser: ArgumentParser, command: Command) -> None:
    for argument in command.arguments:
        action = parser.add_argument(*argument.flags, **argument.settings)
        if argument.completer:
            action.completer = argument.completer  # type: ignore[attr-defined] # read by argcomplete


def _refusal(command: str, message: str) -> CommandError:
    end = "" if message.endswith("?") else ";"
    return CommandError(f"{message}{end} `{command} --help` shows what is allowed")
