"""The commands and their options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from seedbed.__about__ import __version__
from seedbed_tools.cli.streams import prints_to_stderr

if TYPE_CHECKING:
    from seedbed_tools.pages import Description

app: Final = typer.Typer(
    name="seedbed",
    add_completion=False,
    rich_markup_mode=None,  # plain help is half as long, and the same through a pipe
    context_settings={"help_option_names": ["-h", "--help"]},
)

_DRAW_HELP: Final = """Draw an array, and print its moments and a histogram.

For example: seedbed draw variance_scaling --shape 64,32,3,3 --set axes=conv_oihw --seed 7
"""

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A name, an alias, or a full name such as seedbed:he_normal.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.callback(invoke_without_command=True, help="Weight initializers: what is installed, and what they draw.")
def seedbed(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> int:
    """Run without a command."""
    if version:
        sys.stdout.write(f"seedbed {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
    return 0


@app.command("list", help="List the initializers of all installed packages. Exit status 1 if none matches.")
def list_(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS",
            help="Only those in whose names, package, owner, tags or summary all these words occur.",
            show_default=False,
        ),
    ] = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Also what the policy blocks, and by which of its lines.")
    ] = False,
    json: _Json = False,
) -> int:
    """Print the catalogue."""
    from seedbed.api import catalogue  # noqa: PLC0415 - and below: `--help` needs none of it
    from seedbed_tools.cli import hidden, listing, page, records  # noqa: PLC0415

    words = words or []
    with prints_to_stderr():
        found = listing.find(catalogue(), words, with_blocked=all_)
        problems = listing.problem_lines(catalogue())
    if json:
        sys.stdout.write(records.to_json(found) + "\n")
        sys.stderr.writelines(f"{line}\n" for line in problems)
    else:
        listing.print_table(page.make_console(), found, problems)
    if not found:
        sys.stderr.writelines(f"{line}\n" for line in listing.miss_lines(catalogue(), words))
    if not all_:
        hidden.tell(catalogue())
    return 0 if found else 1


@app.command(
    "which", help="Say what a name means, what else it could mean, and why. Exit status 1 if nothing."
)
def which(name: _Name, *, json: _Json = False) -> int:
    """Print every candidate for a name."""
    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed_tools.cli import choosing, hidden, page, records  # noqa: PLC0415

    with prints_to_stderr():
        choice = catalogue().choice(name)
    if json:
        sys.stdout.write(records.to_json(choice.to_dict()) + "\n")
    elif choice.candidates:
        choosing.print_choice(page.make_console(), choice)
    else:
        catalogue().entry(name)  # raises, and says what is like it
    hidden.tell(catalogue())
    return 0 if choice.meant else 1


@app.command(
    "show", help="Show one initializer: parameters, formula, references. Exit status 1 if it is broken."
)
def show(name: _Name, *, json: _Json = False) -> int:
    """Print what is known of one entry."""
    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed_tools.cli import hidden, page, records, showing  # noqa: PLC0415

    found = _described(name)
    if json:
        sys.stdout.write(records.to_json(showing.full_record(catalogue(), found)) + "\n")
    else:
        showing.print_description(page.make_console(), found)
    hidden.tell(catalogue())
    return _status(found)


@app.command(
    "docs",
    help="Show the reference page of one initializer: all that `show` does, how its values are distributed, "
    "and where other frameworks differ. Markdown if not on a terminal. Exit status 1 if it is broken.",
)
def docs(name: _Name) -> int:
    """Print the page of one entry."""
    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed_tools import pages  # noqa: PLC0415
    from seedbed_tools.cli import documenting, hidden, page  # noqa: PLC0415

    console, found = page.make_console(), _described(name)
    with prints_to_stderr():
        samples = pages.samples(catalogue(), found)
    documenting.print_page(console, pages.page(found, samples, plain=not page.has_blocks(console)))
    hidden.tell(catalogue())
    return _status(found)


def _described(name: str) -> Description:
    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed.catalogue.warn import warn_deprecated  # noqa: PLC0415
    from seedbed_tools.pages import describe  # noqa: PLC0415

    with prints_to_stderr():
        entry = catalogue().entry(name)
        if entry.deprecated:
            warn_deprecated(entry)
        return describe(catalogue(), entry)


def _status(found: Description) -> int:
    from seedbed_tools.cli.errors import one_line  # noqa: PLC0415

    if not found.error:
        return 0
    sys.stdout.flush()
    sys.stderr.write(f"seedbed: error: {one_line(found.error)}\n")
    return 1


@app.command(
    "doctor",
    help="Examine what is installed; every package is imported in a process of its own. Exit status 1 if "
    "something is wrong.",
)
def doctor(
    *,
    limit: Annotated[
        float,
        typer.Option(
            "--limit", metavar="SECONDS", min=0.1, help="How long a package may take to be imported."
        ),
    ] = 30.0,
    json: _Json = False,
) -> int:
    """Print a diagnosis."""
    from seedbed_tools.cli import diagnosing, hidden, page, records  # noqa: PLC0415
    from seedbed_tools.doctor import diagnose  # noqa: PLC0415

    with prints_to_stderr():
        diagnosis = diagnose(limit=limit)
    if json:
        sys.stdout.write(records.to_json(diagnosing.record(diagnosis)) + "\n")
    else:
        diagnosing.print_diagnosis(page.make_console(), diagnosis)
    hidden.say(hidden.summary(diagnosis.policy, diagnosis.blocked))
    return 0 if diagnosis.is_well else 1


@app.command(
    "stubs",
    help="Write a stub in which the names that are installed are types, for editors and type checkers.",
)
def stubs(
    *,
    output: Annotated[
        Path, typer.Option("--output", metavar="FOLDER", help="The folder of stubs to write into.")
    ] = Path("typings"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit status 1 if the stub is not up to date.")
    ] = False,
) -> int:
    """Write the stub, or compare it."""
    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed_tools.cli import hidden, stubbing  # noqa: PLC0415

    status = (stubbing.compare if check else stubbing.write)(catalogue(), output)
    hidden.tell(catalogue())
    return status


@app.command(
    "check",
    help="Check initializers against their contract. Exit status 1 if one breaks it.",
)
def check(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME|PROVIDER|MODULE:CLASS",
            help="Names, packages, classes that may be imported; without, the whole catalogue.",
            show_default=False,
        ),
    ] = None,
    *,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            "--expect",
            metavar="CHECK=REASON",
            help="A check that fails and is meant to, and why. May be repeated.",
        ),
    ] = None,
    json: _Json = False,
) -> int:
    """Run the conformance kit."""
    from rich.console import Console  # noqa: PLC0415

    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed_tools.cli import checking, hidden, page  # noqa: PLC0415

    expected = checking.parse_expected(expect or [])
    with prints_to_stderr():
        subjects = checking.resolve(catalogue(), what or [])
        total = len(subjects) * checking.CHECKS_FOR_EACH
        with checking.progress(Console(stderr=True), total) as watch:
            report = checking.check(catalogue(), subjects, expected_failures=expected, watch=watch)
    if json:
        sys.stdout.write(report.to_json() + "\n")
    else:
        checking.print_report(page.make_console(), report)
    hidden.tell(catalogue())
    return 0 if report.ok else 1


@app.command("draw", help=_DRAW_HELP)
def draw(
    name: _Name,
    *,
    shape: Annotated[
        str,
        typer.Option("--shape", metavar="SIZES", help="256,128 or 256x128 or (256, 128); () for a scalar."),
    ],
    dtype: Annotated[
        str, typer.Option("--dtype", metavar="DTYPE", help="Such as float16 or complex64.")
    ] = "float32",
    seed: Annotated[
        str | None,
        typer.Option(
            "--seed", metavar="SEED", help="An int or a text; without, the values are fresh each time."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="An argument of the initializer, such as gain=2; JSON or text. May be repeated.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the array to this .npy file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file of --out.")] = False,
) -> int:
    """Draw an array."""
    from seedbed.api import catalogue  # noqa: PLC0415
    from seedbed_tools.cli import drawing, hidden, page, values  # noqa: PLC0415

    with prints_to_stderr():
        drawn = drawing.draw(
            catalogue(),
            name,
            shape=values.parse_shape(shape),
            dtype=dtype,
            arguments=values.parse_arguments(settings or [], seed),
            out=out,
            force=force,
        )
    drawing.print_drawn(page.make_console(), drawn)
    hidden.tell(catalogue())
    return 0


@app.command("new", help="Make a package of initializers of your own, in a new folder.")
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The name of the distribution, such as acme-inits.")
    ],
    *,
    namespace: Annotated[
        str,
        typer.Option(
            "--namespace", metavar="PACKAGE", help="A namespace package to put the module into, such as acme."
        ),
    ] = "",
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="AUTHOR", help="'NAME' or 'NAME <EMAIL>'; if not given, git's."),
    ] = None,
    hook: Annotated[
        bool, typer.Option("--hook", help="Add the initializers by a hook instead of entry points.")
    ] = False,
    presets: Annotated[bool, typer.Option("--presets", help="Also add presets, in a TOML file.")] = False,
) -> int:
    """Write a package."""
    from seedbed_tools.cli.creating import create  # noqa: PLC0415

    return create(name, namespace=namespace, author=author, hook=hook, presets=presets)


@app.command("lock", help="Write what is installed to a lock file. Exit status 1 if some of it is broken.")
def lock(
    *,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="The file to write, which may exist.")
    ] = Path("seedbed.lock"),
    json: _Json = False,
) -> int:
    """Write a lock file."""
    from seedbed_tools.cli.locking import write_lock  # noqa: PLC0415

    return write_lock(output, json=json)


@app.command("verify", help="Say what differs from a lock file. Exit status 1 if anything does.")
def verify(
    lock_file: Annotated[Path, typer.Argument(metavar="LOCK", help="The lock file.")] = Path("seedbed.lock"),
    *,
    json: _Json = False,
) -> int:
    """Compare what is installed with a lock file."""
    from seedbed_tools.cli.locking import compare_installed  # noqa: PLC0415

    return compare_installed(lock_file, json=json)


@app.command("diff", help="Say what differs between two lock files. Exit status 1 if anything does.")
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The former lock file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The new one.")],
    *,
    json: _Json = False,
) -> int:
    """Compare two lock files."""
    from seedbed_tools.cli.locking import compare_files  # noqa: PLC0415

    return compare_files(old, new, json=json)
