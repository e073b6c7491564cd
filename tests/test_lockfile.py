"""Lock files: written and read without loss, refused with a reason, compared in words."""

import os
import re
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import LockError
from seedbed.governance import Lock, LockedEntry, LockedHomonym, LockedProvider, LockedTombstone
from seedbed.locking import differences, unseen
from seedbed.locking.moments import Moments
from seedbed.tables import to_toml

FILES = "sha256:" + "0" * 64

texts = st.text(st.characters(exclude_categories=["Cs"]))
tables = st.dictionaries(texts, texts, max_size=3)
words = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"], exclude_characters=":"), min_size=1)
providers = st.builds(
    LockedProvider, texts, texts, st.just(FILES), st.lists(texts, max_size=3).map(sorted).map(tuple)
)
full_names = st.builds("{}:{}".format, words, words).filter(lambda name: len(name.split()) == 1)
tombstones = st.builds(LockedTombstone, full_names, texts.filter(bool), replaced_by=texts, reason=texts)
homonyms = st.builds(LockedHomonym, full_names, st.lists(texts, max_size=3).map(sorted).map(tuple))
entries = st.builds(
    LockedEntry,
    full_names,
    target=texts,
    preset_of=texts,
    reproducibility=texts.filter(bool),
    aliases=st.lists(texts, max_size=3).map(sorted).map(tuple),
    deprecated=tables,
    bound=tables,
    parameters=tables,
    numbers_with=tables,
    numbers=tables,
    no_numbers=texts,
)


def by_name(rows):
    return st.lists(rows, unique_by=lambda row: row.name).map(
        lambda rows: tuple(sorted(rows, key=lambda row: row.name))
    )


locks = st.builds(
    Lock,
    st.integers(0, 2**63 - 1),
    by_name(providers.filter(lambda row: row.name and row.version)),
    by_name(entries),
    by_name(tombstones),
    by_name(homonyms),
).filter(lambda lock: len(set(lock.full_names)) == len(lock.full_names))


@given(locks)
def test_what_is_written_is_read(lock):
    assert Lock.parse(lock.text(), "lock") == lock
    assert differences(lock, lock) == []


@pytest.mark.slow
@given(locks)
def test_the_order_of_rows_changes_nothing_in_the_file(lock):
    rows = (lock.providers, lock.entries, lock.tombstones, lock.homonyms)
    turned = Lock(lock.stream, *(kind[::-1] for kind in rows))
    assert turned.text() == lock.text()


@given(texts)
def test_any_text_survives_as_a_value_and_as_a_key(text):
    document = {"entry": [{"name": text, "bound": {text: text}, "aliases": [text]}]}
    assert tomllib.loads(to_toml(document)) == document


@given(texts)
def test_no_character_of_a_file_is_invisible(text):
    assert all(char.isprintable() for char in to_toml({"key": text}).rstrip("\n"))


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_character_is_refused(text):
    with pytest.raises(LockError, match="half of a character"):
        to_toml({"key": text})


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match=r"holds texts, got 1\.5"):
        to_toml({"entry": [{"name": 1.5}]})


def test_a_file_is_written_and_read(tmp_path):
    lock = Lock(1, (LockedProvider("acme", "1.0", FILES),), (LockedEntry("acme:ü", reproducibility="exact"),))
    path = tmp_path / "seedbed.lock"
    for _ in range(2):  # what is there is replaced
        lock.write(path)
        assert Lock.read(path) == lock
    assert b"\r" not in path.read_bytes()


def test_a_file_that_could_not_be_read_is_not_written(tmp_path):
    path = tmp_path / "seedbed.lock"
    path.write_text("as it was")
    entries = tuple(entry(f"a:b{number}", parameters={"table": "7" * 100_000}) for number in range(170))
    with pytest.raises(LockError, match=r"is not written: it would have 17,\d+,\d+ bytes, and at most"):
        Lock(1, entries=entries).write(path)
    assert path.read_text() == "as it was"


def test_rows_are_found_by_name():
    provider, entry = LockedProvider("acme", "1.0", FILES), LockedEntry("acme:tiny")
    lock = Lock(1, (provider,), (entry,))
    assert (lock.provider("acme"), lock.entry("acme:tiny")) == (provider, entry)
    assert (lock.provider("other"), lock.entry("tiny")) == (None, None)


HEAD = "format = 3\nstream = 1\n"
END = "\n[end]\nrows = 1\n"
ENTRY = HEAD + '[[entry]]\nname = "acme:tiny"\nreproducibility = "exact"\n'
TOMBSTONE = HEAD + '[[tombstone]]\nname = "acme:old"\nremoved_in = "2.0"\n'
OLD_FORMAT = (
    "lock has format 1, and this version of Seedbed reads format 3; write it anew with "
    "`seedbed lock --output lock`, where what it locks is installed$"
)
ANEW = "restore it from version control, or write it anew with `seedbed lock --output lock`"
WRONG = f"lock cannot be used; {ANEW}:\n  "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"{WRONG}the file: the key 'format' is missing"),
        ("stream = 1", f"{WRONG}the file: the key 'format' is missing"),
        ("format = 1\nstream = 1", OLD_FORMAT),
        ("format = 4", "lock has format 4, and this version of Seedbed reads format 3"),
        ("format = 3", f"lock is cut short: its end is missing; {ANEW}"),
        ("format = 3\nend = 1", f"{WRONG}the file end must be a table, got 1"),
        ("format = 3\nstream = 1\n[end]", f"{WRONG}the file end: the key 'rows' is missing"),
        ("format = 3\nend.rows = '0'", f"{WRONG}the file end: rows must be an integer, got '0'"),
        (
            "format = 3\n[end]\nrows = 0\nrow = 0",
            f"{WRONG}the file end: unknown key 'row'; did you mean 'rows'?",
        ),
        ("format = 3" + END, f"{WRONG}the file: the key 'stream' is missing"),
        (ENTRY + "[end]\nrows = 2", f"{WRONG}its end counts 2 rows, and it has 1"),
        ("format = true", f"{WRONG}the file: format must be an integer, got True"),
        ("format = 'one'", f"{WRONG}the file: format must be an integer, got 'one'"),
        ("format = 3\nstream = 1.5" + END, f"{WRONG}the file: stream must be an integer, got 1.5"),
        (
            "<<<<<<< HEAD\n",
            "lock is not a valid TOML file: .*line 1.*; .* write it anew with `seedbed lock --output lock`",
        ),
        ("a = " + "[" * 100_000, "lock is not a valid TOML file"),
        ("a = " + "1" * 5000, "lock is not a valid TOML file: .*digits"),
        (HEAD + "entries = []" + END, f"{WRONG}the file: unknown key 'entries'; allowed are .* entry, "),
        (HEAD + "entry = 1" + END, f"{WRONG}the file: entry must be an array of tables, got 1"),
        (HEAD + "entry = [1]" + END, f"{WRONG}the file: entry must be an array of tables"),
        (HEAD + "[[entry]]\n" + END, f"{WRONG}entry 1: the key 'name' is missing"),
        (
            HEAD + "[[entry]]\nname = 'tiny'" + END,
            f"{WRONG}entry 1: name must be a full name such as .*, got 'tiny'",
        ),
        (ENTRY + "target = 1" + END, f"{WRONG}entry 1: target must be a string, got 1"),
        (
            ENTRY + "aliases = 'Tiny'" + END,
            f"{WRONG}entry 1: aliases must be an array of strings, got 'Tiny'",
        ),
        (ENTRY + "aliases = [1]" + END, f"{WRONG}entry 1: aliases must be an array of strings"),
        (ENTRY + "bound = []" + END, f"{WRONG}entry 1: bound must be a table of strings"),
        (ENTRY + "bound.gain = 1.0" + END, f"{WRONG}entry 1: bound must be a table of strings"),
        (ENTRY + "tagret = 'a:B'" + END, f"{WRONG}entry 1: unknown key 'tagret'; did you mean 'target'?"),
        (ENTRY + ENTRY.removeprefix(HEAD) + END, f"{WRONG}'acme:tiny' is there 2 times"),
        (
            ENTRY + TOMBSTONE.removeprefix(HEAD).replace("old", "tiny") + END,
            f"{WRONG}'acme:tiny' is there 2 times",
        ),
        (TOMBSTONE.replace("2.0", "") + END, f"{WRONG}tombstone 1: removed_in must not be empty"),
        (TOMBSTONE.replace("acme:", "") + END, f"{WRONG}tombstone 1: name must be a full name"),
        (TOMBSTONE + "since = '1.0'" + END, f"{WRONG}tombstone 1: unknown key 'since'; allowed are name, "),
        (
            HEAD + "[[homonym]]\nname = 'acme:a'\nmeanings = 'b'" + END,
            f"{WRONG}homonym 1: meanings must be an array of strings, got 'b'",
        ),
        (
            HEAD + "[[provider]]\nname = 'acme'\nversion = '1'" + END,
            f"{WRONG}provider 1: the key 'files' is missing",
        ),
        (
            HEAD + "[[provider]]\nname = 'acme'\nversion = '1'\nfiles = 'sha256:00'" + END,
            f"{WRONG}provider 1: files must be 'sha256:' and 64 hexadecimal digits, got 'sha256:00'",
        ),
        (
            HEAD + f"[[provider]]\nname = 'acme'\nversion = '1'\nfiles = '{FILES}'\nmodules = 'acme'" + END,
            f"{WRONG}provider 1: modules must be an array of strings, got 'acme'",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_malformed_file_is_refused_with_its_place(text, message):
    with pytest.raises(LockError, match=f"^{message}"):
        Lock.parse(text, "lock")


def test_all_that_is_wrong_with_a_file_is_told_at_once():
    wrong = ENTRY + "target = 1\nbond = {}\n" + TOMBSTONE.removeprefix(HEAD).replace("2.0", "") + END
    with pytest.raises(LockError) as caught:
        Lock.parse(wrong, "lock")
    assert str(caught.value).splitlines()[1:] == [
        "  entry 1: target must be a string, got 1",
        "  entry 1: unknown key 'bond'; did you mean 'bound'?",
        "  tombstone 1: removed_in must not be empty",
    ]
    many = HEAD + "[[entry]]\nname = 1\n" * 50 + END
    with pytest.raises(LockError, match=r"(?s)\n  entry 10: .*\n  and 80 more$"):
        Lock.parse(many, "lock")


def test_a_file_that_was_cut_anywhere_is_refused():
    lock = Lock(
        1,
        (provider(), *(provider(name=f"zeta-{count}") for count in range(9))),
        (entry(numbers={"float32 5": "sha256:a"}, aliases=("Tiny",)), entry("acme:\U0001f331")),
        (tombstone("acme:old"),),
        (LockedHomonym("acme:small", ("another", "one")),),
    )
    whole = lock.text()
    assert "rows = 14\n" in whole  # so that half of the number is another one
    assert Lock.parse(whole.rstrip("\n"), "lock") == lock
    for end in range(len(whole) - 1):
        with pytest.raises(LockError, match=r"^lock"):
            Lock.parse(whole[:end], "lock")


def test_a_file_that_lost_rows_is_refused():
    text = Lock(1, entries=(entry("acme:a"), entry("acme:b"))).text()
    assert Lock.parse(text, "lock").entry("acme:a")
    start, end = text.index("[[entry]]"), text.rindex("[[entry]]")
    with pytest.raises(LockError, match="its end counts 2 rows, and it has 1"):
        Lock.parse(text[:start] + text[end:], "lock")


def test_a_message_has_a_command_that_can_be_run():
    with pytest.raises(LockError, match=re.escape("`seedbed lock --output 'my locks/a.lock'`")):
        Lock.parse("format = 1", "my locks/a.lock")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "seedbed.lock"
    path.write_bytes(HEAD.encode("utf-16"))
    with pytest.raises(LockError, match=r"seedbed\.lock is not UTF-8 \(at line 1\)"):
        Lock.read(path)


@pytest.mark.skipif(os.name == "nt", reason="FIFOs and devices")
def test_what_would_never_end_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "seedbed.lock")
    with pytest.raises(LockError, match=r"seedbed\.lock is a FIFO and not a regular file"):
        Lock.read(tmp_path / "seedbed.lock")
    with pytest.raises(LockError, match="/dev/zero is a device and not a regular file"):
        Lock.read("/dev/zero")
    with pytest.raises(FileNotFoundError):
        Lock.read(tmp_path / "nowhere.lock")


def provider(**changes):
    return LockedProvider(**({"name": "acme", "version": "1.0", "files": FILES} | changes))


def entry(name="acme:tiny", **changes):
    return LockedEntry(name, **({"target": "acme:Tiny", "reproducibility": "exact"} | changes))


def tombstone(name="acme:tiny", **changes):
    return LockedTombstone(name, **({"removed_in": "2.0", "replaced_by": "small"} | changes))


HOMONYM = LockedHomonym("acme:tiny", ("'a' is normal", "'b' is uniform"))
GONE = "removed in 2.0; use 'small' instead"
OTHER_FILES = "sha256:" + "1" * 64
DEPRECATED = {"since": "1.1", "removed_in": "2.0"}
PAIRS = {
    "package added": ([], [provider()], ["acme: package added, version 1.0"]),
    "package removed": ([provider()], [], ["acme: package removed, version 1.0"]),
    "version changed": (
        [provider()],
        [provider(version="1.1", files=OTHER_FILES)],
        ["acme: version changed: 1.0 -> 1.1"],
    ),
    "files changed": (
        [provider()],
        [provider(files=OTHER_FILES)],
        ["acme: files changed, and the version 1.0 did not"],
    ),
    "modules changed": (
        [provider(modules=("acme",))],
        [provider(modules=("acme", "acme_more"))],
        ["acme: files changed, and the version 1.0 did not"],
    ),
    "added": ([], [entry()], ["acme:tiny: added"]),
    "removed": ([entry()], [], ["acme:tiny: removed"]),
    "moved": (
        [entry()],
        [entry("zeta:tiny")],
        ["zeta:tiny: moved here from acme, which has no 'tiny' any more"],
    ),
    "moved and changed": (
        [entry()],
        [entry("zeta:tiny", target="zeta:Tiny")],
        [
            "zeta:tiny: moved here from acme, which has no 'tiny' any more",
            "zeta:tiny: target changed: acme:Tiny -> zeta:Tiny",
        ],
    ),
    "removed, and added by two": (
        [entry()],
        [entry("beta:tiny"), entry("zeta:tiny")],
        ["acme:tiny: removed", "beta:tiny: added", "zeta:tiny: added"],
    ),
    "added by another, and not removed": (
        [entry()],
        [entry(), entry("zeta:tiny")],
        ["zeta:tiny: added"],
    ),
    "target": (
        [entry()],
        [entry(target="acme.b:Tiny")],
        ["acme:tiny: target changed: acme:Tiny -> acme.b:Tiny"],
    ),
    "preset": (
        [entry()],
        [entry(target="", preset_of="zeros")],
        [
            "acme:tiny: target changed: acme:Tiny -> nothing",
            "acme:tiny: what it is a preset of changed: nothing -> zeros",
        ],
    ),
    "aliases": (
        [entry(aliases=("a", "b"))],
        [entry(aliases=("b", "c"))],
        ["acme:tiny: alias 'a' removed", "acme:tiny: alias 'c' added"],
    ),
    "bound arguments": (
        [entry(bound={"a": "1", "b": "2"})],
        [entry(bound={"b": "3", "c": "4"})],
        [
            "acme:tiny: bound argument 'a' removed, which was 1",
            "acme:tiny: bound argument 'b' changed: 2 -> 3",
            "acme:tiny: bound argument 'c' added: 4",
        ],
    ),
    "parameters": (
        [entry(parameters={"a": "1", "b": "2", "c": "3", "d": "required"})],
        [entry(parameters={"b": "4", "c": "required", "d": "5", "e": "6", "f": "required"})],
        [
            "acme:tiny: argument 'a' removed",
            "acme:tiny: the default of argument 'b' changed: 2 -> 4",
            "acme:tiny: argument 'c' changed, default 3 -> required",
            "acme:tiny: argument 'd' changed, required -> default 5",
            "acme:tiny: argument 'e' added, default 6",
            "acme:tiny: argument 'f' added, required",
        ],
    ),
    "reproducibility": (
        [entry()],
        [entry(reproducibility="numerical")],
        ["acme:tiny: reproducibility changed: exact -> numerical"],
    ),
    "deprecated": (
        [entry()],
        [entry(deprecated=DEPRECATED)],
        ["acme:tiny: deprecated: since 1.1, removed_in 2.0"],
    ),
    "no longer deprecated": ([entry(deprecated=DEPRECATED)], [entry()], ["acme:tiny: no longer deprecated"]),
    "deprecated otherwise": (
        [entry(deprecated=DEPRECATED)],
        [entry(deprecated={**DEPRECATED, "removed_in": "3.0"})],
        ["acme:tiny: deprecation, removed_in changed: 2.0 -> 3.0"],
    ),
    "some numbers": (
        [entry(numbers={"float32 5": "sha256:a", "float64 5": "sha256:b"})],
        [entry(numbers={"float32 5": "sha256:c", "float64 5": "sha256:b"})],
        ["acme:tiny: numbers changed for float32 5"],
    ),
    "all numbers that there are": (
        [entry(numbers={"float32 5": "sha256:a", "float32 6": "raised ShapeError"})],
        [entry(numbers={"float32 5": "sha256:c", "float32 6": "raised ShapeError"})],
        ["acme:tiny: numbers changed for all dtypes and shapes"],
    ),
    "what was raised": (
        [entry(numbers={"float32 5": "sha256:a", "float32 6": "raised ShapeError"})],
        [entry(numbers={"float32 5": "sha256:a", "float32 6": "raised SystemExit"})],
        ["acme:tiny: numbers changed for float32 6"],
    ),
    "all numbers": (
        [entry(numbers={"float32 5": "sha256:a", "float64 5": "sha256:b"})],
        [entry(numbers={"float32 5": "sha256:c", "float64 5": "sha256:d"})],
        ["acme:tiny: numbers changed for all dtypes and shapes"],
    ),
    "no numbers any more": (
        [entry(numbers={"float32 5": "sha256:a"})],
        [entry(no_numbers="it needs arguments: gain")],
        ["acme:tiny: why its numbers are not locked changed: nothing -> it needs arguments: gain"],
    ),
    "examples": (
        [entry(numbers_with={"gain": "1"}, numbers={"float32 5": "sha256:a"})],
        [entry(numbers_with={"gain": "2"}, numbers={"float32 5": "sha256:b"})],
        [
            "acme:tiny: example argument 'gain' changed: 1 -> 2",
            "acme:tiny: numbers changed for all dtypes and shapes",
        ],
    ),
    "removed, and replaced": (
        [entry()],
        [tombstone(reason="It was too small.")],
        ["acme:tiny: removed in 2.0; use 'small' instead; It was too small."],
    ),
    "removed, and not moved": (
        [entry()],
        [tombstone(), entry("zeta:tiny")],
        ["acme:tiny: removed in 2.0; use 'small' instead", "zeta:tiny: added"],
    ),
    "two meanings": (
        [entry()],
        [HOMONYM],
        ["acme:tiny: has more than one meaning: 'a' is normal; 'b' is uniform"],
    ),
    "a new tombstone": (
        [],
        [tombstone(replaced_by="")],
        ["acme:tiny: tombstone added: removed in 2.0"],
    ),
    "no tombstone any more": (
        [tombstone()],
        [entry()],
        ["acme:tiny: added", f"acme:tiny: tombstone removed, which said: {GONE}"],
    ),
    "another tombstone": (
        [tombstone()],
        [tombstone(replaced_by="huge")],
        [f"acme:tiny: tombstone changed: {GONE} -> removed in 2.0; use 'huge' instead"],
    ),
    "a tombstone in place of two meanings": (
        [HOMONYM],
        [tombstone(replaced_by="")],
        [f"acme:tiny: tombstone changed: {HOMONYM} -> removed in 2.0"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), PAIRS.values(), ids=PAIRS)
def test_a_difference_is_said_in_words(old, new, expected):
    def lock(rows):
        kinds = (LockedProvider, LockedEntry, LockedTombstone, LockedHomonym)
        return Lock(1, *(tuple(row for row in rows if isinstance(row, kind)) for kind in kinds))

    assert differences(lock(old), lock(new)) == expected
    assert differences(lock(new), lock(new)) == []


def test_another_version_of_the_stream_is_said_first():
    assert differences(Lock(1), Lock(2, (provider(),))) == [
        "the version of the random stream changed: 1 -> 2",
        "acme: package added, version 1.0",
    ]


@pytest.mark.slow
@given(locks, locks)
def test_locks_that_differ_have_differences_and_others_none(old, new):
    assert (differences(old, new) == []) == (old == new)


@pytest.mark.slow
@settings(max_examples=15)
@given(locks, locks)
def test_a_few_locks_that_differ_have_differences_and_others_none(old, new):
    assert (differences(old, new) == []) == (old == new)
    assert differences(old, old) == []


SEEN = "mean 0.1, stddev 0.2, lowest -0.3, highest 0.4, slope 0.0, within 1e-05"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"numbers": {"float32 5": "raised ShapeError", "float64 5": "sha256:a"}}, ""),
        ({"numbers": {"float32 5": "raised ShapeError", "float64 5": SEEN}}, ""),
        (
            {"numbers": {"float32 5": "raised ShapeError", "float64 5": "not finite"}},
            "not finite, raised ShapeError, for all dtypes and shapes",
        ),
        (
            {"numbers": {"float32 5": "two draws with one seed differ", "float16 5": SEEN}},
            "float32 values is not seen, since the lock has none: two draws with one seed differ",
        ),
        (
            {"numbers": {"float32 5": "not finite", "float32 6": "raised ShapeError", "float64 5": SEEN}},
            "a change of its float32 values is not seen, since the lock has none: not finite",
        ),
        ({"no_numbers": "it needs arguments: gain"}, "it needs arguments: gain"),
        ({}, "none were taken, for all dtypes and shapes"),
    ],
)
def test_a_row_says_why_a_change_of_its_values_would_not_be_seen(changes, why):
    (told,) = unseen(Lock(1, entries=(entry(**changes),))) or [""]
    assert told.endswith(why)
    assert bool(told) == bool(why)


class TestMoments:
    values = np.random.default_rng(1).normal(0, 0.02, 4096)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 5e20])
    def test_are_written_and_read(self, dtype, scale):
        moments = Moments.of((self.values * scale).astype(dtype))
        assert Moments.read(str(moments)) == moments
        assert re.fullmatch(
            r"mean \S+, stddev \S+, lowest \S+, highest \S+, slope \S+, within \S+", str(moments)
        )

    @pytest.mark.parametrize(("dtype", "rounding"), [("float32", 1e-6), ("float64", 1e-14)])
    def test_agree_up_to_rounding(self, dtype, rounding):
        values = self.values.astype(dtype)
        noise = np.random.default_rng(2).uniform(-1, 1, values.shape)
        other = (values * (1 + rounding * noise)).astype(dtype)
        assert not np.array_equal(values, other)
        assert Moments.of(values).agrees(Moments.of(other))

    @pytest.mark.parametrize(
        "change",
        [
            lambda values: values * 1.001,
            lambda values: values + 1e-4,
            lambda values: values[::-1],
            lambda values: np.where(values == values.max(), values.min(), values),
            lambda values: np.random.default_rng(3).permutation(values),
        ],
        ids=["scaled", "shifted", "turned round", "one value", "in another order"],
    )
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_disagree_about_other_values(self, change, dtype):
        values = self.values.astype(dtype)
        assert not Moments.of(values).agrees(Moments.of(change(values).astype(dtype)))

    def test_of_complex_values_are_those_of_their_parts(self):
        values = self.values.astype("float32")
        parts = values.view("complex64")
        assert Moments.of(parts) == Moments.of(values)
        assert not Moments.of(parts).agrees(Moments.of(parts.conj()))

    def test_of_half_precision_agree_where_one_is_rounded_to_its_neighbour(self):
        values = (self.values * 40).astype("float16")
        other = np.nextafter(values, np.float16(np.inf))
        assert Moments.of(values).agrees(Moments.of(other))
        assert not Moments.of(values).agrees(Moments.of(values * np.float16(1.1)))

    def test_of_zeros_allow_nothing_else(self):
        zeros = Moments.of(np.zeros(5, "float32"))
        assert Moments.read(str(zeros)) == zeros
        assert zeros.agrees(Moments.of(np.zeros(5, "float32")))
        assert not zeros.agrees(Moments.of(np.full(5, 1e-30, "float32")))

    @pytest.mark.parametrize("low", [-1.0, 0.0, 1.0])
    def test_of_the_largest_values_are_finite_and_agree(self, low):
        largest = np.finfo("float64").max
        values = np.linspace(low, 1, 5) * largest
        moments = Moments.of(values)
        assert Moments.read(str(moments)) == moments
        assert moments.agrees(Moments.of(np.nextafter(values, 0)))
        assert not moments.agrees(Moments.of(values * 0.99))
        assert moments.highest == largest
        assert np.isfinite([moments.mean, moments.stddev, moments.lowest, moments.slope]).all()

    def test_in_a_lock_are_compared_within_their_tolerance(self):
        one = "mean 0.1, stddev 0.2, lowest -0.3, highest 0.4, slope 0.0, within 1e-05"

        def lock(text):
            return Lock(1, entries=(entry(numbers={"float32 5": text}),))

        assert differences(lock(one), lock(one.replace("0.1", "0.100009"))) == []
        for other in (one.replace("0.1", "0.10002"), "raised ShapeError", "sha256:a"):
            assert differences(lock(one), lock(other)) == [
                "acme:tiny: numbers changed for all dtypes and shapes"
            ]


def test_of_a_file_with_very_many_mistakes_only_some_are_worked_out(monkeypatch):
    worked_out = []
    monkeypatch.setattr("seedbed.tables.suggestion", lambda *_, **__: worked_out.append(1) or "")
    text = "format = 3\nstream = 1\n" + '[[entry]]\nnam = "a:b"\n' * 5000 + "[end]\nrows = 5000\n"
    with pytest.raises(LockError, match="and at least 1,000 more"):
        Lock.parse(text, "lock")
    assert len(worked_out) < 2000
