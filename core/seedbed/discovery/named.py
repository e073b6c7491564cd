"""Whether one package, known by its name, declares an entry point; for who needs no scan of all."""

from __future__ import annotations

from seedbed.discovery.metadata import metadata_folders


def declares(distribution: str, *, group: str, value: str, beside: str) -> bool:
    """Say whether a distribution is installed and has an entry point of this group and value.

    Its metadata is looked for in the folder `beside`, where its module lies, and only then on the whole path,
    as an editable install needs. Where several copies lie in one folder, a scan must say which counts.
    """
    folders = [found for found in metadata_folders(beside) or () if found.provider == distribution]
    if folders:
        points, _ = folders[0].points()
        return len(folders) == 1 and any((one.group, one.value) == (group, value) for one in points)
    return _is_declared_anywhere(distribution, group, value)


def _is_declared_anywhere(name: str, group: str, value: str) -> bool:
    from importlib_metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - seldom needed

    try:
        return bool(distribution(name).entry_points.select(group=group, value=value))
    except PackageNotFoundError:
        return False
