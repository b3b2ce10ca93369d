"""What the end of a flow's member means for the others (contract 05 §4, recipes R4 and R6).

The original leaves this to its engine. Here whoever ends a member sees to its dependents at once, so that a flow moves
on without any engine; every call is harmless when an engine has been faster.
"""

from __future__ import annotations

from typing import TypeVar

from ff_core.contract.edge import DRAIN_SIBLING_CANCEL_GROUP, RESOLVE_DEPENDENCY
from ff_core.contract.model import Reply, Word
from ff_core.errors import ExecutionNotActive, ExecutionNotFound, FlowFabricError, InvalidDependency
from ff_core.keys import key
from ff_core.ops.command import hash_field, hash_fields, server_time, set_members
from ff_core.ops.gather import gather, gather_good
from ff_core.ops.op import Op, send, send_both
from ff_core.ops.outcome import cancel
from ff_core.ops.scope import core_key
from ff_core.types import ExecutionId, FlowId

T = TypeVar("T")

_GROUP = ("cancel_siblings_pending_flag", "cancel_siblings_pending_members", "cancel_siblings_reason")


def then_settle(op: Op[T], execution_id: ExecutionId, flow_id: str | None = None) -> Op[T]:
    """Run an op that may end an execution, and see to its dependents. The flow is looked up where it is not given."""
    value = yield from op
    if flow_id is None:
        flow_id = yield from send(hash_field(core_key(execution_id), "flow_id"))
    yield from settle(execution_id, flow_id)
    return value


def settle(execution_id: ExecutionId, flow_id: str) -> Op[None]:
    """Tell everyone who waits for this ended member; what they become, their dependents are told in turn."""
    if not flow_id:
        return
    ended = [execution_id]
    while ended:
        found = yield from gather_good(_settle_one(member, FlowId(flow_id)) for member in ended)
        ended = [member for members in found for member in members]


def _settle_one(execution_id: ExecutionId, flow_id: FlowId) -> Op[list[ExecutionId]]:
    """Resolve all edges that leave one ended member; answers which members have ended through that."""
    outcome, edges = yield from send_both(
        hash_field(core_key(execution_id), "terminal_outcome"),
        set_members(key("flow_out", T=execution_id.tag, F=flow_id, U=execution_id)),
    )
    if outcome in {"", "none"}:
        return []
    ended = yield from gather_good(_resolve(edge, execution_id, flow_id, outcome) for edge in sorted(edges))
    return [member for members in ended for member in members]


def _resolve(edge: str, upstream: ExecutionId, flow_id: FlowId, outcome: str) -> Op[list[ExecutionId]]:
    record = key("flow_edge", T=upstream.tag, F=flow_id, X=edge)
    downstream = ExecutionId((yield from send(hash_field(record, "downstream_execution_id"))))
    core = yield from send(hash_fields(core_key(downstream), ("lane_id", "current_attempt_index")))
    ids: dict[str, Word] = {
        "E": downstream,
        "U": upstream,
        "F": flow_id,
        "X": edge,
        "L": core["lane_id"] or "default",
        "I": core["current_attempt_index"] or "0",
    }
    args: dict[str, Word | None] = {
        "edge_id": edge,
        "upstream_outcome": outcome,
        "now_ms": (yield from send(server_time())),
        "flow_id": flow_id,
        "downstream_execution_id": downstream,
    }
    try:
        reply = yield from send(RESOLVE_DEPENDENCY.call(ids, args))
    except InvalidDependency:  # staged, but not applied yet: whoever applies it looks at the upstream then
        return []
    siblings = yield from _cancel_siblings(flow_id, downstream)
    return [*siblings, *([downstream] if _was_skipped(reply) else [])]


def _was_skipped(reply: Reply) -> bool:
    return reply.fields[1:2] == ("child_skipped",)


def _cancel_siblings(flow_id: FlowId, downstream: ExecutionId) -> Op[list[ExecutionId]]:
    """Cancel those whose result a decided group no longer needs."""
    ids: dict[str, Word] = {"T": downstream.tag, "E": downstream, "F": flow_id}
    group = yield from send(hash_fields(key("flow_edgegroup", T=downstream.tag, F=flow_id, E=downstream), _GROUP))
    if group["cancel_siblings_pending_flag"] != "true":
        return []
    siblings = [ExecutionId(text) for text in group["cancel_siblings_pending_members"].split("|") if text]
    outcomes = yield from gather(cancel(sibling, group["cancel_siblings_reason"]) for sibling in siblings)
    failed = [outcome for outcome in outcomes if isinstance(outcome, FlowFabricError)]
    if any(not isinstance(failure, ExecutionNotActive | ExecutionNotFound) for failure in failed):
        raise failed[0]
    yield from send(DRAIN_SIBLING_CANCEL_GROUP.call(ids, {"flow_id": flow_id, "downstream_execution_id": downstream}))
    return siblings
