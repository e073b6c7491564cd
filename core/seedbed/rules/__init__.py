"""Rules that say which initializer each parameter of a model gets, by the parameter's path."""

from seedbed.rules.plan import KEEP, Plan, Rule, Rules, as_path
from seedbed.rules.reading import RulesLike, as_rules, parse

__all__ = ["KEEP", "Plan", "Rule", "Rules", "RulesLike", "as_path", "as_rules", "parse"]
