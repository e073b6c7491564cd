"""Rules that say which initializer each parameter of a model gets, by the parameter's path."""

from seedbed.rules.parameter import KINDS, Parameter, as_path
from seedbed.rules.plan import Plan, Rules
from seedbed.rules.reading import RulesLike, as_rules, parse
from seedbed.rules.rule import KEEP, Rule

__all__ = [
    "KEEP",
    "KINDS",
    "Parameter",
    "Plan",
    "Rule",
    "Rules",
    "RulesLike",
    "as_path",
    "as_rules",
    "parse",
]
