from __future__ import annotations

import pytest
from invented_report import forms, report

from sequela.report.document import Report


@pytest.fixture(scope="session")
def whole() -> Report:
    return report()


@pytest.fixture(scope="session")
def written(whole: Report) -> dict[str, bytes]:
    return forms(whole)
