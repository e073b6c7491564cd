"""Files and folders are written wholly or not at all: on full disks, through kills, beside readers."""

import errno
import os
import random
import re
import resource
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from seedbed import files, unfinished
from seedbed.files import is_stream, whole_file, whole_folder, write_file
from seedbed.governance import Lock, LockedEntry
from seedbed_tools.scaffold import Package
from seedbed_tools.scaffold import write as write_package

pytestmark = pytest.mark.skipif(os.name != "posix", reason="of POSIX: modes, links, pipes, signals")

needs_root = pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root gives files away")
NOBODY = 65534

OLD, NEW = b"old\n" * 100, b"new\n" * 100


@pytest.fixture
def old(tmp_path):
    """Return a file that is there already."""
    path = tmp_path / "file"
    path.write_bytes(OLD)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def python(code, *arguments, **options):
    """Start a process with some code."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture
def shared():
    """Return a file that is there already, in a folder that everybody may write to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        path = Path(folder) / "file"
        path.write_bytes(OLD)
        yield path


WRITE = f"""
import os, sys
from seedbed.files import write_file

if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
try:
    write_file(sys.argv[1], b"new")
except OSError as error:
    print(error)
"""
"""Writes as somebody who may not do everything, which the tests' own user may be."""


def write(path, *, before_the_end, **options):
    with whole_file(path, **options) as file:
        file.write(NEW)
        before_the_end()


def make_folder(path, *, before_the_end):
    with whole_folder(path) as folder:
        (folder / "file").write_bytes(NEW)
        before_the_end()


def interrupt():
    raise KeyboardInterrupt


class TestWhatIsThereAlready:
    def test_it_is_replaced(self, old):
        write_file(old, NEW)
        assert old.read_bytes() == NEW
        assert names(old.parent) == ["file"]

    def test_it_stays_if_the_block_raises(self, old):
        with pytest.raises(KeyboardInterrupt):
            write(old, before_the_end=interrupt)
        assert old.read_bytes() == OLD
        assert names(old.parent) == ["file"]

    def test_whoever_has_it_open_reads_it_to_its_end(self, old):
        with old.open("rb") as reader:
            half = reader.read(200)
            write_file(old, NEW)
            assert half + reader.read() == OLD

    def test_nothing_of_the_new_is_seen_before_it_is_whole(self, old):
        with whole_file(old) as file:
            file.write(NEW)
            assert old.read_bytes() == OLD

    def test_a_link_stays_and_leads_to_the_new_content(self, old):
        (old.parent / "elsewhere").mkdir()
        link = old.parent / "elsewhere" / "link"
        link.symlink_to("../file")
        write_file(link, NEW)
        assert (link.is_symlink(), old.read_bytes()) == (True, NEW)
        assert names(link.parent) == ["link"]

    def test_a_link_that_leads_nowhere_leads_to_a_new_file(self, tmp_path):
        (tmp_path / "link").symlink_to("there")
        write_file(tmp_path / "link", NEW)
        assert (tmp_path / "there").read_bytes() == NEW
        assert (tmp_path / "link").is_symlink()

    def test_a_link_to_itself_is_an_error(self, tmp_path):
        (tmp_path / "link").symlink_to("link")
        with pytest.raises(OSError, match="symbolic links"):
            write_file(tmp_path / "link", NEW)

    @pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
    def test_a_link_may_lead_to_another_file_system(self, tmp_path):
        there = Path("/dev/shm") / f"seedbed-test-{os.getpid()}"
        (tmp_path / "link").symlink_to(there)
        try:
            for content in (OLD, NEW):
                write_file(tmp_path / "link", content)
                assert there.read_bytes() == content
        finally:
            there.unlink()

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755, 0o4755])
    def test_its_permissions_stay(self, old, mode):
        old.chmod(mode)
        write_file(old, NEW)
        assert stat.S_IMODE(old.stat().st_mode) == mode

    def test_what_is_unfinished_is_no_more_open_than_it(self, old):
        old.chmod(0o600)
        with whole_file(old):
            (new,) = set(old.parent.iterdir()) - {old}
            assert stat.S_IMODE(new.stat().st_mode) == 0o600

    @needs_root
    def test_its_owner_stays_where_that_may_be(self, old):
        os.chown(old, 12, 34)
        old.chmod(0o4640)
        write_file(old, NEW)
        found = old.stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12, 34, 0o4640)

    @needs_root
    def test_where_not_its_group_may_no_more_than_all(self, shared):
        os.chown(shared, 12, 34)
        shared.chmod(0o4676)
        assert python(WRITE, shared).communicate(timeout=60) == ("", "")
        found = shared.stat()
        assert (shared.read_bytes(), found.st_uid, found.st_gid) == (b"new", NOBODY, NOBODY)
        assert stat.S_IMODE(found.st_mode) == 0o666

    @pytest.mark.skipif(not hasattr(os, "setxattr"), reason="of Linux")
    def test_its_attributes_stay(self, old):
        try:
            os.setxattr(old, "user.seedbed", b"kept")
        except OSError:
            pytest.skip("this file system has none")
        write_file(old, NEW)
        assert os.getxattr(old, "user.seedbed") == b"kept"

    def test_what_may_not_be_written_to_is_refused(self, shared):
        shared.chmod(0o444)
        said = f"[Errno 13] Permission denied: '{shared}'\n"
        assert python(WRITE, shared).communicate(timeout=60) == (said, "")
        assert shared.read_bytes() == OLD

    def test_a_folder_that_lets_nobody_write_is_named(self, shared):
        shared.chmod(0o666)
        shared.parent.chmod(0o555)
        said = f"[Errno 13] Permission denied: '{shared.parent}'\n"
        assert python(WRITE, shared).communicate(timeout=60) == (said, "")
        assert shared.read_bytes() == OLD

    def test_it_can_be_left_as_it_is(self, old):
        with pytest.raises(FileExistsError, match="file"):
            write_file(old, NEW, overwrite=False)
        assert old.read_bytes() == OLD

    @pytest.mark.parametrize("has_links", [True, False])
    def test_so_it_is_if_it_came_there_meanwhile(self, tmp_path, monkeypatch, has_links):
        if not has_links:
            monkeypatch.setattr(Path, "hardlink_to", refusing(PermissionError(errno.EPERM, "no links")))
        path = tmp_path / "file"
        with pytest.raises(FileExistsError, match="file"):
            write(path, overwrite=False, before_the_end=lambda: path.write_bytes(OLD))
        assert path.read_bytes() == OLD
        assert names(tmp_path) == ["file"]

    @pytest.mark.parametrize("has_links", [True, False])
    def test_and_if_not_it_is_new(self, tmp_path, monkeypatch, has_links):
        if not has_links:
            monkeypatch.setattr(Path, "hardlink_to", refusing(PermissionError(errno.EPERM, "no links")))
        write_file(tmp_path / "file", NEW, overwrite=False)
        assert (tmp_path / "file").read_bytes() == NEW
        assert names(tmp_path) == ["file"]

    def test_what_is_mounted_by_itself_stays_and_is_named(self, old, monkeypatch):
        monkeypatch.setattr(Path, "replace", refusing(OSError(errno.EBUSY, "busy", "x", None, "file")))
        said = rf"it is mounted by itself, .*; mount its folder instead: '{old}'"
        with pytest.raises(OSError, match=said):
            write_file(old, NEW)
        assert old.read_bytes() == OLD
        assert names(old.parent) == ["file"]

    @needs_root
    def test_a_bind_mount_stays_and_is_named(self, old):
        mounted = old.with_name("mounted")
        mounted.write_bytes(OLD)
        mount = shlex.join(["mount", "--bind", str(old), str(mounted)])
        write = shlex.join([sys.executable, "-c", WRITE_OR_SAY, str(mounted)])
        command = ["unshare", "--mount", "sh", "-c", f"{mount} || exit 77; {write}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("nothing can be mounted here")
        assert "mount its folder instead" in done.stdout
        assert (old.read_bytes(), mounted.read_bytes()) == (OLD, OLD)
        assert names(old.parent) == ["file", "mounted"]


WRITE_OR_SAY = """
import sys
from seedbed.files import write_file

try:
    write_file(sys.argv[1], b"new")
except OSError as error:
    print(error)
"""


def refusing(error):
    def refuse(*_, **__):
        raise error

    return refuse


class TestNewFiles:
    @pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
    def test_are_as_open_as_others(self, tmp_path, umask):
        before = os.umask(umask)
        try:
            write_file(tmp_path / "file", NEW)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask

    def test_may_have_the_longest_names(self, tmp_path):
        longest = "é" * 127 + "x"
        for content in (OLD, NEW):
            write_file(tmp_path / longest, content)
        assert names(tmp_path) == [longest]

    def test_with_longer_ones_are_refused_by_name(self, tmp_path):
        with pytest.raises(OSError, match=r"too long: .*xxxx"):
            write_file(tmp_path / ("x" * 256), NEW)
        assert names(tmp_path) == []

    def test_in_no_folder_are_refused_by_name(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere/file"):
            write_file(tmp_path / "nowhere" / "file", NEW)

    def test_cannot_take_the_place_of_a_folder(self, tmp_path):
        with pytest.raises(IsADirectoryError, match=tmp_path.name):
            write_file(tmp_path, NEW)

    def test_are_on_the_disk_before_they_have_their_names_and_these_after(self, tmp_path, monkeypatch):
        done = []
        kinds = {stat.S_IFREG: "content", stat.S_IFDIR: "names"}
        monkeypatch.setattr(os, "fsync", lambda fd: done.append(kinds[stat.S_IFMT(os.fstat(fd).st_mode)]))
        replace = Path.replace
        monkeypatch.setattr(Path, "replace", lambda *paths: done.append("named") or replace(*paths))
        write_file(tmp_path / "file", NEW)
        assert done == ["content", "named", "names"]


class AnythingError(BaseException):
    """Raised by whoever interrupts a call, such as a test runner with a time limit."""


TRACED = (files.__file__, unfinished.__file__)


@pytest.fixture
def raising():
    """Return a function that makes a call raise an error before line number `n` of the modules that write."""

    def raising(call, error, n):
        left = n

        def trace(frame, event, _):
            nonlocal left
            if frame.f_code.co_filename not in TRACED:
                return None
            left -= event == "line"
            if left < 0:
                sys.settrace(None)
                raise error
            return trace

        sys.settrace(trace)
        try:
            call()
        finally:
            sys.settrace(None)
        return left

    before = sys.gettrace()
    yield raising
    sys.settrace(before)


def content(path):
    return (path / "file" if path.is_dir() else path).read_bytes()


# An error before the end of a `with` lets Python close a file late, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "error",
    [
        MemoryError,
        *(
            pytest.param(error, marks=pytest.mark.slow)
            for error in (KeyboardInterrupt, OSError, AnythingError)
        ),
    ],
)
@pytest.mark.parametrize("kind", ["a new file", "a file in the place of another", "a folder"])
def test_whatever_is_raised_at_whichever_line_nothing_is_there_by_half(tmp_path, raising, error, kind):
    make = make_folder if kind == "a folder" else write
    for n in range(1000):
        folder = tmp_path / str(n)
        folder.mkdir()
        made = folder / "made"
        if kind == "a file in the place of another":
            made.write_bytes(OLD)
        before = names(folder)
        try:
            left = raising(lambda: make(made, before_the_end=int), error("at a line"), n)  # noqa: B023 - called at once
        except error:
            left = -1
        if not made.exists() or content(made) != NEW:
            assert left < 0
            assert not before or content(made) == OLD
            write_file(folder / "other", NEW)  # which removes what could not be removed
            assert names(folder) == [*before, "other"]
        if left >= 0:
            break
    assert n > 30
    assert content(made) == NEW


class TestStreams:
    def test_a_pipe_is_written_to(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        found = []
        reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_bytes()))
        reader.start()
        write_file(tmp_path / "pipe", NEW)
        reader.join()
        assert found == [NEW]
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
        assert is_stream(tmp_path / "pipe")
        assert not is_stream(tmp_path / "file")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
    def test_a_full_device_is_an_error(self):
        with pytest.raises(OSError, match="No space left"):
            write_file("/dev/full", NEW)

    PRINTS = (
        "import sys; from seedbed.files import write_file; print('before'); "
        "write_file(sys.argv[1], b'new\\n'); print('after')"
    )

    @pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="of POSIX")
    def test_the_own_output_is_written_to_in_its_order(self, tmp_path):
        assert python(self.PRINTS, "/dev/stdout").communicate() == ("before\nnew\nafter\n", "")
        for path in ("/dev/stdout", tmp_path / "log"):
            with (tmp_path / "log").open("wb") as log:
                subprocess.run([sys.executable, "-c", self.PRINTS, path], stdout=log, check=True)
            assert (tmp_path / "log").read_text() == "before\nnew\nafter\n"


class TestWhatAKilledProcessLeft:
    ABANDONED = ".seedbed-0123456789abcdef.tmp"

    def test_it_is_removed_by_the_next_who_writes_there(self, tmp_path):
        (tmp_path / self.ABANDONED).write_bytes(b"half")
        folder = tmp_path / self.ABANDONED.replace("0", "1")
        (folder / "inner").mkdir(parents=True)
        write_file(tmp_path / "file", NEW)
        assert names(tmp_path) == ["file"]

    @pytest.mark.parametrize("name", [".seedbed-mine.tmp", "a.seedbed-0123456789abcdef.tmp", ".file.tmp"])
    def test_what_looks_like_it_stays(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"mine")
        write_file(tmp_path / "file", NEW)
        assert names(tmp_path) == sorted(["file", name])

    def test_a_link_or_a_pipe_of_such_a_name_keeps_nobody_waiting(self, tmp_path):
        (tmp_path / "precious").write_bytes(OLD)
        (tmp_path / self.ABANDONED).symlink_to("precious")
        os.mkfifo(tmp_path / self.ABANDONED.replace("0", "1"))
        write_file(tmp_path / "file", NEW)
        assert (tmp_path / "precious").read_bytes() == OLD

    def test_what_a_link_of_such_a_name_leads_to_is_not_opened(self, tmp_path, monkeypatch):
        # It may be a device, which does something when it is opened, or a file that somebody locks.
        (tmp_path / "precious").write_bytes(OLD)
        (tmp_path / self.ABANDONED).symlink_to("precious")
        opened, found = os.open, []

        def noting(path, *arguments, **options):
            descriptor = opened(path, *arguments, **options)
            found.append(os.fstat(descriptor).st_ino)
            return descriptor

        monkeypatch.setattr(unfinished.os, "open", noting)
        write_file(tmp_path / "file", NEW)
        assert (tmp_path / "file").stat().st_ino in found
        assert (tmp_path / "precious").stat().st_ino not in found

    def test_what_already_has_the_name_of_a_new_file_is_not_written_to(self, tmp_path, monkeypatch):
        """Somebody could lay a link to another's file in the way."""
        names_to_come = iter(("0123456789abcdef", "fedcba9876543210"))
        monkeypatch.setattr(unfinished.secrets, "token_hex", lambda _: next(names_to_come))
        (tmp_path / "precious").write_bytes(OLD)
        (tmp_path / self.ABANDONED).symlink_to("precious")
        with pytest.raises(FileExistsError):
            write_file(tmp_path / "file", NEW)
        assert (tmp_path / "precious").read_bytes() == OLD
        assert names(tmp_path) == [self.ABANDONED, "precious"]

    def test_what_another_process_still_writes_stays(self, tmp_path):
        writing = python(
            "import sys; from seedbed.files import whole_file\n"
            "with whole_file(sys.argv[1]) as file:\n"
            "    file.write(b'theirs'); print('writing', flush=True); sys.stdin.read()",
            tmp_path / "theirs",
            stdin=subprocess.PIPE,
        )
        assert writing.stdout.readline() == "writing\n"
        write_file(tmp_path / "mine", NEW)
        assert len(names(tmp_path)) == 2
        assert writing.communicate(timeout=60) == ("", "")
        assert names(tmp_path) == ["mine", "theirs"]
        assert (tmp_path / "theirs").read_bytes() == b"theirs"

    def test_who_is_taken_for_killed_in_the_first_moment_begins_anew(self, tmp_path, monkeypatch):
        flock, taken = unfinished.fcntl.flock, []

        def late(descriptor, operation):
            if not taken:  # somebody comes in between
                taken.extend(tmp_path.iterdir())
                for path in taken:
                    path.unlink() if path.is_file() else path.rmdir()
            flock(descriptor, operation)

        monkeypatch.setattr(unfinished.fcntl, "flock", late)
        write_file(tmp_path / "file", NEW)
        assert (tmp_path / "file").read_bytes() == NEW
        taken.clear()
        monkeypatch.chdir(tmp_path)
        (tmp_path / "file").unlink()
        with whole_folder("folder") as folder:
            (folder / "inner").write_bytes(NEW)
        assert names(tmp_path) == ["folder"]

    def test_a_folder_that_is_removed_before_it_is_opened_begins_anew(self, tmp_path, monkeypatch):
        opened, taken = os.open, []

        def late(path, *arguments):
            if not taken and path != tmp_path / "folder":
                taken.append(path)
                path.rmdir()
            return opened(path, *arguments)

        monkeypatch.setattr(unfinished.os, "open", late)
        with whole_folder(tmp_path / "folder") as folder:
            (folder / "inner").write_bytes(NEW)
        assert names(tmp_path) == ["folder"]
        assert taken != []

    def test_who_comes_late_removes_only_what_he_has_locked(self, tmp_path, monkeypatch):
        """Between his look and his lock another removes it, and a third one makes the next of that name."""
        abandoned = tmp_path / self.ABANDONED
        abandoned.mkdir()
        flock, taken = unfinished.fcntl.flock, []

        def late(descriptor, operation):
            if not taken:
                taken.append(abandoned)
                abandoned.rename(tmp_path / "elsewhere")
                abandoned.mkdir()
                (abandoned / "inner").write_bytes(NEW)
            flock(descriptor, operation)

        monkeypatch.setattr(unfinished.fcntl, "flock", late)
        unfinished.remove_abandoned(tmp_path)
        assert names(tmp_path) == [self.ABANDONED, "elsewhere"]
        assert (abandoned / "inner").read_bytes() == NEW

    @pytest.mark.slow
    def test_many_writers_of_folders_do_not_disturb_each_other(self, tmp_path):
        code = (
            "import sys, shutil, time; from pathlib import Path; from seedbed.files import whole_folder\n"
            "end, path = time.monotonic() + 8, Path(sys.argv[1])\n"
            "while time.monotonic() < end:\n"
            "    with whole_folder(path) as folder: (folder / 'x').write_text('1')\n"
            "    assert [inner.name for inner in path.iterdir()] == ['x']\n"
            "    shutil.rmtree(path)\n"
        )
        writers = [python(code, tmp_path / str(number)) for number in range(8)]
        assert [writer.communicate(timeout=60) for writer in writers] == [("", "")] * 8
        assert names(tmp_path) == []

    def test_without_locks_nothing_is_taken_for_it(self, tmp_path, monkeypatch):
        monkeypatch.setattr(unfinished.fcntl, "flock", refusing(OSError(errno.ENOLCK, "no locks")))
        (tmp_path / self.ABANDONED).write_bytes(b"half")
        write_file(tmp_path / "file", NEW)
        assert names(tmp_path) == [self.ABANDONED, "file"]


def test_a_file_that_somebody_reads_is_tried_again_on_windows(tmp_path, monkeypatch):
    replace, waits = Path.replace, []

    def busy(*paths):
        if len(waits) < 3:
            raise PermissionError(errno.EACCES, "in use")
        return replace(*paths)

    monkeypatch.setattr(files.time, "sleep", waits.append)
    (tmp_path / "new").write_bytes(NEW)
    new, file = tmp_path / "new", tmp_path / "file"
    with monkeypatch.context() as windows:
        windows.setattr(Path, "replace", busy)
        windows.setattr(files, "_WAITS", True)
        files._replace(new, file)
    assert file.read_bytes() == NEW
    assert waits == list(files._PAUSES[:3])


def test_two_writers_at_once_leave_what_one_of_them_wrote(tmp_path):
    code = (
        "import sys; from seedbed.files import write_file\n"
        "for _ in range(100): write_file(sys.argv[1], sys.argv[2].encode() * 100_000)"
    )
    writers = [python(code, tmp_path / "file", letter) for letter in "ab"]
    assert [writer.communicate(timeout=60) for writer in writers] == [("", "")] * 2
    assert (tmp_path / "file").read_bytes() in (b"a" * 100_000, b"b" * 100_000)
    assert names(tmp_path) == ["file"]


class TestFolders:
    def test_a_folder_has_its_name_when_it_is_whole(self, tmp_path):
        with whole_folder(tmp_path / "folder") as folder:
            (folder / "inner").mkdir()
            (folder / "inner" / "file").write_bytes(NEW)
            assert not (tmp_path / "folder").exists()
        assert (tmp_path / "folder" / "inner" / "file").read_bytes() == NEW
        assert names(tmp_path) == ["folder"]

    def test_all_that_is_in_it_is_on_the_disk_before_it_has_its_name(self, tmp_path, monkeypatch):
        done, rename = [], Path.rename
        monkeypatch.setattr(os, "fsync", lambda fd: done.append(os.fstat(fd).st_ino))
        monkeypatch.setattr(Path, "rename", lambda *paths: done.append("named") or rename(*paths))
        with whole_folder(tmp_path / "folder") as folder:
            (folder / "inner").mkdir()
            (folder / "inner" / "file").write_bytes(NEW)
        folder, at = tmp_path / "folder", done.index("named")
        made = {path.stat().st_ino for path in (folder, folder / "inner", folder / "inner" / "file")}
        assert set(done[:at]) == made
        assert done[at + 1 :] == [tmp_path.stat().st_ino]

    def test_it_is_gone_if_the_block_raises(self, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            make_folder(tmp_path / "folder", before_the_end=interrupt)
        assert names(tmp_path) == []

    @pytest.mark.parametrize("meanwhile", [False, True])
    @pytest.mark.parametrize("kind", ["folder", "file", "link"])
    def test_what_is_there_stays(self, tmp_path, kind, meanwhile):
        path = tmp_path / "there"

        def make():
            if kind == "folder":
                path.mkdir()
                (path / "inner").write_bytes(OLD)
            elif kind == "file":
                path.write_bytes(OLD)
            else:
                path.symlink_to("nowhere")

        if not meanwhile:
            make()
        with pytest.raises(FileExistsError, match="there"):
            make_folder(path, before_the_end=make)
        assert names(tmp_path) == ["there"]
        if kind != "link":
            assert (path / "inner" if kind == "folder" else path).read_bytes() == OLD

    def test_an_error_names_the_place_that_was_meant(self, tmp_path):
        with (
            pytest.raises(FileNotFoundError, match="nowhere/folder'"),
            whole_folder(tmp_path / "nowhere" / "folder"),
        ):
            pass
        with (
            pytest.raises(FileNotFoundError, match="folder/inner/file'"),
            whole_folder(tmp_path / "folder") as folder,
        ):
            (folder / "inner" / "file").write_bytes(NEW)


ROOT = Path(__file__).parents[1]
WRITES = re.compile(r"""\.write_(?:text|bytes)\(|\.tofile\(|memmap\(|\bopen\([^)]*["'][wax]b?\+?["']""")
BY_ITSELF = {
    "core/seedbed/files.py": "this is what writes",
    "core/seedbed/unfinished.py": "this is where",
    "plugins/seedbed-tools/src/seedbed_tools/cli/run.py": "opens nothing but the null device",
    "plugins/seedbed-tools/src/seedbed_tools/scaffold/files.py": "in a folder that gets its name last",
    "plugins/seedbed-testing/src/seedbed_testing/processes.py": "in a temporary folder of its own",
    "plugins/seedbed-testing/src/seedbed_testing/environments.py": "in a temporary folder of its own",
}


def writers():
    sources = [ROOT / "tests" / "golden" / "make.py", *(ROOT / "core").rglob("*.py")]
    sources += ROOT.glob("plugins/*/src/**/*.py")
    return {path.relative_to(ROOT).as_posix() for path in sources if WRITES.search(path.read_text())}


def test_nothing_else_writes_files():
    assert writers() == BY_ITSELF.keys()


@pytest.mark.parametrize(
    "line",
    ["Path(p).write_text(t)", "open(p, 'w')", 'path.open("xb")', "open(p, mode='a')", "array.tofile(p)"],
)
def test_what_else_does_would_be_noticed(line):
    assert WRITES.search(line)


FULL = 4096
"""Bytes that a file may have in a process that is not to write more; the kernel then says EFBIG."""


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "seedbed", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


class TestAFullDisk:
    """The limit on a file's size, since the kernel stops a write in its midst, as when the disk is full."""

    def test_a_lock_is_as_it_was(self, tmp_path):
        path = tmp_path / "seedbed.lock"
        lock = Lock(1, entries=tuple(LockedEntry(f"acme:{n}", reproducibility="exact") for n in range(20)))
        lock.write(path)
        before = path.read_bytes()
        code = (
            "import sys; from seedbed.governance import Lock, LockedEntry\n"
            "Lock(1, entries=tuple(LockedEntry(f'acme:{n}', reproducibility='exact') for n in range(500)))"
            ".write(sys.argv[1])"
        )
        process = python(code, path, preexec_fn=limited)
        _, error = process.communicate(timeout=60)
        assert error.rstrip().endswith(f"OSError: [Errno 27] File too large: '{path}'")
        assert path.read_bytes() == before
        assert names(tmp_path) == ["seedbed.lock"]

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("arguments", "file"),
        [
            (["stubs"], "typings/seedbed/__init__.pyi"),
            (["draw", "he_normal", "--shape", "64,64", "--out", "w.npy", "--force"], "w.npy"),
        ],
    )
    def test_a_command_leaves_the_old_file(self, tmp_path, arguments, file):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        old = b"# Written by `seedbed stubs`; after installing other packages, run it again.\n" + OLD
        path.write_bytes(old)
        done = command(*arguments, cwd=tmp_path, preexec_fn=limited)
        assert done.returncode == 2, done.stderr
        assert "File too large" in done.stderr
        assert done.stderr.count("\n") == 1
        assert path.read_bytes() == old
        assert names(path.parent) == [path.name]

    @pytest.mark.slow
    def test_a_new_package_is_not_there_by_half(self, tmp_path):
        def tiny():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        done = command("new", "acme-inits", cwd=tmp_path, preexec_fn=tiny)
        assert done.returncode == 2, done.stderr
        assert done.stderr.endswith("acme-inits'\n")
        assert names(tmp_path) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from seedbed_tools.scaffold import Package, write

write_bytes, written = Path.write_bytes, []

def killed(path, content):
    written.append(path)
    if len(written) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return write_bytes(path, content)

Path.write_bytes = killed
write(Package("acme-inits"), Path(sys.argv[1]))
"""


def test_a_new_package_whose_writer_is_killed_is_not_there_by_half(tmp_path):
    process = python(KILLED, tmp_path)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "acme-inits").exists()
    write_package(Package("acme-inits"), tmp_path)
    assert names(tmp_path) == ["acme-inits"]


LOCKS = """
import sys
from seedbed.governance import Lock, LockedEntry

rows = tuple(LockedEntry(f"acme:name_{n}", reproducibility="exact") for n in range(2000))
path, counts = sys.argv[1], (500, 2000)
Lock(1, entries=rows[:500]).write(path)
print("ready", flush=True)
while True:
    for count in counts:
        Lock(1, entries=rows[:count]).write(path)
"""


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_whole_lock(tmp_path):
    path, choose = tmp_path / "seedbed.lock", random.Random(7)
    for _ in range(12):
        with python(LOCKS, path) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(choose.uniform(0, 0.2))
            process.kill()
        assert len(Lock.read(path).entries) in (500, 2000)
    write_file(path, NEW)
    assert names(tmp_path) == ["seedbed.lock"]  # whatever the killed ones left


READS = """
import sys, time
from seedbed.governance import Lock

end, counts = time.monotonic() + 4, []
while time.monotonic() < end:
    counts.append(len(Lock.read(sys.argv[1]).entries))
print(len(counts), len([count for count in counts if count not in (500, 2000)]))
"""


@pytest.mark.slow
def test_readers_beside_a_writer_read_whole_locks(tmp_path):
    path = tmp_path / "seedbed.lock"
    with python(LOCKS, path) as writer:
        assert writer.stdout.readline() == "ready\n"
        readers = [python(READS, path) for _ in range(2)]
        found = [reader.communicate(timeout=60) for reader in readers]
        writer.kill()
    for told, error in found:
        assert error == ""
        count, wrong = map(int, told.split())
        assert count > 5
        assert wrong == 0


SLOWLY = """
import sys
from pathlib import Path
import numpy as np
from seedbed import files
from seedbed_tools.cli import main

write = files.Unfinished.write

def slowly(self, content):
    done = write(self, content)
    print("writing", file=sys.__stderr__, flush=True)
    sys.stdin.readline()
    return done

unlink = Path.unlink

def slowly_too(path, **options):
    print("cleaning", file=sys.__stderr__, flush=True)
    sys.stdin.readline()
    unlink(path, **options)

files.Unfinished.write, Path.unlink = slowly, slowly_too
sys.exit(main(sys.argv[1:]))
"""
"""It goes on when it is told to on its input, whatever time that takes."""

HEARING = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
signal.signal(signal.SIGHUP, signal.SIG_DFL)
{SLOWLY}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "times"),
    [(signal.SIGTERM, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 1), (signal.SIGHUP, 2), (signal.SIGINT, 1)],
)
def test_a_signal_during_draw_leaves_the_old_file_and_nothing_else(old, number, times):
    path = old.rename(old.with_name("w.npy"))
    drawing = ("draw", "ones", "--shape", "9", "--out", path, "--force")
    with python(HEARING, *drawing, stdin=subprocess.PIPE) as process:
        assert process.stderr.readline() == "writing\n"
        process.send_signal(number)
        assert process.stderr.readline() == "cleaning\n"
        if times == 2:  # as `timeout` sends it
            process.send_signal(number)
        _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (128 + number, "")
    assert path.read_bytes() == OLD
    assert names(path.parent) == ["w.npy"]


@pytest.mark.slow
def test_a_large_array_is_written_in_pieces_between_which_signals_are_heard(tmp_path):
    drawing = ("draw", "ones", "--shape", "4096,4096", "--out", tmp_path / "w.npy")
    with python(SLOWLY, *drawing, stdin=subprocess.DEVNULL) as process:
        _, told = process.communicate(timeout=60)
    assert told.count("writing\n") >= 1 + 4096 * 4096 * 4 // 2**24
    assert np.load(tmp_path / "w.npy").shape == (4096, 4096)


@pytest.mark.slow
def test_who_is_told_to_ignore_hang_ups_goes_on(tmp_path):
    code = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{SLOWLY}"
    drawing = ("draw", "ones", "--shape", "9", "--out", tmp_path / "w.npy")
    with python(code, *drawing, stdin=subprocess.PIPE) as process:
        assert process.stderr.readline() == "writing\n"
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert names(tmp_path) == ["w.npy"]
