"""The gain of a nonlinearity: the factor that compensates how much it shrinks its signal."""

from __future__ import annotations

from math import inf, sqrt
from numbers import Real

from seedbed.arguments import suggestion
from seedbed.errors import ArgumentError, shown

# A row "exact" is 1 / sqrt(E[f(z)^2]) with z ~ N(0, 1). Where no closed form is given, the integral was
# evaluated by tanh-sinh quadrature (mpmath, 50 digits, split at 0, 1, 2, 5, 10, 20, 40 and their negatives)
# and rounded once to float64. Literals, because the libraries of two machines differ in exp and erf.
_GAINS = {
    "linear": 1.0,  # exact: E[z^2] = 1
    "identity": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,  # convention of PyTorch
    "tanh": 5 / 3,  # convention of PyTorch
    "selu": 3 / 4,  # convention of PyTorch
    "relu": sqrt(2),  # exact: half of the distribution is kept, E = 1/2
    "gelu": 1.5335304411955353,  # exact, z Phi(z): E = 1/3 + 1/(2 pi sqrt(3))
    "silu": 1.676532470331091,  # exact, z / (1 + e^-z), by quadrature
    "mish": 1.486847581273208,  # exact, z tanh(log(1 + e^z)), by quadrature
    "softplus": 1.0418668355353018,  # exact, log(1 + e^z), by quadrature
}
_ALIASES = {"swish": "silu"}
_DEFAULT_PARAMS = {"leaky_relu": 0.01, "elu": 1.0}

# E[(e^z - 1)^2; z < 0] = e^2 Phi(-2) - 2 sqrt(e) Phi(-1) + 1/2, from E[e^(kz); z < 0] = e^(k^2/2) Phi(-k),
# evaluated with mpmath at 50 digits.
_ELU_NEGATIVE_HALF = 0.14494541749292386

_LARGEST_PARAM = 1e150  # the square of a larger one may not be finite


def gain(nonlinearity: str, param: float | None = None) -> float:
    r"""Return the recommended gain of a nonlinearity.

    Weights of standard deviation ``gain / sqrt(fan_in)`` keep the second moment of the signal from layer to
    layer when the gain is

    .. math:: g = 1 / \sqrt{\mathrm{E}[f(z)^2]}, \qquad z \sim N(0, 1).

    Parameters
    ----------
    nonlinearity
        - Exact, by the formula: ``linear``, ``identity``, ``conv1d`` to ``conv3d`` and ``conv_transpose1d``
          to ``conv_transpose3d`` (all 1), ``relu``, ``leaky_relu``, ``elu``, ``gelu`` (erf form), ``silu``
          (or ``swish``), ``mish`` and ``softplus``.
        - Conventions of PyTorch, kept for agreement with it: ``sigmoid`` 1, ``tanh`` 5/3 and ``selu`` 3/4.
          The formula gives 1.8462285453, 1.5925374197 and 1 for these.
    param
        The slope below zero for ``leaky_relu`` (default 0.01), alpha for ``elu`` (default 1). The others have
        no parameter.

    Returns
    -------
    float
        A positive number, the same on every machine.

    Raises
    ------
    ArgumentError
        If the name is unknown, or `param` is given to a nonlinearity without one or is not a finite number.

    Examples
    --------
    >>> gain("tanh")
    1.6666666666666667
    >>> gain("leaky_relu", 1.0)
    1.0
    >>> round(gain("elu"), 4)
    1.2452

    References
    ----------
    He et al., "Delving deep into rectifiers", ICCV 2015, https://arxiv.org/abs/1502.01852 (relu, leaky_relu).

    The table of ``torch.nn.init.calculate_gain``, https://docs.pytorch.org/docs/stable/nn.init.html.
    """
    name = _known_name(nonlinearity)
    if name in _GAINS:
        if param is not None:
            raise ArgumentError(
                f"got param={shown(param)} for {shown(nonlinearity)}, which has none; "
                f"leave it out, or use one that takes it: {', '.join(_DEFAULT_PARAMS)}"
            )
        return _GAINS[name]
    value = _DEFAULT_PARAMS[name] if param is None else _as_number(param, name)
    if name == "leaky_relu":  # E = 1/2 + slope^2 / 2
        return sqrt(2 / (1 + value * value))
    return 1 / sqrt(0.5 + value * value * _ELU_NEGATIVE_HALF)


def _known_name(nonlinearity: str) -> str:
    known = sorted({*_GAINS, *_DEFAULT_PARAMS, *_ALIASES})
    if not isinstance(nonlinearity, str):
        raise ArgumentError(
            f"got nonlinearity {shown(nonlinearity)} of type {type(nonlinearity).__name__}; "
            f"allowed is one of the names {', '.join(known)}"
        )
    if nonlinearity not in known:
        hint = suggestion(nonlinearity, known)
        raise ArgumentError(f"got nonlinearity {shown(nonlinearity)}; allowed are {', '.join(known)}{hint}")
    return _ALIASES.get(nonlinearity, nonlinearity)


def _as_number(param: float, name: str) -> float:
    if isinstance(param, bool) or not isinstance(param, Real):
        raise ArgumentError(
            f"got param={shown(param)} of type {type(param).__name__} for {name!r}; "
            "allowed is a finite number"
        )
    try:
        value = float(param)  # before any comparison, which NumPy would make in float32 for a float32
    except OverflowError:
        value = inf
    if not abs(value) <= _LARGEST_PARAM:  # written so that nan fails it
        raise ArgumentError(
            f"got param={shown(param)} for {name!r}; allowed is a finite number "
            f"between {-_LARGEST_PARAM} and {_LARGEST_PARAM}"
        )
    return value
