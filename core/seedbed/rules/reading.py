"""Rules from a TOML file, a dict or a list, checked to the last key.

``docs/reference/rules.md`` describes the format of the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from seedbed.api import catalogue
from seedbed.arguments import text as check_text
from seedbed.errors import DeprecatedNameWarning, RulesError, UnknownNameError, described, shown
from seedbed.initializer import Initializer
from seedbed.reading import parse_toml, read_small
from seedbed.rules.document import FILE, Extend, rule_of_pair, rules_in
from seedbed.rules.lines import Lines
from seedbed.rules.planning import Rules
from seedbed.rules.rule import Keep
from seedbed.warning import warn

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer] | Keep
Patterns: TypeAlias = str | Sequence[str]
Row: TypeAlias = tuple[Patterns, InitializerLike] | Mapping[str, Any]
Pairs: TypeAlias = Mapping[str, InitializerLike] | Sequence[Row]
RulesLike: TypeAlias = Rules | str | os.PathLike[str] | Pairs

_NAME: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*:)?[A-Za-z][A-Za-z0-9_]*")
_MOST_LINKS: Final = 10


def as_rules(given: RulesLike) -> Rules:
    """Return the rules that `given` means.

    Parameters
    ----------
    given
        The path of a TOML file; the name of a recipe; a mapping from patterns to initializers; a list, in
        order, of pairs of a pattern, or a list of patterns, and an initializer, or of dicts with the keys
        that a table of a file has; a dict with all that such a file has; or `Rules` themselves. An
        initializer is anything from which `seedbed.get` makes one, or `KEEP` for what stays as it is.

    Raises
    ------
    RulesError
        If it is something else, has no rule, or one of its rules is wrong.

    Examples
    --------
    >>> print(as_rules([(["*.bias", "*.norm.*"], "zeros")]).rules[0])
    */bias | */norm/* -> Zeros()
    """
    if isinstance(given, Rules):
        return given
    if isinstance(given, str) and _NAME.fullmatch(given):
        return _named(given)
    if isinstance(given, str | os.PathLike):
        return read(Path(given))
    if isinstance(given, Mapping) and _is_file(given):
        return rules_in(given, "the dict of rules", extend=recipe)
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, Sequence) or not pairs:
        raise RulesError(
            f"got {shown(given)} as rules; give the path of a TOML file, or a dict or pairs of patterns and "
            "initializers, such as {'*/bias': 'zeros', '*': 'he_normal'}"
        )
    if all(isinstance(row, Mapping) for row in pairs):
        return rules_in({"rules": list(pairs)}, "the list of rules", extend=recipe)
    return Rules(tuple(rule_of_pair(number, pair) for number, pair in enumerate(pairs, 1)))


def read(path: Path) -> Rules:
    """Return the rules in a TOML file.

    Raises
    ------
    RulesError
        If it cannot be read, or is malformed. The message lists everything that is wrong, by rule and key.
    """

    def wrong(what: str) -> RulesError:
        return RulesError(f"{path} {what}")

    try:
        content = read_small(path, wrong)
    except OSError as error:
        raise wrong(f"cannot be read: {described(error)}") from error
    return _rules_of(content, str(path), recipe)


def parse(text: str, source: str) -> Rules:
    """Return the rules in the text of such a file; `source` names it in errors.

    Raises
    ------
    RulesError
        If it is malformed.

    Examples
    --------
    >>> text = '''
    ... [[rules]]
    ... match = ["*/bias", "*/norm/bias"]
    ... initializer = "zeros"
    ...
    ... [[rules]]
    ... match = "*"
    ... initializer = "random_normal"
    ... arguments = { stddev = 0.02 }
    ... '''
    >>> print(parse(text, "gpt.toml").rules[1])
    * -> RandomNormal(stddev=0.02)
    """
    check_text("text", text)
    check_text("source", source)
    return _rules_of(text.encode(errors="surrogatepass"), source, recipe)


def recipe(name: str, /, **parameters: Any) -> Rules:
    """Return the rules of a recipe of the catalogue.

    Parameters
    ----------
    name
        Its name, an alias, or its full name ``provider:name``.
    **parameters
        Values of the parameters that it declares, such as ``layers=12``.

    Raises
    ------
    UnknownNameError, AmbiguousNameError
        If no recipe has this name, or several packages have one.
    EntryLoadError
        If its package is broken.
    RulesError
        If its file is malformed, or it has no such parameter.

    Examples
    --------
    >>> recipe("gpt_2")
    Traceback (most recent call last):
    ...
    seedbed.errors.UnknownNameError: no recipe is named 'gpt_2'; ...
    """
    check_text("name", name)
    return _recipe(name, ()).with_parameters(**parameters)


def _recipe(name: str, chain: tuple[str, ...]) -> Rules:
    """Return a recipe that another one may extend, which others extend in turn."""
    found = catalogue().recipe(name)
    full_name, deprecated = found.entry.full_name, found.entry.deprecated
    if deprecated is not None:
        warn(f"{full_name} is {deprecated}", DeprecatedNameWarning)
    if full_name in chain or len(chain) >= _MOST_LINKS:
        raise RulesError(f"a recipe extends itself, or too many others: {' -> '.join([*chain, full_name])}")
    extend = partial(_base, found.entry.provider, (*chain, full_name))
    rules = _rules_of(found.content, f"{full_name} ({found.place})", extend)
    if not rules.about.recipe:
        raise RulesError(
            f"{found.place} is no recipe; give it the key 'recipe', such as {found.entry.name!r}"
        )
    return rules.with_parameters(**found.arguments)


def _base(provider: str, chain: tuple[str, ...], name: str) -> Rules:
    # Bare names are the package's own, so that no other package can change what they mean.
    return _recipe(name if ":" in name else f"{provider}:{name}", chain)


def _named(name: str) -> Rules:
    """Return the recipe of a name; or the rules in a file that is called so, as before there were recipes."""
    is_file = Path(name).is_file()
    try:
        found = recipe(name)
    except UnknownNameError as error:
        if is_file:
            return read(Path(name))
        raise RulesError(f"got {name!r} as rules; there is no such file, and {error}") from error
    if is_file:
        raise RulesError(f"{name!r} is a recipe and a file; write pathlib.Path({name!r}) for the file")
    return found


def _is_file(given: Mapping[Any, Any]) -> bool:
    """Say whether a dict has what a file has, and not patterns."""
    has_rules = isinstance(given.get("rules"), list | tuple) or isinstance(given.get("extends"), str)
    return has_rules and given.keys() <= FILE.kinds.keys()


def _rules_of(content: bytes, source: str, extend: Extend) -> Rules:
    tables = parse_toml(content, lambda what: RulesError(f"{source} {what}"))
    return rules_in(tables, source, Lines(content.decode(errors="replace")), extend=extend)
