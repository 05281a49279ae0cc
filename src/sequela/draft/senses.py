"""What the words in a column speak of, whatever the column is called."""

from __future__ import annotations

from collections.abc import Collection

from sequela.draft.knowledge import code_words
from sequela.draft.look import ColumnLook

# Each sense with how a reader calls its words; the first that fits is taken.
SENSES = {
    "vital_status": "words for dead and alive",
    "sex": "words for female and male",
    "donor": "words for donors",
    "response": "words for responses",
}
_NEARLY_ALL = 0.8


def sense_of(look: ColumnLook) -> str:
    """What nearly all words of a column speak of: one of `SENSES`, or nothing.

    Single letters prove nothing alone, but for the two of sex.
    """
    if look.kind not in ("code", "text") or not look.words:
        return ""
    return next((sense for sense in SENSES if _speaks_of(look.words, sense)), "")


def share_of(words: Collection[str], sense: str) -> float:
    """The share of distinct words that a sense knows."""
    known = code_words(sense)
    return sum(w.lower() in known for w in words) / len(words) if words else 0.0


def _speaks_of(words: Collection[str], sense: str) -> bool:
    low = {w.lower() for w in words}
    if share_of(words, sense) < _NEARLY_ALL:
        return False
    known = code_words(sense)
    return low in ({"f", "m"}, {"m", "w"}) or any(len(w) > 1 and w in known for w in low)
