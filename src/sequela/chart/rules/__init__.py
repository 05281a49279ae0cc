"""Rules over the whole chart, each declared once with its sentence, severity and remedy."""

from sequela.chart.rules.check import RULES, check_chart, describe_rules
from sequela.chart.rules.rule import Rule

__all__ = ["RULES", "Rule", "check_chart", "describe_rules"]
