"""Compiling the kernels for a GPU, by NVRTC through `cuda-bindings`; no GPU is needed for it."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch

from seedbed.errors import MissingExtraError, PluginError, described
from seedbed_torch.kernels.tasks import TASK_BYTES

SOURCES: Final = Path(__file__).parent
_MAIN: Final = "draw.cu"
_OPTIONS: Final = (
    "--std=c++17",
    f"--define-macro=SEEDBED_TASK_BYTES={TASK_BYTES}",
    # The source says by name what is fused, so no option is needed. These are for whoever changes it.
    "--fmad=false",
    "--ftz=false",
    "--prec-div=true",
    "--prec-sqrt=true",
)


class Built(NamedTuple):
    """The kernels for GPUs of one kind.

    Attributes
    ----------
    code
        What the driver loads: machine code, or PTX where NVRTC knows no such GPU yet.
    ptx
        The same as PTX, which can be read.
    """

    code: bytes
    ptx: str


def bindings(module: str) -> Any:
    """Return a module of `cuda.bindings`.

    Raises
    ------
    MissingExtraError
        If it, or the library that it stands for, is not installed.
    """
    try:
        return importlib.import_module(f"cuda.bindings.{module}")
    except ImportError as error:
        raise _missing("cuda-bindings", error) from error


def nvrtc() -> Any:
    """Return the module of NVRTC, whose library is there.

    Raises
    ------
    MissingExtraError
        If it is not.
    """
    found = bindings("nvrtc")
    try:
        found.nvrtcVersion()
    except Exception as error:  # a class of its own for each way in which a library is missing
        raise _missing("NVRTC", error) from error
    return found


def _missing(what: str, error: Exception) -> MissingExtraError:
    major = (torch.version.cuda or "13").split(".", maxsplit=1)[0]
    wheel = "nvidia-cuda-nvrtc" if int(major) >= 13 else f"nvidia-cuda-nvrtc-cu{major}"
    told = " ".join(described(error).split())
    return MissingExtraError(
        f"the kernels for GPUs need {what}, which cannot be used ({told}): pip install "
        f'"cuda-bindings=={major}.*" {wheel}; PyTorch\'s own CUDA wheels bring NVRTC'
    )


@functools.cache
def built(major: int, minor: int) -> Built:
    """Return the kernels for GPUs of a compute capability, which are compiled once in a process.

    Raises
    ------
    MissingExtraError
        If what compiles them is not installed.
    PluginError
        If they cannot be compiled.
    """
    library = nvrtc()
    known = _checked(library, library.nvrtcGetSupportedArchs())[0]
    wanted = 10 * major + minor
    if wanted in known:
        return _compiled(library, f"sm_{wanted}")
    older = [architecture for architecture in known if architecture < wanted]
    if not older:
        raise PluginError(
            f"this NVRTC compiles for GPUs of compute capability {min(known) / 10} on, got {major}.{minor}"
        )
    return _compiled(library, f"compute_{max(older)}")


def _compiled(library: Any, architecture: str) -> Built:
    headers = sorted(SOURCES.glob("*.h"))
    (program,) = _checked(
        library,
        library.nvrtcCreateProgram(
            (SOURCES / _MAIN).read_bytes(),
            _MAIN.encode(),
            len(headers),
            [header.read_bytes() for header in headers],
            [header.name.encode() for header in headers],
        ),
    )
    try:
        options = [option.encode() for option in (f"--gpu-architecture={architecture}", *_OPTIONS)]
        (result,) = library.nvrtcCompileProgram(program, len(options), options)
        if result != library.nvrtcResult.NVRTC_SUCCESS:
            log = _text(library, program, "ProgramLog")
            raise PluginError(f"NVRTC cannot compile the kernels for {architecture}: {log}")
        ptx = _read(library, program, "PTX")
        code = _read(library, program, "CUBIN") if architecture.startswith("sm_") else ptx
        return Built(code, ptx.rstrip(b"\0").decode())
    finally:
        library.nvrtcDestroyProgram(program)


def _text(library: Any, program: Any, what: str) -> str:
    return _read(library, program, what).rstrip(b"\0").decode(errors="replace").strip()


def _read(library: Any, program: Any, what: str) -> bytes:
    (size,) = _checked(library, getattr(library, f"nvrtcGet{what}Size")(program))
    content = bytearray(size)
    _checked(library, getattr(library, f"nvrtcGet{what}")(program, content))
    return bytes(content)


def _checked(library: Any, answer: tuple[Any, ...]) -> tuple[Any, ...]:
    result, *values = answer
    if result != library.nvrtcResult.NVRTC_SUCCESS:
        raise PluginError(f"NVRTC failed: {result.name}")
    return tuple(values)
