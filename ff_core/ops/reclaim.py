"""Work whose worker was lost: finding it and taking it over (contract 03b §3, §6.8)."""

from __future__ import annotations

from ff_core.contract.lease import ISSUE_RECLAIM_GRANT, MARK_LEASE_EXPIRED, RECLAIM_EXECUTION
from ff_core.errors import ExecutionNotFound, FlowFabricError
from ff_core.keys import key
from ff_core.ops.claim import Wanted
from ff_core.ops.command import hash_fields, ranked_up_to, server_time
from ff_core.ops.op import Op, attempt_all, send, send_all
from ff_core.ops.scope import Scope, core_key
from ff_core.ops.taking import Claimed, Taking
from ff_core.types import (
    ExecutionId,
    ExpiredLeaseInfo,
    HandleKind,
    LaneId,
    LeaseId,
    TimestampMs,
    WorkerInstanceId,
)

DEFAULT_MAX_RECLAIMS = 1_000
"""Reclaims of an execution whose policy names no limit (contract 03b §3)."""

_WORK = ("lane_id", "execution_kind", "current_attempt_index", "flow_id")

_LEASE = ("current_lease_id", "current_lease_epoch", "current_attempt_index", "current_worker_instance_id")


def lost(scope: Scope, limit: int = 1_000) -> Op[tuple[ExpiredLeaseInfo, ...]]:
    """Executions whose lease has run out, the longest lost first, at most `limit` a partition."""
    now = yield from send(server_time())
    found = yield from send_all(ranked_up_to(key("lease_expiry", T=tag), now, limit) for tag in scope.flow_tags())
    due = sorted((score, ExecutionId(member)) for members in found for member, score in members)
    cores = yield from send_all(hash_fields(core_key(execution_id), _LEASE) for _, execution_id in due)
    return tuple(
        ExpiredLeaseInfo(
            execution_id=execution_id,
            lease_id=LeaseId(core["current_lease_id"]),
            lease_epoch=int(core["current_lease_epoch"]),
            worker_instance_id=WorkerInstanceId(core["current_worker_instance_id"]),
            expires_at_ms=TimestampMs(int(score)),
            attempt_index=int(core["current_attempt_index"]),
        )
        for (score, execution_id), core in zip(due, cores, strict=True)
        if core["current_lease_id"] and core["current_worker_instance_id"]
    )


def reclaim(scope: Scope, execution_id: ExecutionId, wanted: Wanted) -> Op[Claimed]:
    """Start a new attempt of an execution whose lease has run out or was revoked.

    Raises ExecutionNotReclaimable while somebody holds it, and MaxRetriesExhausted when it was reclaimed too often: it
    has failed for good then.
    """
    core = yield from send(
        hash_fields(core_key(execution_id), ("lane_id", "execution_kind", "current_attempt_index", "flow_id"))
    )
    if not core["lane_id"]:
        raise ExecutionNotFound
    taking = Taking(
        scope=scope,
        execution_id=execution_id,
        lane=LaneId(core["lane_id"]),
        kind=core["execution_kind"],
        flow_id=core["flow_id"],
        attempt_index=core["current_attempt_index"],
        handle_kind=HandleKind.RECLAIMED,
        capabilities=wanted.capabilities,
        lease_ttl_ms=wanted.lease_ttl_ms,
    )
    args = {**taking.new_attempt_args(), "default_max_reclaim_count": DEFAULT_MAX_RECLAIMS}
    _, grant, lease, *data = yield from attempt_all(
        [
            MARK_LEASE_EXPIRED.call(taking.ids(), {"execution_id": execution_id}),
            ISSUE_RECLAIM_GRANT.call(taking.ids(), taking.grant_args()),
            RECLAIM_EXECUTION.call(taking.ids(), args),
            *taking.reads(),
        ]
    )
    outcome = yield from taking.outcome(grant, lease, data)
    if isinstance(outcome, FlowFabricError):
        raise outcome
    return outcome
