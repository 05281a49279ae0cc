"""Groups and codes of alleles, read by py-ard where it and its data are present.

py-ard (the extra `hla`) knows from the IPD-IMGT/HLA database which alleles have the same antigen
recognition domain, and what a multiple allele code stands for. Its database is built once, with
`pyard-import --imgt-version 3510 --data-dir pyard`, and stands in the study's folder, so that
every run reads the same release. Nothing is downloaded here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sequela.clinical.transplant.hla.alleles import Allele, among

FOLDER = "pyard"
Reducer = Callable[[Allele], Allele | None]


def load_reducer(folder: Path | None, release: str) -> tuple[Reducer | None, str]:
    """What reads groups and codes by a release of the database, or why there is none."""
    if folder is None:
        return None, "the study has no folder"
    path = folder / FOLDER / f"pyard-{release}.sqlite3"
    if not path.exists():
        return None, f"{FOLDER}/{path.name} is not in the study's folder"
    try:
        import pyard  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None, "py-ard is not installed (pip install 'sequela[hla]')"
    codes = _has_codes(path)
    ard = pyard.init(release, data_dir=str(path.parent), load_mac=codes, cache_size=10_000)
    return _reducer(ard), ""


def _has_codes(path: Path) -> bool:
    """Whether the database holds multiple allele codes; py-ard would fetch them if asked."""
    asked = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'mac_codes'"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return bool(connection.execute(asked).fetchone()[0])


def _reducer(ard: Any) -> Reducer:
    def reduce(allele: Allele) -> Allele | None:
        """The allele with its options by antigen recognition domain; None when it has none."""
        if allele.null:
            return allele
        try:
            text = ard.redux(allele.text.removeprefix("HLA-"), "lgx")
        except Exception:  # py-ard raises several kinds for names that its release does not have
            return None
        options = frozenset(part for part in text.split("/") if part)
        return among(allele, options) if options else None

    return reduce
