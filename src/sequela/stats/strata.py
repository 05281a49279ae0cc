"""Risk tables by stratum and group, which every stratified comparison reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike, NDArray

from sequela.stats.labels import Labels, read_labels
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
    stratum: Sequence[str] | NDArray[Any] | Labels,
    group: Sequence[str] | NDArray[Any] | Labels,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    causes: tuple[str, ...] = ("event",),
) -> dict[str, dict[str, RiskTable]]:
    """One risk table a stratum and group, by the names of both in order.

    Arrays are (N,) and mean what they mean in `build_risk_tables`; a stratum holds only the
    groups that someone of it is in. Times that differ by rounding are merged over all strata
    together, as R's `timefix` does. Null is not allowed: ValueError names the array. Source:
    Mantel 1966 for adding up over strata.
    """
    layers, groups = read_labels(stratum), read_labels(group)
    if layers.code.size != groups.code.size:
        raise ValueError("stratum must be one name a person, like group.")
    pairs = [(layer, name) for layer in layers.levels for name in groups.levels]
    cells = Labels(
        tuple(str(place) for place in range(len(pairs))),
        layers.code * len(groups.levels) + groups.code,
    )
    tables = build_risk_tables(
        exit_time, event, entry=entry, group=cells, weights=weights, causes=causes
    )
    built: dict[str, dict[str, RiskTable]] = {}
    for cell, table in tables.items():
        layer, name = pairs[int(cell)]
        built.setdefault(layer, {})[name] = relabel(table, name)
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
