"""Output of an attempt: frames, how they are kept, and places in a stream (contract 01 §10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, TypeAlias

from ff_core.errors import InvalidInput
from ff_core.types.text import Text, quoted
from ff_core.types.time import TimestampMs

Data: TypeAlias = bytes
"""`Frame` has a field called bytes."""


class FrameKind(StrEnum):
    """What a frame holds."""

    STDOUT = "stdout"
    STDERR = "stderr"
    EVENT = "event"
    """A JSON document."""
    BLOB = "blob"


class PatchKind(StrEnum):
    """How a frame changes the summary document."""

    JSON_MERGE_PATCH = "json-merge-patch"


class TailVisibility(StrEnum):
    """Which frames a reader sees."""

    ALL = ""
    EXCLUDE_BEST_EFFORT = "exclude_best_effort"


class StreamCloseReason(StrEnum):
    """Why the output stream of an attempt was closed."""

    ATTEMPT_SUCCESS = "attempt_success"
    ATTEMPT_FAILURE = "attempt_failure"
    ATTEMPT_CANCELLED = "attempt_cancelled"
    EXPIRED = "expired"
    RECLAIMED = "reclaimed"
    LEASE_EXPIRED = "lease_expired"
    SUSPENSION_TIMEOUT = "suspension_timeout"
    DEPENDENCY_IMPOSSIBLE = "dependency_impossible"


@dataclass(frozen=True, slots=True)
class Durable:
    """Kept as long as the stream."""

    wire = "durable"


@dataclass(frozen=True, slots=True)
class DurableSummary:
    """Kept, and merged into the summary document of the attempt."""

    wire = "summary"
    patch_kind: PatchKind = PatchKind.JSON_MERGE_PATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class BestEffortLiveConfig:
    """How many best-effort frames are kept, and how long."""

    ttl_ms: int
    maxlen_floor: int = 64
    maxlen_ceiling: int = 16_384
    ema_alpha: float = 0.2
    """Weight of the newest frame in the running mean of the frame rate."""


@dataclass(frozen=True, slots=True)
class BestEffortLive:
    """For those who look now; dropped soon."""

    config: BestEffortLiveConfig
    wire = "best_effort"


StreamMode: TypeAlias = Durable | DurableSummary | BestEffortLive


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of output."""

    bytes: Data
    kind: FrameKind
    seq: int | None = None
    """The caller's own number; it is not sent."""
    frame_type: str = ""
    """What is sent as the type; the kind where it is empty."""
    correlation_id: str | None = None
    mode: StreamMode = Durable()

    @classmethod
    def new(cls, data: Data, kind: FrameKind) -> Self:
        """A frame without a number."""
        return cls(data, kind)

    @classmethod
    def with_seq(cls, data: Data, kind: FrameKind, seq: int) -> Self:
        """A frame with the caller's number."""
        return cls(data, kind, seq)


@dataclass(frozen=True, slots=True)
class AppendFrameOutcome:
    """Where a frame went."""

    stream_id: str
    """Its place, ``<ms>-<seq>``."""
    frame_count: int
    summary_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryDocument:
    """What all summary frames of an attempt come to."""

    document_json: bytes
    version: int
    patch_kind: PatchKind
    last_updated_ms: TimestampMs
    first_applied_ms: TimestampMs


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """One frame as it is stored."""

    id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StreamFrames:
    """Some frames of a stream, and whether more can come."""

    frames: tuple[StreamFrame, ...]
    closed_at: TimestampMs | None = None
    closed_reason: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether no more frames can come."""
        return self.closed_at is not None


_PLACE: Final = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_MAX_PART: Final = 2**64 - 1


class StreamCursor(Text):
    """A place in the output of an attempt: ``start``, ``end``, ``<ms>`` or ``<ms>-<seq>``."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Raises InvalidInput with fault Empty, BareMarkerRejected or Malformed (contract 01 §10)."""
        fault = _cursor_fault(text)
        if fault:
            message = f"stream cursor {quoted(text)} is wrong; use start, end, <ms> or <ms>-<seq>"
            raise InvalidInput(message, fault=fault)
        return super().__new__(cls, text)

    def to_wire(self) -> str:
        """The place as the server takes it."""
        return {"start": "-", "end": "+"}.get(self, str(self))


def _cursor_fault(text: str) -> str:
    if not text:
        return "Empty"
    if text in {"-", "+"}:
        return "BareMarkerRejected"
    if text in {"start", "end"}:
        return ""
    parts = _PLACE.fullmatch(text)
    fits = parts and all(int(part) <= _MAX_PART for part in parts.groups() if part)
    return "" if fits else "Malformed"
