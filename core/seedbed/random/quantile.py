"""The quantile function of the standard normal distribution, and its other face, the probabilities."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

# Wichura (1988), Algorithm AS 241, PPND16: rational approximations with a relative error near 1e-16,
# highest power first. The centre in q = p - 1/2, the two tails in r = sqrt(-log p).
_CENTRE_ABOVE: Final = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_CENTRE_BELOW: Final = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
_NEAR_ABOVE: Final = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_NEAR_BELOW: Final = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
    2.05319162663775882187e0, 1.0,
)  # fmt: skip
_FAR_ABOVE: Final = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_FAR_BELOW: Final = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1.0,
)  # fmt: skip


def below(z: float) -> float:
    """Return the probability that a standard normal value is below `z`, exact in the lower tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def density(z: float) -> float:
    """Return the density of the standard normal distribution at `z`; 0 at infinity."""
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def quantile(p: Float64s) -> Float64s:
    """Return the z below which a standard normal value lies with probability `p`, for p in (0, 1/2]."""
    q = p - 0.5
    z: Float64s = q * _ratio(0.180625 - q * q, _CENTRE_ABOVE, _CENTRE_BELOW)
    tail = np.flatnonzero(q < -0.425)
    r = np.sqrt(-np.log(p.flat[tail]))
    near = _ratio(r - 1.6, _NEAR_ABOVE, _NEAR_BELOW)
    far = _ratio(r - 5.0, _FAR_ABOVE, _FAR_BELOW)
    z.flat[tail] = -np.where(r <= 5.0, near, far)
    return z


def _ratio(x: Float64s, above: tuple[float, ...], under: tuple[float, ...]) -> Any:
    return np.polyval(above, x) / np.polyval(under, x)
