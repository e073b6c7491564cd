"""A package is who it says it is: metadata that another one has brought takes nobody's place."""

import os
import shutil
import sys
import time
import zipfile
from pathlib import Path

import pytest
from environments import run
from fakes import constant_class, returning
from handmade import make_wheel

from seedbed import locking
from seedbed.catalogue.catalogue import Catalogue
from seedbed.discovery import claims
from seedbed.errors import BlockedNameError, EntryLoadError, UnlockableError
from seedbed_tools.doctor import diagnose

POINTS = "[seedbed.initializers]\ntiny = {module}:Tiny\n"
EVIL_POINTS = POINTS.format(module="aaa_evil")
EVIL = "import pathlib; pathlib.Path(__file__).with_suffix('.imported').touch()\n" + constant_class(
    "Tiny", 666
)
ALLOW = {"mode": "allowlist", "allow": ["corp-inits"]}


def metadata(version, name="corp-inits"):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


@pytest.fixture
def corp(site):
    """Install a package."""
    modules = {"corp_inits": constant_class("Tiny", 1)}
    site.add("corp-inits", initializers={"tiny": "corp_inits:Tiny"}, modules=modules)
    site.add_record("corp_inits-1.0", "corp_inits.py")
    return site


def smuggle(site, stem="corp_inits-9.9", *, points=EVIL_POINTS, listed="{folder}/METADATA"):
    """Install a package that has brought the metadata folder of another one."""
    version = stem.rpartition("-")[2]
    folder = site.add_metadata(stem, metadata=metadata(version), entry_points=points)
    site.add("aaa-evil", modules={"aaa_evil": EVIL})
    site.add_record("aaa_evil-1.0", "aaa_evil.py", listed.format(folder=folder.name))
    return folder


def problems(catalogue, part):
    return [str(problem) for problem in catalogue.problems if part in str(problem)]


@pytest.mark.parametrize(
    "policy", [None, {"mode": "open", "deny": ["x"]}, ALLOW], ids=["none", "open", "allow"]
)
@pytest.mark.parametrize("stem", ["corp_inits-9.9", "corp_inits-1.0.0", "Corp.Inits-1.0", "corp_inits-0.1"])
@pytest.mark.parametrize(
    "points", [POINTS.format(module="aaa_evil"), ""], ids=["other entries", "no entries"]
)
def test_folders_that_contradict_each_other_serve_nothing_and_are_named(corp, policy, stem, points):
    """Neither a newer nor an older version, nor one that compares equal, nor another spelling decides it."""
    folder = smuggle(corp, stem, points=points)
    catalogue = Catalogue(policy=policy)
    for name in ("tiny", "Tiny", "corp-inits:tiny"):
        with pytest.raises(EntryLoadError) as caught:
            catalogue.get(name)
        assert str(folder) in str(caught.value)
        assert str(corp.folder / "corp_inits-1.0.dist-info") in str(caught.value)
    assert not {"aaa_evil", "corp_inits"} & sys.modules.keys()
    assert [entry for entry in catalogue if entry.provider == "corp-inits"] == []


def test_a_name_that_contradicting_folders_have_goes_to_nobody_else(corp):
    rival = {"rival_inits": constant_class("Tiny", 2)}
    corp.add("rival", initializers={"tiny": "rival_inits:Tiny"}, modules=rival)
    smuggle(corp)
    for policy in (None, {"mode": "open", "prefer": {"tiny": "corp-inits"}}):
        catalogue = Catalogue(policy=policy)
        with pytest.raises(EntryLoadError, match="stand beside each other"):
            catalogue.get("tiny")
        assert catalogue.get("rival:tiny")(1).tolist() == [2]
        standings = {row.full_name: row.kind for row in catalogue.choice("tiny").candidates}
        assert standings["rival:tiny"] == "ambiguous"
    assert Catalogue(policy={"mode": "open", "prefer": {"tiny": "rival"}}).get("tiny")(1).tolist() == [2]
    assert Catalogue(policy={"mode": "open", "deny": ["corp-inits"]}).get("tiny")(1).tolist() == [2]


def test_metadata_in_the_name_of_core_takes_no_name_from_anybody(corp):
    for version in ("8.0", "9.0"):
        points = POINTS.format(module=f"evil_{version[0]}")
        corp.add_metadata(f"seedbed-{version}", metadata=metadata(version, "seedbed"), entry_points=points)
    assert Catalogue().get("tiny")(1).tolist() == [1]
    assert problems(Catalogue(), "stand beside each other")


def test_hooks_that_contradict_each_other_are_not_run(corp):
    smuggle(corp, points="[seedbed.plugins]\np = aaa_evil\n")
    catalogue = Catalogue()
    with pytest.raises(LookupError, match=r"broken packages may have had it .*stand beside each other"):
        catalogue.get("some_name_of_a_hook")
    assert "aaa_evil" not in sys.modules


def test_entry_points_that_cannot_be_read_contradict_those_that_can(corp):
    smuggle(corp, points="[seedbed.initializers]\nno_equals_sign\n")
    with pytest.raises(EntryLoadError, match="stand beside each other"):
        Catalogue().get("tiny")


def test_of_folders_that_say_the_same_one_that_was_brought_along_serves_nothing_under_a_policy(corp):
    smuggle(corp, points=POINTS.format(module="corp_inits"))
    assert Catalogue().entry("tiny").version == "9.9"
    assert Catalogue(policy=ALLOW).entry("tiny").version == "1.0"
    with pytest.raises(BlockedNameError, match=r"deny\[0\]"):
        Catalogue(policy={"mode": "open", "deny": ["corp-inits==1.0"]}).get("tiny")


WAYS = {
    "plainly": "{folder}/METADATA",
    "by its entry points alone": "{folder}/entry_points.txt",
    "by another way": "../site/./{folder}/METADATA",
    "in quotes": '"{folder}/METADATA"',
    "as a folder": "{folder}/",
    "through a folder that is not there": "nowhere/../{folder}/METADATA",
    "through a folder that is not there, far away": "nowhere/no/../../x-info/../{folder}/METADATA",
    "with much in front": "./" * 2100 + "{folder}/METADATA",
}


@pytest.mark.parametrize("listed", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("stem", ["corp_inits-9.9", 'corp_inits-9"9', "corp_inits-9\n9"])
def test_a_folder_that_another_record_lists_serves_nothing_under_a_policy(site, listed, stem):
    if stem != "corp_inits-9.9":
        listed = '"' + listed.strip('"').replace("{folder}", stem.replace('"', '""') + ".dist-info") + '"'
    folder = smuggle(site, stem, listed=listed)
    (folder / "METADATA").write_text(metadata("9.9"))
    for policy in (ALLOW, {"mode": "open", "deny": ["x"]}):
        catalogue = Catalogue(policy=policy)
        with pytest.raises(
            BlockedNameError, match=r"was brought by another package: .*aaa_evil-1\.0.dist-info/RECORD"
        ):
            catalogue.get("tiny")
        assert catalogue.blocked[0].provider == "corp-inits"
    assert "aaa_evil" not in sys.modules


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_folder_is_known_in_every_spelling(site, tmp_path):
    (tmp_path / "lib64").symlink_to(site.folder)
    smuggle(site, listed="../lib64/{folder}/METADATA")
    with pytest.raises(BlockedNameError, match="was brought by another package"):
        Catalogue(policy=ALLOW).get("tiny")


@pytest.mark.parametrize("ending", [".egg-info", "-py3.11.egg/EGG-INFO", ".zip"])
def test_old_folders_eggs_and_archives_are_brought_along_too(site, ending, monkeypatch):
    place = site.folder / f"corp_inits-9.9{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("corp_inits-9.9.dist-info/METADATA", metadata("9.9"))
            archive.writestr("corp_inits-9.9.dist-info/entry_points.txt", POINTS.format(module="aaa_evil"))
        listed, root = place.name, place
    else:
        place.mkdir(parents=True)
        (place / "PKG-INFO").write_text(metadata("9.9"))
        (place / "entry_points.txt").write_text(POINTS.format(module="aaa_evil"))
        listed, root = f"{place.relative_to(site.folder)}/PKG-INFO", place.parent
    sys.path.append(str(root))
    site.add("aaa-evil", modules={"aaa_evil": EVIL})
    site.add_record("aaa_evil-1.0", "aaa_evil.py", listed)
    assert Catalogue().entry("tiny").provider == "corp-inits"
    with pytest.raises(BlockedNameError, match="was brought by another package"):
        Catalogue(policy=ALLOW).get("tiny")
    assert problems(Catalogue(), "was brought by another package")


def test_where_a_record_was_brought_along_nothing_is_believed(site):
    """What the package of that RECORD has brought was in the RECORD that is gone."""
    smuggle(site, listed="aaa_evil.py")
    site.add("bbb-evil")
    site.add_record("bbb_evil-1.0", "aaa_evil-1.0.dist-info/RECORD")
    with pytest.raises(BlockedNameError, match="nobody knows what that package has brought"):
        Catalogue(policy=ALLOW).get("tiny")
    assert problems(Catalogue(), "nobody knows what that package has brought")


UNKNOWN = {
    "a FIFO": (os.mkfifo, "is a FIFO and not a regular file"),
    "a directory": (Path.mkdir, "is a directory and not a regular file"),
    "too large": (lambda file: file.write_bytes(b"x" * 2000), "has more than 1,000 bytes, the most that are"),
}


@pytest.mark.skipif(os.name == "nt", reason="FIFOs")
@pytest.mark.parametrize(("make", "why"), UNKNOWN.values(), ids=UNKNOWN)
def test_where_nobody_knows_what_a_record_lists_nothing_is_believed(corp, make, why, monkeypatch):
    monkeypatch.setattr(claims, "_LIMIT", 1000)
    corp.add("aaa-evil")
    record = corp.folder / "aaa_evil-1.0.dist-info" / "RECORD"
    make(record)
    monkeypatch.setattr(sys, "path", [str(corp.folder)])
    with pytest.raises(BlockedNameError) as caught:
        Catalogue(policy=ALLOW).get("tiny")
    assert f"{record} {why}" in str(caught.value)
    assert "nobody knows what that package has brought; reinstall it" in str(caught.value)
    assert problems(Catalogue(), f"{record} {why}")


@pytest.mark.parametrize("end", ["METADATA", "RECORD"])
def test_very_long_paths_in_a_record_are_soon_read(corp, end):
    deep = "tools/" + "x-info/" * 400
    (corp.folder / deep).mkdir(parents=True)
    corp.add("tools")
    lines = [f"{deep}{end}", f"{'y-info/' * 10_000}{end}", f"{'z-info/' * 400}{end}", f"{deep[:-1]}y/{end}"]
    corp.add_record("tools-1.0", *(lines * 25))
    started = time.process_time()
    assert Catalogue(policy=ALLOW).get("tiny")(1).tolist() == [1]
    assert time.process_time() - started < 5  # asking for each part of each path takes minutes


def test_metadata_of_vendored_packages_harms_nobody(corp, monkeypatch):
    vendored = corp.folder / "tools" / "_vendor"
    (vendored / "six-1.0.dist-info").mkdir(parents=True)
    (vendored / "six-1.0.dist-info" / "METADATA").write_text(metadata("1.0", "six"))
    corp.add("tools")
    corp.add_record(
        "tools-1.0", *(f"tools/_vendor/six-1.0.dist-info/{name}" for name in ("METADATA", "RECORD"))
    )
    monkeypatch.syspath_prepend(vendored)
    assert Catalogue(policy=ALLOW).get("tiny")(1).tolist() == [1]
    assert problems(Catalogue(), "six") == []


def test_a_look_up_without_a_policy_reads_no_record(corp, monkeypatch):
    import builtins

    opened = []
    for module, name in ((builtins, "open"), (os, "open")):
        real = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda path, *rest, _real=real, **more: (opened.append(str(path)), _real(path, *rest, **more))[1],
        )
    corp.add("other")
    corp.add_record("other-1.0")
    catalogue = Catalogue()
    assert catalogue.entry("tiny").version == "1.0"
    assert [path for path in opened if path.endswith("RECORD")] == []
    assert catalogue.problems is not None
    assert f"{corp.folder}/other-1.0.dist-info/RECORD" in opened


@pytest.mark.slow
def test_a_lock_is_not_made_and_the_doctor_tells_without_a_policy(site):
    smuggle(site)
    with pytest.raises(UnlockableError, match="was brought by another package"):
        locking.lock(Catalogue(policy={"mode": "allowlist", "allow": ["corp-inits"]}))
    with pytest.raises(UnlockableError, match="was brought by another package"):
        locking.lock(Catalogue())
    told = [finding for finding in diagnose(limit=30).findings if "was brought by another" in finding.what]
    assert [(finding.kind, finding.source) for finding in told] == [("smuggled", "corp-inits 9.9")]


@pytest.fixture
def denied(site):
    """Install a package, and another that points at its module."""
    site.add("other-inits", modules={"other_inits": EVIL.replace("Tiny", "Oth")})
    site.add_record("other_inits-1.0", "other_inits.py")
    points = {"good_init": "other_inits:Oth", "own_init": "good_inits:Own"}
    hook = returning("[Entry('hooked_init', 'other_inits:Oth')]")
    modules = {"good_inits": constant_class("Own", 3), "good_plugin": hook}
    site.add("good", initializers=points, plugins={"p": "good_plugin"}, modules=modules)
    site.add_record("good-1.0", "good_inits.py", "good_plugin.py")
    return site


POLICIES = [{"mode": "allowlist", "allow": ["good"]}, {"mode": "open", "deny": ["other-inits"]}]


@pytest.mark.parametrize("policy", POLICIES, ids=["allowlist", "open"])
def test_a_module_of_a_denied_package_is_not_imported_through_an_entry_of_another(denied, policy):
    catalogue = Catalogue(policy=policy)
    for name in ("good_init", "good:good_init", "hooked_init"):
        with pytest.raises(
            BlockedNameError, match=r"the module other_inits lies in .*, which is other-inits's"
        ):
            catalogue.get(name)
    assert "other_inits" not in sys.modules
    assert catalogue.get("own_init")(1).tolist() == [3]


@pytest.mark.parametrize("policy", POLICIES, ids=["allowlist", "open"])
@pytest.mark.parametrize("change", ["no RECORD", "a .pth file", "a RECORD that is no text"])
def test_a_package_whose_files_nobody_knows_opens_no_door_either(denied, policy, change):
    record = denied.folder / "good-1.0.dist-info" / "RECORD"
    if change == "no RECORD":
        record.unlink()
    elif change == "a .pth file":
        (denied.folder / "good.pth").write_text("")
        record.write_text(record.read_text() + "good.pth,,\n")
    else:
        record.write_bytes(b"\xff\n" + record.read_bytes())
    with pytest.raises(BlockedNameError, match="which is other-inits's"):
        Catalogue(policy=policy).get("good_init")
    assert "other_inits" not in sys.modules


def test_a_package_around_a_module_is_another_s_that_the_policy_judges(site):
    package = site.folder / "corp"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inits.py").write_text(constant_class("Tiny", 1))
    site.add("corp-core")
    site.add_record("corp_core-1.0", "corp/__init__.py")
    site.add("corp-inits", initializers={"tiny": "corp.inits:Tiny"})
    site.add_record("corp_inits-1.0", "corp/inits.py")
    with pytest.raises(BlockedNameError, match=r"the module corp lies in .*, which is corp-core's"):
        Catalogue(policy=ALLOW).get("tiny")
    both = {"mode": "allowlist", "allow": ["corp-inits", "corp-core"]}
    assert Catalogue(policy=both).get("tiny")(1).tolist() == [1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "version"), [((), "9.9"), (("-P",), "1.0")], ids=["python -c", "python -P -c"]
)
def test_python_c_finds_metadata_in_the_working_directory_and_p_does_not(corp, tmp_path, options, version):
    """It is the first folder of the path, so what lies there counts; of a script it is the script's own."""
    here = tmp_path / "here"
    (here / "corp_inits-9.9.dist-info").mkdir(parents=True)
    (here / "corp_inits-9.9.dist-info" / "METADATA").write_text(metadata("9.9"))
    (here / "corp_inits-9.9.dist-info" / "entry_points.txt").write_text(POINTS.format(module="corp_inits"))
    code = "import seedbed; print(seedbed.catalogue().entry('tiny').version)"
    extra = {"PYTHONPATH": str(corp.folder)}
    assert run(sys.executable, *options, "-c", code, cwd=here, extra=extra).stdout.strip() == version
    listing = (sys.executable, *options, "-m", "seedbed", "list", "tiny")
    assert version in run(*listing, cwd=here, extra=extra | {"COLUMNS": "400"}).stdout
    (here / "script.py").write_text(code)
    assert run(sys.executable, here / "script.py", cwd=tmp_path, extra=extra).stdout.strip() == "9.9"


TINY = {"corp_inits.py": constant_class("Tiny", 1)}
STEM = "aaa_evil-1.0.data/purelib/{stem}.dist-info"


def evil_wheel(folder, stem, points, name="aaa-evil"):
    place = STEM.format(stem=stem).replace("aaa_evil", name.replace("-", "_"))
    files = {
        "aaa_evil.py": EVIL,
        f"{place}/METADATA": metadata(stem.rpartition("-")[2]),
        f"{place}/entry_points.txt": points,
    }
    return make_wheel(folder, name, "1.0", files=files, entry_points="")


ASK = """
import json, sys, seedbed
for name in ("tiny", "corp-inits:tiny"):
    try:
        print(seedbed.get(name)(1).tolist(), seedbed.catalogue().entry(name).version)
    except seedbed.SeedbedError as error:
        print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def environment(make_environment):
    """Return an environment with the command line, which every test leaves as it was."""
    return make_environment("seedbed[cli]")


@pytest.mark.slow
class TestWheels:
    @pytest.fixture(params=["pip", "uv"])
    def install(self, request, environment):
        """Return a function that installs wheels, which are removed again."""
        if request.param == "uv" and shutil.which("uv") is None:
            pytest.skip("there is no uv")

        def install(*wheels):
            if request.param == "pip":
                environment.pip("install", "--no-index", "--no-deps", *wheels)
            else:
                run("uv", "pip", "install", "--offline", "--no-deps", "--python", environment.python, *wheels)

        yield install
        for name in ("aaa_evil", "bbb_evil", "corp_inits"):  # of which some cannot be uninstalled any more
            for left in environment.site_packages.glob(f"{name}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()

    @pytest.fixture
    def ask(self, environment, tmp_path):
        def ask(allow):
            policy = tmp_path / "policy.toml"
            policy.write_text(f"[tool.seedbed]\nmode = 'allowlist'\nallow = ['{allow}']\n")
            extra = {"SEEDBED_POLICY": str(policy)} if allow else {}
            mark = environment.site_packages / "aaa_evil.imported"
            mark.unlink(missing_ok=True)
            said = run(
                environment.python, "-P", "-c", ASK, cwd=environment.root, extra=extra
            ).stdout.splitlines()
            assert not mark.exists()
            return said

        return ask

    @pytest.mark.parametrize("version", ["9.9", "1.0.0"])
    def test_metadata_of_an_allowed_package_in_another_s_wheel_takes_nothing_over(
        self, environment, install, ask, tmp_path, version
    ):
        corp = make_wheel(
            tmp_path, "corp-inits", "1.0", files=TINY, entry_points=POINTS.format(module="corp_inits")
        )
        evil = evil_wheel(tmp_path, f"corp_inits-{version}", POINTS.format(module="aaa_evil"))
        install(corp)
        assert ask("corp-inits") == ask("corp-inits==1.0") == ["[1.0] 1.0"] * 2
        install(evil)
        for allow in ("corp-inits", "corp-inits==1.0", ""):
            for line in ask(allow):
                assert line.startswith("EntryLoadError")
                assert f"corp_inits-{version}.dist-info" in line
                assert "corp_inits-1.0.dist-info" in line
        assert "stand beside each other" in environment.run_seedbed("lock", status=1).stdout
        assert "stand beside each other" in environment.run_seedbed("doctor", status=1).stdout

    def test_nor_does_it_where_the_allowed_package_is_not_installed(
        self, environment, install, ask, tmp_path
    ):
        install(evil_wheel(tmp_path, "corp_inits-9.9", POINTS.format(module="aaa_evil")))
        for line in ask("corp-inits"):
            assert line.startswith("BlockedNameError")
            assert "aaa_evil-1.0.dist-info/RECORD lists " in line
        assert "was brought by another package" in environment.run_seedbed("lock", status=1).stdout
        assert "was brought by another package" in environment.run_seedbed("doctor", status=1).stdout

    def test_nor_where_a_second_wheel_hides_what_the_first_has_brought(self, install, ask, tmp_path):
        install(evil_wheel(tmp_path, "corp_inits-9.9", POINTS.format(module="aaa_evil")))
        record = "bbb_evil-1.0.data/purelib/aaa_evil-1.0.dist-info/RECORD"
        install(make_wheel(tmp_path, "bbb-evil", "1.0", files={record: "aaa_evil.py,,\n"}, entry_points=""))
        for line in ask("corp-inits"):
            assert line.startswith("BlockedNameError")
            assert "nobody knows what that package has brought" in line
