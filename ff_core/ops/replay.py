"""Running an execution again that has ended (contract 05 §2, recipe R7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ff_core.contract.dependency import PROMOTE_BLOCKED_TO_ELIGIBLE, REPLAY_EXECUTION
from ff_core.contract.model import Request, Word
from ff_core.errors import (
    DepsNotSatisfied,
    ExecutionNotFound,
    ExecutionNotTerminal,
    FlowFabricError,
    NotBlockedByDeps,
)
from ff_core.keys import key
from ff_core.ops.cascade import settle
from ff_core.ops.command import hash_field, hash_fields, server_time, set_hash, set_members, whole_hash
from ff_core.ops.gather import gather_good
from ff_core.ops.op import Op, attempt_atomic, send, send_all
from ff_core.ops.scope import core_key
from ff_core.types import DependencyState, EdgeGroupState, ExecutionId, TerminalOutcome

_FORGOTTEN: Final = ("cancel_siblings_pending_flag", "cancel_siblings_pending_members", "cancel_siblings_reason")

Core = Mapping[str, str]


def replay(execution_id: ExecutionId) -> Op[None]:
    """Have an execution that has ended run again, as a new attempt.

    A member of a flow that was skipped waits anew for those it depends on; its group is counted afresh from what its
    edges say. Raises ExecutionNotTerminal, or MaxReplaysExhausted.
    """
    names = ("lane_id", "flow_id", "terminal_outcome", "replay_count")
    core = yield from send(hash_fields(core_key(execution_id), names))
    if not core["lane_id"]:
        raise ExecutionNotFound
    ids: dict[str, Word] = {"E": execution_id, "L": core["lane_id"]}
    if core["terminal_outcome"] == TerminalOutcome.SKIPPED and core["flow_id"]:
        yield from _replay_skipped(execution_id, core, ids)
        return
    try:
        yield from send(REPLAY_EXECUTION.call(ids, {"execution_id": execution_id}))
    except ExecutionNotTerminal:
        if not (yield from _is_done(execution_id, core)):
            raise


def _is_done(execution_id: ExecutionId, before: Core) -> Op[bool]:
    """Whether it was replayed since: then a refusal answers the repeat of a call whose reply got lost."""
    count = yield from send(hash_field(core_key(execution_id), "replay_count"))
    return int(count or 0) == int(before["replay_count"] or 0) + 1


def _replay_skipped(execution_id: ExecutionId, core: Core, ids: dict[str, Word]) -> Op[None]:
    edges = sorted((yield from send(set_members(key("deps_all_edges", E=execution_id)))))
    records = yield from send_all(whole_hash(_record(execution_id, edge)) for edge in edges)
    yield from _reopen(execution_id, core, ids, dict(zip(edges, records, strict=True)))
    yield from _settle_succeeded(core["flow_id"], {ExecutionId(edge["upstream_execution_id"]) for edge in records})
    now = yield from send(server_time())
    try:
        yield from send(PROMOTE_BLOCKED_TO_ELIGIBLE.call(ids, {"execution_id": execution_id, "now_ms": now}))
    except (DepsNotSatisfied, NotBlockedByDeps):
        return


def _reopen(execution_id: ExecutionId, core: Core, ids: dict[str, Word], edges: Mapping[str, Core]) -> Op[None]:
    """Replay a skipped member and count its group afresh: what was satisfied stays, what failed is open again.

    The library leaves the counters of the first run behind, and would refuse to count the reopened edges.
    """
    place = key("flow_edgegroup", T=execution_id.tag, F=core["flow_id"], E=execution_id)
    group = yield from send(whole_hash(place))
    counted = _satisfied([edge["state"] for edge in edges.values()])
    counters: dict[str, Word] = {
        "succeeded": counted,
        "failed": 0,
        "skipped": 0,
        "group_state": EdgeGroupState.PENDING.value,
        **dict.fromkeys(_FORGOTTEN, ""),
    }
    fresh = {name: value for name, value in counters.items() if name in group}
    rest: list[tuple[Mapping[str, Word], tuple[Word, ...]]] = [({"X": edge}, (edge,)) for edge in edges]
    requests: list[Request[Any]] = [
        REPLAY_EXECUTION.call(ids, {"execution_id": execution_id}, rest=rest),
        *(hash_field(_record(execution_id, edge), "state") for edge in edges),
        *([set_hash(place, fresh)] if fresh else []),
    ]
    replayed, *states = yield from attempt_atomic(requests)
    refused = isinstance(replayed, FlowFabricError)
    if refused and not (isinstance(replayed, ExecutionNotTerminal) and (yield from _is_done(execution_id, core))):
        if fresh:
            yield from send(set_hash(place, {name: group[name] for name in fresh}))
        raise replayed
    late = _satisfied([str(state) for state in states[: len(edges)]]) - counted
    if fresh and late:
        yield from send(Request(("HINCRBY", place, "succeeded", late), int))


def _settle_succeeded(flow_id: str, upstream: set[ExecutionId]) -> Op[None]:
    """Tell of those who were faster with their own replay. Those that failed may yet be replayed, so they can wait."""
    known = sorted(upstream)
    outcomes = yield from send_all(hash_field(core_key(member), "terminal_outcome") for member in known)
    good = [member for member, outcome in zip(known, outcomes, strict=True) if outcome == TerminalOutcome.SUCCESS]
    yield from gather_good(settle(member, flow_id) for member in good)


def _record(execution_id: ExecutionId, edge: str) -> str:
    return key("dep_edge", E=execution_id, X=edge)


def _satisfied(states: Sequence[str]) -> int:
    return sum(state == DependencyState.SATISFIED for state in states)
