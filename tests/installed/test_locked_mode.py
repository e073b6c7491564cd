"""In the mode "locked" nothing is imported but what the lock names, as it was when it was locked."""

import json

import pytest
from environments import run

ASK = """
import json, sys
import seedbed
try:
    print(json.dumps(["given", repr(seedbed.get(sys.argv[1]))]))
except seedbed.SeedbedError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""
MARK = "import pathlib; pathlib.Path(__file__).with_suffix('.imported').touch()\n"


@pytest.fixture(scope="module")
def environment(make_environment):
    """Return an environment with the example; who changes it takes the change back."""
    return make_environment("seedbed[cli]", "seedbed_example")


@pytest.fixture(scope="module")
def lock(environment, tmp_path_factory):
    """Return the text of the environment's lock."""
    path = tmp_path_factory.mktemp("lock") / "seedbed.lock"
    environment.run_seedbed("lock", "--output", path)
    return path.read_text()


@pytest.fixture
def locked(environment, lock, tmp_path):
    """Return the environment, a function that asks in it under the lock, and the policy."""
    (tmp_path / "seedbed.lock").write_text(lock)
    policy = tmp_path / "policy.toml"
    policy.write_text("[tool.seedbed]\nmode = 'locked'\nlock = 'seedbed.lock'\n")

    def ask(name, **extra):
        extra = {"SEEDBED_POLICY": str(policy), **extra}
        done = run(environment.python, "-c", ASK, name, cwd=environment.root, extra=extra)
        return json.loads(done.stdout)

    return environment, ask, policy


@pytest.mark.slow
def test_what_is_locked_is_served_and_nothing_else(locked, wheels, tmp_path):
    environment, ask, policy = locked
    for name in ("small_init", "gpt2_normal", "he_normal", "Laplace"):
        assert ask(name)[0] == "given"
    environment.pip("install", "--no-index", "--no-deps", wheels["seedbed_acme_example"])
    kind, message = ask("seedbed-acme-example:residual_normal")
    assert kind == "UnknownNameError"
    assert f"the lock {tmp_path / 'seedbed.lock'}: the lock has no package seedbed-acme-example" in message
    listed = run(
        environment.scripts / "seedbed",
        "list",
        "--all",
        extra={"SEEDBED_POLICY": str(policy), "COLUMNS": "400"},
    ).stdout
    environment.pip("uninstall", "-y", "seedbed-acme-example")
    assert "the lock has no package seedbed-acme-example" in listed


@pytest.mark.slow
def test_a_changed_file_is_never_imported(locked):
    environment, ask, _ = locked
    package = environment.site_packages / "seedbed_example"
    module = next(path for path in package.glob("*.py") if "class SmallInit" in path.read_text())
    original = module.read_text()
    module.write_text(MARK + original)
    for name in ("small_init", "seedbed-example:small_init"):
        kind, message = ask(name)
        assert kind == "BlockedNameError"
        assert "the files of seedbed-example 0.1.0 are not those of the lock" in message
    assert ask("he_normal")[0] == "given"
    assert not module.with_suffix(".imported").exists()
    module.write_text(original)
    assert ask("small_init")[0] == "given"


@pytest.mark.slow
def test_a_module_of_the_same_name_earlier_on_the_path_is_never_imported(locked, tmp_path):
    _, ask, _ = locked
    shadow = tmp_path / "shadow" / "seedbed_example"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text(MARK)
    kind, message = ask("small_init", PYTHONPATH=str(shadow.parent))
    assert kind == "BlockedNameError"
    assert f"would be imported from {shadow / '__init__.py'}, which is no file of the package" in message
    assert not (shadow / "__init__.imported").exists()


@pytest.mark.slow
def test_another_version_is_blocked_and_verify_says_so(locked, tmp_path):
    environment, ask, _ = locked
    (info,) = environment.site_packages.glob("seedbed_example-*.dist-info")
    metadata = (info / "METADATA").read_text()
    (info / "METADATA").write_text(metadata.replace("Version: 0.1.0", "Version: 0.2.0"))
    moved = info.rename(info.with_name("seedbed_example-0.2.0.dist-info"))
    kind, message = ask("small_init")
    assert kind == "BlockedNameError"
    assert "the lock has version 0.1.0 of seedbed-example, and 0.2.0 is installed" in message
    environment.run_seedbed("verify", tmp_path / "seedbed.lock", status=1)
    (moved / "METADATA").write_text(metadata)
    moved.rename(info)


@pytest.mark.slow
def test_nothing_can_be_registered_under_a_lock(locked):
    environment, _, policy = locked
    code = """
import seedbed
class Own(seedbed.Initializer):
    def __call__(self, shape, dtype=None): ...
try:
    seedbed.register(Own, "own")
except seedbed.SeedbedError as error:
    print(type(error).__name__, error)
"""
    said = run(environment.python, "-c", code, extra={"SEEDBED_POLICY": str(policy)}).stdout
    assert said.startswith("PolicyError 'own' cannot be registered")


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, "", "format = 99", "entry = ["])
def test_a_lock_that_cannot_be_read_serves_no_package(locked, tmp_path, content):
    _, ask, _ = locked
    lock = tmp_path / "seedbed.lock"
    lock.unlink() if content is None else lock.write_text(content)
    kind, message = ask("small_init")
    assert kind == ("PolicyError" if content is None else "LockError")
    assert str(lock) in message
