"""Why no parameter of a model uses a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seedbed.arguments import suggestion
from seedbed.rules.parameter import Parameter, as_path
from seedbed.rules.plan import MOST_TOLD
from seedbed.rules.rule import Rule, why_not


def why_unused(
    rules: Sequence[Rule], known: Mapping[str, Parameter], chosen: Mapping[str, Rule]
) -> Iterator[str]:
    """Yield a line for each of the rules that none of the parameters uses; `chosen` are those that are."""
    ends = {_end(name) for parameter in known.values() for name in parameter.names} if rules else set()
    for number, rule in enumerate(rules):
        matched = [path for path, parameter in known.items() if rule.matches(*parameter.names)]
        if any(_is_for_a_tie(rule, known[path], chosen.get(path)) for path in matched):
            continue
        wanted = _end(rule.patterns[0])
        taken = next((path for path in matched if not why_not(rule, known[path])), None)
        if taken is not None:
            yield f"{rule}: what it matches, such as {taken}, an earlier rule has: {chosen[taken]}"
        elif matched:
            other = matched[0]
            has = f", and has {chosen[other]}" if known[other].kind is None and other in chosen else ""
            of = " of this kind" if rule.kind else ""
            yield f"{rule}: matches no parameter{of}; {other} {why_not(rule, known[other])}{has}"
        elif wanted in ends and "[" in wanted:
            yield f"{rule}: matches no parameter, since [ab] is a or b; write [[] for a bracket"
        else:  # nobody reads more of a message, and finding out what was meant takes long
            hint = suggestion(wanted, ends) if number < MOST_TOLD else ""
            yield f"{rule}: matches no parameter{hint}"


def _is_for_a_tie(rule: Rule, parameter: Parameter, chosen: Rule | None) -> bool:
    """Say whether a rule is for another place of a shared parameter than the one whose rule it has."""
    own = (parameter.path, *parameter.others)
    places = [own, *((name,) for name in parameter.ties)] if parameter.ties else []
    return any(
        rule.matches(*map(as_path, names)) and (chosen is None or not chosen.matches(*map(as_path, names)))
        for names in places
    )


def _end(path: str) -> str:
    return path.rpartition("/")[2]
