"""Ops side by side: lockstep, errors in their places, pauses that do not get lost."""

from typing import Any

import pytest
from unit.by_hand import Hand, Raw

from ff_core.contract.model import Request
from ff_core.errors import ConnectionLost, ExecutionNotFound, FlowFabricError, StaleLease
from ff_core.ops.gather import gather, gather_good
from ff_core.ops.op import Atomic, Op, Pause, attempt_all, attempt_atomic, pause, send, send_all


def get(name: str) -> Request[str]:
    return Request(("GET", name), str)


def chain(*names: str) -> Op[list[str]]:
    """One request after the other."""
    if not names:
        return []
    first = yield from send(get(names[0]))
    return [first, *(yield from chain(*names[1:]))]


def words(hand: Hand) -> list[Any]:
    """What travelled in each step."""
    return [
        step if isinstance(step, Pause) else [request.words[1] for request in getattr(step, "requests", step)]
        for step in hand.steps
    ]


def test_what_is_asked_for_at_the_same_time_travels_together():
    hand = Hand([[1, 2, 3], [4, 5], [6]])
    assert hand.run(gather([chain("a", "b"), chain("c"), chain("d", "e", "f")])) == [[1, 4], [2], [3, 5, 6]]
    assert words(hand) == [["a", "c", "d"], ["b", "e"], ["f"]]


def test_batches_keep_their_own_replies():
    hand = Hand([[1, 2, 3]])
    batch = send_all([get("a"), get("b")])
    assert hand.run(gather([batch, chain("c")])) == [[1, 2], [3]]


def test_an_error_meets_only_the_op_that_asked():
    def careful() -> Op[str]:
        try:
            return (yield from send(get("b")))
        except StaleLease:
            return (yield from send(get("again")))

    hand = Hand([[1, StaleLease(), ExecutionNotFound()], [2]])
    first, second, third = hand.run(gather([chain("a"), careful(), chain("c")]))
    assert (first, second) == ([1], 2)
    assert isinstance(third, ExecutionNotFound)


def test_an_error_inside_a_batch_is_handed_over_and_not_thrown():
    hand = Hand([[1, StaleLease()]])
    [[good, bad]] = hand.run(gather([attempt_all([get("a"), get("b")])]))
    assert good == 1
    assert isinstance(bad, StaleLease)


def test_a_trip_that_fails_meets_everyone_in_it():
    hand = Hand([ConnectionLost("here")])
    outcomes = hand.run(gather([chain("a"), chain("b")]))
    assert [type(outcome) for outcome in outcomes] == [ConnectionLost, ConnectionLost]


def test_a_trip_that_fails_spares_who_only_waited():
    def waiting() -> Op[float]:
        return (yield from pause(5))

    hand = Hand([7.5, ConnectionLost("here")])
    clock, lost = hand.run(gather([waiting(), chain("a")]))
    assert clock == 7.5
    assert isinstance(lost, ConnectionLost)


def test_the_longest_of_the_pauses_stands_for_all():
    def waiting(seconds: float) -> Op[float]:
        return (yield from pause(seconds))

    hand = Hand([100.0])
    assert hand.run(gather([waiting(1), waiting(3), waiting(2)])) == [100.0] * 3
    assert hand.steps == [Pause(3)]


def test_a_transaction_has_a_trip_of_its_own():
    def atomic() -> Op[list[Any]]:
        return (yield from attempt_atomic([get("x"), get("y")]))

    hand = Hand([[1], [2, 3], StaleLease()])
    first, second, third = hand.run(gather([atomic(), chain("a"), atomic()]))
    assert (first, second) == ([2, 3], [1])
    assert isinstance(third, StaleLease)
    assert [isinstance(step, Atomic) for step in hand.steps] == [False, True, True]


def test_nothing_to_do_takes_no_trip():
    assert Hand([]).run(gather([])) == []
    assert Hand([]).run(send_all([])) == []


def test_a_mistake_of_the_program_is_not_taken_for_an_answer():
    def broken() -> Op[None]:
        yield from send(get("a"))
        raise KeyError("mistake")

    with pytest.raises(KeyError, match="mistake"):
        Hand([[1]]).run(gather([broken()]))


def test_gather_good_raises_the_first_error():
    with pytest.raises(StaleLease):
        Hand([[1, StaleLease(), ExecutionNotFound()]]).run(gather_good([chain("a"), chain("b"), chain("c")]))


def test_many_ops_take_as_many_trips_as_the_longest():
    hand = Hand([list(range(1_000)), list(range(1_000))])
    outcomes = hand.run(gather(chain("a", "b") for _ in range(1_000)))
    assert outcomes[999] == [999, 999]
    assert len(hand.steps) == 2


def test_a_reply_is_read_by_its_own_request():
    outcome = Hand([[Raw(b"1"), Raw(b"2")]]).run(gather([chain("a"), chain("b")]))
    assert outcome == [["b'1'"], ["b'2'"]]
    assert not any(isinstance(part, FlowFabricError) for part in outcome)
