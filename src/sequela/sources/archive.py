"""What a zip archive claims to hold, judged before anything in it is unpacked.

A workbook of a few megabytes can unpack to more than a machine has. The limits: 512 MB for
all members together, and a ratio of 200 for each member above 1 MB (a real workbook has
about 14). Members that would be written outside a folder, and links, are refused.
"""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import PurePosixPath, PureWindowsPath

from sequela.findings import Finding

MOST_BYTES = 512 * 1024 * 1024
MOST_MEMBERS = 5_000
MOST_RATIO = 200
_SMALL = 1024 * 1024


def open_archive(file: str, data: bytes) -> tuple[zipfile.ZipFile | None, list[Finding]]:
    """The archive in the bytes, or why it is not opened; nothing is unpacked and written."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return None, [_broken(file)]
    findings = _sizes(file, members) + _places(file, members)
    return (None if findings else archive), findings


def read_member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """The bytes of a member, at most as many as it claims to have; None when it is broken."""
    try:
        with archive.open(name) as member:
            return member.read()
    except Exception:  # zipfile, zlib, lzma and bz2 each have errors of their own
        return None


def _sizes(file: str, members: list[zipfile.ZipInfo]) -> list[Finding]:
    findings = []
    if len(members) > MOST_MEMBERS:
        findings.append(_too_large(file, f"it has {len(members)} members"))
    if (size := sum(m.file_size for m in members)) > MOST_BYTES:
        findings.append(_too_large(file, f"it would unpack to {size / 1024**2:.0f} MB"))
    for member in members:
        if member.file_size > _SMALL and member.file_size > MOST_RATIO * member.compress_size:
            findings.append(
                _too_large(file, "a member of it would unpack to over 200 times its size")
            )
            break
    return findings


def _places(file: str, members: list[zipfile.ZipInfo]) -> list[Finding]:
    findings = []
    names: set[str] = set()
    for member in members:
        if member.filename in names:
            findings.append(_unsafe(file, "two members of it have the same name"))
        names.add(member.filename)
        if _leads_out(member.filename):
            findings.append(_unsafe(file, "a member of it would be written outside its folder"))
        if stat.S_ISLNK(member.external_attr >> 16):
            findings.append(_unsafe(file, "a member of it is a link to another file"))
        if member.flag_bits & 0x1:
            findings.append(_locked(file))
    return list(dict.fromkeys(findings))


def _leads_out(name: str) -> bool:
    windows = PureWindowsPath(name)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or bool(windows.drive) or ".." in parts or "\x00" in name


def _too_large(file: str, what: str) -> Finding:
    return Finding(
        code="archive-too-large",
        severity="error",
        file=file,
        message=f"the file was not opened: {what}",
        remedy="Save it anew without pictures and unused sheets, or as CSV.",
    )


def _unsafe(file: str, what: str) -> Finding:
    return Finding(
        code="archive-unsafe",
        severity="error",
        file=file,
        message=f"the archive was not opened: {what}",
        remedy="Pack the files anew, without folders and links.",
    )


def _locked(file: str) -> Finding:
    return Finding(
        code="file-password",
        severity="error",
        file=file,
        message="the file is protected by a password",
        remedy="Save a copy without the password, in a place where the data may stay.",
    )


def _broken(file: str) -> Finding:
    return Finding(
        code="file-damaged",
        severity="error",
        file=file,
        message="the file is cut off or damaged: its list of contents cannot be read",
        remedy="Copy or export it anew.",
    )
