"""The kinds of exhibits, and for each what it estimates, draws, shows and says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from sequela.exhibits import (
    cumulative_incidence,
    dechallenge,
    endpoint_variants,
    flow,
    followup,
    forest,
    landmark,
    listing,
    precision,
    proportions,
    simon_makuch,
    survival,
    survival_bounds,
    survival_drawing,
    survival_text,
    swimmer,
    table1,
)
from sequela.exhibits.context import SIMULATED, Context, Drawing, Rows
from sequela.report.document import Block, Run
from sequela.stats.results import Row, stamp

if TYPE_CHECKING:
    from sequela.display.style import Picture

Exhibit = Annotated[
    flow.Flow
    | table1.Table1
    | listing.Listing
    | proportions.Proportions
    | followup.FollowUp
    | survival.KaplanMeier
    | survival_bounds.SurvivalBounds
    | endpoint_variants.EndpointVariants
    | cumulative_incidence.CumulativeIncidence
    | landmark.Landmark
    | simon_makuch.SimonMakuch
    | forest.Forest
    | precision.Precision
    | swimmer.Swimmer
    | dechallenge.DechallengeExhibit,
    Field(discriminator="kind"),
]

# Kinds that show single patients: their tables and figures stay in the patient-level folder.
PATIENT_KINDS = (listing.Listing, swimmer.Swimmer)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of exhibit can do; what it cannot is None.

    `estimate` takes the definition and the context, the others also the exhibit's rows.
    """

    estimate: Callable[[Any, Context], list[Row]] | None = None
    draw: Callable[[Any, Context, Rows], list[Drawing]] | None = None
    show: Callable[[Any, Context, Rows], list[Block]] | None = None
    say: Callable[[Any, Context, Rows], tuple[Run, ...]] | None = None


KINDS: dict[type, Kind] = {
    flow.Flow: Kind(
        flow.estimate_flow, flow.drawing_of_flow, flow.show_flow, flow.sentences_of_flow
    ),
    table1.Table1: Kind(
        table1.estimate_table1, None, table1.show_table1, table1.sentences_of_table1
    ),
    listing.Listing: Kind(show=lambda d, context, _: listing.show_listing(d, context)),
    proportions.Proportions: Kind(
        proportions.estimate_proportions,
        None,
        proportions.show_proportions,
        proportions.sentences_of_proportions,
    ),
    followup.FollowUp: Kind(
        followup.estimate_followup, None, followup.show_followup, followup.sentences_of_followup
    ),
    survival.KaplanMeier: Kind(
        survival.estimate_km,
        survival_drawing.draw_km,
        survival_text.show_km,
        survival_text.sentences_of_km,
    ),
    survival_bounds.SurvivalBounds: Kind(
        survival_bounds.estimate_bounds,
        None,
        survival_bounds.show_bounds,
        survival_bounds.sentences_of_bounds,
    ),
    endpoint_variants.EndpointVariants: Kind(
        endpoint_variants.estimate_variants,
        None,
        endpoint_variants.show_variants,
        endpoint_variants.sentences_of_variants,
    ),
    cumulative_incidence.CumulativeIncidence: Kind(
        cumulative_incidence.estimate_cuminc,
        cumulative_incidence.draw_cuminc,
        cumulative_incidence.show_cuminc,
        cumulative_incidence.sentences_of_cuminc,
    ),
    landmark.Landmark: Kind(
        landmark.estimate_landmark_exhibit,
        landmark.draw_landmark,
        landmark.show_landmark,
        landmark.sentences_of_landmark,
    ),
    simon_makuch.SimonMakuch: Kind(
        simon_makuch.estimate_simon_makuch_exhibit,
        simon_makuch.draw_simon_makuch,
        simon_makuch.show_simon_makuch,
        simon_makuch.sentences_of_simon_makuch,
    ),
    forest.Forest: Kind(
        forest.estimate_forest,
        forest.draw_forest_exhibit,
        forest.show_forest,
        forest.sentences_of_forest,
    ),
    precision.Precision: Kind(
        precision.estimate_precision_exhibit,
        None,
        precision.show_precision,
        precision.sentences_of_precision,
    ),
    swimmer.Swimmer: Kind(draw=lambda d, context, _: swimmer.draw_swimmer_exhibit(d, context)),
    dechallenge.DechallengeExhibit: Kind(
        dechallenge.estimate_dechallenge,
        dechallenge.draw_dechallenge,
        dechallenge.show_dechallenge,
        dechallenge.sentences_of_dechallenge,
    ),
}


def estimate(exhibit: Exhibit, context: Context) -> list[Row]:
    """The result rows of an exhibit, stamped with its id and its set."""
    make = KINDS[type(exhibit)].estimate
    rows = make(exhibit, context) if make else []
    return stamp(
        [row if row.set else replace(row, set=exhibit.set) for row in rows], exhibit=exhibit.id
    )


def drawings(exhibit: Exhibit, context: Context, rows: Rows) -> list[Drawing]:
    """The figures of an exhibit, still to be drawn."""
    draw = KINDS[type(exhibit)].draw
    made = draw(exhibit, context, rows) if draw else []
    return [_simulated(d) for d in made] if context.simulated else made


def _simulated(drawing: Drawing) -> Drawing:
    """The figure, saying on its face and in its legend that no patient in it exists."""
    return replace(
        drawing,
        legend=(Run(f"{SIMULATED}. ", bold=True), *drawing.legend),
        draw=partial(_draw_marked, drawing.draw),
    )


def _draw_marked(draw: Callable[[], Picture]) -> Picture:
    from sequela.display.mark import mark_picture

    return mark_picture(draw(), SIMULATED)


def show(exhibit: Exhibit, context: Context, rows: Rows) -> list[Block]:
    """The tables and sentences of an exhibit; its figures follow them."""
    blocks = KINDS[type(exhibit)].show
    return blocks(exhibit, context, rows) if blocks else []


def sentences(exhibit: Exhibit, context: Context, rows: Rows) -> tuple[Run, ...]:
    """What the Results say of an exhibit; nothing where it speaks of single patients only."""
    say = KINDS[type(exhibit)].say
    return say(exhibit, context, rows) if say else ()
