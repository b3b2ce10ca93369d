"""Flows: members that wait for each other, and what becomes of them."""

from datetime import timedelta

import pytest
from conformance.clocked import Server
from integration.steps import nothing_written, taken

import ff_core as ff
from ff_core.client import Flow
from ff_core.client.flow_calls import ALL_OF, any_of, quorum
from ff_core.errors import (
    CycleDetected,
    ExecutionNotActive,
    ExecutionNotInFlow,
    FlowAlreadyTerminal,
    FlowNotFound,
    InvalidInput,
    TimedOut,
)
from ff_core.types import EdgeDependencyPolicy, WaitIndefinite, WaitTimeout


def states(flow: Flow, *runs: ff.Run) -> list[str]:
    members = flow.members()
    return [members[run.id].value for run in runs]


def two_and_one(client: ff.Client, join: EdgeDependencyPolicy = ALL_OF) -> tuple[Flow, ff.Run, ff.Run, ff.Run]:
    flow = client.flow("test")
    first, second = flow.submit("up", 1, priority=2), flow.submit("up", 2, priority=1)
    return flow, first, second, flow.submit("down", after=[first, second], data_from=first, join=join)


def test_a_member_waits_for_all_upstream_and_gets_a_result(other: ff.Client):
    flow, first, second, down = two_and_one(other)
    assert states(flow, first, second, down) == ["waiting", "waiting", "waiting_children"]
    taken(other).complete({"from": "first"})
    assert states(flow, down) == ["waiting_children"]
    taken(other).complete()
    assert states(flow, down) == ["waiting"]
    task = taken(other)
    assert (task.id, task.payload) == (down.id, {"from": "first"})
    task.complete()
    assert flow.describe().public_flow_state == "completed"


def test_a_failure_skips_whoever_waits_all_the_way_down(other: ff.Client):
    flow, _, second, down = two_and_one(other)
    last = flow.submit("last", after=[down])
    taken(other).fail("boom", "permanent")
    assert states(flow, down, last) == ["skipped", "skipped"]
    taken(other).complete()  # a success that comes after the failure changes nothing
    (group, _) = sorted(flow.describe().edge_groups, key=lambda group: -group.total_deps)
    assert (group.group_state, group.failed_count) == ("impossible", 1)
    assert states(flow, second, down, last) == ["completed", "skipped", "skipped"]


def test_the_first_success_is_enough_and_cancels_the_others(other: ff.Client):
    flow, _, second, down = two_and_one(other, any_of())
    taken(other).complete()
    assert states(flow, second, down) == ["cancelled", "waiting"]


def test_the_others_may_run_on(other: ff.Client):
    flow, _, second, down = two_and_one(other, quorum(1, "let_run"))
    taken(other).complete()
    assert states(flow, second, down) == ["waiting", "waiting"]


def test_a_quorum_that_cannot_be_reached_any_more_skips(other: ff.Client):
    flow, _, second, down = two_and_one(other, quorum(2))
    taken(other).fail("boom", "permanent")
    assert states(flow, second, down) == ["cancelled", "skipped"]


def test_upstream_that_has_ended_before_releases_at_once(other: ff.Client):
    flow = other.flow()
    first = flow.submit("up")
    taken(other).complete()
    assert states(flow, flow.submit("down", after=[first])) == ["waiting"]


def test_the_same_key_gives_the_same_member_with_the_same_edges(other: ff.Client):
    flow = other.flow()
    first = flow.submit("up", key="a")
    once, again = (flow.submit("down", after=[first], key="b") for _ in range(2))
    assert (once.id, once.created, again.created) == (again.id, True, False)
    assert (flow.describe().node_count, flow.describe().edge_count) == (2, 1)


def test_a_cycle_is_refused_with_its_path_and_nothing_is_written(other: ff.Client, server: Server):
    flow, first, _, down = two_and_one(other)
    with nothing_written(server), pytest.raises(CycleDetected, match=f"{down.id.uuid[:8]} -> {first.id.uuid[:8]}"):
        flow.link(down, first)


def test_an_edge_across_flows_is_refused_and_nothing_is_written(other: ff.Client, server: Server):
    _, first, _, _ = two_and_one(other)
    elsewhere = other.flow()
    with nothing_written(server), pytest.raises(ExecutionNotInFlow):
        elsewhere.submit("down", after=[first])
    with nothing_written(server), pytest.raises(FlowNotFound):
        other.existing_flow("1f073a2a-2f67-4d5d-94bb-e92e7333c854").submit("down")
    with nothing_written(server), pytest.raises(InvalidInput, match="after"):
        elsewhere.submit("down", data_from=first)


def test_a_link_made_later_holds_a_waiting_member_back(other: ff.Client):
    flow = other.flow()
    first, second = flow.submit("a", priority=1), flow.submit("b")
    flow.link(first, second)
    assert states(flow, second) == ["waiting_children"]
    taken(other).complete()
    assert states(flow, second) == ["waiting"]


@pytest.mark.parametrize(
    "policy, left",
    [
        ("flow_only", ["active", "waiting", "waiting_children"]),
        ("cancel_pending", ["active", "cancelled", "cancelled"]),
        ("cancel_all", ["cancelled", "cancelled", "cancelled"]),
    ],
)
def test_a_policy_says_what_becomes_of_the_members(other: ff.Client, policy: str, left: list[str]):
    flow, *runs = two_and_one(other)
    taken(other)
    outcome = flow.cancel(policy, reason="enough")
    assert states(flow, *runs) == left
    assert len(outcome.cancelled) == left.count("cancelled")
    assert len(outcome.left_running) == 3 - left.count("cancelled")
    assert (flow.describe().public_flow_state, flow.describe().cancel_reason) == ("cancelled", "enough")
    with pytest.raises(FlowAlreadyTerminal):
        flow.cancel()
    with pytest.raises(FlowAlreadyTerminal):
        flow.submit("late")


def test_waiting_for_the_members_of_a_cancelled_flow(other: ff.Client):
    flow, *_ = two_and_one(other)
    taken(other)
    with pytest.raises(TimedOut, match="1 members"):
        flow.cancel("cancel_pending", wait=WaitTimeout(timedelta(milliseconds=50)))
    again, *_ = two_and_one(other)
    assert len(again.cancel(wait=WaitIndefinite()).cancelled) == 3


def test_a_flow_whose_making_fails_is_cancelled(other: ff.Client):
    runs: list[ff.Run] = []

    def make() -> None:
        with other.flow() as flow:
            runs.append(flow.submit("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make()
    assert [run.state for run in runs] == ["cancelled"]


@pytest.mark.parametrize("join", [ALL_OF, any_of("let_run"), quorum(2, "let_run")], ids=["all_of", "any_of", "quorum"])
def test_a_skipped_member_runs_when_what_failed_is_replayed_and_succeeds(other: ff.Client, join: EdgeDependencyPolicy):
    flow, first, second, down = two_and_one(other, join)
    for _ in range(2):
        taken(other).fail("boom", "permanent")
    assert states(flow, down) == ["skipped"]
    for run in (first, second, down):
        run.replay()
    assert states(flow, down) == ["waiting_children"]
    for _ in range(2):
        taken(other).complete()
    assert states(flow, down) == ["waiting"]


def test_tags_of_a_flow(other: ff.Client):
    flow = other.flow("etl")
    assert flow.tag({"team.name": "a"}) == 1
    snapshot = flow.describe()
    assert (snapshot.tags, snapshot.flow_kind) == ({"team.name": "a"}, "etl")


def test_who_was_cancelled_as_a_sibling_cannot_complete(other: ff.Client):
    two_and_one(other, any_of())
    first, second = taken(other), taken(other)
    first.complete()
    with pytest.raises(ExecutionNotActive):
        second.complete()
