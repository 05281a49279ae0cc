"""The pages that people follow, as the steps that stand on them.

A fenced block does something when its first line says so:

    ```csv file=NAME      the file NAME is written (toml likewise)
    ```toml append=NAME   the block is added to the file NAME
    ```diff edit=NAME     in the file NAME the lines with - become those with +
    ```sh                 every line is run; `# exit code N` says how it must end
    ```text output        every line must be in what the last command printed
    ```python             the block is run, after the other Python blocks of the page

Lines that begin with make, git, cd or source are for a person at a terminal and are not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLLOWED = [
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
]
ALL_PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

# What of the repository the pages open.
OPENED = ("examples", "tests/reference/data", "tests/studies/heart")

FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BY_HAND = ("make ", "git ", "cd ", "source ")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what its first line adds, and its text."""

    language: str
    asks: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    return [Block(*match) for match in FENCE.findall(page.read_text(encoding="utf-8"))]


@dataclass
class Reader:
    """Someone who does what a page says, in a folder that has the examples and the data."""

    folder: Path
    printed: str = ""
    names: dict[str, object] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        for part in OPENED:
            skipped = shutil.ignore_patterns("out")
            shutil.copytree(ROOT / part, self.folder / part, ignore=skipped)

    def follow(self, page: Path) -> None:
        for block in blocks_of(page):
            self.do(block)

    def do(self, block: Block) -> None:
        asks, _, name = block.asks.partition("=")
        if asks == "file":
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif asks == "append":
            with (self.folder / name).open("a", encoding="utf-8") as file:
                file.write(block.text)
        elif asks == "edit":
            self.edit(self.folder / name, block.text)
        elif block.language == "sh":
            self.run(block.text)
        elif block.asks == "output":
            self.compare(block.text)
        elif block.language == "python":
            exec(compile(block.text, "documentation", "exec"), self.names)
        else:
            return
        self.done += 1

    def edit(self, path: Path, text: str) -> None:
        lines = text.splitlines()
        old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in "- ")
        new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in "+ ")
        whole = path.read_text(encoding="utf-8")
        assert whole.count(old) == 1, f"{old!r} stands {whole.count(old)} times in {path.name}"
        path.write_text(whole.replace(old, new), encoding="utf-8")

    def run(self, text: str) -> None:
        for line in text.splitlines():
            command, _, comment = line.partition("  # ")
            if not command.strip() or command.startswith((*BY_HAND, "#")):
                continue
            wanted = re.search(r"exit code (\d+)", comment)
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            ended = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=os.environ | {"PATH": path},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            self.printed = ended.stdout + ended.stderr
            expected = int(wanted[1]) if wanted else 0
            assert ended.returncode == expected, f"{command}\n{self.printed}"

    def compare(self, text: str) -> None:
        printed = " ".join(self.printed.split())
        for line in filter(None, map(str.strip, text.splitlines())):
            assert line in printed, f"{line!r} is not in what was printed:\n{self.printed}"
