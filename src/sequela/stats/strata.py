"""Risk tables by stratum and group, which every stratified comparison reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sequela.stats.results import NOBODY_ABSENT, Absent
from sequela.stats.risk_table import RiskTable, build_risk_tables, relabel

Tables = Mapping[str, RiskTable]
Strata = Mapping[str, Tables]


def unstratified(tables: Tables) -> Strata:
    """The tables as the only stratum, whose name is empty."""
    return {"": tables}


def build_stratified_risk_tables(
    exit_time: ArrayLike,
    event: ArrayLike,
    *,
    stratum: Sequence[str],
    group: Sequence[str],
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    causes: tuple[str, ...] = ("event",),
) -> dict[str, dict[str, RiskTable]]:
    """One risk table a stratum and group, by the names of both in order.

    Arrays are (N,) and mean what they mean in `build_risk_tables`; a stratum holds only the
    groups that someone of it is in. Times that differ by rounding are merged over all strata
    together, as R's `timefix` does. Null is not allowed: ValueError names the array.
    """
    strata, groups = _texts("stratum", stratum), _texts("group", group)
    if strata.size != groups.size:
        raise ValueError("stratum must be one name a person, like group.")
    names, code = np.unique(groups, return_inverse=True)
    layers, layer = np.unique(strata, return_inverse=True)
    cells = [f"{k:09d}" for k in layer * names.size + code]
    tables = build_risk_tables(
        exit_time, event, entry=entry, group=cells, weights=weights, causes=causes
    )
    built: dict[str, dict[str, RiskTable]] = {str(name): {} for name in layers}
    for cell, table in tables.items():
        which, member = divmod(int(cell), names.size)
        name = str(names[member])
        built[str(layers[which])][name] = relabel(table, name)
    return built


def group_names(strata: Strata) -> tuple[str, ...]:
    """Every group of any stratum, in the order in which the strata name them first."""
    return tuple(dict.fromkeys(name for tables in strata.values() for name in tables))


def group_size(strata: Strata, group: str) -> int:
    """How many people of a group there are in all strata together."""
    return round(sum(tables[group].n for tables in strata.values() if group in tables))


def check_strata(strata: Strata, absent: Mapping[str, Absent]) -> None:
    """ValueError when there is no table, or `absent` names what is no group of them."""
    if not any(strata.values()):
        raise ValueError("A comparison needs risk tables; none was given.")
    if unknown := sorted(set(absent) - set(group_names(strata)) - {""}):
        raise ValueError(f"absent names '{unknown[0]}', which is no group of the comparison.")


def total_absent(absent: Mapping[str, Absent]) -> Absent:
    """The absent of all groups together, those of an unknown group ("") included."""
    every = [NOBODY_ABSENT, *absent.values()]
    return Absent(
        missing=sum(a.missing for a in every),
        not_evaluable=sum(a.not_evaluable for a in every),
        not_applicable=sum(a.not_applicable for a in every),
    )


def _texts(name: str, labels: Sequence[str]) -> NDArray[Any]:
    listed = list(labels)
    if not all(isinstance(label, str) for label in listed):
        raise ValueError(f"{name} has a value that is not text; count the absent before.")
    return np.array(listed, dtype=str)
