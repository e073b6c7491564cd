"""However much lies on the path, the time of a scan grows with it and not with its square."""

import gc
import os
import struct
import sys
import time
import tracemalloc
import zipfile
from contextlib import suppress

import packaging.version  # noqa: F401 - which a scan with an empty path could not import
import pytest

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import SeedbedError, UnknownNameError

HEADERS = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"
GROUP = "[seedbed.initializers]\n"
DENY = {"mode": "open", "deny": ["nobody"]}


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Make an empty folder all that is on the path; what a scan imports has been imported before."""
    Catalogue(policy=DENY).problems  # noqa: B018
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def add(root, stem, *, points="", more="", record=None):
    folder = root / f"{stem}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(HEADERS.format(*stem.lstrip("~").rsplit("-", 1)) + more)
    if points:
        (folder / "entry_points.txt").write_text(points)
    if record is not None:
        (folder / "RECORD").write_text(record)


def look_up():
    Catalogue().entry("e0")


def look_up_under_a_policy():
    Catalogue(policy=DENY).entry("e0")


def ask_for_problems():
    return Catalogue().problems


def lines(template, number):
    return "".join(template.format(index) for index in range(number))


def one(points, more=lambda n: ""):
    return lambda root, n: add(root, "many-1.0", points=points(n), more=more(n))


def several(stem, points=lambda index: "", *, record=None):
    def make(root, n):
        for index in range(n):
            add(
                root,
                stem.format(index),
                points=points(index),
                record=None if record is None else record(index),
            )

    return make


def archive(members):
    def make(root, n):
        with zipfile.ZipFile(root / "many.zip", "w") as opened:
            for name, content in members(n):
                opened.writestr(name, content)
        sys.path.append(str(root / "many.zip"))

    return make


def distributions(n):
    for index in range(n):
        yield f"d{index}-1.0.dist-info/METADATA", HEADERS.format(f"d{index}", "1.0")
        yield f"d{index}-1.0.dist-info/entry_points.txt", f"{GROUP}e0 = m:C{index}\n"


def record_of(n):
    return lines("m{}.py,,\n", n) + lines("d{}-1.0.dist-info/METADATA,,\n", n)


def recorded(quote=""):
    def make(root, n):
        add(root, "many-1.0", points=f"{GROUP}e0 = m:C", record=quote + record_of(n))
        add(root, "other-1.0")

    return make


GROWING = {
    "entry points": (one(lambda n: GROUP + lines("e{0} = m:C{0}\n", n)), 1000, look_up),
    "entry points of one class name": (one(lambda n: GROUP + lines("e{0} = m{0}:C\n", n)), 1000, look_up),
    "entry points of one name": (one(lambda n: GROUP + lines("e0 = m{0}:C{0}\n", n)), 1000, look_up),
    "repeated entry points": (one(lambda n: GROUP + "e0 = m:C\n" * n), 8000, look_up),
    "malformed entry points": (one(lambda n: GROUP + lines("E{} = m:C\n", n)), 1000, look_up),
    "entry points of others": (one(lambda n: GROUP + lines("[g{0}]\ne{0} = m\n", n)), 4000, look_up),
    "lines in front": (one(lambda n: lines("x{}\n", n) + GROUP + "e0 = m:C\n"), 8000, look_up),
    "headers": (one(lambda _: f"{GROUP}e0 = m:C", lambda n: "C: x\n" * n), 8000, look_up),
    "lines of a header": (one(lambda _: f"{GROUP}e0 = m:C", lambda n: "C: x\n" + " x\n" * n), 8000, look_up),
    "packages": (several("d{}-1.0", lambda index: f"{GROUP}e{index} = m:C"), 150, look_up),
    "packages with nothing": (several("d{}-1.0"), 200, ask_for_problems),
    "copies that say the same": (several("many-1.{}", lambda _: f"{GROUP}e0 = m:C"), 150, look_up),
    "copies that contradict": (
        several("many-1.{}", lambda index: f"{GROUP}e0 = m:C{index}"),
        150,
        look_up,
    ),
    "copies with nothing": (several("many-1.{}"), 200, ask_for_problems),
    "left-over folders": (several("~any-1.{}", lambda _: f"{GROUP}e0 = m:C"), 200, look_up),
    "lines of a RECORD": (recorded(), 2000, look_up_under_a_policy),
    "lines of a RECORD in quotes": (recorded('"a",,\n'), 2000, look_up_under_a_policy),
    "RECORDs": (
        several(
            "d{}-1.0",
            lambda index: f"{GROUP}e{index} = m:C",
            record=lambda index: f"d{index + 1}-1.0.dist-info/METADATA,,\n",
        ),
        100,
        look_up_under_a_policy,
    ),
    "packages in an archive": (archive(distributions), 100, look_up),
    "files in an archive": (archive(lambda n: ((f"d{i}/f", "") for i in range(n))), 500, look_up),
    "folders around a file in an archive": (archive(lambda n: [("a/" * n, "")]), 1500, look_up),
}


def cost(ask):
    times = []
    for _ in range(3):
        gc.collect()
        started = time.process_time()
        with suppress(SeedbedError):
            ask()
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "n", "ask"), GROWING.values(), ids=GROWING)
def test_ten_times_as_much_takes_about_ten_times_as_long(path, monkeypatch, make, n, ask):
    """By n log n it takes 13 times as long, by the square of n a hundred times."""
    costs = []
    for times in (1, 10):
        root = path / str(times)
        root.mkdir()
        monkeypatch.setattr(sys, "path", [str(root)])
        make(root, n * times)
        costs.append(cost(ask))
    assert costs[1] < 60 * max(costs[0], 0.002), costs


@pytest.mark.slow
def test_sixty_thousand_entry_points_are_looked_up(path):
    add(path, "many-1.0", points=GROUP + lines("e{0:x}=m{0:x}:C\n", 55_000))
    assert Catalogue().entry("many:e0").target == "m0:C"


MIB = 1 << 20


def bomb(file, members):
    """Write an archive with these members and a good package, and put it on the path."""
    good = {"METADATA": HEADERS.format("good", "1.0"), "entry_points.txt": f"{GROUP}good_seven = m:C\n"}
    members = members | {f"good-1.0.dist-info/{name}": content for name, content in good.items()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    sys.path.append(str(file))
    return file


def problems_of(file):
    return [str(problem) for problem in Catalogue().problems if str(file) in str(problem)]


BOMBS = {
    "entry points": (
        {"METADATA": HEADERS.format("bomb", "1.0"), "entry_points.txt": GROUP + "e0 = m:C\n" * (2 * MIB)},
        "bomb 1.0: {path}/bomb-1.0.dist-info/entry_points.txt: cannot be parsed (it has more than 1,048,576",
    ),
    "headers": (
        {"METADATA": HEADERS.format("bomb", "1.0") + "Classifier: x\n" * (2 * MIB)},
        "{path}/bomb-1.0.dist-info: METADATA: cannot be read (it has more than 1,048,576 bytes of headers)",
    ),
}


@pytest.mark.parametrize(("members", "said"), BOMBS.values(), ids=BOMBS)
def test_of_a_small_archive_that_unpacks_to_much_little_is_read(path, members, said):
    members = {f"bomb-1.0.dist-info/{name}": content for name, content in members.items()}
    file = bomb(path / "bomb.zip", members)
    del members
    assert file.stat().st_size < MIB / 8
    tracemalloc.start()
    assert Catalogue().entry("good_seven").provider == "good"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
    (problem,) = problems_of(file)
    assert problem.startswith(said.format(path=file))
    assert problem.endswith("; reinstall or uninstall this package")


def test_a_long_description_in_an_archive_is_not_read(path):
    members = {"METADATA": HEADERS.format("long", "1.0") + "\n" + "x" * (20 * MIB)}
    file = bomb(path / "long.zip", {f"long-1.0.dist-info/{name}": text for name, text in members.items()})
    assert problems_of(file) == []


@pytest.mark.slow
def test_an_archive_of_very_many_bombs_is_held_against_it_as_a_whole(path):
    names = [f"d{index}-1.0.dist-info/METADATA" for index in range(70)]
    file = bomb(path / "bombs.zip", dict.fromkeys(names, "x" * (2 * MIB)))
    (problem,) = problems_of(file)
    assert problem.startswith(f"{file}: metadata: unpacks to 73,")
    assert problem.endswith(" bytes, and at most 67,108,864 of an archive are read")
    with pytest.raises(UnknownNameError):
        Catalogue().entry("good_seven")


def _understated(content):
    """Say of the first member that it unpacks to 10 bytes."""
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(mark) + at
        content = content[:place] + struct.pack("<L", 10) + content[place + 4 :]
    return content


def _encrypted(content):
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + at
        content = content[:place] + b"\x01\x00" + content[place + 2 :]
    return content


DAMAGED = {
    "a size that is not true": (_understated, "BadZipFile: "),
    "encryption": (_encrypted, "RuntimeError: "),
    "other bytes": (lambda content: content.replace(b"Name: bomb", b"Name: bomc", 1), "BadZipFile: "),
}


@pytest.mark.parametrize(("damage", "why"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_member_is_held_against_its_package_alone(path, damage, why):
    name = "bomb-1.0.dist-info/METADATA"
    file = bomb(path / "bomb.zip", {name: HEADERS.format("bomb", "1.0")})
    with zipfile.ZipFile(file, "w") as opened:  # stored, so that its bytes can be told
        opened.writestr(name, HEADERS.format("bomb", "1.0"))
        opened.writestr("good-1.0.dist-info/METADATA", HEADERS.format("good", "1.0"))
        opened.writestr("good-1.0.dist-info/entry_points.txt", f"{GROUP}good_seven = m:C\n")
    file.write_bytes(damage(file.read_bytes()))
    assert Catalogue().entry("good_seven").provider == "good"
    (problem,) = problems_of(file)
    assert problem.startswith(f"{file}/bomb-1.0.dist-info: METADATA: cannot be read ({why}")


@pytest.mark.skipif(os.name == "nt", reason="there are none of these")
def test_what_is_no_archive_on_the_path_is_passed_over_without_waiting(path):
    os.mkfifo(path / "fifo")
    os.mkfifo(path / "fifo.egg")
    (path / "text.zip").write_text("no archive")
    (path / "empty.egg").touch()
    (path / "zeros").symlink_to("/dev/zero")
    egg = path / "acme-1.0.egg" / "EGG-INFO"
    egg.mkdir(parents=True)
    os.mkfifo(egg / "PKG-INFO")
    (egg / "entry_points.txt").write_text(f"{GROUP}lost = m:C\n")
    add(path, "good-1.0", points=f"{GROUP}good_seven = m:C\n")
    sys.path += sorted(str(file) for file in path.iterdir() if file.suffix != ".dist-info")
    sys.path += [str(path / "absent.egg"), str(path / "text.zip" / "below")]
    catalogue = Catalogue()
    assert catalogue.entry("good_seven").provider == "good"
    (problem,) = [str(problem) for problem in catalogue.problems]
    assert problem.startswith(f"{egg}: METADATA: cannot be read (it is a FIFO and not a regular file)")
