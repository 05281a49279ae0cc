"""Writing a run's outputs: whole or not at all, patient-level and aggregate apart.

The same inputs give the same bytes; the manifest alone holds the time of the run.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import platform
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sequela.compose import Material, compose_report
from sequela.exhibits.context import Group, groups_of
from sequela.exhibits.survival import KaplanMeier, refusal, risk_table_of
from sequela.findings import Finding, StudyError
from sequela.report.document import FigureBlock, Report, TableBlock
from sequela.report.docx import write_docx
from sequela.report.html import write_html
from sequela.report.pdf import write_pdf
from sequela.sources.spreadsheet_text import neutral
from sequela.stats.results import results_table

PATIENT_LEVEL = "patient-level"
AGGREGATE = "aggregate"
MANIFEST = "manifest.json"

Files = dict[str, bytes]


def write_outputs(material: Material, *, folder: Path, out: Path) -> None:
    """Write everything to a folder beside `out` and put it in its place at the end."""
    files = output_files(material)
    files[MANIFEST] = _json(_manifest(material, folder, files))
    _refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name, data in files.items():
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        staged.chmod(0o755)
        _swap(staged, out)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    """Replace only a folder that a run has written, or an empty one."""
    if out.exists() and (
        not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).exists())
    ):
        raise StudyError(
            [
                Finding(
                    code="output-foreign",
                    severity="error",
                    file=out.name,
                    message="the output folder holds files that no run has written",
                    remedy="Name another folder with --out, or empty this one.",
                )
            ]
        )


def _swap(staged: Path, out: Path) -> None:
    old = staged.with_name(staged.name + "-old")
    if out.exists():
        out.replace(old)
    staged.replace(out)
    shutil.rmtree(old, ignore_errors=True)


def output_files(material: Material) -> Files:
    """Every output but the manifest, by its path below the output folder."""
    full = compose_report(material, aggregate=False)
    part = compose_report(material, aggregate=True)
    files: Files = {
        f"{PATIENT_LEVEL}/report.html": write_html(full),
        f"{PATIENT_LEVEL}/report.docx": write_docx(full.document),
        f"{PATIENT_LEVEL}/report.pdf": write_pdf(full.document),
        f"{AGGREGATE}/report-aggregate.html": write_html(part, aggregate=True),
    }
    files |= _tables_and_figures(full, simulated=material.study.study.simulated)
    files |= _data(material)
    return dict(sorted(files.items()))


_SIMULATED = "Simulated data: no patient in them exists."


def _tables_and_figures(report: Report, *, simulated: bool) -> Files:
    files: Files = {}
    for block in report.document.blocks:
        if isinstance(block, TableBlock) and block.table.id != "findings":
            table = block.table
            # The audit and the findings may name patients in their sentences.
            patients = table.patient_level or table.id == "audit"
            where = PATIENT_LEVEL if patients else AGGREGATE
            rows = [[c.label for c in table.columns]]
            rows += [[cell.text for cell in line.cells] for line in table.lines]
            rows += [[_SIMULATED]] if simulated else []
            files[f"{where}/tables/{table.id}.csv"] = _csv(rows)
        elif isinstance(block, FigureBlock):
            where = PATIENT_LEVEL if block.patient_level else AGGREGATE
            for form in ("svg", "pdf", "png"):
                files[f"{where}/figures/{block.id}.{form}"] = getattr(block, form)
    return files


def _data(material: Material) -> Files:
    subjects = material.context.subjects
    results = results_table(material.rows)
    verdicts = [
        {
            "claim": v.claim_id,
            "where": v.where,
            "grade": v.grade,
            "says": v.statement,
            "found": v.sentence,
            "patients": list(v.patients),
        }
        for v in material.verdicts
    ]
    files = {
        f"{PATIENT_LEVEL}/subjects.parquet": _parquet(subjects.frame),
        f"{PATIENT_LEVEL}/subjects.csv": _frame_csv(_marked(subjects.frame, material)),
        f"{PATIENT_LEVEL}/derivations.parquet": _parquet(subjects.derivations),
        f"{PATIENT_LEVEL}/risk_tables.parquet": _parquet(risk_tables(material)),
        f"{PATIENT_LEVEL}/findings.json": _json([f.as_dict() for f in material.findings]),
        f"{AGGREGATE}/findings.json": _json(
            list({json.dumps(d): d for d in _without_patients(material)}.values())
        ),
        f"{AGGREGATE}/results.parquet": _parquet(results),
        f"{AGGREGATE}/results.csv": _frame_csv(_marked(results, material)),
    }
    if material.study.study.simulated:
        said = b"The data in this folder are simulated. No patient in them exists.\n"
        files |= {f"{part}/SIMULATED.txt": said for part in (PATIENT_LEVEL, AGGREGATE)}
    if verdicts:
        files[f"{PATIENT_LEVEL}/audit.json"] = _json(verdicts)
    return files


def _marked(frame: pl.DataFrame, material: Material) -> pl.DataFrame:
    """The frame with a last column that says so where its data are simulated."""
    simulated = material.study.study.simulated
    return frame.with_columns(pl.lit(True).alias("simulated")) if simulated else frame


def _without_patients(material: Material) -> Iterable[dict[str, Any]]:
    return (f.without_patient().as_dict() for f in material.findings)


def risk_tables(material: Material) -> pl.DataFrame:
    """The risk tables behind every Kaplan-Meier exhibit, one row a time."""
    frames = []
    for exhibit in material.study.exhibit:
        if not isinstance(exhibit, KaplanMeier):
            continue
        if refusal(exhibit, material.context):
            continue
        groups = groups_of(material.context, set=exhibit.set, by=exhibit.by)
        frames += [_risk_frame(exhibit, group) for group in groups]
    return pl.concat(frames) if frames else pl.DataFrame()


def _risk_frame(exhibit: KaplanMeier, group: Group) -> pl.DataFrame:
    table = risk_table_of(group, exhibit.endpoint)
    return pl.DataFrame(
        {
            "exhibit": exhibit.id,
            "set": exhibit.set,
            "group": group.key,
            "endpoint": exhibit.endpoint,
            "time": table.time.astype(np.float64),
            "entered": table.entered.astype(np.float64),
            "at_risk": table.at_risk.astype(np.float64),
            "events": table.events.sum(axis=1).astype(np.float64),
            "censored": table.censored.astype(np.float64),
        }
    )


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def _frame_csv(frame: pl.DataFrame) -> bytes:
    return _csv([frame.columns, *([_plain(v) for v in row] for row in frame.iter_rows())])


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([[neutral(cell) for cell in row] for row in rows])
    return buffer.getvalue().encode("utf-8")


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _manifest(material: Material, folder: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What was read and what was written, each with its SHA-256, and with what it was made."""
    own = {p.name for p in folder.iterdir() if p.suffix in (".toml", ".csv")}
    inputs = sorted(own | set(material.context.chart.inputs))
    names = ("sequela", "polars", "numpy", "scipy", "matplotlib", "python-docx", "typst")
    return {
        "study": material.study.study.title,
        "simulated": material.study.study.simulated,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.system().lower() + "-" + platform.machine(),
        "versions": {name: version(name) for name in names},
        "inputs": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in inputs
        },
        "outputs": {n: hashlib.sha256(d).hexdigest() for n, d in sorted(files.items())},
    }
