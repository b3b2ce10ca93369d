"""Effects that the traces cannot show: times further apart than their tolerance, and rare states."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from contract import driver
from contract.driver import EXECUTION, call, fields, key

QUEUES: Final = (
    "lane_eligible",
    "lane_delayed",
    "lane_blocked_dependencies",
    "lane_blocked_budget",
    "lane_blocked_quota",
    "lane_blocked_route",
    "lane_blocked_operator",
)

EMPTY_AT_CREATION: Final = [
    "blocking_detail",
    "current_attempt_index",
    "current_attempt_id",
    "current_lease_id",
    "current_worker_id",
    "current_worker_instance_id",
    "started_at",
    "completed_at",
    "lease_acquired_at",
    "lease_expires_at",
    "lease_last_renewed_at",
    "lease_renewal_deadline",
    "lease_expired_at",
    "lease_revoked_at",
    "lease_revoke_reason",
    "delay_until",
    "current_suspension_id",
    "current_waitpoint_id",
    "pending_retry_reason",
    "pending_replay_reason",
    "pending_replay_requested_by",
    "pending_previous_attempt_index",
    "progress_pct",
    "progress_message",
    "progress_updated_at",
    "flow_id",
]


def stamps(server: Server, *names: str) -> list[int]:
    """How many ms ago each of the core's times was."""
    now = clocked.now(server)
    return [now - int(stamp or 0) for stamp in fields(server, "exec_core", *names)]


@pytest.mark.parametrize(
    "name,args",
    [
        ("ff_renew_lease", {}),
        ("ff_update_progress", {"progress_pct": "5"}),
        ("ff_revoke_lease", {}),
    ],
)
def test_a_write_is_stamped_as_such(clocked_server: Server, name: str, args: dict[str, Any]):
    driver.claimed(clocked_server)
    clocked.advance(clocked_server, 10_000)
    assert call(clocked_server, name, **args)[0] == 1
    mutated, moved = stamps(clocked_server, "last_mutation_at", "last_transition_at")
    assert mutated < 5_000 < moved


@pytest.mark.parametrize(
    "name,args",
    [
        ("ff_complete_execution", {}),
        ("ff_fail_execution", {}),
        ("ff_fail_execution", {"retry_policy_json": '{"max_retries":1}'}),
        ("ff_delay_execution", {"delay_until": "99999999999999"}),
        ("ff_move_to_waiting_children", {}),
        ("ff_cancel_execution", {}),
        ("ff_expire_execution", {}),
    ],
)
def test_a_change_of_state_is_stamped_as_such(clocked_server: Server, name: str, args: dict[str, Any]):
    driver.claimed(clocked_server)
    clocked.advance(clocked_server, 10_000)
    assert call(clocked_server, name, **args)[0] == 1
    assert max(stamps(clocked_server, "last_mutation_at", "last_transition_at")) < 5_000


def test_finding_a_lapsed_lease_is_a_write_but_no_change_of_state(clocked_server: Server):
    driver.lost(clocked_server)
    mutated, moved, expired = stamps(clocked_server, "last_mutation_at", "last_transition_at", "lease_expired_at")
    assert mutated < 5_000 < moved
    assert expired == mutated


def test_a_renewal_moves_every_time_of_the_lease(clocked_server: Server):
    driver.claimed(clocked_server)
    clocked.advance(clocked_server, 10_000)
    acquired = clocked_server.zscore(key("lease_expiry"), EXECUTION)
    [_, _, expires_at] = call(clocked_server, "ff_renew_lease")
    now = int(expires_at) - driver.TTL_MS
    times = [str(now), str(now + 20_000), expires_at]
    core = ("lease_last_renewed_at", "lease_renewal_deadline", "lease_expires_at")
    assert fields(clocked_server, "exec_core", *core) == times
    assert fields(clocked_server, "lease_current", "last_renewed_at", "renewal_deadline", "expires_at") == times
    assert clocked_server.zscore(key("lease_expiry"), EXECUTION) == int(expires_at)
    assert clocked_server.zscore(key("lane_active"), EXECUTION) == acquired


def test_a_revocation_that_is_only_marked_stops_renewals(clocked_server: Server):
    driver.claimed(clocked_server)
    clocked_server.hset(key("exec_core"), "lease_revoked_at", "1795000000000")
    assert call(clocked_server, "ff_renew_lease") == [0, "lease_revoked"]


def test_creation_writes_every_field_that_readers_of_a_whole_core_expect(clocked_server: Server):
    driver.created(clocked_server)
    core = clocked_server.hgetall(key("exec_core"))
    assert {name: core.get(name.encode()) for name in EMPTY_AT_CREATION} == dict.fromkeys(EMPTY_AT_CREATION, b"")


def test_a_claim_notes_the_lane_that_it_came_through(clocked_server: Server):
    driver.created(clocked_server)
    call(clocked_server, "ff_issue_claim_grant")
    call(clocked_server, "ff_claim_execution", lane="gpu")
    assert fields(clocked_server, "exec_core", "lane_id", "current_lane") == ["default", "gpu"]


def test_a_replayed_attempt_tells_where_it_comes_from(clocked_server: Server):
    driver.created(clocked_server)
    pending = {
        "attempt_state": "pending_replay_attempt",
        "pending_replay_reason": "bad input",
        "pending_replay_requested_by": "eve",
        "pending_previous_attempt_index": "3",
    }
    clocked_server.hset(key("exec_core"), mapping=pending)
    call(clocked_server, "ff_issue_claim_grant")
    assert call(clocked_server, "ff_claim_execution")[-1] == "replay"
    origin = ("replay_reason", "replay_requested_by", "replayed_from_attempt_index")
    assert fields(clocked_server, "attempt", *origin) == ["bad input", "eve", "3"]
    assert fields(clocked_server, "exec_core", *list(pending)[1:]) == ["", "", ""]


def test_a_claim_by_id_takes_a_paused_execution_out_of_the_queue(clocked_server: Server):
    driver.claimed(clocked_server)
    call(clocked_server, "ff_delay_execution", delay_until="1")
    call(clocked_server, "ff_promote_delayed")
    assert clocked_server.zscore(key("lane_eligible"), EXECUTION) is not None
    assert call(clocked_server, "ff_issue_grant_and_claim")[:2] == [1, "OK"]
    assert clocked_server.exists(key("lane_eligible")) == 0


@pytest.mark.parametrize("queue", QUEUES)
def test_cancel_clears_every_queue(clocked_server: Server, queue: str):
    driver.created(clocked_server)
    clocked_server.zadd(key(queue), {EXECUTION: 1})
    assert call(clocked_server, "ff_cancel_execution")[:2] == [1, "OK"]
    assert clocked_server.exists(key(queue)) == 0


def test_an_execution_that_is_lost_too_often_leaves_every_index(clocked_server: Server):
    driver.lost(clocked_server)
    clocked_server.zadd(key("attempt_timeout"), {EXECUTION: 1})
    clocked_server.zadd(key("execution_deadline"), {EXECUTION: 1})
    reply = call(clocked_server, "ff_reclaim_execution", worker_id="w2", default_max_reclaim_count="0")
    assert reply == [0, "max_retries_exhausted", "0"]
    names = (
        "attempt_timeout",
        "execution_deadline",
        "lease_expiry",
        "lane_active",
        "worker_leases",
        "lease_current",
    )
    assert clocked_server.exists(*map(key, names)) == 0
    assert clocked_server.zscore(key("lane_terminal"), EXECUTION) is not None


def test_a_heartbeat_lengthens_the_whole_entry(clocked_server: Server):
    call(clocked_server, "ff_register_worker")
    clocked.advance(clocked_server, 20_000)
    assert call(clocked_server, "ff_heartbeat_worker", now_ms="1795000020000") == [
        1,
        "OK",
        "refreshed",
        "30000",
    ]
    assert clocked_server.pttl(key("worker_alive")) > 25_000
    assert clocked_server.pttl(key("worker_caps")) > 25_000
    assert fields(clocked_server, "worker_caps", "last_heartbeat_ms") == ["1795000020000"]
