"""Edges between the members of a flow: one waits for the other (contract 05 §2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ff_core.contract.edge import APPLY_DEPENDENCY_TO_CHILD, STAGE_DEPENDENCY_EDGE
from ff_core.contract.model import Reply, Request, Word
from ff_core.errors import (
    CycleDetected,
    DependencyAlreadyExists,
    ExecutionNotInFlow,
    FlowNotFound,
    SelfReferencingEdge,
    StaleGraphRevision,
)
from ff_core.keys import key
from ff_core.ops.cascade import settle
from ff_core.ops.command import hash_field, is_member, server_time, set_members
from ff_core.ops.op import Op, send, send_all
from ff_core.ops.scope import Scope, core_key
from ff_core.partition import partition_of_flow
from ff_core.types import EdgeId, ExecutionId, FlowId, LaneId

SUCCESS_ONLY: Final = "success_only"


@dataclass(frozen=True, slots=True)
class Edge:
    """`downstream`, of `lane`, waits for `upstream`. With `data` the result becomes the payload of who waits."""

    flow_id: FlowId
    upstream: ExecutionId
    downstream: ExecutionId
    lane: LaneId
    data: str = ""

    @property
    def id(self) -> EdgeId:
        """It follows from the ends, so that a repeat of a lost call finds its own edge."""
        return EdgeId(str(uuid.uuid5(uuid.UUID(self.flow_id), f"{self.upstream} {self.downstream}")))

    def requests(self, revision: int, now: int) -> list[Request[Reply]]:
        """Stage the edge on this revision of the graph, and apply it."""
        ids: dict[str, Word] = {
            "E": self.downstream,
            "F": self.flow_id,
            "L": self.lane,
            "U": self.upstream,
            "X": self.id,
        }
        common: dict[str, Word | None] = {
            "flow_id": self.flow_id,
            "edge_id": self.id,
            "upstream_execution_id": self.upstream,
            "dependency_kind": SUCCESS_ONLY,
            "data_passing_ref": self.data,
            "now_ms": now,
        }
        stage = {**common, "downstream_execution_id": self.downstream, "expected_graph_revision": revision}
        return [
            STAGE_DEPENDENCY_EDGE.call(ids, stage),
            APPLY_DEPENDENCY_TO_CHILD.call(ids, {**common, "graph_revision": revision + 1}),
        ]

    def stage_again(self) -> Op[None]:
        """Stage on the newest revision what somebody else's change, or an earlier try of the same call, has crossed."""
        while True:
            core = key("flow_core", T=self.downstream.tag, F=self.flow_id)
            revision = yield from send(hash_field(core, "graph_revision"))
            now = yield from send(server_time())
            stage, apply = self.requests(int(revision or 0), now)
            try:
                yield from send(stage)
            except StaleGraphRevision:
                continue
            except DependencyAlreadyExists:
                pass
            yield from send(apply)
            return


def require_members(scope: Scope, flow_id: FlowId, executions: Sequence[ExecutionId]) -> Op[None]:
    """Raise ExecutionNotInFlow for the first of these that is no member of the flow."""
    members = key("flow_members", T=partition_of_flow(flow_id, scope.partitions).tag, F=flow_id)
    known = yield from send_all(is_member(members, execution) for execution in executions)
    for execution, is_known in zip(executions, known, strict=True):
        if not is_known:
            raise ExecutionNotInFlow(f"{execution} is no member of flow {flow_id}")


def link(scope: Scope, flow_id: FlowId, upstream: ExecutionId, downstream: ExecutionId) -> Op[None]:
    """Have one member of a flow wait for another.

    A member that runs already, or has ended, is not held up. Raises CycleDetected with the path that the edge would
    close, ExecutionNotInFlow, FlowNotFound or FlowAlreadyTerminal; nothing is written then.
    """
    core = key("flow_core", T=partition_of_flow(flow_id, scope.partitions).tag, F=flow_id)
    if not (yield from send(hash_field(core, "flow_id"))):
        raise FlowNotFound
    yield from require_members(scope, flow_id, (upstream, downstream))
    lane = LaneId((yield from send(hash_field(core_key(downstream), "lane_id"))) or "default")
    try:
        yield from Edge(flow_id, upstream, downstream, lane).stage_again()
    except (CycleDetected, SelfReferencingEdge):
        path = yield from _path(flow_id, downstream, upstream)
        raise CycleDetected(" -> ".join(member.uuid[:8] for member in (upstream, *path))) from None
    yield from settle(upstream, flow_id)


def _path(flow_id: FlowId, start: ExecutionId, goal: ExecutionId) -> Op[list[ExecutionId]]:
    """The shortest way along edges from one member to another; empty where there is none."""
    came_from: dict[ExecutionId, ExecutionId | None] = {start: None}
    layer = [start]
    while layer and goal not in came_from:
        following: list[ExecutionId] = []
        for member, followers in (yield from _downstream_of(flow_id, layer)):
            fresh = [follower for follower in followers if follower not in came_from]
            came_from.update(dict.fromkeys(fresh, member))
            following += fresh
        layer = following
    way: list[ExecutionId] = []
    step = goal if goal in came_from else None
    while step is not None:
        way.append(step)
        step = came_from[step]
    return way[::-1]


def _downstream_of(flow_id: FlowId, members: list[ExecutionId]) -> Op[list[tuple[ExecutionId, list[ExecutionId]]]]:
    edges = yield from send_all(set_members(key("flow_out", T=member.tag, F=flow_id, U=member)) for member in members)
    places = [(member, edge) for member, leaving in zip(members, edges, strict=True) for edge in leaving]
    ends = yield from send_all(
        hash_field(key("flow_edge", T=member.tag, F=flow_id, X=edge), "downstream_execution_id")
        for member, edge in places
    )
    found: dict[ExecutionId, list[ExecutionId]] = {member: [] for member in members}
    for (member, _), end in zip(places, ends, strict=True):
        found[member].append(ExecutionId(end))
    return list(found.items())
