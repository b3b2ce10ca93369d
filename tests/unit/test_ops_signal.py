"""Signals by hand: deliver, buffer, deliver again, and what a repeat after a lost reply comes to."""

from typing import Any

import pytest
from unit.by_hand import EXECUTION, HANDLE, Hand, Hash, Raw, args_of, ok

from ff_core.errors import (
    ExecutionNotFound,
    InvalidInput,
    InvalidToken,
    TargetNotSignalable,
    WaitpointClosed,
    WaitpointNotFound,
)
from ff_core.ops.signal import MAX_PAYLOAD_BYTES, deliver, observe_signals
from ff_core.types import (
    ExecutionId,
    Signal,
    SignalAccepted,
    SignalDuplicate,
    SignalId,
    TimestampMs,
    WaitpointId,
    WaitpointToken,
)

SIGNAL_ID = SignalId("51600000-0000-4000-8000-000000000001")
OTHER_ID = SignalId("51600000-0000-4000-8000-00000000ffff")
WAITPOINT = WaitpointId("ca110000-0000-4000-8000-000000000001")
EARLY = Raw([0, b"waitpoint_pending_use_buffer_script"])
LANE = "default"


def signal(**options: Any) -> Signal:
    named = {"signal_name": "go", **options}
    return Signal(signal_id=SIGNAL_ID, waitpoint_id=WAITPOINT, token=WaitpointToken("k1:" + "a" * 40), **named)


def functions(hand: Hand) -> list[str]:
    return [name for name in hand.functions if name.startswith("ff_")]


def test_a_signal_is_delivered():
    hand = Hand([LANE, ok(SIGNAL_ID, "resume_condition_satisfied")])
    result = hand.run(deliver(EXECUTION, signal(payload=b"{}", signal_category="approval")))
    assert result == SignalAccepted(SIGNAL_ID, "resume_condition_satisfied")
    args = args_of(hand.steps[1])
    assert args[:5] == (SIGNAL_ID, EXECUTION, WAITPOINT, "go", "approval")
    assert args[7:9] == (b"{}", "json")
    assert args[-1] == "k1:" + "a" * 40


def test_without_a_key_the_id_is_the_key_for_as_long_as_a_repeat_may_take():
    hand = Hand([LANE, ok(SIGNAL_ID, "no_op")])
    hand.run(deliver(EXECUTION, signal()))
    args = args_of(hand.steps[1])
    assert (args[9], args[13]) == (SIGNAL_ID, "120000")
    assert f"ff:sigdedup:{{fp:1}}:{WAITPOINT}:{SIGNAL_ID}" in hand.steps[1].words


def test_a_key_is_kept_as_long_as_it_says():
    hand = Hand([LANE, ok(SIGNAL_ID, "no_op")])
    hand.run(deliver(EXECUTION, signal(idempotency_key="once", dedup_ttl_ms=5)))
    args = args_of(hand.steps[1])
    assert (args[9], args[13]) == ("once", "5")


def test_a_signal_that_is_early_is_buffered():
    hand = Hand([LANE, EARLY, ok(SIGNAL_ID, "buffered_for_pending_waitpoint")])
    assert hand.run(deliver(EXECUTION, signal())) == SignalAccepted(SIGNAL_ID, "buffered_for_pending_waitpoint")
    assert functions(hand) == ["ff_deliver_signal", "ff_buffer_signal_for_pending_waitpoint"]


@pytest.mark.parametrize("changed", [b"waitpoint_not_pending", b"waitpoint_closed"])
def test_a_waitpoint_that_changed_between_the_two_is_asked_again(changed: bytes):
    hand = Hand([LANE, EARLY, Raw([0, changed]), ok(SIGNAL_ID, "resume_condition_satisfied")])
    hand.run(deliver(EXECUTION, signal()))
    assert functions(hand) == ["ff_deliver_signal", "ff_buffer_signal_for_pending_waitpoint", "ff_deliver_signal"]


def test_a_waitpoint_that_vanished_between_the_two_is_told():
    with pytest.raises(WaitpointNotFound):
        Hand([LANE, EARLY, Raw([0, b"waitpoint_not_found"])]).run(deliver(EXECUTION, signal()))


def test_the_key_of_another_signal_is_a_duplicate():
    hand = Hand([LANE, Raw([1, b"DUPLICATE", OTHER_ID.encode()])])
    assert hand.run(deliver(EXECUTION, signal(idempotency_key="once"))) == SignalDuplicate(OTHER_ID)


def test_a_duplicate_of_itself_is_the_answer_of_the_first_try():
    hand = Hand([LANE, Raw([1, b"DUPLICATE", SIGNAL_ID.encode()]), "appended_to_waitpoint"])
    assert hand.run(deliver(EXECUTION, signal())) == SignalAccepted(SIGNAL_ID, "appended_to_waitpoint")


@pytest.mark.parametrize(
    "refusal, error", [(b"target_not_signalable", TargetNotSignalable), (b"waitpoint_closed", WaitpointClosed)]
)
def test_a_refusal_because_of_its_own_first_try_is_that_tries_answer(refusal: bytes, error: type[Exception]):
    late = Raw([0, refusal])
    hand = Hand([LANE, late, "resume_condition_satisfied"])
    assert hand.run(deliver(EXECUTION, signal())) == SignalAccepted(SIGNAL_ID, "resume_condition_satisfied")
    with pytest.raises(error):
        Hand([LANE, late, ""]).run(deliver(EXECUTION, signal()))


def test_a_wrong_token_is_not_looked_into():
    with pytest.raises(InvalidToken):
        Hand([LANE, Raw([0, b"invalid_token"])]).run(deliver(EXECUTION, signal()))


def test_what_cannot_be_sent_is_refused_before_anything_is():
    for name in ("", "__operator_only__", "__timeout_only__"):
        with pytest.raises(InvalidInput):
            Hand([]).run(deliver(EXECUTION, signal(signal_name=name)))
    with pytest.raises(InvalidInput, match=f"{MAX_PAYLOAD_BYTES + 1} bytes"):
        Hand([]).run(deliver(EXECUTION, signal(payload=b"x" * (MAX_PAYLOAD_BYTES + 1))))
    with pytest.raises(ExecutionNotFound):
        Hand([""]).run(deliver(ExecutionId(EXECUTION), signal()))


def record(name: str, **fields: str) -> dict[str, str]:
    return {
        "signal_id": str(SIGNAL_ID),
        "signal_name": name,
        "signal_category": "approval",
        "source_type": "operator",
        "source_identity": "Ada",
        "accepted_at": "1795000000000",
        **fields,
    }


def test_the_satisfiers_of_a_composite_condition_are_listed():
    suspension = Hash(attempt_index="2", close_reason="resumed", all_satisfier_signals=f'["{SIGNAL_ID}","{OTHER_ID}"]')
    records: list[Any] = [record("a"), record("b", accepted_at="")]
    first, second = Hand([suspension, records, [b"1", None]]).run(observe_signals(HANDLE))
    assert (first.signal_name, first.payload, first.accepted_at) == ("a", b"1", TimestampMs(1_795_000_000_000))
    assert (second.signal_name, second.payload, second.accepted_at) == ("b", None, 0)


def test_the_matchers_of_a_plain_condition_name_its_signals():
    suspension = Hash(attempt_index="2", close_reason="resumed", waitpoint_id=WAITPOINT)
    condition = {"total_matchers": "2", "matcher:0:signal_id": "", "matcher:1:signal_id": str(SIGNAL_ID)}
    hand = Hand([suspension, condition, [record("a")], [None]])
    assert [found.signal_name for found in hand.run(observe_signals(HANDLE))] == ["a"]


@pytest.mark.parametrize(
    "suspension",
    [
        Hash(),
        Hash(attempt_index="1", close_reason="resumed", waitpoint_id=WAITPOINT),
        Hash(attempt_index="2", close_reason="timed_out_auto_resume", waitpoint_id=WAITPOINT),
        Hash(attempt_index="2", waitpoint_id=WAITPOINT),
    ],
)
def test_what_did_not_resume_this_attempt_has_no_signals(suspension: Hash):
    assert Hand([suspension]).run(observe_signals(HANDLE)) == ()


def test_signals_whose_records_are_gone_are_left_out():
    suspension = Hash(attempt_index="2", close_reason="resumed", all_satisfier_signals=f'["{SIGNAL_ID}"]')
    assert Hand([suspension, [{}], [None]]).run(observe_signals(HANDLE)) == ()


def test_signals_that_came_early_are_read_from_their_waitpoint():
    condition = {"total_matchers": "1", "matcher:0:signal_id": str(SIGNAL_ID)}
    hand = Hand([condition, [record("early")], [b"1"]])
    assert [found.signal_name for found in hand.run(observe_signals(HANDLE, WAITPOINT))] == ["early"]
