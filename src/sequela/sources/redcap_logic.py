"""REDCap's branching logic, parsed by a grammar of its own and never run as code.

The grammar: comparisons (`=`, `<>`, `!=`, `<`, `>`, `<=`, `>=`), `and`, `or`, `not`, the four
kinds of arithmetic, parentheses, numbers, quoted texts, `[field]`, `[field(code)]` for a
checkbox, `[event][field]`, and the functions `sum`, `min`, `max`, `round`, `abs`, `if`,
`contains`. A logic with anything else (smart variables, other functions) is not judged.

As in REDCap, a blank field equals the empty text, and a comparison of size with a blank is
false. Two texts that are numbers are compared as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Value = str | float | bool
# Gives the text of a field by (event, field, code of a checkbox); blank where there is none.
Lookup = Callable[[str, str, str], str]

_TOKEN = re.compile(
    r"\s*(?:(?P<field>\[[^\[\]]*\])|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>\d+\.?\d*|\.\d+)"
    r"|(?P<sign><=|>=|<>|!=|&&|\|\||[=<>+\-*/(),!])|(?P<word>[A-Za-z_]\w*))"
)
_FIELD = re.compile(r"\[\s*([a-z][a-z0-9_]*)\s*(?:\(\s*([^()\[\]]+?)\s*\))?\s*\]")
_COMPARING = ("=", "<>", "!=", "<=", ">=", "<", ">")
_DEEPEST = 60
_LONGEST = 20_000


class LogicError(ValueError):
    """A logic that the grammar does not cover."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number or a text."""

    value: Value


@dataclass(frozen=True, slots=True)
class Reference:
    """A field, of an event when one is named, and the code of a checkbox."""

    field: str
    event: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function with what it is applied to."""

    name: str
    arguments: tuple[Node, ...]


Node = Constant | Reference | Call


def parse_logic(text: str) -> Node:
    """The logic as a tree; LogicError where it is not of the grammar."""
    if len(text) > _LONGEST:
        raise LogicError("too long")
    return _Parser(_tokens(text)).whole()


def references(node: Node) -> list[Reference]:
    """All fields that a logic asks for."""
    if isinstance(node, Reference):
        return [node]
    if isinstance(node, Call):
        return [found for argument in node.arguments for found in references(argument)]
    return []


def holds(node: Node, lookup: Lookup) -> bool:
    """Whether the logic is true where `lookup` gives the fields' texts."""
    return _truth(_value(node, lookup))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise LogicError("not of the grammar")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


class _Parser:
    """Descends through `or`, `and`, `not`, comparisons, sums, products and single terms."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def whole(self) -> Node:
        node = self.either()
        if self.at != len(self.tokens):
            raise LogicError("more than one condition")
        return node

    def peek(self) -> str:
        return self.tokens[self.at][1].lower() if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        found = self.peek()
        if found and found in wanted and self.tokens[self.at][0] in ("sign", "word"):
            self.at += 1
            return found
        return ""

    def either(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise LogicError("too deep")
        node = self.both()
        while self.take("or", "||"):
            node = Call("or", (node, self.both()))
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.negated()
        while self.take("and", "&&"):
            node = Call("and", (node, self.negated()))
        return node

    def negated(self) -> Node:
        times = 0
        while self.take("not", "!"):
            times += 1
        node = self.compared()
        return Call("not", (node,)) if times % 2 else node

    def compared(self) -> Node:
        node = self.summed()
        while sign := self.take(*_COMPARING):
            node = Call("<>" if sign == "!=" else sign, (node, self.summed()))
        return node

    def summed(self) -> Node:
        node = self.multiplied()
        while sign := self.take("+", "-"):
            node = Call(sign, (node, self.multiplied()))
        return node

    def multiplied(self) -> Node:
        node = self.signed()
        while sign := self.take("*", "/"):
            node = Call(sign, (node, self.signed()))
        return node

    def signed(self) -> Node:
        minus = 0
        while sign := self.take("-", "+"):
            minus += sign == "-"
        node = self.term()
        return Call("-", (Constant(0.0), node)) if minus % 2 else node

    def term(self) -> Node:
        if self.at >= len(self.tokens):
            raise LogicError("it ends too early")
        kind, text = self.tokens[self.at]
        if self.take("("):
            node = self.either()
            self.close()
            return node
        self.at += 1
        if kind == "number":
            return Constant(float(text))
        if kind == "text":
            return Constant(text[1:-1])
        if kind == "field":
            return self.field(text)
        if kind == "word" and text.lower() in _FUNCTIONS and self.take("("):
            return self.call(text.lower())
        raise LogicError("not of the grammar")

    def close(self) -> None:
        if not self.take(")"):
            raise LogicError("a parenthesis is not closed")

    def field(self, text: str) -> Node:
        found = [_FIELD.fullmatch(text)]
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "field":
            found.append(_FIELD.fullmatch(self.tokens[self.at][1]))
            self.at += 1
        if len(found) > 2 or None in found:
            raise LogicError("a smart variable or an instance")
        last = found[-1]
        event = found[0][1] if len(found) == 2 and found[0] else ""
        return Reference(last[1], event, last[2] or "") if last else Constant("")

    def call(self, name: str) -> Node:
        arguments = [self.either()]
        while self.take(","):
            arguments.append(self.either())
        self.close()
        fewest, most = _FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise LogicError("another number of arguments")
        return Call(name, tuple(arguments))


# The fewest and the most arguments of each function.
_FUNCTIONS = {
    "sum": (1, 99), "min": (1, 99), "max": (1, 99), "round": (1, 2), "abs": (1, 1),
    "if": (3, 3), "contains": (2, 2),
}  # fmt: skip


def _value(node: Node, lookup: Lookup) -> Value:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Reference):
        return lookup(node.event, node.field, node.code)
    if node.name in ("and", "or"):
        left, right = (holds(argument, lookup) for argument in node.arguments)
        return left and right if node.name == "and" else left or right
    if node.name == "not":
        return not holds(node.arguments[0], lookup)
    if node.name == "if":
        chosen = 1 if holds(node.arguments[0], lookup) else 2
        return _value(node.arguments[chosen], lookup)
    values = [_value(argument, lookup) for argument in node.arguments]
    if node.name in _COMPARING:
        return _compare(node.name, *values)
    if node.name == "contains":
        return str(values[1]).lower() in str(values[0]).lower()
    return _computed(node.name, [_number(value) for value in values])


def _computed(name: str, numbers: Sequence[float | None]) -> Value:
    """Arithmetic, blank where a part of it is blank; sum, min and max pass over blanks."""
    known = [number for number in numbers if number is not None]
    if name in ("sum", "min", "max"):
        if not known:
            return ""
        return sum(known) if name == "sum" else min(known) if name == "min" else max(known)
    if len(known) < len(numbers):
        return ""
    first, second = known[0], known[1] if len(known) > 1 else 0.0
    if name == "round":
        return round(first, int(max(-15, min(15, second))))
    if name == "abs":
        return abs(first)
    if name == "/":
        return first / second if second else ""
    return {"+": first + second, "-": first - second, "*": first * second}[name]


def _compare(sign: str, left: Value, right: Value) -> bool:
    a, b = _number(left), _number(right)
    if a is not None and b is not None:
        order = (a > b) - (a < b)
    elif sign not in ("=", "<>") and "" in (left, right):
        return False
    else:
        order = (str(left) > str(right)) - (str(left) < str(right))
    return {
        "=": order == 0,
        "<>": order != 0,
        "<": order < 0,
        ">": order > 0,
        "<=": order <= 0,
        ">=": order >= 0,
    }[sign]


def _number(value: Value) -> float | None:
    if isinstance(value, bool | float):
        return float(value)
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?", value.strip()):
        return None
    return float(value)


def _truth(value: Value) -> bool:
    return value not in ("", "0", 0.0, False)
