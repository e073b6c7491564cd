"""Adds to the site what is made from the code: a page and a picture for every entry of the catalogue."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from pictures import picture
from properdocs.config.defaults import ProperDocsConfig
from properdocs.exceptions import PluginError
from properdocs.structure.files import File, Files, InclusionLevel
from properdocs.structure.pages import Page

import seedbed
from seedbed.entry import Entry
from seedbed_tools import pages
from seedbed_tools.pages.markdown import bullets, escaped, inline

ROOT: Final = Path(__file__).parents[2]

_CATALOGUE: Final = "reference/catalogue"
_SECTIONS: Final = {
    "tutorial": "Tutorial",
    "how-to": "How-to",
    "reference": "Reference",
    "explanation": "Explanation",
    "explanation/decisions": "Decisions",
}
"""By folder, in the order in which a reader needs them."""

_NEED_AN_ADDRESS: Final = {"404.html", "sitemap.xml"}
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: ProperDocsConfig) -> ProperDocsConfig:
    """Leave the time out, which would differ from one build to the next."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    return config


def on_files(files: Files, *, config: ProperDocsConfig) -> Files:
    """Add the changelog and what is made from the code, and say in which order the pages stand."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")
    entries = list(seedbed.catalogue())
    files.append(File.generated(config, "changelog.md", content=changelog))
    files.append(File.generated(config, f"{_CATALOGUE}.md", content=_index(entries)))
    config.nav = _nav([file.src_uri for file in files.documentation_pages()])
    for entry in entries:
        for address, content in _made_from(entry):
            # Not in the navigation: there may be hundreds. The index, links and the search lead to them.
            level = InclusionLevel.NOT_IN_NAV
            files.append(File.generated(config, address, content=content, inclusion=level))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Repair links to files of the repository that the site has elsewhere, or not at all."""
    folder = posixpath.dirname(page.file.src_uri)

    def mended(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, found[2]))
        if path == "../CHANGELOG.md":
            return f"[{found[1]}]({posixpath.relpath('changelog.md', folder or '.')})"
        # One that leads nowhere stays, and fails the build.
        return found[1] if path.startswith("../") and (ROOT / "docs" / path).exists() else found[0]

    return _LINK.sub(mended, markdown)


def on_post_template(output_content: str, *, template_name: str, **_: object) -> str:
    """Leave out the two files that need to know the site's address: they would name a host `search.html`."""
    return "" if template_name in _NEED_AN_ADDRESS else output_content


def _nav(addresses: Sequence[str]) -> list[Any]:
    """Return the navigation; a page in a folder without a section is left out, which fails the build."""
    by_folder = {
        folder: sorted(address for address in addresses if posixpath.dirname(address) == folder)
        for folder in ("", *_SECTIONS)
    }
    others = [address for address in by_folder[""] if address != "index.md"]
    return ["index.md", *({title: by_folder[folder]} for folder, title in _SECTIONS.items()), *others]


def _index(entries: Sequence[Entry]) -> str:
    blocks = ["# Catalogue", "Every initializer of the packages that this site was built with."]
    for source, group in groupby(entries, key=lambda entry: f"{entry.provider} {entry.version}".rstrip()):
        blocks += [f"## {escaped(source)}", bullets(map(_listed, group))]
    return "\n\n".join(blocks) + "\n"


def _listed(entry: Entry) -> str:
    gone = ", deprecated" if entry.deprecated else ""
    summary = inline(seedbed.catalogue().summary(entry))
    return f"[{escaped(entry.name)}](catalogue/{entry.provider}/{entry.name}.md){gone}: {summary}"


def _made_from(entry: Entry) -> Iterator[tuple[str, str | bytes]]:
    """Yield the addresses and contents of an entry's page and picture."""
    found = pages.describe(seedbed.catalogue(), entry)
    if found.error:
        raise PluginError(f"{entry.full_name} has no page: {found.error}")
    samples = pages.samples(seedbed.catalogue(), found)
    drawn = [sample for sample in samples if isinstance(sample, pages.Sample)]
    address = f"{_CATALOGUE}/{entry.provider}/{entry.name}"
    if drawn:
        yield f"{address}.svg", picture(drawn)
    yield f"{address}.md", pages.page(found, samples, picture=f"{entry.name}.svg" if drawn else "")
