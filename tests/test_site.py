"""The site of the documentation: what it has of every entry, what it loads, and what fails its build."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

import seedbed
from seedbed_tools.pages.markdown import inline

pytestmark = pytest.mark.slow

NEEDED = "the dependency group docs builds the site"
markdown = pytest.importorskip("markdown", reason=NEEDED)
pytest.importorskip("properdocs", reason=NEEDED)

ROOT = Path(__file__).parents[1]
CONFIG = Path("docs", "site", "properdocs.yml")
ENTRIES = [(entry.provider, entry.name) for entry in seedbed.catalogue()]
LOADED = {"src", "srcset", "data", "poster", "action", "background"}
"""Attributes whose addresses a browser loads, or sends what is typed to."""
FOREIGN = re.compile(r"\s*(\w+:)?//")
IN_STYLES = re.compile(r"url\(\s*[\"']?([^\"')]*)|@import\s+[\"']([^\"']*)")
TEXTS = ["*a* _b_ __c__ <i>d</i> [e](f) &amp; \\h ![i](j) k_l_m", "# a", "1. a", "- a", "+ a", "> a", "``` a"]


class Page(HTMLParser):
    """What of a page matters here: the addresses that a browser loads for it, headings and pictures."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.headings, self.pictures, self.text = [], [], [], ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        attributes = dict(attributes)
        self.loaded += [value for name, value in attributes.items() if name in LOADED and value]
        if tag == "link":
            self.loaded.append(attributes["href"])
        if tag == "img":
            self.pictures.append(attributes["src"])
        if "style" in attributes:
            self.loaded += ["".join(found) for found in IN_STYLES.findall(attributes["style"])]

    def handle_data(self, data):
        self.text += data
        if re.fullmatch(r"h\d", self._inside) and data.strip():
            self.headings.append(data.strip())
        if self._inside == "style":
            self.loaded += ["".join(found) for found in IN_STYLES.findall(data)]


def build(root, site, **environment):
    """Build the site of the documentation below `root` as CI does; return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "properdocs", "build", "--config-file", root / CONFIG, "--site-dir", site],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "site"
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the documentation, to be spoilt."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for path in ROOT.iterdir():
        if path.name != "docs":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


@pytest.mark.parametrize(("provider", "name"), ENTRIES)
def test_every_entry_has_a_page_with_a_picture(site, provider, name):
    path = site / "reference" / "catalogue" / provider / f"{name}.html"
    page = Page(path.read_text())
    assert page.headings[0] == name
    assert {"Parameters", "Distribution", "Examples"} <= set(page.headings)
    assert f"{provider}:{name}" in page.text
    (picture,) = page.pictures
    drawn = ET.parse(path.parent / picture).getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    titles = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"dense (256, 128)", "convolution (3, 3, 64, 128)"} & set(titles) or "example" in " ".join(titles)
    if provider == "seedbed" and name != "identity":
        assert {"dense (256, 128)", "convolution (3, 3, 64, 128)"} <= set(titles)


def test_the_index_leads_to_every_entry(site):
    index = (site / "reference" / "catalogue.html").read_text()
    assert [f'href="catalogue/{provider}/{name}.html"' in index for provider, name in ENTRIES].count(
        False
    ) == 0


def test_nothing_is_loaded_from_elsewhere(site):
    pages, styles = sorted(site.rglob("*.html")), sorted(site.rglob("*.css"))
    assert pages
    assert styles
    loaded = {(path.name, address) for path in pages for address in Page(path.read_text()).loaded}
    loaded |= {
        (path.name, "".join(found)) for path in styles for found in IN_STYLES.findall(path.read_text())
    }
    assert any(name == "index.html" and address.endswith("theme.css") for name, address in loaded)
    assert {(name, address) for name, address in loaded if FOREIGN.match(address)} == set()


def test_pictures_load_nothing_and_run_nothing(site):
    for path in site.rglob("catalogue/**/*.svg"):
        for element in ET.parse(path).iter():
            assert not element.tag.endswith(("}script", "}image", "}a")), path
            for name, value in element.attrib.items():
                assert not name.endswith("href") or value.startswith("#"), path


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="//example.org/a.css">',
        "<style>@import 'https://example.org/a.css';</style>",
        '<p style="background: url(http://example.org/a.png)">',
    ],
)
def test_what_comes_from_elsewhere_would_be_noticed(html):
    assert [address for address in Page(html).loaded if FOREIGN.match(address)]
    assert Page('<a href="https://example.org">a</a>').loaded == []


def test_another_build_gives_the_same_bytes(site, tmp_path):
    done = build(ROOT, tmp_path / "again", PYTHONHASHSEED="7", TZ="Asia/Tokyo")
    assert done.returncode == 0, done.stderr

    def contents(folder):
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first, second = contents(site), contents(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


def test_links_that_lead_nowhere_and_pages_without_a_section_fail_the_build(copy):
    """In one build, since each draws all pictures; in a strict one every warning is an error."""
    links = ["reference/nowhere.md", "../tests/nowhere.c", "contributing.md#nowhere", "/contributing.md"]
    with (copy / "docs" / "index.md").open("a") as page:
        page.writelines(f"\n[a]({link})\n" for link in links)
    (copy / "docs" / "elsewhere").mkdir()
    (copy / "docs" / "elsewhere" / "page.md").write_text("# Page\n")
    done = build(copy, copy / "site")
    warnings = re.findall(r"^WARNING .*(?:\n {2,}.*)*", done.stderr, re.MULTILINE)
    assert done.returncode != 0
    for said in (*links[:2], "anchor '#nowhere'", "absolute link '/contributing.md'", "elsewhere/page.md"):
        assert [warning for warning in warnings if said in warning], said
    assert len(warnings) == 5


def test_a_broken_entry_fails_the_build(tmp_path):
    info = tmp_path / "acme_inits-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-inits\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seedbed.initializers]\nacme_gone = acme_inits:Gone\n")
    done = build(ROOT, tmp_path / "site", PYTHONPATH=str(tmp_path))
    assert done.returncode != 0
    assert "acme-inits:acme_gone has no page" in done.stderr


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_what_it_was_in_the_sites_dialect_of_markdown(text):
    assert "".join(ET.fromstring(markdown.markdown(inline(text))).itertext()) == text
