"""Claiming by hand: which candidate is tried, and what is made of each answer."""

from typing import Any

import pytest
from unit.by_hand import EXECUTION, SCOPE, Hand, Hash, Raw, args_of, given, ok

from ff_core.errors import (
    CapabilityMismatch,
    ConnectionLost,
    ExecutionNotEligible,
    ExecutionNotFound,
    ExecutionNotLeaseable,
    GrantAlreadyExists,
    InvalidClaimGrant,
    MaxRetriesExhausted,
    ServerError,
)
from ff_core.ops.claim import CANDIDATES, FIRST_PAUSE, Wanted, claim, claim_by_id
from ff_core.ops.op import Pause
from ff_core.ops.reclaim import reclaim
from ff_core.types import AttemptId, CapabilitySet, ExecutionId, HandleKind, LaneId, decode_handle

WANTED = Wanted(lanes=(LaneId("default"),), capabilities=CapabilitySet())
CORE = Hash(lane_id="default", execution_kind="job", attempt_state="pending_first_attempt")
INTERRUPTED = Hash(CORE, attempt_state="attempt_interrupted", current_attempt_index="4")
DEMANDING = Hash(CORE, required_capabilities="big,cuda")
NO_DATA = [Raw(b'{"n":1}'), Raw([b"team.name", b"a"])]
EMPTY: list[Any] = [Raw([]), Raw([])]
"""What the queues of both partitions hold."""
NOTHING: list[Any] = [EMPTY, Raw([b"1795000000", b"0"]), EMPTY]
"""A look that finds no work, and then none that was delayed and is due by the server's clock."""

GRANT = ok(EXECUTION)


def leased(attempt: str = "a77e0000-0000-4000-8000-000000000001", index: int = 0) -> Raw:
    return ok("1ea5e000-0000-4000-8000-000000000001", 1, 1_795_000_030_000, attempt, index, "initial")


def execution(number: int, partition: int = 1) -> ExecutionId:
    return ExecutionId(f"{{fp:{partition}}}:{number:08x}-0000-4000-8000-000000000000")


def queue(*entries: tuple[ExecutionId, int]) -> Raw:
    """The head of one queue: executions with their scores."""
    return Raw([word for member, score in entries for word in (member.encode(), str(score).encode())])


def taken(hand: Hand) -> list[str]:
    """The executions that were tried, in order: the first argument of each grant."""
    return [
        request.words[3 + request.words[2]]
        for step in hand.steps
        if isinstance(step, tuple)
        for request in step
        if request.function == "ff_issue_claim_grant"
    ]


def test_a_claim_takes_three_round_trips():
    hand = Hand([0.0, [queue((EXECUTION, 1)), Raw([])], [CORE], [GRANT, leased(), *NO_DATA]])
    [work] = hand.run(claim(SCOPE, WANTED))
    assert (work.execution_id, work.payload, work.tags) == (EXECUTION, {"n": 1}, {"team.name": "a"})
    assert (work.kind, work.lane, work.attempt_index) == ("job", "default", 0)
    held = decode_handle(work.handle)
    assert (held.lease_epoch, held.lease_ttl_ms, held.worker_instance_id) == (1, 30_000, "w1-a")
    assert work.handle.kind is HandleKind.FRESH
    assert hand.functions == [
        "ZRANGE",
        "ZRANGE",
        "HMGET",
        "ff_issue_claim_grant",
        "ff_claim_execution",
        "GET",
        "HGETALL",
    ]


def test_the_best_score_of_all_partitions_goes_first():
    here, there = execution(1, 1), execution(2, 0)
    hand = Hand([0.0, [queue((here, -5)), queue((there, -9))], [CORE, CORE], [GRANT, leased(), *NO_DATA]])
    [work] = hand.run(claim(SCOPE, WANTED))
    assert work.execution_id == there


def test_an_interrupted_attempt_is_resumed_under_its_own_index():
    hand = Hand([0.0, [queue((EXECUTION, 1)), Raw([])], [INTERRUPTED], [GRANT, leased(index=4), *NO_DATA]])
    [work] = hand.run(claim(SCOPE, WANTED))
    assert (work.handle.kind, work.attempt_index) == (HandleKind.RESUMED, 4)
    assert "ff_claim_resumed_execution" in hand.functions
    resumption = hand.steps[-1][1]
    assert f"ff:attempt:{{fp:1}}:{EXECUTION}:4" in resumption.words


@pytest.mark.parametrize("refusal", [b"execution_not_eligible", b"grant_already_exists", b"execution_not_leaseable"])
def test_where_somebody_was_faster_the_next_one_is_tried(refusal: bytes):
    first, second = execution(1), execution(2)
    lost: list[Any] = [Raw([0, refusal]), Raw([0, b"invalid_claim_grant"]), *NO_DATA]
    hand = Hand(
        [0.0, [queue((first, 1), (second, 2)), Raw([])], [CORE, CORE], lost, [GRANT, leased(), *NO_DATA]],
    )
    [work] = hand.run(claim(SCOPE, WANTED))
    assert work.execution_id == second
    assert taken(hand) == [first, second]


def test_work_that_needs_more_than_the_worker_has_is_not_tried():
    both = queue((execution(1), 1), (execution(2), 2))
    hand = Hand([0.0, [both, Raw([])], [DEMANDING, CORE], [GRANT, leased(), *NO_DATA]])
    [work] = hand.run(claim(SCOPE, WANTED))
    assert taken(hand) == [work.execution_id] == [execution(2)]


def test_a_full_head_of_others_work_is_looked_past():
    head = [(execution(number), number) for number in range(CANDIDATES)]
    below = execution(99)
    hand = Hand(
        [
            0.0,
            [queue(*head), Raw([])],
            [DEMANDING] * CANDIDATES,
            [queue((below, 99))],
            [CORE],
            [GRANT, leased(), *NO_DATA],
        ]
    )
    [work] = hand.run(claim(SCOPE, WANTED))
    assert work.execution_id == below
    deeper = hand.steps[3][0]
    assert deeper.words[2:4] == (CANDIDATES, 2 * CANDIDATES - 1)


def test_entries_without_an_execution_are_looked_past():
    ghosts = [(execution(number), number) for number in range(CANDIDATES)]
    hand = Hand([0.0, [queue(*ghosts), Raw([])], [Hash()] * CANDIDATES, [Raw([])], *NOTHING[1:], 0.0])
    assert hand.run(claim(SCOPE, WANTED)) == []


def test_an_empty_look_ends_a_claim_that_may_not_wait():
    hand = Hand([10.0, *NOTHING, 10.0])
    assert hand.run(claim(SCOPE, WANTED)) == []
    assert [step.seconds for step in hand.steps if isinstance(step, Pause)] == [0, 0]


def test_a_claim_waits_longer_and_longer_but_not_beyond_its_time():
    times = [10.0, 10.05, 10.15, 10.25]
    hand = Hand([10.0, *(answer for now in times for answer in (*NOTHING, now, now))][:-1])
    assert hand.run(claim(SCOPE, WANTED, 0.2)) == []
    waits = [step.seconds for step in hand.steps if isinstance(step, Pause) and step.seconds]
    assert waits == pytest.approx([FIRST_PAUSE, 2 * FIRST_PAUSE, 0.05])


def test_a_lease_counts_although_its_grant_was_refused():
    """Another grant of the same worker, or of an earlier try, stood in for it."""
    batch: list[Any] = [Raw([0, b"grant_already_exists"]), leased(), *NO_DATA]
    hand = Hand([0.0, [queue((EXECUTION, 1)), Raw([])], [CORE], batch])
    assert len(hand.run(claim(SCOPE, WANTED))) == 1


def test_a_lease_that_an_earlier_try_got_is_recognised_by_its_id():
    """The lease id is the op's own, so the answers depend on what it sent."""
    op: Any = claim_by_id(SCOPE, EXECUTION, WANTED)
    batch = op.send(given(op.send(None), CORE))
    lease_id = args_of(batch[1])[5]
    refusals = [ExecutionNotEligible(), ExecutionNotLeaseable(), *given(batch[2:], NO_DATA)]
    owner = Hash(
        current_lease_id=lease_id,
        current_lease_epoch="7",
        lease_expires_at="1795000030000",
        current_attempt_id=str(AttemptId.new()),
        current_attempt_index="2",
    )
    question = op.send(refusals)
    with pytest.raises(StopIteration) as stop:
        op.send(given(question, owner))
    held = decode_handle(stop.value.value.handle)
    assert (held.lease_id, held.lease_epoch, held.attempt_index) == (lease_id, 7, 2)


def test_the_lease_of_somebody_else_is_not_taken_for_ones_own():
    refused: list[Any] = [Raw([0, b"execution_not_eligible"]), Raw([0, b"execution_not_leaseable"]), *NO_DATA]
    owner = Hash(current_lease_id="1ea5e000-0000-4000-8000-00000000ffff")
    with pytest.raises(ExecutionNotEligible):
        Hand([CORE, refused, owner]).run(claim_by_id(SCOPE, EXECUTION, WANTED))


@pytest.mark.parametrize(
    "grant, lease, raised",
    [
        (Raw([0, b"grant_already_exists"]), Raw([0, b"invalid_claim_grant"]), GrantAlreadyExists),
        (GRANT, Raw([0, b"invalid_claim_grant"]), InvalidClaimGrant),
        (ServerError("OOM"), ServerError("OOM"), ServerError),
    ],
)
def test_claim_by_id_raises_what_it_was_refused_with(grant: Any, lease: Any, raised: type[Exception]):
    with pytest.raises(raised):
        Hand([CORE, [grant, lease, *NO_DATA]]).run(claim_by_id(SCOPE, EXECUTION, WANTED))


def test_claim_by_id_asks_for_nothing_that_it_may_not_have():
    with pytest.raises(ExecutionNotFound):
        Hand([Hash()]).run(claim_by_id(SCOPE, EXECUTION, WANTED))
    with pytest.raises(CapabilityMismatch, match="big,cuda"):
        Hand([DEMANDING]).run(claim_by_id(SCOPE, EXECUTION, WANTED))


def test_what_was_taken_is_handed_over_although_the_next_trip_fails():
    two = Wanted(lanes=(LaneId("default"),), capabilities=CapabilitySet(), count=2)
    first, second = execution(1), execution(2)
    cores: list[Any] = [CORE, CORE]
    batch: list[Any] = [GRANT, leased(), *NO_DATA, ServerError("OOM"), ServerError("OOM"), *NO_DATA]
    hand = Hand([0.0, [queue((first, 1), (second, 2)), Raw([])], cores, batch])
    assert [work.execution_id for work in hand.run(claim(SCOPE, two))] == [first]


def test_a_fault_before_anything_was_taken_is_raised():
    with pytest.raises(ConnectionLost):
        Hand([0.0, ConnectionLost("here")]).run(claim(SCOPE, WANTED))


def test_a_reclaim_marks_grants_and_takes_in_one_trip():
    marked = Raw([1, b"OK", b"marked_expired"])
    grant = ok(EXECUTION, 1)
    hand = Hand([CORE, [marked, grant, leased(index=1), *NO_DATA]])
    work = hand.run(reclaim(SCOPE, EXECUTION, WANTED))
    assert (work.handle.kind, work.attempt_index) == (HandleKind.RECLAIMED, 1)
    assert hand.functions[1:4] == ["ff_mark_lease_expired_if_due", "ff_issue_reclaim_grant", "ff_reclaim_execution"]


def test_a_reclaim_too_many_is_told_with_its_limit():
    marked = Raw([1, b"ALREADY_SATISFIED", b"already_expired"])
    batch: list[Any] = [marked, ok(EXECUTION, 1), Raw([0, b"max_retries_exhausted", b"5"]), *NO_DATA]
    with pytest.raises(MaxRetriesExhausted, match="limit: 5"):
        Hand([CORE, batch]).run(reclaim(SCOPE, EXECUTION, WANTED))
