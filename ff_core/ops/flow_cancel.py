"""Cancelling a flow and those of its members that the policy names (contract 05 §3.4, recipe R5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ff_core.contract.flow import ACK_CANCEL_MEMBER, CANCEL_FLOW
from ff_core.contract.model import Word
from ff_core.errors import (
    ExecutionNotActive,
    ExecutionNotFound,
    FlowAlreadyTerminal,
    FlowFabricError,
    FlowNotFound,
    TimedOut,
)
from ff_core.keys import key
from ff_core.ops.cascade import settle
from ff_core.ops.command import hash_field, hash_fields, set_members
from ff_core.ops.gather import gather
from ff_core.ops.op import Op, pause, send, send_all, send_both
from ff_core.ops.outcome import cancel
from ff_core.ops.scope import Scope, core_key
from ff_core.partition import partition_of_flow
from ff_core.types import CancelFlowPolicy, ExecutionId, FlowId, FlowState, LifecyclePhase

GRACE_MS: Final = 30_000
"""How long an engine leaves the owed cancels to us."""

LONGEST_WAIT: Final = 300.0
"""Seconds after which waiting for the members without a limit of one's own is given up (contract 01 §17)."""

_STEP: Final = 0.05

_ENDED: Final = ("", LifecyclePhase.TERMINAL)
"""Phases of members that are over; one whose record is gone has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCancelled:
    """What became of each member that was to be cancelled."""

    flow_id: FlowId
    policy: str
    cancelled: tuple[ExecutionId, ...]
    ended_before: tuple[ExecutionId, ...]
    """They had ended before their turn came."""
    left_running: tuple[ExecutionId, ...]
    """They have not ended, and the policy leaves them alone."""
    failed: dict[ExecutionId, str]
    """What their cancel was refused with; it stays owed, and an engine tries again."""


def cancel_flow(scope: Scope, flow_id: FlowId, policy: CancelFlowPolicy, reason: str) -> Op[FlowCancelled]:
    """Mark the flow as cancelled and cancel its members as `policy` says.

    Raises FlowNotFound, or FlowAlreadyTerminal for a flow that has been cancelled or whose members have all ended.
    """
    tag = partition_of_flow(flow_id, scope.partitions).tag
    yield from _require_open(tag, flow_id)
    ids: dict[str, Word] = {"T": tag, "F": flow_id}
    args: dict[str, Word | None] = {
        "flow_id": flow_id,
        "reason": reason,
        "cancellation_policy": policy.value,
        "grace_ms": GRACE_MS,
    }
    try:
        texts: Sequence[str] = (yield from send(CANCEL_FLOW.call(ids, args))).rest
    except FlowAlreadyTerminal:
        # It was open a moment ago: this is the repeat of a call whose reply got lost, or somebody asks for the same.
        stored = yield from send(
            hash_fields(key("flow_core", T=tag, F=flow_id), ("cancellation_policy", "cancel_reason"))
        )
        if stored != {"cancellation_policy": policy.value, "cancel_reason": reason}:
            raise
        texts = yield from send(set_members(key("flow_members", T=tag, F=flow_id)))
    return (yield from _cancel_members(flow_id, sorted(map(ExecutionId, texts)), policy, reason, ids))


def _require_open(tag: str, flow_id: FlowId) -> Op[None]:
    state, texts = yield from send_both(
        hash_field(key("flow_core", T=tag, F=flow_id), "public_flow_state"),
        set_members(key("flow_members", T=tag, F=flow_id)),
    )
    if not state:
        raise FlowNotFound
    phases = yield from send_all(hash_field(core_key(ExecutionId(text)), "lifecycle_phase") for text in texts)
    if state != FlowState.OPEN or (phases and all(phase in _ENDED for phase in phases)):
        raise FlowAlreadyTerminal


def _cancel_members(
    flow_id: FlowId, members: Sequence[ExecutionId], policy: CancelFlowPolicy, reason: str, ids: dict[str, Word]
) -> Op[FlowCancelled]:
    phases = yield from send_all(hash_field(core_key(member), "lifecycle_phase") for member in members)
    targets = [member for member, phase in zip(members, phases, strict=True) if _is_target(policy, phase)]
    ended = {member for member, phase in zip(members, phases, strict=True) if phase in _ENDED}
    outcomes = yield from gather(
        _acknowledge(member, flow_id, ids) if member in ended else _cancel_member(member, flow_id, reason, ids)
        for member in targets
    )
    found = dict(zip(targets, outcomes, strict=True))
    return FlowCancelled(
        flow_id=flow_id,
        policy=policy.value,
        cancelled=tuple(member for member, outcome in found.items() if outcome is True),
        ended_before=tuple(member for member in members if member in ended or found.get(member) is False),
        left_running=tuple(member for member in members if member not in found and member not in ended),
        failed={member: str(outcome) for member, outcome in found.items() if isinstance(outcome, FlowFabricError)},
    )


def _is_target(policy: CancelFlowPolicy, phase: str) -> bool:
    if policy is CancelFlowPolicy.CANCEL_PENDING:
        return phase not in {*_ENDED, LifecyclePhase.ACTIVE}
    return policy is CancelFlowPolicy.CANCEL_ALL


def _cancel_member(member: ExecutionId, flow_id: FlowId, reason: str, ids: dict[str, Word]) -> Op[bool]:
    """True where this has cancelled the member, False where it had ended."""
    try:
        yield from cancel(member, reason or "flow_cancelled")
        was_ours = True
    except (ExecutionNotActive, ExecutionNotFound):
        was_ours = False
    yield from settle(member, flow_id)
    yield from _acknowledge(member, flow_id, ids)
    return was_ours


def _acknowledge(member: ExecutionId, flow_id: FlowId, ids: dict[str, Word]) -> Op[bool]:
    """Note that the cancel of a member is no longer owed."""
    yield from send(ACK_CANCEL_MEMBER.call(ids, {"execution_id": member, "flow_id": flow_id}))
    return False


def wait_for_members(scope: Scope, flow_id: FlowId, timeout: float) -> Op[None]:
    """Come back when no member is left that has not ended. Raises TimedOut after `timeout` seconds."""
    place = key("flow_members", T=partition_of_flow(flow_id, scope.partitions).tag, F=flow_id)
    started = now = yield from pause(0)
    while True:
        members = yield from send(set_members(place))
        phases = yield from send_all(hash_field(core_key(ExecutionId(text)), "lifecycle_phase") for text in members)
        left = sum(phase not in _ENDED for phase in phases)
        if not left:
            return
        if now - started >= timeout:
            raise TimedOut(f"the end of {left} members of flow {flow_id}", round(now - started, 1))
        now = yield from pause(_STEP)
