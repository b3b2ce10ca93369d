"""What waits for a decision: the open waitpoints of suspended executions (contract 04 §11.6). Tokens are never read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ff_core.keys import key
from ff_core.ops.command import get_start, hash_fields, ranked, set_members, whole_hash
from ff_core.ops.condition import accepted_names
from ff_core.ops.gather import gather_good
from ff_core.ops.op import Op, send, send_all, send_both
from ff_core.ops.scope import Scope, core_key
from ff_core.types import ExecutionId, LaneId, Namespace, TimestampMs, WaitpointId, WaitpointKey

PAYLOAD_SHOWN = 4_096
"""Bytes of the payload that go into a listing."""

_CORE = ("namespace", "lane_id", "execution_kind", "public_state", "current_waitpoint_id", "flow_id")
_SUSPENSION = (
    "reason_code",
    "requested_by",
    "created_at",
    "timeout_at",
    "timeout_behavior",
    "additional_waitpoints_json",
)
_WAITPOINT = ("waitpoint_key", "state", "signal_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWaitpoint:
    """One waitpoint that a suspended execution waits on. `timeout_at` is None where it waits for ever."""

    waitpoint_id: WaitpointId
    waitpoint_key: WaitpointKey
    execution_id: ExecutionId
    namespace: Namespace
    kind: str
    lane: LaneId
    flow_id: str
    reason: str
    requested_by: str
    suspended_at: TimestampMs
    timeout_at: TimestampMs | None
    on_timeout: str
    signal_names: tuple[str, ...]
    """Signals it can still use; empty where any name will do."""
    signal_count: int
    payload_start: bytes
    """The first bytes of the execution's payload, at most `PAYLOAD_SHOWN`."""


def known_lanes() -> Op[list[LaneId]]:
    """Every lane that work was ever submitted to, sorted."""
    return sorted(LaneId(lane) for lane in (yield from send(set_members(key("lanes_index")))))


def open_waitpoints(scope: Scope, lanes: Sequence[LaneId] = ()) -> Op[tuple[OpenWaitpoint, ...]]:
    """Open waitpoints of these lanes (of all known lanes where none is named), the soonest timeout first."""
    wanted = lanes or (yield from known_lanes())
    found = yield from send_all(ranked(lane_key) for lane_key in scope.lane_keys("lane_suspended", wanted))
    due = sorted((score, ExecutionId(member)) for members in found for member, score in members)
    rows = yield from gather_good(_of_execution(scope, execution) for _, execution in due)
    return tuple(row for batch in rows for row in batch)


def _of_execution(scope: Scope, execution: ExecutionId) -> Op[list[OpenWaitpoint]]:
    core, suspension = yield from send_both(
        hash_fields(core_key(execution), _CORE), hash_fields(key("suspension_current", E=execution), _SUSPENSION)
    )
    if core["namespace"] != scope.namespace or not core["current_waitpoint_id"]:
        return []
    extras = json.loads(suspension["additional_waitpoints_json"] or "[]")
    ids = [core["current_waitpoint_id"], *(extra["waitpoint_id"] for extra in extras)]
    rows = yield from gather_good(_row(execution, WaitpointId(text), core, suspension) for text in ids)
    return [row for row in rows if row]


def _row(
    execution: ExecutionId, waitpoint: WaitpointId, core: dict[str, str], suspension: dict[str, str]
) -> Op[OpenWaitpoint | None]:
    record, condition = yield from send_both(
        hash_fields(key("waitpoint", E=execution, W=waitpoint), _WAITPOINT),
        whole_hash(key("waitpoint_condition", E=execution, W=waitpoint)),
    )
    if record["state"] != "active":
        return None
    payload = yield from send(get_start(key("exec_payload", E=execution), PAYLOAD_SHOWN))
    names = accepted_names(condition, record["waitpoint_key"])
    return OpenWaitpoint(
        waitpoint_id=waitpoint,
        waitpoint_key=WaitpointKey(record["waitpoint_key"]),
        execution_id=execution,
        namespace=Namespace(core["namespace"]),
        kind=core["execution_kind"],
        lane=LaneId(core["lane_id"]),
        flow_id=core["flow_id"],
        reason=suspension["reason_code"],
        requested_by=suspension["requested_by"],
        suspended_at=TimestampMs(int(suspension["created_at"] or 0)),
        timeout_at=TimestampMs(int(suspension["timeout_at"])) if suspension["timeout_at"] else None,
        on_timeout=suspension["timeout_behavior"],
        signal_names=() if "" in names else names,
        signal_count=int(record["signal_count"] or 0),
        payload_start=payload,
    )
