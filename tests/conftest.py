"""Studies that several tests read: small ones written in the test, and the example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from small_study import Told, tell, write_study

EXAMPLE = Path(__file__).parents[1] / "examples" / "lenalidomide"


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Told]:
    """A study written down in the test: `study(toml, exposures=...)`."""

    def make(toml: str = "", **tables: str) -> Told:
        return tell(write_study(tmp_path / "study", toml, **tables))

    return make


@pytest.fixture(scope="session")
def example() -> Told:
    """The published series, read and derived."""
    return tell(EXAMPLE)


@pytest.fixture(scope="session")
def example_rows(example: Told):
    """The result rows of the published series."""
    return tuple(example.rows)
