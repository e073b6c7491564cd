"""Whatever lies at a path and whatever stands in a file, reading it soon ends, and with one form of error."""

import os
import random
import socket
import sys
import threading
import time
import tracemalloc
from contextlib import chdir
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import PolicyError
from seedbed.reading import LIMIT, parse_toml, read_small

PARTS = 40_000 // 2


def refuse(why):
    return PolicyError(f"the file {why}")


def parse(text):
    return parse_toml(text.encode(), refuse)


def opened():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("digits", ["0x" + "f" * 5000, "0b" + "1" * 5000, "0o" + "7" * 5000, "9" * 5000])
def test_a_number_of_thousands_of_digits_is_refused(digits):
    with pytest.raises(PolicyError, match="is not a valid TOML file: "):
        parse_toml(f"format = {digits}".encode(), refuse)


def test_a_file_is_read_up_to_the_limit(tmp_path):
    file = tmp_path / "file"
    for size in (0, 1, 1000):
        file.write_bytes(b"x" * size)
        assert read_small(file, refuse, limit=1000) == b"x" * size
        assert read_small(str(file), refuse, limit=1000, beginning=True) == b"x" * size
    file.write_bytes(b"x" * 1001)
    assert read_small(file, refuse, limit=1000, beginning=True) == b"x" * 1000
    with pytest.raises(PolicyError, match=r"^the file has more than 1,000 bytes, the most that are read$"):
        read_small(file, refuse, limit=1000)


def test_a_file_of_any_lock_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * LIMIT)
    assert len(read_small(tmp_path / "file", refuse)) == LIMIT


def test_what_a_file_gives_in_pieces_is_put_together(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"in pieces")
    real = os.read
    monkeypatch.setattr(os, "read", lambda file, size: real(file, min(size, 2)))
    assert read_small(tmp_path / "file", refuse) == b"in pieces"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def test_a_file_of_which_the_system_gives_no_size_is_read_to_its_end():
    assert Path("/proc/self/status").stat().st_size == 0
    assert b"\nThreads:" in read_small("/proc/self/status", refuse)


def test_a_file_that_grows_is_read_up_to_the_limit(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(b"x")
    real = os.read

    def read(descriptor, size):
        with file.open("ab") as end:
            end.write(b"x" * 700)
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", read)
    with pytest.raises(PolicyError, match="has more than 5,000 bytes"):
        read_small(file, refuse, limit=5000)
    assert len(read_small(file, refuse, limit=5000, beginning=True)) == 5000


def _socket(path):
    with chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


STRANGE = {
    "a directory": Path.mkdir,
    "a FIFO": os.mkfifo,
    "a socket": _socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.skipif(os.name == "nt", reason="there are none of these")
@pytest.mark.parametrize(("kind", "make"), STRANGE.items(), ids=STRANGE)
def test_what_is_no_regular_file_is_refused_without_waiting_and_nothing_stays_open(tmp_path, kind, make):
    make(tmp_path / "strange")
    before = opened()
    for beginning in (True, False):
        with pytest.raises(PolicyError, match=f"^the file is {kind} and not a regular file$"):
            read_small(tmp_path / "strange", refuse, beginning=beginning)
    assert opened() == before


def test_nothing_stays_open_of_what_is_read_or_too_large(tmp_path):
    (tmp_path / "file").write_bytes(b"xx")
    before = opened()
    read_small(tmp_path / "file", refuse)
    with pytest.raises(PolicyError, match="more than 1 bytes"):
        read_small(tmp_path / "file", refuse, limit=1)
    assert opened() == before


def test_what_the_system_cannot_open_or_read_is_an_error_of_the_system(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "absent", refuse)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        read_small(tmp_path / "file" / "below", refuse)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match=r"loop|symbolic"):
        read_small(tmp_path / "loop", refuse)
    before = opened()
    monkeypatch.setattr(os, "read", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        read_small(tmp_path / "file", refuse)
    assert opened() == before


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_what_cannot_be_a_path_is_refused(path):
    with pytest.raises(PolicyError, match="the file cannot be the path of a file"):
        read_small(path, refuse)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["without a mark", "with a byte-order mark"])
def test_toml_is_read_as_it_stands(mark):
    assert parse(mark) == {}
    assert parse(f"{mark}# nothing\r\n") == {}
    assert parse(f"{mark}a.b = 'é'\r\n[c]\nd = [1, 2.5]\n") == {"a": {"b": "é"}, "c": {"d": [1, 2.5]}}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["without a mark", "with a byte-order mark"])
@pytest.mark.parametrize(("before", "line"), [(b"", 1), (b"#\n", 2), (b"a = 1\n\n\n", 4)])
def test_what_is_not_utf_8_is_refused_with_its_line(mark, before, line):
    with pytest.raises(PolicyError, match=rf"^the file is not UTF-8 \(at line {line}\); save it as UTF-8$"):
        parse_toml(mark + before + b"\xff\n", refuse)


def test_utf_16_is_refused():
    with pytest.raises(PolicyError, match=r"is not UTF-8 \(at line 1\)"):
        parse_toml("a = 1".encode("utf-16"), refuse)


BROKEN = {
    "no equals sign": "a",
    "a key twice": "a = 1\na = 2",
    "an open string": "a = 'b",
    "a number of 5,000 digits": f"a = {'7' * 5000}",
    "deep brackets": "a = " + "[" * 20_000,
    "deep brackets that are closed": f"a = {'[' * 20_000}{']' * 20_000}",
    "deep inline tables": "a = " + "{a = " * 20_000,
    "no date": "a = 2024-02-31",
    "a null character": "a = '\0'",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_toml_is_refused_with_the_cause(text):
    with pytest.raises(PolicyError, match=r"^the file is not a valid TOML file: .") as caught:
        parse(text)
    assert caught.value.__cause__ is not None
    assert len(str(caught.value)) < 500


DOTTED = {
    "bare": ".".join(["a"] * PARTS),
    "with spaces": " . ".join(["a"] * PARTS),
    "quoted": ".".join(["'a'"] * PARTS),
    "in double quotes": ".".join([r'"\""'] * PARTS),
    "quoted here and there": ".".join(["a", '"="', "'#'", r'"\\"'] * (PARTS // 4)),
    "with dots in quotes": ".".join(["a", "'.'"] * (PARTS // 2)),
    "with what ends lines elsewhere": ".".join(["a"] * 90 + ['"\u2028"', "'\x85'"]) * (PARTS // 92),
}
PLACES = {
    "at the start": "{} = 1",
    "further down": "x = 1\n\n{} = 1\n",
    "in a header": "[{}]",
    "in a header of an array": "[[{}]]\n",
    "in an inline table": "x = {{ y = 1, {} = 2 }}",
    "in a table in an array": "x = [\n  {{ y = '''a.b''''', {} = 2 }},\n]",
    "behind a string of many lines": 'x = """\n\\"""a\n""""\n{} = 1',
    "behind a string that ends with quotes": "x = {{ y = '''''''', z = \"\"\"\"\"\"\"\", {} = 1 }}",
    "behind an empty string": "x = {{ y = '', z = \"\", {} = 1 }}",
    "behind a comment with a quote": "x = 1 # don't\n{} = 1",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("key", DOTTED.values(), ids=DOTTED)
def test_a_key_of_very_many_parts_is_refused_before_it_takes_long(key, place):
    started = time.process_time()
    with pytest.raises(PolicyError, match=r"^the file has a key of more than 100 parts; use shorter keys$"):
        parse(place.format(key))
    assert time.process_time() - started < 5  # tomllib alone takes a minute


def test_a_key_may_have_a_hundred_parts():
    key = ".".join(["a"] * 100)
    assert list(parse(f"{key} = 1")) == ["a"]
    assert list(parse(f"x = {{ {key} = 1 }}")) == ["x"]
    with pytest.raises(PolicyError, match="more than 100 parts"):
        parse(f"{key}.a = 1")


DOTS = "." * 300
FLOATS = ", ".join(["1.5"] * 1000)
HARMLESS = {
    "a string": f"a = '{DOTS}'",
    "a string in double quotes": f'a = "{DOTS}"',
    "a string with escaped quotes": rf'a = "\"{DOTS}\"{DOTS}\\"',
    "a string with the other quotes": f"""a = '"{DOTS}"'\nb = "'{DOTS}'" """,
    "a string of many lines": f'a = """\n{DOTS}\n\\"""{DOTS}\n"{DOTS}""{DOTS}""""',
    "a literal string of many lines": f"a = '''\n{DOTS}\n'{DOTS}''{DOTS}\\'''''",
    "a comment": f"# {DOTS}\na = 1 # {DOTS} 'a'",
    "a comment with a quote": f"""a = 1 # don't {DOTS}\nb = 2 # 12" {DOTS}""",
    "a comment in a string": f"a = '# {DOTS}' # '{DOTS}",
    "a key in quotes": f"'{DOTS}' = 1\n[a.\"{DOTS}\"]",
    "a thousand floats on a line": f"a = [{FLOATS}]",
    "tables on a line": f"a = [{', '.join(['{b.c = 1.5}'] * 300)}]",
    "headers": "\n".join(f"[a.b.c.d{number}]" for number in range(300)),
    "names of weights": "\n".join(f'"encoder.layers.{n}.attention.weight" = 1.0' for n in range(300)),
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_dots_in_strings_comments_and_numbers_are_no_key(text):
    import tomllib

    assert parse(text) == tomllib.loads(text)


pieces = st.sampled_from(
    [
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "#",
        "\n",
        "=",
        " ",
        "a",
        ".",
        "a." * 120,
        "[",
        "]",
        "{",
        "}",
        ",",
        "x = 1\n",
    ]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_what_passes_says_what_tomllib_says_and_nothing_else_is_raised(text):
    import tomllib

    try:
        found = parse(text)
    except PolicyError:
        return
    assert found == tomllib.loads(text)


@given(st.lists(pieces, max_size=12).map("".join))
def test_no_long_key_gets_to_tomllib(text):
    """What it reads without an error has no long key in it, whatever stands around."""
    import tomllib

    try:
        expected = tomllib.loads(text)
    except ValueError:
        return
    if _depth(expected) > 100:
        with pytest.raises(PolicyError, match="more than 100 parts"):
            parse(text)


def _depth(value):
    return 1 + max(map(_depth, value.values()), default=0) if isinstance(value, dict) else 0


UNCLOSED = {
    "escaped quotes": ('a = "', '\\"'),
    "quotes in threes": ('a = """', '\\"""'),
    "single quotes": ("a = '''", "''\\"),
    "pairs of quotes": ('a = """', '""\\n'),
    "comments": ("a\n", "#"),
    "quotes": ("", "'\""),
}


@pytest.mark.parametrize(("start", "more"), UNCLOSED.values(), ids=UNCLOSED)
def test_looking_for_a_long_key_takes_time_and_memory_by_the_length_alone(start, more):
    def cost(times):
        long = f"# {'.' * 100}\n{start}{more * times}"
        tracemalloc.start()
        started = time.process_time()
        with pytest.raises(PolicyError):
            parse(long)
        took = time.process_time() - started
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return took, peak / len(long)

    short, long = cost(5_000), cost(50_000)
    assert long[0] < 40 * max(short[0], 0.005)
    assert long[1] < 40


@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_a_fifo_that_somebody_writes_to_is_refused_too(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Thread(target=lambda: os.close(os.open(tmp_path / "fifo", os.O_WRONLY)))
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    writer.start()
    writer.join()
    with pytest.raises(PolicyError, match="is a FIFO"):
        read_small(tmp_path / "fifo", refuse)
    os.close(reader)


def test_random_bytes_end_in_one_form_of_error():
    generator = random.Random(7)
    for _ in range(200):
        with pytest.raises(PolicyError, match=r"^the file is not"):
            parse_toml(b"\0" + generator.randbytes(50), refuse)
