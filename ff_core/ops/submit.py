"""Submitting work (contract 03a §2, 03b §6.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ff_core.contract import extension
from ff_core.contract.execution import CREATE_EXECUTION
from ff_core.contract.model import Reply, Request, Word
from ff_core.errors import FlowFabricError
from ff_core.keys import key
from ff_core.ops.command import add_member, server_time
from ff_core.ops.op import Op, attempt_all, send, send_both
from ff_core.ops.scope import Scope
from ff_core.ops.submission import Submission
from ff_core.types import ExecutionId, LaneId

IDEMPOTENCY_TTL_MS = 86_400_000

CALLS_A_BATCH: Final = 100
BYTES_A_BATCH: Final = 4_000_000
"""Payload that one call carries, unless a single one is larger: servers bound the size of a command."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submit came to: the execution, and whether it is new or the one that its key already named."""

    execution_id: ExecutionId
    created: bool


def announce_lane(lane: LaneId) -> Op[int]:
    """Make a lane known, so that listings and scanners visit it."""
    return send(_announcement(lane))


def submit_one(scope: Scope, work: Submission) -> Op[Submitted]:
    """Create one execution and make its lane known, in one round trip."""
    execution_id, request = yield from _prepared(scope, work)
    reply, _ = yield from send_both(request, _announcement(work.lane))
    return _submitted(execution_id, reply)


def submit_batch(scope: Scope, works: Sequence[Submission]) -> Op[list[Submitted | FlowFabricError]]:
    """Create executions of one lane that is known already, a hundred a call; errors stand in their places."""
    now = (yield from send(server_time())) if any(map(_counts_from_now, works)) else 0
    # Those of one moment wait in the order of their ids, so that order has to be the caller's.
    ids = sorted(ExecutionId.solo(work.lane, scope.partitions) for work in works)
    calls = [
        {**_arguments(scope, work, execution_id, now), "idempotency_key": work.key}
        for work, execution_id in zip(works, ids, strict=True)
    ]
    parts = [slice(start, end) for start, end in pairwise(_cuts(works))]
    replies = yield from attempt_all(extension.submit_batch(ids[0].tag, calls[part]) for part in parts)
    return [
        reply if isinstance(reply, FlowFabricError) else _submitted(execution_id, reply)
        for part, answer in zip(parts, replies, strict=True)
        for execution_id, reply in _each(ids[part], answer)
    ]


def _cuts(works: Sequence[Submission]) -> list[int]:
    """Where one call ends and the next begins."""
    cuts, size = [0], 0
    for place, work in enumerate(works):
        if place - cuts[-1] == CALLS_A_BATCH or (place > cuts[-1] and size + len(work.payload) > BYTES_A_BATCH):
            cuts.append(place)
            size = 0
        size += len(work.payload)
    return [*cuts, len(works)]


def _each(
    ids: Sequence[ExecutionId], answer: list[extension.Answer] | FlowFabricError
) -> Iterable[tuple[ExecutionId, extension.Answer]]:
    answers: Sequence[extension.Answer] = [answer] * len(ids) if isinstance(answer, FlowFabricError) else answer
    return zip(ids, answers, strict=True)


def _announcement(lane: LaneId) -> Request[int]:
    return add_member(key("lanes_index"), lane)


def _prepared(scope: Scope, work: Submission) -> Op[tuple[ExecutionId, Request[Reply]]]:
    execution_id = ExecutionId.solo(work.lane, scope.partitions)
    now = (yield from send(server_time())) if _counts_from_now(work) else 0
    return execution_id, create_request(scope, work, execution_id, now)


def _counts_from_now(work: Submission) -> bool:
    return work.delay_ms is not None or work.deadline_ms is not None


def _submitted(execution_id: ExecutionId, reply: Reply) -> Submitted:
    # A repeat after a lost reply is answered DUPLICATE with the id of this very call: then it was ours.
    first = ExecutionId(reply.text("execution_id"))
    return Submitted(first, created=first == execution_id)


def create_request(scope: Scope, work: Submission, execution_id: ExecutionId, now: int) -> Request[Reply]:
    """The request that creates this execution. `now` (server, ms) is what delay and deadline count from."""
    ids = {"E": execution_id, "L": work.lane, "NS": scope.namespace, "K": work.key}
    choose = {
        "scheduling": "lane_delayed" if work.delay_ms else "lane_eligible",
        "idempotency": "create_idempotency" if work.key else "noop",
    }
    return CREATE_EXECUTION.call(ids, _arguments(scope, work, execution_id, now), choose=choose)


def _arguments(scope: Scope, work: Submission, execution_id: ExecutionId, now: int) -> dict[str, Word | None]:
    return {
        "execution_id": execution_id,
        "namespace": scope.namespace,
        "lane_id": work.lane,
        "execution_kind": work.kind,
        "priority": work.priority,
        "creator_identity": work.creator,
        "policy_json": work.policy.to_json() if work.policy else "{}",
        "input_payload": work.payload,
        "delay_until": now + work.delay_ms if work.delay_ms else None,
        "dedup_ttl_ms": IDEMPOTENCY_TTL_MS if work.key else None,
        "tags_json": json.dumps(dict(work.tags)),
        "execution_deadline_at": None if work.deadline_ms is None else now + work.deadline_ms,
        "partition_id": execution_id.partition_index,
    }
