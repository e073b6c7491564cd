"""Without JAX, or with one that is too old, one line says what to install."""

import sys

import pytest
from frameworks import framework

from seedbed.errors import MissingExtraError

jax = framework("jax")

from seedbed_jax import supported  # noqa: E402


def test_an_absent_jax_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(
        MissingExtraError, match=r'^seedbed_jax needs JAX.*: pip install "jax>=0\.8"$'
    ) as caught:
        supported.check()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", [(0, 7, 2), (0, 4, 35)])
def test_an_older_jax_is_one_line(monkeypatch, version):
    monkeypatch.setattr(jax, "__version_info__", version)
    monkeypatch.setattr(jax, "__version__", ".".join(map(str, version)))
    with pytest.raises(MissingExtraError, match=r'newer JAX than 0\.\d+\.\d+: pip install "jax>=0\.8"$'):
        supported.check()


def test_the_oldest_that_is_supported_and_a_first_major_version_do(monkeypatch):
    for version in ((*supported.OLDEST, 0), (1, 0, 0)):
        monkeypatch.setattr(jax, "__version_info__", version)
        supported.check()


def test_the_oldest_that_is_supported_is_the_one_the_package_asks_for():
    from importlib.metadata import requires

    assert "jax>=" + ".".join(map(str, supported.OLDEST)) in requires("seedbed-jax")
