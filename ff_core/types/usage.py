"""Usage reports and what a budget says to them (contract 01 §11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ff_core.errors import InvalidInput

MAX_DIMENSIONS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDimensions:
    """How much was used, by dimension: at most 64 of them, and no negative amounts."""

    input_tokens: int = 0
    output_tokens: int = 0
    wall_ms: int | None = None
    custom: Mapping[str, int] = field(default_factory=dict[str, int])
    """Only these are sent."""
    dedup_key: str | None = None
    """A report with the key of an earlier one counts once, within 24 hours."""

    def __post_init__(self) -> None:
        """Raises InvalidInput for a report that the library would misread."""
        if len(self.custom) > MAX_DIMENSIONS:
            raise InvalidInput(f"too_many_dimensions: limit={MAX_DIMENSIONS}, got={len(self.custom)}")
        amounts = {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "wall_ms": self.wall_ms or 0,
            **self.custom,
        }
        for name, amount in amounts.items():
            if amount < 0:
                raise InvalidInput(f"usage of {name} is {amount}; use 0 or more")


@dataclass(frozen=True, slots=True)
class Admitted:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Not now."""

    retry_after_ms: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A limit is reached."""

    reason: str


AdmissionDecision: TypeAlias = Admitted | Throttled | Rejected


@dataclass(frozen=True, slots=True)
class UsageOk:
    """The usage was counted."""


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """The usage was counted before."""


@dataclass(frozen=True, slots=True)
class SoftBreach:
    """The usage was counted, and a soft limit is passed."""

    dimension: str
    current_usage: int
    soft_limit: int


@dataclass(frozen=True, slots=True)
class HardBreach:
    """A hard limit would be passed; nothing was counted."""

    dimension: str
    current_usage: int
    hard_limit: int


ReportUsageResult: TypeAlias = UsageOk | AlreadyApplied | SoftBreach | HardBreach


def admission_of(result: ReportUsageResult) -> AdmissionDecision:
    """The decision that a report comes to (contract 01 §19). A soft breach is admitted."""
    if isinstance(result, HardBreach):
        return Rejected(f"{result.dimension} is at {result.current_usage}, the limit is {result.hard_limit}")
    return Admitted()
