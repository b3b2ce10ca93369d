"""Flows: executions that wait for each other (contract 05)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ff_core.contract.edge import SET_EDGE_GROUP_POLICY
from ff_core.contract.flow import ADD_EXECUTION_TO_FLOW, CREATE_FLOW, SET_FLOW_TAGS
from ff_core.contract.model import Reply, Request, Word
from ff_core.errors import (
    DependencyAlreadyExists,
    FlowAlreadyTerminal,
    FlowFabricError,
    FlowNotFound,
    StaleGraphRevision,
)
from ff_core.keys import key
from ff_core.ops.cascade import settle
from ff_core.ops.command import hash_field, hash_fields, is_member, server_time, set_members
from ff_core.ops.edge import Edge, require_members
from ff_core.ops.gather import gather_good
from ff_core.ops.op import Op, attempt_atomic, send, send_all
from ff_core.ops.outcome import cancel
from ff_core.ops.scope import Scope
from ff_core.ops.submission import Submission
from ff_core.ops.submit import Submitted, announce_lane, create_request
from ff_core.ops.tag import check_tags
from ff_core.partition import partition_of_flow
from ff_core.types import AllUpstream, EdgeDependencyPolicy, ExecutionId, FlowId, Quorum

_ENDED: Final = ("cancelled", "completed", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a new member waits for: the upstream members, how they combine, and whose result becomes its payload."""

    upstream: Sequence[ExecutionId] = ()
    policy: EdgeDependencyPolicy = field(default_factory=AllUpstream)
    data_from: ExecutionId | None = None


def create_flow(scope: Scope, kind: str) -> Op[FlowId]:
    """Create a flow without members."""
    flow_id = FlowId.new()
    ids: dict[str, Word] = {"T": partition_of_flow(flow_id, scope.partitions).tag, "F": flow_id}
    yield from send(CREATE_FLOW.call(ids, {"flow_id": flow_id, "flow_kind": kind, "namespace": scope.namespace}))
    return flow_id


def submit_member(scope: Scope, flow_id: FlowId, work: Submission, waiting: Waiting) -> Op[Submitted]:
    """Create a member of a flow that waits for others, in one transaction: nobody can claim it too early.

    With a key its id follows from flow and key, so a repeat gives the same member, which waits for whom it did. Raises
    FlowNotFound, FlowAlreadyTerminal, or ExecutionNotInFlow for an upstream execution of another flow; nothing is
    written then.
    """
    member = _Member(scope, flow_id, _member_id(scope, flow_id, work.key), work, waiting)
    revision = yield from member.check()
    if (yield from send(is_member(key("flow_members", **_texts(scope, flow_id)), member.execution_id))):
        yield from member.finish()
        return Submitted(member.execution_id, created=False)
    yield from announce_lane(work.lane)
    now = yield from send(server_time())
    created, joined, *replies = yield from attempt_atomic(member.requests(revision, now))
    if isinstance(created, FlowFabricError):
        raise created
    if isinstance(joined, FlowFabricError):  # the flow has ended in between, so its member must not run alone
        yield from cancel(member.execution_id, "its flow has ended")
        raise joined
    edges = replies[len(replies) - 2 * len(waiting.upstream) :]
    for upstream, staged, applied in zip(waiting.upstream, edges[::2], edges[1::2], strict=True):
        if isinstance(staged, StaleGraphRevision | DependencyAlreadyExists):
            yield from member.edge(upstream).stage_again()
        elif isinstance(staged, FlowFabricError):
            raise staged
        elif isinstance(applied, FlowFabricError):
            raise applied
    yield from gather_good(settle(upstream, flow_id) for upstream in waiting.upstream)
    # Without a key the id is this call's own: if it was known already, then from a try whose reply got lost.
    return Submitted(member.execution_id, created=created.status == "OK" or not work.key)


def set_flow_tags(scope: Scope, flow_id: FlowId, tags: Mapping[str, str]) -> Op[int]:
    """Write tags of a flow, with names like ``team.name``; answers how many."""
    check_tags(tags)
    rest: list[tuple[Mapping[str, Word], tuple[Word, ...]]] = [({}, pair) for pair in sorted(tags.items())]
    reply = yield from send(SET_FLOW_TAGS.call(_ids(scope, flow_id), {}, rest=rest))
    return reply.integer("count")


def _ids(scope: Scope, flow_id: FlowId) -> dict[str, Word]:
    return dict(_texts(scope, flow_id))


def _texts(scope: Scope, flow_id: FlowId) -> dict[str, str]:
    return {"T": partition_of_flow(flow_id, scope.partitions).tag, "F": flow_id}


def _member_id(scope: Scope, flow_id: FlowId, name: str) -> ExecutionId:
    if not name:
        return ExecutionId.for_flow(flow_id, scope.partitions)
    return ExecutionId.deterministic_for_flow(flow_id, scope.partitions, uuid.uuid5(uuid.UUID(flow_id), name))


@dataclass(frozen=True, slots=True)
class _Member:
    """An execution on its way into a flow."""

    scope: Scope
    flow_id: FlowId
    execution_id: ExecutionId
    work: Submission
    waiting: Waiting

    def check(self) -> Op[str]:
        """Refuse what cannot join; answers the revision of the flow's graph."""
        ids = {"T": self.execution_id.tag, "F": self.flow_id}
        flow = yield from send(hash_fields(key("flow_core", **ids), ("graph_revision", "public_flow_state")))
        if not flow["graph_revision"]:
            raise FlowNotFound
        if flow["public_flow_state"] in _ENDED:
            raise FlowAlreadyTerminal
        yield from require_members(self.scope, self.flow_id, self.waiting.upstream)
        return flow["graph_revision"]

    def finish(self) -> Op[None]:
        """Stage the edges that an earlier submit of this member has applied without coming to stage them."""
        applied = yield from send(set_members(key("deps_all_edges", E=self.execution_id)))
        edges = [edge for upstream in self.waiting.upstream if (edge := self.edge(upstream)).id in applied]
        staged = yield from send_all(
            hash_field(key("flow_edge", T=self.execution_id.tag, F=self.flow_id, X=edge.id), "edge_id")
            for edge in edges
        )
        for edge, known in zip(edges, staged, strict=True):
            if not known:
                yield from edge.stage_again()
        yield from gather_good(settle(edge.upstream, self.flow_id) for edge in edges)

    def requests(self, revision: str, now: int) -> list[Request[Reply]]:
        """Create, join, choose the policy, and stage and apply an edge for each upstream member."""
        ids = self._ids()
        steps = [
            create_request(self.scope, replace(self.work, key=""), self.execution_id, now),
            ADD_EXECUTION_TO_FLOW.call(ids, {"flow_id": self.flow_id, "execution_id": self.execution_id}),
        ]
        policy = self.waiting.policy
        if self.waiting.upstream and not isinstance(policy, AllUpstream):
            args: dict[str, Word | None] = {
                "policy_variant": policy.variant,
                "on_satisfied": policy.on_satisfied.value,
                "k": policy.k if isinstance(policy, Quorum) else 0,
                "now_ms": now,
            }
            steps.append(SET_EDGE_GROUP_POLICY.call(ids, args))
        for place, upstream in enumerate(self.waiting.upstream, int(revision) + 1):
            steps += self.edge(upstream).requests(place, now)
        return steps

    def edge(self, upstream: ExecutionId) -> Edge:
        """The edge by which this member waits for `upstream`."""
        data = "result" if upstream == self.waiting.data_from else ""
        return Edge(self.flow_id, upstream, self.execution_id, self.work.lane, data)

    def _ids(self) -> dict[str, Word]:
        return {"E": self.execution_id, "F": self.flow_id, "L": self.work.lane}
