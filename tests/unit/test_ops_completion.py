"""Reading completions by hand: how often one looks while nothing comes."""

from typing import Any, Final

from unit.by_hand import EXECUTION, SCOPE, Hand, Raw

from ff_core.contract import EXTENSION_LIBRARY, LIBRARY
from ff_core.lua import assemble, build_digest
from ff_core.ops.completion import FIRST_PAUSE, LONGEST_PAUSE, CompletionReader, Selection
from ff_core.ops.op import Pause

LIBRARIES: Final[list[Any]] = [
    Raw(build_digest(assemble(library=LIBRARY)).encode()),
    Raw(b"34"),
    Raw(build_digest(assemble(library=EXTENSION_LIBRARY)).encode()),
]
FIRST_LOOK: Final[list[Any]] = [Raw(None), Raw(None), Raw(None)]
"""Counts of both partitions, and nothing in their streams."""
NOTHING: Final[list[Any]] = [Raw(None)]


def entry(place: int) -> list[Any]:
    fields = {
        "place": str(place),
        "execution_id": EXECUTION,
        "outcome": "success",
        "lane_id": "default",
        "execution_kind": "job",
        "namespace": "default",
        "flow_id": "",
        "attempt_index": "0",
        "created_at": "1",
        "started_at": "2",
        "completed_at": "3",
    }
    words = [word.encode() for pair in fields.items() for word in pair]
    return [Raw([[b"ffx:completions:{fp:1}", [[f"{place}-1".encode(), words]]]])]


def pauses(hand: Hand) -> list[float]:
    return [step.seconds for step in hand.steps if isinstance(step, Pause)]


def test_one_looks_less_and_less_often_and_in_the_end_once_a_second():
    reader = CompletionReader(SCOPE, Selection())
    hand = Hand([LIBRARIES, FIRST_LOOK, *[0.0, NOTHING] * 6, 0.0, entry(1)])
    found = hand.run(reader.next(follow=True))
    assert found.execution_id == EXECUTION
    assert pauses(hand) == [FIRST_PAUSE * factor for factor in (1, 2, 4, 8, 16)] + [LONGEST_PAUSE] * 2
    again = Hand([NOTHING, 0.0, entry(2)])
    assert again.run(reader.next(follow=True)).execution_id == EXECUTION
    assert pauses(again) == [FIRST_PAUSE]
    assert reader.lost == 0


def test_one_that_does_not_follow_looks_once():
    hand = Hand([LIBRARIES, FIRST_LOOK])
    assert hand.run(CompletionReader(SCOPE, Selection()).next(follow=False)) is None
    assert hand.functions[-3:] == ["HGET", "HGET", "XREAD"]


def test_entries_that_are_none_of_ours_are_passed():
    reader = CompletionReader(SCOPE, Selection())
    stray: list[Any] = [Raw([[b"ffx:completions:{fp:1}", [[b"5-1", [b"no", b"completion"]]]]])]
    hand = Hand([LIBRARIES, FIRST_LOOK, 0.0, stray, entry(1)])
    assert hand.run(reader.next(follow=True)).execution_id == EXECUTION
    assert reader.lost == 0
