"""Plain values as TOML, in the form in which a person would write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def toml_value(value: Any) -> str:
    """A text, number, truth, list or table on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inner = ", ".join(f"{toml_key(k)} = {toml_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    assert isinstance(value, Sequence)
    return "[" + ", ".join(toml_value(v) for v in value) + "]"


def toml_key(key: str) -> str:
    """A key, in quotation marks where it needs them."""
    return key if _BARE.match(key) else toml_value(key)


def comment(text: str) -> str:
    """A comment on one line; a control character, which no comment may have, is shown as ?."""
    return "# " + re.sub(r"[\x00-\x1f\x7f]", "?", " ".join(text.split()))
