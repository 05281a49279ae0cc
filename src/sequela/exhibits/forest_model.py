"""Cox and Fine-Gray regression as an exhibit: its definition, its refusals, and its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from sequela.exhibits.context import (
    Context,
    ExhibitDefinition,
    Width,
    absent_in,
    bias_refusal,
    known_later,
)
from sequela.exhibits.exposure_time import exposure_times
from sequela.exhibits.levels import yes_no
from sequela.exhibits.survival import competing_causes, events_without_a_time
from sequela.stats.cox import CoxData, CoxModel, estimate_cox
from sequela.stats.cox_likelihood import Ties
from sequela.stats.estimand import Estimand
from sequela.stats.results import Absent, Row
from sequela.stats.risk_table import Floats
from sequela.stats.simon_makuch import exposure_history
from sequela.stats.subdistribution import SubdistributionModel, estimate_subdistribution


class Forest(ExhibitDefinition):
    """Hazard ratios of covariates for an endpoint; lists of columns, no formula."""

    kind: Literal["forest"]
    endpoint: str
    covariates: tuple[str, ...]
    interactions: tuple[tuple[str, str], ...] = ()
    strata: tuple[str, ...] = ()
    references: Mapping[str, str] = Field({}, description="the reference level of a category")
    exposure: str = Field(
        "",
        description="a moment from which a patient counts as exposed: a time-dependent covariate",
    )
    cause: str = Field(
        "", description="the cause that is modelled, of an endpoint with competing causes"
    )
    hazard: Literal["cause-specific", "subdistribution"] = Field(
        "cause-specific",
        description="of a cause: its hazard, or by Fine and Gray that of its cumulative incidence",
    )
    ties: Ties = "efron"
    firth: bool = False
    width_cm: Width = 11.5

    @model_validator(mode="after")
    def _of_its_covariates(self) -> Forest:
        if not (self.covariates or self.exposure):
            raise ValueError("a regression needs one covariate or more")
        if twice := [c for c in self.covariates if self.covariates.count(c) > 1]:
            raise ValueError(f"covariate '{twice[0]}' is named twice")
        paired = [name for pair in self.interactions for name in pair]
        for name in paired:
            if name not in (*self.covariates, self.exposure):
                raise ValueError(f"'{name}' is none of the covariates")
        for name in self.references:
            if name not in self.covariates:
                raise ValueError(f"'{name}' has a reference level and is none of the covariates")
        return self

    @model_validator(mode="after")
    def _of_one_cause(self) -> Forest:
        if self.cause and self.exposure:
            raise ValueError("a cause and an exposure cannot be combined; name an endpoint of one")
        if self.firth and self.ties == "exact":
            raise ValueError("Firth's penalty needs Efron's or Breslow's ties, not exact ones")
        if self.hazard == "subdistribution":
            if not self.cause:
                raise ValueError("a subdistribution hazard is that of a cause: name it")
            if self.strata or self.firth or self.ties != "efron":
                raise ValueError("a subdistribution hazard takes no strata, ties or penalty here")
        return self

    @property
    def ratio(self) -> str:
        """The statistic of the ratios that the exhibit shows."""
        return "subdistribution_hazard_ratio" if self.is_subdistribution else "hazard_ratio"

    @property
    def is_subdistribution(self) -> bool:
        """Whether the ratios are Fine and Gray's."""
        return self.hazard == "subdistribution"


def refusal_of_forest(definition: Forest, context: Context) -> str:
    """Why the exhibit is refused; empty when it is not."""
    of_set = context.subjects.sets[definition.set].columns
    used = [*of_set, *definition.covariates, *definition.strata]
    columns = known_later(context, used, set=definition.set, endpoint=definition.endpoint)
    if columns and not definition.accept_bias:
        return bias_refusal(context, columns)
    if definition.exposure:
        found = exposure_times(
            context, set=definition.set, endpoint=definition.endpoint, moment=definition.exposure
        )
        if found.refusal:
            return found.refusal
    return (
        _cause_refusal(definition, context)
        or events_without_a_time(context, set=definition.set, endpoint=definition.endpoint)
        or _reference_missing(definition, context)
    )


def _cause_refusal(definition: Forest, context: Context) -> str:
    """Why the causes of the endpoint do not allow the model; empty when they do."""
    known = context.clinical.endpoint_definitions[definition.endpoint].causes
    if definition.cause and definition.cause not in known:
        return f"The endpoint has no cause '{definition.cause}'; it has {', '.join(known)}."
    if definition.cause or not competing_causes(context, definition.endpoint):
        return ""
    return (
        "The endpoint has competing causes. Name the one whose hazard is modelled, such as "
        f"cause = '{known[0]}'; the others are then censored, or with "
        "hazard = 'subdistribution' they compete."
    )


def _reference_missing(definition: Forest, context: Context) -> str:
    """Which reference level nobody of the set has, so that nothing can be compared with it."""
    members = context.subjects.within(definition.set)
    frame = members.filter(members[definition.endpoint].is_not_null())
    for name, level in definition.references.items():
        label = context.label(name)
        if context.subjects.columns[name].kind == "number":
            return f"{label} is a number and has no reference level"
        if level not in [yes_no(v) for v in frame[name].drop_nulls().unique().to_list()]:
            return f"no patient here has '{level}', the reference level of {label}"
    return ""


def estimate_forest(definition: Forest, context: Context) -> list[Row]:
    """The rows of the Cox model; or one refused row."""
    members = context.subjects.within(definition.set)
    absent = absent_in(members, definition.endpoint)
    if reason := refusal_of_forest(definition, context):
        about = Estimand(
            variable=definition.endpoint, n=members.height - absent.total, absent=absent
        )
        return [about.by("refused").no_value(definition.ratio, "refused", reason)]
    if definition.is_subdistribution:
        return _estimate_subdistribution(definition, context, absent)
    return estimate_cox(
        _data(definition, context), _model(definition), variable=definition.endpoint, absent=absent
    )


def _estimate_subdistribution(definition: Forest, context: Context, absent: Absent) -> list[Row]:
    """The rows of the Fine-Gray model of the cause."""
    name = definition.endpoint
    members = context.subjects.within(definition.set)
    frame = members.filter(members[name].is_not_null())
    causes = frame[f"{name}_cause"].to_list()
    return estimate_subdistribution(
        frame[name].to_numpy(),
        np.array([0 if c is None else 1 if c == definition.cause else 2 for c in causes]),
        {c: _values(context, frame[c].to_list(), c) for c in definition.covariates},
        SubdistributionModel(
            covariates=definition.covariates,
            interactions=definition.interactions,
            references=dict(definition.references),
        ),
        variable=name,
        absent=absent,
    )


def _model(definition: Forest) -> CoxModel:
    exposure = (definition.exposure,) if definition.exposure else ()
    return CoxModel(
        covariates=(*exposure, *definition.covariates),
        interactions=definition.interactions,
        strata=definition.strata,
        references=dict(definition.references),
        ties=definition.ties,
        firth=definition.firth,
        profile=definition.firth,
    )


def _data(definition: Forest, context: Context) -> CoxData:
    """The rows of the regression: one a patient, or two where exposure began on the way."""
    name = definition.endpoint
    members = context.subjects.within(definition.set)
    frame = members.filter(members[name].is_not_null())
    columns = {
        c: _values(context, frame[c].to_list(), c)
        for c in (*definition.covariates, *definition.strata)
    }
    if not definition.exposure:
        return CoxData(
            exit_time=frame[name].to_numpy(),
            event=_events(definition, frame),
            columns=columns,
        )
    found = exposure_times(context, set=definition.set, endpoint=name, moment=definition.exposure)
    history = exposure_history(found.time, found.event, found.exposure)
    repeated = {c: [values[i] for i in history.person] for c, values in columns.items()}
    return CoxData(
        exit_time=history.exit_time,
        event=history.event,
        entry=history.entry,
        columns={definition.exposure: history.exposed.astype(float).tolist(), **repeated},
        patient=history.person.tolist(),
    )


def _events(definition: Forest, frame: pl.DataFrame) -> Floats:
    """Who had the event (N,), 0 or 1: the cause that is modelled where one is named."""
    if not definition.cause:
        return frame[f"{definition.endpoint}_event"].cast(float).to_numpy()
    of_cause = frame[f"{definition.endpoint}_cause"] == definition.cause
    return of_cause.fill_null(False).cast(float).to_numpy()


def _values(context: Context, values: list[Any], column: str) -> list[Any]:
    """A covariate's values: numbers as they are, categories as text."""
    if context.subjects.columns[column].kind == "number":
        return [np.nan if v is None else float(v) for v in values]
    return [None if v is None else yes_no(v) for v in values]
