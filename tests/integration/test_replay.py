"""Running again what has ended: one execution, and skipped members of flows with their groups."""

from typing import Any

import pytest
from conformance.clocked import Server
from integration.flowing import complete, counts, fail, states, with_something_before
from integration.steps import events, nothing_written

import ff_core as ff
from ff_core.client import Flow
from ff_core.client.flow_calls import ALL_OF, any_of, quorum, replay_execution
from ff_core.errors import ExecutionNotFound, ExecutionNotTerminal, MaxReplaysExhausted
from ff_core.ops.op import Atomic
from ff_core.types import AttemptType, EdgeDependencyPolicy, ExecutionPolicy

JOINS = pytest.mark.parametrize(
    "join", [ALL_OF, any_of("let_run"), quorum(2, "let_run")], ids=["all_of", "any_of", "quorum"]
)
NOBODY = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"


def skipped(client: ff.Client, join: EdgeDependencyPolicy, **options: Any) -> tuple[Flow, ff.Run, ff.Run, ff.Run]:
    """A flow with two members that have failed and one that was skipped for it."""
    flow = client.flow()
    first, second = flow.submit("up"), flow.submit("up")
    down = flow.submit("down", after=[first, second], join=join, **options)
    fail(client, first)
    fail(client, second)
    assert states(flow, down) == ["skipped"]
    return flow, first, second, down


@pytest.mark.parametrize("end", ["complete", "fail", "cancel"])
def test_an_execution_runs_again_as_a_new_attempt(client: ff.Client, end: str):
    run = client.submit("job", {"n": 1})
    if end == "cancel":
        client.cancel(run)
    else:
        {"complete": complete, "fail": fail}[end](client, run)
    run.replay()
    assert run.state == "waiting"
    assert "replay_initiated" in events(client, run)
    task = client.claim_id(run)
    assert task.payload == {"n": 1}
    task.complete("again")
    assert client.result(run) == "again"
    assert [attempt.attempt_type for attempt in client.attempts(run)][-1] is AttemptType.REPLAY


def test_what_has_not_ended_is_refused(client: ff.Client, server: Server):
    waits, runs = client.submit("job"), client.submit("job")
    client.claim_id(runs)
    with nothing_written(server):
        for run in (waits, runs):
            with pytest.raises(ExecutionNotTerminal, match="has not ended"):
                run.replay()
        with pytest.raises(ExecutionNotFound):
            client.replay(NOBODY)


def test_a_replay_is_no_replay_of_the_replay(client: ff.Client, server: Server):
    """A refusal is only taken for a lost reply where the replay has come after the call's first look."""
    run = client.submit("job")
    complete(client, run)
    run.replay()
    with nothing_written(server), pytest.raises(ExecutionNotTerminal):
        run.replay()


@JOINS
def test_upstream_that_was_replayed_first_releases_the_member_when_it_is_replayed(
    client: ff.Client, join: EdgeDependencyPolicy
):
    flow, first, second, down = skipped(client, join)
    for run in (first, second):
        run.replay()
        complete(client, run)
    assert states(flow, down) == ["skipped"]
    down.replay()
    assert states(flow, down) == ["waiting"]
    assert counts(flow, down)[0] == "satisfied"
    complete(client, down)


@JOINS
def test_a_replayed_member_waits_for_upstream_that_is_replayed_later(client: ff.Client, join: EdgeDependencyPolicy):
    flow, first, second, down = skipped(client, join)
    down.replay()
    assert (states(flow, down), counts(flow, down)) == (["waiting_children"], ("pending", 0, 0, 0, 2))
    for run in (first, second):
        run.replay()
        complete(client, run)
    assert states(flow, down) == ["waiting"]


@JOINS
def test_upstream_that_fails_again_skips_again(client: ff.Client, join: EdgeDependencyPolicy):
    flow, first, second, down = skipped(client, join)
    for _ in range(2):
        for run in (down, first, second):
            run.replay()
        for run in (first, second):
            fail(client, run)
        assert states(flow, down) == ["skipped"]
        assert counts(flow, down)[0] == "impossible"


def test_a_group_keeps_what_had_succeeded(client: ff.Client):
    flow = client.flow()
    up = [flow.submit("up") for _ in range(3)]
    down = flow.submit("down", after=up, join=quorum(3, "let_run"))
    complete(client, up[0])
    fail(client, up[1])
    down.replay()
    assert counts(flow, down) == ("pending", 1, 0, 0, 2)
    up[1].replay()
    complete(client, up[1])
    complete(client, up[2])
    assert (states(flow, down), counts(flow, down)) == (["waiting"], ("satisfied", 3, 0, 0, 0))


def test_a_chain_of_skipped_members_is_replayed_link_by_link(client: ff.Client):
    flow = client.flow()
    root = flow.submit("root")
    middle = flow.submit("middle", after=[root], join=any_of())
    last = flow.submit("last", after=[middle])
    fail(client, root)
    for run in (last, middle, root):
        run.replay()
    for run in (root, middle, last):
        complete(client, run)
    assert flow.describe().public_flow_state == "completed"


def test_a_replayed_group_cancels_the_others_anew(client: ff.Client):
    flow, first, second, down = skipped(client, any_of())
    for run in (down, first, second):
        run.replay()
    complete(client, first)
    assert states(flow, second, down) == ["cancelled", "waiting"]


@JOINS
def test_a_member_that_was_replayed_often_enough_is_left_as_it_is(
    client: ff.Client, server: Server, join: EdgeDependencyPolicy
):
    flow, _, _, down = skipped(client, join, policy=ExecutionPolicy(max_replay_count=0))
    before = counts(flow, down)
    with nothing_written(server), pytest.raises(MaxReplaysExhausted):
        down.replay()
    assert counts(flow, down) == before


@pytest.mark.parametrize("join", [ALL_OF, quorum(3, "let_run")], ids=["all_of", "quorum"])
def test_a_success_while_the_group_is_counted_is_not_lost(other: ff.Client, join: EdgeDependencyPolicy):
    """The second upstream member succeeds after the replay has looked at the edges and before it writes."""
    flow = other.flow()
    first, second, third = (flow.submit("up") for _ in range(3))
    down = flow.submit("down", after=[first, second, third], join=join)
    fail(other, first)
    fail(other, third)
    op = with_something_before(
        replay_execution(other.scope, down), lambda step: isinstance(step, Atomic), lambda: complete(other, second)
    )
    other.driver.run(op)
    assert counts(flow, down) == ("pending", 1, 0, 0, 2)
    for run in (first, third):
        run.replay()
        complete(other, run)
    assert states(flow, down) == ["waiting"]
