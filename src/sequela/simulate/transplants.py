"""Allogeneic transplants as a chart holds them: conditioning, typings, engraftment, GVHD."""

from __future__ import annotations

import numpy as np
import polars as pl

from sequela.simulate.histories import Flags, Floats
from sequela.simulate.rows import Cohort, Words, choose, stack

# The agents of each regimen: total dose or dose a day, unit, days, route, fractions.
_AGENTS: dict[str, tuple[dict[str, object], ...]] = {
    "cyclophosphamide/TBI": (
        {"agent": "cyclophosphamide", "dose": "120", "unit": "mg/kg", "per": "course"},
        {"agent": "TBI", "dose": "1200", "unit": "cGy", "per": "course", "fractions": "8"},
    ),
    "busulfan/cyclophosphamide": (
        {
            "agent": "busulfan",
            "dose": "3.2",
            "unit": "mg/kg",
            "per": "day",
            "days": "4",
            "route": "intravenous",
        },
        {"agent": "cyclophosphamide", "dose": "120", "unit": "mg/kg", "per": "course"},
    ),
    "fludarabine/melphalan": (
        {"agent": "fludarabine", "dose": "30", "unit": "mg/m2", "per": "day", "days": "5"},
        {"agent": "melphalan", "dose": "140", "unit": "mg/m2", "per": "course"},
    ),
    "fludarabine/busulfan": (
        {"agent": "fludarabine", "dose": "30", "unit": "mg/m2", "per": "day", "days": "5"},
        {
            "agent": "busulfan",
            "dose": "3.2",
            "unit": "mg/kg",
            "per": "day",
            "days": "2",
            "route": "intravenous",
        },
    ),
    "fludarabine/TBI": (
        {"agent": "fludarabine", "dose": "30", "unit": "mg/m2", "per": "day", "days": "3"},
        {"agent": "TBI", "dose": "200", "unit": "cGy", "per": "course", "fractions": "1"},
    ),
}
# Alleles with invented frequencies, every locus drawn by itself.
_ALLELES = {
    "A": ("02:01", "01:01", "03:01", "24:02", "11:01", "68:01"),
    "B": ("07:02", "08:01", "44:02", "35:01", "15:01", "40:01", "51:01"),
    "C": ("07:01", "07:02", "04:01", "06:02", "03:04", "05:01"),
    "DRB1": ("15:01", "03:01", "07:01", "01:01", "04:01", "11:01", "13:01"),
    "DQB1": ("06:02", "02:01", "03:01", "05:01", "03:02", "06:03"),
}
# Alleles of DPB1 with their shares; 09:01 and 17:01 are of the first group of T-cell epitopes,
# 03:01 and 14:01 of the second, the others of the third.
_DPB1 = {
    "DPB1*04:01": 0.4,
    "DPB1*02:01": 0.15,
    "DPB1*04:02": 0.12,
    "DPB1*03:01": 0.1,
    "DPB1*01:01": 0.08,
    "DPB1*05:01": 0.06,
    "DPB1*14:01": 0.04,
    "DPB1*09:01": 0.03,
    "DPB1*17:01": 0.02,
}
_OTHERS = {"tacrolimus/methotrexate": 0.7, "cyclosporine/mycophenolate mofetil": 0.3}
_HAPLO = "post-transplant cyclophosphamide/tacrolimus/mycophenolate mofetil"


def transplant_rows(cohort: Cohort, draw: np.random.Generator) -> dict[str, pl.DataFrame]:
    """All that the chart knows of the transplants for leukemia."""
    who = np.isfinite(cohort.histories.transplant)
    day = np.where(who, cohort.histories.transplant, 0)
    return {
        "transplants": _transplants(cohort, draw, who, day),
        "conditioning": _conditioning(cohort, who),
        "hla": _typings(cohort, draw, who),
        "measurements": _counts(cohort, draw, who, day),
        "assessments": _judged(cohort, who, day),
        "events": _events(cohort, who, day),
    }


def _number(cohort: Cohort) -> Words:
    """Which of the patient's transplants it is."""
    return np.where(cohort.autologous, "2", "1")


def _transplants(
    cohort: Cohort, draw: np.random.Generator, who: Flags, day: Floats
) -> pl.DataFrame:
    n, graft = len(cohort.ids), cohort.histories.graft
    haplo = graft.donor == "haploidentical"
    return cohort.rows(
        who,
        number=_number(cohort),
        type="allogeneic",
        indication="B-ALL",
        disease_status="first remission",
        when=day,
        donor=graft.donor,
        graft=choose(draw, n, {"peripheral blood": 0.8, "bone marrow": 0.2}),
        cd34_selection=choose(draw, n, {"no": 0.9, "yes": 0.1}),
        conditioning=graft.regimen,
        gvhd_prophylaxis=np.where(haplo, _HAPLO, choose(draw, n, _OTHERS)),
    )


def _conditioning(cohort: Cohort, who: Flags) -> pl.DataFrame:
    regimen, number = cohort.histories.graft.regimen, _number(cohort)
    return stack(
        *(
            cohort.rows(who & (regimen == name), transplant=number, **agent)
            for name, agents in _AGENTS.items()
            for agent in agents
        )
    )


def _typings(cohort: Cohort, draw: np.random.Generator, who: Flags) -> pl.DataFrame:
    """Two alleles a locus of patient and donor; a second allele that is the first stays blank.

    A matched donor has the patient's alleles, a mismatched one another allele at one locus, a
    haploidentical one shares one haplotype and differs at every locus of the other.
    """
    n, donor = len(cohort.ids), cohort.histories.graft.donor
    odd = draw.integers(0, 4, n)
    coarse = np.where(draw.random(n) < cohort.model.coarse_typings, draw.integers(0, 5, n), -1)
    parts = [_dpb1(cohort, draw.spawn(1)[0], who)]
    for place, (locus, alleles) in enumerate(_ALLELES.items()):
        weights = np.arange(len(alleles), 0, -1) / np.arange(len(alleles) + 1).sum()
        first, second = (draw.choice(len(alleles), n, p=weights) for _ in range(2))
        other = (np.where(second == first, first, second) + 1) % len(alleles)
        other = np.where(other == first, (other + 1) % len(alleles), other)
        differs = (donor == "haploidentical") | ((donor == "mismatched unrelated") & (odd == place))
        theirs = np.where(differs, other, second)
        names = np.array([f"{locus}*{allele}" for allele in alleles])
        groups = np.array([f"{locus}*{allele.partition(':')[0]}" for allele in alleles])
        given = np.where(coarse == place, groups[first], names[first])
        for person, one, two in (
            ("patient", names[first], names[second]),
            ("donor", given, names[theirs]),
        ):
            parts.append(
                cohort.rows(
                    who,
                    transplant=_number(cohort),
                    person=person,
                    locus=locus,
                    allele1=one,
                    allele2=np.where(one == two, "", two),
                )
            )
    return stack(*parts)


def _dpb1(cohort: Cohort, draw: np.random.Generator, who: Flags) -> pl.DataFrame:
    """DPB1 of patient and donor: the same in siblings, by chance in those who are not related."""
    n, donor = len(cohort.ids), cohort.histories.graft.donor
    own, drawn = ([choose(draw, n, _DPB1) for _ in range(2)] for _ in range(2))
    alike = donor == "matched related"
    shared = alike | (donor == "haploidentical")
    theirs = [np.where(shared, own[0], drawn[0]), np.where(alike, own[1], drawn[1])]
    return stack(
        *(
            cohort.rows(
                who,
                transplant=_number(cohort),
                person=person,
                locus="DPB1",
                allele1=one,
                allele2=np.where(one == two, "", two),
            )
            for person, (one, two) in (("patient", own), ("donor", theirs))
        )
    )


def _free(cohort: Cohort, day: Floats) -> Flags:
    """Whether a patient is still seen and without relapse on a day."""
    return (day <= cohort.histories.end) & (day < cohort.histories.relapse)


def _counts(cohort: Cohort, draw: np.random.Generator, who: Flags, day: Floats) -> pl.DataFrame:
    """Counts around engraftment: low ones before, and three days with enough."""
    n, graft = len(cohort.ids), cohort.histories.graft
    parts = []
    for name, engrafts, low, high, decimals in (
        ("ANC", graft.neutrophils, (0.06, 0.45), (0.55, 2.5), 2),
        ("platelets", graft.platelets, (4.0, 19.0), (22.0, 90.0), 0),
    ):
        known = np.where(np.isfinite(engrafts), engrafts, 14)
        for offset in (-3, 0, 1, 2):
            when = day + known + offset
            fewer = (offset < 0) | np.isinf(engrafts)
            value = np.where(fewer, draw.uniform(*low, n), draw.uniform(*high, n))
            parts.append(
                cohort.rows(
                    who & _free(cohort, when),
                    name=name,
                    value=np.array([f"{number:.{decimals}f}" for number in value]),
                    unit="10^9/L",
                    tissue="blood",
                    when=when,
                )
            )
    return stack(*parts)


def _judged(cohort: Cohort, who: Flags, day: Floats) -> pl.DataFrame:
    """The intensity as the clinician calls it, and GVHD at its worst or its absence."""
    graft = cohort.histories.graft
    parts = [cohort.rows(who, what="conditioning intensity", value=graft.intensity, when=day)]
    for kind, grade, after, by in (
        ("acute", graft.acute, graft.acute_day, "by day 100"),
        ("chronic", graft.chronic, graft.chronic_day, "by one year"),
    ):
        when = day + after
        parts.append(
            cohort.rows(
                who & _free(cohort, when),
                what=f"{kind} GVHD",
                value=grade,
                timepoint=by,
                when=when,
                criteria="NIH 2014" if kind == "chronic" else "MAGIC",
            )
        )
    return stack(*parts)


def _events(cohort: Cohort, who: Flags, day: Floats) -> pl.DataFrame:
    """Platelet transfusions early after transplant; systemic therapy of chronic GVHD."""
    graft = cohort.histories.graft
    early, late = day + 2, day + graft.chronic_day + 7
    treated = np.isin(graft.chronic, ("moderate", "severe"))
    return stack(
        cohort.rows(who & _free(cohort, early), what="platelet transfusion", when=early),
        cohort.rows(
            who & treated & _free(cohort, late),
            what="systemic therapy of chronic GVHD",
            when=late,
        ),
    )
