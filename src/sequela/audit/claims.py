"""Reading published.toml: its claims as frozen data, and every complaint at once."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sequela.audit.claim_form import KINDS, Claim, CountClaim
from sequela.audit.claim_parts import Reference
from sequela.audit.claim_source import ClaimSource, complaints
from sequela.audit.relations import comparable
from sequela.findings import Finding, did_you_mean

_SECTIONS = ("article", "claim")


def read_claims(path: Path) -> tuple[list[Claim], list[Finding]]:
    """The claims of a file, and what is wrong with it.

    Claims that could be read are returned even when others could not. Numbers keep the
    decimals they are printed with. Nothing is raised for what stands in the file, or for a
    file that cannot be read: each is a finding with the claim's name and its line.
    """
    table, source, findings = _read_toml(path)
    findings += _check_sections(table, source)
    claims: dict[int, Claim] = {}
    for place, entry in enumerate(_entries(table)):
        claim, faults = _read_claim(entry, place, source)
        findings += faults
        if claim is not None:
            claims[place] = claim
    if not _entries(table) and not findings:
        message = f"{path.name} states no claim."
        findings.append(source.finding("claims-none", message, "Add a [[claim]] for each number."))
    return list(claims.values()), findings + _check_names(claims, source, complete=not findings)


def _read_toml(path: Path) -> tuple[dict[str, Any], ClaimSource, list[Finding]]:
    source = ClaimSource(path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError:
        message = f"{path.name} cannot be opened."
        remedy = "Check that the file is there and may be read."
        return {}, source, [source.finding("claims-unreadable", message, remedy)]
    except UnicodeDecodeError as error:
        message = f"{path.name} is not UTF-8 text: byte {error.start} does not fit."
        return {}, source, [source.finding("claims-encoding", message, "Save it as UTF-8.")]
    source = ClaimSource(path.name, tuple(text.splitlines()))
    try:
        return tomllib.loads(text, parse_float=Decimal), source, []
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        row = int(place.group(1)) if place else None
        message = f"{path.name} is not valid TOML: {error}."
        return {}, source, [source.finding("claims-toml", message, "Correct that line.", row)]


def _entries(table: dict[str, Any]) -> list[dict[str, Any]]:
    entries = table.get("claim", [])
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _check_sections(table: dict[str, Any], source: ClaimSource) -> list[Finding]:
    findings = []
    for key in sorted(set(table) - set(_SECTIONS)):
        message = f"{source.name} has a section '{key}' that is not known."
        findings.append(source.finding("claim-unknown-key", message, did_you_mean(key, _SECTIONS)))
    return findings


def _read_claim(
    entry: dict[str, Any], place: int, source: ClaimSource
) -> tuple[Claim | None, list[Finding]]:
    name = f"Claim '{entry['id']}'" if entry.get("id") else f"Claim number {place + 1}"
    kind = entry.get("kind", "")
    if kind not in KINDS:
        message = f"{name}: '{kind}' is not a kind of claim." if kind else f"{name} has no 'kind'."
        row = source.line_of(place, "kind")
        return None, [source.finding("claim-kind", message, did_you_mean(str(kind), KINDS), row)]
    model = KINDS[kind]
    try:
        return model.model_validate(entry), []
    except ValidationError as error:
        return None, complaints(error, model, name=name, place=place, source=source)


def _check_names(claims: dict[int, Claim], source: ClaimSource, complete: bool) -> list[Finding]:
    """Ids used twice and, where all claims could be read, references that lead nowhere."""
    by_id: dict[str, Claim] = {}
    findings = []
    for place, claim in claims.items():
        if claim.id in by_id:
            message = f"Two claims have the id '{claim.id}'."
            row = source.line_of(place)
            findings.append(source.finding("claim-id-twice", message, "Rename one of them.", row))
        by_id[claim.id] = claim
    if complete:
        for place, claim in claims.items():
            findings += _check_references(claim, by_id, source, place)
    return findings


def _check_references(
    claim: Claim, by_id: dict[str, Claim], source: ClaimSource, place: int
) -> list[Finding]:
    findings = []
    for relation, reference in claim.references():
        fault = _fault(claim, relation, reference, by_id)
        if fault:
            message = f"Claim '{claim.id}': `{relation}` {fault[0]}."
            row = source.line_of(place, relation)
            findings.append(source.finding("claim-reference", message, fault[1], row))
    return findings


def _fault(
    claim: Claim, relation: str, reference: Reference, by_id: dict[str, Claim]
) -> tuple[str, str] | None:
    other = by_id.get(reference.claim)
    if other is None:
        hint = did_you_mean(reference.claim, by_id)
        return f"names '{reference.claim}', which is no claim here", hint
    labels = [item.label for item in other.items] if isinstance(other, CountClaim) else []
    if reference.item and reference.item not in labels:
        words = f"names the item '{reference.item}', which '{reference.claim}' has not"
        return words, did_you_mean(reference.item, labels)
    if not comparable(claim, relation, reference, other):
        remedy = "Name the two numbers with `this` and `number`, in units that agree."
        return f"names '{reference.claim}', with which it shares no number to compare", remedy
    return None
