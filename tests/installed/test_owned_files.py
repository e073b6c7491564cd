"""Which files a package has, by its RECORD: their digest, and classes that are another package's."""

import hashlib
import json
import os

import pytest
from fakes import constant_class, returning

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryLoadError, UnlockableError
from seedbed.governance.owned import owned
from seedbed.locking.entries import locked_entry
from seedbed.locking.survey import vouched

STEM = "acme-1.0"


@pytest.fixture
def acme(site):
    """Install a package with a RECORD, and return its metadata's folder."""
    site.add("acme", initializers={"tiny": "acme_pkg.tiny:Tiny"})
    package = site.folder / "acme_pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tiny.py").write_text(constant_class("Tiny", 1))
    site.add_record(STEM, "acme_pkg/__init__.py", "acme_pkg/tiny.py")
    return site.folder / f"{STEM}.dist-info"


def digest(folder):
    return owned(str(folder)).digest()


def add_rows(folder, *rows):
    with (folder / "RECORD").open("a") as record:
        record.writelines(f"{row}\n" for row in rows)


def test_the_digest_is_that_of_what_sha256sum_prints(acme):
    site = acme.parent
    names = sorted(
        [
            "acme-1.0.dist-info/METADATA",
            "acme-1.0.dist-info/entry_points.txt",
            "acme_pkg/__init__.py",
            "acme_pkg/tiny.py",
        ]
    )
    lines = [f"{hashlib.sha256((site / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    assert digest(acme) == "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def test_what_an_installer_writes_for_itself_does_not_count(acme):
    before = digest(acme)
    for name in ("INSTALLER", "REQUESTED", "uv_cache.json"):
        (acme / name).write_text("{}")
        add_rows(acme, f"{acme.name}/{name},,")
    (acme / "direct_url.json").write_text('{"url": "file:///home/me/acme.whl", "archive_info": {}}')
    add_rows(acme, f"{acme.name}/direct_url.json,,")
    add_rows(
        acme, "acme_pkg/__pycache__/tiny.cpython-311.pyc,,", "../../../bin/acme,sha256=x,3", "/etc/acme,,"
    )
    assert digest(acme) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda site: (site / "acme_pkg/tiny.py").write_text("# another\n"),
        lambda site: add_rows(site / "acme-1.0.dist-info", "acme_pkg/data.bin,,"),
        lambda site: (site / "acme-1.0.dist-info/entry_points.txt").write_text("[seedbed.initializers]\n"),
    ],
    ids=["another content", "another file", "another entry point"],
)
def test_every_other_change_counts(acme, change):
    (acme.parent / "acme_pkg/data.bin").write_bytes(b"\0")
    before = digest(acme)
    change(acme.parent)
    assert digest(acme) != before


def test_a_file_under_another_name_counts(acme):
    before = digest(acme)
    (acme.parent / "acme_pkg/tiny.py").rename(acme.parent / "acme_pkg/other.py")
    text = (acme / "RECORD").read_text()
    (acme / "RECORD").write_text(text.replace("tiny.py", "other.py"))
    assert digest(acme) != before


def test_data_beside_a_module_of_its_folders_name_is_vouched_for(acme):
    (acme.parent / "acme_pkg/tiny").mkdir()
    (acme.parent / "acme_pkg/tiny/template.py").write_text("{{ nothing that Python could import }}")
    add_rows(acme, "acme_pkg/tiny/template.py,,")
    files, _ = vouched(str(acme))
    assert list(files.modules) == ["acme_pkg", "acme_pkg.tiny", "acme_pkg.tiny.template"]


def test_a_long_default_is_locked_as_its_digest(site):
    constructor = "    def __init__(self, table=(0.123456789,) * 1000):\n        pass\n"
    source = constant_class("Tiny", 1) + constructor
    site.add("acme", initializers={"tiny": "acme_mod:Tiny"}, modules={"acme_mod": source})
    catalogue = Catalogue()
    row = locked_entry(catalogue, catalogue.entry("tiny"))
    content = json.dumps([0.123456789] * 1000).encode()
    digest = hashlib.sha256(content).hexdigest()
    assert row.parameters == {"table": f"sha256:{digest} of {len(content):,} characters"}


def test_names_with_commas_and_quotes_are_read(acme):
    name = 'acme_pkg/a, "b".txt'
    (acme.parent / name).write_text("content")
    add_rows(acme, '"acme_pkg/a, ""b"".txt",sha256=x,7')
    assert name in owned(str(acme)).files


def test_without_a_record_nothing_is_known(site):
    site.add("acme")
    assert owned(str(site.folder / f"{STEM}.dist-info")) is None
    assert owned("importlib_metadata.PathDistribution") is None
    archive = site.folder / "acme.zip"
    archive.write_bytes(b"PK")
    assert owned(str(archive / f"{STEM}.dist-info")) is None


def make_missing(place):
    place.unlink()


def make_link(place):
    place.rename(place.with_name("elsewhere.txt"))
    place.symlink_to(place.with_name("elsewhere.txt"))


def make_loop(place):
    place.unlink()
    place.symlink_to(place)


def make_linked_folder(place):
    folder = place.parent
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def make_folder(place):
    place.unlink()
    place.mkdir()


def make_fifo(place):
    place.unlink()
    os.mkfifo(place)


@pytest.mark.skipif(os.name == "nt", reason="links and FIFOs")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_missing, "tiny.py is missing; reinstall the package"),
        (make_link, "tiny.py is a symbolic link, or lies behind one"),
        (make_loop, "tiny.py cannot be read .*symbolic links"),
        (make_linked_folder, "py is a symbolic link, or lies behind one"),
        (make_folder, "tiny.py is not a regular file"),
        (make_fifo, "tiny.py is not a regular file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_cannot_be_vouched_for_is_named(acme, make, message):
    make(acme.parent / "acme_pkg" / "tiny.py")
    with pytest.raises(UnlockableError, match=message):
        digest(acme)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(acme):
    (acme.parent / "acme_pkg" / "tiny.py").chmod(0)
    with pytest.raises(UnlockableError, match=r"tiny\.py cannot be read \(PermissionError"):
        digest(acme)


@pytest.mark.skipif(os.name == "nt", reason="FIFOs")
@pytest.mark.parametrize("make", [make_folder, make_fifo])
def test_a_record_that_is_no_file_is_named(acme, make):
    make(acme / "RECORD")
    with pytest.raises(UnlockableError, match=r"RECORD is a \w+ and not a regular file"):
        digest(acme)


def test_a_record_in_another_encoding_is_named(acme):
    (acme / "RECORD").write_bytes(b"\xff\xfe,,\n")
    with pytest.raises(UnlockableError, match=r"RECORD cannot be read \(UnicodeDecodeError"):
        digest(acme)


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ('{"url": "file:///src", "dir_info": {"editable": true}}', "it is an editable install"),
        ("{", "direct_url.json is not valid JSON"),
    ],
)
def test_an_editable_install_has_no_digest(acme, note, message):
    (acme / "direct_url.json").write_text(note)
    with pytest.raises(UnlockableError, match=message):
        digest(acme)


@pytest.mark.parametrize("note", ["[]", '{"dir_info": []}', '{"dir_info": {"editable": false}}'])
def test_any_other_origin_has_one(acme, note):
    (acme / "direct_url.json").write_text(note)
    assert digest(acme).startswith("sha256:")


def test_a_package_that_adds_to_the_path_has_none(acme):
    (acme.parent / "acme.pth").write_text("/somewhere\n")
    add_rows(acme, "acme.pth,,")
    with pytest.raises(UnlockableError, match=r"it has acme\.pth, which can put any folder on the path"):
        digest(acme)


@pytest.mark.parametrize(
    "stray", ["acme_pkg/tiny{suffix}", "acme_pkg/tiny/__init__.py", "acme_pkg/deep/er/more.py"]
)
def test_a_module_in_a_package_that_its_record_does_not_list_is_named(acme, stray):
    """The first two would be imported in the place of `acme_pkg/tiny.py`."""
    import importlib.machinery

    place = acme.parent / stray.format(suffix=importlib.machinery.EXTENSION_SUFFIXES[0])
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("")
    with pytest.raises(UnlockableError, match=rf"{place.name} is not in its RECORD, and could be imported"):
        digest(acme)


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_linked_folder_of_modules_in_a_package_is_named(acme, tmp_path):
    (tmp_path / "evil").mkdir()
    (acme.parent / "acme_pkg" / "tiny").symlink_to(tmp_path / "evil")
    with pytest.raises(UnlockableError, match="tiny is not in its RECORD"):
        digest(acme)


def test_what_is_no_module_or_is_anothers_is_let_be(acme):
    site = acme.parent
    before = digest(acme)
    (site / "acme_pkg/__pycache__").mkdir()
    (site / "acme_pkg/__pycache__/tiny.cpython-311.pyc").write_bytes(b"")
    (site / "acme_pkg/cache.json").write_text("{}")
    (site / "other.py").write_text("")
    assert digest(acme) == before


def test_a_file_is_found_in_every_spelling_of_its_path(acme, tmp_path, monkeypatch):
    files = owned(str(acme))
    monkeypatch.chdir(acme.parent)
    assert files.has("acme_pkg/../acme_pkg/tiny.py")
    if os.name != "nt":
        (tmp_path / "other_way").symlink_to(acme.parent)
        assert files.has(str(tmp_path / "other_way" / "acme_pkg" / "tiny.py"))
    assert not files.has(str(acme.parent / "acme_pkg" / "tiny.txt"))
    assert not files.has(str(tmp_path / "acme_pkg" / "tiny.py"))


class TestATargetThatBelongsToAnotherPackage:
    @pytest.fixture
    def borrower(self, site, acme):
        """Install a package whose entry points at a class of `acme`."""
        site.add(
            "borrower",
            version="3.1",
            initializers={
                "borrowed": "borrower_mod:Tiny",
                "lent": "acme_pkg.tiny:Tiny",
                "own": "borrower_mod:Own",
            },
            modules={"borrower_mod": "from acme_pkg.tiny import Tiny\nclass Own(Tiny): pass\n"},
        )
        site.add_record("borrower-3.1", "borrower_mod.py")
        return site

    @pytest.mark.usefixtures("borrower")
    @pytest.mark.parametrize("name", ["borrowed", "lent"])
    def test_is_a_failure_of_that_entry_alone(self, name):
        catalogue = Catalogue()
        for _ in range(2):
            with pytest.raises(EntryLoadError) as caught:
                catalogue.get(name)
            assert f"borrower:{name} (borrower==3.1) points at " in str(caught.value)
            assert str(caught.value).endswith(
                "whose class is defined in the module acme_pkg.tiny, which belongs to acme; "
                "give the entry preset_of='acme:name' instead of a target"
            )
        assert catalogue.get("own")(1).tolist() == [1]
        assert catalogue.get("tiny")(1).tolist() == [1]

    def test_of_core_names_core(self, site):
        site.add("borrower", initializers={"nought": "seedbed.standard.constants:Zeros"})
        site.add_record("borrower-1.0")
        with pytest.raises(
            EntryLoadError, match="belongs to seedbed; give the entry preset_of='seedbed:name'"
        ):
            Catalogue().get("nought")

    def test_of_no_package_names_the_file(self, site, make_site):
        site.add("shadowed", initializers={"tiny": "shadowed_mod:Tiny"})
        site.add_module("shadowed_mod", constant_class("Tiny", 1))
        site.add_record("shadowed-1.0", "shadowed_mod.py")
        make_site("in_front").add_module("shadowed_mod", constant_class("Tiny", 2))
        with pytest.raises(
            EntryLoadError, match=r"which no installed package has \(.*in_front.*shadowed_mod\.py"
        ):
            Catalogue().get("tiny")

    def test_that_a_hook_returned_is_one_too(self, site, acme):
        site.add(
            "borrower",
            plugins={"borrower": "borrower_plugin"},
            modules={
                "borrower_plugin": "from acme_pkg.tiny import Tiny\n" + returning("[Entry('borrowed', Tiny)]")
            },
        )
        site.add_record("borrower-1.0", "borrower_plugin.py")
        with pytest.raises(EntryLoadError, match="which belongs to acme"):
            Catalogue().get("borrowed")

    def test_is_nobodys_business_where_no_files_are_known(self, borrower):
        (borrower.folder / "borrower-3.1.dist-info" / "RECORD").unlink()
        assert Catalogue().get("borrowed")(1).tolist() == [1]

    def test_is_nobodys_business_in_an_editable_install(self, borrower):
        note = borrower.folder / "borrower-3.1.dist-info" / "direct_url.json"
        note.write_text('{"url": "file:///src", "dir_info": {"editable": true}}')
        assert Catalogue().get("borrowed")(1).tolist() == [1]

    def test_cannot_be_told_from_a_record_that_cannot_be_read(self, borrower):
        (borrower.folder / "borrower-3.1.dist-info" / "RECORD").write_bytes(b"\xff")
        with pytest.raises(EntryLoadError, match=r"borrower:own .*RECORD cannot be read") as caught:
            Catalogue().get("own")
        assert isinstance(caught.value.__cause__, UnlockableError)

    def test_is_told_with_a_broken_record_of_a_third_package_around(self, borrower):
        borrower.add("abroken")
        borrower.add_record("abroken-1.0").write_bytes(b"\xff")
        with pytest.raises(EntryLoadError, match="which belongs to acme"):
            Catalogue().get("borrowed")

    def test_is_reached_by_a_preset(self, borrower):
        borrower.add(
            "presets",
            plugins={"presets": "presets_plugin"},
            modules={"presets_plugin": returning("[Entry('minute', preset_of='acme:tiny')]")},
        )
        borrower.add_record("presets-1.0", "presets_plugin.py")
        assert Catalogue().get("minute")(1).tolist() == [1]


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_files_by_way_of_a_link_to_the_folder_are_the_packages_own(site, tmp_path):
    (tmp_path / "lib64").symlink_to(site.folder)
    site.add("acme", modules={"acme_mod": "", "hidden_mod": ""})
    site.add_record("acme-1.0", "acme_mod.py", "../lib64/hidden_mod.py", "../lib64/hid.pth", "../bin/acme")
    files = owned(str(site.folder / "acme-1.0.dist-info"))
    assert {"acme_mod.py", "hidden_mod.py", "hid.pth"} <= files.files.keys()
    assert "../bin/acme" not in files.files
    assert files.elsewhere == "it has hid.pth, which can put any folder on the path"
