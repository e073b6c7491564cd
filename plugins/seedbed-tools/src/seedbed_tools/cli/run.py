"""`main`: run a command; an error is one line on stderr and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn

from seedbed import __version__
from seedbed.errors import (
    BlockedNameError,
    DeprecatedNameWarning,
    LockError,
    PolicyError,
    SeedbedError,
    described,
)
from seedbed_tools.cli.errors import one_line, sentence
from seedbed_tools.cli.streams import keep_output_from_packages

_WRONG: Final = 2
_OUTPUT_CLOSED: Final = 1
_SIGNALLED: Final = 128
"""What shells add to the number of the signal that ended a command."""

_ENDING: Final = ("SIGTERM", "SIGHUP")
"""The signals that ask a process to end, besides Ctrl-C's. Not every system has both."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``seedbed``.

    Parameters
    ----------
    arguments
        What follows the command's name; by default what this process was started with.

    Returns
    -------
    int
        The exit status: 0; 1 if nothing was found, or what was found is broken; 2 if the input was wrong; 128
        and the number of the signal that ended it.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _open_what_is_closed()
    _escape_what_the_encoding_lacks()
    with warnings.catch_warnings(), _ended_by_signals() as received:
        warnings.showwarning = _show_warning
        warnings.simplefilter("always", DeprecatedNameWarning)
        try:
            status = _status_of(arguments)
        except KeyboardInterrupt:  # even while an error is told
            status = _SIGNALLED + signal.SIGINT
        return _SIGNALLED + received[0] if received else status


def _status_of(arguments: list[str]) -> int:
    try:
        status = _run(arguments)
        sys.stdout.flush()  # here, where a closed pipe can still be handled
    except BrokenPipeError:
        _discard_output()
        return _OUTPUT_CLOSED
    except SeedbedError as error:
        return _fail_and_tell_what_is_hidden(error)
    except SystemExit as error:  # a package's own; commands return their status
        return _fail(f"a package ended the command: {described(error)}; `seedbed doctor` tells which")
    except MemoryError as error:
        return _fail(f"not enough memory{f' ({error})' if str(error) else ''}; draw a smaller shape")
    except OSError as error:
        _discard_output()
        return _fail(error)
    return status


def command() -> int:
    """Run `main` for a process that ends then, and by no package.

    What packages print at its end goes to standard error.
    """
    _let_no_package_end_the_process()
    keep_output_from_packages()
    status = main()
    with suppress(OSError, ValueError):  # closed, or in memory
        sys.stdout.flush()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return status


def _let_no_package_end_the_process() -> None:
    """Let `os._exit` raise `SystemExit`, since a status of a package's would stand for the command's."""
    if "_ARGCOMPLETE" in os.environ:  # an answer to a shell, which ends so itself
        return
    own, end = os.getpid(), os._exit

    def leave(status: int) -> NoReturn:
        if os.getpid() == own:
            raise SystemExit(f"os._exit({status!r})")
        end(status)  # of a child that a package has forked

    os._exit = leave


@contextmanager
def _ended_by_signals() -> Iterator[list[int]]:
    """Let signals that end a process raise `KeyboardInterrupt`, so that nothing unfinished is left behind."""
    received: list[int] = []
    taken: list[int] = []

    def end(number: int, _: object) -> None:
        for other in taken:  # a second signal may come while the first is handled
            signal.signal(other, signal.SIG_IGN)
        received.append(number)
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    with suppress(ValueError):  # only the main thread may handle signals
        for number in numbers:
            # A signal that is ignored, as under nohup, stays ignored.
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                taken.append(number)
    try:
        yield received
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:  # scripts ask for it often
        sys.stdout.write(f"seedbed {__version__}\n")
        return 0
    from seedbed_tools.cli import parser  # noqa: PLC0415 - `--version` needs none of it

    return parser.run(arguments)


def _fail_and_tell_what_is_hidden(error: SeedbedError) -> int:
    status = _fail(error)
    if not isinstance(error, PolicyError | LockError | BlockedNameError):  # which say it themselves
        from seedbed import catalogue  # noqa: PLC0415 - for who has a policy
        from seedbed_tools.cli import hidden  # noqa: PLC0415

        hidden.tell(catalogue())
    return status


def _fail(message: object) -> int:
    _say(f"error: {sentence(message)}")
    return _WRONG


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Print a warning without its line of code, which is not the user's."""
    kind = "" if issubclass(category, DeprecatedNameWarning) else f"{category.__name__}: "
    _say(f"warning: {kind}{message}")


def _say(message: str) -> None:
    sys.stderr.write(f"seedbed: {one_line(message)}\n")


def _open_what_is_closed() -> None:
    """Open the null device for the streams that a shell's ``>&-`` has closed; Python has None for them."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - for good


def _escape_what_the_encoding_lacks() -> None:
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Send what is left to the null device, or the interpreter would fail once more when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is not a file, so that nothing fails
        return
