"""The pages on statistics: their sections, and what their examples print here and in R.

On these pages a fenced block means:

    ```python         run after the other Python blocks of the page
    ```text output    what the block before it prints, to the letter
    ```r              run after the other R blocks of the page
    ```text R         what R prints for the block before it

Lines of both outputs are a name and a number, so that each line of R's stands in ours.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from documentation import ROOT, Block

PAGES = sorted((ROOT / "docs" / "reference" / "statistics").glob("*.md"))
EXPLAINED = sorted((ROOT / "docs" / "explanation").glob("*.md"))
EXECUTED = [p for p in (*PAGES, *EXPLAINED) if "```python" in p.read_text(encoding="utf-8")]
LABELS = ("Formula.", "Source.", "Missing.", "States.")
_END = "<end of block>"


@dataclass(frozen=True)
class Section:
    """What a page says of one function."""

    name: str
    text: str


def sections(page: Path) -> list[Section]:
    """The sections whose heading is the name of a function."""
    parts = re.split(r"^## `(\w+)`$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [Section(name, text) for name, text in zip(parts[1::2], parts[2::2], strict=True)]


def printed_here(blocks: list[Block]) -> list[str]:
    """What each Python block prints, in one session, at the root of the repository."""
    names: dict[str, object] = {}
    outputs = []
    for block in blocks:
        if block.language == "python":
            with redirect_stdout(io.StringIO()) as said:
                exec(compile(block.text, "documentation", "exec"), names)
            outputs.append(said.getvalue())
    return outputs


def printed_by_r(blocks: list[Block]) -> list[str]:
    """What each R block prints, in one session."""
    program = "".join(
        f'{block.text}cat("{_END}\\n")\n' for block in blocks if block.language == "r"
    )
    if not program:
        return []
    ended = subprocess.run(
        ["Rscript", "--vanilla", "-"],
        input=program,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split(f"{_END}\n")[:-1]


def outputs_after(blocks: list[Block], language: str, kind: str) -> list[str]:
    """The output that stands after each block of the language; empty where none does."""
    following = [*blocks[1:], Block("", "", "")]
    return [
        after.text if (after.language, after.asks) == ("text", kind) else ""
        for block, after in zip(blocks, following, strict=True)
        if block.language == language
    ]


def numbers_of(text: str) -> dict[str, float]:
    """The number of each line by what stands before it."""
    split = [line.rpartition(" ") for line in text.strip().splitlines()]
    return {name: float(number) for name, _, number in split if _is_number(number)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def has_r() -> bool:
    """Whether R is here with the packages that the pages use."""
    if shutil.which("Rscript") is None:
        return False
    words = ["Rscript", "--vanilla", "-e", "library(survival); library(cmprsk)"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
