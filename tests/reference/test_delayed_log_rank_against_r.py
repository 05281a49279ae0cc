"""The log-rank test with delayed entry beside R's score test with exact ties."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from sequela.stats.log_rank import log_rank
from sequela.stats.risk_table import build_risk_tables

SETS = pl.read_csv(Path(__file__).with_name("delayed_log_rank.csv")).partition_by("set")


@pytest.mark.parametrize("people", SETS, ids=lambda people: str(people["set"][0]))
def test_equals_the_exact_score_test(people: pl.DataFrame) -> None:
    tables = build_risk_tables(
        people["exit"].to_numpy(),
        people["event"].to_numpy(),
        entry=people["entry"].to_numpy(),
        group=people["group"],
    )
    assert log_rank(tables).chi_squared == pytest.approx(people["chi_squared"][0], rel=1e-8)
