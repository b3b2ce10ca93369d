"""What is told when an execution ends (contract 01 §13)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from ff_core.types.ids import ExecutionId, FlowId, LaneId, Namespace
from ff_core.types.time import TimestampMs

UNKNOWN: Final = TimestampMs(0)
"""The time of completions that do not tell it."""

NOWHERE: Final = Namespace("")
"""The namespace of completions that do not tell it."""


@dataclass(frozen=True, slots=True)
class CompletionPayload:
    """The end of one execution."""

    execution_id: ExecutionId
    outcome: str
    """The word on the wire: success, failed, cancelled, expired or skipped."""
    payload_bytes: bytes | None = None
    produced_at_ms: TimestampMs = UNKNOWN
    """When it ended, ms."""
    flow_id: FlowId | None = None
    lane_id: LaneId | None = None
    execution_kind: str = ""
    namespace: Namespace = NOWHERE
    attempt_index: int | None = None
    """The attempt that it ended with; None where none was ever made."""
    created_at: TimestampMs = UNKNOWN
    started_at: TimestampMs | None = None
    """When its first attempt began; None where none ever did."""

    @classmethod
    def new(
        cls, execution_id: ExecutionId, outcome: str, payload_bytes: bytes | None, produced_at_ms: TimestampMs
    ) -> Self:
        """The end of an execution without a flow."""
        return cls(execution_id, outcome, payload_bytes, produced_at_ms)

    def with_flow_id(self, flow_id: FlowId) -> Self:
        """The same for a member of a flow."""
        return replace(self, flow_id=flow_id)
