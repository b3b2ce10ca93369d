"""State words, the public state and the maps between words, against the golden rows."""

from enum import StrEnum
from typing import Any

import pytest
from conformance.golden import golden

from ff_core.errors import InvalidBlockingReason
from ff_core.types import (
    AttemptRecordState,
    AttemptState,
    AttemptType,
    BestEffortLive,
    BlockingReason,
    CancelFlowPolicy,
    CancelSource,
    DependencyState,
    Durable,
    DurableSummary,
    EdgeGroupState,
    EligibilityState,
    FailureClass,
    FlowState,
    FrameKind,
    LaneState,
    LifecyclePhase,
    OwnershipState,
    PublicState,
    StateVector,
    SuspensionReason,
    SuspensionRequester,
    TailVisibility,
    TerminalOutcome,
    TimeoutBehavior,
    blocking_reason_of,
    eligibility_of_block,
    flow_state_of,
)

VECTORS = golden("states")
ENUMS = VECTORS["enums"]
WORDS: dict[str, type[StrEnum]] = {
    "lifecycle_phase": LifecyclePhase,
    "ownership_state": OwnershipState,
    "eligibility_state": EligibilityState,
    "blocking_reason": BlockingReason,
    "terminal_outcome": TerminalOutcome,
    "attempt_state": AttemptState,
    "public_state": PublicState,
    "attempt_lifecycle": AttemptRecordState,
    "attempt_type": AttemptType,
    "lane_state": LaneState,
    "flow_state": FlowState,
    "edge_group_state": EdgeGroupState,
    "dependency_state": DependencyState,
    "cancel_source": CancelSource,
    "cancel_flow_policy": CancelFlowPolicy,
    "failure_class": FailureClass,
    "frame_kind": FrameKind,
    "tail_visibility": TailVisibility,
    "timeout_behavior": TimeoutBehavior,
    "suspension_requester": SuspensionRequester,
    "suspension_reason_code": SuspensionReason,
}


def vector(**words: str) -> StateVector:
    """A state vector; what is not given is as it is right after create."""
    created = dict(zip(VECTORS["observed_columns"], VECTORS["observed"][0]["vector"], strict=True))
    typed: dict[str, Any] = {name: WORDS[name](word) for name, word in {**created, **words}.items()}
    return StateVector(**typed)


def test_every_recorded_enumeration_is_covered():
    assert ENUMS.keys() - WORDS.keys() == {"attempt_lifecycle_terminal", "stream_mode"}


@pytest.mark.parametrize("name", WORDS)
def test_an_enumeration_has_exactly_the_words_of_the_wire(name: str):
    assert [member.value for member in WORDS[name]] == ENUMS[name]


def test_the_other_recorded_words():
    final = [state.value for state in AttemptRecordState if state.is_final]
    assert final == ENUMS["attempt_lifecycle_terminal"]
    assert [mode.wire for mode in (Durable, DurableSummary, BestEffortLive)] == ENUMS["stream_mode"]


def test_the_public_state_follows_from_the_other_words():
    assert len(VECTORS["derive"]) == 270
    for phase, eligibility, outcome, public in VECTORS["derive"]:
        found = vector(lifecycle_phase=phase, eligibility_state=eligibility, terminal_outcome=outcome)
        assert found.derive_public() == public, (phase, eligibility, outcome)


@pytest.mark.parametrize("ownership", OwnershipState)
def test_an_active_execution_is_active_whoever_owns_it(ownership: OwnershipState):
    found = vector(lifecycle_phase="active", ownership_state=ownership)
    assert found.derive_public() is PublicState.ACTIVE


@pytest.mark.parametrize("row", VECTORS["observed"], ids=lambda row: row["after"])
def test_a_recorded_vector_is_consistent_or_known_not_to_be(row: dict[str, Any]):
    found = vector(**dict(zip(VECTORS["observed_columns"], row["vector"], strict=True)))
    assert found.derive_public() == row["derived_public_state"]
    assert found.is_consistent is row["consistent"]


def test_public_states_that_are_final():
    over = {state for state in PublicState if state.is_terminal}
    assert over == {"completed", "failed", "cancelled", "expired", "skipped"}


@pytest.mark.parametrize("row", VECTORS["suspension_reason_to_blocking_reason"], ids=lambda row: row["reason_code"])
def test_a_reason_for_suspending_says_what_is_waited_for(row: dict[str, Any]):
    assert blocking_reason_of(row["reason_code"]) == row["blocking_reason"]


def test_a_block_at_admission_says_why_nothing_can_be_claimed():
    for reason in BlockingReason:
        expected = VECTORS["block_reason_to_eligibility"].get(reason)
        if expected:
            assert eligibility_of_block(reason) == expected
        else:
            with pytest.raises(InvalidBlockingReason, match=reason):
                eligibility_of_block(reason)


def test_an_unknown_edge_group_state_reads_as_pending():
    assert EdgeGroupState.read("impossible") is EdgeGroupState.IMPOSSIBLE
    assert EdgeGroupState.read("whatever") is EdgeGroupState.PENDING


@pytest.mark.parametrize(
    "members,expected",
    [
        ([], "open"),
        (["waiting"], "open"),
        (["waiting", "suspended"], "blocked"),
        (["delayed", "completed"], "blocked"),
        (["active", "suspended"], "running"),
        (["completed", "skipped"], "completed"),
        (["completed", "cancelled"], "failed"),
        (["expired"], "failed"),
        (["failed", "waiting"], "open"),
    ],
)
def test_members_say_where_their_flow_stands(members: list[str], expected: str):
    assert flow_state_of(map(PublicState, members)) == expected
