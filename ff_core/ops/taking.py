"""One try to get the lease of one execution: what a claim, the resumption of an attempt and a reclaim share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ff_core.contract.model import Reply, Request, Word
from ff_core.errors import ExecutionNotLeaseable, ExecutionNotReclaimable, FlowFabricError
from ff_core.keys import key
from ff_core.ops import payload as body
from ff_core.ops.command import get, hash_fields, whole_hash
from ff_core.ops.op import Op, send
from ff_core.ops.scope import Scope, core_key
from ff_core.types import (
    AttemptId,
    CapabilitySet,
    ExecutionId,
    Handle,
    HandleFields,
    HandleKind,
    LaneId,
    LeaseId,
    TimestampMs,
    encode_handle,
)

GRANT_TTL_MS = 5_000
"""How long a grant that nobody uses keeps others away (contract 10 §3.1)."""

_OWNER = (
    "current_lease_id",
    "current_lease_epoch",
    "lease_expires_at",
    "current_attempt_id",
    "current_attempt_index",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Work that this worker holds a lease on."""

    execution_id: ExecutionId
    handle: Handle
    kind: str
    flow_id: str
    """The flow that it is a member of; empty for none."""
    payload: Any
    tags: dict[str, str]
    lane: LaneId
    attempt_index: int
    lease_ttl_ms: int
    expires_at: TimestampMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Who wants the lease of which execution, and under which lease id."""

    scope: Scope
    execution_id: ExecutionId
    lane: LaneId
    kind: str
    flow_id: str
    attempt_index: str
    """Index of the current attempt as stored; empty before the first claim."""
    handle_kind: HandleKind
    capabilities: CapabilitySet
    lease_ttl_ms: int
    lease_id: LeaseId = field(default_factory=LeaseId.new)

    def ids(self) -> dict[str, Word]:
        """Letters of the key catalogue."""
        return {
            "E": self.execution_id,
            "L": self.lane,
            "P": self.scope.worker_instance_id,
            "I": self.attempt_index or "0",
        }

    def grant_args(self) -> dict[str, Word | None]:
        """Arguments of either grant function."""
        return {
            **self._worker(),
            "lane_id": self.lane,
            "grant_ttl_ms": GRANT_TTL_MS,
            "worker_capabilities_csv": self.capabilities.csv,
        }

    def lease_args(self) -> dict[str, Word | None]:
        """Arguments that every function which hands out a lease takes."""
        return {
            **self._worker(),
            "lane": self.lane,
            "lease_id": self.lease_id,
            "lease_ttl_ms": self.lease_ttl_ms,
        }

    def new_attempt_args(self) -> dict[str, Word | None]:
        """Arguments of those functions that begin a new attempt."""
        return {**self.lease_args(), "attempt_id": AttemptId.new(), "attempt_policy_json": "{}"}

    def _worker(self) -> dict[str, Word | None]:
        return {
            "execution_id": self.execution_id,
            "worker_id": self.scope.worker_id,
            "worker_instance_id": self.scope.worker_instance_id,
        }

    def reads(self) -> list[Request[Any]]:
        """The work's own data, to be sent along: payload and tags."""
        return [
            get(key("exec_payload", E=self.execution_id)),
            whole_hash(key("exec_tags", E=self.execution_id)),
        ]

    def outcome(self, grant: Any, lease: Any, data: Sequence[Any]) -> Op[Claimed | FlowFabricError]:
        """The claimed work, or what it was refused with, from the replies to grant, claim and `reads`."""
        unreadable = next((reply for reply in data if isinstance(reply, FlowFabricError)), None)
        if unreadable:
            return unreadable
        # A grant that was refused means nothing where another one stood in for it: that of an earlier try of this very
        # call, or of a client with the same worker id.
        if isinstance(lease, Reply):
            return self._claimed(list(lease.fields), data)
        if isinstance(lease, ExecutionNotLeaseable | ExecutionNotReclaimable):
            # Perhaps an earlier try of this very call got the lease and its reply was lost.
            owner = yield from send(hash_fields(core_key(self.execution_id), _OWNER))
            if owner["current_lease_id"] == self.lease_id:
                return self._claimed(list(owner.values()), data)
        return lease if isinstance(grant, Reply) else grant

    def _claimed(self, fields: list[str], data: Sequence[Any]) -> Claimed:
        lease_id, epoch, expires_at, attempt_id, index = fields[:5]
        payload, tags = data
        held = HandleFields(
            execution_id=self.execution_id,
            attempt_index=int(index),
            attempt_id=AttemptId(attempt_id),
            lease_id=LeaseId(lease_id),
            lease_epoch=int(epoch),
            lease_ttl_ms=self.lease_ttl_ms,
            lane_id=self.lane,
            worker_instance_id=self.scope.worker_instance_id,
        )
        return Claimed(
            execution_id=self.execution_id,
            handle=encode_handle(held, self.handle_kind),
            kind=self.kind,
            flow_id=self.flow_id,
            payload=body.decode(payload),
            tags=tags,
            lane=self.lane,
            attempt_index=held.attempt_index,
            lease_ttl_ms=self.lease_ttl_ms,
            expires_at=TimestampMs(int(expires_at)),
        )
