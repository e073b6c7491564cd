"""`FrameworkInitializer`, a base for what adapters hand to layers; and rules with a framework's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal, Self, TypeAlias

from seedbed.api import get, to_config
from seedbed.errors import ArgumentError, ConfigError, shown
from seedbed.initializer import Initializer

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer]
LayoutName: TypeAlias = Literal["by_layer", "stored"]

_LAYOUTS: Final = ("by_layer", "stored")
_DEFAULTS: Final = {"path": None, "layout": "by_layer", "scope": None}


class FrameworkInitializer:
    """An initializer in a framework's layers, and in the files of its models.

    A subclass calls it as its framework calls initializers. It is a value, whose config has all of it, and
    every framework writes the same keys.

    Parameters
    ----------
    initializer
        An initializer, or a name or config.
    path
        The path of the stream to draw from, instead of each weight's own.
    layout
        ``"by_layer"``: a weight is drawn with its inputs before its outputs, where its layer tells them.
        ``"stored"``: it is drawn as it is stored.
    scope
        The path of the layer whose config this one is a part of, for frameworks that need it.

    Raises
    ------
    ArgumentError
        If an argument is none of these, or `initializer` a callable of another kind, with which no model
        could be saved.
    ConfigError
        If its class is not in the catalogue, so that no config could name it.
    SeedbedError
        Whatever `seedbed.get` raises.

    Examples
    --------
    >>> class TinyInitializer(FrameworkInitializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return self.own(path=self.path)(shape, dtype)
    >>> tiny = TinyInitializer("he_normal")
    >>> tiny, TinyInitializer.from_config(tiny.get_config()) == tiny
    (TinyInitializer(HeNormal()), True)
    """

    maker: ClassVar[str] = "get"
    """The adapter's function that makes one, for messages."""

    hint: ClassVar[str] = ""
    """What to do with an initializer of the framework's own, for a message."""

    def __init__(
        self,
        initializer: InitializerLike,
        path: str | None = None,
        *,
        layout: LayoutName = "by_layer",
        scope: str | None = None,
    ) -> None:
        for name, given in {"path": path, "scope": scope}.items():
            if not isinstance(given, str | None) or given == "":
                raise ArgumentError(f"got {name}={given!r}; give text such as 'head/kernel', or None")
        if layout not in _LAYOUTS:
            raise ArgumentError(f"got layout={layout!r}; allowed are {', '.join(map(repr, _LAYOUTS))}")
        self.initializer: Any = self.found(initializer)
        self.path = path
        self.layout = layout
        self.scope = scope
        # What cannot be written is refused here, and not when a model that has been trained is saved.
        to_config(self.initializer)

    @classmethod
    def found(cls, identifier: Any, /, **overrides: Any) -> Initializer:
        """Return the initializer that `identifier` means, with constructor arguments on top.

        Raises
        ------
        ArgumentError
            If it means no initializer of ours.
        SeedbedError
            Whatever `seedbed.get` raises.
        """
        if isinstance(identifier, complex | float | int | list | tuple) or hasattr(identifier, "__array__"):
            raise ArgumentError(
                f"got values of type {type(identifier).__name__}; {cls.maker}('constant', value=...) makes "
                "an initializer of them, which a saved model has with all of them; weight.assign(...) gives "
                "them to a weight that is there"
            )
        found = None if isinstance(identifier, FrameworkInitializer | None) else get(identifier, **overrides)
        if isinstance(found, Initializer):
            return found
        raise ArgumentError(
            f"got {shown(identifier)} of type {type(identifier).__name__}; give a name, a config, or an "
            f"initializer of Seedbed, with which a model can be saved{cls.hint}"
        )

    def own(self, *, path: str | None = None) -> Initializer:
        """Return the initializer within, of the stream of its own path, else of `path`."""
        stream = path if self.path is None else self.path
        found: Initializer = self.initializer
        return found if stream is None else found.fold_in(stream)

    @property
    def is_seeded(self) -> bool:
        """Whether it has a stream of which each weight can get one of its own."""
        return bool(self.initializer.fold_in("") != self.initializer)

    @property
    def is_stored(self) -> bool:
        """Whether it is drawn as a weight is stored, whatever the layer of the weight tells.

        So is what has `axes`, or an array of values: whoever writes these down for the shape of the weight
        means it.
        """
        return self.layout == "stored" or _is_by_position(self.initializer.get_config())

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data."""
        return {
            "initializer": to_config(self.initializer),
            "path": self.path,
            "layout": self.layout,
            "scope": self.scope,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return what `get_config` describes.

        Raises
        ------
        ConfigError
            If `config` is no dict, or has not the constructor's arguments.
        SeedbedError
            Whatever the constructor raises.
        """
        allowed = {"initializer", *_DEFAULTS}
        if not isinstance(config, Mapping) or not {"initializer"} <= {*config} <= allowed:
            raise ConfigError(
                f"got the config {shown(config)} of a {cls.__name__}; it is a dict with an initializer, and "
                f"nothing else than {', '.join(sorted(allowed))}"
            )
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FrameworkInitializer) or type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.initializer, self.path, self.layout, self.scope

    def __repr__(self) -> str:
        given = {name: getattr(self, name) for name in _DEFAULTS if getattr(self, name) != _DEFAULTS[name]}
        more = "".join(f", {name}={value!r}" for name, value in given.items())
        return f"{type(self).__name__}({self.initializer!r}{more})"


def _is_by_position(arguments: Mapping[str, Any]) -> bool:
    """Say whether a config's arguments, or those of an initializer in it, tell of axes or have an array."""
    has_array = isinstance(arguments.get("value"), list | dict)
    parts = [part for value in arguments.values() for part in (value if isinstance(value, list) else [value])]
    inner = [part["config"] for part in parts if isinstance(part, dict) and "class_name" in part]
    return arguments.get("axes") is not None or has_array or any(map(_is_by_position, inner))


def converted(rules: Any, convert: Callable[[Any], Any]) -> Any:
    """Return rules with every initializer in them as `convert` returns it, and with all else as it is.

    It is for adapters whose framework has initializers of its own, which rules may have as well.

    Examples
    --------
    >>> converted({"*/bias": "ZEROS"}, str.lower)
    {'*/bias': 'zeros'}
    """
    if isinstance(rules, Mapping):
        return {patterns: convert(given) for patterns, given in rules.items()}
    return [_row(row, convert) for row in rules] if isinstance(rules, list | tuple) else rules


def _row(row: Any, convert: Callable[[Any], Any]) -> Any:
    if isinstance(row, Mapping):
        return {key: convert(value) if key == "initializer" else value for key, value in row.items()}
    if isinstance(row, list | tuple) and len(row) == 2:
        return [row[0], convert(row[1])]
    return row
