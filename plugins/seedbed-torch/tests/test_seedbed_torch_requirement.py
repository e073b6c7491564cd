"""Without PyTorch, or with one that is too old, one line says what to install."""

import sys

import pytest
from frameworks import framework

from seedbed.errors import MissingExtraError

torch = framework("torch")

from seedbed_torch._requirement import check  # noqa: E402


def test_this_pytorch_will_do():
    check()


@pytest.mark.parametrize("version", ["2.5.1+cpu", "1.13.1", "0.4.1"])
def test_an_old_pytorch_is_refused(monkeypatch, version):
    monkeypatch.setattr(torch, "__version__", version)
    with pytest.raises(
        MissingExtraError,
        match=rf"^seedbed_torch needs PyTorch 2\.6 or later, got {version.replace('+', '.')}: ",
    ) as refused:
        check()
    assert str(refused.value).endswith('pip install "torch>=2.6"')
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("version", ["2.6.0", "2.10.0a0+git123", "3.0.1"])
def test_a_newer_pytorch_will_do(monkeypatch, version):
    monkeypatch.setattr(torch, "__version__", version)
    check()


def test_no_pytorch_is_refused_whatever_is_imported_first(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.partition(".")[0] == "seedbed_torch"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(
        MissingExtraError, match=r'^seedbed_torch needs PyTorch, .*: pip install "torch>=2\.6"$'
    ):
        import seedbed_torch.layouts  # noqa: F401
