"""``seedbed doctor``: what is installed, and what is wrong with it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from seedbed.issue import Issue
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line, sentence
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.cli.page import Page, print_lines
from seedbed_tools.cli.streams import prints_to_stderr
from seedbed_tools.doctor import Diagnosis, diagnose


def run(options: Namespace) -> int:
    """Print a diagnosis."""
    with prints_to_stderr():
        diagnosis = diagnose(limit=options.limit)
    if options.json:
        print_lines(to_json(record(diagnosis)))
    else:
        _print(Page.of_stdout(), diagnosis)
    hidden.say(hidden.summary(diagnosis.policy, diagnosis.blocked))
    return 0 if diagnosis.is_well else 1


def record(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON data."""
    policy = diagnosis.policy
    return {
        "is_well": diagnosis.is_well,
        "versions": diagnosis.versions,
        "engine": diagnosis.engine,
        "threads": diagnosis.threads,
        "policy": {
            "source": policy.source,
            "mode": policy.mode,
            "lock": policy.lock or None,
            "only": None if policy.only is None else sorted(policy.only),
        },
        "packages": [asdict(package) for package in diagnosis.packages],
        "findings": [finding.to_dict() | {"is_wrong": finding.is_wrong} for finding in diagnosis.findings],
    }


def _print(page: Page, diagnosis: Diagnosis) -> None:
    print_lines(*page.fields(_summary(diagnosis), width=page.prose_width))
    if diagnosis.packages:
        print_lines("", page.paint("packages", "dim"))
        left = max(len(f"{package.name} {package.version}") for package in diagnosis.packages) + 2
        for package in diagnosis.packages:
            count = "1 entry" if package.entries == 1 else f"{package.entries} entries"
            print_lines(f"  {f'{package.name} {package.version}'.ljust(left)}{count}")
    _print_findings(page, "wrong", [finding for finding in diagnosis.findings if finding.is_wrong])
    _print_findings(page, "to know", [finding for finding in diagnosis.findings if not finding.is_wrong])
    if diagnosis.is_well:
        print_lines("", page.paint("nothing is wrong", "green"))


def _summary(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    versions, policy = diagnosis.versions, diagnosis.policy
    only = "" if policy.only is None else f", of plugins only {', '.join(sorted(policy.only)) or 'none'}"
    return [
        (
            "versions",
            f"seedbed {versions['seedbed']}, Python {versions['python']}, NumPy {versions['numpy']}",
        ),
        ("stream", f"version {versions['stream']}"),
        ("engine", f"{diagnosis.engine}, {diagnosis.threads or 'an unknown number of'} threads"),
        ("policy", f"{policy.source}, mode {policy.mode}{only}"),
        ("lock", policy.lock or "none"),
    ]


def _print_findings(page: Page, title: str, findings: list[Issue]) -> None:
    if not findings:
        return
    print_lines("", page.paint(f"{title} ({len(findings)})", "dim"))
    for finding in findings:
        first, *more = page.fit(f"{finding.kind}: {one_line(sentence(finding))}", 4)
        kind = page.paint(finding.kind, "red" if finding.is_wrong else "yellow")
        print_lines(f"  {kind}{first.removeprefix(finding.kind)}", *(f"    {line}" for line in more))
