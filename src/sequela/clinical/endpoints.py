"""Endpoints: from a start to the first of several events, or to the last contact.

Rules, in the order in which they are asked:

1. The first event ends it. On one day an event comes before a censoring, and of two events the
   one that stands first in `same_day`, else in `event` followed by `competing`. A death known in
   part does not come before what else happened to the patient.
2. Without an event it lasts until the patient was last known to be free of one: the latest of
   `censor`. What stands in `censor_at` ends it earlier, unless an event came before it or on
   the same day. Where days known in part leave open which came first, it is not evaluable.
3. An event whose time the chart does not give is known to lie between the start and the
   earliest later thing that is dated; the endpoint is then an interval, and says so.
4. An event found at one visit and absent at the visit before lies between the two. Both ends
   are kept; `between` says which point stands for it.
5. A date known only in part stands for the point that the study's rule gives (`imputation`, by
   default the middle of what the endpoint can be), and is flagged as imputed.
6. An event named in `at_start` counts on the first day, whenever it was found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, model_validator

from sequela.clinical.definition import Definition, Reason
from sequela.clinical.endpoint_templates import endpoint_templates
from sequela.clinical.rule_register import ClinicalRule, Parameter

RULES = (
    ClinicalRule(
        name="endpoint",
        version="1",
        says="The first event ends it, else the last contact censors it, or earlier a moment of "
        "`censor_at`. An event on the day of a censoring counts; of two events on one day the one "
        "named first. An event without a time lies between the start and the next dated thing.",
        source="this project",
        used_by=("endpoints",),
        parameters=(
            Parameter(
                "between",
                "the day on which an event was found",
                "Döhner 2022 (ELN), outcome measures",
            ),
        ),
    ),
)


class EndpointDefinition(Definition):
    """A time to event: the start, the events of which the first counts, and the censorings.

    A word is the name of a moment. `template` fills in what the endpoint does not say itself,
    `like` takes it from an endpoint that stands above.
    """

    label: str = Field(
        "", description="how the report calls it; without one the template's label stands for it"
    )
    template: str = Field("", description="a named definition, see the list of templates")
    like: str = Field("", description="an endpoint above, of which this one is a variant")
    start: str = Field(description="the moment it counts from")
    event: tuple[str, ...] = Field(description="moments; the first of them ends it")
    competing: tuple[str, ...] = Field(
        (), description="moments that end it in another way, after which the event cannot come"
    )
    censor: tuple[str, ...] = Field(
        description="moments of being known without an event; the last of them counts"
    )
    censor_at: tuple[str, ...] = Field(
        (),
        description="moments that end the observation, such as a transplant; an event of the same "
        "day still counts",
    )
    at_start: tuple[str, ...] = Field(
        (), description="events that count on the first day, whenever they were found"
    )
    same_day: tuple[str, ...] = Field(
        (), description="which event counts when several fall on one day, the first named first"
    )
    between: Literal["found", "middle"] = Field(
        "found",
        description="the point that stands for an event between two visits: the day on which it "
        "was found, or the middle",
    )
    before_start: Literal["not_evaluable", "ignored"] = Field(
        "not_evaluable", description="what an event before the start means"
    )
    population: str = Field(
        "", description="SQL condition over the columns; of others it is not applicable"
    )
    absent: Reason = Field("missing", description="what it means when a patient has no start")

    @model_validator(mode="before")
    @classmethod
    def _from_template(cls, data: Any) -> Any:
        """The keys of the template under those that the study gives."""
        if not isinstance(data, dict):
            return data
        if data.get("like") and "start" not in data:
            raise ValueError(f"there is no endpoint '{data['like']}' above it")
        name = data.get("template")
        if not name:
            return data
        known = endpoint_templates()
        if name not in known:
            raise ValueError(f"there is no template '{name}'; there are {', '.join(known)}")
        return {"label": known[name].label, **known[name].keys, **data}

    @property
    def causes(self) -> tuple[str, ...]:
        """All that can end it other than censoring, the events first."""
        return (*self.event, *self.competing)

    @property
    def moments(self) -> tuple[str, ...]:
        """Every moment that it refers to."""
        named = (self.start, *self.causes, *self.censor, *self.censor_at)
        return tuple(dict.fromkeys(named))


def endpoints_like(endpoints: Mapping[str, Any]) -> dict[str, Any]:
    """The endpoints of a study file with `like` filled in from the ones above, and with labels.

    A label is not taken over from the one above, so that two never have the same. An endpoint
    with a template and no label has the template's; where it changes what the template counts,
    or another has that label, its own name stands behind it.
    """
    filled: dict[str, Any] = {}
    for name, given in endpoints.items():
        if not isinstance(given, dict):
            filled[name] = given
            continue
        above = filled.get(str(given.get("like")), {})
        template = endpoint_templates().get(str(given.get("template")))
        keys = template.keys if template else {}
        shared = {k: v for k, v in above.items() if k != "label"}
        filled[name] = {**shared, **keys, **given}
    taken = {str(e.get("label")) for e in filled.values() if isinstance(e, dict)}
    for name, endpoint in filled.items():
        if isinstance(endpoint, dict) and not endpoint.get("label"):
            endpoint["label"] = _label_of(name, endpoint, taken)
            taken.add(endpoint["label"])
    return filled


# What an endpoint counts: where one of these differs, it is another endpoint than the template.
_COUNTED = ("event", "competing", "censor_at", "at_start", "population", "between")


def _label_of(name: str, endpoint: Mapping[str, Any], taken: Collection[str]) -> str:
    """The label of the template, told apart by the endpoint's own name; blank without one."""
    template = endpoint_templates().get(str(endpoint.get("template")))
    if template is None:
        return ""
    own = all(endpoint.get(key) == template.keys.get(key) for key in _COUNTED)
    if own and template.label not in taken:
        return template.label
    return f"{template.label} ({name.replace('_', ' ')})"


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def endpoint_in_words(endpoint: EndpointDefinition) -> str:
    """What an endpoint counts, as the Methods say it: start, events, censoring, conventions."""
    events = either(endpoint.event)
    first = events if len(endpoint.event) == 1 else f"the first of {events}"
    said = [f"from {endpoint.start} to {first}"]
    if endpoint.competing:
        said.append(f"competing with {either(endpoint.competing)}")
    parts = [", ".join(said), f"without one, censored at {', '.join(endpoint.censor)}"]
    if endpoint.censor_at:
        parts.append(f"censored already at {', '.join(endpoint.censor_at)} if that came first")
    if endpoint.at_start:
        parts.append(f"{', '.join(endpoint.at_start)} counts on the first day")
    if endpoint.between == "middle":
        parts.append("an event found between two visits stands at the middle between them")
    if endpoint.before_start == "ignored":
        parts.append("what came before the start is left aside")
    if endpoint.population:
        parts.append(f"only where {endpoint.population}")
    if endpoint.template in endpoint_templates():
        parts.append(f"after {endpoint_templates()[endpoint.template].source}")
    return "; ".join(parts).replace("_", " ")
