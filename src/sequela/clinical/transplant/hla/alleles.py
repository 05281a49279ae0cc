"""The names of HLA alleles, read strictly.

    A*02:01:01:01, A*02:01   an allele, to the field that was typed
    A*02                     an allele group: any allele of it
    A2, Cw7, DR4             an antigen, by serology
    A*24:09N                 a null allele, which is not expressed
    A*02:01:01G, A*02:01P    a group of alleles, and A*02:ABCD a code for several: py-ard reads them

Nomenclature: Marsh et al., Nomenclature for factors of the HLA system, 2010, Tissue Antigens
2010;75(4):291-455.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LOCI = ("A", "B", "C", "DRB1", "DQB1", "DPB1")

_LOCUS = r"(?:HLA-)?(?P<locus>A|B|C|DRB1|DQB1|DPB1)\*"
_FIELDS = r"(?P<fields>\d{2,3}|\d{2,4}(?::\d{2,4}){1,3})"
_ALLELE = re.compile(rf"^{_LOCUS}{_FIELDS}(?P<suffix>[NLSCAQ])?$")
_GROUP = re.compile(rf"^{_LOCUS}(?P<first>\d{{2,4}}):\d{{2,4}}(?::\d{{2,4}})?[GP]$")
_CODE = re.compile(rf"^{_LOCUS}(?P<first>\d{{2,4}}):[A-Z]{{2,}}$")
_ANTIGEN = re.compile(r"^(?:HLA-)?(?P<locus>A|B|Cw|C|DR|DQ)(?P<number>\d{1,4})$")
_LOCUS_OF_ANTIGEN = {"Cw": "C", "DR": "DRB1", "DQ": "DQB1"}


@dataclass(frozen=True, slots=True)
class Allele:
    """An allele as far as it was typed.

    `fields` are the fields of its name, one for a group; `antigen` is the number of an antigen
    that serology found, and `fields` is then empty. `options` are the alleles in two fields that
    an ambiguous typing may be, where py-ard has told; an unambiguous one has a single option.
    `coded` is a group or code that only py-ard can read and has not read; of it the first field
    is known.
    """

    locus: str
    text: str
    fields: tuple[str, ...] = ()
    suffix: str = ""
    antigen: str = ""
    coded: bool = False
    options: frozenset[str] = frozenset()

    @property
    def null(self) -> bool:
        """Whether the allele is not expressed."""
        return self.suffix == "N"

    @property
    def resolution(self) -> str:
        """How finely it was typed: allele, group, antigen or code."""
        if self.coded:
            return "code"
        if self.antigen:
            return "antigen"
        return "allele" if self.options else "group"


def read_allele(text: str) -> Allele | None:
    """The allele that a text names, or None when it names none."""
    cell = text.strip()
    if match := _ALLELE.match(cell):
        fields = tuple(match["fields"].split(":"))
        two = ":".join(fields[:2])
        named = f"{match['locus']}*{two}{match['suffix'] or ''}"
        options = frozenset({named}) if len(fields) > 1 else frozenset()
        return Allele(match["locus"], cell, fields, match["suffix"] or "", options=options)
    if match := _GROUP.match(cell) or _CODE.match(cell):
        return Allele(match["locus"], cell, (match["first"],), coded=True)
    if match := _ANTIGEN.match(cell):
        locus = _LOCUS_OF_ANTIGEN.get(match["locus"], match["locus"])
        return Allele(locus, cell, antigen=match["number"].lstrip("0"))
    return None


def among(allele: Allele, options: frozenset[str]) -> Allele:
    """The same typing, with the alleles in two fields that py-ard says it may be."""
    first = {option.partition("*")[2].split(":")[0] for option in options}
    fields = (first.pop(),) if len(first) == 1 else ()
    return Allele(allele.locus, allele.text, fields, allele.suffix, options=options)
