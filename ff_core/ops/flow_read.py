"""Looking at flows: the record, the members, how they wait for each other (contract 05, recipe R8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ff_core.errors import FlowNotFound
from ff_core.keys import key
from ff_core.ops.command import hash_field, set_members, whole_hash
from ff_core.ops.gather import gather_good
from ff_core.ops.op import Op, send, send_all, send_both
from ff_core.ops.scope import Scope, core_key
from ff_core.partition import partition_of_flow
from ff_core.types import (
    AllUpstream,
    AnyUpstream,
    EdgeDependencyPolicy,
    EdgeGroupSnapshot,
    EdgeGroupState,
    EdgeId,
    EdgeSnapshot,
    ExecutionId,
    FlowId,
    FlowSnapshot,
    FlowState,
    Namespace,
    OnSatisfied,
    PublicState,
    Quorum,
    TimestampMs,
    flow_state_of,
)

_COUNTS: Final = ("n", "succeeded", "failed", "skipped")


def flow_members(scope: Scope, flow_id: FlowId) -> Op[dict[ExecutionId, PublicState]]:
    """Every member with its public state, oldest id first."""
    members = yield from send(set_members(key("flow_members", **_ids(scope, flow_id))))
    known = sorted(ExecutionId(text) for text in members)
    states = yield from send_all(hash_field(core_key(member), "public_state") for member in known)
    return {member: PublicState(state) for member, state in zip(known, states, strict=True) if state}


def describe_flow(scope: Scope, flow_id: FlowId) -> Op[FlowSnapshot]:
    """Everything that is known of a flow. Its state follows from its members unless it was cancelled.

    Raises FlowNotFound.
    """
    ids = _ids(scope, flow_id)
    core, tags = yield from send_both(whole_hash(key("flow_core", **ids)), whole_hash(key("flow_tags", **ids)))
    if not core:
        raise FlowNotFound
    members = yield from flow_members(scope, flow_id)
    groups = yield from gather_good(_group(flow_id, member) for member in members)
    stored = FlowState(core["public_flow_state"])
    return FlowSnapshot(
        flow_id=flow_id,
        flow_kind=core["flow_kind"],
        namespace=Namespace(core["namespace"]),
        public_flow_state=stored if stored is FlowState.CANCELLED else flow_state_of(members.values()),
        graph_revision=int(core["graph_revision"]),
        node_count=int(core["node_count"]),
        edge_count=int(core["edge_count"]),
        created_at=TimestampMs(int(core["created_at"])),
        last_mutation_at=TimestampMs(int(core["last_mutation_at"])),
        cancelled_at=TimestampMs(int(core["cancelled_at"])) if core.get("cancelled_at") else None,
        cancel_reason=core.get("cancel_reason"),
        cancellation_policy=core.get("cancellation_policy"),
        tags={**{name: value for name, value in core.items() if "." in name}, **tags},
        edge_groups=tuple(group for group in groups if group),
    )


def flow_edges(scope: Scope, flow_id: FlowId) -> Op[tuple[EdgeSnapshot, ...]]:
    """Every edge of a flow, in the order in which they were made."""
    members = yield from flow_members(scope, flow_id)
    entering = yield from send_all(set_members(key("flow_in", T=member.tag, F=flow_id, E=member)) for member in members)
    edges = sorted({edge for batch in entering for edge in batch})
    ids = _ids(scope, flow_id)
    records = yield from send_all(whole_hash(key("flow_edge", **ids, X=edge)) for edge in edges)
    return tuple(
        sorted((_edge(record) for record in records if record), key=lambda edge: (edge.created_at, edge.edge_id))
    )


def _ids(scope: Scope, flow_id: FlowId) -> dict[str, str]:
    return {"T": partition_of_flow(flow_id, scope.partitions).tag, "F": flow_id}


def _edge(record: Mapping[str, str]) -> EdgeSnapshot:
    return EdgeSnapshot(
        edge_id=EdgeId(record["edge_id"]),
        flow_id=FlowId(record["flow_id"]),
        upstream_execution_id=ExecutionId(record["upstream_execution_id"]),
        downstream_execution_id=ExecutionId(record["downstream_execution_id"]),
        dependency_kind=record["dependency_kind"],
        satisfaction_condition=record["satisfaction_condition"],
        data_passing_ref=record.get("data_passing_ref") or None,
        edge_state=record["edge_state"],
        created_at=TimestampMs(int(record["created_at"])),
        created_by=record["created_by"],
    )


def _group(flow_id: FlowId, member: ExecutionId) -> Op[EdgeGroupSnapshot | None]:
    """How the edges that enter one member stand together; None for a member that waits for nobody."""
    group, entering = yield from send_both(
        whole_hash(key("flow_edgegroup", T=member.tag, F=flow_id, E=member)),
        set_members(key("flow_in", T=member.tag, F=flow_id, E=member)),
    )
    if not group or not entering:
        return None
    total, succeeded, failed, skipped = (int(group.get(name) or 0) for name in _COUNTS)
    return EdgeGroupSnapshot(
        downstream_execution_id=member,
        policy=_policy(group),
        total_deps=total,
        satisfied_count=succeeded,
        failed_count=failed,
        skipped_count=skipped,
        running_count=max(total - succeeded - failed - skipped, 0),
        group_state=_group_state(group, failed),
    )


def _group_state(group: Mapping[str, str], failed: int) -> EdgeGroupState:
    # An all-of group whose last edge succeeds is stored as satisfied even after a failure (contract 05 §2, pinned).
    state = EdgeGroupState.read(group.get("group_state", ""))
    if group["policy_variant"] == AllUpstream.variant and failed:
        return EdgeGroupState.IMPOSSIBLE
    return state


def _policy(group: Mapping[str, str]) -> EdgeDependencyPolicy:
    if group["policy_variant"] == AllUpstream.variant:
        return AllUpstream()
    on_satisfied = OnSatisfied(group["on_satisfied"])
    if group["policy_variant"] == AnyUpstream.variant:
        return AnyUpstream(on_satisfied)
    return Quorum(int(group["k"]), on_satisfied)
