"""Write the reference pages that are made from the code, or check that they are up to date.

python docs/generate.py            write docs/reference/*.md
python docs/generate.py --check    say which are out of date, and fail
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pages.chart import chart_page, rules_page
from pages.clinical_rules import clinical_rules_page
from pages.command_line import command_line_page
from pages.data_files import data_files_page
from pages.endpoints import endpoints_page
from pages.mapping import mapping_page
from pages.outputs import outputs_page
from pages.python import python_page
from pages.results import results_page
from pages.sources import sources_page
from pages.statistics_coverage import coverage_page
from pages.study_file import study_page

REFERENCE = Path(__file__).parent / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "chart.md": chart_page,
    "rules.md": rules_page,
    "clinical-rules.md": clinical_rules_page,
    "mapping.md": mapping_page,
    "study-file.md": study_page,
    "data-files.md": data_files_page,
    "endpoints.md": endpoints_page,
    "command-line.md": command_line_page,
    "sources.md": sources_page,
    "outputs.md": outputs_page,
    "results.md": results_page,
    "python.md": python_page,
    "statistics/coverage.md": coverage_page,
}


def out_of_date() -> list[str]:
    """The pages whose text is not what the code would give now."""
    return [name for name, make in PAGES.items() if _written(name) != make()]


def _written(name: str) -> str:
    path = REFERENCE / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(arguments: list[str]) -> int:
    """Write or check; 1 when a page is out of date."""
    if "--check" in arguments:
        stale = out_of_date()
        for name in stale:
            print(f"docs/reference/{name} is out of date: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    REFERENCE.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
