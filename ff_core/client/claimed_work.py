"""What a task is, whichever client claimed it."""

from __future__ import annotations

from typing import Any

from ff_core.ops.taking import Claimed
from ff_core.types import ExecutionId, Handle, HandleKind, LaneId, TimestampMs


class ClaimedWork:
    """One execution under this worker's lease, which has to be renewed before it runs out."""

    __slots__ = ("work",)

    def __init__(self, work: Claimed) -> None:
        self.work = work

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind!r}, {str(self.id)!r}, attempt {self.attempt_index})"

    @property
    def id(self) -> ExecutionId:
        """The execution's id."""
        return self.work.execution_id

    @property
    def handle(self) -> Handle:
        """The lease, in the form that every call of its holder takes."""
        return self.work.handle

    @property
    def kind(self) -> str:
        """What kind of work it is."""
        return self.work.kind

    @property
    def payload(self) -> Any:
        """What was submitted: JSON decoded, other bytes as they are."""
        return self.work.payload

    @property
    def tags(self) -> dict[str, str]:
        """The execution's tags when it was claimed."""
        return self.work.tags

    @property
    def lane(self) -> LaneId:
        """The lane that it was claimed from."""
        return self.work.lane

    @property
    def attempt_index(self) -> int:
        """How many attempts came before this one."""
        return self.work.attempt_index

    @property
    def resumed(self) -> bool:
        """Whether an interrupted attempt goes on, after a suspension or a delay, instead of a new one."""
        return self.work.handle.kind is HandleKind.RESUMED

    @property
    def lease_ttl_ms(self) -> int:
        """For how long each renewal extends the lease, ms."""
        return self.work.lease_ttl_ms

    @property
    def lease_expires_at(self) -> TimestampMs:
        """When the lease runs out if it is never renewed."""
        return self.work.expires_at
