"""Data from elsewhere made fit for eyes: no control characters, no reversed text, no endless length.

Payloads, kinds, comments and reasons come from whoever could submit work. Text shows them cleaned, HTML cleaned and
escaped.
"""

from __future__ import annotations

import difflib
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

LIMIT: Final = 4_096
"""Characters of one value that are shown."""

EXCERPT: Final = 120
"""Characters of a value where it shares a line with others."""

SHORT: Final = 90
"""Characters of JSON that fit on a line of their own."""

ID_SHOWN: Final = 8
"""Characters of a UUID that tell it from its neighbours, as a rule."""

_SECOND: Final = 1_000
_MINUTE: Final = 60_000
_UNITS: Final = (
    (86_400_000, "d", 3_600_000, "h"),
    (3_600_000, "h", 60_000, "min"),
    (60_000, "min", 1_000, "s"),
)

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of the text around them."""

_BREAKS: Final = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_TOKEN: Final = re.compile(r":[0-9a-fA-F]{40}\b")


def clean(text: str, limit: int = LIMIT) -> str:
    """The text without control and direction characters, cut at `limit`; line feeds and tabs stay."""
    shown = "".join(char for char in _BREAKS.sub("\n", text[: limit + 1]) if _harmless(char))
    return shown if len(text) <= limit else f"{shown[:limit]}… ({len(text):,} characters in all)"


def _harmless(char: str) -> bool:
    return char in "\n\t" or (unicodedata.category(char) not in {"Cc", "Cs"} and char not in _TURNING)


def one_line(text: str, limit: int = EXCERPT) -> str:
    """The cleaned text in one line, cut at `limit` without further words."""
    shown = " ".join(clean(text).split())
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def named(kind: str, uuid: str) -> str:
    """How an execution is called in a sentence."""
    return f"{one_line(kind)} {uuid[:ID_SHOWN]}"


def message(error: Exception) -> str:
    """What an error says, in one line, and without any token that was passed in the wrong place."""
    return _TOKEN.sub(":<REDACTED:len=40>", one_line(str(error), LIMIT))


def escaped(text: str, limit: int = LIMIT) -> str:
    """The cleaned text for HTML."""
    return html.escape(clean(text, limit))


def data(value: Any, indent: int | None = None) -> str:
    """A payload or result as JSON text; bytes that are no JSON as text as far as they can be read. Not cleaned."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, indent=indent, ensure_ascii=False, default=str)


def laid_out(value: Any) -> str:
    """A payload or result as JSON text, over several lines unless it is short. Not cleaned."""
    short = data(value)
    return short if len(short) <= SHORT else data(value, indent=2)


def start_of_data(raw: bytes) -> str:
    """The first bytes of a payload as text, laid out where they are all of it and JSON. Not cleaned."""
    try:
        return laid_out(json.loads(raw))
    except ValueError:
        return data(raw)


def plain(wire: str) -> str:
    """A word of the wire for people: ``waiting_for_approval`` as "approval"."""
    return wire.removeprefix("waiting_for_").replace("_", " ")


def moment(millis: int | None) -> str:
    """A point in time to the second, UTC; nothing for None."""
    return "" if millis is None else f"{datetime.fromtimestamp(millis / 1_000, UTC):%Y-%m-%d %H:%M:%S}"


def span(millis: int) -> str:
    """How long something takes: ``350 ms``, ``4.2 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if millis < _SECOND:
        return f"{millis} ms"
    if millis < _MINUTE:
        return f"{millis / _SECOND:.1f} s"
    size, unit, part, name = next(units for units in _UNITS if millis >= units[0])
    return f"{millis // size} {unit} {millis % size // part} {name}"


def columns(rows: Iterable[Sequence[object]], limit: int = EXCERPT) -> str:
    """Rows of values in columns; each value cleaned, in one line, cut at `limit`."""
    lines = [[one_line(str(value), limit) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def nearest(word: str, valid: Iterable[str]) -> str:
    """A question about the valid word that is most like `word`, or nothing."""
    near = difflib.get_close_matches(word, list(valid), n=1)
    return f"did you mean {near[0]}?" if near else ""
