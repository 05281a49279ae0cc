"""How well a donor fits a patient at one HLA locus, and over several.

Alleles are compared in two fields, that is by the protein; what differs further right is the
same protein. A difference of the first field counts as an antigen mismatch, one of the second as
an allele mismatch. Typings too coarse to decide leave bounds: a patient's A*02:01 and a donor's
A*02 match or differ by an allele. A null allele is not expressed: the person counts as
having the other allele twice. Two orders of pairing are possible; the better one counts.

Directions: the donor's cells meet what the patient has and the donor has not (graft versus host,
GVH), the patient's cells meet what the donor has and the patient has not (host versus graft, HVG).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sequela.clinical.transplant.hla.alleles import Allele

Comparison = Literal[
    "match", "allele mismatch", "antigen mismatch", "mismatch", "unknown", "anything"
]
Bounds = tuple[int, int]
Genotype = tuple[Allele, Allele]


def compare(one: Allele, other: Allele) -> Comparison:
    """Whether two alleles of a locus are the same protein, as far as their typings tell.

    `mismatch` is a mismatch of which the kind cannot be told, `unknown` a match or an allele
    mismatch, `anything` either of the three.
    """
    if one.coded and one.text == other.text and one.text.endswith(("G", "P")):
        return "match"
    if one.antigen or other.antigen:
        return _by_antigen(one, other)
    if one.options and other.options:
        return _by_options(one, other)
    if not _first(one) or not _first(other):
        return "anything"
    return "unknown" if _first(one) & _first(other) else "antigen mismatch"


def _by_options(one: Allele, other: Allele) -> Comparison:
    if len(one.options) == len(other.options) == 1:
        if one.options == other.options:
            return "match"
        return "allele mismatch" if one.fields[0] == other.fields[0] else "antigen mismatch"
    shared = one.options & other.options
    if shared:
        return "unknown"
    firsts = _first(one), _first(other)
    if not firsts[0] & firsts[1]:
        return "antigen mismatch"
    return "allele mismatch" if len(firsts[0] | firsts[1]) == 1 else "mismatch"


def _first(allele: Allele) -> set[str]:
    """The first fields that an allele may have."""
    if allele.options:
        return {option.partition("*")[2].split(":")[0] for option in allele.options}
    return {allele.fields[0]} if allele.fields else set()


def _by_antigen(one: Allele, other: Allele) -> Comparison:
    """Serology tells that two antigens differ, never that two alleles are the same.

    An antigen and an allele of another number may belong together (B62 is of B*15), so such a
    pair is not judged.
    """
    if one.antigen and other.antigen:
        return "unknown" if one.antigen == other.antigen else "antigen mismatch"
    antigen, allele = (one, other) if one.antigen else (other, one)
    same = {first.lstrip("0") for first in _first(allele)} == {antigen.antigen}
    return "unknown" if same else "anything"


@dataclass(frozen=True, slots=True)
class LocusMatch:
    """The matches and mismatches at a locus, each as the least and the most there can be."""

    matches: Bounds
    antigen_mismatches: Bounds
    allele_mismatches: Bounds
    gvh: Bounds
    hvg: Bounds
    unread: bool = False


# Not typed, or not expressed at all: anything is possible.
NOT_KNOWN = LocusMatch((0, 2), (0, 2), (0, 2), (0, 2), (0, 2), unread=True)
ALIKE = LocusMatch((2, 2), (0, 0), (0, 0), (0, 0), (0, 0))


def match_locus(patient: Genotype | None, donor: Genotype | None) -> LocusMatch:
    """The match at one locus; anything is possible where one of the two is not typed."""
    own, others = expressed(patient), expressed(donor)
    if own is None or others is None:
        return NOT_KNOWN
    (p1, p2), (d1, d2) = own, others
    table = ((compare(p1, d1), compare(p1, d2)), (compare(p2, d1), compare(p2, d2)))
    pairings = [(table[0][0], table[1][1]), (table[0][1], table[1][0])]
    if ("match", "match") in pairings:
        return ALIKE
    low = max(_count(pair, "match")[0] for pair in pairings)
    high = max(_count(pair, "match")[1] for pair in pairings)
    better = _better(pairings)
    return LocusMatch(
        (low, high),
        _over(better, "antigen mismatch", 2 - low),
        _over(better, "allele mismatch", 2 - low),
        _lacking(own, table),
        _lacking(others, ((table[0][0], table[1][0]), (table[0][1], table[1][1]))),
    )


Pairing = tuple[Comparison, Comparison]


# What a comparison may still turn out to be.
_MAY_BE: dict[Comparison, tuple[Comparison, ...]] = {
    "unknown": ("match", "allele mismatch"),
    "mismatch": ("allele mismatch", "antigen mismatch"),
    "anything": ("match", "allele mismatch", "antigen mismatch"),
}


def _count(pairing: Pairing, kind: Comparison) -> Bounds:
    """How many comparisons of a pairing are of a kind: the least and the most."""
    may = sum(kind in _MAY_BE.get(c, (c,)) for c in pairing)
    return pairing.count(kind), may


def _better(pairings: Sequence[Pairing]) -> Sequence[Pairing]:
    """The pairings that may be the better one: more matches, and among equals fewer antigens."""
    first, second = pairings
    if _beats(first, second):
        return [first]
    return [second] if _beats(second, first) else pairings


def _beats(one: Pairing, other: Pairing) -> bool:
    """Whether a pairing is at least as good as another, whatever its open comparisons are."""
    (least, _), (_, most) = _count(one, "match"), _count(other, "match")
    (_, antigens), (fewest, _) = (
        _count(one, "antigen mismatch"),
        _count(other, "antigen mismatch"),
    )
    return least > most or (least == most and antigens <= fewest)


def _over(pairings: Sequence[Pairing], kind: Comparison, most: int) -> Bounds:
    """How many comparisons are of a kind, over the pairings that may be the better one."""
    ends = [_count(pairing, kind) for pairing in pairings]
    return min(most, *(e[0] for e in ends)), min(most, max(e[1] for e in ends))


def expressed(genotype: Genotype | None) -> Genotype | None:
    """The two alleles that are expressed; the one beside a null allele counts twice."""
    if genotype is None or all(allele.null for allele in genotype):
        return None
    one, other = genotype
    return (other, other) if one.null else (one, one) if other.null else genotype


def _lacking(own: Genotype, table: tuple[Pairing, Pairing]) -> Bounds:
    """How many distinct alleles of one person the other certainly, and possibly, does not have.

    `table` compares each allele of the one with both of the other.
    """
    # One allele written twice, or typed once more finely, is one.
    same = own[0].text == own[1].text or compare(*own) == "match"
    answers = table[:1] if same else table
    open_answers = {"match", "unknown", "anything"}
    certain = sum(not open_answers & set(a) for a in answers)
    possible = sum("match" not in a for a in answers)
    return certain, possible


@dataclass(frozen=True, slots=True)
class Match:
    """The match over several loci, in bounds, and how many alleles are shared at each."""

    loci: tuple[str, ...]
    at: tuple[LocusMatch, ...]

    def total(self, part: str) -> Bounds:
        """The least and the most of a part over all loci."""
        ends = [getattr(locus, part) for locus in self.at]
        return sum(e[0] for e in ends), sum(e[1] for e in ends)

    @property
    def of(self) -> int:
        """How many alleles are compared."""
        return 2 * len(self.loci)

    @property
    def unread(self) -> tuple[str, ...]:
        """The loci at which one of the two is not typed."""
        return tuple(n for n, at in zip(self.loci, self.at, strict=True) if at.unread)

    @property
    def grade(self) -> str | None:
        """Such as 8/8; None where the typings do not tell."""
        low, high = self.total("matches")
        return f"{low}/{self.of}" if low == high else None

    def verdict(self, haplotype_mismatches: int) -> str | None:
        """Matched, mismatched or haploidentical, or None where the typings do not tell.

        Haploidentical is who shares an allele at every locus and differs at so many loci. That
        the shared alleles are one inherited haplotype no typing of two people can show.
        """
        low, high = self.total("matches")
        if low == self.of:
            return "matched"
        if high == self.of:
            return None
        shares = [locus.matches for locus in self.at]
        certainly = sum(s[1] < 2 for s in shares)
        possibly = sum(s[0] < 2 for s in shares)
        if any(s[1] == 0 for s in shares) or possibly < haplotype_mismatches:
            return "mismatched"
        if all(s[0] > 0 for s in shares) and certainly >= haplotype_mismatches:
            return "haploidentical"
        return None


def match_persons(
    loci: Iterable[str], pairs: Iterable[tuple[Genotype | None, Genotype | None]]
) -> Match:
    """The match of a patient and a donor over loci."""
    return Match(tuple(loci), tuple(match_locus(patient, donor) for patient, donor in pairs))
