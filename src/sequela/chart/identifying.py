"""Texts that look as if they told who a person is: addresses, numbers of records, titled names.

The kinds are those of the Safe Harbor list (45 CFR 164.514(b)(2)(i)) that a pattern can
recognise. A pattern cannot recognise a bare name, so a text without a hit is not proven harmless.
"""

from __future__ import annotations

import re

import polars as pl

PATTERNS = {
    "an e-mail address": r"[\w.+-]+@[\w-]+\.[\w.-]+",
    "a web address": r"(?:https?://|www\.)\S+",
    "a social security number": r"\b\d{3}-\d{2}-\d{4}\b",
    "a telephone number": r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b",
    "an address on a network": r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b",
    "a record number": r"(?i:\b(?:mrn|medical record|record no|chart no|acct|account|accession)\b)"
    r"[ .:#-]*[A-Z]{0,3}\d{4,}",
    "a name with a title": r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? [A-Z][a-z]+",
    "a date": r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})\b",
}
ANY = "|".join(f"(?:{pattern})" for pattern in PATTERNS.values())


def looks_identifying(column: pl.Expr) -> pl.Expr:
    """Whether each text has something that looks identifying; null for null."""
    return column.str.contains(ANY)


def what_identifies(text: str) -> str:
    """What the first hit in a text is, in words; empty without a hit."""
    for kind, pattern in PATTERNS.items():
        if re.search(pattern, text):
            return kind
    return ""
