"""What a reader of completions gets from wherever the server keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ff_core.ops.completion_place import ReaderPlace
from ff_core.ops.op import Op
from ff_core.types import CompletionPayload, ExecutionId, FlowId, LaneId, Namespace, TimestampMs


@dataclass(frozen=True, slots=True)
class Found:
    """One completion at its place; None where it is not for this reader, who passes it all the same."""

    completion: CompletionPayload | None
    place: Any
    """As its source counts."""


class Source(Protocol):
    """Where completions come from, and one reader's place there."""

    lost: int
    """How many went by that this reader never got to see."""

    def read(self) -> Op[list[Found]]:
        """What comes behind the reader's place, in the order in which it is to be passed; empty when nothing does."""
        ...

    def passed(self, found: Found) -> None:
        """Move the reader's place behind this one."""
        ...

    def place(self) -> ReaderPlace:
        """The reader's place."""
        ...


def completion_of(fields: Mapping[str, str], outcome: str) -> CompletionPayload | None:
    """The completion that an entry or an execution core tells of; None where it is not whole."""
    try:
        return CompletionPayload(
            execution_id=ExecutionId(fields["execution_id"]),
            outcome=outcome,
            produced_at_ms=TimestampMs(int(fields["completed_at"])),
            flow_id=FlowId(fields["flow_id"]) if fields["flow_id"] else None,
            lane_id=LaneId.unchecked(fields["lane_id"]),
            execution_kind=fields["execution_kind"],
            namespace=Namespace(fields["namespace"]),
            attempt_index=int(fields["attempt_index"]) if fields["attempt_index"] else None,
            created_at=TimestampMs(int(fields["created_at"])),
            started_at=TimestampMs(int(fields["started_at"])) if fields["started_at"] else None,
        )
    except (KeyError, ValueError):
        return None
