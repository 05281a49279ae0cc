"""`import sequela` and its version load no heavy library."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"polars", "numpy", "scipy", "matplotlib", "pydantic", "docx", "typst", "rich", "cyclopts"}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.split(".")[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    "code", ["import sequela", "import sequela.findings", "dir(__import__('sequela'))"]
)
def test_nothing_heavy_is_loaded(code):
    assert loaded_by(code) & HEAVY == set()


def test_the_check_sees_what_it_looks_for():
    assert "polars" in loaded_by("from sequela import load")


def test_every_public_name_is_there():
    code = "import sequela\nassert all(hasattr(sequela, name) for name in sequela.__all__)"
    assert "sequela" in loaded_by(code)
