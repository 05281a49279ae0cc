"""The command that makes a copy of a study for others: share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from sequela import console as shown

if TYPE_CHECKING:
    from sequela.study import Study


def share(
    folder: Annotated[Path, Parameter(help="the study's folder")],
    *,
    deidentified: Annotated[
        Literal["safe-harbor", "days", "shift"],
        Parameter(help="the policy: years only, days from time zero, or dates moved"),
    ],
    out: Annotated[Path, Parameter(help="the folder to write; it must not exist yet")],
    key: Annotated[
        Path, Parameter(help="which new number is which patient; kept apart, and used again")
    ],
    zero: Annotated[
        str, Parameter(help="the moment of time zero; blank is the start of the first endpoint")
    ] = "",
) -> int:
    """Write a de-identified copy of a study, and prove that no identifier stands in it.

    Nothing is written where the proof fails. The key stays with you.

    For example: sequela share my-study --deidentified days --out shared --key my-key.csv
    """
    from sequela.pipeline import load_study
    from sequela.sharing.folder import share_study

    loaded = load_study(folder)
    done = share_study(
        folder,
        out,
        loaded.chart,
        deidentified,
        zero=loaded.clinical.moments[_time_zero(loaded.study, zero)],
        key_path=key,
    )
    shown.print_shared(done, key)
    return 0


def _time_zero(study: Study, asked: str) -> str:
    """The name of the moment that time counts from; StudyError when there is none."""
    from sequela.findings import Finding, StudyError, did_you_mean

    name = asked or next((e.start for e in study.endpoints.values()), "")
    if name in study.moments:
        return name
    raise StudyError(
        [
            Finding(
                code="share-without-zero",
                severity="error",
                message=f"there is no moment '{name}' to count from"
                if name
                else "the study has no endpoint, so it is not clear what to count from",
                remedy=did_you_mean(name, study.moments) if name else "Name a moment with --zero.",
            )
        ]
    )


def add_share_command(app: App) -> None:
    """Add the command that makes a copy for others."""
    app.command(share)
