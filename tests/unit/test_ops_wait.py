"""Waiting for an end by hand: how often one looks, and when one gives up."""

import pytest
from unit.by_hand import EXECUTION, Hand

from ff_core.errors import ExecutionNotFound, TimedOut
from ff_core.ops.op import Pause
from ff_core.ops.read import FIRST_PAUSE, LONGEST_PAUSE, wait


def pauses(hand: Hand) -> list[float]:
    return [step.seconds for step in hand.steps if isinstance(step, Pause)]


def test_one_looks_at_once_and_then_less_and_less_often():
    hand = Hand([0.0, *["active", 0.0] * 8, ""])
    with pytest.raises(ExecutionNotFound):
        hand.run(wait(EXECUTION))
    seen = pauses(hand)
    assert seen[:3] == [0, FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert max(seen) == LONGEST_PAUSE


def test_one_does_not_wait_beyond_the_time_but_looks_once_more_at_its_end():
    hand = Hand([100.0, "active", 100.02, "active", 100.06, "active"])
    with pytest.raises(TimedOut, match=r"which is active; seconds: 0\.1"):
        hand.run(wait(EXECUTION, 0.05))
    assert pauses(hand) == pytest.approx([0, 0.02, 0.03])


def test_no_time_at_all_is_one_look():
    with pytest.raises(TimedOut):
        Hand([100.0, "suspended"]).run(wait(EXECUTION, 0))
