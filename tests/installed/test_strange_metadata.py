"""Metadata that is no ordinary file, or no ordinary text, is held against its own package alone."""

import ctypes
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from environments import clean_environ
from fakes import FakeSite, constant_class
from turns import one_in

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import UnknownNameError

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 3.1\n"
OURS = b"[seedbed.initializers]\nlost = lost_mod:Lost\n"
FIX = "; reinstall or uninstall this package"


def _content(content):
    return lambda path: path.write_bytes(content)


def _socket(path):
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket has about a hundred bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def _unreadable(path):
    path.write_bytes(OURS)
    path.chmod(0)


STRANGE = {
    "a directory": (Path.mkdir, "it is a directory and not a regular file"),
    "a FIFO": (os.mkfifo, "it is a FIFO and not a regular file"),
    "a socket": (_socket, "it is a socket and not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "it is a device and not a regular file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "OSError: "),
    "unreadable": (_unreadable, "PermissionError: "),
}
STRANGE_POINTS = STRANGE | {
    "undecodable": (_content(OURS + b"caf\xe9 = a:B\n"), "UnicodeDecodeError: "),
    "malformed": (_content(OURS + b"no_equals_sign\n"), "line 3 is 'no_equals_sign', and should be 'name = "),
    "oversized": (
        _content(OURS + b"#" * (1 << 20)),
        "it has more than 1,048,576 bytes, the most that are read",
    ),
}
STRANGE_HEADERS = STRANGE | {
    "absent": (lambda path: None, "there is no such file"),
    "a link to nothing": (lambda path: path.symlink_to("absent"), "it is a link to nothing"),
    "undecodable": (_content(b"Name: caf\xe9\n"), "UnicodeDecodeError: "),
    "with a byte-order mark": (
        _content(b"\xef\xbb\xbfName: x\n"),
        "it begins with a byte-order mark; save it",
    ),
    "malformed": (_content(b"no colon\nName: x\nVersion: 1\n"), "its Name is None, which no distribution"),
    "oversized": (_content(b"Name: x\n" * (1 << 18)), "it has more than 1,048,576 bytes of headers"),
    "another's": (
        _content(b"Name: acme-inits\nVersion: 9.9\n"),
        "it is that of 'acme-inits', not of 'strange'",
    ),
}


def _add_good(site: FakeSite) -> None:
    site.add(
        "acme-inits",
        initializers={"acme_seven": "acme_seven:Seven"},
        modules={"acme_seven": constant_class("Seven", 7)},
    )


def _add_strange_points(site: FakeSite, make, name: str = "strange") -> Path:
    folder = site.add_metadata(f"{name}-3.1", metadata=METADATA.format(name=name))
    make(folder / "entry_points.txt")
    return folder


def _add_strange_headers(site: FakeSite, make, name: str = "strange") -> Path:
    folder = site.add_metadata(f"{name}-3.1", entry_points=OURS)
    make(folder / "METADATA")
    return folder


def _become_a_user_without_privileges() -> None:
    """Drop the two capabilities by which root may read what its permissions forbid."""
    drop_from_bounding_set = 24
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


def _look_up(site: FakeSite, code: str) -> str:
    """Run `code` in a process that permissions bind, and that cannot wait or allocate for long."""
    done = subprocess.run(
        [sys.executable, "-c", f"import seedbed\ncatalogue = seedbed.catalogue()\n{code}"],
        env=clean_environ() | {"PYTHONPATH": str(site.folder)},
        preexec_fn=_become_a_user_without_privileges,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


SHOW = """
print(catalogue.get("acme_seven")(1).tolist(), "lost" in catalogue)
print(*(problem for problem in catalogue.problems if "strange" in str(problem)), sep="\\n")
"""


@pytest.mark.parametrize(("make", "why"), one_in(3, STRANGE_POINTS))
def test_strange_entry_points_are_held_against_their_package(site, make, why):
    folder = _add_strange_points(site, make)
    _add_good(site)
    values, problem = _look_up(site, SHOW).splitlines()
    assert values == "[7.0] False"
    assert problem.startswith(f"strange 3.1: {folder}/entry_points.txt: cannot be parsed ({why}")
    assert problem.endswith(FIX)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "why"), STRANGE_HEADERS.values(), ids=STRANGE_HEADERS)
def test_strange_metadata_of_a_plugin_is_held_against_it(site, make, why):
    folder = _add_strange_headers(site, make)
    _add_good(site)
    values, problem = _look_up(site, SHOW).splitlines()
    assert values == "[7.0] False"
    assert problem.startswith(f"{folder}: METADATA: cannot be read ({why}")
    assert problem.endswith(FIX)


def test_with_all_of_them_installed_at_once_the_good_one_works_and_each_is_named(site):
    added = [
        add(site, make, f"strange-{kind}-{number}".replace("-", "_"))
        for kind, add, strange in (
            ("points", _add_strange_points, STRANGE_POINTS),
            ("headers", _add_strange_headers, STRANGE_HEADERS),
        )
        for number, (make, _) in enumerate(strange.values())
    ]
    _add_good(site)
    values, *problems = _look_up(site, SHOW).splitlines()
    assert values == "[7.0] False"
    assert len(problems) == len(added) == len(STRANGE_POINTS) + len(STRANGE_HEADERS)
    for folder in added:
        assert sum(str(folder) in problem for problem in problems) == 1


def test_a_look_up_names_them_without_reading_the_packages_that_have_nothing_for_us(site, monkeypatch):
    nothing = site.add_metadata("nothing-3.1")
    _add_strange_points(site, STRANGE["a FIFO"][0])
    _add_good(site)
    opened = []
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest, **more: (opened.append(str(path)), real(path, *rest))[1]
    )
    catalogue = Catalogue()
    assert catalogue.get("acme_seven")(1).tolist() == [7]
    assert [path for path in opened if str(nothing) in path] == [f"{nothing}/entry_points.txt"]
    assert f"{site.folder}/acme_inits-1.0.dist-info/METADATA" in opened
    with pytest.raises(UnknownNameError, match=r"it is broken \(strange 3\.1: .*entry_points\.txt: .* FIFO"):
        catalogue.get("strange:lost")
    assert f"{nothing}/METADATA" not in opened
    assert any(str(nothing) in str(problem) for problem in catalogue.problems)
    assert f"{nothing}/METADATA" in opened


def test_the_packages_that_have_nothing_for_us_are_read_once(site):
    nothing = site.add_metadata("nothing-3.1")
    catalogue = Catalogue()
    first = catalogue.problems
    (nothing / "METADATA").write_text(METADATA.format(name="nothing"), encoding="utf-8")
    assert catalogue.problems == first
    catalogue.refresh()
    assert catalogue.problems == tuple(problem for problem in first if str(nothing) not in str(problem))


def test_what_was_uninstalled_after_the_scan_is_no_problem(site):
    nothing = site.add_metadata("nothing-3.1")
    catalogue = Catalogue()
    assert len(catalogue) > 0
    nothing.rmdir()
    assert [problem for problem in catalogue.problems if "nothing" in str(problem)] == []


def test_a_long_description_is_not_read(site):
    metadata = METADATA.format(name="acme-inits") + "\nA description.\n" + "caf\xe9 " * (1 << 18)
    folder = site.add_metadata("acme_inits-3.1", entry_points="[seedbed.initializers]\nseven = a:Seven\n")
    (folder / "METADATA").write_bytes(metadata.encode("latin-1"))
    catalogue = Catalogue()
    assert catalogue.entry("seven").version == "3.1"
    assert [problem for problem in catalogue.problems if "acme" in str(problem)] == []
