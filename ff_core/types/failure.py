"""Failing: why, of which class, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeAlias

from ff_core.types.time import TimestampMs


@dataclass(frozen=True, slots=True)
class FailureReason:
    """What to tell about a failure."""

    message: str
    detail: bytes | None = None
    """More for machines. Where it is UTF-8 text it takes the place of the class as stored category."""

    @classmethod
    def new(cls, message: str) -> Self:
        """A reason without detail."""
        return cls(message)

    @classmethod
    def with_detail(cls, message: str, detail: bytes) -> Self:
        """A reason with detail."""
        return cls(message, detail)


class FailureClass(StrEnum):
    """What kind of failure it is."""

    TRANSIENT = "transient"
    """Another try may succeed."""
    PERMANENT = "permanent"
    """No other try will succeed."""
    INFRA_CRASH = "infra_crash"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """The execution will be tried again."""

    delay_until: TimestampMs
    """Not before this time; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class TerminalFailed:
    """The execution has failed for good."""


FailOutcome: TypeAlias = RetryScheduled | TerminalFailed
