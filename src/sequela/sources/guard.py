"""Calls of libraries that are not written in Python, and may fail in ways of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def guarded(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What the call gives; ValueError, with the kind of error alone, for whatever it raises.

    A panic in Rust comes as an exception that is no Exception. What a library says may hold
    values of patients, so only the name of its error is kept.
    """
    try:
        return call(*arguments, **named)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        raise ValueError(type(error).__name__) from None
