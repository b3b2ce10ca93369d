"""Cancelling a flow and those of its members that the policy names (contract 05 §3.4, recipe R5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ff_core.contract.flow import ACK_CANCEL_MEMBER, CANCEL_FLOW
from ff_core.contract.model import Word
from ff_core.errors import ExecutionNotActive, ExecutionNotFound, FlowFabricError, TimedOut
from ff_core.keys import key
from ff_core.ops.cascade import settle
from ff_core.ops.command import hash_field, set_members
from ff_core.ops.gather import gather
from ff_core.ops.op import Op, pause, send, send_all
from ff_core.ops.outcome import cancel
from ff_core.ops.scope import Scope, core_key
from ff_core.partition import partition_of_flow
from ff_core.types import CancelFlowPolicy, ExecutionId, FlowId, LifecyclePhase

GRACE_MS: Final = 30_000
"""How long an engine leaves the owed cancels to us."""

LONGEST_WAIT: Final = 300.0
"""Seconds after which waiting for the members without a limit of one's own is given up (contract 01 §17)."""

_STEP: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCancelled:
    """What became of each member that was to be cancelled."""

    flow_id: FlowId
    policy: str
    cancelled: tuple[ExecutionId, ...]
    ended_before: tuple[ExecutionId, ...]
    """They had ended by themselves."""
    left_running: tuple[ExecutionId, ...]
    """The policy leaves them alone."""
    failed: dict[ExecutionId, str]
    """What their cancel was refused with; it stays owed, and an engine tries again."""


def cancel_flow(scope: Scope, flow_id: FlowId, policy: CancelFlowPolicy, reason: str) -> Op[FlowCancelled]:
    """Mark the flow as cancelled and cancel its members as `policy` says.

    Raises FlowNotFound, or FlowAlreadyTerminal for a flow that has been cancelled or has ended.
    """
    ids: dict[str, Word] = {"T": partition_of_flow(flow_id, scope.partitions).tag, "F": flow_id}
    args: dict[str, Word | None] = {
        "flow_id": flow_id,
        "reason": reason,
        "cancellation_policy": policy.value,
        "grace_ms": GRACE_MS,
    }
    reply = yield from send(CANCEL_FLOW.call(ids, args))
    members = sorted(ExecutionId(text) for text in reply.rest)
    phases = yield from send_all(hash_field(core_key(member), "lifecycle_phase") for member in members)
    targets = [member for member, phase in zip(members, phases, strict=True) if _is_target(policy, phase)]
    ended = {member for member, phase in zip(members, phases, strict=True) if phase == LifecyclePhase.TERMINAL}
    outcomes = yield from gather(
        _acknowledge(member, flow_id, ids) if member in ended else _cancel_member(member, flow_id, reason, ids)
        for member in targets
    )
    found = dict(zip(targets, outcomes, strict=True))
    return FlowCancelled(
        flow_id=flow_id,
        policy=policy.value,
        cancelled=tuple(member for member, outcome in found.items() if outcome is True),
        ended_before=tuple(member for member, outcome in found.items() if outcome is False),
        left_running=tuple(member for member in members if member not in found),
        failed={member: str(outcome) for member, outcome in found.items() if isinstance(outcome, FlowFabricError)},
    )


def _is_target(policy: CancelFlowPolicy, phase: str) -> bool:
    if policy is CancelFlowPolicy.CANCEL_PENDING:
        return phase == LifecyclePhase.RUNNABLE
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
        left = sum(phase not in {"", LifecyclePhase.TERMINAL} for phase in phases)
        if not left:
            return
        if now - started >= timeout:
            raise TimedOut(f"the end of {left} members of flow {flow_id}", round(now - started, 1))
        now = yield from pause(_STEP)
