"""Whether one package, known by its name, declares an entry point; for who needs no scan of all."""

from __future__ import annotations


def declares(distribution: str, *, group: str, value: str) -> bool:
    """Say whether a distribution is installed and has an entry point of this group and value."""
    from importlib_metadata import PackageNotFoundError  # noqa: PLC0415 - seldom needed
    from importlib_metadata import distribution as found  # noqa: PLC0415 - as above

    try:
        return bool(found(distribution).entry_points.select(group=group, value=value))
    except PackageNotFoundError:
        return False
