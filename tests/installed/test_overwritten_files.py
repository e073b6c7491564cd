"""A module of a package that another package has overwritten is not served as the package's own."""

import base64
import gc
import hashlib
import importlib.util
import os
import py_compile
import shutil
import sys
from pathlib import Path

import pytest
from environments import run
from fakes import constant_class, hook_module
from handmade import make_wheel
from turns import one_in

from seedbed import locking
from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import BlockedNameError, EntryLoadError, UnknownNameError, UnlockableError
from seedbed_tools.doctor import diagnose

OWN, OTHER = constant_class("Tiny", 1), constant_class("Tiny", 666)
INIT = "corp_inits/__init__.py"
REEXPORT = "from corp_inits._impl import Tiny\n"
ALLOW = {"mode": "allowlist", "allow": ["corp-inits"]}
DENY = {"mode": "open", "deny": ["evil"]}


def hashed(text):
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def add_row(site, stem, row):
    record = site.add_record(stem)
    record.write_text(f"{record.read_text()}{row}\n")


@pytest.fixture
def overwrite(site):
    """Return a function that installs two packages which both have one module, the one or the other's."""

    def install(content, *, hashes=True, listed=INIT):
        site.add("corp-inits", initializers={"tiny": "corp_inits:Tiny"})
        site.add("evil")
        (site.folder / "corp_inits").mkdir()
        (site.folder / INIT).write_text(content)
        add_row(site, "corp_inits-1.0", f"{INIT},{hashed(OWN) if hashes else ''},")
        site.add_record("evil-1.0", *([listed] if listed else []))
        return site

    return install


def told(catalogue):
    return [str(problem) for problem in catalogue.problems if "overwritten" in str(problem)]


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
@pytest.mark.parametrize(
    "listed",
    [
        *(INIT, f"./{INIT}", f"../site/{INIT}", f'"{INIT}"', INIT.upper()),
        *(f"{INIT}/", f"{INIT}/.", f"{INIT}/x/..", f"nowhere/../{INIT}"),
    ],
)
def test_what_a_package_that_is_not_allowed_has_overwritten_is_not_imported(overwrite, policy, listed):
    overwrite(OTHER, listed=listed)
    with pytest.raises(
        BlockedNameError, match=r"__init__\.py, which evil has overwritten; uninstall evil and"
    ):
        Catalogue(policy=policy).get("tiny")
    assert "corp_inits" not in sys.modules


@pytest.mark.parametrize("rest", ['"sha256=abc,x",', ',"5,6"', '"\n",', "a,b,c,d"])
def test_commas_and_line_ends_in_a_row_hide_nothing(overwrite, rest):
    add_row(overwrite(OTHER, listed=""), "evil-1.0", f"{INIT},{rest}")
    with pytest.raises(BlockedNameError, match="which evil has overwritten"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.mark.parametrize("kind", ["sha256", "sha384", "sha512"])
def test_every_hash_that_a_record_may_have_is_compared(site, kind):
    overwritten = hashlib.new(kind, OWN.encode()).digest()
    value = base64.urlsafe_b64encode(overwritten).rstrip(b"=").decode()
    site.add("corp-inits", initializers={"tiny": "corp_inits:Tiny"}, modules={"corp_inits": OTHER})
    add_row(site, "corp_inits-1.0", f"corp_inits.py,{kind}={value},")
    with pytest.raises(BlockedNameError, match="by its RECORD"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.mark.parametrize("listed", ["", INIT])
def test_a_file_is_compared_however_large_it_is(overwrite, listed):
    overwrite(OTHER + "#" * (1 << 24), listed=listed)
    with pytest.raises(BlockedNameError, match="which evil has overwritten" if listed else "by its RECORD"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.mark.skipif(os.name == "nt", reason="links")
@pytest.mark.parametrize("content", [OWN, OTHER])
def test_a_link_is_compared_by_what_it_leads_to(overwrite, tmp_path, content):
    site = overwrite(content, listed="")
    kept = tmp_path / "kept.py"
    (site.folder / INIT).rename(kept)
    (site.folder / INIT).symlink_to(kept)
    if content == OWN:
        assert Catalogue(policy=ALLOW).get("tiny")(1).tolist() == [1]
        return
    with pytest.raises(BlockedNameError, match="by its RECORD"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
def test_where_the_record_has_no_hash_nobody_knows_whose_it_is(overwrite, policy):
    overwrite(OWN, hashes=False)
    with pytest.raises(BlockedNameError, match="which evil has overwritten"):
        Catalogue(policy=policy).get("tiny")


@pytest.mark.parametrize("policy", [None, ALLOW, DENY], ids=["none", "allowlist", "deny"])
def test_a_file_that_is_still_what_the_package_has_installed_is_its_own(overwrite, policy):
    overwrite(OWN)
    catalogue = Catalogue(policy=policy)
    assert catalogue.get("tiny")(1).tolist() == [1]
    assert told(catalogue) == []


def test_what_an_allowed_package_has_overwritten_is_imported_and_told(overwrite):
    overwrite(OTHER)
    catalogue = Catalogue(policy={"mode": "allowlist", "allow": ["corp-inits", "evil"]})
    assert catalogue.get("tiny")(1).tolist() == [666]
    assert len(told(catalogue)) == 1


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
def test_what_was_changed_by_nobody_knows_whom_is_not_imported_under_a_policy(overwrite, policy):
    overwrite(OTHER, listed="")
    assert Catalogue().get("tiny")(1).tolist() == [666]
    del sys.modules["corp_inits"]
    with pytest.raises(BlockedNameError, match="which is not what corp-inits has installed, by its RECORD"):
        Catalogue(policy=policy).get("tiny")


@pytest.fixture
def inner(site):
    """Return a function that installs a package whose class lies in a module that it re-exports."""

    def install(content, *, listed=""):
        site.add("corp-inits", initializers={"tiny": "corp_inits:Tiny"})
        site.add("evil")
        (site.folder / "corp_inits").mkdir()
        (site.folder / INIT).write_text(REEXPORT)
        (site.folder / "corp_inits" / "_impl.py").write_text(content)
        rows = f"{INIT},{hashed(REEXPORT)},", f"corp_inits/_impl.py,{hashed(OWN)},"
        add_row(site, "corp_inits-1.0", "\n".join(rows))
        site.add_record("evil-1.0", *([listed] if listed else []))

    return install


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("corp_inits/_impl.py", "which evil has overwritten; uninstall evil and"),
        ("", "which is not what corp-inits has installed, by its RECORD"),
    ],
    ids=["by a package", "by nobody knows whom"],
)
def test_a_module_that_the_entry_does_not_name_is_not_imported_either(inner, policy, listed, why):
    inner(OTHER, listed=listed)
    with pytest.raises(EntryLoadError, match=rf"corp_inits\._impl is not imported, since .*_impl\.py, {why}"):
        Catalogue(policy=policy).get("tiny")
    assert "corp_inits._impl" not in sys.modules


PATHS = """
import os
__path__ = [os.path.join(os.path.dirname(__file__), "page")]
from corp_inits.page.inner import Tiny
"""


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
@pytest.mark.parametrize(("content", "listed"), [(OTHER, "corp_inits/page/inner.py"), (OTHER, ""), (OWN, "")])
def test_a_module_that_makes_itself_a_package_has_modules_too(site, policy, content, listed):
    """Its folder has no `__init__`, and stands beside it."""
    site.add("corp-inits", initializers={"tiny": "corp_inits.page:Tiny"})
    site.add("evil")
    (site.folder / "corp_inits" / "page").mkdir(parents=True)
    files = {INIT: "", "corp_inits/page.py": PATHS, "corp_inits/page/inner.py": content}
    for path, text in files.items():
        (site.folder / path).write_text(text)
    files["corp_inits/page/inner.py"] = OWN
    add_row(site, "corp_inits-1.0", "\n".join(f"{path},{hashed(text)}," for path, text in files.items()))
    site.add_record("evil-1.0", *([listed] if listed else []))
    if content == OWN:
        assert Catalogue(policy=policy).get("tiny")(1).tolist() == [1]
        return
    with pytest.raises(EntryLoadError, match=r"corp_inits\.page\.inner is not imported, since it lies in"):
        Catalogue(policy=policy).get("tiny")


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
def test_a_module_that_was_imported_before_counts_as_well(inner, policy):
    inner(OTHER, listed="corp_inits/_impl.py")
    assert Catalogue().get("tiny")(1).tolist() == [666]
    with pytest.raises(BlockedNameError, match=r"module corp_inits\._impl lies in .*, which evil has overwr"):
        Catalogue(policy=policy).get("tiny")


def test_a_module_that_is_still_its_packages_is_imported(inner):
    inner(OWN, listed="corp_inits/_impl.py")
    before = list(sys.meta_path)
    catalogue = Catalogue(policy=ALLOW)
    assert catalogue.get("tiny")(1).tolist() == [1]
    assert len(sys.meta_path) == len(before) + 1
    del catalogue
    gc.collect()
    assert sys.meta_path == before


def test_a_link_to_the_folder_of_the_packages_hides_nothing(overwrite):
    site = overwrite(OTHER, listed=f"../lib64/{INIT}")
    (site.folder.parent / "lib64").symlink_to(site.folder)
    assert len(told(Catalogue())) == 1
    with pytest.raises(BlockedNameError, match="which evil has overwritten"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.fixture
def with_bytecode(site):
    """Return a function that installs a package whose bytecode, which needs no source, is another's."""

    def install(*listed):
        site.add("corp-inits", initializers={"tiny": "corp_inits:Tiny"})
        site.add("evil")
        (site.folder / "corp_inits").mkdir()
        (site.folder / INIT).write_text(OWN)
        (site.folder / "evil.py").write_text(OTHER)
        bytecode = importlib.util.cache_from_source(str(site.folder / INIT))
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(site.folder / "evil.py"), cfile=bytecode, invalidation_mode=unchecked)
        place = os.path.relpath(bytecode, site.folder).replace(os.sep, "/")
        add_row(site, "corp_inits-1.0", f"{INIT},{hashed(OWN)},\n{place},,")
        site.add_record("evil-1.0", place, *listed)

    return install


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
@pytest.mark.parametrize("listed", [(), (INIT,)], ids=["it alone", "the source too"])
def test_bytecode_that_a_package_which_is_not_allowed_has_brought_is_not_run(with_bytecode, policy, listed):
    with_bytecode(*listed)
    assert Catalogue(policy=policy).get("tiny")(1).tolist() == [1]


def test_bytecode_that_another_package_has_brought_is_told(with_bytecode):
    with_bytecode()
    catalogue = Catalogue()
    assert catalogue.get("tiny")(1).tolist() == [666]
    (line,) = told(catalogue)
    assert ".pyc: is not what this package has installed, since evil 1.0 has it too" in line


def test_packages_that_share_a_source_may_both_list_its_bytecode(with_bytecode):
    with_bytecode(INIT)
    assert told(Catalogue()) == []


def test_a_package_around_a_module_is_looked_at_as_well(site):
    site.add("corp-inits", initializers={"tiny": "shared_ns.corp:Tiny"})
    site.add("frame")
    site.add("evil")
    (site.folder / "shared_ns").mkdir()
    (site.folder / "shared_ns" / "__init__.py").write_text("")
    (site.folder / "shared_ns" / "corp.py").write_text(OWN)
    site.add_record("corp_inits-1.0", "shared_ns/corp.py")
    add_row(site, "frame-1.0", f"shared_ns/__init__.py,{hashed('')},0")
    site.add_record("evil-1.0", "shared_ns/__init__.py")
    policy = {"mode": "allowlist", "allow": ["corp-inits", "frame"]}
    assert Catalogue(policy=policy).get("tiny")(1).tolist() == [1]
    del sys.modules["shared_ns"], sys.modules["shared_ns.corp"]
    (site.folder / "shared_ns" / "__init__.py").write_text("1 / 0")
    with pytest.raises(
        BlockedNameError, match=r"the module shared_ns lies in .*, which evil has overwritten"
    ):
        Catalogue(policy=policy).get("tiny")


@pytest.mark.parametrize("policy", one_in(2, {"none": None, "allowlist": ALLOW}))
def test_it_is_a_problem_of_its_package_and_cannot_be_locked(overwrite, policy):
    site = overwrite(OTHER)
    catalogue = Catalogue(policy=policy)
    (line,) = told(catalogue)
    what = "is not what this package has installed, since evil 1.0 has it too, and has overwritten it"
    assert line == f"corp-inits 1.0: {site.folder / INIT}: {what}; uninstall evil and reinstall corp-inits"
    with pytest.raises(UnlockableError, match=what):
        locking.lock(catalogue)


def test_of_a_package_that_the_policy_bars_nothing_is_said(overwrite):
    overwrite(OTHER)
    assert told(Catalogue(policy={"mode": "allowlist", "allow": ["evil"]})) == []


@pytest.mark.slow
def test_the_doctor_names_it(overwrite):
    overwrite(OTHER)
    assert [finding for finding in diagnose().findings if "evil 1.0 has it too" in str(finding)]


@pytest.mark.slow
def test_what_a_wheel_has_overwritten_is_not_imported(make_environment, tmp_path):
    environment = make_environment("seedbed[cli]")
    points = "[seedbed.initializers]\ntiny = corp_inits:Tiny\n"
    for name, source, own in (("corp-inits", OWN, points), ("evil", OTHER, "")):
        wheel = make_wheel(tmp_path, name, "1.0", files={INIT: source}, entry_points=own)
        environment.pip("install", "--no-index", "--no-deps", wheel)
    code = "import seedbed\ntry: print(seedbed.get('tiny')(1))\nexcept seedbed.SeedbedError as e: print(e)"
    assert environment.run_python(code) == "[666.]\n"
    policy = environment.root / "policy.toml"
    for table in ('mode = "allowlist"\nallow = ["corp-inits"]', 'mode = "open"\ndeny = ["evil"]'):
        policy.write_text(f"[tool.seedbed]\n{table}\n")
        extra = {"SEEDBED_POLICY": str(policy)}
        done = run(environment.python, "-c", code, cwd=environment.root, extra=extra)
        assert "which evil has overwritten; uninstall evil and reinstall corp-inits" in done.stdout
    said = "since evil 1.0 has it too, and has overwritten it"
    assert said in environment.run_seedbed("doctor", status=1).stdout
    assert said in environment.run_seedbed("lock", status=1).stdout


def test_a_package_that_the_policy_names_is_guarded_without_entries_of_its_own(site):
    asks = "from corp_utils import VALUE\n" + constant_class("Tiny", 1)
    site.add("corp-inits", initializers={"tiny": "corp_inits:Tiny"}, modules={"corp_inits": asks})
    add_row(site, "corp_inits-1.0", f"corp_inits.py,{hashed((site.folder / 'corp_inits.py').read_text())},")
    site.add("corp-utils", modules={"corp_utils": "VALUE = 666\n"})
    add_row(site, "corp_utils-1.0", f"corp_utils.py,{hashed('VALUE = 1')},")
    site.add("evil")
    site.add_record("evil-1.0", "corp_utils.py")
    with pytest.raises(EntryLoadError, match=r"corp_utils is not imported, .* which evil has overwritten"):
        Catalogue(policy={"mode": "allowlist", "allow": ["corp-inits", "corp-utils"]}).get("tiny")


@pytest.mark.parametrize("broken", [b"nowhere\xff.txt,,\n", b'"nowhere\xff",,\n'])
def test_a_row_that_is_no_utf8_hides_no_other(overwrite, broken):
    site = overwrite(OTHER)
    record = site.folder / "evil-1.0.dist-info" / "RECORD"
    record.write_bytes(broken + record.read_bytes())
    with pytest.raises(BlockedNameError, match="which evil has overwritten"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_record_that_is_a_loop_of_links_is_not_taken_for_none(overwrite):
    record = overwrite(OWN).folder / "evil-1.0.dist-info" / "RECORD"
    record.unlink()
    record.symlink_to(record)
    with pytest.raises(BlockedNameError, match=r"cannot be read .*, so that nobody knows what that package"):
        Catalogue(policy=ALLOW).get("tiny")


PRESETS = "corp_tables/catalogue.toml"
PRESET = '[presets.small_head]\npreset_of = "constant"\narguments = {{ value = {} }}\n'
LOAD = hook_module(
    'seedbed_initializers = seedbed.hookimpl(lambda: seedbed.presets.load("corp_tables", "catalogue.toml"))'
)


@pytest.fixture
def presets(site):
    """Return a function that installs a package whose preset file is its own, or another's."""

    def install(value, *, listed=True, init=True):
        site.add("corp-inits", plugins={"corp": "corp_plugin"})
        site.add("evil")
        site.add_module("corp_plugin", LOAD)
        (site.folder / "corp_tables").mkdir()
        (site.folder / PRESETS).write_text(PRESET.format(value))
        own = {"corp_plugin.py": LOAD, PRESETS: PRESET.format(1)}
        if init:
            (site.folder / "corp_tables/__init__.py").write_text("")
            own["corp_tables/__init__.py"] = ""
        record = site.add_record("corp_inits-1.0")
        rows = "".join(f"{path},{hashed(content)},\n" for path, content in own.items())
        record.write_text(record.read_text() + rows)
        site.add_record("evil-1.0", *([PRESETS] if listed else []))
        return site

    yield install
    sys.modules.pop("corp_tables", None)  # a namespace has no file by which others are forgotten


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
@pytest.mark.parametrize(("listed", "init"), [(True, True), (False, True), (True, False)])
def test_a_preset_file_that_another_package_has_overwritten_is_not_read(presets, policy, listed, init):
    presets(666, listed=listed, init=init)
    catalogue = Catalogue(policy=policy)
    with pytest.raises(UnknownNameError):
        catalogue.get("small_head")
    why = "which evil has overwritten; uninstall evil" if listed else "by its RECORD; reinstall corp-inits"
    assert any(
        "catalogue.toml is not read, since" in str(one) and why in str(one) for one in catalogue.problems
    )


@pytest.mark.parametrize("policy", [None, ALLOW, DENY], ids=["none", "allowlist", "deny"])
def test_a_preset_file_that_is_its_packages_own_is_read(presets, policy):
    presets(1)
    assert Catalogue(policy=policy).get("small_head")(1).tolist() == [1]


@pytest.mark.parametrize("policy", [ALLOW, DENY], ids=["allowlist", "deny"])
@pytest.mark.parametrize("kind", ["a zip file", "a folder"])
def test_a_preset_file_that_nobody_lists_is_not_read_from_elsewhere(
    presets, policy, tmp_path, monkeypatch, kind
):
    """The package has no code, so what comes first on the path may give it some."""
    presets(1, init=False)
    front = tmp_path / "front"
    (front / "corp_tables").mkdir(parents=True)
    (front / PRESETS).write_text(PRESET.format(666))
    (front / "corp_tables" / "__init__.py").write_text("")
    if kind == "a zip file":
        front = Path(shutil.make_archive(str(front), "zip", front))
    monkeypatch.syspath_prepend(front)
    assert Catalogue().get("small_head")(1).tolist() == [666]
    catalogue = Catalogue(policy=policy)
    assert "small_head" not in catalogue
    why = f"{front}/corp_tables/catalogue.toml, which is no file of corp-inits"
    assert any(why in str(one) for one in catalogue.problems)


@pytest.mark.parametrize("path", one_in(2, ["corp_inits/table.json", "corp_inits/deep/table.npy"]))
def test_doctor_and_lock_name_a_file_of_data_that_was_overwritten(overwrite, path):
    site = overwrite(OWN, listed=path)
    (site.folder / path).parent.mkdir(exist_ok=True)
    add_row(
        site, "corp_inits-1.0", f"{INIT},{hashed(OWN)},\n{path},{hashed('own')},\nLICENSE,{hashed('own')},"
    )
    (site.folder / "LICENSE").write_text("another's")
    (site.folder / path).write_text("own")
    add_row(site, "evil-1.0", "LICENSE,,")
    assert told(Catalogue()) == []
    add_row(site, "evil-1.0", f"LICENSE,,\n{path},,")
    (site.folder / path).write_text("another's")
    (problem,) = told(Catalogue())
    assert f"{path}: is not what this package has installed, since evil 1.0 has it too" in problem
    with pytest.raises(UnlockableError, match="is not what this package has installed"):
        locking.lock(Catalogue())


def test_doctor_and_lock_name_a_preset_file_that_was_overwritten_without_a_policy(presets):
    presets(666)
    (problem,) = told(Catalogue())
    assert problem.endswith(
        "since evil 1.0 has it too, and has overwritten it; uninstall evil and reinstall corp-inits"
    )
