"""Cancelling a flow: what the policies do to its members, and how long the caller waits."""

import asyncio
import threading
from datetime import timedelta

import pytest
from conformance.clocked import Server
from integration.flowing import complete, states
from integration.proxy import Proxy
from integration.steps import count, nothing_written
from waiting import wait_until

import ff_core as ff
from ff_core.client import Flow
from ff_core.errors import ExecutionNotActive, FlowAlreadyTerminal, InvalidInput, LeaseRevoked, TimedOut
from ff_core.types import ExecutionId, NoWait, WaitIndefinite, WaitTimeout

KINDS = ("done", "runs", "sleeps", "waits", "behind")


def of_every_kind(client: ff.Client) -> tuple[Flow, dict[str, ff.Run]]:
    """A flow whose members are over, running, suspended, waiting, and waiting for another member."""
    flow = client.flow()
    runs = {kind: flow.submit(kind) for kind in KINDS[:-1]}
    runs["behind"] = flow.submit("behind", after=[runs["runs"]])
    complete(client, runs["done"])
    client.claim_id(runs["runs"])
    client.claim_id(runs["sleeps"]).suspend()
    return flow, runs


def named(runs: dict[str, ff.Run], ids: tuple[ExecutionId, ...]) -> set[str]:
    return {name for name, run in runs.items() if run.id in ids}


@pytest.mark.parametrize(
    "policy, cancelled",
    [
        ("cancel_all", {"runs", "sleeps", "waits", "behind"}),
        ("cancel_pending", {"sleeps", "waits", "behind"}),
        ("flow_only", set[str]()),
    ],
)
def test_the_policy_says_who_is_cancelled(client: ff.Client, server: Server, policy: str, cancelled: set[str]):
    flow, runs = of_every_kind(client)
    before = dict(zip(KINDS, states(flow, *runs.values()), strict=True))
    outcome = flow.cancel(policy, reason="enough")
    assert (outcome.flow_id, outcome.policy, outcome.failed) == (flow.id, policy, {})
    assert named(runs, outcome.cancelled) == cancelled
    assert named(runs, outcome.ended_before) == {"done"}
    assert named(runs, outcome.left_running) == {*KINDS} - cancelled - {"done"}
    assert dict(zip(KINDS, states(flow, *runs.values()), strict=True)) == {
        kind: "cancelled" if kind in cancelled else before[kind] for kind in KINDS
    }
    assert count(server, "ff:flow:*:pending_cancels") == count(server, "ff:idx:*:cancel_backlog") == 0


def test_members_tell_why_they_were_cancelled(client: ff.Client):
    flow = client.flow()
    run = flow.submit("a")
    flow.cancel(reason="enough")
    shown = flow.describe()
    assert client.describe(run).cancellation_reason == shown.cancel_reason == "enough"
    assert (shown.public_flow_state, shown.cancellation_policy) == ("cancelled", "cancel_all")
    assert shown.cancelled_at


def test_whoever_worked_on_a_member_is_refused(client: ff.Client):
    flow = client.flow()
    task = client.claim_id(flow.submit("a"))
    flow.cancel()
    for call in (task.complete, task.renew):
        with pytest.raises((ExecutionNotActive, LeaseRevoked)):
            call()


def test_a_flow_that_runs_out_by_itself_after_its_cancel(client: ff.Client):
    flow = client.flow()
    up = flow.submit("up")
    down = flow.submit("down", after=[up])
    flow.cancel("flow_only")
    complete(client, up)
    complete(client, down)
    assert flow.describe().public_flow_state == "cancelled"


@pytest.mark.parametrize("wait", [None, NoWait()])
def test_without_a_wait_the_call_comes_back_while_members_run(client: ff.Client, wait: NoWait | None):
    flow, runs = of_every_kind(client)
    assert named(runs, flow.cancel("cancel_pending", wait=wait).left_running) == {"runs"}


def test_a_wait_with_a_limit_is_given_up_and_the_cancel_stands(client: ff.Client):
    flow, runs = of_every_kind(client)
    with pytest.raises(TimedOut, match="1 members") as refusal:
        flow.cancel("cancel_pending", wait=WaitTimeout(timedelta(milliseconds=1)))
    assert "\n" not in str(refusal.value)
    assert states(flow, runs["runs"], runs["waits"]) == ["active", "cancelled"]
    assert flow.describe().public_flow_state == "cancelled"


@pytest.mark.parametrize("wait", [WaitIndefinite(), WaitTimeout(timedelta(seconds=20))], ids=["indefinite", "limit"])
def test_a_wait_ends_with_the_last_member(client: ff.Client, other: ff.Client, wait: WaitIndefinite | WaitTimeout):
    flow = client.flow()
    task = other.claim_id(flow.submit("a"))
    looked: list[str] = []

    def finish_once_cancelled() -> None:
        snapshot = other.existing_flow(flow.id).describe
        wait_until(lambda: snapshot().public_flow_state == "cancelled", "the flow is marked")
        looked.append(other.describe(task).public_state)
        task.complete()

    finishing = threading.Thread(target=finish_once_cancelled)
    finishing.start()
    outcome = flow.cancel("cancel_pending", wait=wait)
    found = other.describe(task).public_state
    finishing.join()
    assert (looked, found, outcome.left_running) == (["active"], "completed", (task.id,))


def test_a_flow_that_is_over_is_refused(client: ff.Client, server: Server):
    cancelled, finished = client.flow(), client.flow()
    cancelled.cancel("flow_only", reason="first")  # a flow without members can be cancelled
    up = finished.submit("up")
    finished.submit("down", after=[up])
    up.cancel()
    assert finished.describe().public_flow_state == "failed"
    with nothing_written(server):
        for flow in (cancelled, finished):
            for policy in ("cancel_all", "flow_only"):
                with pytest.raises(FlowAlreadyTerminal, match="The flow is over") as refusal:
                    flow.cancel(policy)
                assert "\n" not in str(refusal.value)
        with pytest.raises(FlowAlreadyTerminal):
            cancelled.submit("late")
        with pytest.raises(InvalidInput, match="did you mean cancel_all"):
            finished.cancel("cancelall")


@pytest.mark.parametrize("at_the_break", ["open", "cancelled"])
def test_a_flow_whose_making_breaks_is_cancelled_and_the_break_is_seen(other: ff.Client, at_the_break: str):
    made: list[ff.Run] = []

    def breaks() -> None:
        with other.flow() as flow:
            made.append(flow.submit("a"))
            made.append(flow.submit("b", after=made))
            if at_the_break == "cancelled":
                flow.cancel()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    assert [run.state for run in made] == ["cancelled", "cancelled"]


def test_a_flow_that_is_made_well_runs_on(other: ff.Client):
    with other.flow() as flow:
        run = flow.submit("a")
    assert (run.state, flow.describe().public_flow_state) == ("waiting", "open")


def test_an_async_flow_whose_making_breaks_is_cancelled(server: Server, url: str, other: ff.Client):
    made: list[ExecutionId] = []

    async def breaks() -> None:
        async with ff.AsyncClient.connect(url) as client, await client.flow() as flow:
            made.append((await flow.submit("a")).id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(breaks())
    assert [other.describe(run).public_state for run in made] == ["cancelled"]


@pytest.mark.usefixtures("impatient")
def test_a_break_is_seen_with_a_note_when_the_flow_cannot_be_cancelled(proxy: Proxy):
    def breaks() -> None:
        with ff.connect(proxy.url) as client, client.flow():
            proxy.stop()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as failure:
        breaks()
    (note,) = failure.value.__notes__
    assert "could not be cancelled: " in note
