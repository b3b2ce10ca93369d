"""Running an execution again that has ended (contract 05 §2, recipe R7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ff_core.contract.dependency import PROMOTE_BLOCKED_TO_ELIGIBLE, REPLAY_EXECUTION
from ff_core.contract.model import Word
from ff_core.errors import DepsNotSatisfied, ExecutionNotFound, NotBlockedByDeps
from ff_core.keys import key
from ff_core.ops.command import hash_fields, server_time, set_hash, set_members, whole_hash
from ff_core.ops.op import Op, send, send_all
from ff_core.ops.scope import core_key
from ff_core.types import DependencyState, EdgeGroupState, ExecutionId, TerminalOutcome

_FORGOTTEN: Final = ("cancel_siblings_pending_flag", "cancel_siblings_pending_members", "cancel_siblings_reason")


def replay(execution_id: ExecutionId) -> Op[None]:
    """Have an execution that has ended run again, as a new attempt.

    A member of a flow that was skipped waits anew for those it depends on; its group is counted afresh from what its
    edges say. Raises ExecutionNotTerminal, or MaxReplaysExhausted.
    """
    core = yield from send(hash_fields(core_key(execution_id), ("lane_id", "flow_id", "terminal_outcome")))
    if not core["lane_id"]:
        raise ExecutionNotFound
    ids: dict[str, Word] = {"E": execution_id, "L": core["lane_id"]}
    if core["terminal_outcome"] != TerminalOutcome.SKIPPED or not core["flow_id"]:
        yield from send(REPLAY_EXECUTION.call(ids, {"execution_id": execution_id}))
        return
    edges = sorted((yield from send(set_members(key("deps_all_edges", E=execution_id)))))
    states = yield from send_all(whole_hash(key("dep_edge", E=execution_id, X=edge)) for edge in edges)
    yield from _reset_group(execution_id, core["flow_id"], states)
    rest: list[tuple[Mapping[str, Word], tuple[Word, ...]]] = [({"X": edge}, (edge,)) for edge in edges]
    yield from send(REPLAY_EXECUTION.call(ids, {"execution_id": execution_id}, rest=rest))
    now = yield from send(server_time())
    try:
        yield from send(PROMOTE_BLOCKED_TO_ELIGIBLE.call(ids, {"execution_id": execution_id, "now_ms": now}))
    except (DepsNotSatisfied, NotBlockedByDeps):
        return


def _reset_group(execution_id: ExecutionId, flow_id: str, edges: list[dict[str, str]]) -> Op[None]:
    """Count the group of a skipped member afresh: what was satisfied stays, what failed is open again.

    The library leaves the counters of the first run behind, and would refuse to count the reopened edges.
    """
    place = key("flow_edgegroup", T=execution_id.tag, F=flow_id, E=execution_id)
    group = yield from send(whole_hash(place))
    if not group:
        return
    satisfied = sum(edge.get("state") == DependencyState.SATISFIED for edge in edges)
    fresh: dict[str, Word] = {
        "succeeded": satisfied,
        "failed": 0,
        "skipped": 0,
        "group_state": EdgeGroupState.PENDING.value,
        **dict.fromkeys(_FORGOTTEN, ""),
    }
    yield from send(set_hash(place, fresh))
