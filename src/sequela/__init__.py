"""Sequela turns a chart review into a finished, checkable study.

>>> import sequela as sq
>>> study = sq.load("examples/lenalidomide")  # doctest: +SKIP
>>> study.subjects, study.results, study.exhibit("os")  # doctest: +SKIP

Heavy libraries load when something needs them, so that importing is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequela.api import LoadedStudy, ShownExhibit, load
    from sequela.findings import Finding, StudyError
    from sequela.stats.results import Row

__all__ = ["Finding", "LoadedStudy", "Row", "ShownExhibit", "StudyError", "load"]

_HOME = {
    "Finding": "sequela.findings",
    "StudyError": "sequela.findings",
    "Row": "sequela.stats.results",
    "LoadedStudy": "sequela.api",
    "ShownExhibit": "sequela.api",
    "load": "sequela.api",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first used."""
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module 'sequela' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
