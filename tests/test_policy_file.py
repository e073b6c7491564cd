"""Policies: what a file may say, and that anything else is an error and never an open door."""

import os

import pytest

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import PolicyError
from seedbed.governance.policy import OPEN, read_variables_again
from seedbed.governance.policy_file import _LARGEST, as_policy, policy_in_force, read_policy


@pytest.fixture
def write(tmp_path):
    def write_policy(text):
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_policy


def test_all_that_a_policy_can_say(write, tmp_path):
    policy = read_policy(
        write("""
        [tool.seedbed]
        mode = "locked"
        lock = "locks/seedbed.lock"
        allow = ["Acme_Inits>=1.2,<2", {distribution = "other", version = "==1.*", names = ["small_init"]}]
        deny = ["evil.inits"]
        disable = ["Acme_Inits:old", "seedbed:he_normal"]
        [tool.seedbed.prefer]
        small_init = "Acme.Inits"
        """)
    )
    assert policy.mode == "locked"
    assert policy.lock == str(tmp_path / "locks" / "seedbed.lock")
    assert [rule.distribution for rule in (*policy.allow, *policy.deny)] == [
        "acme-inits",
        "other",
        "evil-inits",
    ]
    assert policy.prefer == {"small_init": "acme-inits"}
    assert list(policy.disable) == ["acme-inits:old", "seedbed:he_normal"]
    assert not policy.bars("acme-inits", "1.9", "anything")
    assert policy.bars("acme-inits", "2.0", "x").startswith("allow[0] = 'Acme_Inits>=1.2,<2' of ")
    assert policy.bars("other", "1.0", "big_init").endswith("which does not have 'big_init' among its names")
    assert policy.bars("third", "1.0").endswith("which does not have third")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "the key 'mode' is missing"),
        (
            "mode = 'Open'",
            r"mode must be 'open' or 'allowlist' or 'locked', got 'Open'; did you mean 'open'\?",
        ),
        ("mode = true", "mode must be .*, got True"),
        ("mode = 'lock'\nlock = 'x'", "got 'lock'; did you mean 'locked'"),
        ("mode = 'open'\nallowed = []", "unknown key 'allowed'; did you mean 'allow'"),
        ("mode = 'open'\nallow = ['x']", "allow means nothing in the mode 'open'"),
        ("mode = 'allowlist'", "the mode 'allowlist' needs allow"),
        ("mode = 'locked'", "the mode 'locked' needs a lock"),
        ("mode = 'open'\nlock = 'x'", "the mode 'open' has no lock"),
        ("mode = 'locked'\nlock = ''", "lock must be the path of a lock file"),
        ("mode = 'locked'\nlock = 7", "lock must be the path of a lock file, got 7"),
        ("mode = 'open'\ndeny = 'x'", "deny must be an array, got 'x'"),
        ("mode = 'open'\ndeny = [7]", r"deny\[0\] = 7 must be a table, or the name of a distribution"),
        (
            "mode = 'open'\ndeny = ['acme-*']",
            r"deny\[0\] = 'acme-\*': distribution must be the name of one distribution, since patterns",
        ),
        ("mode = 'open'\ndeny = ['*']", "patterns are not supported"),
        ("mode = 'open'\ndeny = ['']", "the name of one distribution"),
        ("mode = 'open'\ndeny = ['a b']", "the name of one distribution"),
        (
            "mode = 'open'\ndeny = ['acme>=banana']",
            "version must be version clauses such as .*, got '>=banana'",
        ),
        ("mode = 'open'\ndeny = ['acme>=1,']", "version must be version clauses such as .*, got '>=1,'"),
        ("mode = 'open'\ndeny = ['acme===1']", "version must be version clauses"),
        ("mode = 'open'\ndeny = ['seedbed']", "core's entries are always allowed"),
        ("mode = 'open'\ndeny = ['Seedbed']", "core's entries are always allowed"),
        ("mode = 'open'\ndeny = [{version = '>1'}]", "the key 'distribution' is missing"),
        (
            "mode = 'open'\ndeny = [{distribution = 'a', name = 'x'}]",
            "unknown key 'name'; did you mean 'names'",
        ),
        ("mode = 'open'\ndeny = [{distribution = 'a', names = 'x'}]", "names must be an array of bare names"),
        (
            "mode = 'open'\ndeny = [{distribution = 'a', names = ['a:x']}]",
            "names must be an array of bare names",
        ),
        ("mode = 'open'\ndeny = [{distribution = 'a', names = ['small*']}]", "patterns are not supported"),
        (
            "mode = 'open'\ndeny = [{distribution = 'a', version = 1}]",
            "version must be version clauses such as .*, got 1",
        ),
        ("mode = 'open'\nprefer = ['x']", r"prefer must be a table, got \['x'\]"),
        ("mode = 'open'\nprefer = {x = 7}", "prefer.x = 7: it must be the name of one distribution"),
        ("mode = 'open'\nprefer = {'a:x' = 'b'}", "must be a bare name"),
        ("mode = 'open'\ndisable = 'x'", "disable must be an array, got 'x'"),
        ("mode = 'open'\ndisable = ['x']", r"disable\[0\] = 'x': it must be a full name"),
        ("mode = 'open'\ndisable = ['a:*']", "patterns are not supported"),
    ],
)
def test_what_is_not_understood_is_an_error_that_says_where(write, table, message):
    path = write(f"[tool.seedbed]\n{table}")
    with pytest.raises(PolicyError, match=message) as caught:
        read_policy(path)
    assert str(path) in str(caught.value)


def test_all_mistakes_are_told_at_once(write):
    path = write("""
        [tool.seedbed]
        mode = "opne"
        denny = []
        lock = 7
        allow = ["a b", "acme>=banana", {distribution = "*", version = 1, names = "x", name = "y"}, 7]
        deny = "evil"
        disable = ["he_normal", "acme:*"]
        [tool.seedbed.prefer]
        "a:x" = "seedbed"
        """)
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    head, *faults = str(caught.value).splitlines()
    assert head == f"{path} cannot be used:"
    begun = [
        "  mode must be 'open' or 'allowlist' or 'locked', got 'opne'; did you mean 'open'?",
        "  unknown key 'denny'; did you mean 'deny'?",
        "  lock must be the path of a lock file, got 7",
        "  deny must be an array, got 'evil'",
        "  allow[0] = 'a b': distribution must be the name of one distribution",
        "  allow[1] = 'acme>=banana': version must be version clauses such as ",
        "  allow[2] = {",
        "  allow[2] = {",
        "  allow[2] = {",
        "  allow[2] = {",
        "  allow[3] = 7 must be a table, or the name of a distribution",
        "  prefer.a:x = 'seedbed': 'a:x' must be a bare name",
        "  prefer.a:x = 'seedbed': core's entries are always allowed",
        "  disable[0] = 'he_normal': it must be a full name",
        "  disable[1] = 'acme:*': it must be a full name",
    ]
    assert len(faults) == 15, faults
    for fault, beginning in zip(faults, begun, strict=True):
        assert fault.startswith(beginning)


def test_one_mistake_has_one_line(write):
    path = write("[tool.seedbed]\nmode = 'open'\nallowed = []")
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    assert str(caught.value) == f"{path} cannot be used:\n  unknown key 'allowed'; did you mean 'allow'?"


@pytest.mark.parametrize(
    "content", [b"[tool.seedbed", b"\xff\xfe", b"x = " + b"[" * 5000, b"a = 1\na = 2", b"a = " + b"1" * 5000]
)
def test_what_is_no_toml_is_an_error(tmp_path, content):
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=r"policy\.toml is not (a valid TOML file: |UTF-8)"):
        read_policy(path)


@pytest.mark.parametrize(
    "content", ["", "[tool]\nx = 1", "tool = 7", "[tool]\nseedbed = 'open'", "[seedbed]\nmode='open'"]
)
def test_a_file_without_the_table_is_an_error(write, content):
    with pytest.raises(PolicyError, match=r"has no table \[tool.seedbed\]"):
        read_policy(write(content))


def test_a_file_that_is_none_is_an_error(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read: FileNotFoundError"):
        read_policy(tmp_path / "missing.toml")
    with pytest.raises(PolicyError, match="is a directory and not a regular file"):
        read_policy(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(PolicyError, match="is a FIFO and not a regular file"):
        read_policy(fifo)
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (_LARGEST + 1))
    with pytest.raises(PolicyError, match=r"has more than 1,048,576 bytes, the most that are read"):
        read_policy(large)


def test_a_mapping_and_a_policy_are_policies_too():
    policy = as_policy({"mode": "allowlist", "allow": []})
    assert policy.bars("anybody", "1.0") == "allow of the policy that was given, which does not have anybody"
    assert as_policy(policy) is policy
    with pytest.raises(PolicyError, match="give an absolute path"):
        as_policy({"mode": "locked", "lock": "seedbed.lock"})
    with pytest.raises(PolicyError, match="got 7 as a policy"):
        as_policy(7)
    with pytest.raises(PolicyError, match="the key 'mode' is missing"):
        Catalogue(policy={})


def test_the_environment_names_the_policy_by_an_absolute_path(write, monkeypatch, tmp_path):
    path = write("[tool.seedbed]\nmode = 'open'\ndeny = ['x']")
    monkeypatch.chdir(tmp_path)
    assert policy_in_force(None) is OPEN  # whatever lies in the working directory
    read_variables_again()
    monkeypatch.setenv("SEEDBED_POLICY", str(path))
    assert policy_in_force(None).deny[0].distribution == "x"
    read_variables_again()
    monkeypatch.setenv("SEEDBED_POLICY", "policy.toml")
    with pytest.raises(PolicyError, match=r"'policy\.toml'; give an absolute path"):
        policy_in_force(None)


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("", None),
        (" ", None),
        ("0", set()),
        (" 0 ", set()),
        ("a", {"a"}),
        ("Acme_Inits, b ,", {"acme-inits", "b"}),
    ],
)
def test_the_environment_leaves_plugins_on(monkeypatch, text, only):
    monkeypatch.setenv("SEEDBED_PLUGINS", text)
    assert policy_in_force(None).only == only


@pytest.mark.parametrize("text", ["*", "a,b c", "a;b", "../x", ",", "0,a", "true", "off", "None", "all"])
def test_what_names_no_plugin_is_an_error(monkeypatch, text):
    monkeypatch.setenv("SEEDBED_PLUGINS", text)
    with pytest.raises(PolicyError, match="write 0, or names of distributions"):
        policy_in_force(None)


def test_all_that_names_no_plugin_is_told(monkeypatch):
    monkeypatch.setenv("SEEDBED_PLUGINS", "a, b c, ../x")
    with pytest.raises(PolicyError, match=r"has 'b c', '\.\./x'; write 0"):
        policy_in_force(None)


def test_a_malformed_policy_serves_nothing_at_all(monkeypatch, write):
    monkeypatch.setenv("SEEDBED_POLICY", str(write("[tool.seedbed]\nmode = 'opne'")))
    for ask in (
        lambda c: c.get("zeros"),
        lambda c: c.get("any_plugin"),
        list,
        lambda c: c.from_config({"class_name": "Zeros"}),
    ):
        with pytest.raises(PolicyError, match="got 'opne'"):
            ask(Catalogue())
