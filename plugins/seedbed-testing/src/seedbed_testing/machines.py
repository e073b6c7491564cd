"""Machines that others have, as far as a process can be told that it runs on one."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_NUMPY: Final = ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath")  # the second before NumPy 2
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_X86: Final = ("x86_64", "amd64", "i386", "i686")

# The oldest kernel that OpenBLAS has for x86; all of its builds that choose a kernel at run time have it.
_OLD_KERNEL: Final = "Prescott"

# The exp, log and sin of the C library, and so of Python, have versions with fused operations, which round
# once where others round twice. glibc ignores names that it does not know, and other libraries all of this.
_UNFUSED: Final = "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-FMA_Usable,-FMA4_Usable,-AVX2_Usable"


class Machine(NamedTuple):
    """How a machine is other than this one.

    Attributes
    ----------
    cpus
        How many CPUs it has; 0 for as many as this one.
    is_older
        Whether its CPU has only the instructions that NumPy needs.
    """

    cpus: int = 0
    is_older: bool = False

    def environ(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process on it, where this process has the one that is given."""
        changed = dict(given)
        if self.cpus:
            # A few are enough, since each library starts as many, whatever CPUs there are.
            changed.update(dict.fromkeys(_THREADS, str(min(self.cpus, 3))))
        if self.is_older:
            changed.pop("NPY_ENABLE_CPU_FEATURES", None)  # NumPy refuses to be told both
            changed.update(_older(given))
        return changed

    def __str__(self) -> str:
        """Return what it is, and how to make a process like one on it."""
        if self.is_older:
            settings = (f"{name}={value!r}" for name, value in _older(os.environ).items())
            return f"a CPU that has fewer instructions, as by {', '.join(settings)}"
        return f"a machine with {self.cpus} CPU{'s' * (self.cpus > 1)}" if self.cpus else "this machine"


HERE: Final = Machine()
FEW_CPUS: Final = Machine(cpus=1)
OLDER: Final = FEW_CPUS._replace(is_older=True)
MANY_CPUS: Final = Machine(cpus=61)  # a prime number, so that hardly an array is divided as on this machine


def _older(given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings by which libraries leave out what not every CPU has."""
    features = " ".join(optional_features())
    settings = {"NPY_DISABLE_CPU_FEATURES": features} if features else {}
    if platform.machine().lower() in _X86:
        settings["OPENBLAS_CORETYPE"] = _OLD_KERNEL
    if sys.platform == "linux":
        settings["GLIBC_TUNABLES"] = ":".join(filter(None, (given.get("GLIBC_TUNABLES"), _UNFUSED)))
    return settings


def optional_features() -> list[str]:
    """Return what NumPy uses of this CPU and can do without.

    NumPy raises an error for a name that it cannot do without, and warns of one that this CPU has not.
    """
    found: dict[str, None] = {}
    for name in _NUMPY:
        # By its dict, since an old name that is kept may warn of being asked for anything.
        module: Mapping[str, Any] = vars(sys.modules[name]) if name in sys.modules else {}
        usable = module.get("__cpu_features__", {})
        found.update(dict.fromkeys(one for one in module.get("__cpu_dispatch__", ()) if usable.get(one)))
    return list(found)
