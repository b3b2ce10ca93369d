"""The clients' calls about flows, once: what callers write, turned into an op."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Unpack

from ff_core.client.arguments import HasId, execution_id, one_of
from ff_core.client.options import SubmitOptions
from ff_core.errors import InvalidInput
from ff_core.ops import flow, flow_cancel, flow_read, replay
from ff_core.ops.edge import link
from ff_core.ops.flow_cancel import FlowCancelled
from ff_core.ops.op import Op
from ff_core.ops.scope import Scope
from ff_core.ops.submission import submission
from ff_core.ops.submit import Submitted
from ff_core.types import (
    AllUpstream,
    AnyUpstream,
    CancelFlowPolicy,
    CancelFlowWait,
    EdgeDependencyPolicy,
    EdgeSnapshot,
    ExecutionId,
    FlowId,
    FlowSnapshot,
    NoWait,
    OnSatisfied,
    PublicState,
    Quorum,
    WaitIndefinite,
    WaitTimeout,
)

Target = str | HasId

ALL_OF: Final = AllUpstream()


def any_of(on_satisfied: str = "cancel_remaining") -> AnyUpstream:
    """Go on when one upstream execution has succeeded; the others are cancelled, or ``let_run``."""
    return AnyUpstream(one_of(OnSatisfied, on_satisfied, "way to treat the others"))


def quorum(k: int, on_satisfied: str = "cancel_remaining") -> Quorum:
    """Go on when `k` upstream executions have succeeded; the others are cancelled, or ``let_run``."""
    return Quorum(k, one_of(OnSatisfied, on_satisfied, "way to treat the others"))


def create_flow(scope: Scope, kind: str = "flow") -> Op[FlowId]:
    """Create a flow without members."""
    return flow.create_flow(scope, kind)


def submit_member(
    scope: Scope,
    flow_id: str,
    kind: str,
    payload: Any = None,
    *,
    after: Sequence[Target] = (),
    join: EdgeDependencyPolicy = ALL_OF,
    data_from: Target | None = None,
    key: str | None = None,
    **options: Unpack[SubmitOptions],
) -> Op[Submitted]:
    """Submit a member of a flow that waits for those in `after`, joined as `join` says: `ALL_OF`, any_of, quorum.

    `data_from` is one of them: its result becomes this member's payload. With a `key` a repeat gives the same member.
    Raises FlowNotFound, FlowAlreadyTerminal, or ExecutionNotInFlow for one of another flow; nothing is written then.
    """
    upstream = tuple(dict.fromkeys(execution_id(target) for target in after))
    source = None if data_from is None else execution_id(data_from)
    if source is not None and source not in upstream:
        raise InvalidInput("data_from is not among those that the member waits for; name it in after, too")
    if isinstance(join, Quorum) and join.k > len(upstream):
        raise InvalidInput(f"a quorum of {join.k} out of {len(upstream)} can never be reached; name more in after")
    waiting = flow.Waiting(upstream=upstream, policy=join, data_from=source)
    return flow.submit_member(scope, FlowId(flow_id), submission(kind, payload, key=key, **options), waiting)


def add_dependency(scope: Scope, flow_id: str, upstream: Target, downstream: Target) -> Op[None]:
    """Have one member of a flow wait for another. Raises CycleDetected with the path that it would close."""
    return link(scope, FlowId(flow_id), execution_id(upstream), execution_id(downstream))


def describe_flow(scope: Scope, flow_id: str) -> Op[FlowSnapshot]:
    """Everything that is known of a flow. Raises FlowNotFound."""
    return flow_read.describe_flow(scope, FlowId(flow_id))


def flow_members(scope: Scope, flow_id: str) -> Op[dict[ExecutionId, PublicState]]:
    """Every member of a flow with its public state."""
    return flow_read.flow_members(scope, FlowId(flow_id))


def flow_edges(scope: Scope, flow_id: str) -> Op[tuple[EdgeSnapshot, ...]]:
    """Every edge of a flow, oldest first."""
    return flow_read.flow_edges(scope, FlowId(flow_id))


def tag_flow(scope: Scope, flow_id: str, tags: Mapping[str, str]) -> Op[int]:
    """Write tags of a flow with names like ``team.name``; answers how many."""
    return flow.set_flow_tags(scope, FlowId(flow_id), tags)


def cancel_flow(
    scope: Scope,
    flow_id: str,
    policy: str = "cancel_all",
    *,
    reason: str = "",
    wait: CancelFlowWait | None = None,
) -> Op[FlowCancelled]:
    """Cancel a flow: ``flow_only``, ``cancel_all`` or ``cancel_pending`` says what becomes of its members.

    `wait` is NoWait() by default, else WaitTimeout or WaitIndefinite until no member runs any more. Raises
    FlowNotFound, FlowAlreadyTerminal, or TimedOut when members still run; they are cancelled all the same.
    """
    chosen = one_of(CancelFlowPolicy, policy, "cancellation policy")
    return _cancel_flow(scope, FlowId(flow_id), chosen, reason, wait or NoWait())


def _cancel_flow(
    scope: Scope, flow_id: FlowId, policy: CancelFlowPolicy, reason: str, wait: CancelFlowWait
) -> Op[FlowCancelled]:
    cancelled = yield from flow_cancel.cancel_flow(scope, flow_id, policy, reason)
    if isinstance(wait, WaitTimeout):
        yield from flow_cancel.wait_for_members(scope, flow_id, wait.timeout / timedelta(seconds=1))
    elif isinstance(wait, WaitIndefinite):
        yield from flow_cancel.wait_for_members(scope, flow_id, flow_cancel.LONGEST_WAIT)
    return cancelled


def replay_execution(_: Scope, target: Target) -> Op[None]:
    """Run an execution again that has ended. Raises ExecutionNotTerminal or MaxReplaysExhausted."""
    return replay.replay(execution_id(target))
