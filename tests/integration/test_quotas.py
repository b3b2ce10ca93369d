"""Quotas: how many executions may start within a window, and run at once."""

import threading

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.proxy import Proxy
from integration.steps import nothing_written

import ff_core as ff
from ff_core.errors import InvalidInput, QuotaPolicyNotFound
from ff_core.types import AdmissionDecision, Admitted, Throttled

NOBODY = "1f073a2a-2f67-4d5d-94bb-e92e7333c854"
MINUTE = 60_000


def let_pass(server: Server, milliseconds: int) -> None:
    """Let time pass for quotas, which go by the server's own clock: what they noted was so much earlier."""
    clocked.advance(server, milliseconds)
    for window in server.scan_iter("ff:quota:*:window:*"):
        for member, _ in server.zrange(window, 0, -1, withscores=True):
            server.zincrby(window, -milliseconds, member)


def running(server: Server) -> int:
    """How many the counter of the one quota says are running."""
    (counter,) = server.scan_iter("ff:quota:*:concurrency")
    return int(server.get(counter))


def admitted(decision: AdmissionDecision) -> bool:
    return decision == Admitted()


def jobs(client: ff.Client, count: int) -> list[ff.Run]:
    return client.submit_many("job", range(count))


def test_a_new_quota_shows_its_limits(client: ff.Client):
    quota = client.describe_quota(client.create_quota(window_seconds=5, max_requests=2, max_concurrent=3))
    assert (quota.window_seconds, quota.max_requests, quota.max_concurrent) == (5, 2, 3)
    assert quota.created_at


def test_so_many_may_start_within_a_window_that_slides(client: ff.Client, clock: Server):
    quota = client.create_quota(max_requests=2)
    a, b, c = jobs(client, 3)
    assert admitted(client.admit(quota, a))
    let_pass(clock, 10_000)
    assert admitted(client.admit(quota, b))
    let_pass(clock, 10_000)
    refused = client.admit(quota, c)
    assert isinstance(refused, Throttled)
    assert 39_000 < refused.retry_after_ms <= 40_000
    let_pass(clock, 40_000)
    assert admitted(client.admit(quota, c))
    assert isinstance(client.admit(quota, a), Throttled)  # a's own start is forgotten, b and c fill the window


def test_asking_again_within_the_window_is_no_second_start(client: ff.Client, server: Server):
    quota = client.create_quota(max_requests=1, max_concurrent=5)
    (run,) = jobs(client, 1)
    assert [admitted(client.admit(quota, run)) for _ in range(3)] == [True] * 3
    assert running(server) == 1


def test_a_release_does_not_give_the_start_back(client: ff.Client):
    quota = client.create_quota(max_requests=1)
    first, second = jobs(client, 2)
    client.admit(quota, first)
    assert client.release_admission(quota, first)
    assert isinstance(client.admit(quota, second), Throttled)


def test_so_many_may_run_at_once(client: ff.Client, server: Server):
    quota = client.create_quota(max_concurrent=2)
    a, b, c = jobs(client, 3)
    assert [admitted(client.admit(quota, run)) for run in (a, b, c)] == [True, True, False]
    assert client.release_admission(quota, a)
    assert admitted(client.admit(quota, c))
    assert running(server) == 2


def test_who_runs_longer_than_the_window_counts_once_and_keeps_the_place(client: ff.Client, clock: Server):
    quota = client.create_quota(max_concurrent=2)
    a, b = jobs(client, 2)
    client.admit(quota, a)
    let_pass(clock, 2 * MINUTE)
    assert admitted(client.admit(quota, a))
    assert running(clock) == 1
    assert admitted(client.admit(quota, b))
    assert [client.release_admission(quota, run) for run in (a, b)] == [True, True]
    assert running(clock) == 0


def test_an_admission_is_released_once(client: ff.Client, server: Server):
    quota = client.create_quota(max_concurrent=3)
    a, b, never = jobs(client, 3)
    client.admit(quota, a)
    client.admit(quota, b)
    assert [client.release_admission(quota, a) for _ in range(3)] == [True, False, False]
    assert not client.release_admission(quota, never)
    assert running(server) == 1


def test_an_admission_is_released_once_by_however_many(other: ff.Client, server: Server):
    quota = other.create_quota(max_concurrent=20)
    runs = jobs(other, 10)
    for run in runs:
        other.admit(quota, run)
    released: list[bool] = []
    start = threading.Barrier(8)

    def release() -> None:
        start.wait()
        released.extend([other.release_admission(quota, run) for run in runs[:5]])

    threads = [threading.Thread(target=release) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (released.count(True), running(server)) == (5, 5)


def test_an_admission_whose_reply_is_lost_counts_once(shaky: ff.Client, proxy: Proxy, server: Server):
    quota = shaky.create_quota(max_concurrent=2, max_requests=2)
    a, b = jobs(shaky, 2)
    proxy.lose_reply.append(b"ff_check_admission_and_record")
    assert [admitted(shaky.admit(quota, run)) for run in (a, b)] == [True, True]
    assert not proxy.lose_reply
    assert running(server) == 2


def test_a_quota_without_limits_is_refused(client: ff.Client, server: Server):
    with nothing_written(server):
        for limits in ({}, {"max_requests": 0, "max_concurrent": 0}):
            with pytest.raises(InvalidInput, match="no limits") as refusal:
                client.create_quota(**limits)
            assert "\n" not in str(refusal.value)
        for limits in ({"max_requests": -1}, {"max_concurrent": -1}, {"max_requests": 1, "window_seconds": 0}):
            with pytest.raises(InvalidInput, match="at least 1 second and no negative limits"):
                client.create_quota(**limits)
        for limits in ({"max_requests": 1.5}, {"max_concurrent": True}, {"max_requests": 1, "window_seconds": 0.5}):
            with pytest.raises(InvalidInput, match="whole number"):
                client.create_quota(**limits)  # pyright: ignore[reportArgumentType]


def test_an_unknown_quota_is_refused_and_nothing_is_written(client: ff.Client, server: Server):
    (run,) = jobs(client, 1)
    with nothing_written(server):
        for call in (lambda: client.describe_quota(NOBODY), lambda: client.admit(NOBODY, run)):
            with pytest.raises(QuotaPolicyNotFound, match="There is no such quota policy"):
                call()
        assert not client.release_admission(NOBODY, run)
