"""Members of a flow wait for each other, however they are joined and whenever they end."""

import threading
from collections.abc import Callable

import pytest
from conformance.clocked import Server
from integration.flowing import complete, counts, fail, group_of, states
from integration.steps import nothing_written

import ff_core as ff
from ff_core.client import Flow
from ff_core.client.flow_calls import any_of, quorum
from ff_core.errors import (
    CycleDetected,
    ExecutionNotEligible,
    ExecutionNotInFlow,
    FlowNotFound,
    InvalidInput,
)
from ff_core.types import AnyUpstream, OnSatisfied, Quorum


def fan_in(flow: Flow, size: int, join: AnyUpstream | Quorum) -> tuple[list[ff.Run], ff.Run]:
    upstream = [flow.submit("up", place) for place in range(size)]
    return upstream, flow.submit("down", after=upstream, join=join)


def test_nobody_gets_a_member_before_what_it_waits_for_has_succeeded(client: ff.Client, other: ff.Client):
    flow = client.flow()
    gate = flow.submit("gate")
    held = other.claim_id(gate)
    too_early: list[ff.Task] = []
    over = threading.Event()

    def hammer() -> None:
        while not over.is_set():
            too_early.extend(other.claim_many(50))

    hammering = threading.Thread(target=hammer)
    hammering.start()
    members = [flow.submit("member", after=[gate]) for _ in range(50)]
    over.set()
    hammering.join()
    assert too_early == []
    held.complete()
    assert {task.id for task in client.claim_many(50)} == {member.id for member in members}


def test_who_waits_for_several_waits_for_the_last_of_them(client: ff.Client):
    flow = client.flow()
    upstream = [flow.submit("up") for _ in range(3)]
    down = flow.submit("down", after=upstream)
    for run in upstream:
        with pytest.raises(ExecutionNotEligible):
            client.claim_id(down)
        complete(client, run)
    complete(client, down)
    assert counts(flow, down) == ("satisfied", 3, 0, 0, 0)
    assert flow.describe().public_flow_state == "completed"


def test_the_first_success_cancels_the_others_whether_they_run_or_wait(client: ff.Client):
    flow = client.flow()
    (first, runs, waits), down = fan_in(flow, 3, any_of())
    client.claim_id(runs)
    complete(client, first)
    assert states(flow, first, runs, waits, down) == ["completed", "cancelled", "cancelled", "waiting"]
    assert client.describe(waits).cancellation_reason == "sibling_quorum_satisfied"
    assert counts(flow, down)[0] == "satisfied"


def test_a_quorum_is_reached_by_the_kth_success_and_lets_the_others_run(client: ff.Client):
    flow = client.flow()
    (first, second, third), down = fan_in(flow, 3, quorum(2, "let_run"))
    complete(client, first)
    fail(client, second)
    assert (states(flow, down), counts(flow, down)) == (["waiting_children"], ("pending", 1, 1, 0, 1))
    complete(client, third)
    assert (states(flow, down), counts(flow, down)) == (["waiting"], ("satisfied", 2, 1, 0, 0))
    assert group_of(flow, down).policy == Quorum(2, OnSatisfied.LET_RUN)


def test_a_success_after_the_decision_changes_nothing(client: ff.Client):
    flow = client.flow()
    (first, second), down = fan_in(flow, 2, any_of("let_run"))
    complete(client, first)
    task = client.claim_id(down)
    complete(client, second)
    assert states(flow, second, down) == ["completed", "active"]
    task.complete()


def test_a_skipped_member_counts_against_the_group_that_waits_for_it(client: ff.Client):
    flow = client.flow()
    root, second = flow.submit("root"), flow.submit("up")
    first = flow.submit("up", after=[root])
    down = flow.submit("down", after=[first, second], join=any_of("let_run"))
    last = flow.submit("last", after=[down])
    fail(client, root)
    assert (states(flow, first, down), counts(flow, down)) == (
        ["skipped", "waiting_children"],
        ("pending", 0, 0, 1, 1),
    )
    fail(client, second)
    assert (states(flow, down, last), counts(flow, down)) == (["skipped", "skipped"], ("impossible", 0, 1, 1, 0))
    assert counts(flow, last)[0] == "impossible"
    assert flow.describe().public_flow_state == "failed"


def test_a_group_is_not_satisfied_by_a_success_that_comes_after_a_failure(client: ff.Client):
    flow = client.flow()
    first, second = flow.submit("up"), flow.submit("up")
    down = flow.submit("down", after=[first, second])
    fail(client, first)
    complete(client, second)
    assert (states(flow, down), counts(flow, down)) == (["skipped"], ("impossible", 1, 1, 0, 0))


def test_a_failure_goes_all_the_way_down(client: ff.Client):
    flow = client.flow()
    chain = [flow.submit("link")]
    for _ in range(6):
        chain.append(flow.submit("link", after=[chain[-1]]))
    fail(client, chain[0])
    assert states(flow, *chain) == ["failed"] + ["skipped"] * 6


@pytest.mark.parametrize("end", ["cancel", "worker cancels", "fail"])
def test_whatever_end_is_no_success_skips(client: ff.Client, end: str):
    flow = client.flow()
    up = flow.submit("up")
    down = flow.submit("down", after=[up])
    if end == "cancel":
        client.cancel(up)
    elif end == "worker cancels":
        client.claim_id(up).cancel("no")
    else:
        client.fail(client.claim_id(up).handle, "boom", "permanent")  # the handle alone does not name the flow
    assert states(flow, down) == ["skipped"]


def test_a_retry_is_no_end(client: ff.Client):
    flow = client.flow()
    up = flow.submit("up", retries=1)
    down = flow.submit("down", after=[up])
    client.claim_id(up).fail("once")
    assert states(flow, up, down) == ["delayed", "waiting_children"]


@pytest.mark.parametrize(
    "end, decided",
    [
        (complete, ["waiting", "waiting_children", "waiting"]),
        (fail, ["skipped", "skipped", "waiting_children"]),
    ],
    ids=["complete", "fail"],
)
def test_upstream_that_has_ended_decides_at_the_submit(
    client: ff.Client, end: Callable[[ff.Client, ff.Run], None], decided: list[str]
):
    flow = client.flow()
    ended, runs = flow.submit("up"), flow.submit("up")
    end(client, ended)
    alone = flow.submit("down", after=[ended])
    both = flow.submit("down", after=[ended, runs])
    either = flow.submit("down", after=[ended, runs], join=any_of("let_run"))
    assert states(flow, alone, both, either) == decided


def test_the_result_of_the_named_one_becomes_the_payload(client: ff.Client):
    flow = client.flow()
    first, second = flow.submit("up"), flow.submit("up")
    down = flow.submit("down", "own", after=[first, second], data_from=second)
    complete(client, second, {"from": "second"})
    complete(client, first, {"from": "first"})
    late = flow.submit("down", after=[first], data_from=first)
    assert [client.payload(down), client.payload(late)] == [{"from": "second"}, {"from": "first"}]
    with pytest.raises(InvalidInput, match="name it in after"):
        flow.submit("down", after=[first], data_from=second)


def test_a_flow_shows_its_members_edges_and_tags(client: ff.Client):
    flow = client.flow("etl")
    first, second = flow.submit("up"), flow.submit("up")
    down = flow.submit("down", after=[first, second], data_from=second)
    assert flow.tag({"team.name": "a", "team.size": "2"}) == 2
    flow.tag({"team.name": "b"})
    shown = flow.describe()
    assert (shown.flow_id, shown.flow_kind, shown.node_count, shown.edge_count) == (flow.id, "etl", 3, 2)
    assert shown.tags == {"team.name": "b", "team.size": "2"}
    assert (shown.public_flow_state, counts(flow, down)) == ("blocked", ("pending", 0, 0, 0, 2))
    edges = {edge.upstream_execution_id: edge for edge in flow.edges()}
    assert set(edges) == {first.id, second.id}
    assert {edge.downstream_execution_id for edge in edges.values()} == {down.id}
    assert (edges[first.id].data_passing_ref, edges[second.id].data_passing_ref) == (None, "result")
    assert client.existing_flow(flow.id).members() == flow.members()


def test_a_key_names_one_member_of_a_flow(client: ff.Client, server: Server):
    flow, elsewhere = client.flow(), client.flow()
    first, second = flow.submit("up", key="a"), flow.submit("up", key="b")
    down = flow.submit("down", 1, after=[first], join=any_of(), key="c")
    with nothing_written(server):
        again = flow.submit("down", 2, after=[first, second], key="c")
    assert (again.id, down.created, again.created) == (down.id, True, False)
    assert elsewhere.submit("up", key="a").id != first.id
    assert (flow.describe().node_count, flow.describe().edge_count) == (3, 1)
    complete(client, first)
    assert (states(flow, down), client.payload(down)) == (["waiting"], 1)


def test_a_cycle_is_refused_with_its_path(client: ff.Client, server: Server):
    flow = client.flow()
    a = flow.submit("a")
    b = flow.submit("b", after=[a])
    c = flow.submit("c", after=[b])
    path = " -> ".join(run.id.uuid[:8] for run in (c, a, b, c))
    with nothing_written(server):
        with pytest.raises(CycleDetected, match=path) as refusal:
            flow.link(c, a)
        with pytest.raises(CycleDetected, match=f"{a.id.uuid[:8]} -> {a.id.uuid[:8]}"):
            flow.link(a, a)
    assert "\n" not in str(refusal.value)


def test_an_edge_across_flows_is_refused_whichever_end_is_outside(client: ff.Client, server: Server):
    flow, flows = client.flow(), [client.flow() for _ in range(5)]  # some of them on other partitions
    mine = flow.submit("mine")
    theirs = [one.submit("theirs") for one in flows]
    alone = client.submit("alone")
    with nothing_written(server):
        for run in (*theirs, alone):
            for ends in ((mine, run), (run, mine)):
                with pytest.raises(ExecutionNotInFlow, match=run.id.uuid):
                    flow.link(*ends)
            with pytest.raises(ExecutionNotInFlow, match=run.id.uuid):
                flow.submit("down", after=[mine, run])


def test_a_link_to_what_has_ended_counts_at_once(client: ff.Client):
    flow = client.flow()
    good, bad = flow.submit("good"), flow.submit("bad")
    released, skipped = flow.submit("down"), flow.submit("down")
    complete(client, good)
    fail(client, bad)
    flow.link(good, released)
    flow.link(good, released)
    flow.link(bad, skipped)
    assert states(flow, released, skipped) == ["waiting", "skipped"]
    assert flow.describe().edge_count == 2


def test_what_cannot_be_meant_is_refused_and_nothing_is_written(client: ff.Client, server: Server):
    flow = client.flow()
    up = flow.submit("up")
    nowhere = client.existing_flow("1f073a2a-2f67-4d5d-94bb-e92e7333c854")
    with nothing_written(server):
        with pytest.raises(InvalidInput, match="2 out of 1"):
            flow.submit("down", after=[up, up], join=quorum(2))
        with pytest.raises(InvalidInput, match="quorum k must be"):
            quorum(0)
        with pytest.raises(InvalidInput, match="valid are cancel_remaining, let_run"):
            any_of("stop")
        for call in (nowhere.describe, nowhere.cancel, lambda: nowhere.submit("x"), lambda: nowhere.link(up, up)):
            with pytest.raises(FlowNotFound):
                call()
        with pytest.raises(InvalidInput, match=r"such as team\.name"):
            flow.tag({"Team": "a"})
        with pytest.raises(FlowNotFound):
            nowhere.tag({"team.name": "a"})
