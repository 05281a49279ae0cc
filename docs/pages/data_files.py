"""The page of data files: drugs, regimens, intensity, epitope groups, words of transplants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel

from pages.markdown import page, prose, table
from pages.study_file import kind_of, models_within
from sequela.clinical import drugs, regimens
from sequela.clinical.drugs import Drug, DrugFile
from sequela.clinical.regimens import Choice, Regimen, RegimenFile
from sequela.clinical.transplant import intensity_rules, words
from sequela.clinical.transplant.hla import tce
from sequela.clinical.transplant.hla.tce import TceFile
from sequela.clinical.transplant.intensity_rules import IntensityFile, RuleSet
from sequela.clinical.transplant.words import TransplantFile
from sequela.clinical.vocabulary import packaged_vocabulary

FILES: Mapping[str, tuple[str, type[BaseModel]]] = {
    drugs.FILE: ("drugs: `[drug.NAME]`, and words for several: `[combination]`", DrugFile),
    regimens.FILE: ("regimens: `[regimen.NAME]`", RegimenFile),
    intensity_rules.FILE: (
        "rule sets for the intensity of conditioning: `[set.NAME]`",
        IntensityFile,
    ),
    words.FILE: (
        "words about transplants: `[prophylaxis.NAME]`, `[status]`, `[grades.KIND]`",
        TransplantFile,
    ),
    tce.FILE: ("T-cell-epitope groups of HLA-DPB1: `[group]`, `[allele]`", TceFile),
}

# What a key means, where its model does not say it; a key without words stops the generator.
MEANING: Mapping[str, str] = {
    "synonyms": "other names: brand names, abbreviations; case, blanks and hyphens do not matter",
    "classes": "classes, which `drug_exposure` and rule sets may name",
    "drugs": "the drugs that make it out; a list within the list is a choice of one",
    "parts": "courses given in turn; the first makes the regimen out, a later one continues it",
    "optional": "drugs that may be there and do not change the name",
    "from_drugs": "what its drugs alone are called, where other regimens have the same ones",
    "role": "what it usually is",
    "source": "the paper or protocol it comes from",
    "verified": "whether it was read in the source itself",
    "title": "what it is called",
    "levels": "the levels, the first one reached counts",
    "silent": "agents whose dose decides nothing",
    "otherwise": "the level when every agent is known and nothing else holds",
    "reach": "doses of which one is enough for a level",
    "fits": "regimens of a level, with nothing beside them",
    "weights": "points for an agent and a dose",
    "categories": "levels by the sum of points",
    "compare": "which reported levels a computed one agrees with; blank: the same word",
    "level": "the level",
    "agent": "the agent, by its name in drugs.toml",
    "unit": "the unit of the dose, a total over the conditioning",
    "route": "only for this route; blank: any",
    "fractionated": "irradiation in several fractions, or in one; blank: either",
    "agents": "all of these agents",
    "may_add": "agents that may be there as well",
    "limits": "the highest doses",
    "up_to": "this dose or less",
    "points": "the points",
    "over": "more than this dose",
    "below": "less than this dose",
    "at_least": "this dose or more",
    "from": "the least sum",
    "to": "the greatest sum",
    "all": "drugs or classes that are all needed; a list within the list is a choice of one",
    "alone": "whether nothing else may stand beside them, antibodies against T cells excepted",
    "words": "words that mean it",
}


def data_files_page() -> str:
    """docs/reference/data-files.md."""
    known = packaged_vocabulary()
    return page(
        "Data files",
        "What a drug, a regimen or a rule set is stands in data files. A study that has a file of "
        "the same name beside its `study.toml` adds entries, or replaces single keys of an entry; "
        "lists are replaced whole. A mistake in such a file is a finding with its line.",
        table(("file", "holds"), [(f"`{name}`", what) for name, (what, _) in FILES.items()]),
        "*Not read* marks what was not read in the source itself.",
        "## Keys",
        *_keys(),
        "## Drugs",
        table(("drug", "also", "classes"), _drugs(known.drugs.file.drug)),
        "Words for several drugs: "
        + "; ".join(
            f"`{word}` is {' + '.join(d)}" for word, d in known.drugs.file.combination.items()
        )
        + ".",
        "## Regimens",
        "A regimen without drugs is known by its name alone and is never inferred from drugs. "
        "Where several regimens share their drugs, the drugs alone are called by what they have "
        "in common; which regimen it was, only its name in the chart says.",
        table(
            ("regimen", "also", "drugs", "from drugs alone", "role", "source"),
            _regimens(known.regimens.file),
        ),
        "## Intensity of conditioning",
        "The thresholds stand on the page of [clinical rules](clinical-rules.md).",
        table(("rule set", "title", "source", "what was read"), _sets(known.intensity)),
        "## T-cell-epitope groups of HLA-DPB1",
        f"{known.tce.source}. Read for this: {known.tce.read}",
        table(("group", "alleles"), [(g, ", ".join(a)) for g, a in known.tce.group.items()]),
        "## Words about transplants",
        table(("class of prophylaxis", "needs"), _prophylaxis(known.transplant)),
        table(
            ("remission", "words"), [(n, ", ".join(w)) for n, w in known.transplant.status.items()]
        ),
        table(
            ("GVHD", "grade", "words"),
            [
                (kind, grade, ", ".join(w))
                for kind, grades in known.transplant.grades.items()
                for grade, w in grades.items()
            ],
        ),
    )


def _keys() -> Iterable[str]:
    for name, (_, model) in FILES.items():
        yield f"### {name}"
        parts = _with_parts(model)
        for part in parts:
            if part is not model or len(parts) == 1:
                rows = [
                    (
                        f"`{info.alias or key}`",
                        kind_of(info.annotation),
                        info.description or MEANING[info.alias or key],
                    )
                    for key, info in part.model_fields.items()
                ]
                yield f"`{part.__name__}`: {prose(part.__doc__)}"
                yield table(("key", "a value is", "what it says"), rows)


def _with_parts(model: type[BaseModel]) -> list[type[BaseModel]]:
    found = [model]
    for part in found:
        found += [m for m in models_within(part) if m not in found]
    return found


def _drugs(known: Mapping[str, Drug]) -> Iterable[tuple[str, ...]]:
    for name, drug in known.items():
        yield name, ", ".join(drug.synonyms), ", ".join(drug.classes)


def _choice(choice: Choice) -> str:
    return choice if isinstance(choice, str) else f"({' or '.join(choice)})"


def _regimens(known: RegimenFile) -> Iterable[tuple[str, ...]]:
    for name, regimen in known.regimen.items():
        source = regimen.source + ("" if regimen.verified else " (not read)")
        alone = regimen.from_drugs or (name if regimen.courses else "")
        also = ", ".join(regimen.synonyms)
        yield name, also, _courses(regimen), alone, regimen.role, source


def _courses(regimen: Regimen) -> str:
    if regimen.parts:
        return "; ".join(f"{n}: {_list(course)}" for n, course in regimen.parts.items())
    return _list(regimen.drugs)


def _list(course: Iterable[Choice]) -> str:
    return " + ".join(_choice(choice) for choice in course)


def _sets(known: Mapping[str, RuleSet]) -> Iterable[tuple[str, ...]]:
    for name, rules in known.items():
        yield f"`{name}`", rules.title, rules.source, rules.read


def _prophylaxis(known: TransplantFile) -> Iterable[tuple[str, ...]]:
    for name, needs in known.prophylaxis.items():
        text = _list(needs.all) or ", ".join(needs.words)
        yield name, text + (" and nothing beside" if needs.alone else "")
