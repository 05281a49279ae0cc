"""One door for every form of source: bytes in, tables of text and findings out.

The reader is chosen by what the bytes are, not by the name of the file; a name that promises
something else is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path, PurePath

from sequela.findings import Finding
from sequela.sources.content import ENDINGS, Form, form_of
from sequela.sources.gene_dates import check_genes
from sequela.sources.options import SourceOptions
from sequela.sources.raw_table import RawTable
from sequela.sources.redcap import is_redcap, read_redcap
from sequela.sources.several import is_table, members

_Read = tuple[list[RawTable], list[Finding]]


@dataclass(frozen=True, slots=True)
class Source:
    """A source as read: its tables, every complaint, and the SHA-256 of the bytes that were read.

    `form` says what the bytes are (`text`, `xlsx`, `parquet`, ...). `tables` is empty when
    nothing could be read; an error among the findings then says why. The tables of a REDCap
    project carry the name of their form.
    """

    file: str
    form: str
    tables: tuple[RawTable, ...]
    findings: tuple[Finding, ...]
    sha256: str = ""

    def table(self, sheet: str = "") -> RawTable:
        """The table of a sheet or form, or the only table; KeyError when there is none."""
        for table in self.tables:
            if sheet in (table.sheet, table.name) or (not sheet and len(self.tables) == 1):
                return table
        raise KeyError(sheet)


def read_source(path: Path, options: SourceOptions | None = None) -> Source:
    """Read a file of any supported form, an archive of such files, or a folder of them.

    Where a REDCap data dictionary is among the files, or named in the options, the exports
    beside it are read as its forms.
    """
    options = options or SourceOptions()
    try:
        if path.is_dir():
            files = [p for p in sorted(path.iterdir()) if p.is_file() and is_table(p.name)]
            contents = {p.name: p.read_bytes() for p in files}
            return read_contents(path.name, "folder", contents, options)
        data = path.read_bytes()
        if options.redcap.dictionary:
            other = Path(options.redcap.dictionary)
            both = {path.name: data, other.name: other.read_bytes()}
            return read_contents(path.name, "redcap", both, options)
    except OSError as error:
        return Source(path.name, "unknown", (), (_unreadable(path, error),))
    return parse_source(path.name, data, options)


def parse_source(file: str, data: bytes, options: SourceOptions | None = None) -> Source:
    """The tables in the bytes of a file, and what is wrong with them."""
    options = options or SourceOptions()
    form = form_of(file, data)
    if form == "zip":
        contents, findings = members(file, data)
        source = read_contents(file, form, contents, options)
        return replace(
            source,
            findings=(*_misnamed(file, form), *findings, *source.findings),
            sha256=sha256(data).hexdigest(),
        )
    tables, findings = _reader(form)(file, data, options)
    findings = _misnamed(file, form) + findings
    for table in tables:
        findings += check_genes(table)
    findings += _without_rows(file, tables)
    return Source(file, form, tuple(tables), tuple(findings), sha256(data).hexdigest())


def read_contents(
    file: str, form: str, contents: Mapping[str, bytes], options: SourceOptions
) -> Source:
    """Tables of several files, as the forms of a REDCap project when a dictionary is there."""
    tables: list[RawTable] = []
    findings: list[Finding] = []
    for name, data in contents.items():
        if form_of(name, data) == "zip":
            findings.append(_archive_inside(name))
            continue
        source = parse_source(name, data, options)
        tables += source.tables
        findings += source.findings
    if is_redcap(tables):
        tables, problems = read_redcap(tables, options.redcap)
        form, findings = "redcap", findings + problems
    digest = sha256(b"".join(sha256(data).digest() for data in contents.values())).hexdigest()
    return Source(file, form, tuple(tables), tuple(findings), digest)


def _archive_inside(name: str) -> Finding:
    return Finding(
        code="file-form-not-read",
        severity="error",
        file=name,
        message="the file is an archive inside another",
        remedy="Unpack it, and put the tables themselves in.",
    )


def _reader(form: Form) -> Callable[[str, bytes, SourceOptions], _Read]:
    readers: dict[Form, Callable[[str, bytes, SourceOptions], _Read]] = {
        "text": _text,
        "html": _html,
        "xlsx": _workbook(form),
        "xlsm": _workbook(form),
        "xlsb": _workbook(form),
        "xls": _workbook(form),
        "locked": _locked,
        "parquet": _parquet,
        "stata": _statistics(form),
        "spss": _statistics(form),
        "sas": _statistics(form),
    }
    return readers.get(form, _refused(form))


def _text(file: str, data: bytes, options: SourceOptions) -> _Read:
    from sequela.sources.delimited import parse_delimited

    table, findings = parse_delimited(file, data, options.delimited)
    return ([] if table is None else [table]), findings


def _html(file: str, data: bytes, options: SourceOptions) -> _Read:
    from sequela.sources.html_table import read_html

    return read_html(file, data, options.delimited.encoding)


def _workbook(form: Form) -> Callable[[str, bytes, SourceOptions], _Read]:
    def read(file: str, data: bytes, options: SourceOptions) -> _Read:
        from sequela.sources.workbook import read_workbook

        return read_workbook(file, data, form, options.workbook)

    return read


def _parquet(file: str, data: bytes, options: SourceOptions) -> _Read:
    from sequela.sources.apart import read_apart

    return read_apart(file, data, "parquet")


def _statistics(form: Form) -> Callable[[str, bytes, SourceOptions], _Read]:
    def read(file: str, data: bytes, options: SourceOptions) -> _Read:
        from sequela.sources.apart import read_apart

        if find_spec("pyreadstat") is None:
            return [], [_extra_absent(file, form)]
        return read_apart(file, data, form, encoding=options.delimited.encoding)

    return read


def _extra_absent(file: str, form: Form) -> Finding:
    return Finding(
        code="reader-not-installed",
        severity="error",
        file=file,
        message=f"the file is a {_WHAT[form]} file, and what reads it is not installed",
        remedy="Install it with: pip install 'sequela[stata]'.",
    )


def _locked(file: str, data: bytes, options: SourceOptions) -> _Read:
    from sequela.sources.workbook import password

    return [], [password(file)]


_SPOKEN: dict[Form, tuple[str, str]] = {
    "ole": ("an old Office file and no workbook", "Save the data as .xlsx or CSV."),
    "xml": ("XML and no table", "Save it as .xlsx in a spreadsheet program."),
    "pdf": ("a PDF", "Ask for the data as .xlsx or CSV."),
    "rtf": ("a text document", "Put the table in a spreadsheet, and save it as .xlsx."),
    "json": ("JSON", "Export it as CSV."),
    "ods": ("an OpenDocument workbook", "Save it as .xlsx in a spreadsheet program."),
    "gzip": ("packed with gzip", "Unpack it first."),
}


def _refused(form: Form) -> Callable[[str, bytes, SourceOptions], _Read]:
    what, remedy = _SPOKEN.get(form, ("of a form that is not read", "Save it as .xlsx or CSV."))

    def refuse(file: str, data: bytes, options: SourceOptions) -> _Read:
        return [], [
            Finding(
                code="file-form-not-read",
                severity="error",
                file=file,
                message=f"the file is {what}",
                remedy=remedy,
            )
        ]

    return refuse


def _misnamed(file: str, form: Form) -> list[Finding]:
    promised = ENDINGS.get(PurePath(file).suffix.lower())
    # A web page under another name has a finding of its own.
    if promised is None or form in promised or form == "html":
        return []
    return [
        Finding(
            code="file-misnamed",
            severity="warning",
            file=file,
            message=f"the name ends in {PurePath(file).suffix.lower()}, and the content is "
            f"{_WHAT.get(form, form)}; it was read for what it is",
            remedy="Give the file the ending that fits, or save it anew.",
        )
    ]


_WHAT: dict[Form, str] = {
    "text": "plain text",
    "html": "a web page",
    "xlsx": "an .xlsx workbook",
    "xlsm": "a workbook with macros",
    "xls": "an old .xls workbook",
    "locked": "a workbook protected by a password",
    "zip": "a zip archive",
    "stata": "Stata",
    "spss": "SPSS",
    "sas": "SAS",
    "unknown": "unknown",
}


def _without_rows(file: str, tables: list[RawTable]) -> list[Finding]:
    return [
        Finding(
            code="table-without-rows",
            severity="error" if len(tables) == 1 else "warning",
            file=file,
            sheet=table.sheet,
            message="the table has a heading and no rows",
            remedy="Add a row a record, or export the data anew.",
        )
        for table in tables
        if not table.height and not table.left_out
    ]


def _unreadable(path: Path, error: OSError) -> Finding:
    name = Path(error.filename).name if error.filename else path.name
    return Finding(
        code="file-unreadable",
        severity="error",
        file=name,
        message="the file cannot be opened",
        remedy="Look whether it exists, and whether another program holds it open.",
    )
