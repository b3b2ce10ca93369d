"""Keeping a lease and losing it: renew, progress, revoke, find what was lost, take it over."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.steps import events, nothing_written, suspended, taken, work
from waiting import wait_until

import ff_core as ff
from ff_core.errors import (
    CapabilityMismatch,
    ExecutionNotActive,
    ExecutionNotFound,
    ExecutionNotReclaimable,
    InvalidInput,
    LeaseExpired,
    LeaseRevoked,
    MaxRetriesExhausted,
    StaleLease,
)
from ff_core.types import AttemptRecordState, ExecutionPolicy

NOBODY: Final = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"

HELD: Final[dict[str, Callable[[ff.Task], Any]]] = {
    "renew": lambda task: task.renew(),
    "progress": lambda task: task.progress(10),
    "suspend": lambda task: task.suspend(),
}


def lapsed(client: ff.Client, **options: Any) -> ff.Task:
    """A task whose lease has run out, by the server's own clock."""
    run = client.submit("job", **options)
    task = client.claim_id(run, lease_ttl="1ms")
    wait_until(lambda: task.id in [lease.execution_id for lease in client.lost()], "the lease has run out")
    return task


def test_renew_extends_the_lease_by_its_whole_time(client: ff.Client, clock: Server):
    task = work(client)
    clocked.advance(clock, task.lease_ttl_ms - 1_000)
    renewal = task.renew()
    assert renewal.lease_epoch == 1
    assert renewal.expires_at_ms >= task.lease_expires_at + task.lease_ttl_ms - 1_000
    clocked.advance(clock, task.lease_ttl_ms - 1_000)
    client.complete(task.handle)  # the handle alone will do


@pytest.mark.parametrize("call", HELD)
def test_a_lease_that_has_run_out_is_lost(client: ff.Client, clock: Server, call: str):
    task = work(client)
    clocked.advance(clock, task.lease_ttl_ms)
    with pytest.raises(LeaseExpired, match="The lease has run out"):
        HELD[call](task)


@pytest.mark.parametrize("call", HELD)
def test_a_revoked_lease_is_lost(client: ff.Client, server: Server, call: str):
    task = work(client)
    assert client.revoke(task, "maintenance")
    with nothing_written(server), pytest.raises(LeaseRevoked, match="An operator has taken the lease away"):
        HELD[call](task)


@pytest.mark.parametrize("call", HELD)
def test_a_lease_that_another_worker_has_taken_over_is_lost(client: ff.Client, server: Server, call: str):
    task = work(client)
    client.revoke(task)
    client.reclaim(task)
    with nothing_written(server), pytest.raises(StaleLease, match="somebody else owns the execution"):
        HELD[call](task)


@pytest.mark.parametrize("call", HELD)
def test_nothing_can_be_done_under_the_lease_of_work_that_is_over(client: ff.Client, server: Server, call: str):
    task = work(client)
    task.complete()
    with nothing_written(server), pytest.raises(ExecutionNotActive, match="success"):
        HELD[call](task)


def test_progress_keeps_what_is_not_said_anew(client: ff.Client):
    task = work(client)
    task.progress(33.5, "reading")
    task.progress(message="writing")
    snapshot = client.describe(task)
    assert (snapshot.progress_pct, snapshot.progress_message) == (33.5, "writing")
    task.progress(0)
    assert client.describe(task).progress_pct == 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((), "progress says nothing; give a percentage from 0 to 100, a message, or both"),
        ((101,), "progress of 101 %; give a percentage from 0 to 100"),
        ((-1,), "progress of -1 %"),
        ((float("nan"),), "progress of nan %"),
    ],
)
def test_progress_that_makes_no_sense_is_refused(
    client: ff.Client, server: Server, arguments: tuple[Any, ...], message: str
):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput, match=message):
        task.progress(*arguments)


def test_revoking_tells_whether_there_was_a_lease_to_take(client: ff.Client, server: Server):
    task = work(client)
    assert client.revoke(task, "maintenance") is True
    snapshot = client.describe(task)
    assert snapshot.state.ownership_state == "lease_revoked"
    assert snapshot.blocking_detail == "lease revoked: maintenance"
    with nothing_written(server):
        assert client.revoke(task) is False


def test_only_running_work_has_a_lease_to_revoke(client: ff.Client, server: Server):
    run = client.submit("job")
    with nothing_written(server), pytest.raises(ExecutionNotActive, match="runnable"):
        client.revoke(run)
    with pytest.raises(ExecutionNotFound):
        client.revoke(NOBODY)


def test_lost_finds_leases_that_have_run_out_and_no_others(client: ff.Client):
    running, revoked, done = work(client), work(client), lapsed(client)
    client.revoke(revoked)
    client.cancel(done)
    first, second = lapsed(client, lane="a"), lapsed(client, lane="b")
    found = client.lost()
    assert [lease.execution_id for lease in found] == [first.id, second.id]
    assert found[0].expires_at_ms == first.lease_expires_at
    assert (found[0].lease_epoch, found[0].attempt_index) == (1, 0)
    snapshot = client.describe(first)
    assert snapshot.current_lease
    assert found[0].lease_id == snapshot.current_lease.lease_id
    assert found[0].worker_instance_id == snapshot.current_lease.worker_instance_id
    running.complete()


def test_lost_gives_no_more_than_its_limit_of_each_partition(client: ff.Client):
    lapsed(client)
    lapsed(client)
    assert len(client.lost(1)) == 1


@pytest.mark.parametrize("way", ["expired", "revoked"])
def test_lost_work_is_taken_over_in_a_new_attempt(client: ff.Client, other: ff.Client, way: str):
    if way == "expired":
        task = lapsed(client, tags={"team.name": "a"})
    else:
        task = work(client, tags={"team.name": "a"})
        client.revoke(task)
    again = other.reclaim(task.id, lease_ttl="1m")
    assert (again.id, again.attempt_index, again.resumed, again.tags) == (task.id, 1, False, {"team.name": "a"})
    assert again.lease_ttl_ms == 60_000
    assert client.lost() == ()
    old, new = client.attempts(task)
    assert old.attempt_state == AttemptRecordState.INTERRUPTED_RECLAIMED
    assert (new.attempt_type, new.previous_attempt_index) == ("reclaim", 0)
    assert events(client, task) == ["acquired", way, "reclaimed"]
    again.complete("done")
    assert client.result(task) == "done"


def test_work_whose_lease_runs_cannot_be_taken_over(client: ff.Client, server: Server):
    task, waiting = work(client), client.submit("job", lane="other")
    for target in (task, waiting):
        with nothing_written(server), pytest.raises(ExecutionNotReclaimable):
            client.reclaim(target)
    with pytest.raises(ExecutionNotFound):
        client.reclaim(NOBODY)


def test_lost_work_goes_only_to_a_worker_with_the_capabilities(client: ff.Client):
    run = client.submit("job", capabilities=["cuda"])
    client.revoke(taken(client, capabilities=["cuda"]))
    with pytest.raises(CapabilityMismatch, match="cuda"):
        client.reclaim(run)
    client.reclaim(run, capabilities=["cuda"]).complete()


def test_work_that_was_lost_too_often_fails_for_good(client: ff.Client):
    task = work(client, policy=ExecutionPolicy(max_reclaim_count=1))
    client.revoke(task)
    client.revoke(client.reclaim(task))
    with pytest.raises(MaxRetriesExhausted, match="limit: 1"):
        client.reclaim(task)
    snapshot = client.describe(task)
    assert (snapshot.public_state, snapshot.failure_reason) == ("failed", "max_reclaims_exceeded")


def test_the_history_tells_every_lease_from_the_oldest_on(client: ff.Client):
    task = work(client)
    suspended(client, task)
    client.approve(task)
    again = taken(client)
    again.complete()
    history = client.history(task)
    assert [event.event for event in history] == ["acquired", "released", "acquired", "released"]
    assert [event.fields["lease_epoch"] for event in history] == ["1", "1", "2", "2"]
    assert [event.fields.get("reason") for event in history[1::2]] == ["suspend", "completed"]
    assert sorted(event.at for event in history) == [event.at for event in history]
