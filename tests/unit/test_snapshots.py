"""Snapshots are read strictly from the hashes of the server."""

import pytest

from ff_core.errors import Corruption
from ff_core.types import (
    AttemptRecord,
    AttemptSummary,
    ExecutionId,
    ExecutionSnapshot,
    LeaseEvent,
    LeaseSummary,
    PublicState,
    TimestampMs,
    WorkerInstanceId,
)
from ff_core.types.ids import AttemptId, LeaseId

EXECUTION = ExecutionId("{fp:7}:1f073a2a-2f67-4d5d-94bb-e92e7333c854")
ATTEMPT = "11111111-2222-4333-8444-555555555555"
LEASE = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

WAITING = {
    "execution_id": EXECUTION,
    "namespace": "team-a",
    "lane_id": "default",
    "execution_kind": "summarize",
    "priority": "7",
    "creator_identity": "me",
    "lifecycle_phase": "runnable",
    "ownership_state": "unowned",
    "eligibility_state": "eligible_now",
    "blocking_reason": "waiting_for_worker",
    "blocking_detail": "",
    "terminal_outcome": "none",
    "attempt_state": "pending_first_attempt",
    "public_state": "waiting",
    "created_at": "1795000000000",
    "last_mutation_at": "1795000000001",
    "total_attempt_count": "0",
    "retry_count": "0",
    "current_attempt_id": "",
    "current_attempt_index": "",
    "current_worker_instance_id": "",
    "lease_expires_at": "",
    "flow_id": "",
    "progress_pct": "",
}
ACTIVE = {
    **WAITING,
    "public_state": "active",
    "current_attempt_id": ATTEMPT,
    "current_attempt_index": "2",
    "current_lease_id": LEASE,
    "current_lease_epoch": "3",
    "current_worker_instance_id": "w-1",
    "lease_expires_at": "1795000030000",
    "lease_last_renewed_at": "1795000000000",
    "progress_pct": "12.5",
    "progress_message": "half",
    "required_capabilities": "cuda,gpu",
}


def snapshot(**changes: str) -> ExecutionSnapshot:
    return ExecutionSnapshot.from_core(EXECUTION, {**WAITING, **changes}, {"team.name": "a"})


def test_what_is_absent_is_none_or_its_default():
    found = snapshot()
    assert found.public_state is PublicState.WAITING
    assert found.state.is_consistent
    assert found.blocking_reason == "waiting_for_worker"
    assert found.blocking_detail is None
    assert found.priority == 7
    assert found.created_at == TimestampMs(1795000000000)
    absent = (
        found.flow_id,
        found.current_waitpoint,
        found.current_attempt,
        found.current_lease,
        found.delay_until,
        found.started_at,
        found.completed_at,
        found.progress_pct,
        found.failure_reason,
        found.cancellation_reason,
    )
    assert absent == (None,) * len(absent)
    assert found.required_capabilities == ()
    assert found.tags == {"team.name": "a"}


def test_a_running_execution_shows_attempt_lease_and_progress():
    found = ExecutionSnapshot.from_core(EXECUTION, ACTIVE, {})
    assert found.current_attempt == AttemptSummary(AttemptId(ATTEMPT), 2)
    assert found.current_lease == LeaseSummary(
        lease_id=LeaseId(LEASE),
        lease_epoch=3,
        worker_instance_id=WorkerInstanceId("w-1"),
        expires_at=TimestampMs(1795000030000),
        attempt_index=2,
        last_heartbeat_at=TimestampMs(1795000000000),
    )
    assert found.progress_pct == 12.5
    assert found.required_capabilities == ("cuda", "gpu")


def test_a_fraction_that_old_libraries_store_is_rounded_up():
    assert snapshot(delay_until="1795456624265.5").delay_until == 1795456624266
    assert snapshot(priority="6.1").priority == 7


def test_a_lease_needs_both_owner_and_expiry():
    assert snapshot(current_worker_instance_id="w-1").current_lease is None
    assert snapshot(lease_expires_at="1").current_lease is None


@pytest.mark.parametrize(
    "changes,said",
    [
        ({"public_state": ""}, "public_state: missing"),
        ({"public_state": "lost"}, "public_state: 'lost' is not readable"),
        ({"lane_id": ""}, "lane_id: missing"),
        ({"lane_id": "tab\t"}, "lane_id: "),
        ({"created_at": ""}, "created_at: missing"),
        ({"created_at": "12.5"}, "created_at: '12.5' is not readable"),
        ({"created_at": " 12"}, "created_at: ' 12' is not readable"),
        ({"created_at": "1_000"}, "created_at: "),
        ({"last_mutation_at": ""}, "last_mutation_at: missing"),
        ({"total_attempt_count": "-1"}, "total_attempt_count: "),
        ({"flow_id": "x"}, "flow_id: 'x' is not readable"),
        ({"current_waitpoint_id": "x"}, "current_waitpoint_id: "),
        ({"current_attempt_id": ATTEMPT}, "current_attempt_index: missing"),
        ({"current_worker_instance_id": "w", "lease_expires_at": "1"}, "current_lease_id: missing"),
        ({"ownership_state": "stolen"}, "ownership_state: "),
        ({"delay_until": "soon"}, "delay_until: 'soon' is not readable"),
        ({"progress_pct": "half"}, "progress_pct: 'half' is not readable"),
    ],
)
def test_what_is_there_must_be_right(changes: dict[str, str], said: str):
    with pytest.raises(Corruption) as refused:
        snapshot(**changes)
    assert refused.value.details[0].startswith(f"describe_execution: exec_core: {said}")


ENDED = {
    "attempt_id": ATTEMPT,
    "execution_id": EXECUTION,
    "attempt_index": "1",
    "attempt_type": "retry",
    "attempt_state": "ended_failure",
    "created_at": "5",
    "started_at": "5",
    "ended_at": "9",
    "lease_id": LEASE,
    "lease_epoch": "2",
    "worker_id": "w",
    "worker_instance_id": "w-1",
    "failure_reason": "boom",
    "failure_category": "transient",
    "previous_attempt_index": "0",
}


def test_an_attempt_is_read_from_its_hash():
    found = AttemptRecord.from_hash(ENDED)
    assert found.attempt_state.is_final
    assert (found.attempt_type, found.attempt_index, found.previous_attempt_index) == ("retry", 1, 0)
    assert (found.created_at, found.started_at, found.ended_at, found.resumed_at) == (5, 5, 9, None)
    assert (found.failure_reason, found.failure_category, found.suspension_id) == ("boom", "transient", None)
    with pytest.raises(Corruption, match="describe_attempt: attempt: attempt_state: 'odd'"):
        AttemptRecord.from_hash({**ENDED, "attempt_state": "odd"})


def test_a_lease_event_keeps_what_else_its_entry_says():
    found = LeaseEvent.from_entry({"event": "released", "lease_epoch": "2", "reason": "completed", "ts": "17"})
    assert (found.event, found.at) == ("released", 17)
    assert found.fields == {"lease_epoch": "2", "reason": "completed"}
    with pytest.raises(Corruption, match="lease_history: entry: ts: missing"):
        LeaseEvent.from_entry({"event": "released"})
