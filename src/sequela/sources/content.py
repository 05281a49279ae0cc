"""What a file is, by its content: the first bytes decide, and the name is only compared."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath
from typing import Literal

Form = Literal[
    "text", "html", "xlsx", "xlsm", "xlsb", "ods", "xls", "locked", "ole", "zip", "parquet",
    "stata", "spss", "sas", "xml", "pdf", "rtf", "json", "gzip", "unknown",
]  # fmt: skip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAS7BDAT = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_BEGINNINGS: tuple[tuple[bytes, Form], ...] = (
    (b"PAR1", "parquet"),
    (b"<stata_dta>", "stata"),
    (b"$FL2", "spss"),
    (b"$FL3", "spss"),
    (b"HEADER RECORD*******LIBRARY HEADER", "sas"),
    (b"HEADER RECORD*******LIBV8", "sas"),
    (_SAS7BDAT, "sas"),
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "gzip"),
)
# What a name's ending promises, where it promises one of the forms.
ENDINGS: dict[str, tuple[Form, ...]] = {
    ".csv": ("text",),
    ".tsv": ("text",),
    ".txt": ("text",),
    ".xlsx": ("xlsx", "locked"),
    ".xlsm": ("xlsm", "xlsx", "locked"),
    ".xlsb": ("xlsb", "locked"),
    ".ods": ("ods",),
    ".xls": ("xls", "locked"),
    ".zip": ("zip",),
    ".parquet": ("parquet",),
    ".dta": ("stata",),
    ".sav": ("spss",),
    ".zsav": ("spss",),
    ".por": ("spss",),
    ".sas7bdat": ("sas",),
    ".xpt": ("sas",),
}


def form_of(name: str, data: bytes) -> Form:
    """The form of a file's content."""
    for beginning, form in _BEGINNINGS:
        if data.startswith(beginning):
            return form
    if data.startswith(b"PK"):
        return _form_of_zip(data)
    if data.startswith(_OLE):
        return _form_of_ole(data)
    suffix = PurePath(name).suffix.lower()
    # Old Stata files and portable SPSS files begin with little that tells them.
    if suffix == ".dta" and data[:1] in (b"\x6c", b"\x69", b"\x71", b"\x72", b"\x73"):
        return "stata"
    if suffix == ".por" and b"SPSS PORT" in data[:600]:
        return "spss"
    return _form_of_text(data)


def _form_of_zip(data: bytes) -> Form:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        # A workbook that was cut off still begins with the names of its parts.
        return "xlsx" if b"[Content_Types].xml" in data[:4096] or b"xl/" in data[:4096] else "zip"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsm" if any(name.endswith("vbaProject.bin") for name in names) else "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else "zip"


def _form_of_ole(data: bytes) -> Form:
    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        return "locked"
    return "xls" if holds("Workbook") or holds("Book") else "ole"


def _form_of_text(data: bytes) -> Form:
    start = data[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "xml"
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<head", b"<body", b"<meta")):
        return "html"
    if start.startswith(b"<?xml"):
        return "html" if b"<html" in start or b"<table" in start else "xml"
    if start.startswith((b"[{", b'{"', b"[\n", b"{\n")):
        return "json"
    return "text"
