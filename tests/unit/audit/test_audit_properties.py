"""Whatever is computed from real values and then printed raises no alarm."""

from decimal import Decimal
from fractions import Fraction

from chart_evidence import STATISTICS, FrameEvidence, median_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sequela.audit import audit_claims
from sequela.audit.claim_form import KINDS
from sequela.audit.rounding import rounded

BASE = {"id": "x", "where": "Results", "about": "the number"}
decimals = st.integers(0, 2)


def alarm(evidence, **table):
    (verdict,) = audit_claims([KINDS[table["kind"]].model_validate(BASE | table)], evidence)
    return verdict.alarm and verdict.sentence


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(-30, 400), min_size=2, max_size=30), decimals, st.booleans())
def test_a_summary_of_whole_numbers(values, places, linked):
    numbers = {
        name: rounded(statistic([float(v) for v in values]), places)
        for name, statistic in STATISTICS.items()
    }
    chart = FrameEvidence(
        {
            "patient_id": [f"{i:03d}" for i in range(len(values))],
            "x": [str(v) if v >= 0 else "0" for v in values],
        }
    )
    if any(v < 0 for v in values) or not linked:
        link = {"derivable": "no", "reason": "it is invented"}
    else:
        link = {"from": {"variable": "x"}}
    assert not alarm(chart, kind="summary", whole=True, n=len(values), **numbers, **link)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=25),
    st.lists(st.integers(1, 70), max_size=4, unique=True),
)
def test_a_kaplan_meier_statement(patients, times):
    chart = FrameEvidence(
        {
            "patient_id": [f"{i:03d}" for i in range(len(patients))],
            "months": [str(time) for time, _ in patients],
            "died": ["yes" if died else "no" for _, died in patients],
        },
        endpoints={"os": ("months", "died")},
    )
    median = median_of(chart.frame, "months", "died")
    printed = "not reached" if median == float("inf") else rounded(median, 1)
    numbers = {"n": len(patients), "events": sum(died for _, died in patients), "median": printed}
    at = [{"time": Decimal(t), "pct": rounded(survival(patients, t), 0)} for t in times]
    link = {"derivable": "no", "reason": "it is invented"}
    assert not alarm(chart, kind="survival", **numbers, **{"from": {"endpoint": "os"}})
    assert not alarm(chart, kind="survival", **numbers, at=at, **link)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=60), decimals)
def test_a_table_of_categories(values, places):
    known = [v for v in values if v]
    chart = FrameEvidence({"patient_id": [f"{i:03d}" for i in range(len(values))], "x": [*values]})
    items = [
        {
            "label": level,
            "n": known.count(level),
            "pct": rounded(Decimal(100) * known.count(level) / len(known), places),
            "level": level,
        }
        for level in sorted(set(known))
    ]
    if items:
        link = {"from": {"variable": "x"}}
        assert not alarm(chart, kind="percent", of=len(known), items=items, **link)


def survival(patients, at):
    """Percent alive by Kaplan-Meier, in exact fractions."""
    alive = Fraction(100)
    for time in sorted({t for t, _ in patients if t <= at}):
        risk = sum(t >= time for t, _ in patients)
        alive *= Fraction(risk - sum(t == time and d for t, d in patients), risk)
    return Decimal(alive.numerator) / alive.denominator
