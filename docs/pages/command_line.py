"""The page of the command line: the help of every command, as the program prints it."""

from __future__ import annotations

import io
import re

from rich.console import Console

from pages.markdown import code, page, table
from sequela import cli

EXIT_CODES = {
    cli.DONE: "done; for `audit`: nothing was contradicted",
    cli.CONTRADICTED: "`audit` found something that is contradicted or inconsistent",
    cli.BAD_STUDY: "the study has errors; every one of them was printed",
    cli.BAD_CALL: "the command was not understood",
}


def commands() -> list[str]:
    """The names of all commands."""
    return [name for name in cli.app if not name.startswith("-")]


def help_of(*command: str) -> str:
    """The help that the program prints, 80 characters wide and without colour."""
    written = io.StringIO()
    console = Console(file=written, width=80, color_system=None, force_terminal=False)
    cli.app.help_print(list(command), console=console)
    lines = [line.rstrip() for line in written.getvalue().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def closing_words() -> str:
    """What every help ends with, after the frame of the commands; it need not stand twice."""
    return help_of().rpartition("╯")[2].lstrip("\n")


def command_line_page() -> str:
    """docs/reference/command-line.md."""
    closing = closing_words()
    parts = []
    for name in commands():
        parts += [f"## sequela {name}", code(help_of(name).removesuffix(closing))]
    return page(
        "The command line",
        "Findings go to standard error, answers to standard output. Progress and the closing "
        "summary are shown on a terminal only.",
        code(help_of()),
        *parts,
        "## Exit codes",
        table(("code", "meaning"), [(str(c), m) for c, m in EXIT_CODES.items()]),
    )
