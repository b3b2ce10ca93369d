"""Reading hashes of the server strictly: what is there must be right (contract 01 §0, §16)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final, TypeVar

from ff_core.errors import Corruption
from ff_core.types.text import quoted
from ff_core.types.time import TimestampMs

T = TypeVar("T")

_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


class Record:
    """A hash with a name for error messages. A missing field and an empty one are the same."""

    def __init__(self, context: str, fields: Mapping[str, str]) -> None:
        self._context = context
        self._fields = fields

    def text(self, name: str) -> str:
        """A field as it is; empty when it is absent."""
        return self._fields.get(name, "")

    def optional(self, name: str, read: Callable[[str], T]) -> T | None:
        """A field by its reader; None when it is absent. A ValueError of the reader becomes Corruption."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            raise self._corruption(name, f"{quoted(text)} is not readable: {error}") from error

    def required(self, name: str, read: Callable[[str], T]) -> T:
        """A field that must be there, by its reader. Raises Corruption."""
        value = self.optional(name, read)
        if value is None:
            raise self._corruption(name, "missing")
        return value

    def _corruption(self, name: str, text: str) -> Corruption:
        return Corruption(f"{self._context}: {name}: {text}")


def whole(text: str) -> int:
    """A whole number: ASCII digits with a sign at will. Raises ValueError."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("no whole number")
    return int(text)


def count(text: str) -> int:
    """A whole number from 0 on. Raises ValueError."""
    number = whole(text)
    if number < 0:
        raise ValueError("negative")
    return number


def ceiling(text: str) -> int:
    """A number rounded up: libraries of 0.15 store fractions of ms (contract 01 §7.3). Raises ValueError."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("no number")
    return int(Decimal(text).to_integral_value(ROUND_CEILING))


def fraction(text: str) -> float:
    """A number that may have a fraction. Raises ValueError."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("no number")
    return float(text)


def timestamp(text: str) -> TimestampMs:
    """A point in time. Raises ValueError."""
    return TimestampMs(whole(text))


def timestamp_up(text: str) -> TimestampMs:
    """A point in time that may have been stored with a fraction. Raises ValueError."""
    return TimestampMs(ceiling(text))
