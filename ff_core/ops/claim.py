"""Getting work: find the best candidates of all partitions, reserve one, claim it (contract 03a §2, 03b §6.2, 04 §8).

One claim takes three round trips: the heads of all queues, what a choice among them depends on, then grant, claim and
the work's own data together. Budgets and quotas are not consulted (contract 10 §3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ff_core.contract.lease import CLAIM_EXECUTION, CLAIM_RESUMED_EXECUTION, ISSUE_CLAIM_GRANT
from ff_core.contract.model import Request
from ff_core.errors import CapabilityMismatch, ErrorClass, ExecutionNotFound, FlowFabricError
from ff_core.ops.command import hash_fields, ranked
from ff_core.ops.op import Op, attempt_all, pause, send, send_all
from ff_core.ops.promote import promote_due
from ff_core.ops.scope import Scope, core_key
from ff_core.ops.taking import Claimed, Taking
from ff_core.types import CapabilitySet, ExecutionId, HandleKind, LaneId

CANDIDATES = 8
"""How many executions at the head of one queue are looked at before a deeper look."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two looks while nothing is there, doubling from the first to the longest (contract 10 §8)."""

_SOMEBODY_WAS_FASTER = (ErrorClass.RETRYABLE, ErrorClass.INFORMATIONAL)

_CHOICE = ("lane_id", "execution_kind", "required_capabilities", "attempt_state", "current_attempt_index", "flow_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a worker is ready to take."""

    lanes: Sequence[LaneId]
    capabilities: CapabilitySet
    count: int = 1
    lease_ttl_ms: int = 30_000


@dataclass(slots=True)
class _Queue:
    """The queue of one lane on one partition; `left` counts members that were looked at and stay in it."""

    key: str
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Candidate:
    execution_id: ExecutionId
    score: float
    queue: _Queue


def claim(scope: Scope, wanted: Wanted, max_wait: float = 0) -> Op[list[Claimed]]:
    """Up to `wanted.count` executions, best first; waits up to `max_wait` seconds for the first one."""
    started = yield from pause(0)
    wait = FIRST_PAUSE
    while True:
        taken = yield from _sweep(scope, wanted)
        if taken:
            return taken
        if (yield from promote_due(scope, wanted.lanes)):
            continue
        left = max_wait - ((yield from pause(0)) - started)
        if left <= 0:
            return []
        yield from pause(min(wait, left))
        wait = min(wait * 2, LONGEST_PAUSE)


def claim_by_id(scope: Scope, execution_id: ExecutionId, wanted: Wanted) -> Op[Claimed]:
    """Claim this very execution, whatever its lane. Raises what it was refused with, such as ExecutionNotEligible."""
    core = yield from send(hash_fields(core_key(execution_id), _CHOICE))
    if not core["lane_id"]:
        raise ExecutionNotFound
    missing = wanted.capabilities.missing(core["required_capabilities"])
    if missing:
        raise CapabilityMismatch(",".join(missing))
    (outcome,) = yield from _take_each([_taking(scope, execution_id, core, wanted)])
    if isinstance(outcome, FlowFabricError):
        raise outcome
    return outcome


def _sweep(scope: Scope, wanted: Wanted) -> Op[list[Claimed]]:
    """What one look through all queues gives. A fault counts only where nothing was taken: the leases run already."""
    taken: list[Claimed] = []
    try:
        yield from _take_all(scope, wanted, taken)
    except FlowFabricError:
        if not taken:
            raise
    return taken


def _take_all(scope: Scope, wanted: Wanted, taken: list[Claimed]) -> Op[None]:
    """Look through all queues, deeper and deeper while their heads are not for this worker."""
    width = max(CANDIDATES, wanted.count)
    queues: list[_Queue] = [_Queue(lane_key) for lane_key in scope.lane_keys("lane_eligible", wanted.lanes)]
    while queues and len(taken) < wanted.count:
        heads = yield from send_all(ranked(queue.key, queue.left, queue.left + width - 1) for queue in queues)
        found = [
            _Candidate(ExecutionId(member), score, queue)
            for queue, head in zip(queues, heads, strict=True)
            for member, score in head
        ]
        found.sort(key=lambda candidate: candidate.score)
        for start in range(0, len(found), width):
            if len(taken) < wanted.count:
                yield from _take_best(scope, found[start : start + width], wanted, taken)
        queues = [queue for queue, head in zip(queues, heads, strict=True) if len(head) == width]


def _take_best(scope: Scope, candidates: list[_Candidate], wanted: Wanted, taken: list[Claimed]) -> Op[None]:
    """Claim the first of these that are for this worker, until it has as many as it wants."""
    cores = yield from send_all(hash_fields(core_key(candidate.execution_id), _CHOICE) for candidate in candidates)
    fitting: list[tuple[_Candidate, Taking]] = []
    for candidate, core in zip(candidates, cores, strict=True):
        candidate.queue.left += 1
        if core["lane_id"] and not wanted.capabilities.missing(core["required_capabilities"]):
            fitting.append((candidate, _taking(scope, candidate.execution_id, core, wanted)))
    while fitting and len(taken) < wanted.count:
        open_places = wanted.count - len(taken)
        tries, fitting = fitting[:open_places], fitting[open_places:]
        outcomes = yield from _take_each([taking for _, taking in tries])
        for (candidate, _), outcome in zip(tries, outcomes, strict=True):
            if isinstance(outcome, Claimed):
                candidate.queue.left -= 1
                taken.append(outcome)
            elif outcome.error_class not in _SOMEBODY_WAS_FASTER:
                raise outcome


def _taking(scope: Scope, execution_id: ExecutionId, core: dict[str, str], wanted: Wanted) -> Taking:
    resumed = core["attempt_state"] == "attempt_interrupted"
    return Taking(
        scope=scope,
        execution_id=execution_id,
        lane=LaneId(core["lane_id"]),
        kind=core["execution_kind"],
        flow_id=core["flow_id"],
        attempt_index=core["current_attempt_index"],
        handle_kind=HandleKind.RESUMED if resumed else HandleKind.FRESH,
        capabilities=wanted.capabilities,
        lease_ttl_ms=wanted.lease_ttl_ms,
    )


def _take_each(takings: Sequence[Taking]) -> Op[list[Claimed | FlowFabricError]]:
    """Claim each of these, all in one round trip; what one was refused with stands in its place."""
    batches = [_requests(taking) for taking in takings]
    replies = iter((yield from attempt_all(request for batch in batches for request in batch)))
    outcomes: list[Claimed | FlowFabricError] = []
    for taking, batch in zip(takings, batches, strict=True):
        grant, lease, *data = [next(replies) for _ in batch]
        outcomes.append((yield from taking.outcome(grant, lease, data)))
    return outcomes


def _requests(taking: Taking) -> list[Request[Any]]:
    if taking.handle_kind is HandleKind.RESUMED:
        lease = CLAIM_RESUMED_EXECUTION.call(taking.ids(), taking.lease_args())
    else:
        args = {**taking.new_attempt_args(), "renew_before_ms": taking.lease_ttl_ms * 2 // 3}
        lease = CLAIM_EXECUTION.call(taking.ids(), args)
    return [ISSUE_CLAIM_GRANT.call(taking.ids(), taking.grant_args()), lease, *taking.reads()]
