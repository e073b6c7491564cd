"""What to say to someone who asked for a name that nobody has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from seedbed.discovery.packaging_rules import normalise
from seedbed.discovery.providers import SESSION
from seedbed.errors import UnknownNameError, shown
from seedbed.issue import Issue

if TYPE_CHECKING:
    from seedbed.catalogue.snapshot import Snapshot
    from seedbed.entry import Entry
    from seedbed.rows import Withheld

_LONGEST_NAME: Final = 200
_MOST_PROBLEMS: Final = 5


def explain(name: str, snapshot: Snapshot, *, written_with: str | None = None) -> str:
    """Return what was asked, the close matches, the packages that are broken, and what to do.

    It never says to install anything: the name of a package may come from a config that anybody has
    written, and what an index has under that name may be anybody's as well. `written_with` is the version,
    maybe empty, that such a config names.
    """
    name = name[:_LONGEST_NAME]
    provider, rest = _parts(name)
    sentences = [f"no initializer is named {name!r}"]
    if provider:
        sentences += [] if written_with is None else [_origin(provider, written_with, snapshot)]
        sentences += _about_provider(provider, rest, snapshot, is_told=written_with is not None)
    else:
        close = close_names(name, snapshot)
        sentences += [f"did you mean {_either(close)}?"] if close else []
    sentences += _about_problems(snapshot.problems)
    sentences += _about_blocked(snapshot)
    sentences.append("`seedbed list`, or list(seedbed.catalogue()), shows every name")
    return "; ".join(sentences).replace("?;", "?")


def of_config(error: UnknownNameError, name: str, version: str, snapshot: Snapshot) -> UnknownNameError:
    """Return an error of the same kind that says which package wrote the config that gave this full name."""
    if type(error) is UnknownNameError:
        return UnknownNameError(explain(name, snapshot, written_with=version))
    return type(error)(f"{error}; {_origin(_parts(name)[0], version, snapshot)}")


def close_names(name: str, snapshot: Snapshot) -> list[str]:
    """Return up to three names that look like `name`, best first."""
    folded = {_fold(known): known for known in reversed(list(snapshot.by_bare_name))}
    close = get_close_matches(_fold(name), folded, n=6, cutoff=0.6)
    rows = [row for match in close for row in _meant_by(folded[match], snapshot)]
    shared = {row.name for row in rows if len(snapshot.by_bare_name[row.name]) > 1}
    return list(dict.fromkeys(row.full_name if row.name in shared else row.name for row in rows))[:3]


def _meant_by(name: str, snapshot: Snapshot) -> tuple[Entry | Withheld, ...]:
    """Return the entries that have a name, or what core says of one that has several meanings."""
    return snapshot.by_bare_name[name] or snapshot.withheld(name)


def _origin(provider: str, version: str, snapshot: Snapshot) -> str:
    """Return what a config was written with, and what there is of it."""
    if provider == SESSION:
        return "this config was written where the name was registered by hand, with seedbed.register"
    found = snapshot.versions.get(provider)
    stated = version if version.isprintable() else shown(version)
    written = f"this config was written with {f'version {stated} of ' if version else ''}{provider}"
    if found is None:
        return f"{written}, which is not installed"
    return f"{written}, of which {found} is installed" if found != version else written


def _about_provider(provider: str, rest: str, snapshot: Snapshot, *, is_told: bool) -> list[str]:
    names = sorted(entry.name for entry in snapshot.entries if entry.provider == provider)
    if names:
        close = [f"{provider}:{match}" for match in get_close_matches(rest, names)]
        return [
            f"did you mean {_either(close)}?" if close else f"{provider} provides {', '.join(names[:12])}"
        ]
    blocked = [str(line) for line in snapshot.blocked if line.provider == provider]
    if blocked:
        return [f"it is blocked ({blocked[0]})"]
    broken = [f"it is broken ({problem})" for problem in snapshot.problems if problem.provider == provider]
    if broken:
        return broken[:_MOST_PROBLEMS]
    if provider in snapshot.versions:
        return [f"{provider} {snapshot.versions[provider]} is installed, but provides no initializers"]
    elsewhere = [entry.full_name for entry in snapshot.by_bare_name.get(rest, ())]
    hints = [f"the name {rest!r} is also one of {_either(elsewhere)}"] if elsewhere else []
    if provider == SESSION:
        return hints if is_told else ["nothing of this name has been registered in this process", *hints]
    present = sorted({entry.provider for entry in snapshot.entries})
    if close := get_close_matches(provider, present, cutoff=0.8):
        hints.insert(0, f"did you mean the package {_either(close)}?")
    return hints if is_told else [f"the package {provider} is not installed", *hints]


def _about_problems(problems: Iterable[Issue]) -> list[str]:
    """Name the broken plugins, whose names are unknown and may include the one asked for."""
    broken = [str(problem) for problem in problems if _may_have_any_name(problem)]
    more = [f"and {len(broken) - _MOST_PROBLEMS} more"] if len(broken) > _MOST_PROBLEMS else []
    listed = [*broken[:_MOST_PROBLEMS], *more]
    return [f"broken packages may have had it ({'; '.join(listed)})"] if broken else []


def _may_have_any_name(problem: Issue) -> bool:
    return problem.kind == "contested" or problem.where.startswith("plugin ")


def _about_blocked(snapshot: Snapshot) -> list[str]:
    """Name the plugins that the policy keeps from being imported, whose names are unknown too."""
    blocked = [str(line) for line in snapshot.blocked if not line.names]
    return [f"blocked packages may have it ({'; '.join(blocked[:_MOST_PROBLEMS])})"] if blocked else []


def _parts(name: str) -> tuple[str, str]:
    """Return the provider and the bare name that a full name of any spelling has."""
    provider, colon, rest = name.replace(">", ":", 1).partition(":")
    if not colon:
        return "", name
    return (provider if provider == SESSION else normalise(provider)), rest


def _either(names: list[str]) -> str:
    return " or ".join(map(repr, names))


def _fold(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
