"""A catalogue is locked and verified: with fake packages what cannot be locked, with pip what changes."""

import dataclasses
import hashlib
import re
import sys

import pytest
from environments import Environment, run
from fakes import constant_class, returning
from handmade import make_wheel
from standard_examples import COMBINATORS

import seedbed
from seedbed import locking
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import UnlockableError
from seedbed.governance import Lock, LockedEntry
from seedbed.governance.policy import read_variables_again

pytestmark = pytest.mark.slow  # a lock has numbers of all of core's entries, which takes seconds


@pytest.fixture
def acme(site):
    """Install a package that can be locked, and stand-in metadata of core, which may be editable here."""
    site.add("seedbed", version=seedbed.__version__)
    site.add_record(f"seedbed-{seedbed.__version__}")
    site.add(
        "acme",
        initializers={"tiny": "acme_mod:Tiny"},
        plugins={"acme": "acme_plugin"},
        modules={"acme_mod": SOURCE, "acme_plugin": PLUGIN},
    )
    site.add_record("acme-1.0", "acme_mod.py", "acme_plugin.py")
    return site


SOURCE = (
    constant_class("Tiny", 1)
    + """
    reproducibility = "exact"

    def __init__(self, gain=1.0, *, mode="in", kind=float, near=object(), far=np.nan, seed=None, **more):
        self.gain, self.mode, self.seed = gain, mode, seed

class Needy(Tiny):
    def __init__(self, size, /, *sizes):
        pass
"""
)
PLUGIN = returning("""[
    Entry("wide", preset_of="tiny", arguments={"gain": [1, None, "ü"], "seed": 3}, aliases=("broad", "big")),
    Entry("old_tiny", preset_of="tiny", deprecated=Deprecation("1.0", "2.0", replaced_by="tiny")),
    Entry("needy", "acme_mod:Needy"),
]""")


def only(*packages, **keys):
    return Catalogue(policy={"mode": "allowlist", "allow": list(packages), **keys})


def test_a_lock_has_every_entry_with_all_that_is_promised(acme):
    lock = locking.lock(only("acme"))
    assert [row.name for row in lock.providers] == ["acme", "seedbed"]
    assert {row.provider for row in lock.entries} == {"acme", "seedbed"}
    assert len(lock.entries) == len(list(Catalogue(scan=False))) + 4
    tiny, wide = lock.entry("acme:tiny"), lock.entry("acme:wide")
    assert (tiny.target, tiny.aliases, tiny.reproducibility) == ("acme_mod:Tiny", ("Tiny",), "exact")
    assert tiny.parameters == {
        "far": "NaN",
        "gain": "1.0",
        "kind": "<class 'float'>",
        "mode": '"in"',
        "more": "any",
        "near": "of type object",
        "seed": "null",
    }
    ones = hashlib.sha256(b"\0\0\x80\x3f" * 10).hexdigest()
    assert tiny.numbers["float32 5"] == f"sha256:{ones}"
    assert (wide.target, wide.preset_of) == ("", "tiny")
    assert wide.aliases == ("Wide", "big", "broad")
    assert wide.bound == {"gain": '[1, null, "\\u00fc"]', "seed": "3"}
    assert lock.entry("acme:old_tiny").deprecated == {
        "since": "1.0",
        "removed_in": "2.0",
        "replaced_by": "tiny",
    }
    needy = lock.entry("acme:needy")
    assert needy.parameters == {"size": "required", "sizes": "any"}
    assert (needy.numbers, needy.no_numbers) == ({}, "it needs arguments: size")
    assert locking.unseen(lock) == [
        "acme:needy: a change of its values is not seen, since the lock has none: it needs arguments: size"
    ]


def test_a_lock_is_the_same_text_every_time_and_verifies(acme):
    lock = locking.lock(only("acme"))
    assert locking.lock(only("acme")).text() == lock.text()
    assert Lock.parse(lock.text(), "lock") == lock
    assert locking.verify(lock, only("acme")) == []
    assert str(acme.folder) not in lock.text()


OBSTACLES = {
    "an entry that cannot be imported": (
        {"initializers": {"lost": "zeta_mod:Lost"}, "modules": {"zeta_mod": "1 / 0"}},
        "zeta:lost (zeta==2.0) could not be loaded: importing 'zeta_mod:Lost' raised ZeroDivisionError: ",
    ),
    "a plugin that cannot be imported": (
        {"plugins": {"zeta": "zeta_plugin"}, "modules": {"zeta_plugin": "1 / 0"}},
        "zeta 2.0: plugin zeta = zeta_plugin: raised ZeroDivisionError: division by zero",
    ),
    "an entry that is malformed": (
        {"initializers": {"Lost": "zeta_mod:Lost"}},
        "zeta 2.0: entry point Lost = zeta_mod:Lost: an entry's name must be snake_case",
    ),
}


@pytest.mark.parametrize(("package", "why"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_is_broken_is_named_and_keeps_a_lock_from_being_made(acme, package, why):
    lock = locking.lock(only("acme"))
    acme.add("zeta", version="2.0", **package)
    acme.add_record("zeta-2.0", *(f"{name}.py" for name in package.get("modules", {})))
    with pytest.raises(UnlockableError, match=re.escape(why)):
        locking.lock(only("acme", "zeta"))
    found = locking.verify(lock, only("acme", "zeta"))
    assert [line for line in found if line.startswith(why)]
    assert not [line for line in found if line.startswith("acme")]


def test_a_package_without_a_record_cannot_be_locked(acme):
    lock = locking.lock(only("acme"))
    (acme.folder / "acme-1.0.dist-info" / "RECORD").unlink()
    why = "acme 1.0: it has no RECORD of its files; install it with pip, as a wheel"
    with pytest.raises(UnlockableError, match=why):
        locking.lock(only("acme"))
    assert locking.verify(lock, only("acme")) == [why]


def test_an_entry_that_breaks_is_said_once(acme):
    lock = locking.lock(only("acme"))
    del sys.modules["acme_mod"]
    acme.add_module("acme_mod", "import no_such_framework")
    found = locking.verify(lock, only("acme"))
    assert [line.partition(" ")[0] for line in found if "no_such_framework" in line] == [
        "acme:needy",
        "acme:old_tiny",
        "acme:tiny",
        "acme:wide",
    ]
    assert [line for line in found if "no_such_framework" not in line] == [
        "acme: files changed, and the version 1.0 did not"
    ]


def test_what_was_registered_in_a_process_cannot_be_locked(acme):
    catalogue = only("acme")

    class Mine(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return seedbed.get("zeros")(shape, dtype)

    catalogue.register(Mine, "mine")
    with pytest.raises(UnlockableError, match="__main__:mine: it was registered in this process"):
        locking.lock(catalogue)


WITHHELD = returning("""[
    seedbed.Tombstone("gone", "1.0", replaced_by="tiny", reason="It was too large."),
    seedbed.Homonym("small", ["'tiny' is one", "'wide' is wider"]),
]""")


@pytest.fixture
def withholding(acme):
    """Have a second package that keeps two names back."""
    acme.add("zeta", plugins={"zeta": "zeta_plugin"}, modules={"zeta_plugin": WITHHELD})
    acme.add_record("zeta-1.0", "zeta_plugin.py")
    return acme


def test_names_that_mean_no_entry_are_in_the_lock(withholding):
    lock = locking.lock(only("acme", "zeta"))
    (gone,) = lock.tombstones
    assert (gone.name, str(gone)) == ("zeta:gone", "removed in 1.0; use 'tiny' instead; It was too large.")
    homonyms = {row.name: row.meanings for row in lock.homonyms}
    assert homonyms["zeta:small"] == ("'tiny' is one", "'wide' is wider")
    assert {"seedbed:kaiming_normal", "seedbed:xavier_normal"} < homonyms.keys()
    assert Lock.parse(lock.text(), "lock") == lock
    assert locking.verify(lock, only("acme", "zeta")) == []


def test_verify_says_what_replaced_an_entry(withholding):
    lock = locking.lock(only("acme", "zeta"))
    entries = [LockedEntry(f"zeta:{name}", "zeta_mod:Large") for name in ("gone", "small")]
    former = dataclasses.replace(
        lock,
        entries=(*lock.entries, *entries),
        tombstones=(),
        homonyms=tuple(row for row in lock.homonyms if row.name.startswith("seedbed:")),
    )
    assert locking.verify(former, only("acme", "zeta")) == [
        "zeta:gone: removed in 1.0; use 'tiny' instead; It was too large.",
        "zeta:small: has more than one meaning: 'tiny' is one; 'wide' is wider",
    ]


def test_a_tombstone_that_a_policy_blocks_is_said_with_its_line(withholding):
    lock = locking.lock(only("acme", "zeta"))
    found = locking.verify(lock, only("acme", "zeta", disable=["zeta:gone", "zeta:small"]))
    assert [line.partition(" of the policy")[0] for line in sorted(found)] == [
        "zeta 1.0: homonym small: blocked by disable[1] = 'zeta:small'",
        "zeta 1.0: tombstone gone: blocked by disable[0] = 'zeta:gone'",
    ]


OWN_SHAPES = """
import numpy as np
import seedbed


class OfItsOwn(seedbed.Initializer):
    reproducibility = "exact"
    example_shapes = ((16, 1, 9),)

    def __call__(self, shape, dtype=None):
        if shape != (16, 1, 9):
            raise seedbed.errors.ShapeError("only (16, 1, 9)")
        return np.full(shape, 0.5, dtype)
"""


def test_other_values_of_one_that_takes_only_its_own_shapes_are_seen(acme):
    acme.add("zeta", initializers={"own": "zeta_mod:OfItsOwn"}, modules={"zeta_mod": OWN_SHAPES})
    acme.add_record("zeta-1.0", "zeta_mod.py")
    lock = locking.lock(only("acme", "zeta"))
    del sys.modules["zeta_mod"]
    acme.add_module("zeta_mod", OWN_SHAPES.replace("0.5", "50."))
    files, numbers = locking.verify(lock, only("acme", "zeta"))
    assert files == "zeta: files changed, and the version 1.0 did not"
    assert numbers == "zeta:own: numbers changed for all dtypes and shapes"


PARTS = """[
    Entry("own", "zeta_mod:OfItsOwn"),
    Entry("doubled", preset_of="scaled", arguments={"initializer": "zeta:own", "factor": 2.0}),
]"""


def test_names_among_arguments_are_those_of_the_catalogue_that_is_locked(acme, tmp_path, monkeypatch):
    modules = {"zeta_plugin": returning(PARTS), "zeta_mod": OWN_SHAPES}
    acme.add("zeta", plugins={"zeta": "zeta_plugin"}, modules=modules)
    acme.add_record("zeta-1.0", *(f"{module}.py" for module in modules))
    policy = tmp_path / "policy.toml"
    policy.write_text('[tool.seedbed]\nmode = "allowlist"\nallow = []\n', encoding="utf-8")
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    seedbed.refresh()
    try:
        row = locking.lock(only("acme", "zeta")).entry("zeta:doubled")
    finally:
        monkeypatch.delenv("SEEDBED_POLICY")
        read_variables_again()  # or this process's catalogue would keep the policy, for tests to come
        seedbed.refresh()
    assert row.no_numbers == ""


def test_what_a_policy_blocks_is_said_with_its_line(acme):
    lock = locking.lock(only("acme"))
    found = locking.verify(lock, only("acme", disable=["acme:wide"]))
    assert len(found) == 1
    assert found[0].startswith("acme 1.0: entry wide: blocked by disable[0] = 'acme:wide'")


def test_a_package_with_nothing_but_a_plugin_is_in_the_lock(acme):
    """It is imported as any other plugin, so a locked catalogue must know it."""
    observer = "import seedbed\n@seedbed.hookimpl\ndef seedbed_entry_loaded(entry, initializer_class): pass\n"
    acme.add("watcher", plugins={"watcher": "watcher_plugin"}, modules={"watcher_plugin": observer})
    acme.add_record("watcher-1.0", "watcher_plugin.py")
    assert locking.lock(only("acme", "watcher")).provider("watcher").version == "1.0"


def test_without_a_catalogue_it_is_what_is_installed_but_for_a_lock(acme, tmp_path, monkeypatch):
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[tool.seedbed]\nmode = "locked"\nlock = "seedbed.lock"\nallow = ["acme"]\ndeny = []\n',
        encoding="utf-8",
    )
    Lock(1).write(tmp_path / "seedbed.lock")
    monkeypatch.setenv("SEEDBED_POLICY", str(policy))
    lock = locking.lock()
    assert lock == locking.lock(only("acme"))
    assert locking.verify(lock) == []


ENTRY_POINTS = "[seedbed.initializers]\ntiny = acme_inits:Tiny\n{more}[seedbed.plugins]\nacme = acme_plugin\n"
MODULE = """
    import numpy as np
    import seedbed

    class Tiny(seedbed.Initializer):
        reproducibility = "exact"

        def __init__(self, gain={gain}{arguments}):
            self.gain = gain

        def __call__(self, shape, dtype=None):
            return np.full(shape, self.gain, dtype)

    class Other(Tiny):
        pass
"""
HOOKS = """
    import seedbed

    @seedbed.hookimpl
    def seedbed_initializers():
        return [seedbed.Entry("nought", preset_of="tiny", arguments={{"gain": {bound}}}, aliases={aliases})]
"""
FILES = {
    "1.0": {
        "acme_inits.py": MODULE.format(gain=1.0, arguments=""),
        "acme_plugin.py": HOOKS.format(bound=0, aliases="('none',)"),
    },
    "1.1": {
        "acme_inits.py": MODULE.format(gain=2.0, arguments=", *, mode=None"),
        "acme_plugin.py": HOOKS.format(bound=1, aliases="()"),
    },
}


@pytest.fixture(scope="module")
def acme_wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acme")
    more = {"1.0": "gone = acme_inits:Other\n", "1.1": "fresh = acme_inits:Other\n"}
    return {
        version: make_wheel(
            folder, "acme-inits", version, files=files, entry_points=ENTRY_POINTS.format(more=more[version])
        )
        for version, files in FILES.items()
    }


@pytest.fixture(scope="module")
def environment(make_environment, acme_wheels) -> Environment:
    """Return an environment with the command line and the first version of a package, locked."""
    environment = make_environment("seedbed[cli]", "seedbed_example")
    environment.pip("install", "--no-index", acme_wheels["1.0"])
    done = environment.run_seedbed("lock")
    assert re.fullmatch(r"wrote seedbed\.lock: \d+ entries of 3 packages\n", done.stdout), done.stdout
    return environment


@pytest.mark.slow
def test_without_packages_nothing_of_theirs_is_read_and_the_reason_is_told(environment):
    code = """
import sys
import seedbed.locking
seen = []
sys.addaudithook(lambda event, given: event == "open" and "acme" in str(given[0]) and seen.append(given[0]))
print(seedbed.locking.survey().obstacles[0][1], seen)
"""
    extra = {"SEEDBED_PLUGINS": "0"}
    said = run(environment.python, "-c", code, cwd=environment.root, extra=extra).stdout
    assert (
        "nobody has looked for its files; lock a catalogue that scans, without SEEDBED_PLUGINS=0 []" in said
    )


ELSEWHERE = """
    import os
    import numpy as np
    import seedbed

    class Elsewhere(seedbed.Initializer):
        reproducibility = "exact"

        def __init__(self, kinds=frozenset("abcdefgh")):
            self.kinds = kinds

        def get_config(self):
            return {}

        def __call__(self, shape, dtype=None):
            os.chdir("/")
            return np.zeros(shape, dtype)
"""


@pytest.mark.slow
def test_a_package_that_goes_elsewhere_and_has_no_two_texts_alike_is_locked(environment, tmp_path):
    points = "[seedbed.initializers]\nelsewhere = elsewhere:Elsewhere\n"
    wheel = make_wheel(tmp_path, "elsewhere", "1.0", files={"elsewhere.py": ELSEWHERE}, entry_points=points)
    environment.pip("install", "--no-index", wheel)
    try:
        environment.run_seedbed("lock", "--output", "elsewhere.lock")
        for _ in range(2):
            environment.run_seedbed("verify", "elsewhere.lock")
        row = Lock.read(environment.root / "elsewhere.lock").entry("elsewhere:elsewhere")
        assert row.parameters == {"kinds": "of type frozenset"}
    finally:
        environment.pip("uninstall", "-y", "elsewhere")


@pytest.mark.slow
def test_from_wheels_to_a_lock_and_back(environment):
    text = (environment.root / "seedbed.lock").read_text()
    lock = Lock.parse(text, "lock")
    assert [row.name for row in lock.providers] == ["acme-inits", "seedbed", "seedbed-example"]
    assert str(environment.root) not in text
    assert "no_numbers" not in text
    assert text.count("numbers_with.initializer") == len(COMBINATORS)
    done = environment.run_seedbed("verify")
    assert re.search(r"entries of 3 packages are as .*seedbed\.lock", done.stdout)
    assert done.stderr == ""


@pytest.mark.slow
def test_a_lock_may_go_to_standard_output_and_nothing_else_does(environment):
    done = environment.run_seedbed("lock", "--output", "/dev/stdout")
    assert done.stdout == (environment.root / "seedbed.lock").read_text()
    assert re.fullmatch(r"wrote /dev/stdout: \d+ entries of 3 packages\n", done.stderr)


@pytest.mark.slow
def test_an_entry_without_numbers_is_named_by_every_command(environment):
    files = {"zeta_inits.py": MODULE.format(gain=1.0, arguments="").replace('"exact"', '"undeclared"')}
    points = "[seedbed.initializers]\ntiny = zeta_inits:Tiny\n"
    wheel = make_wheel(environment.root, "zeta-inits", "1.0", files=files, entry_points=points)
    said = (
        "seedbed: warning: zeta-inits:tiny: a change of its values is not seen, since the lock has none: "
        "its class does not say that they are reproducible\n"
    )
    environment.pip("install", "--no-index", wheel)
    try:
        for command in (["lock", "--output", "z.lock"], ["verify", "z.lock"], ["diff", "z.lock", "z.lock"]):
            assert environment.run_seedbed(*command).stderr == said
    finally:
        environment.pip("uninstall", "-y", "zeta-inits")
        wheel.unlink()


@pytest.mark.slow
def test_every_environment_gives_the_same_lock(environment, make_environment, acme_wheels):
    other = make_environment("seedbed[cli]", "seedbed_example")
    other.pip("install", "--no-index", "--no-compile", acme_wheels["1.0"])
    other.run_seedbed("lock", "--output", "other.lock")
    lock = environment.root / "seedbed.lock"
    assert (other.root / "other.lock").read_bytes() == lock.read_bytes()
    assert other.run_seedbed("diff", "other.lock", lock).stdout == ""


UPGRADED = """\
acme-inits: version changed: 1.0 -> 1.1
acme-inits:fresh: added
acme-inits:gone: removed
acme-inits:nought: alias 'none' removed
acme-inits:nought: bound argument 'gain' changed: 0 -> 1
acme-inits:nought: argument 'mode' added, default null
acme-inits:nought: the default of argument 'gain' changed: 1.0 -> 2.0
acme-inits:nought: numbers changed for all dtypes and shapes
acme-inits:tiny: argument 'mode' added, default null
acme-inits:tiny: the default of argument 'gain' changed: 1.0 -> 2.0
acme-inits:tiny: numbers changed for all dtypes and shapes
"""


@pytest.mark.slow
def test_an_upgrade_is_said_in_words_and_reviewed_as_a_file(environment, acme_wheels):
    try:
        environment.pip("install", "--no-index", "--upgrade", acme_wheels["1.1"])
        done = environment.run_seedbed("verify", status=1)
        assert sorted(done.stdout.splitlines()) == sorted(UPGRADED.splitlines())
        environment.run_seedbed("lock", "--output", "new.lock")
        assert environment.run_seedbed("diff", "seedbed.lock", "new.lock", status=1).stdout == done.stdout
        environment.run_seedbed("verify", "new.lock")
    finally:
        environment.pip("install", "--no-index", "--force-reinstall", "--no-deps", acme_wheels["1.0"])


@pytest.mark.slow
def test_code_that_was_put_into_a_package_cannot_hide_itself(environment):
    place = environment.site_packages / "acme_inits.py"
    before = place.read_text()
    hiding = "import os, sys\nif 'seedbed.locking.survey' in sys.modules: os._exit(0)\n"
    try:
        place.write_text(before + hiding)
        assert "files changed" in environment.run_seedbed("verify", status=1).stdout
        (record,) = environment.site_packages.glob("acme_inits-*.dist-info/RECORD")
        row, known = record.read_text(), "acme_inits.py"
        try:
            record.write_text("".join(line for line in row.splitlines(True) if not line.startswith(known)))
            assert "acme-inits" in environment.run_seedbed("verify", status=1).stdout
        finally:
            record.write_text(row)
    finally:
        place.write_text(before)


@pytest.mark.slow
def test_a_file_that_was_changed_is_found(environment):
    place = environment.site_packages / "acme_inits.py"
    before = place.read_text()
    try:
        place.write_text(before + "# harmless\n")
        done = environment.run_seedbed("verify", status=1)
        assert done.stdout.startswith(
            "acme-inits: files changed, and the version 1.0 did not, so none of its"
        )
    finally:
        place.write_text(before)


@pytest.mark.slow
def test_an_editable_install_is_refused_by_name(environment, tmp_path):
    source = tmp_path / "draft"
    source.mkdir()
    (source / "draft_inits.py").write_text(constant_class("Draft", 1))
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "draft"\nversion = "0.1"\n'
        '[project.entry-points."seedbed.initializers"]\ndraft = "draft_inits:Draft"\n'
        '[tool.hatch.build.targets.wheel]\ninclude = ["draft_inits.py"]\n'
    )
    try:
        environment.pip("install", "--no-deps", "--editable", source)
        done = environment.run_seedbed("lock", "--output", "draft.lock", status=1)
        assert done.stdout.startswith("draft 0.1: it is an editable install")
        assert done.stderr == "seedbed: draft.lock is not written: the above cannot be locked\n"
        assert not (environment.root / "draft.lock").exists()
    finally:
        environment.pip("uninstall", "-y", "draft")


EXTREME = """
    import numpy as np
    import seedbed

    class Largest(seedbed.Initializer):
        reproducibility = "numerical"

        def __call__(self, shape, dtype=None):
            return np.full(shape, np.finfo(dtype).max, dtype)
"""
UNWRITABLE = """
    import numpy as np
    import seedbed

    class Asked(type(seedbed.Initializer)):
        @property
        def reproducibility(cls):
            raise SystemExit("not today")

    class Silent(seedbed.Initializer, metaclass=Asked):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    @seedbed.hookimpl
    def seedbed_initializers():
        return [seedbed.Entry("silent", "unwritable:Silent")]
"""


def test_nothing_that_an_entry_gives_takes_the_lock_down(environment, tmp_path):
    points = "[seedbed.initializers]\nlargest = extreme:Largest\n"
    wheel = make_wheel(tmp_path, "extreme", "1.0", files={"extreme.py": EXTREME}, entry_points=points)
    environment.pip("install", "--no-index", wheel)
    try:
        environment.run_seedbed("lock", "--output", "extreme.lock")
        environment.run_seedbed("verify", "extreme.lock")
        numbers = Lock.read(environment.root / "extreme.lock").entry("extreme:largest").numbers
        assert numbers["float64 5"].startswith("mean 1.797")
        points = "[seedbed.plugins]\nu = unwritable\n"
        files = {"unwritable.py": UNWRITABLE}
        wheel = make_wheel(tmp_path, "unwritable", "1.0", files=files, entry_points=points)
        environment.pip("install", "--no-index", wheel)
        done = environment.run_seedbed("lock", "--output", "unwritable.lock", status=1)
        assert done.stdout.splitlines() == ["unwritable:silent: cannot be locked: SystemExit: not today"]
        assert done.stderr == "seedbed: unwritable.lock is not written: the above cannot be locked\n"
        environment.run_seedbed("verify", "extreme.lock", status=1)
    finally:
        environment.pip("uninstall", "-y", "extreme", "unwritable")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "nowhere.lock"], r"No such file or directory: 'nowhere\.lock'"),
        (["verify", "broken.lock"], r"broken\.lock is not a valid TOML file: .*line 1"),
        (["verify", "old.lock"], r"reads format 3; write it anew with `seedbed lock --output old\.lock`"),
        (["verify", "cut.lock"], r"cut\.lock is cut short: its end is missing; restore it from version"),
        (["diff", "seedbed.lock", "broken.lock"], r"broken\.lock is not a valid TOML file"),
        (["diff", "seedbed.lock"], "the following arguments are required: NEW"),
        (["lock", "--output", "nowhere/seedbed.lock"], "No such file or directory"),
    ],
)
def test_trouble_has_a_status_of_its_own(environment, arguments, said):
    (environment.root / "broken.lock").write_text("format = \n")
    (environment.root / "old.lock").write_text("format = 1\nstream = 1\n")
    text = (environment.root / "seedbed.lock").read_text()
    (environment.root / "cut.lock").write_text(text[: text.rindex("[[")])
    done = environment.run_seedbed(*arguments, status=2)
    assert re.search(said, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1
