"""What to say to someone who asked for a name that means no entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from seedbed.arguments import close_matches
from seedbed.catalogue.meanings import normal
from seedbed.discovery.packaging_rules import is_name
from seedbed.discovery.providers import SESSION
from seedbed.entry import Entry
from seedbed.errors import AmbiguousNameError, RemovedNameError, UnknownNameError, shown
from seedbed.initializer import Initializer
from seedbed.issue import Issue
from seedbed.rows import Homonym, Withheld

if TYPE_CHECKING:
    from seedbed.catalogue.state import State

_LONGEST_NAME: Final = 200
_MOST_LISTED: Final = 5
_SHOWS: Final = {
    "initializer": "`seedbed list`, or list(seedbed.catalogue()), shows every name",
    "recipe": "seedbed.catalogue().recipes has every recipe",
}


def refusal(
    name: str, rows: Iterable[Withheld], others: Iterable[Entry] = ()
) -> AmbiguousNameError | RemovedNameError:
    """Return the error that says why `name` means nothing, and who else has an initializer of this name."""
    rows = tuple(rows)
    homonyms = [str(row) for row in rows if isinstance(row, Homonym)]
    told = homonyms or [f"is gone: {'; '.join(f'{row.full_name} ({row.source}) was {row}' for row in rows)}"]
    kind = AmbiguousNameError if homonyms else RemovedNameError
    return kind(f"{name!r} {'; '.join(told)}{elsewhere(others)}")


def elsewhere(entries: Iterable[Entry]) -> str:
    """Return the end of a message about a name that means none of these entries, though they have it."""
    listed = ", ".join(f"{entry.full_name!r} ({entry.source})" for entry in entries)
    return f"; what another package has of this name goes by its full name: {listed}" if listed else ""


def explain(name: str, state: State, *, written_with: str | None = None, what: str = "initializer") -> str:
    """Return what was asked, the close matches, the packages that are broken, and what to do.

    It never says to install anything: the name of a package may come from a config that anybody has
    written, and what an index has under that name may be anybody's as well. `written_with` is the version,
    maybe empty, that such a config names; `what` was asked for.
    """
    name = name[:_LONGEST_NAME]
    provider, colon, rest = normal(name).partition(":")
    sentences = [f"no {what} is named {name!r}"]
    if colon:
        sentences += [] if written_with is None else [_origin(provider, written_with, state)]
        sentences += _about_provider(provider, rest, state, is_told=written_with is not None)
    elif close := _close_names(name, state):
        sentences.append(f"did you mean {_either(close)}?")
    # Broken plugins, and those that the policy keeps from being imported, may have any name.
    broken = [p for p in state.problems if p.kind == "contested" or p.where.startswith("plugin ")]
    sentences += _listed("broken packages may have had it", broken)
    sentences += _listed("blocked packages may have it", [line for line in state.blocked if not line.names])
    sentences.append(_SHOWS[what])
    return "; ".join(sentences).replace("?;", "?")


def of_config(error: UnknownNameError, name: str, version: str, state: State) -> UnknownNameError:
    """Return an error of the same kind that says which package wrote the config that gave this full name."""
    if type(error) is UnknownNameError:
        return UnknownNameError(explain(name, state, written_with=version))
    return type(error)(f"{error}; {_origin(normal(name).partition(':')[0], version, state)}")


def no_entry(initializer_class: type[Initializer]) -> str:
    """Return why an initializer whose class no entry gives has no config, and what to do."""
    own = f"add it with seedbed.register({initializer_class.__name__}, 'its_name'), or as an entry point of "
    what = getattr(initializer_class, "_seedbed_without_config", f"{own}its package")
    return f"{initializer_class.__module__}.{initializer_class.__qualname__} is not in the catalogue; {what}"


def _close_names(name: str, state: State) -> list[str]:
    """Return up to three names that look like `name`, best first."""
    folded = {_fold(known): known for known in reversed(list(state.names)) if ":" not in known}
    close = [folded[match] for match in close_matches(_fold(name), folded, count=6)]
    rows = [row for match in close for row in state.names[match]]
    shared = {row.name for row in rows if len(state.names[row.name]) > 1}
    return list(dict.fromkeys(row.full_name if row.name in shared else row.name for row in rows))[:3]


def _origin(provider: str, version: str, state: State) -> str:
    """Return what a config was written with, and what there is of it."""
    if provider == SESSION:
        return "this config was written where the name was registered by hand, with seedbed.register"
    found = state.scan.versions.get(provider)
    stated = version if version.isprintable() else shown(version)
    written = f"this config was written with {f'version {stated} of ' if version else ''}{_stated(provider)}"
    if found is None:
        return f"{written}, which is not installed"
    return f"{written}, of which {found} is installed" if found != version else written


def _about_provider(provider: str, rest: str, state: State, *, is_told: bool) -> list[str]:
    names = sorted(entry.name for entry in state.entries.values() if entry.provider == provider)
    if names:
        close = [f"{provider}:{match}" for match in close_matches(rest, names)]
        return [
            f"did you mean {_either(close)}?" if close else f"{provider} provides {', '.join(names[:12])}"
        ]
    blocked = [str(line) for line in state.blocked if line.provider == provider]
    if blocked:
        return [f"it is blocked ({blocked[0]})"]
    broken = [f"it is broken ({problem})" for problem in state.problems if problem.provider == provider]
    if broken:
        return broken[:_MOST_LISTED]
    if provider in state.scan.versions:
        return [f"{provider} {state.scan.versions[provider]} is installed, but provides no initializers"]
    others = [entry.full_name for entry in state.names.get(rest, ())]
    hints = [f"the name {rest!r} is also one of {_either(others)}"] if others else []
    if provider == SESSION:
        return hints if is_told else ["nothing of this name has been registered in this process", *hints]
    present = sorted({entry.provider for entry in state.entries.values()})
    if close := close_matches(provider, present, cutoff=0.8):
        hints.insert(0, f"did you mean the package {_either(close)}?")
    return hints if is_told else [f"the package {_stated(provider)} is not installed", *hints]


def _listed(what: str, issues: Sequence[Issue]) -> list[str]:
    more = [f"and {len(issues) - _MOST_LISTED} more"] if len(issues) > _MOST_LISTED else []
    return [f"{what} ({'; '.join([*map(str, issues[:_MOST_LISTED]), *more])})"] if issues else []


def _stated(provider: str) -> str:
    """Return the name of a distribution, which a config may give any text for, as it is or in quotes."""
    return provider if is_name(provider) else shown(provider)


def _either(names: list[str]) -> str:
    return " or ".join(map(repr, names))


def _fold(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
