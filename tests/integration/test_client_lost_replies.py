"""A reply that gets lost changes nothing: the call comes out as if nothing had happened and has one effect."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance.clocked import Server
from integration.proxy import Proxy

import ff_core as ff
from ff_core.errors import ConnectionLost, NotConnected
from ff_core.types import (
    AlreadySatisfied,
    ByName,
    Composite,
    Count,
    CountKind,
    RetryScheduled,
    SignalAccepted,
    Single,
    Suspended,
    TerminalFailed,
    UsePending,
)

SECRET: Final = "ab" * 32
NAMED: Final = Single("step", ByName("go"))
TWICE: Final = Composite(Count(2, CountKind.DISTINCT_SIGNALS, ("step",)))


@pytest.fixture(autouse=True)
def every_trap_strikes(proxy: Proxy):
    """A trap that was set and never struck has tested nothing."""
    yield
    assert not proxy.lose_reply
    assert not proxy.lose_request


def work(client: ff.Client, **options: Any) -> ff.Task:
    client.submit("job", **options)
    task = client.claim()
    assert task
    return task


def suspended(client: ff.Client, task: ff.Task, *args: Any, **options: Any) -> Suspended:
    outcome = client.suspend(task, *args, **options)
    assert isinstance(outcome, Suspended)
    return outcome


def events(client: ff.Client, task: ff.Task) -> list[str]:
    return [event.event for event in client.history(task)]


def count(server: Server, pattern: str) -> int:
    return len(list(server.scan_iter(pattern, count=1000)))


@pytest.mark.parametrize("options", [{}, {"key": "once"}, {"delay": "1h"}], ids=["plain", "key", "delay"])
def test_submit(shaky: ff.Client, proxy: Proxy, server: Server, options: dict[str, Any]):
    proxy.lose_reply.append(b"ff_create_execution")
    run = shaky.submit("job", {"n": 1}, **options)
    assert run.created
    assert count(server, "ff:exec:*:core") == 1
    assert shaky.describe(run).execution_kind == "job"


def test_submit_many(shaky: ff.Client, proxy: Proxy, server: Server):
    proxy.lose_reply.append(b"ffx_submit_batch")
    runs = shaky.submit_many("job", range(20))
    assert [run.created for run in runs] == [True] * 20
    assert count(server, "ff:exec:*:core") == 20


def test_claim(shaky: ff.Client, proxy: Proxy):
    shaky.submit("job", {"n": 1}, tags={"team.name": "a"})
    proxy.lose_reply.append(b"ff_claim_execution")
    task = shaky.claim()
    assert task
    assert (task.payload, task.tags, task.attempt_index, task.resumed) == ({"n": 1}, {"team.name": "a"}, 0, False)
    assert events(shaky, task) == ["acquired"]
    shaky.complete(task, "done")  # its lease id, epoch and attempt id are those that the server knows


def test_claim_of_an_interrupted_attempt(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    suspended(shaky, task)
    shaky.approve(task)
    proxy.lose_reply.append(b"ff_claim_resumed_execution")
    again = shaky.claim()
    assert again
    assert (again.resumed, again.attempt_index) == (True, 0)
    assert events(shaky, task) == ["acquired", "released", "acquired"]
    shaky.complete(again)


def test_claim_of_many(shaky: ff.Client, proxy: Proxy):
    ids = {run.id for run in shaky.submit_many("job", range(5))}
    proxy.lose_reply.append(b"ff_claim_execution")
    tasks = shaky.claim_many(5)
    assert {task.id for task in tasks} == ids
    for task in tasks:
        shaky.complete(task)


def test_reclaim(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    shaky.revoke(task)
    proxy.lose_reply.append(b"ff_reclaim_execution")
    again = shaky.reclaim(task)
    assert again.attempt_index == 1
    assert len(shaky.attempts(task)) == 2
    shaky.complete(again)


def test_renew_and_progress(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    proxy.lose_reply += [b"ff_renew_lease", b"ff_update_progress"]
    assert shaky.renew(task).lease_epoch == 1
    shaky.progress(task, 40, "half")
    assert shaky.describe(task).progress_pct == 40


def test_complete(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_complete_execution")
    shaky.complete(task, {"ok": True})
    assert shaky.result(task) == {"ok": True}
    assert events(shaky, task) == ["acquired", "released"]


def test_final_failure(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_fail_execution")
    assert shaky.fail(task, "broken") == TerminalFailed()
    assert events(shaky, task) == ["acquired", "released"]


def test_failure_with_a_retry(shaky: ff.Client, proxy: Proxy):
    task = work(shaky, retries=3)
    proxy.lose_reply.append(b"ff_fail_execution")
    outcome = shaky.fail(task, "broken")
    snapshot = shaky.describe(task)
    assert snapshot.delay_until
    assert outcome == RetryScheduled(snapshot.delay_until)
    assert snapshot.retry_count == 1


def test_delay(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_delay_execution")
    until = shaky.delay(task, "5m")
    assert shaky.describe(task).delay_until == until
    assert events(shaky, task) == ["acquired", "released"]


def test_wait_for_children(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_move_to_waiting_children")
    shaky.wait_children(task)
    assert shaky.describe(task).public_state == "waiting_children"
    assert events(shaky, task) == ["acquired", "released"]


def test_cancel_by_an_operator(shaky: ff.Client, proxy: Proxy):
    run = shaky.submit("job")
    proxy.lose_reply.append(b"ff_cancel_execution")
    shaky.cancel(run, "not needed")
    assert shaky.describe(run).cancellation_reason == "not needed"


def test_cancel_by_the_worker(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_cancel_execution")
    task.cancel("pointless")
    assert shaky.describe(task).cancellation_reason == "pointless"
    assert events(shaky, task) == ["acquired", "released"]


@pytest.mark.parametrize("key", [None, "step-1"], ids=["plain", "key"])
def test_suspend(shaky: ff.Client, proxy: Proxy, key: str | None):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_suspend_execution")
    details = suspended(shaky, task, NAMED, key=key).details
    [waitpoint] = shaky.pending_waitpoints()
    assert waitpoint.waitpoint_id == details.waitpoint_id
    assert events(shaky, task) == ["acquired", "released"]
    result = shaky.signal(task, details.waitpoint_id, "go", token=details.waitpoint_token)
    assert isinstance(result, SignalAccepted)
    assert result.effect == "resume_condition_satisfied"


def test_suspend_that_is_satisfied_already(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    early = shaky.create_waitpoint(task, "step")
    shaky.signal(task, early.waitpoint_id, "go", token=early.hmac_token.token)
    proxy.lose_reply.append(b"ff_suspend_execution")
    outcome = shaky.suspend(task, NAMED, waitpoints=[UsePending(early.waitpoint_id)])
    assert isinstance(outcome, AlreadySatisfied)
    shaky.complete(task)


def test_signal_that_resumes(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    details = suspended(shaky, task, NAMED).details
    proxy.lose_reply.append(b"ff_deliver_signal")
    result = shaky.signal(task, details.waitpoint_id, "go", token=details.waitpoint_token)
    assert isinstance(result, SignalAccepted)
    assert result.effect == "resume_condition_satisfied"


@pytest.mark.parametrize("key", [None, "once"], ids=["plain", "key"])
def test_signal_that_is_kept(shaky: ff.Client, proxy: Proxy, server: Server, key: str | None):
    task = work(shaky)
    details = suspended(shaky, task, TWICE).details
    proxy.lose_reply.append(b"ff_deliver_signal")
    result = shaky.signal(task, details.waitpoint_id, "go", token=details.waitpoint_token, key=key)
    assert isinstance(result, SignalAccepted)
    assert result.effect == "appended_to_waitpoint"
    [waitpoint] = shaky.pending_waitpoints()
    assert waitpoint.signal_count == 1
    assert server.xlen(f"ff:wp:{task.id.tag}:{details.waitpoint_id}:signals") == 1


def test_signal_that_comes_early(shaky: ff.Client, proxy: Proxy, server: Server):
    task = work(shaky)
    early = shaky.create_waitpoint(task, "step")
    proxy.lose_reply.append(b"ff_buffer_signal")
    result = shaky.signal(task, early.waitpoint_id, "go", token=early.hmac_token.token)
    assert isinstance(result, SignalAccepted)
    assert result.effect == "buffered_for_pending_waitpoint"
    assert server.xlen(f"ff:wp:{task.id.tag}:{early.waitpoint_id}:signals") == 1


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_decision(shaky: ff.Client, proxy: Proxy, server: Server, verb: str):
    task = work(shaky)
    suspended(shaky, task)
    proxy.lose_reply.append(b"ff_deliver_signal")
    decision = getattr(shaky, verb)(task, by="Ada")
    assert (decision.resumed, decision.signal_name) == (True, verb)
    assert count(server, "ff:signal:*:payload") == 1


def test_create_waitpoint(shaky: ff.Client, proxy: Proxy, server: Server):
    task = work(shaky)
    proxy.lose_reply.append(b"ff_create_pending_waitpoint")
    early = shaky.create_waitpoint(task, "step")
    assert count(server, "ff:wp:*") == 1
    result = shaky.signal(task, early.waitpoint_id, "go", token=early.hmac_token.token)
    assert isinstance(result, SignalAccepted)


def test_close_waitpoint(shaky: ff.Client, proxy: Proxy, server: Server):
    task = work(shaky)
    early = shaky.create_waitpoint(task)
    proxy.lose_reply.append(b"ff_close_waitpoint")
    shaky.close_waitpoint(task, early.waitpoint_id, "not needed")
    record = f"ff:wp:{task.id.tag}:{early.waitpoint_id}"
    assert server.hmget(record, "state", "close_reason") == [b"closed", b"not needed"]


def test_resume_by_an_operator(shaky: ff.Client, proxy: Proxy):
    task = work(shaky)
    suspended(shaky, task)
    proxy.lose_reply.append(b"ff_resume_execution")
    assert shaky.resume(task) == "waiting"


def test_rotation(shaky: ff.Client, proxy: Proxy):
    proxy.lose_reply.append(b"ff_rotate_waitpoint_hmac_secret")
    kids = shaky.rotate_secret("k2", SECRET)
    assert (kids.current, list(kids.former), kids.partitions_that_differ) == ("k2", ["k1"], 0)


def test_tags_and_priority(shaky: ff.Client, proxy: Proxy):
    run = shaky.submit("job")
    proxy.lose_reply += [b"ff_set_execution_tags", b"ff_change_priority"]
    assert shaky.tag(run, {"team.name": "a"}) == 1
    assert shaky.change_priority(run, 7)[1] == 7
    snapshot = shaky.describe(run)
    assert (snapshot.tags, snapshot.priority) == ({"team.name": "a"}, 7)


CALLS: Final[dict[bytes, Callable[[ff.Client, ff.Task], Any]]] = {
    b"ff_create_execution": lambda client, _: client.submit("job"),
    b"ff_complete_execution": lambda client, task: client.complete(task),
    b"ff_suspend_execution": lambda client, task: client.suspend(task),
    b"HGETALL": lambda client, task: client.describe(task),
}


@pytest.mark.parametrize("word", CALLS, ids=bytes.decode)
def test_a_request_that_gets_lost_is_sent_again(shaky: ff.Client, proxy: Proxy, word: bytes):
    task = work(shaky)
    proxy.lose_request.append(word)
    CALLS[word](shaky, task)


@pytest.mark.parametrize("word", CALLS, ids=bytes.decode)
def test_a_reply_that_gets_lost_twice_is_one_clear_line(shaky: ff.Client, proxy: Proxy, word: bytes):
    task = work(shaky)
    proxy.lose_reply += [word, word]
    with pytest.raises(ConnectionLost) as caught:
        CALLS[word](shaky, task)
    text = str(caught.value)
    assert text.startswith("The connection broke before the answer came, so the command may have run.")
    assert proxy.url in text
    assert "\n" not in text


@pytest.mark.usefixtures("impatient")
def test_a_server_that_goes_away_in_the_middle_of_a_call_may_have_run_it(shaky: ff.Client, proxy: Proxy):
    """Whoever reads that nothing was sent would send it anew."""
    task = work(shaky)
    proxy.lose_reply.append(b"ff_complete_execution")
    proxy.closing = True
    with pytest.raises(ConnectionLost) as caught:
        shaky.complete(task)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_went_away_between_two_calls_is_one_clear_line(shaky: ff.Client, proxy: Proxy, server: Server):
    proxy.stop()
    with pytest.raises((NotConnected, ConnectionLost)) as caught:
        shaky.submit("job")
    assert proxy.url in str(caught.value)
    assert "\n" not in str(caught.value)
    assert count(server, "ff:exec:*:core") == 0


def test_a_connection_that_broke_while_idle_is_made_again(shaky: ff.Client, proxy: Proxy, server: Server):
    """The break is seen before the request is sent: a call that cannot be repeated is not put at risk."""
    proxy.cut()
    assert shaky.submit("job").created
    assert count(server, "ff:exec:*:core") == 1
