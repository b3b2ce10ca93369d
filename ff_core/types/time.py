"""Points in time and durations, both in whole milliseconds (contract 01 §1)."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ff_core.errors import InvalidInput
from ff_core.types.text import quoted

Duration: TypeAlias = float | timedelta | str
"""Seconds, a timedelta, or a text such as "250ms", "30s", "5m", "2h", "1d"."""

_MILLISECOND: Final = timedelta(milliseconds=1)
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WORD: Final = re.compile(rf"([0-9]+(?:\.[0-9]+)?) ?({'|'.join(_UNITS)})")
_LONGEST_MS: Final = 10**13
"""Added to now it stays below 10^14, where the library would begin to write exponents (contract 03a §1.2)."""


class TimestampMs(int):
    """A point in time: milliseconds since 1970, UTC. In arithmetic it is a plain number."""

    __slots__ = ()

    @classmethod
    def from_millis(cls, millis: int) -> Self:
        """The point `millis` after the start of 1970."""
        return cls(millis)

    @classmethod
    def now(cls) -> Self:
        """The time of this machine's clock; the server has its own."""
        return cls(time.time_ns() // 1_000_000)

    def to_datetime(self) -> datetime:
        """The same as an aware datetime in UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + self * _MILLISECOND

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.int_schema(strict=True))


def duration_ms(value: Duration) -> int:
    """A duration in whole milliseconds, rounded to the nearest.

    Raises InvalidInput for what is negative, endless (more than 300 years) or has no unit.
    """
    millis = _millis(value)
    if not 0 <= millis <= _LONGEST_MS:
        shown = quoted(value) if isinstance(value, str) else value
        raise InvalidInput(f"duration {shown} is out of range; use 0 to 300 years")
    return round(millis)


def _millis(value: Duration) -> float:
    if isinstance(value, timedelta):
        return value / _MILLISECOND
    if isinstance(value, str):
        parts = _WORD.fullmatch(value.strip())
        if not parts:
            raise InvalidInput(f'duration {quoted(value)} is unclear; write it like "250ms", "30s", "5m", "2h" or "1d"')
        return float(parts[1]) * _UNITS[parts[2]]
    return math.inf if isinstance(value, bool) else value * 1_000
