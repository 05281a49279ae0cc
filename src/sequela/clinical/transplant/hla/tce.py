"""Whether a mismatch at HLA-DPB1 is permissive, by the three groups of T-cell epitopes.

Each allele belongs to group 1, 2 or 3, of which 1 is recognised most (tce.toml). A person counts
by the lower of the two groups. Equal ones make a mismatch permissive. Where the patient's is lower
the donor's cells meet what the donor has not (graft versus host, GVH), where the donor's is lower
the patient's cells do (host versus graft, HVG). Source: tce.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import product
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sequela.clinical.definition import Definition
from sequela.clinical.transplant.hla.alleles import Allele
from sequela.clinical.transplant.hla.matching import Genotype, LocusMatch, expressed

FILE = "tce.toml"
MATCHED = "matched"
PERMISSIVE = "permissive"
GVH = "non-permissive GVH"
HVG = "non-permissive HVG"
LEVELS = (MATCHED, PERMISSIVE, GVH, HVG)

Name = Annotated[str, StringConstraints(pattern=r"^\d{2,4}:\d{2,4}$")]


class TceFile(Definition):
    """tce.toml: the group of each allele of DPB1, in two fields."""

    version: str = Field(description="the name of the rule, which reports print")
    source: str = Field(description="where the groups come from")
    read: str = Field(description="what of it was read")
    group: Mapping[Literal["1", "2", "3"], tuple[Name, ...]] = Field(
        description="the alleles of each group, in two fields, such as 04:01"
    )
    allele: Mapping[Name, Literal[1, 2, 3]] = Field(
        {}, description="the group of single alleles, which a study adds or corrects"
    )

    @cached_property
    def of_allele(self) -> Mapping[str, int]:
        """The group of an allele by its two fields; the study's own word comes last."""
        listed = {name: int(group) for group, names in self.group.items() for name in names}
        return listed | dict(self.allele)


def permissiveness(
    patient: Genotype | None, donor: Genotype | None, at: LocusMatch, groups: TceFile
) -> str | None:
    """What a pair of genotypes is to one another; None where the typings do not tell.

    An allele without a group leaves it open. A typing that is too coarse tells where every allele
    that it may be leads to the same answer.
    """
    least, most = at.matches
    if least == 2:
        return MATCHED
    own, others = _lowest(patient, groups), _lowest(donor, groups)
    if not own or not others:
        return None
    answers = {_compared(one, other) for one, other in product(own, others)}
    if most == 2:
        answers.add(MATCHED)
    return answers.pop() if len(answers) == 1 else None


def _compared(patient: int, donor: int) -> str:
    return PERMISSIVE if patient == donor else GVH if patient < donor else HVG


def _lowest(genotype: Genotype | None, groups: TceFile) -> set[int]:
    """The lower group of two alleles, over all that they may be; empty where one has none."""
    alleles = expressed(genotype)
    if alleles is None:
        return set()
    first, second = (_groups(allele, groups) for allele in alleles)
    return {min(pair) for pair in product(first, second)}


def _groups(allele: Allele, groups: TceFile) -> set[int]:
    """The groups that an allele may have; empty where one of its options has none."""
    names = [option.partition("*")[2].rstrip("NLSCAQ") for option in allele.options]
    known = [groups.of_allele.get(name) for name in names]
    return {group for group in known if group is not None} if None not in known else set()
