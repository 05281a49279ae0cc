"""A de-identified copy of a study as a folder that can be run, written only if it is proven."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sequela.chart.chart import Chart
from sequela.chart.time import CALENDAR
from sequela.findings import Finding, StudyError
from sequela.sharing.deidentify import Shared, deidentify
from sequela.sharing.key import extend_key, read_key, write_key
from sequela.sharing.policy import ALWAYS, IN_WORDS, Policy
from sequela.sharing.proof import Proof, prove
from sequela.sources.spreadsheet_text import neutral

STUDY = "study.toml"
PROOF_FILE, README = "privacy.json", "README.md"
# What says where things stand in the sources, or what an article says of its patients.
_NOT_SHARED = ("mapping.toml", "published.toml", "assurance.toml")
_BEFORE_ZERO = re.compile(r"^-\d[\w .]*$")


@dataclass(frozen=True, slots=True)
class SharedStudy:
    """What was shared: where, how many patients, what was left out, and what was proven."""

    folder: Path
    patients: int
    left_out: Mapping[str, int]
    proof: Proof


def share_study(
    folder: Path,
    out: Path,
    chart: Chart,
    policy: Policy,
    *,
    zero: pl.DataFrame,
    key_path: Path,
) -> SharedStudy:
    """Write the copy and its key. Raises StudyError, and writes nothing, where the proof fails.

    `zero` is the moment of time zero, one row a patient (patient_id, low, high, clock). The key
    may not stand where it would be shared.
    """
    _check_places(folder, out, key_path)
    key = extend_key(read_key(key_path), chart["patients"]["patient_id"].drop_nulls())
    names = sorted(chart["patients"]["site"].drop_nulls().unique().to_list())
    sites = {name: f"Site {i}" for i, name in enumerate(names, start=1)}
    renamed = sites if policy == "safe-harbor" else {}
    shared = deidentify(chart, policy, key, zeros=_zeros(zero), sites=renamed)
    tables = {name: _in_new_order(frame) for name, frame in shared.tables.items()}
    texts = _definitions(folder, renamed)
    proof = prove(chart, tables, texts, policy, sites=names)
    if proof.found:
        raise StudyError([_found(kind, place) for kind, place in proof.found])
    _write(out, tables, texts, policy, shared, proof)
    write_key(key, key_path)
    patients = tables["patients"].height
    return SharedStudy(out, patients, shared.left_out, proof)


def _check_places(folder: Path, out: Path, key_path: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StudyError([_place(out, "the folder is not empty, and nothing is overwritten")])
    inside = out.resolve() in key_path.resolve().parents
    if inside or folder.resolve() in key_path.resolve().parents:
        raise StudyError(
            [_place(key_path, "the key would stand in a folder that is a study or is shared")]
        )


def _place(path: Path, message: str) -> Finding:
    return Finding(
        code="share-place",
        severity="error",
        file=path.name,
        message=message,
        remedy="Name another place.",
    )


def _zeros(zero: pl.DataFrame) -> dict[str, float]:
    """Time zero of each patient in whole days; the middle of a date that is known in part."""
    dated = zero.filter(pl.col("clock") == CALENDAR)
    rows = dated.select("patient_id", ((pl.col("low") + pl.col("high")) / 2).floor().alias("day"))
    return {patient: day for patient, day in rows.iter_rows() if day is not None}


def _in_new_order(frame: pl.DataFrame) -> pl.DataFrame:
    """By the new numbers, so that the order of rows does not tell the old ones."""
    return frame.sort("patient_id", maintain_order=True)


def _definitions(folder: Path, sites: Mapping[str, str]) -> dict[str, str]:
    """The study's own definition files, with sites by their new names."""
    texts = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name in _NOT_SHARED:
            continue
        text = path.read_text(encoding="utf-8-sig")
        for old, new in sites.items():
            for quote in ('"', "'"):
                text = text.replace(f"{quote}{old}{quote}", f"{quote}{new}{quote}")
        texts[path.name] = text
    return texts


def _found(kind: str, place: str) -> Finding:
    return Finding(
        code="share-identifier-found",
        severity="error",
        file=place,
        message=f"something of the source ({kind}) stands in what would be shared",
        remedy="Take it out of the chart or of study.toml; nothing was written.",
    )


def _write(
    out: Path,
    tables: Mapping[str, pl.DataFrame],
    texts: Mapping[str, str],
    policy: Policy,
    shared: Shared,
    proof: Proof,
) -> None:
    files = {f"{name}.csv": _csv(frame) for name, frame in tables.items()}
    files |= texts
    about = {
        "policy": policy,
        "left_out": dict(shared.left_out),
        "sought": dict(proof.sought),
        "found": 0,
    }
    files[PROOF_FILE] = json.dumps(about, indent=2) + "\n"
    files[README] = (
        f"# De-identified study\n\nPolicy `{policy}`: {IN_WORDS[policy]}. {ALWAYS}\n\n"
        f"`{PROOF_FILE}` says what was left out, and which identifiers of the source were sought "
        "in these files; none was found.\n"
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name, text in files.items():
            (staged / name).write_text(text, encoding="utf-8", newline="\n")
        staged.chmod(0o755)
        if out.exists():
            out.rmdir()
        staged.rename(out)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _csv(frame: pl.DataFrame) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows([_cell(cell or "") for cell in row] for row in frame.iter_rows())
    return buffer.getvalue()


def _cell(text: str) -> str:
    """The cell, so that no program runs it; a time before time zero cannot be run."""
    return text if _BEFORE_ZERO.match(text) else neutral(text)
