"""Names that are kept for a package which does not serve them, so that they do not come to mean another's.

A package counts as not installed if the policy denies, disables or does not allow it: that is said in plain
words. Whatever else keeps it from serving a name does not give the name away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

from seedbed.catalogue.scan import Scan
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.issue import Issue
from seedbed.rows import camel_case


def kept_names(
    scan: Scan,
    names: Mapping[str, tuple[Entry, ...]],
    served: Container[str],
    held: Iterable[Issue],
    issues: Iterable[Issue],
) -> dict[str, list[Issue]]:
    """Return why bare names are kept from meaning what they would, by name, and full names with them.

    Parameters
    ----------
    scan
        What was found.
    names
        What bare names would mean.
    served
        The full names that mean something, or are withheld by their own packages.
    held
        What something else than a line of the policy keeps out: under a lock, all that this has and nobody
        serves.
    issues
        What is blocked, and what is wrong.
    """
    reasons: dict[str, Issue] = {}
    for issue in issues:
        for name in issue.names or ("*",):
            reasons.setdefault(f"{issue.provider}:{name}", issue)
    kept: dict[str, list[Issue]] = defaultdict(list)
    for provider, name, issue in (*_contested(scan), *_held(scan, held, reasons)):
        if (full_name := f"{provider}:{name}") not in served:
            kept[name].append(issue)
            kept[full_name].append(issue)
    for name, provider in _preferred(scan, names, reasons).items():
        known = names.get(name)
        is_of_core = known is not None and (not known or known[0].provider == CORE)
        if f"{provider}:{name}" not in served and not is_of_core:
            kept[name].append(_not_served(scan, provider, name, reasons))
    return kept


def _contested(scan: Scan) -> Iterator[tuple[str, str, Issue]]:
    """Yield the names of which nobody knows whose they are, but those that the policy bars in any case."""
    for lost in scan.lost:
        for name in sorted(lost.names):
            if not all(scan.policy.bars(lost.provider, version, name) for version in lost.versions):
                yield lost.provider, name, lost.problem


def _held(
    scan: Scan, held: Iterable[Issue], reasons: Mapping[str, Issue]
) -> Iterator[tuple[str, str, Issue]]:
    """Yield the names of what is held back, but for those that the policy bars in any case."""
    for row in held:
        provider, own = row.provider, row.where.rpartition(" ")[2]
        locked = scan.locked and scan.locked.lock.provider(provider)
        version = locked.version if locked else row.version
        is_barred = scan.policy.bars(provider, version, own)
        for name in row.names:
            # A name is allowed in another spelling too.
            others = name not in (own, camel_case(own)) and scan.policy.bars(provider, version, name)
            if not (is_barred or others):
                yield provider, name, reasons.get(f"{provider}:{name}") or reasons.get(f"{provider}:*") or row


def _preferred(
    scan: Scan, names: Mapping[str, tuple[Entry, ...]], reasons: Mapping[str, Issue]
) -> dict[str, str]:
    """Return which package the policy gives a bare name to, by name."""
    prefer = scan.policy.prefer
    wanted = {camel_case(name): provider for name, provider in prefer.items()} | dict(prefer)
    wanted.pop("", None)
    for name, having in names.items() if prefer else ():
        # Of a shared alias the name of the entry decides.
        provider = prefer.get(having[0].name) if len(having) == 1 else None
        if provider and f"{provider}:{name}" in reasons:
            wanted.setdefault(name, provider)
    return wanted


def _not_served(scan: Scan, provider: str, name: str, reasons: Mapping[str, Issue]) -> Issue:
    version = scan.versions.get(provider, "")
    why = reasons.get(f"{provider}:{name}") or reasons.get(f"{provider}:*")
    told = str(why) if why else f"{provider} has no such name" if version else f"{provider} is not installed"
    if not why and (line := scan.policy.bars(provider, version, name)):
        told = f"it is blocked by {line}"
    line = f"prefer of {scan.policy.source}, which gives the name to {provider} alone; {told}"
    return Issue("blocked", provider, version, f"entry {name}", line, (name,))
