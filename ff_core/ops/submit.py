"""Submitting work (contract 03a §2, 03b §6.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ff_core.contract.execution import CREATE_EXECUTION
from ff_core.contract.model import Reply, Request
from ff_core.keys import key
from ff_core.ops.command import add_member, server_time
from ff_core.ops.op import Op, send, send_both
from ff_core.ops.scope import Scope
from ff_core.ops.submission import Submission
from ff_core.types import ExecutionId, LaneId

IDEMPOTENCY_TTL_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submit came to: the execution, and whether it is new or the one that its key already named."""

    execution_id: ExecutionId
    created: bool


def announce_lane(lane: LaneId) -> Op[int]:
    """Make a lane known, so that listings and scanners visit it."""
    return send(_announcement(lane))


def submit(scope: Scope, work: Submission) -> Op[Submitted]:
    """Create one execution on a lane that is known already (see `announce_lane`)."""
    execution_id, request = yield from _prepared(scope, work)
    reply = yield from send(request)
    return _submitted(execution_id, reply)


def submit_one(scope: Scope, work: Submission) -> Op[Submitted]:
    """Create one execution and make its lane known, in one round trip."""
    execution_id, request = yield from _prepared(scope, work)
    reply, _ = yield from send_both(request, _announcement(work.lane))
    return _submitted(execution_id, reply)


def _announcement(lane: LaneId) -> Request[int]:
    return add_member(key("lanes_index"), lane)


def _prepared(scope: Scope, work: Submission) -> Op[tuple[ExecutionId, Request[Reply]]]:
    execution_id = ExecutionId.solo(work.lane, scope.partitions)
    now = 0
    if work.delay_ms is not None or work.deadline_ms is not None:
        now = yield from send(server_time())
    return execution_id, create_request(scope, work, execution_id, now)


def _submitted(execution_id: ExecutionId, reply: Reply) -> Submitted:
    # A repeat after a lost reply is answered DUPLICATE with the id of this very call: then it was ours.
    first = ExecutionId(reply.text("execution_id"))
    return Submitted(first, created=first == execution_id)


def create_request(scope: Scope, work: Submission, execution_id: ExecutionId, now: int) -> Request[Reply]:
    """The request that creates this execution. `now` (server, ms) is what delay and deadline count from."""
    delay_until = now + work.delay_ms if work.delay_ms else None
    ids = {"E": execution_id, "L": work.lane, "NS": scope.namespace, "K": work.key}
    choose = {
        "scheduling": "lane_delayed" if delay_until else "lane_eligible",
        "idempotency": "create_idempotency" if work.key else "noop",
    }
    return CREATE_EXECUTION.call(
        ids,
        {
            "execution_id": execution_id,
            "namespace": scope.namespace,
            "lane_id": work.lane,
            "execution_kind": work.kind,
            "priority": work.priority,
            "creator_identity": work.creator,
            "policy_json": work.policy.to_json() if work.policy else "{}",
            "input_payload": work.payload,
            "delay_until": delay_until,
            "dedup_ttl_ms": IDEMPOTENCY_TTL_MS if work.key else None,
            "tags_json": json.dumps(dict(work.tags)),
            "execution_deadline_at": None if work.deadline_ms is None else now + work.deadline_ms,
            "partition_id": execution_id.partition_index,
        },
        choose=choose,
    )
