"""What names mean, by the rows of a scan and the policy; each name is looked at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final

from seedbed.catalogue.kept import kept_names
from seedbed.catalogue.scan import Scan
from seedbed.discovery.packaging_rules import normalise
from seedbed.discovery.providers import CORE, SESSION
from seedbed.entry import Entry
from seedbed.governance.policy import Policy, blocked
from seedbed.issue import Issue
from seedbed.rows import Withheld

_MOST_LISTED: Final = 5

Found = tuple[
    dict[str, Entry],
    dict[str, tuple[Entry, ...]],
    dict[str, tuple[Withheld, ...]],
    dict[str, list[Issue]],
    tuple[Issue, ...],
    tuple[Issue, ...],
]


def meanings(scan: Scan, registered: Iterable[Entry]) -> Found:
    """Return the fields of a `State` from `entries` to `blocked`.

    Left out are a provider's names with two meanings, and what is barred. The process has `registered` some.
    """
    rows, problems = _without_contradictions([*scan.rows, *registered])
    kept, barred, held = _allowed(rows, scan)
    gone = [row for row in kept if not isinstance(row, Entry)]
    # Of all entries, since a name that is barred is not to pass to another entry of the package.
    full, contested = _by_full_name(
        [row for row in rows if isinstance(row, Entry)], {row.full_name for row in gone}
    )
    barred += _bar(full, {id(row) for row in kept}, scan.policy)
    bare: dict[str, list[Entry]] = defaultdict(list)
    for name, entry in sorted(full.items(), key=lambda item: item[1].provider):
        bare[name.partition(":")[2]].append(entry)
    names = {name: _contenders(name, having, scan.policy) for name, having in bare.items()}
    withheld = _withheld_by_full_name(gone, full)
    # A name of core's that is turned off or withheld stays reserved: nobody else takes its place.
    names |= {name: () for line in barred if line.provider == CORE for name in line.names}
    names |= {name.partition(":")[2]: () for name, row in withheld.items() if row.provider == CORE}
    told = tuple(sorted((*scan.problems, *problems, *contested), key=str))
    turned_off = {*scan.blocked, *barred, *held}
    served = full.keys() | withheld.keys()
    if scan.locked is not None:
        held = list(scan.locked.unserved(scan.policy.lock, served))
    lost = kept_names(scan, names, served, held, sorted((*turned_off, *told), key=str))
    names |= {name: () for name in lost if _would_mean_one(name, names.get(name, ()), scan.policy)}
    turned_off |= {issue for found in lost.values() for issue in found}.intersection(held)
    blocked_rows = tuple(sorted(turned_off, key=str))
    return (
        {entry.full_name: entry for entry in in_order(row for row in kept if isinstance(row, Entry))},
        names | {name: (entry,) for name, entry in full.items()},
        {name: (row,) for name, row in withheld.items()} | _standing(withheld, names, scan.policy),
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


def _without_contradictions(rows: Iterable[Entry | Withheld]) -> tuple[list[Entry | Withheld], list[Issue]]:
    """Drop repeats of a row, and all rows of a name that one provider gives different meanings."""
    first: dict[str, Entry | Withheld] = {}
    others: dict[str, list[Entry | Withheld]] = defaultdict(list)
    for row in rows:
        known = first.setdefault(row.full_name, row)
        if known is not row and _meaning(known) != _meaning(row):
            others[row.full_name].append(row)
    problems = []
    for full_name, rest in others.items():
        row = first.pop(full_name)
        count, none = ("two", "neither") if len(rest) == 1 else ("several", "none of them")
        targets = _listed(map(_target, (row, *rest)))
        what = f"gives the name {row.name!r} {count} meanings: {targets}; it is used for {none}"
        problems.append(Issue("broken", row.provider, row.version, f"entry {row.name}", what, (row.name,)))
    return list(first.values()), problems


def _meaning(row: Entry | Withheld) -> tuple[Any, ...] | Withheld:
    if not isinstance(row, Entry):
        return row
    target = id(row.target) if row.is_of_class else row.target  # as in their own comparison
    return (target, row.preset_of, row.arguments, row.deprecated, row.version)


def _target(row: Entry | Withheld) -> str:
    return repr(row.preset_of or row.place) if isinstance(row, Entry) else f"a {row.kind}"


def _listed(texts: Iterable[str]) -> str:
    listed = sorted(texts)
    more = [f"{len(listed) - _MOST_LISTED} more"] if len(listed) > _MOST_LISTED else []
    return " and ".join([*listed[:_MOST_LISTED], *more])


def _allowed(
    rows: Iterable[Entry | Withheld], scan: Scan
) -> tuple[list[Entry | Withheld], list[Issue], list[Issue]]:
    """Return what is allowed, what the policy bars, and what else is barred."""
    kept, barred, held = [], [], []
    for row in rows:
        where = f"{row.kind} {row.name}"
        if line := scan.policy.bars(row.provider, row.version, row.name):
            barred.append(blocked(row.provider, row.version, where, line, row.names))
        elif line := scan.barred.get(id(row), ""):
            held.append(blocked(row.provider, row.version, where, line, row.names))
        else:
            kept.append(row)
    return kept, barred, held


def _by_full_name(entries: Sequence[Entry], reserved: Container[str]) -> tuple[dict[str, Entry], list[Issue]]:
    """Return what names and aliases mean; a name beats an alias, and a contested alias is lost."""
    names = {entry.full_name: entry for entry in entries}
    claims: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for alias in entry.names:
            full_name = f"{entry.provider}:{alias}"
            if full_name not in names and full_name not in reserved:
                owners = claims[full_name]
                if not owners or not _same_class(entry, owners[0]):
                    owners.append(entry)
    problems = []
    for full_name, owners in claims.items():
        if len(owners) == 1:
            names[full_name] = owners[0]
            continue
        provider, _, alias = full_name.partition(":")
        listed = _listed(repr(entry.name) for entry in owners)
        none = "neither" if len(owners) == 2 else "none of them"
        what = f"the alias {alias!r} is claimed by {listed}; it is used for {none}"
        problems.append(Issue("broken", provider, owners[0].version, f"alias {alias}", what, (alias,)))
    return names, problems


def _same_class(one: Entry, other: Entry) -> bool:
    """Say whether both give the class itself, so that its name means the same through either."""
    is_same = one.target is other.target if one.is_of_class else one.place == other.place
    return bool(one.class_name) and is_same and one.deprecated is None and other.deprecated is None


def _bar(full: dict[str, Entry], allowed: Container[int], policy: Policy) -> list[Issue]:
    """Take out of `full` the names of entries that are not allowed, and barred aliases of others."""
    barred = []
    for full_name, entry in list(full.items()):
        alias = full_name.partition(":")[2]
        if id(entry) not in allowed:
            del full[full_name]
        elif alias != entry.name and (line := policy.bars_alias(entry, alias)):
            where = f"alias of {entry.name}"
            barred.append(blocked(entry.provider, entry.version, where, line, (alias,)))
            del full[full_name]
    return barred


def _contenders(name: str, having: Sequence[Entry], policy: Policy) -> tuple[Entry, ...]:
    """Core's names are reserved; anybody else's are a matter of who else has them, and of the policy."""
    own_names = {entry.name for entry in having}  # one, if `name` is another spelling of it
    keys = (name, *own_names) if len(own_names) == 1 else (name,)
    for wanted in (CORE, *map(policy.prefer.get, keys)):
        for entry in having:
            if entry.provider == wanted:
                return (entry,)
    return tuple(having)


def _withheld_by_full_name(rows: Sequence[Withheld], taken: Container[str]) -> dict[str, Withheld]:
    """Return what stands where a provider withholds a name; only its CamelCase form may be `taken` again."""
    spellings = {f"{row.provider}:{name}": row for row in rows for name in row.names}
    own = {row.full_name: row for row in rows}
    return {name: row for name, row in spellings.items() if name not in taken} | own


def _standing(
    rows: Mapping[str, Withheld], names: Mapping[str, tuple[Entry, ...]], policy: Policy
) -> dict[str, tuple[Withheld, ...]]:
    """Return the rows that keep bare names from meaning what is known by them, in the providers' order."""
    found: dict[str, list[Withheld]] = defaultdict(list)
    for full_name, row in sorted(rows.items(), key=lambda item: item[1].provider):
        found[full_name.partition(":")[2]].append(row)
    standing: dict[str, tuple[Withheld, ...]] = {}
    for name, withholding in found.items():
        of_core = tuple(row for row in withholding if row.provider == CORE)
        known = names.get(name)
        if of_core:  # reserved, so that nobody else's say matters
            standing[name] = of_core
        elif known is None or not _is_settled(name, known, policy):
            standing[name] = tuple(withholding)
    return standing


def _would_mean_one(name: str, known: tuple[Entry, ...], policy: Policy) -> bool:
    """Say whether a bare name would mean what one package has, though nothing settles that."""
    return ":" not in name and len(known) < 2 and not (known and _is_settled(name, known, policy))


def _is_settled(name: str, known: tuple[Entry, ...] | None, policy: Policy) -> bool:
    """Say whether a bare name means what is `known` by it, whoever else may have it."""
    if not known:
        return known is not None
    return known[0].provider in (CORE, policy.prefer.get(name), policy.prefer.get(known[0].name))


def _losses(kept: Mapping[str, list[Issue]], issues: Iterable[Issue]) -> dict[str, list[Issue]]:
    losses: dict[str, dict[int, Issue]] = defaultdict(dict)  # each once
    costs = [(issue, name) for name, found in kept.items() for issue in found]
    for issue in issues:
        costs += [(issue, name) for bare in issue.names for name in (bare, f"{issue.provider}:{bare}")]
    for issue, name in costs:
        losses[name].setdefault(id(issue), issue)
    return {name: list(found.values()) for name, found in losses.items()}
