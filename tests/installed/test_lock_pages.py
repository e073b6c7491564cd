"""The pages on locks: their commands run in an environment with a package of two versions."""

import difflib
import re
import shlex
from pathlib import Path

import pytest
from console_examples import examples_in, is_as_shown
from environments import run
from handmade import make_wheel

from seedbed.governance import Lock, as_table
from seedbed.tables import to_toml

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = [DOCS / "lock-a-catalogue.md", DOCS / "review-an-upgrade.md"]

MODULE = '''
    import numpy as np
    import seedbed

    class {name}(seedbed.Initializer):
        """Values that rise evenly."""

        reproducibility = "exact"

        def __init__(self, {parameters}):
            self.high{assigned} = {arguments}

        def __call__(self, shape, dtype=None):
            size = int(np.prod(shape))
            return (np.arange(size) * (self.high / size)).reshape(shape).astype(dtype)
'''
ENTRY_POINTS = "[seedbed.initializers]\nramp = acme_inits:Ramp\n{name} = acme_inits:{other}\n"
FIRST = {"parameters": "high=1.0", "assigned": "", "arguments": "high"}
SECOND = {"parameters": "high=2.0, *, low=0.0", "assigned": ", self.low", "arguments": "high, low"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Return a folder with the wheels of both versions."""
    folder = tmp_path_factory.mktemp("packages")
    for version, options, other in (("1.2.0", FIRST, "Slope"), ("1.3.0", SECOND, "Steep")):
        make_wheel(
            folder,
            "acme-inits",
            version,
            files={
                "acme_inits.py": MODULE.format(name="Ramp", **options) + f"\n    class {other}(Ramp): pass\n"
            },
            entry_points=ENTRY_POINTS.format(name=other.lower(), other=other),
        )
    return folder


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page.stem)
def walk(request, make_environment, packages, tmp_path_factory):
    """Return a page, the folder where its commands have run, and each with what came of it."""
    environment = make_environment("seedbed[cli]")
    folder = tmp_path_factory.mktemp(request.param.stem)
    steps = []
    for example in examples_in(request.param.read_text(), request.param):
        program, *arguments = shlex.split(example.command)
        if program == "pip":
            environment.pip(*arguments, "--no-index", "--find-links", packages)
            continue
        assert program == "seedbed"
        done = run(environment.scripts / program, *arguments, cwd=folder, status=example.status)
        steps.append((example, done.stdout + done.stderr))
    return request.param, folder, steps


def test_the_commands_do_what_the_page_says(walk):
    _, _, steps = walk
    assert steps
    for example, output in steps:
        assert is_as_shown(example.output, output), (example, output)


def test_a_block_of_the_lock_is_as_written(walk):
    page, folder, _ = walk
    blocks = re.findall(r"^```toml\n(\[\[provider\]\].*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == (page.stem == "lock-a-catalogue")
    lock = Lock.read(folder / "seedbed.lock")
    rows = [as_table(lock.provider("acme-inits"))], [as_table(lock.entry("acme-inits:ramp"))]
    written = to_toml(dict(zip(("provider", "entry"), rows, strict=True)))
    for block in blocks:
        assert block.strip() == written.strip()


def test_a_diff_has_lines_of_the_real_one(walk):
    page, folder, _ = walk
    shown = "".join(
        re.findall(r"^```diff\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    ).splitlines()
    assert bool(shown) == (page.stem == "review-an-upgrade")
    if shown:
        old, new = ((folder / name).read_text().splitlines() for name in ("seedbed.lock", "new.lock"))
        assert set(shown) <= set(difflib.unified_diff(old, new, lineterm=""))


def test_the_page_says_why_a_new_version_is_blocked(walk):
    from seedbed.governance.locked import Locked

    page, folder, _ = walk
    quoted = re.findall(r"^```text\n(.*?)\n```", page.read_text(), re.DOTALL | re.MULTILINE)
    assert len(quoted) == (page.stem == "review-an-upgrade")
    if quoted:
        check = Locked(Lock.read(folder / "seedbed.lock"), {})
        assert quoted == [check.bars_provider("acme-inits", "1.3.0")]
