"""What differs between two locks, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from seedbed.arguments import of_kind
from seedbed.governance.lock import Lock
from seedbed.governance.lock_rows import LockedEntry
from seedbed.locking.fingerprint import UNTRIED
from seedbed.locking.moments import Moments, tells

A_LOCK: Final = "a Lock; read a file with Lock.read(path)"

_Rows = Mapping[str, LockedEntry]


def differences(old: Lock, new: Lock) -> list[str]:
    """Return a line for each thing that differs from `old` in `new`; nothing if they say the same.

    Packages come first, then entries by their names, then the names that mean none. Numbers that are
    reproducible up to rounding only are compared within their tolerance.

    Examples
    --------
    >>> from seedbed.governance import LockedEntry
    >>> ramp = LockedEntry("acme:ramp", "acme.ramps:Ramp", parameters={"high": "1.0"})
    >>> steep = LockedEntry("acme:ramp", "acme.ramps:Ramp", parameters={"high": "2.0"})
    >>> differences(Lock(1, entries=(ramp,)), Lock(1, entries=(steep,)))
    ["acme:ramp: the default of argument 'high' changed: 1.0 -> 2.0"]
    """
    for name, value in (("old", old), ("new", new)):
        of_kind(name, value, Lock, A_LOCK)
    stream = f"the version of the random stream changed: {old.stream} -> {new.stream}"
    found = [stream] if old.stream != new.stream else []
    found += [*_of_providers(old, new), *_of_entries(old, new), *_of_withheld(old, new)]
    if untried := sum(_is_untried(row, new.entry(row.name)) for row in old.entries):
        found.append(
            f"bfloat16: not compared (entries: {untried}), since ml_dtypes was not installed when the lock "
            "was made; install it there, and write the lock anew"
        )
    return found


def _is_untried(old: LockedEntry, new: LockedEntry | None) -> bool:
    """Say whether a dtype is drawn now that nobody could draw when the lock was made."""
    texts = {} if new is None else new.numbers
    return any(text == UNTRIED != texts.get(case, UNTRIED) for case, text in old.numbers.items())


def unseen(lock: Lock) -> list[str]:
    """Return a line for each entry of a lock of which no change of its values would be seen.

    Examples
    --------
    >>> from seedbed.governance import LockedEntry
    >>> unseen(Lock(1, entries=(LockedEntry("acme:ramp", no_numbers="it needs arguments: high"),)))
    ['acme:ramp: a change of its values is not seen, since the lock has none: it needs arguments: high']
    """
    of_kind("lock", lock, Lock, A_LOCK)
    return [
        f"{row.name}: a change of its {what}values is not seen, since the lock has none: {why}"
        for row in lock.entries
        for what, why in (() if row.content else _unseen(row))
    ]


def _unseen(row: LockedEntry) -> Iterator[tuple[str, str]]:
    """Yield of which dtypes no change of an entry's values is seen, and why; of none, if of all of them."""
    by_dtype: dict[str, set[str]] = defaultdict(set)
    for case, text in row.numbers.items():
        by_dtype[case.partition(" ")[0]].add(text)
    by_dtype = {dtype: texts for dtype, texts in by_dtype.items() if texts != {UNTRIED}}
    blind = {dtype: texts for dtype, texts in by_dtype.items() if not any(map(tells, texts))}
    if row.no_numbers or len(blind) == len(by_dtype):
        causes = ", ".join(sorted(set(row.numbers.values()))) or "none were taken"
        yield "", row.no_numbers or f"{causes}, for all dtypes and shapes"
        return
    for dtype, texts in blind.items():
        # A dtype of which it takes no shape has no values that could change.
        if drawn := sorted(text for text in texts if not text.startswith("raised ")):
            yield f"{dtype} ", ", ".join(drawn)


def _of_providers(old: Lock, new: Lock) -> Iterator[str]:
    former, present = ({row.name: row for row in lock.providers} for lock in (old, new))
    for name in sorted({*former, *present}):
        before, after = former.get(name), present.get(name)
        if after is None:
            yield f"{name}: package removed, version {former[name].version}"
        elif before is None:
            yield f"{name}: package added, version {after.version}"
        elif before.version != after.version:  # so its files are others as well
            yield f"{name}: version changed: {before.version} -> {after.version}"
        elif before != after:
            yield f"{name}: files changed, and the version {after.version} did not"


def _of_entries(old: Lock, new: Lock) -> Iterator[str]:
    former, present = ({row.name: row for row in lock.entries} for lock in (old, new))
    # What stands there now says more than that an entry is gone, and that another package has its name.
    instead = {row.name: row for row in new.withheld if row.name in former}
    moved = _moved({name: row for name, row in former.items() if name not in instead}, present)
    origins = set(moved.values())
    for name in sorted({*former, *present}):
        before, after = former.get(moved.get(name, name)), present.get(name)
        if after is None:
            if name in instead:
                yield f"{name}: {instead[name]}"
            elif name not in origins:
                yield f"{name}: removed"
        elif before is None:
            yield f"{name}: added"
        else:
            if name in moved:
                yield f"{name}: moved here from {before.provider}, which has no {before.bare_name!r} any more"
            yield from (f"{name}: {what}" for what in _of_entry(before, after))


def _of_withheld(old: Lock, new: Lock) -> Iterator[str]:
    """Yield what became of tombstones and homonyms, but for those in the place of an entry that is gone."""
    former, present = ({row.name: row for row in lock.withheld} for lock in (old, new))
    said = {row.name for row in old.entries} - {row.name for row in new.entries}
    for name in sorted({*former, *present}):
        before, after = former.get(name), present.get(name)
        if before is None and after is not None and name not in said:
            yield f"{name}: {after.kind} added: {after}"
        elif before is not None and after is None:
            yield f"{name}: {before.kind} removed, which said: {before}"
        elif before is not None and after is not None and before != after:
            yield f"{name}: {after.kind} changed: {before} -> {after}"


def _moved(old: _Rows, new: _Rows) -> dict[str, str]:
    """Return the former full names of entries that another provider has now, by their new ones.

    Not where there is more than one that it could be.
    """
    gone, come = _by_bare_name(old, new), _by_bare_name(new, old)
    both = [bare for bare in come if len(come[bare]) == len(gone.get(bare, ())) == 1]
    return {come[bare][0]: gone[bare][0] for bare in both}


def _by_bare_name(rows: _Rows, other: _Rows) -> dict[str, list[str]]:
    """Return the full names that the other lock lacks, by their bare names."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, row in rows.items():
        if name not in other:
            found[row.bare_name].append(name)
    return found


def _of_entry(old: LockedEntry, new: LockedEntry) -> Iterator[str]:
    yield from _of_text("target", old.target, new.target)
    yield from _of_text("what it is a preset of", old.preset_of, new.preset_of)
    yield from (f"alias {alias!r} removed" for alias in old.aliases if alias not in new.aliases)
    yield from (f"alias {alias!r} added" for alias in new.aliases if alias not in old.aliases)
    yield from _of_arguments("bound argument", old.bound, new.bound)
    yield from _of_parameters(old.parameters, new.parameters)
    yield from _of_text("content", old.content, new.content)
    yield from _of_text("reproducibility", old.reproducibility, new.reproducibility)
    yield from _of_deprecation(old.deprecated, new.deprecated)
    yield from _of_numbers(old, new)


def _of_arguments(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"{what} {name!r} added: {new[name]}"
        elif name not in new:
            yield f"{what} {name!r} removed, which was {old[name]}"
        else:
            yield from _of_text(f"{what} {name!r}", old[name], new[name])


def _of_parameters(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"argument {name!r} added, {_default(new[name])}"
        elif name not in new:
            yield f"argument {name!r} removed"
        elif "required" in (old[name], new[name]) and old[name] != new[name]:
            yield f"argument {name!r} changed, {_default(old[name])} -> {_default(new[name])}"
        else:
            yield from _of_text(f"the default of argument {name!r}", old[name], new[name])


def _default(text: str) -> str:
    return text if text in ("required", "any") else f"default {text}"


def _of_deprecation(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    if new and not old:
        yield "deprecated: " + ", ".join(f"{key} {value}" for key, value in new.items())
    elif old and not new:
        yield "no longer deprecated"
    else:
        for key in sorted({*old, *new}):
            yield from _of_text(f"deprecation, {key}", old.get(key, ""), new.get(key, ""))


def _of_numbers(old: LockedEntry, new: LockedEntry) -> Iterator[str]:
    yield from _of_arguments("example argument", old.numbers_with, new.numbers_with)
    yield from _of_text("why its numbers are not locked", old.no_numbers, new.no_numbers)
    if old.no_numbers != new.no_numbers:
        return
    cases = sorted(old.numbers.keys() & new.numbers)
    changed = [case for case in cases if not _agree(old.numbers.get(case, ""), new.numbers.get(case, ""))]
    telling = [case for case in cases if any(tells(row.numbers.get(case, "")) for row in (old, new))]
    if changed:
        where = "all dtypes and shapes" if {*telling} <= {*changed} else ", ".join(changed)
        yield f"numbers changed for {where}"
    yield from _of_lines("added", old.numbers, new.numbers)
    yield from _of_lines("removed", new.numbers, old.numbers)


def _of_lines(what: str, without: Mapping[str, str], having: Mapping[str, str]) -> Iterator[str]:
    if cases := [case for case in sorted(having.keys() - without) if having[case] != UNTRIED]:
        yield f"numbers {what} for {', '.join(cases)}"


def _agree(old: str, new: str) -> bool:
    if UNTRIED in (old, new):  # of the old it is said; where the new is made nobody can draw this dtype
        return True
    one, other = Moments.read(old), Moments.read(new)
    return old == new if one is None or other is None else one.agrees(other)


def _of_text(what: str, old: str, new: str) -> Iterator[str]:
    if old != new:
        yield f"{what} changed: {old or 'nothing'} -> {new or 'nothing'}"
