"""The kinds of exhibits, and for each what it estimates, draws, shows and says."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from sequela.exhibits.context import Context, Drawing, Rows
from sequela.exhibits.cumulative_incidence import (
    CumulativeIncidence,
    draw_cuminc,
    estimate_cuminc,
    sentences_of_cuminc,
    show_cuminc,
)
from sequela.exhibits.dechallenge import (
    DechallengeExhibit,
    draw_dechallenge,
    estimate_dechallenge,
    sentences_of_dechallenge,
    show_dechallenge,
)
from sequela.exhibits.flow import Flow, drawing_of_flow, estimate_flow, sentences_of_flow, show_flow
from sequela.exhibits.followup import (
    FollowUp,
    estimate_followup,
    sentences_of_followup,
    show_followup,
)
from sequela.exhibits.listing import Listing, show_listing
from sequela.exhibits.proportions import (
    Proportions,
    estimate_proportions,
    sentences_of_proportions,
    show_proportions,
)
from sequela.exhibits.survival import (
    KaplanMeier,
    draw_km,
    estimate_km,
    sentences_of_km,
    show_km,
)
from sequela.exhibits.survival_bounds import (
    SurvivalBounds,
    estimate_bounds,
    sentences_of_bounds,
    show_bounds,
)
from sequela.exhibits.swimmer import Swimmer, draw_swimmer_exhibit
from sequela.exhibits.table1 import Table1, estimate_table1, sentences_of_table1, show_table1
from sequela.report.document import Block, Run
from sequela.stats.results import Row, stamp

Exhibit = Annotated[
    Flow
    | Table1
    | Listing
    | Proportions
    | FollowUp
    | KaplanMeier
    | CumulativeIncidence
    | SurvivalBounds
    | Swimmer
    | DechallengeExhibit,
    Field(discriminator="kind"),
]

# Kinds that show single patients: their tables and figures stay in the patient-level folder.
PATIENT_KINDS = (Listing, Swimmer)


def estimate(exhibit: Exhibit, context: Context) -> list[Row]:
    """The result rows of an exhibit, stamped with its id and its set."""
    match exhibit:
        case Flow():
            rows = estimate_flow(exhibit, context)
        case Table1():
            rows = estimate_table1(exhibit, context)
        case Proportions():
            rows = estimate_proportions(exhibit, context)
        case FollowUp():
            rows = estimate_followup(exhibit, context)
        case KaplanMeier():
            rows = estimate_km(exhibit, context)
        case CumulativeIncidence():
            rows = estimate_cuminc(exhibit, context)
        case SurvivalBounds():
            rows = estimate_bounds(exhibit, context)
        case DechallengeExhibit():
            rows = estimate_dechallenge(exhibit, context)
        case Listing() | Swimmer():
            rows = []
    return stamp(
        [row if row.set else replace(row, set=exhibit.set) for row in rows], exhibit=exhibit.id
    )


def drawings(exhibit: Exhibit, context: Context, rows: Rows) -> list[Drawing]:
    """The figures of an exhibit, still to be drawn."""
    match exhibit:
        case Flow():
            return drawing_of_flow(exhibit, context, rows)
        case KaplanMeier():
            return draw_km(exhibit, context, rows)
        case CumulativeIncidence():
            return draw_cuminc(exhibit, context, rows)
        case Swimmer():
            return draw_swimmer_exhibit(exhibit, context)
        case DechallengeExhibit():
            return draw_dechallenge(exhibit, context, rows)
        case _:
            return []


def show(exhibit: Exhibit, context: Context, rows: Rows) -> list[Block]:
    """The tables and sentences of an exhibit; its figures follow them."""
    match exhibit:
        case Flow():
            return show_flow(exhibit, context, rows)
        case Table1():
            return show_table1(exhibit, context, rows)
        case Listing():
            return show_listing(exhibit, context)
        case Proportions():
            return show_proportions(exhibit, context, rows)
        case FollowUp():
            return show_followup(exhibit, context, rows)
        case KaplanMeier():
            return show_km(exhibit, context, rows)
        case CumulativeIncidence():
            return show_cuminc(exhibit, context, rows)
        case SurvivalBounds():
            return show_bounds(exhibit, context, rows)
        case DechallengeExhibit():
            return show_dechallenge(exhibit, context, rows)
        case Swimmer():
            return []


def sentences(exhibit: Exhibit, context: Context, rows: Rows) -> tuple[Run, ...]:
    """What the Results say of an exhibit; nothing where it speaks of single patients only."""
    match exhibit:
        case Flow():
            return sentences_of_flow(exhibit, context, rows)
        case Table1():
            return sentences_of_table1(exhibit, context, rows)
        case Proportions():
            return sentences_of_proportions(exhibit, context, rows)
        case FollowUp():
            return sentences_of_followup(exhibit, context, rows)
        case KaplanMeier():
            return sentences_of_km(exhibit, context, rows)
        case CumulativeIncidence():
            return sentences_of_cuminc(exhibit, context, rows)
        case SurvivalBounds():
            return sentences_of_bounds(exhibit, context, rows)
        case DechallengeExhibit():
            return sentences_of_dechallenge(exhibit, context, rows)
        case Listing() | Swimmer():
            return ()
