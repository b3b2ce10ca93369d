"""How work ends or pauses: complete, fail, delay, wait for children, cancel."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.steps import events, nothing_written, promote, suspended, taken, work
from pydantic import BaseModel

import ff_core as ff
from ff_core.errors import (
    ExecutionNotActive,
    ExecutionNotFound,
    InvalidInput,
    LeaseExpired,
    LeaseRevoked,
    NotCompleted,
    StaleLease,
)
from ff_core.types import (
    AttemptRecordState,
    ExecutionPolicy,
    FixedBackoff,
    RetryPolicy,
    RetryScheduled,
    TerminalFailed,
)

QUICK: Final = RetryPolicy(max_retries=1, backoff=FixedBackoff(delay_ms=5_000))

ENDINGS: Final[dict[str, Callable[[ff.Client, ff.Task], Any]]] = {
    "complete": lambda client, task: client.complete(task),
    "fail": lambda client, task: client.fail(task, "broken"),
    "delay": lambda client, task: client.delay(task, "1h"),
    "wait_children": lambda client, task: client.wait_children(task),
}


class Answer(BaseModel):
    words: list[str]
    at: datetime


def scheduled(outcome: object) -> int:
    assert isinstance(outcome, RetryScheduled)
    return outcome.delay_until


@pytest.mark.parametrize(
    "result, seen",
    [
        (None, None),
        ({"a": [1, "ü"]}, {"a": [1, "ü"]}),
        (0, 0),
        ("", ""),
        (b"\xff\x00", b"\xff\x00"),
        (Answer(words=["a"], at=datetime(2026, 1, 2, tzinfo=UTC)), {"words": ["a"], "at": "2026-01-02T00:00:00Z"}),
    ],
    ids=["none", "json", "zero", "empty", "bytes", "model"],
)
def test_complete_keeps_the_result(client: ff.Client, result: Any, seen: Any):
    run = client.submit("job")
    client.claim_id(run).complete(result)
    assert run.result() == client.result(run.id) == seen
    snapshot = client.describe(run)
    assert (snapshot.public_state, snapshot.state.terminal_outcome) == ("completed", "success")
    assert events(client, run) == ["acquired", "released"]


def test_a_result_that_cannot_be_sent_is_refused_before_anything_is(client: ff.Client, server: Server):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput, match="a object cannot be sent as JSON"):
        task.complete(object())


def test_there_is_no_result_of_work_that_has_not_completed(client: ff.Client):
    task = work(client)
    with pytest.raises(NotCompleted, match="state: active"):
        client.result(task)
    task.fail("disk full", "permanent")
    with pytest.raises(NotCompleted, match="state: failed; reason: disk full"):
        client.result(task)
    with pytest.raises(ExecutionNotFound):
        client.result("{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854")


def test_a_failure_without_a_retry_policy_is_final(client: ff.Client):
    task = work(client)
    assert task.fail("broken") == TerminalFailed()
    [attempt] = client.attempts(task)
    assert (attempt.attempt_state, attempt.failure_reason) == (AttemptRecordState.ENDED_FAILURE, "broken")
    assert attempt.failure_category == "transient"
    assert client.describe(task).failure_reason == "broken"


def test_a_failure_with_a_retry_left_is_tried_again_in_a_new_attempt(client: ff.Client, server: Server):
    task = work(client, retries=QUICK)
    before = clocked.now(server)
    due = scheduled(task.fail("broken"))
    assert before + 5_000 <= due <= clocked.now(server) + 5_000
    assert client.describe(task).delay_until == due
    assert client.claim() is None
    promote(server, task.id)
    again = taken(client)
    assert (again.id, again.attempt_index, again.resumed) == (task.id, 1, False)
    assert again.fail("broken again") == TerminalFailed()
    assert [attempt.attempt_type for attempt in client.attempts(task)] == ["initial", "retry"]


def test_a_number_of_retries_backs_off_exponentially(client: ff.Client, server: Server):
    run = client.submit("job", retries=2)
    for backoff in (1_000, 2_000):
        before = clocked.now(server)
        due = scheduled(taken(client).fail("broken"))
        assert before + backoff <= due <= clocked.now(server) + backoff
        promote(server, run.id)
    assert taken(client).fail("broken") == TerminalFailed()


def test_a_permanent_failure_never_retries(client: ff.Client):
    task = work(client, retries=5)
    assert task.fail("no such document", "permanent") == TerminalFailed()
    [attempt] = client.attempts(task)
    assert attempt.failure_category == "permanent"


def test_the_retry_policy_is_read_when_the_work_fails(client: ff.Client, server: Server):
    task = work(client)
    server.set(f"ff:exec:{task.id.tag}:{task.id}:policy", ExecutionPolicy(retry_policy=QUICK).to_json())
    assert scheduled(task.fail("broken"))


@pytest.mark.parametrize("policy", ["", "{}", "not json", "[]", '{"retry_policy":null}'])
def test_a_policy_that_says_nothing_of_retries_means_none(client: ff.Client, server: Server, policy: str):
    task = work(client, retries=1)
    server.set(f"ff:exec:{task.id.tag}:{task.id}:policy", policy)
    assert task.fail("broken") == TerminalFailed()


def test_an_unknown_failure_class_is_refused_with_the_nearest_one(client: ff.Client, server: Server):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput) as caught:
        task.fail("broken", "permanant")
    assert str(caught.value) == (
        "there is no failure class 'permanant'; did you mean permanent? "
        "valid are transient, permanent, infra_crash, timeout, cancelled"
    )


@pytest.mark.parametrize("duration", [300, "5m", timedelta(minutes=5)])
def test_a_delay_pauses_the_attempt_and_gives_the_lease_back(client: ff.Client, server: Server, duration: Any):
    task = work(client, {"n": 1})
    before = clocked.now(server)
    until = task.delay(duration)
    assert before + 300_000 <= until <= clocked.now(server) + 300_000
    snapshot = client.describe(task)
    assert (snapshot.public_state, snapshot.delay_until, snapshot.current_lease) == ("delayed", until, None)
    assert client.claim() is None
    promote(server, task.id)
    again = taken(client)
    assert (again.id, again.resumed, again.attempt_index, again.payload) == (task.id, True, 0, {"n": 1})
    assert len(client.attempts(task)) == 1


def test_waiting_for_children_pauses_the_attempt(client: ff.Client):
    task = work(client)
    task.wait_children()
    assert client.describe(task).public_state == "waiting_children"
    assert client.claim() is None


def test_cancel_ends_work_in_every_state(client: ff.Client, server: Server):
    paused, blocked = work(client), work(client)
    states: dict[str, ff.Run | ff.Task] = {
        "waiting": client.submit("job"),
        "delayed": client.submit("job", delay="1h"),
        "active": work(client),
        "suspended": paused,
        "waiting_children": blocked,
    }
    suspended(client, paused)
    client.wait_children(blocked)
    for state, target in states.items():
        assert client.describe(target).public_state == state
        client.cancel(target, "not needed")
        snapshot = client.describe(target)
        assert (snapshot.public_state, snapshot.cancellation_reason) == ("cancelled", "not needed")
    assert not [key for key in server.scan_iter("ff:idx:*") if key.endswith((b"active", b"eligible", b"suspended"))]
    assert client.pending_waitpoints() == ()


def test_cancelling_again_is_fine_and_changes_nothing(client: ff.Client, server: Server):
    run = client.submit("job")
    run.cancel("first")
    with nothing_written(server):
        run.cancel("second")


def test_work_that_has_ended_otherwise_cannot_be_cancelled(client: ff.Client, server: Server):
    task = work(client)
    task.complete()
    with nothing_written(server), pytest.raises(ExecutionNotActive, match="success") as caught:
        client.cancel(task)
    assert caught.value.terminal_outcome == "success"
    with pytest.raises(ExecutionNotFound):
        client.cancel("{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854")


def test_a_worker_cancels_its_own_work(client: ff.Client):
    task = work(client)
    task.cancel("pointless")
    task.cancel("pointless")
    assert client.describe(task).cancellation_reason == "pointless"


def test_a_worker_cannot_cancel_work_that_another_has_taken_over(client: ff.Client, server: Server):
    task = work(client)
    client.revoke(task)
    client.reclaim(task)
    with nothing_written(server), pytest.raises(StaleLease):
        task.cancel("pointless")


@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("ending", ENDINGS)
def test_ending_work_twice_is_the_same_as_once(client: ff.Client, server: Server, ending: str, retries: int):
    task = work(client, retries=retries)
    first = ENDINGS[ending](client, task)
    with nothing_written(server):
        assert ENDINGS[ending](client, task) == first


@pytest.mark.parametrize("second", ENDINGS)
@pytest.mark.parametrize("first", ENDINGS)
def test_another_ending_than_the_first_is_refused(client: ff.Client, server: Server, first: str, second: str):
    """Only a repeat of the same call may pass for success."""
    task = work(client, retries=3)
    ENDINGS[first](client, task)
    if first != second:
        with nothing_written(server), pytest.raises(ExecutionNotActive):
            ENDINGS[second](client, task)


@pytest.mark.parametrize("ending", ENDINGS)
def test_work_that_was_suspended_and_resumed_is_no_longer_its_old_holders(
    client: ff.Client, server: Server, ending: str
):
    """It is runnable under the old epoch, as after a delay or a scheduled retry, but none of these has happened."""
    task = work(client, retries=3)
    suspended(client, task)
    client.approve(task)
    with nothing_written(server), pytest.raises(ExecutionNotActive):
        ENDINGS[ending](client, task)


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_ends_under_a_lease_that_has_run_out(client: ff.Client, clock: Server, ending: str):
    task = work(client, lane="default")
    clocked.advance(clock, task.lease_ttl_ms)
    with pytest.raises(LeaseExpired, match="The lease has run out"):
        ENDINGS[ending](client, task)
    assert client.describe(task).state.ownership_state == "lease_expired_reclaimable"


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_ends_under_a_lease_that_was_taken_away(client: ff.Client, server: Server, ending: str):
    task = work(client)
    client.revoke(task)
    with nothing_written(server), pytest.raises(LeaseRevoked):
        ENDINGS[ending](client, task)


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_ends_under_the_lease_of_an_earlier_attempt(client: ff.Client, server: Server, ending: str):
    task = work(client)
    client.revoke(task)
    again = client.reclaim(task)
    with nothing_written(server), pytest.raises(StaleLease):
        ENDINGS[ending](client, task)
    again.complete()
    with nothing_written(server), pytest.raises(ExecutionNotActive):
        ENDINGS[ending](client, task)
