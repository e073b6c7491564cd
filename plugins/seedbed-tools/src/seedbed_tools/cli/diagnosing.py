"""``seedbed doctor``: what is installed, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from seedbed_tools.cli.errors import one_line, sentence
from seedbed_tools.cli.page import fields, is_fitted, prose_width, wrap
from seedbed_tools.doctor import Diagnosis, Finding


def record(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as plain data."""
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
        "findings": [{**asdict(finding), "is_wrong": finding.is_wrong} for finding in diagnosis.findings],
    }


def print_diagnosis(console: Console, diagnosis: Diagnosis) -> None:
    """Print a diagnosis."""
    for line in fields(_summary(diagnosis), prose_width(console)):
        console.print(line)
    if diagnosis.packages:
        console.print(Text("\npackages", "dim"))
        left = max(len(f"{package.name} {package.version}") for package in diagnosis.packages) + 2
        for package in diagnosis.packages:
            count = "1 entry" if package.entries == 1 else f"{package.entries} entries"
            console.print(f"  {f'{package.name} {package.version}'.ljust(left)}{count}")
    _print_findings(console, "wrong", [finding for finding in diagnosis.findings if finding.is_wrong])
    _print_findings(console, "to know", [finding for finding in diagnosis.findings if not finding.is_wrong])
    if diagnosis.is_well:
        console.print(Text("\nnothing is wrong", "green"))


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


def _print_findings(console: Console, title: str, findings: list[Finding]) -> None:
    if not findings:
        return
    console.print(Text(f"\n{title} ({len(findings)})", "dim"))
    for finding in findings:
        package = f"{finding.package}: " if finding.package else ""
        text = one_line(f"{finding.kind}: {package}{sentence(finding.what)}")
        parts = wrap(text, console.width - 4) if is_fitted(console) else [text]
        line = Text("  " + "\n    ".join(parts))
        line.stylize("red" if finding.is_wrong else "yellow", 2, 2 + len(finding.kind))
        console.print(line)
