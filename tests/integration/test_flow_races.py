"""Flows when replies get lost, and when others change the same flow in between."""

from collections.abc import Iterator
from typing import Any

import pytest
from conformance.clocked import Server
from integration.flowing import complete, counts, fail, states, with_something_before
from integration.proxy import Proxy
from integration.steps import count

import ff_core as ff
from ff_core.client import Flow
from ff_core.client.flow_calls import add_dependency, any_of, submit_member
from ff_core.contract.model import Request
from ff_core.errors import ExecutionNotEligible, FlowAlreadyTerminal
from ff_core.ops.op import Atomic, Op
from ff_core.types import CancelFlowPolicy


@pytest.fixture
def trapped(proxy: Proxy) -> Iterator[Proxy]:
    """The proxy; a trap that was set and never struck has tested nothing."""
    yield proxy
    assert not proxy.lose_reply
    assert not proxy.lose_request


def is_transaction(step: Any) -> bool:
    return isinstance(step, Atomic)


def is_call_of(function: str) -> Any:
    return lambda step: isinstance(step, Request) and function in step.words


def submitting(flow: Flow, *after: ff.Run, **options: Any) -> Op[Any]:
    return submit_member(flow.client.scope, flow.id, "down", after=after, **options)


@pytest.mark.parametrize("lost", ["lose_reply", "lose_request"])
@pytest.mark.parametrize("options", [{}, {"key": "once"}, {"join": any_of("let_run")}], ids=["all_of", "key", "any_of"])
def test_a_member_is_submitted_once_with_its_edges(
    shaky: ff.Client, trapped: Proxy, server: Server, lost: str, options: dict[str, Any]
):
    flow = shaky.flow()
    up = [flow.submit("up"), flow.submit("up")]
    getattr(trapped, lost).append(b"ff_stage_dependency_edge")
    down = flow.submit("down", after=up, **options)
    assert down.created or (options == {"key": "once"} and lost == "lose_reply")  # then nobody can tell who has made it
    shown = flow.describe()
    assert (shown.node_count, shown.edge_count, len(flow.edges())) == (3, 2, 2)
    assert count(server, "ff:exec:*:core") == 3
    assert counts(flow, down) == ("pending", 0, 0, 0, 2)
    for run in up[: 1 if "join" in options else 2]:
        with pytest.raises(ExecutionNotEligible):
            shaky.claim_id(down)
        complete(shaky, run)
    complete(shaky, down)


def test_a_flow_is_created_once(shaky: ff.Client, trapped: Proxy, server: Server):
    trapped.lose_reply.append(b"ff_create_flow")
    assert shaky.flow().describe().node_count == 0
    assert count(server, "ff:flow:*:core") == 1


@pytest.mark.parametrize("function", [b"ff_stage_dependency_edge", b"ff_apply_dependency_to_child"])
def test_a_link_is_made_once(shaky: ff.Client, trapped: Proxy, function: bytes):
    flow = shaky.flow()
    up, down = flow.submit("up"), flow.submit("down")
    trapped.lose_reply.append(function)
    flow.link(up, down)
    assert (flow.describe().edge_count, counts(flow, down)) == (1, ("pending", 0, 0, 0, 1))
    complete(shaky, up)
    complete(shaky, down)


def test_an_end_reaches_those_who_wait(shaky: ff.Client, trapped: Proxy):
    flow = shaky.flow()
    up = flow.submit("up")
    down = flow.submit("down", after=[up], join=any_of("let_run"))
    trapped.lose_reply += [b"ff_complete_execution", b"ff_resolve_dependency"]
    complete(shaky, up)
    assert (states(flow, down), counts(flow, down)) == (["waiting"], ("satisfied", 1, 0, 0, 0))


@pytest.mark.parametrize("policy", list(CancelFlowPolicy))
def test_a_flow_is_cancelled_with_its_members(shaky: ff.Client, trapped: Proxy, policy: CancelFlowPolicy):
    flow = shaky.flow()
    up = flow.submit("up")
    down = flow.submit("down", after=[up])
    trapped.lose_reply.append(b"ff_cancel_flow")
    outcome = flow.cancel(policy.value, reason="enough")
    targets = set() if policy is CancelFlowPolicy.FLOW_ONLY else {up.id, down.id}
    assert (set(outcome.cancelled), outcome.policy) == (targets, policy.value)
    assert flow.describe().cancel_reason == "enough"


@pytest.mark.parametrize("member", ["up", "down"])
def test_a_member_is_replayed_once(shaky: ff.Client, trapped: Proxy, member: str):
    flow = shaky.flow()
    up = flow.submit("up")
    down = flow.submit("down", after=[up], join=any_of("let_run"))
    fail(shaky, up)
    trapped.lose_reply.append(b"ff_replay_execution")
    run = up if member == "up" else down
    run.replay()
    assert [event.event for event in shaky.history(run)].count("replay_initiated") == 1


def test_a_graph_that_grows_in_between_does_not_lose_the_edges(other: ff.Client):
    flow = other.flow()
    up = [flow.submit("up"), flow.submit("up")]
    op = with_something_before(submitting(flow, *up), is_transaction, lambda: flow.submit("another", after=up))
    run = ff.Run(other, other.driver.run(op).execution_id)
    assert flow.describe().edge_count == 4
    for one in up:
        with pytest.raises(ExecutionNotEligible):
            other.claim_id(run)
        complete(other, one)
    complete(other, run)


def test_upstream_that_ends_before_the_edges_are_made_releases(other: ff.Client):
    flow = other.flow()
    up = flow.submit("up")

    def grow_and_end() -> None:
        flow.submit("another")
        complete(other, up)

    op = with_something_before(submitting(flow, up), is_transaction, grow_and_end)
    assert states(flow, ff.Run(other, other.driver.run(op).execution_id)) == ["waiting"]


def test_upstream_that_ends_between_staging_and_applying_releases(other: ff.Client):
    flow = other.flow()
    up, down = flow.submit("up"), flow.submit("down")
    op = with_something_before(
        add_dependency(other.scope, flow.id, up, down),
        is_call_of("ff_apply_dependency_to_child"),
        lambda: complete(other, up),
    )
    other.driver.run(op)
    assert (states(flow, down), counts(flow, down)) == (["waiting"], ("satisfied", 1, 0, 0, 0))


def test_a_link_survives_a_graph_that_changes_all_the_time(other: ff.Client):
    flow = other.flow()
    up, down = flow.submit("up"), flow.submit("down")
    op = add_dependency(other.scope, flow.id, up, down)
    for _ in range(3):
        op = with_something_before(op, is_call_of("ff_stage_dependency_edge"), lambda: flow.submit("another"))
    other.driver.run(op)
    assert states(flow, down) == ["waiting_children"]


@pytest.mark.parametrize("places", [[], [0]], ids=["root", "waiting"])
def test_a_member_does_not_outlive_a_flow_that_is_cancelled_in_between(other: ff.Client, places: list[int]):
    flow = other.flow()
    up = [flow.submit("up")]
    after = [up[place] for place in places]
    with pytest.raises(FlowAlreadyTerminal):
        other.driver.run(with_something_before(submitting(flow, *after), is_transaction, flow.cancel))
    assert {item.public_state for item in other.list_executions().items} == {"cancelled"}


def test_a_submit_that_came_half_way_is_finished_by_its_repeat(other: ff.Client):
    """Whoever submits dies after the transaction has met a stale revision: the edge is applied and not yet staged."""
    flow = other.flow()
    up = flow.submit("up")

    def die() -> None:
        raise KeyboardInterrupt

    halfway = with_something_before(submitting(flow, up, key="k"), is_transaction, lambda: flow.submit("another"))
    with pytest.raises(KeyboardInterrupt):
        other.driver.run(with_something_before(halfway, is_call_of("ff_stage_dependency_edge"), die))
    complete(other, up)
    again = flow.submit("down", after=[up], key="k")
    assert (again.created, states(flow, again)) == (False, ["waiting"])
    assert flow.describe().edge_count == 1


def test_two_who_submit_the_same_key_make_one_member(other: ff.Client):
    flow = other.flow()
    up = flow.submit("up")
    op = with_something_before(
        submitting(flow, up, key="k"), is_transaction, lambda: flow.submit("down", after=[up], key="k")
    )
    outcome = other.driver.run(op)
    assert not outcome.created
    assert (flow.describe().node_count, flow.describe().edge_count) == (2, 1)
    assert counts(flow, ff.Run(other, outcome.execution_id)) == ("pending", 0, 0, 0, 1)
