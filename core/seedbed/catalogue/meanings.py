"""What names mean, by the rows of a scan and the policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from seedbed.catalogue.kept import kept_names
from seedbed.catalogue.scan import Scan
from seedbed.discovery.packaging_rules import normalise
from seedbed.discovery.providers import CORE, SESSION
from seedbed.entry import Entry
from seedbed.governance.policy import OPEN, Policy, blocked
from seedbed.issue import Issue
from seedbed.rows import Withheld

Meant: TypeAlias = Entry | Withheld

_MOST_LISTED: Final = 5


def meanings(
    scan: Scan, registered: Iterable[Entry]
) -> tuple[
    dict[str, Entry],
    dict[str, tuple[Meant, ...]],
    dict[str, list[Issue]],
    tuple[Issue, ...],
    tuple[Issue, ...],
]:
    """Return the fields of a `State` from `entries` to `blocked`; the process has `registered` some entries.

    Left out are a provider's names with two meanings, and what is barred.
    """
    policy = scan.policy
    rows, problems = _without_contradictions([*scan.rows, *registered])
    kept, barred, held = _allowed(rows, scan)
    # Of all rows, since a name that is barred is not to pass to another row of the package.
    full, contested = _by_full_name(rows)
    if barred or held or policy != OPEN:
        barred += _bar(full, {id(row) for row in kept}, policy)
    bare: dict[str, list[Meant]] = defaultdict(list)
    for name, row in sorted(full.items(), key=lambda item: item[1].provider):
        bare[name.partition(":")[2]].append(row)
    names = {name: _contenders(name, having, policy) for name, having in bare.items()}
    # A name of core's that is turned off stays reserved: nobody else takes its place.
    names |= {name: () for line in barred if line.provider == CORE for name in line.names}
    told = tuple(sorted((*scan.problems, *problems, *contested), key=str))
    turned_off = {*scan.blocked, *barred, *held}
    if scan.locked is not None:
        held = list(scan.locked.unserved(policy.lock, full.keys()))
    lost = kept_names(scan, names, full, held, sorted((*turned_off, *told), key=str))
    names |= {name: () for name in lost if _would_mean_one(name, names.get(name, ()), policy)}
    turned_off |= {issue for found in lost.values() for issue in found}.intersection(held)
    blocked_rows = tuple(sorted(turned_off, key=str))
    return (
        {entry.full_name: entry for entry in in_order(row for row in kept if isinstance(row, Entry))},
        names | {name: (row,) for name, row in full.items()},
        _losses(lost, (*blocked_rows, *told)),
        told,
        blocked_rows,
    )


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in the order of the catalogue, core's first."""
    return sorted(entries, key=lambda entry: (entry.provider != CORE, entry.provider, entry.name))


def normal(name: str) -> str:
    """Return the normal spelling of a full name; a bare name as it is."""
    # Keras registers classes as "package>Name", and the package may be the provider.
    provider, colon, rest = name.partition(":" if ":" in name else ">")
    if not colon:
        return name
    return f"{provider if provider == SESSION else normalise(provider)}:{rest}"


def _without_contradictions(rows: Iterable[Meant]) -> tuple[list[Meant], list[Issue]]:
    """Drop repeats of a row, and all rows of a name that one provider gives different meanings."""
    first: dict[str, Meant] = {}
    others: dict[str, list[Meant]] = defaultdict(list)
    for row in rows:
        known = first.setdefault(row.full_name, row)
        if known is not row and _meaning(known) != _meaning(row):
            others[row.full_name].append(row)
    problems = []
    for full_name, rest in others.items():
        row = first.pop(full_name)
        targets, none = _listed(map(_target, (row, *rest)))
        count = "two" if len(rest) == 1 else len(rest) + 1
        what = f"gives the name {row.name!r} {count} meanings: {targets}; it is used for {none}"
        problems.append(Issue("broken", row.provider, row.version, f"entry {row.name}", what, (row.name,)))
    return list(first.values()), problems


def _meaning(row: Meant) -> tuple[Any, ...] | Withheld:
    if not isinstance(row, Entry):
        return row
    target = id(row.target) if row.is_of_class else row.target  # as in their own comparison
    return (target, row.preset_of, row.arguments, row.deprecated, row.version)


def _target(row: Meant) -> str:
    return repr(row.preset_of or row.place) if isinstance(row, Entry) else f"a {row.kind}"


def _listed(texts: Iterable[str]) -> tuple[str, str]:
    """Return a list of not too many of the texts, and the word for none of them."""
    listed = sorted(texts)
    more = [f"{len(listed) - _MOST_LISTED} more"] if len(listed) > _MOST_LISTED else []
    return " and ".join([*listed[:_MOST_LISTED], *more]), "neither" if len(listed) == 2 else "none of them"


def _allowed(rows: Iterable[Meant], scan: Scan) -> tuple[list[Meant], list[Issue], list[Issue]]:
    """Return what is allowed, what the policy bars, and what else is barred."""
    kept: list[Meant] = []
    barred: list[Issue] = []
    held: list[Issue] = []
    for row in rows:
        line = scan.policy.bars(row.provider, row.version, row.name)
        if not line and id(row) not in scan.barred:
            kept.append(row)
            continue
        why, to = (line, barred) if line else (scan.barred[id(row)], held)
        to.append(blocked(row.provider, row.version, f"{row.kind} {row.name}", why, row.names))
    return kept, barred, held


def _by_full_name(rows: Sequence[Meant]) -> tuple[dict[str, Meant], list[Issue]]:
    """Return what names and aliases mean; a name beats an alias, and a contested alias is lost.

    The CamelCase form of a name that is withheld may be an alias again.
    """
    names = {row.full_name: row for row in rows}
    claims: dict[str, list[Meant]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: not isinstance(row, Entry)):
        for alias in row.names:
            full_name = f"{row.provider}:{alias}"
            owners = claims[full_name]
            if full_name not in names and not (owners and _yields(row, owners[0])):
                owners.append(row)
    problems = []
    for full_name, owners in claims.items():
        if len(owners) == 1:
            names[full_name] = owners[0]
        elif owners:
            provider, _, alias = full_name.partition(":")
            listed, none = _listed(repr(owner.name) for owner in owners)
            what = f"the alias {alias!r} is claimed by {listed}; it is used for {none}"
            problems.append(Issue("broken", provider, owners[0].version, f"alias {alias}", what, (alias,)))
    return names, problems


def _yields(row: Meant, owner: Meant) -> bool:
    """Say whether a row leaves an alias to its owner: one that is withheld, or that gives the same class."""
    if not (isinstance(row, Entry) and isinstance(owner, Entry)):
        return True
    is_same = row.target is owner.target if row.is_of_class else row.place == owner.place
    return bool(row.class_name) and is_same and row.deprecated is None and owner.deprecated is None


def _bar(full: dict[str, Meant], allowed: set[int], policy: Policy) -> list[Issue]:
    """Take out of `full` the names of rows that are not allowed, and barred aliases of entries."""
    barred = []
    for full_name, row in list(full.items()):
        alias = full_name.partition(":")[2]
        if id(row) not in allowed:
            del full[full_name]
        elif isinstance(row, Entry) and alias != row.name and (line := policy.bars_alias(row, alias)):
            barred.append(blocked(row.provider, row.version, f"alias of {row.name}", line, (alias,)))
            del full[full_name]
    return barred


def _contenders(name: str, having: Sequence[Meant], policy: Policy) -> tuple[Meant, ...]:
    """Core's names are reserved; anybody else's are a matter of who else has them, and of the policy."""
    if len(having) == 1:
        return tuple(having)
    own_names = {row.name for row in having if isinstance(row, Entry)}
    keys = (name, *own_names) if len(own_names) == 1 else (name,)  # if `name` is another spelling of it
    for wanted in (CORE, *map(policy.prefer.get, keys)):
        for row in having:
            if row.provider == wanted and (wanted == CORE or isinstance(row, Entry)):
                return (row,)
    return tuple(having)


def _would_mean_one(name: str, known: Sequence[Meant], policy: Policy) -> bool:
    """Say whether a bare name would mean what one package has, though nothing settles that."""
    settling = (CORE, policy.prefer.get(name), *(policy.prefer.get(row.name) for row in known))
    return ":" not in name and (not known or (len(known) == 1 and known[0].provider not in settling))


def _losses(kept: Mapping[str, list[Issue]], issues: Iterable[Issue]) -> dict[str, list[Issue]]:
    losses: dict[str, dict[int, Issue]] = defaultdict(dict)  # each once
    costs = [(issue, name) for name, found in kept.items() for issue in found]
    for issue in issues:
        costs += [(issue, name) for bare in issue.names for name in (bare, f"{issue.provider}:{bare}")]
    for issue, name in costs:
        losses[name].setdefault(id(issue), issue)
    return {name: list(found.values()) for name, found in losses.items()}
