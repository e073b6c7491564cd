"""Virtual environments that tests install wheels into, with the real pip."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_FOREIGN = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONHASHSEED",
    "PYTHONWARNINGS",
    "VIRTUAL_ENV",
    "COLUMNS",
    "PYTHONUNBUFFERED",
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment without pip of its own; that of `pip_python` works on it from outside."""

    root: Path
    pip_python: Path

    @classmethod
    def make(cls, root: Path, *, pip_python: Path, seeing: Sequence[Environment] = ()) -> Environment:
        """Make an empty environment that also sees what is installed in the environments `seeing`.

        They lend it what takes long to install. pip counts that as installed, and leaves it alone.
        """
        run(sys.executable, "-m", "venv", "--without-pip", root)
        environment = cls(root, pip_python)
        lent = "".join(f"{other.site_packages}\n" for other in seeing)
        (environment.site_packages / "lent.pth").write_text(lent, encoding="utf-8")
        return environment

    @property
    def scripts(self) -> Path:
        return Path(self._path("scripts"))

    @property
    def python(self) -> Path:
        return self.scripts / Path(sys.executable).name

    @property
    def site_packages(self) -> Path:
        return Path(self._path("purelib"))

    def pip(self, *arguments: object) -> str:
        return run(self.pip_python, "-m", "pip", "--python", self.python, *arguments).stdout

    def run_python(self, code: str, *arguments: object) -> str:
        return run(self.python, "-c", code, *arguments, cwd=self.root).stdout

    def run_seedbed(self, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the script that pip made for the command line."""
        wide = {"COLUMNS": "400"}  # so that no table wraps or cuts what a test looks for
        return run(self.scripts / "seedbed", *arguments, cwd=self.root, status=status, extra=wide)

    @contextmanager
    def conversation(self, code: str) -> Iterator[Conversation]:
        """Start a process of this environment that answers lines on its input with lines on its output."""
        with subprocess.Popen(
            [self.python, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.root,
            env=clean_environ(),
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            yield Conversation(process.stdin, process.stdout)
            process.stdin.close()
            assert process.wait(60) == 0

    def _path(self, kind: str) -> str:
        names = {"base": str(self.root), "platbase": str(self.root)}
        return sysconfig.get_path(kind, scheme="venv", vars=names)


@dataclass(frozen=True)
class Conversation:
    """The two ends of a running process."""

    stdin: IO[str]
    stdout: IO[str]

    def ask(self, line: str) -> str:
        print(line, file=self.stdin, flush=True)
        answer = self.stdout.readline()
        assert answer, f"the process ended when asked {line!r}"
        return answer.strip()


def run(
    *command: object,
    cwd: Path | None = None,
    status: int = 0,
    extra: dict[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run `command`, and fail with all that it printed if its exit status is another than `status`."""
    done = subprocess.run(
        [os.fspath(part) if isinstance(part, os.PathLike) else str(part) for part in command],
        cwd=cwd,
        env=clean_environ() | (extra or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )
    assert done.returncode == status, f"{command} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def clean_environ() -> dict[str, str]:
    """Return this process's environment variables, but for those that change what a new Python sees."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN} | {"NO_COLOR": "1"}
