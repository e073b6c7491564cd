"""The kit finds the known defects of initializers of Keras, JAX and PyTorch, and names them rightly."""

import os

import pytest
from peers_adapters import JaxTruncatedNormal, KerasIdentity, TorchOrthogonal, TorchSparse

os.environ.setdefault("KERAS_BACKEND", "numpy")

from seedbed.testing import run_checks

pytestmark = pytest.mark.slow


def failures(adapter):
    report = run_checks(adapter)
    return {result.check: result.detail for result in report.results if result.is_wrong}


def test_the_identity_of_keras_loses_its_gain_in_a_round_trip():
    pytest.importorskip("keras")
    found = failures(KerasIdentity)
    assert list(found) == ["check_round_trip"]
    assert "made with gain=2.0" in found["check_round_trip"]
    assert "1.0 instead of 2.0" in found["check_round_trip"]


def test_the_truncated_normal_of_jax_has_few_different_values_in_bfloat16():
    pytest.importorskip("jax")
    found = failures(JaxTruncatedNormal)
    assert list(found) == ["check_precision", "check_mean"]
    assert "different values of 65536 in bfloat16" in found["check_precision"]
    assert "got:      128\n" in found["check_precision"]
    assert "dtype bfloat16" in found["check_mean"]  # they lie on one side of 0 more often than on the other


def test_the_orthogonal_of_pytorch_fails_in_half_precision():
    pytest.importorskip("torch")
    found = failures(TorchOrthogonal)
    assert list(found) == ["check_dtypes"]
    assert "an array of dtype float16" in found["check_dtypes"]
    assert "not implemented for 'Half'" in found["check_dtypes"]


def test_the_sparse_of_pytorch_ignores_its_generator():
    pytest.importorskip("torch")
    found = failures(TorchSparse)
    assert list(found) == ["check_global_state"]
    assert "the global random state of torch" in found["check_global_state"]
