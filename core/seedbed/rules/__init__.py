"""Rules that say which initializer each parameter of a model gets, by the parameter's path."""

from seedbed.rules.expression import Expression
from seedbed.rules.parameter import KINDS, Parameter, as_path
from seedbed.rules.plan import Plan
from seedbed.rules.planning import Rules
from seedbed.rules.reading import RulesLike, as_rules, parse
from seedbed.rules.rule import KEEP, Rule
from seedbed.rules.settings import Count, Setting
from seedbed.rules.template import Template

__all__ = [
    "KEEP",
    "KINDS",
    "Count",
    "Expression",
    "Parameter",
    "Plan",
    "Rule",
    "Rules",
    "RulesLike",
    "Setting",
    "Template",
    "as_path",
    "as_rules",
    "parse",
]
