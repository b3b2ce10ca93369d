"""Ending and pausing by hand: what is sent, and which refusals prove that an earlier try of the same call has won.

The golden rows for complete, cancel and fail are in `test_recovery_vectors`.
"""

import json
from typing import Any

import pytest
from unit.by_hand import ATTEMPT, EXECUTION, HANDLE, HELD, Hand, Hash, Raw, args_of, not_active, ok

from ff_core.errors import ExecutionNotActive, ExecutionNotFound, InvalidInput, LeaseExpired
from ff_core.ops import outcome
from ff_core.types import FailureClass, FailureReason, RetryScheduled, TerminalFailed, TimestampMs

NOW = 1_795_000_000_000
TIME = Raw([str(NOW // 1000).encode(), b"0"])
POLICY = json.dumps({"retry_policy": {"max_retries": 3}}).encode()
BOOM = FailureReason("boom")


def sent(hand: Hand, place: int) -> tuple[Any, ...]:
    """The arguments of the call in one step."""
    return args_of(hand.steps[place])


def test_complete_sends_the_fence_and_the_result():
    hand = Hand([ok("completed")])
    hand.run(outcome.complete(HANDLE, {"a": 1}))
    assert sent(hand, 0) == (EXECUTION, HELD.lease_id, "3", ATTEMPT, b'{"a":1}', "")


def test_complete_checks_the_result_before_anything_is_sent():
    with pytest.raises(InvalidInput):
        Hand([]).run(outcome.complete(HANDLE, object()))


@pytest.mark.parametrize(
    "refusal",
    [
        not_active("success", 4, "terminal", ATTEMPT),
        not_active("success", 3, "terminal", "a77e0000-0000-4000-8000-00000000ffff"),
        not_active("failed", 3, "terminal", ATTEMPT),
        not_active("none", 3, "runnable", ATTEMPT),
        not_active("none", 3, "suspended", ATTEMPT),
        Raw([0, b"execution_not_active"]),
    ],
)
def test_complete_takes_nothing_else_for_its_own_success(refusal: Raw):
    with pytest.raises(ExecutionNotActive):
        Hand([refusal]).run(outcome.complete(HANDLE))


def test_other_refusals_are_raised_as_they_are():
    with pytest.raises(LeaseExpired):
        Hand([Raw([0, b"lease_expired"])]).run(outcome.complete(HANDLE))


@pytest.mark.parametrize(
    "policy, sent_policy",
    [
        (POLICY, {"max_retries": 3}),
        (None, None),
        (b"", None),
        (b"no json", None),
        (b"[1]", None),
        (b"{}", None),
        (b'"text"', None),
    ],
)
def test_fail_sends_the_retry_policy_that_is_stored(policy: bytes | None, sent_policy: Any):
    hand = Hand([policy, ok("terminal_failed")])
    assert hand.run(outcome.fail(HANDLE, BOOM)) == TerminalFailed()
    *_, reason, category, retry, source = sent(hand, 1)
    assert (reason, category, source) == ("boom", "transient", "")
    assert (json.loads(retry) if retry else None) == sent_policy


def test_a_permanent_failure_sends_no_retry_policy():
    hand = Hand([POLICY, ok("terminal_failed")])
    hand.run(outcome.fail(HANDLE, BOOM, FailureClass.PERMANENT))
    assert sent(hand, 1)[5:7] == ("permanent", "")


def test_a_detail_takes_the_place_of_the_category():
    hand = Hand([POLICY, ok("terminal_failed")])
    hand.run(outcome.fail(HANDLE, FailureReason("boom", b"disk")))
    assert sent(hand, 1)[5] == "disk"


@pytest.mark.parametrize("due, seen", [("1795000005000", 1_795_000_005_000), ("1795000005000.25", 1_795_000_005_001)])
def test_a_scheduled_retry_tells_when_rounded_up(due: str, seen: int):
    assert Hand([POLICY, ok("retry_scheduled", due)]).run(outcome.fail(HANDLE, BOOM)) == RetryScheduled(
        TimestampMs(seen)
    )


@pytest.mark.parametrize("stored, seen", [("1795000005000", 1_795_000_005_000), ("", 0)])
def test_a_repeated_failure_reads_when_the_retry_is_due(stored: str, seen: int):
    hand = Hand([POLICY, not_active("none", 3, "runnable", ""), stored])
    assert hand.run(outcome.fail(HANDLE, BOOM)) == RetryScheduled(TimestampMs(seen))


@pytest.mark.parametrize(
    "refusal",
    [
        not_active("none", 3, "runnable", ATTEMPT),
        not_active("none", 4, "runnable", ""),
        not_active("none", 4, "active", "a77e0000-0000-4000-8000-00000000ffff"),
        not_active("success", 3, "terminal", ATTEMPT),
    ],
)
def test_fail_takes_no_pause_and_no_other_attempt_for_a_scheduled_retry(refusal: Raw):
    with pytest.raises(ExecutionNotActive):
        Hand([POLICY, refusal]).run(outcome.fail(HANDLE, BOOM))


def test_a_delay_counts_from_the_clock_of_the_server():
    hand = Hand([TIME, ok(NOW + 5_000)])
    assert hand.run(outcome.delay(HANDLE, 5_000)) == NOW + 5_000
    assert sent(hand, 1)[4] == str(NOW + 5_000)


def test_a_repeated_delay_answers_what_the_first_one_set():
    hand = Hand([TIME, not_active("none", 3, "runnable", ATTEMPT), "worker_delay", str(NOW + 1)])
    assert hand.run(outcome.delay(HANDLE, 5_000)) == NOW + 1


def test_repeated_waiting_for_children_is_fine():
    Hand([not_active("none", 3, "runnable", ATTEMPT), "waiting_children"]).run(outcome.wait_children(HANDLE))


@pytest.mark.parametrize("paused_for", ["", "waiting_children", "1f073a2a-2f67-4d5d-94bb-e92e7333c854"])
def test_a_delay_takes_no_other_pause_for_its_own(paused_for: str):
    with pytest.raises(ExecutionNotActive):
        Hand([TIME, not_active("none", 3, "runnable", ATTEMPT), paused_for]).run(outcome.delay(HANDLE, 5_000))


@pytest.mark.parametrize(
    "refusal", [not_active("none", 4, "runnable", ATTEMPT), not_active("none", 3, "suspended", ATTEMPT)]
)
def test_a_delay_does_not_even_ask_where_somebody_else_had_the_lease(refusal: Raw):
    with pytest.raises(ExecutionNotActive):
        Hand([TIME, refusal]).run(outcome.delay(HANDLE, 5_000))


def test_an_operators_cancel_names_everything_that_it_touches():
    core = Hash(
        lane_id="gpu",
        current_attempt_index="2",
        current_waitpoint_id="ca110000-0000-4000-8000-000000000001",
        current_worker_instance_id="w9",
    )
    hand = Hand([core, ok("cancelled", "active")])
    hand.run(outcome.cancel(EXECUTION, "not needed"))
    words = hand.steps[1].words
    assert f"ff:attempt:{{fp:1}}:{EXECUTION}:2" in words
    assert "ff:idx:{fp:1}:worker:w9:leases" in words
    assert "ff:wp:{fp:1}:ca110000-0000-4000-8000-000000000001" in words
    assert "ff:idx:{fp:1}:lane:gpu:terminal" in words
    assert sent(hand, 1) == (EXECUTION, "not needed", "operator_override", "", "")


def test_an_operators_cancel_is_fine_where_it_is_cancelled_already():
    Hand([Hash(lane_id="gpu"), not_active("cancelled", 9, "terminal", "")]).run(outcome.cancel(EXECUTION))
    with pytest.raises(ExecutionNotActive):
        Hand([Hash(lane_id="gpu"), not_active("success", 9, "terminal", "")]).run(outcome.cancel(EXECUTION))
    with pytest.raises(ExecutionNotFound):
        Hand([Hash()]).run(outcome.cancel(EXECUTION))


def test_a_workers_cancel_proves_its_lease():
    hand = Hand(["", ok("cancelled", "active")])
    hand.run(outcome.cancel_held(HANDLE, "pointless"))
    assert sent(hand, 1) == (EXECUTION, "pointless", "lease_holder", HELD.lease_id, "3")
