"""A ``%ff`` line taken apart, and ``{{name}}`` filled in.

A token is what lies between blanks; quotes around it, or around the value of an option, keep blanks in. One that
begins with a bracket is JSON, or a whole execution id: it goes on to the bracket that closes it, and its quotes stay.
Nothing is expanded but ``{{name}}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from IPython.core.error import UsageError

from ff_core.ops import payload
from ff_notebook.text import nearest

Variables = Mapping[str, Any]

_PLACEHOLDER: Final = r"\{\{\s*(?P<name>[A-Za-z_]\w*)\s*\}\}"
_SOLE: Final = re.compile(_PLACEHOLDER + r"(?!\S)")
_BRACKET: Final = re.compile(rf"(?!{_PLACEHOLDER})[\[{{]")
_BLANKS: Final = re.compile(r"\s*")
_DATA: Final = re.compile(
    rf'(?P<string>"(?:[^"\\]|\\.)*")|{_PLACEHOLDER}|(?P<open>[\[{{])|(?P<close>[\]}}])|(?P<blank>\s)|.', re.DOTALL
)
_TEXT: Final = re.compile(
    rf"""{_PLACEHOLDER}|(?<![^\s=])"(?P<escaped>(?:[^"\\]|\\.)*)"|(?<![^\s=])'(?P<verbatim>[^']*)'|(?P<blank>\s)|."""
)
_ESCAPED: Final = re.compile(r'\\(["\\])')


class Token(str):
    """A token without the quotes around it."""

    __slots__ = ("raw",)

    raw: str
    """How it was written."""


class Variable(str):
    """The text of a ``{{name}}`` that stands for itself."""

    __slots__ = ("value",)

    value: Any


def tokens(line: str, variables: Variables) -> list[Token | Variable]:
    """The tokens of a line. Raises UsageError for a quote that is not closed and for an unknown variable."""
    found: list[Token | Variable] = []
    position = _after_blanks(line, 0)
    while position < len(line):
        if sole := _SOLE.match(line, position):
            found.append(_standing_for(_variable(sole["name"], variables)))
            end = sole.end()
        elif _BRACKET.match(line, position):
            end = _end_of_data(line, position)
            text = filled(line[position:end], variables)
            found.append(_token(text, text))
        else:
            text, end = _text(line, position, variables)
            found.append(_token(text, line[position:end]))
        position = _after_blanks(line, end)
    return found


def filled(data: str, variables: Variables) -> str:
    """JSON text with its variables: within a string their text, elsewhere their JSON."""

    def fill(piece: re.Match[str]) -> str:
        if piece["string"]:
            return re.sub(_PLACEHOLDER, within_string, piece.group())
        return _as_json(_variable(piece["name"], variables)) if piece["name"] else piece.group()

    def within_string(piece: re.Match[str]) -> str:
        return _as_json(_as_text(_variable(piece["name"], variables)))[1:-1]

    return _DATA.sub(fill, data)


def _token(text: str, raw: str) -> Token:
    token = Token(text)
    token.raw = raw
    return token


def _standing_for(value: Any) -> Variable:
    variable = Variable(_as_text(value))
    variable.value = value
    return variable


def _after_blanks(line: str, position: int) -> int:
    blanks = _BLANKS.match(line, position)
    return blanks.end() if blanks else position


def _end_of_data(line: str, start: int) -> int:
    depth = 0
    for piece in _DATA.finditer(line, start):
        if piece["blank"] and not depth:
            return piece.start()
        depth += {"open": 1, "close": -1}.get(piece.lastgroup or "", 0)
    return len(line)


def _text(line: str, start: int, variables: Variables) -> tuple[str, int]:
    text = ""
    for piece in _TEXT.finditer(line, start):
        if piece["blank"]:
            return text, piece.start()
        if piece["name"]:
            text += _as_text(_variable(piece["name"], variables))
        elif piece["escaped"] is not None:
            text += _ESCAPED.sub(r"\1", piece["escaped"])
        elif piece["verbatim"] is not None:
            text += piece["verbatim"]
        elif piece.group() == '"' and piece.start() == start:
            raise UsageError(f"the quote before {line[start + 1 : start + 20]!r} is not closed")
        else:
            text += piece.group()
    return text, len(line)


def _variable(name: str, variables: Variables) -> Any:
    if name in variables:
        return variables[name]
    hint = nearest(name, (known for known in variables if not known.startswith("_")))
    raise UsageError(f"there is no variable {name} to put in for {{{{{name}}}}}; {hint}".rstrip("; "))


def _as_text(value: Any) -> str:
    """A text itself, the id of what has one, else JSON."""
    return str(value if isinstance(value, str) else getattr(value, "id", None) or _as_json(value))


def _as_json(value: Any) -> str:
    return payload.encode([value]).decode()[1:-1]  # in a list, as nothing and bytes have forms of their own
