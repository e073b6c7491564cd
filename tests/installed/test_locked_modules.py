"""What is locked is what runs: each module of a locked package comes from its locked file when imported."""

import dataclasses
import importlib.machinery
import importlib.util
import json
import os
import py_compile
import shutil
import sys

import pytest
from environments import run
from fakes import constant_class, hook_module, returning
from handmade import make_wheel
from turns import one_in

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import UnlockableError
from seedbed.governance import Lock, LockedEntry, LockedProvider
from seedbed.governance.guard import Held, holding
from seedbed.governance.locked import bound
from seedbed.governance.modules import outermost
from seedbed.locking.survey import vouched

MARK = "import pathlib; pathlib.Path(__file__).parent.joinpath('imported').touch()\n"
EVIL = MARK + "VALUE = 666\n" + constant_class("Tiny", 666)
INITS = """
import numpy as np
import seedbed

class Tiny(seedbed.Initializer):
    reproducibility = "exact"

    def __call__(self, shape, dtype=None):
        from corp_ns import other
        from corp_ns.deep import more
        from corp_ns.sub import part
        return np.full(shape, other.VALUE + more.VALUE + part.VALUE, dtype)
"""
FILES = {
    "corp_ns/inits.py": INITS,
    "corp_ns/other.py": "VALUE = 1\n",
    "corp_ns/deep/more.py": "VALUE = 10\n",
    "corp_ns/sub/__init__.py": "",
    "corp_ns/sub/part.py": "VALUE = 100\n",
}
RIGHT = "[111.0]"
ASK = """
import json, sys
import seedbed

def asked(name="tiny"):
    try:
        return str(seedbed.get(name)(1).tolist())
    except (seedbed.SeedbedError, ImportError) as error:
        return f"{type(error).__name__}: {error}"

exec(sys.argv[1])
print(asked())
"""


def write(folder, files):
    for path, source in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(source)


def install(site, name, files, *, target=None, plugins=None):
    """Install a package, with one entry that is called after its class."""
    initializers = {} if target is None else {target.rpartition(":")[2].lower(): target}
    site.add(name, initializers=initializers, plugins=plugins)
    write(site.folder, files)
    site.add_record(f"{name.replace('-', '_')}-1.0", *files)


def lock_of(site, *names):
    """Return the lock of packages as they are, without importing anything."""
    packages = {name: vouched(str(site.folder / f"{name.replace('-', '_')}-1.0.dist-info")) for name in names}
    entries = [entry for entry in Catalogue() if entry.provider in names]
    rows = [
        LockedEntry(
            entry.full_name,
            target=entry.place,
            preset_of=entry.preset_of,
            aliases=tuple(entry.names[1:]),
            bound=bound(entry),
            reproducibility="exact",
        )
        for entry in entries
    ]
    providers = [
        LockedProvider(name, "1.0", digest, outermost(files.modules))
        for name, (files, digest) in packages.items()
    ]
    return Lock(1, tuple(providers), tuple(rows))


@pytest.fixture
def ask(site, tmp_path):
    """Return a function that asks for `tiny` in a process under the lock, after some code."""

    def ask(code="", *, path=(), **more):
        policy = tmp_path / "policy.toml"
        policy.write_text("[tool.seedbed]\nmode = 'locked'\nlock = 'seedbed.lock'\n")
        extra = {
            "PYTHONPATH": os.pathsep.join(map(str, (*path, site.folder))),
            "SEEDBED_POLICY": str(policy),
            "SITE": str(site.folder),
            **more,
        }
        said = run(sys.executable, "-P", "-c", ASK, code, extra=extra).stdout.splitlines()[-1]
        assert not [place for folder in (site.folder, *path) for place in folder.rglob("imported")], said
        return said

    return ask


@pytest.fixture
def corp(site, tmp_path):
    """Install and lock a package whose root has no code."""
    install(site, "corp", FILES, target="corp_ns.inits:Tiny")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    return site


def test_a_namespace_package_is_served_from_its_files(corp, ask):
    assert ask() == RIGHT
    (corp.folder / "corp_ns" / "anothers.py").write_text("")
    assert ask() == RIGHT


EXTENSION = importlib.machinery.EXTENSION_SUFFIXES[0]
DROPPED = {
    "a module in front": ("front", "corp_ns/other.py", "corp_ns.other"),
    "a module of the deep in front": ("front", "corp_ns/deep/more.py", "corp_ns.deep.more"),
    "a package in front": ("front", "corp_ns/other/__init__.py", "corp_ns.other"),
    "a sub-package in front": ("front", "corp_ns/sub/__init__.py", "corp_ns.sub"),
    "code of the root in front": ("front", "corp_ns/__init__.py", "corp_ns"),
    "a module of the root's name in front": ("front", "corp_ns.py", "corp_ns"),
    "a package beside a module": ("site", "corp_ns/other/__init__.py", "corp_ns.other"),
    "a package beside a module of the deep": ("site", "corp_ns/deep/more/__init__.py", "corp_ns.deep.more"),
    "compiled code beside a module": ("site", f"corp_ns/other{EXTENSION}", "corp_ns.other"),
    "code of the root": ("site", "corp_ns/__init__.py", "corp_ns"),
    "code of the deep": ("site", "corp_ns/deep/__init__.py", "corp_ns.deep"),
}


@pytest.mark.parametrize(("where", "dropped", "module"), one_in(4, DROPPED))
def test_what_would_be_imported_in_the_place_of_a_locked_module_is_named(corp, ask, where, dropped, module):
    front = corp.folder.parent / "front"
    place = (front if where == "front" else corp.folder) / dropped
    write(place.parent, {place.name: EVIL})
    said = ask(path=[front])
    assert said.startswith("BlockedNameError: ")
    assert f"the module {module} would be imported from {place}, which is no file of the package" in said
    if where == "site":  # what a lock does not let in cannot be locked
        with pytest.raises(UnlockableError, match=f"the module {module} would be imported from {place}"):
            vouched(str(corp.folder / "corp-1.0.dist-info"))


@pytest.mark.parametrize(("where", "dropped", "module"), one_in(4, DROPPED))
def test_what_comes_after_the_check_is_not_imported_either(corp, ask, where, dropped, module):
    front = corp.folder.parent / "front"
    code = f"""
import importlib, os, pathlib
list(seedbed.catalogue())
place = pathlib.Path({str(front)!r} if {where!r} == "front" else os.environ["SITE"], {dropped!r})
place.parent.mkdir(parents=True, exist_ok=True)
place.write_text({EVIL!r})
sys.path.insert(0, {str(front)!r})
importlib.invalidate_caches()
"""
    front.mkdir()
    said = ask(code, path=[front])
    if module in (
        "corp_ns",
        "corp_ns.deep",
    ):  # which is nobody's alone, and so comes from where Python has it
        assert "Error: " in said
        assert f"the package {module} is not imported, since it has the code of " in said
    else:
        assert said == RIGHT


def test_a_file_that_changes_after_the_check_is_not_imported(corp, ask):
    code = f"list(seedbed.catalogue()); open(os.environ['SITE'] + '/corp_ns/inits.py', 'w').write({EVIL!r})"
    said = ask(f"import os; {code}")
    assert said.startswith("EntryLoadError: ")
    assert "inits.py has changed since it was compared with what is locked" in said


def tamper(module, *, evil=EVIL, checked=True):
    """Put bytecode of other source where Python looks for that of a module."""
    honest = module.read_text()
    times = module.stat()
    module.write_text(evil.ljust(len(honest), "#"))
    cached = importlib.util.cache_from_source(str(module))
    mode = py_compile.PycInvalidationMode
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
    py_compile.compile(
        str(module),
        cached,
        invalidation_mode=mode.TIMESTAMP if checked else mode.UNCHECKED_HASH,
        doraise=True,
    )
    module.write_text(honest)
    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))


ANOTHER = "list(seedbed.catalogue()); other = seedbed.Catalogue(policy={}); list(other)"
ALLOWLIST = "{'mode': 'allowlist', 'allow': ['corp']}"


@pytest.fixture
def tampered(site, tmp_path):
    """Install and lock a package whose bytecode is not that of its source."""
    evil = EVIL.replace(MARK, "")
    files = {path: source.ljust(len(evil), "#") for path, source in FILES.items()}
    install(site, "corp", files, target="corp_ns.inits:Tiny")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    for path in ("corp_ns/other.py", "corp_ns/inits.py"):
        tamper(site.folder / path, evil=evil)
    return site


@pytest.mark.parametrize("policy", [ALLOWLIST, "{'mode': 'open', 'deny': ['evil']}"])
def test_a_catalogue_of_another_policy_takes_no_guard_away(tampered, ask, policy):
    assert ask(ANOTHER.replace("{}", policy)) == RIGHT


def test_two_locks_that_contradict_each_other_are_not_both_in_force(corp, ask, tmp_path):
    """Whichever comes second is refused, as long as the first is there; neither answers for the other."""
    other = tmp_path / "other.toml"
    other.write_text("[tool.seedbed]\nmode = 'locked'\nlock = 'other.lock'\n")
    lock = Lock.read(tmp_path / "seedbed.lock")
    later = dataclasses.replace(lock.providers[0], version="2.0")
    dataclasses.replace(lock, providers=(later,)).write(tmp_path / "other.lock")
    code = f"""
import gc
from pathlib import Path
other = seedbed.Catalogue(policy={str(other)!r})
def names(catalogue):
    try:
        return "tiny" in catalogue
    except seedbed.SeedbedError as error:
        return str(error)
"""
    said = "say different things of the module corp_ns"
    first = f"{code}list(seedbed.catalogue())\nassert {said!r} in names(other), names(other)\n"
    assert ask(first) == RIGHT
    change = f"Path({str(tmp_path / 'other.lock')!r}).write_text({lock.text()!r})"
    assert ask(f"{first}{change}\nother.refresh()\nassert names(other) is True") == RIGHT
    (tmp_path / "other.lock").write_text(dataclasses.replace(lock, providers=(later,)).text())
    second = f"{code}assert names(other) is False\nassert {said!r} in asked()\n"
    assert ask(f"{second}del other\ngc.collect()") == RIGHT


def test_a_refresh_that_fails_leaves_one_guard_and_not_two_after_the_next(corp, ask, tmp_path):
    code = f"""
from pathlib import Path
path = Path({str(tmp_path / "seedbed.lock")!r})
right = path.read_text()
list(seedbed.catalogue())
path.write_text("no lock")
try:
    seedbed.refresh()
except seedbed.errors.LockError:
    pass
else:
    raise SystemExit("refreshed")
path.write_text(right)
seedbed.refresh()
assert sum(type(finder).__name__ == "Guard" for finder in sys.meta_path) == 1
"""
    assert ask(code) == RIGHT


PICKLED = {"an initializer": ("{}", "loaded"), "a class": ("type({})", "loaded()")}


@pytest.mark.parametrize(
    ("what", "policy"),
    [
        ("an initializer", ""),
        pytest.param("an initializer", None, marks=pytest.mark.slow),
        pytest.param("a class", "", marks=pytest.mark.slow),
    ],
)
def test_who_unpickles_it_imports_it_as_the_policy_says_whoever_wrote(tampered, ask, tmp_path, what, policy):
    pickled, used = PICKLED[what]
    file, code = str(tmp_path / "tiny.pickle"), pickled.format("seedbed.get('tiny')")
    without = {} if policy is None else {"SEEDBED_POLICY": policy}
    ask(f"import pickle; pickle.dump({code}, open({file!r}, 'wb'))", **without)
    load = (
        f"import pickle; loaded = pickle.load(open({file!r}, 'rb')); asked = lambda: str({used}(1).tolist())"
    )
    assert ask(load) == RIGHT


def test_what_the_policy_does_not_let_in_is_not_imported_for_a_pickle(tampered, ask, tmp_path):
    file = str(tmp_path / "tiny.pickle")
    ask(f"import pickle; pickle.dump(seedbed.get('tiny'), open({file!r}, 'wb'))", SEEDBED_POLICY="")
    (tampered.folder / "corp_ns" / "inits.py").write_text(EVIL)
    load = f"import pickle; asked = lambda: str(pickle.load(open({file!r}, 'rb')))"
    with pytest.raises(
        AssertionError, match=r"ModuleNotFoundError: the module corp_ns\.inits is not imported"
    ):
        ask(load + "; print(asked())")


@pytest.mark.parametrize("checked", [True, False], ids=["by time and size", "unchecked"])
def test_bytecode_that_does_not_come_from_the_locked_source_is_not_run(site, ask, tmp_path, checked):
    evil = EVIL.replace(MARK, "")
    files = {path: source.ljust(len(evil), "#") for path, source in FILES.items()}
    install(site, "corp", files, target="corp_ns.inits:Tiny")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    for path in ("corp_ns/other.py", "corp_ns/inits.py"):
        tamper(site.folder / path, evil=evil, checked=checked)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from corp_ns import other; print(other.VALUE)"
    assert run(sys.executable, "-c", code, site.folder).stdout == "666\n"  # what Python by itself does
    assert ask() == RIGHT


def test_bytecode_that_is_listed_is_locked_like_any_other_file(site, ask, tmp_path):
    source = tmp_path / "listed.py"
    source.write_text(constant_class("Tiny", 7))
    site.add("corp", initializers={"tiny": "listed:Tiny"})
    py_compile.compile(str(source), str(site.folder / "listed.pyc"), doraise=True)
    site.add_record("corp-1.0", "listed.pyc")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    assert ask() == "[7.0]"
    source.write_text(EVIL)
    py_compile.compile(str(source), str(site.folder / "listed.pyc"), doraise=True)
    assert "the files of corp 1.0 are not those of the lock" in ask()


def test_bytecode_that_changes_after_the_check_is_not_run(site, ask, tmp_path):
    source, listed = tmp_path / "listed.py", str(site.folder / "listed.pyc")
    site.add("corp", initializers={"tiny": "listed:Tiny"})
    for text, file in ((EVIL, str(tmp_path / "evil.pyc")), (constant_class("Tiny", 7), listed)):
        source.write_text(text)
        py_compile.compile(str(source), file, doraise=True)
    site.add_record("corp-1.0", "listed.pyc")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    said = ask(
        f"list(seedbed.catalogue()); import os; os.replace({str(tmp_path / 'evil.pyc')!r}, {listed!r})"
    )
    assert "listed.pyc has changed since it was compared with what is locked" in said


def test_compiled_code_is_imported_from_its_file_and_only_as_it_was(site, ask, tmp_path):
    origin = importlib.util.find_spec("_bisect").origin
    if not str(origin).endswith(EXTENSION):
        pytest.skip("this Python has _bisect built in")
    inits = INITS.replace("from corp_ns import other", "from corp_ns import _bisect, other")
    inits = inits.replace("other.VALUE +", "other.VALUE * _bisect.bisect_right([1], 1) +")
    compiled = f"corp_ns/_bisect{EXTENSION}"
    (site.folder / "corp_ns").mkdir()
    shutil.copyfile(origin, site.folder / compiled)
    site.add("corp", initializers={"tiny": "corp_ns.inits:Tiny"})
    write(site.folder, FILES | {"corp_ns/inits.py": inits})
    site.add_record("corp-1.0", *FILES, compiled)
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    assert ask() == RIGHT
    said = ask(f"list(seedbed.catalogue()); open({str(site.folder / compiled)!r}, 'ab').write(b'x')")
    assert f"_bisect{EXTENSION} has changed since it was compared with what is locked" in said


REGULAR = {
    "corp_pkg/__init__.py": "",
    "corp_pkg/inits.py": INITS.replace("corp_ns", "corp_pkg").replace("corp_pkg.deep", "corp_pkg._made"),
    "corp_pkg/other.py": "VALUE = 1\ntry:\n    from corp_pkg._fast import VALUE\nexcept ImportError: pass\n",
    "corp_pkg/sub/__init__.py": "",
    "corp_pkg/sub/part.py": "VALUE = 100\n",
}


def test_in_a_package_with_code_nothing_is_imported_that_is_not_locked(site, ask, tmp_path):
    inits = REGULAR["corp_pkg/inits.py"].replace("_made", "sub").replace("import more", "import part as more")
    install(site, "corp", REGULAR | {"corp_pkg/inits.py": inits}, target="corp_pkg.inits:Tiny")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    assert ask() == "[201.0]"
    code = f"""
import importlib
list(seedbed.catalogue())
open({str(site.folder / "corp_pkg" / "_fast.py")!r}, "w").write({EVIL!r})
importlib.invalidate_caches()
"""
    assert ask(code) == "[201.0]"


PRESET = '[presets.small]\npreset_of = "constant"\nsummary = "{}"\narguments = {{ value = 1 }}\n'


def test_presets_are_read_from_the_locked_file_too(site, ask, tmp_path):
    """Their folder is a namespace, of which another part may come first."""
    load = hook_module(
        "seedbed_initializers = seedbed.hookimpl(lambda: seedbed.presets.load('corp_ns', 'c.toml'))"
    )
    files = {"corp_plug/__init__.py": load, "corp_ns/c.toml": PRESET.format("own"), "corp_ns/a.py": ""}
    install(site, "corp", files, plugins={"corp": "corp_plug"})
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    assert ask("asked = lambda: seedbed.catalogue().entry('small').summary") == "own"
    front = site.folder.parent / "front"
    write(front, {"corp_ns/c.toml": PRESET.format("evil")})
    problems = "asked = lambda: [*map(str, seedbed.catalogue().problems)]"
    why = "which is no file of a package that is locked"
    assert f"it lies in {front}/corp_ns/c.toml, {why}" in ask(problems, path=[front])


PATHS = """
import os
__path__ = [os.path.join(os.path.dirname(__file__), "page")]
from corp_mod.page.inner import Tiny
"""


def test_a_module_that_makes_itself_a_package_has_its_modules_from_their_files(site, ask, tmp_path):
    files = {
        "corp_mod/__init__.py": "",
        "corp_mod/page.py": PATHS,
        "corp_mod/page/inner.py": constant_class("Tiny", 5),
    }
    install(site, "corp", files, target="corp_mod.page:Tiny")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    assert ask() == "[5.0]"
    tamper(site.folder / "corp_mod/page/inner.py", evil=constant_class("Tiny", 6))
    assert ask() == "[5.0]"
    change = f"open({str(site.folder / 'corp_mod/page/inner.py')!r}, 'w').write({EVIL!r})"
    assert "inner.py has changed since it was" in ask(f"list(seedbed.catalogue()); {change}")


def test_a_package_may_have_a_finder_of_its_own(site, ask, tmp_path):
    made = """
import importlib.util, sys

class Finder:
    def find_spec(name, path=None, target=None):
        return importlib.util.spec_from_loader(name, Finder) if name.startswith("corp_pkg._made") else None
    def create_module(spec):
        return None
    def exec_module(module):
        module.VALUE, module.__path__ = 10, []

sys.meta_path.append(Finder)
"""
    install(site, "corp", REGULAR | {"corp_pkg/__init__.py": made}, target="corp_pkg.inits:Tiny")
    lock_of(site, "corp").write(tmp_path / "seedbed.lock")
    assert ask() == RIGHT


def test_a_locked_package_that_was_changed_is_not_imported_by_another_one(site, ask, tmp_path):
    """Its own entries are blocked; but a plugin that is as it was imports it as well."""
    install(site, "bbb", {"bbb_mod.py": "VALUE = 1\n"}, target=None, plugins={"p": "bbb_mod"})
    plugin = "import bbb_mod\n" + returning("[]")
    install(site, "aaa", {"aaa_plugin.py": plugin}, plugins={"p": "aaa_plugin"})
    install(site, "corp", FILES, target="corp_ns.inits:Tiny")
    lock_of(site, "aaa", "bbb", "corp").write(tmp_path / "seedbed.lock")
    assert (
        ask("assert 'bbb_mod' not in sys.modules; list(seedbed.catalogue()); assert 'bbb_mod' in sys.modules")
        == RIGHT
    )
    (site.folder / "bbb_mod.py").write_text(EVIL)
    said = ask("list(seedbed.catalogue()); print(seedbed.catalogue().problems)")
    assert said == RIGHT
    code = "print(json.dumps([str(problem) for problem in seedbed.catalogue().problems])); sys.exit()"
    (problem,) = (line for line in json.loads(ask(code)) if "aaa_plugin" in line)
    assert (
        "the module bbb_mod is not imported, since the files of bbb 1.0 are not those of the lock" in problem
    )


def test_a_package_of_the_lock_without_a_record_is_not_imported_by_another_one(site, ask, tmp_path):
    install(site, "bbb", {"bbb_mod.py": constant_class("Held", 1)}, target="bbb_mod:Held")
    install(
        site, "corp", {"corp_mod.py": "import bbb_mod\n" + constant_class("Tiny", 2)}, target="corp_mod:Tiny"
    )
    lock_of(site, "bbb", "corp").write(tmp_path / "seedbed.lock")
    assert ask() == "[2.0]"
    (site.folder / "bbb_mod.py").write_text(EVIL)
    (site.folder / "bbb-1.0.dist-info" / "RECORD").unlink()
    assert "the module bbb_mod is not imported, since it has no RECORD of its files" in ask()


def lose_record(site):
    (site.folder / "bbb-1.0.dist-info" / "RECORD").unlink()


def empty_record(site):
    (site.folder / "bbb-1.0.dist-info" / "RECORD").write_text("")


def shorten_record(site):
    record = site.folder / "bbb-1.0.dist-info" / "RECORD"
    record.write_text(
        "".join(row for row in record.read_text().splitlines(keepends=True) if not row.startswith("bbb_"))
    )


def make_editable(site):
    (site.folder / "bbb-1.0.dist-info" / "direct_url.json").write_text('{"dir_info": {"editable": true}}')
    shorten_record(site)


def contest(site):
    site.add("bbb", version="9.0", initializers={"other": "bbb_pkg.held:Held"})


def lose_metadata(site):
    shutil.rmtree(site.folder / "bbb-1.0.dist-info")


@pytest.mark.parametrize(
    "spoil", one_in(4, [lose_record, empty_record, shorten_record, make_editable, contest, lose_metadata])
)
def test_no_module_of_a_locked_package_is_imported_once_its_record_is_not_to_be_believed(
    site, ask, tmp_path, spoil
):
    """Neither a package around its entries, nor a module beside them, nor one in a namespace package."""
    files = {
        "bbb_pkg/__init__.py": "",
        "bbb_pkg/held.py": constant_class("Held", 1),
        "bbb_pkg/util.py": "VALUE = 1\n",
        "bbb_ns/deep/util.py": "VALUE = 1\n",
    }
    install(site, "bbb", files, target="bbb_pkg.held:Held")
    using = "import importlib\ndef used(name):\n    return importlib.import_module(name).VALUE\n"
    install(site, "corp", {"corp_mod.py": using + constant_class("Tiny", 2)}, target="corp_mod:Tiny")
    lock_of(site, "bbb", "corp").write(tmp_path / "seedbed.lock")
    code = """
seedbed.get("tiny")
for name in ("bbb_pkg.util", "bbb_ns.deep.util"):
    try:
        print(name, sys.modules["corp_mod"].used(name))
    except ImportError as error:
        print("refused", error)
sys.exit()
"""
    assert ask(code) == "bbb_ns.deep.util 1"
    write(
        site.folder, {"bbb_pkg/util.py": EVIL, "bbb_ns/deep/util.py": EVIL, "bbb_ns/deep/__init__.py": EVIL}
    )
    spoil(site)
    assert ask(code).startswith("refused ")


def test_a_lock_that_is_read_again_says_what_is_imported_from_then_on(corp, ask, tmp_path):
    install(corp, "more", {"more_mod.py": constant_class("Wide", 5)}, target="more_mod:Wide")
    newer = lock_of(corp, "corp", "more").text()
    code = f"""
print(asked("wide"))
open({str(tmp_path / "seedbed.lock")!r}, "w").write({newer!r})
seedbed.refresh()
assert asked("wide") == "[5.0]", asked("wide")
assert sum(type(finder).__name__ == "Guard" for finder in sys.meta_path) == 1
"""
    assert ask(code) == RIGHT


def test_without_the_lock_nothing_is_held_any_more(corp, ask, tmp_path):
    code = f"""
list(seedbed.catalogue())
open({str(tmp_path / "policy.toml")!r}, "w").write("[tool.seedbed]\\nmode = 'open'\\n")
seedbed.refresh()
assert not any(type(finder).__name__ == "Guard" for finder in sys.meta_path)
open({str(corp.folder / "corp_ns" / "other.py")!r}, "w").write("VALUE = 2\\n")
"""
    assert ask(code) == "[112.0]"


def test_a_trial_of_a_locked_policy_holds_nothing_once_it_is_gone(corp, ask, tmp_path):
    (corp.folder / "corp_ns" / "other.py").write_text("VALUE = 2\n")
    code = f"""
import gc
trial = seedbed.Catalogue(policy={str(tmp_path / "policy.toml")!r})
assert "tiny" not in trial
del trial
gc.collect()
assert not any(type(finder).__name__ == "Guard" for finder in sys.meta_path)
"""
    assert ask(code, SEEDBED_POLICY="") == "[112.0]"


def test_what_is_held_is_held_only_as_long_as_it_is_asked_for():
    before = list(sys.meta_path)
    with holding(Held({}, {"no_such_module": "it is a test"})):
        with pytest.raises(ModuleNotFoundError, match="no_such_module is not imported, since it is a test"):
            importlib.import_module("no_such_module")
        with pytest.raises(ModuleNotFoundError, match=r"no_such_module\.sub is in a package that is not"):
            importlib.util._find_spec("no_such_module.sub", None)
    assert sys.meta_path == before


@pytest.fixture(scope="module")
def environment(make_environment, tmp_path_factory):
    """Return an environment with a namespace package that pip has installed, and its lock."""
    environment = make_environment("seedbed[cli]")
    points = "[seedbed.initializers]\ntiny = corp_ns.inits:Tiny\n"
    evil = EVIL.replace(MARK, "")
    files = {path: source.ljust(len(evil), "#") for path, source in FILES.items()}
    wheel = make_wheel(tmp_path_factory.mktemp("corp"), "corp", "1.0", files=files, entry_points=points)
    environment.pip("install", "--no-index", "--no-deps", wheel)
    environment.run_seedbed("lock")
    (environment.root / "policy.toml").write_text("[tool.seedbed]\nmode = 'locked'\nlock = 'seedbed.lock'\n")
    return environment


@pytest.fixture
def installed(environment):
    """Return the environment, and functions that ask and examine there; undo what a test drops."""
    kept = environment.site_packages.parent / "kept"
    place = environment.site_packages / "corp_ns"
    shutil.copytree(place, kept)
    extra = {"SEEDBED_POLICY": str(environment.root / "policy.toml"), "COLUMNS": "400"}

    def ask():
        return run(environment.python, "-P", "-c", ASK, "", cwd=environment.root, extra=extra).stdout.strip()

    def doctor(status):
        seedbed = environment.scripts / "seedbed"
        return run(seedbed, "doctor", cwd=environment.root, extra=extra, status=status).stdout

    yield environment, ask, doctor
    shutil.rmtree(place)
    kept.rename(place)


@pytest.mark.slow
def test_a_namespace_package_from_a_wheel_is_as_it_was_locked(installed):
    environment, ask, doctor = installed
    environment.run_seedbed("verify")
    assert ask() == RIGHT
    assert "nothing is wrong" in doctor(0)


@pytest.mark.slow
@pytest.mark.parametrize("dropped", ["__init__.py", "other/__init__.py", "deep/__init__.py"])
def test_verify_the_doctor_and_the_locked_mode_agree_on_what_is_dropped(installed, dropped):
    environment, ask, doctor = installed
    write(environment.site_packages / "corp_ns", {dropped: "VALUE = 666\n"})
    place = environment.site_packages / "corp_ns" / dropped
    what = f"would be imported from {place}, which is no file of the package"
    assert what in environment.run_seedbed("verify", status=1).stdout
    assert what in environment.run_seedbed("lock", "--output", "new.lock", status=1).stdout
    assert what in doctor(1)
    said = ask()
    assert said.startswith("BlockedNameError")
    assert what in said


@pytest.mark.slow
def test_verify_the_doctor_and_the_locked_mode_agree_on_bytecode(installed):
    environment, ask, doctor = installed
    for name in ("other", "inits"):
        tamper(environment.site_packages / "corp_ns" / f"{name}.py", evil=EVIL.replace(MARK, ""))
    code = "from corp_ns import other; print(other.VALUE)"
    assert environment.run_python(code) == "666\n"
    environment.run_seedbed("verify")
    assert ask() == RIGHT
    assert "nothing is wrong" in doctor(0)


BASE = {
    "base_inits/__init__.py": "",
    "base_inits/util.py": "VALUE = 1.0\n",
    "base_inits/small.py": constant_class("Small", 0.25),
}
CHILD = "from base_inits.util import VALUE\n" + constant_class("Child").replace("0,", "VALUE,")
EDITABLE = """
[project]
name = "base-inits"
version = "1.0"
[project.entry-points."seedbed.initializers"]
small = "base_inits.small:Small"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import pathlib, zipfile

FILES = {
    "base_inits.pth": str(pathlib.Path.cwd()),
    "base_inits-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: base-inits\\nVersion: 1.0\\n",
    "base_inits-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "base_inits-1.0.dist-info/entry_points.txt": "[seedbed.initializers]\\nsmall = base_inits.small:Small\\n",
}
RECORD = "base_inits-1.0.dist-info/RECORD"

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "base_inits-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
        wheel.writestr(RECORD, "".join(f"{path},,\\n" for path in (*FILES, RECORD)))
    return name
"""


def without_a_record(environment):
    (environment.site_packages / "base_inits-1.0.dist-info" / "RECORD").unlink()


def with_a_shorter_record(environment):
    record = environment.site_packages / "base_inits-1.0.dist-info" / "RECORD"
    rows = record.read_text().splitlines(keepends=True)
    record.write_text("".join(row for row in rows if "util" not in row and "__init__" not in row))


def with_another_metadata_folder(environment):
    other = environment.site_packages / "base_inits-9.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: base-inits\nVersion: 9.0\n")
    (other / "entry_points.txt").write_text("[seedbed.initializers]\nother = base_inits.small:Small\n")


def as_an_editable_install(environment):
    source = environment.root / "source"
    write(source, BASE | {"base_inits/util.py": "VALUE = 666.0\n"})
    write(source, {"pyproject.toml": EDITABLE, "backend.py": BACKEND})
    environment.pip("install", "--no-index", "--no-deps", "--no-build-isolation", "--editable", source)


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil", [without_a_record, with_a_shorter_record, with_another_metadata_folder, as_an_editable_install]
)
def test_a_wheel_that_is_not_as_it_was_locked_is_imported_by_no_other(make_environment, tmp_path, spoil):
    environment = make_environment("seedbed[cli]")
    for name, files, point in (
        ("base-inits", BASE, "small = base_inits.small:Small"),
        ("child-inits", {"child_inits.py": CHILD}, "child = child_inits:Child"),
    ):
        points = f"[seedbed.initializers]\n{point}\n"
        wheel = make_wheel(tmp_path, name, "1.0", files=files, entry_points=points)
        environment.pip("install", "--no-index", "--no-deps", wheel)
    environment.run_seedbed("lock")
    (environment.root / "policy.toml").write_text("[tool.seedbed]\nmode = 'locked'\nlock = 'seedbed.lock'\n")
    extra = {"SEEDBED_POLICY": str(environment.root / "policy.toml")}
    code = ASK.replace("print(asked())", "print(asked('child'))")

    def child():
        return run(environment.python, "-P", "-c", code, "", cwd=environment.root, extra=extra).stdout.strip()

    assert child() == "[1.0]"
    (environment.site_packages / "base_inits" / "util.py").write_text("VALUE = 666.0\n")
    spoil(environment)
    said = child()
    assert said.startswith("EntryLoadError: ")
    assert "ModuleNotFoundError" in said
    assert "base_inits" in said
    environment.run_seedbed("verify", status=1)
