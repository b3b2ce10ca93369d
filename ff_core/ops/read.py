"""Looking at executions: one, many, their results and their history (contract 01 §16, §17, 03b §6.14)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ff_core.contract.model import Request
from ff_core.errors import ExecutionNotFound, InvalidInput, NotCompleted, TimedOut
from ff_core.keys import key
from ff_core.ops import payload as body
from ff_core.ops.command import get, hash_field, ranked, set_members, stream_entries, whole_hash
from ff_core.ops.inbox import known_lanes
from ff_core.ops.op import Op, pause, send, send_all, send_both
from ff_core.ops.scope import Scope, core_key
from ff_core.types import (
    AttemptRecord,
    ExecutionId,
    ExecutionSnapshot,
    LaneId,
    LeaseEvent,
    PublicState,
    TimestampMs,
)
from ff_core.types.text import quoted

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
"""Seconds between two looks while waiting for an execution to end, doubling."""

TERMINAL = frozenset(
    {
        PublicState.COMPLETED,
        PublicState.FAILED,
        PublicState.CANCELLED,
        PublicState.EXPIRED,
        PublicState.SKIPPED,
    }
)

_INDEXES: Mapping[PublicState, tuple[str, ...]] = {
    PublicState.WAITING: ("lane_eligible", "lane_blocked_route", "lane_blocked_operator"),
    PublicState.DELAYED: ("lane_delayed",),
    PublicState.RATE_LIMITED: (
        "lane_blocked_budget",
        "lane_blocked_quota",
        "lane_blocked_route",
        "lane_blocked_operator",
    ),
    PublicState.WAITING_CHILDREN: ("lane_blocked_dependencies",),
    PublicState.ACTIVE: ("lane_active",),
    PublicState.SUSPENDED: ("lane_suspended",),
    **dict.fromkeys(TERMINAL, ("lane_terminal",)),
}
"""Where executions of a public state are listed; a state without an index here is looked for among all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which executions to list; a part that is None or empty lets all through. Times bound the creation (ms)."""

    lane: LaneId | None = None
    state: PublicState | None = None
    kind: str | None = None
    tags: Mapping[str, str] | None = None
    since: TimestampMs | None = None
    until: TimestampMs | None = None

    def lets_through(self, snapshot: ExecutionSnapshot) -> bool:
        """Whether this execution is wanted."""
        return (
            (self.lane is None or snapshot.lane_id == self.lane)
            and (self.state is None or snapshot.public_state == self.state)
            and (self.kind is None or snapshot.execution_kind == self.kind)
            and (self.since is None or snapshot.created_at >= self.since)
            and (self.until is None or snapshot.created_at < self.until)
            and all(snapshot.tags.get(name) == value for name, value in (self.tags or {}).items())
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, newest first; `next` is the cursor of the following one, None on the last."""

    items: tuple[ExecutionSnapshot, ...]
    next: str | None


def describe(execution_id: ExecutionId) -> Op[ExecutionSnapshot]:
    """Everything that the execution's core and tags say. Raises ExecutionNotFound."""
    core, tags = yield from send_both(whole_hash(core_key(execution_id)), whole_hash(key("exec_tags", E=execution_id)))
    if not core:
        raise ExecutionNotFound
    return ExecutionSnapshot.from_core(execution_id, core, tags)


def list_executions(scope: Scope, wanted: Filter, limit: int, cursor: str | None = None) -> Op[Page]:
    """A page of at most `limit` executions of the namespace, newest first."""
    if limit < 1:
        raise InvalidInput(f"the limit is {limit}; give 1 or more")
    after = _position(cursor) if cursor else None
    ids = yield from _candidates(scope, wanted)
    cores = yield from send_all(whole_hash(core_key(execution_id)) for execution_id in ids)
    tags = yield from send_all(whole_hash(key("exec_tags", E=execution_id)) for execution_id in ids)
    found = [
        ExecutionSnapshot.from_core(execution_id, core, labels)
        for execution_id, core, labels in zip(ids, cores, tags, strict=True)
        if core and core.get("namespace") == scope.namespace
    ]
    found = sorted(filter(wanted.lets_through, found), key=_order)
    rest = [snapshot for snapshot in found if after is None or _order(snapshot) > after]
    page = rest[:limit]
    return Page(tuple(page), _cursor(page[-1]) if len(rest) > limit else None)


def _candidates(scope: Scope, wanted: Filter) -> Op[list[ExecutionId]]:
    indexes = _INDEXES.get(wanted.state) if wanted.state else None
    if indexes is None:
        everything = yield from send_all(set_members(key("all_executions", T=tag)) for tag in scope.flow_tags())
        return [ExecutionId(member) for members in everything for member in members]
    lanes: Sequence[LaneId] = [wanted.lane] if wanted.lane else (yield from known_lanes())
    places = [place for index in indexes for place in scope.lane_keys(index, lanes)]
    ranks = yield from send_all(ranked(place) for place in places)
    # What moves from one index to another while they are read is seen in both.
    return list(dict.fromkeys(ExecutionId(member) for members in ranks for member, _ in members))


def _order(snapshot: ExecutionSnapshot) -> tuple[int, str]:
    return -snapshot.created_at, snapshot.execution_id


def _cursor(snapshot: ExecutionSnapshot) -> str:
    created, execution_id = _order(snapshot)
    return base64.urlsafe_b64encode(f"{created} {execution_id}".encode()).decode()


def _position(cursor: str) -> tuple[int, str]:
    try:
        created, execution_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ", 1)
        return int(created), execution_id
    except (ValueError, binascii.Error):
        raise InvalidInput("this is no cursor of a listing; pass `next` of the page before") from None


def find(scope: Scope, prefix: str) -> Op[ExecutionId]:
    """The execution of the namespace whose UUID begins with `prefix`. Raises InvalidInput unless one does.

    A whole id is answered as it is.
    """
    if prefix.startswith("{"):
        return ExecutionId(prefix)
    wanted = prefix.lower()
    members = yield from send_all(set_members(key("all_executions", T=tag)) for tag in scope.flow_tags())
    alike = [
        ExecutionId(member) for batch in members for member in batch if ExecutionId(member).uuid.startswith(wanted)
    ]
    namespaces = yield from send_all(hash_field(core_key(execution_id), "namespace") for execution_id in alike)
    found = [
        execution_id for execution_id, namespace in zip(alike, namespaces, strict=True) if namespace == scope.namespace
    ]
    if not wanted or not found:
        raise InvalidInput(f"no execution begins with {quoted(prefix)}; list them to see their ids")
    if len(found) > 1:
        raise InvalidInput(f"{len(found)} executions begin with {quoted(prefix)}; give more of the id")
    return found[0]


def wait(execution_id: ExecutionId, timeout: float | None = None) -> Op[ExecutionSnapshot]:
    """The execution once it has ended. Raises TimedOut after `timeout` seconds; the work goes on then."""
    started = now = yield from pause(0)
    step = FIRST_PAUSE
    while True:
        state = yield from send(hash_field(core_key(execution_id), "public_state"))
        if not state:
            raise ExecutionNotFound
        if state in TERMINAL:
            return (yield from describe(execution_id))
        if timeout is not None and now - started >= timeout:
            raise TimedOut(f"the end of execution {execution_id}, which is {state}", round(now - started, 1))
        left = LONGEST_PAUSE if timeout is None else timeout - (now - started)
        now = yield from pause(min(step, left))
        step = min(step * 2, LONGEST_PAUSE)


def result(execution_id: ExecutionId) -> Op[Any]:
    """What the execution was completed with. Raises NotCompleted while, or because, there is none."""
    core, raw = yield from send_both(whole_hash(core_key(execution_id)), get(key("exec_result", E=execution_id)))
    if not core:
        raise ExecutionNotFound
    state = core.get("public_state")
    if state != PublicState.COMPLETED:
        raise NotCompleted(state, core.get("failure_reason") or core.get("cancellation_reason") or "")
    return body.decode(raw)


def _of_existing(execution_id: ExecutionId, request: Request[T]) -> Op[T]:
    """The reply of a request about an execution that has to be there: nothing found and nobody there differ."""
    lane, reply = yield from send_both(hash_field(core_key(execution_id), "lane_id"), request)
    if not lane:
        raise ExecutionNotFound
    return reply


def payload(execution_id: ExecutionId) -> Op[Any]:
    """What the execution was submitted with; None when there is nothing. Raises ExecutionNotFound."""
    return body.decode((yield from _of_existing(execution_id, get(key("exec_payload", E=execution_id)))))


def history(execution_id: ExecutionId) -> Op[tuple[LeaseEvent, ...]]:
    """Every lease that was acquired, released or lost, oldest first (about the last 1000 events).

    Raises ExecutionNotFound.
    """
    entries = yield from _of_existing(execution_id, stream_entries(key("lease_history", E=execution_id)))
    return tuple(LeaseEvent.from_entry(fields) for _, fields in entries)


def attempts(execution_id: ExecutionId) -> Op[tuple[AttemptRecord, ...]]:
    """Every attempt, oldest first. Raises ExecutionNotFound."""
    members = yield from _of_existing(execution_id, ranked(key("attempts", E=execution_id)))
    places = sorted(int(member) for member, _ in members)
    records = yield from send_all(whole_hash(key("attempt", E=execution_id, I=place)) for place in places)
    return tuple(AttemptRecord.from_hash(record) for record in records)
