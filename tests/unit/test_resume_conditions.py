"""Resume conditions and suspensions: their wire form, and what is refused before anything is sent."""

import dataclasses
from typing import Any

import pytest
from conformance.golden import golden

from ff_core.errors import InvalidInput
from ff_core.types import (
    OPERATOR_ONLY,
    TIMEOUT_ONLY,
    AllOf,
    ByName,
    Composite,
    Count,
    CountKind,
    Fresh,
    OperatorOnly,
    ResumeCondition,
    ResumePolicy,
    SignalMatcher,
    Single,
    SuspendArgs,
    SuspensionId,
    SuspensionReason,
    TimeoutOnly,
    UsePending,
    WaitpointId,
    WaitpointKey,
    Wildcard,
    dedup_ttl_ms,
)

VECTORS = golden("policies")
NOW = 1_000_000_000_000


def condition_of(typed: Any) -> ResumeCondition:
    """The condition that a golden row writes in the form of the Rust client's API."""
    match typed:
        case "OperatorOnly":
            return OperatorOnly()
        case "TimeoutOnly":
            return TimeoutOnly()
        case {"Single": single}:
            return Single(single["waitpoint_key"], matcher_of(single["matcher"]))
        case {"Composite": {"kind": "AllOf", "members": members}}:
            return Composite(AllOf(tuple(map(condition_of, members))))
        case {"Composite": {"kind": "Count", **count}}:
            matcher = matcher_of(count["matcher"]) if "matcher" in count else None
            return Composite(Count(count["n"], CountKind(count["count_kind"]), tuple(count["waitpoints"]), matcher))
    raise ValueError(typed)


def matcher_of(typed: Any) -> SignalMatcher:
    return Wildcard() if typed == "Wildcard" else ByName(typed["ByName"])


def fresh(name: str) -> Fresh:
    return Fresh(WaitpointId.new(), WaitpointKey(name))


PENDING = UsePending(WaitpointId.new())


def votes(*keys: str) -> Composite:
    return Composite(Count(1, CountKind.DISTINCT_WAITPOINTS, keys))


def suspension(**changes: Any) -> SuspendArgs:
    """A suspension that is fine, but for the changes."""
    fine = SuspendArgs(
        suspension_id=SuspensionId.new(),
        waitpoints=(fresh("wpk:a"),),
        resume_condition=Single("wpk:a", ByName("approved")),
        reason_code=SuspensionReason.WAITING_FOR_APPROVAL,
    )
    return dataclasses.replace(fine, **changes)


def refusal(args: SuspendArgs) -> str:
    with pytest.raises(InvalidInput) as refused:
        args.validate(NOW)
    return str(refused.value)


@pytest.mark.parametrize("row", VECTORS["resume_condition_wire"])
def test_a_condition_is_sent_in_the_form_of_the_wire(row: dict[str, Any]):
    assert condition_of(row["typed"]).to_wire(row["timeout_behavior"]) == row["wire"]


def test_a_deeper_node_says_its_whole_path():
    deep = Composite(AllOf((OperatorOnly(), Composite(AllOf((Single("a", Wildcard()), TimeoutOnly()))))))
    inner = deep.to_wire("fail")["tree"]["members"][1]
    assert [member["path"] for member in inner["members"]] == ["members[1].members[0]", "members[1].members[1]"]


@pytest.mark.parametrize("row", VECTORS["resume_policy_wire"])
def test_a_resume_policy_is_sent_in_the_form_of_the_wire(row: dict[str, Any]):
    assert ResumePolicy(**row["typed"]).to_wire() == row["wire"]


@pytest.mark.parametrize("row", VECTORS["composite_validation"])
def test_a_composite_that_can_never_be_met_is_refused(row: dict[str, Any]):
    args = suspension(waitpoints=(PENDING,), resume_condition=condition_of(row["typed"]))
    if row.get("valid"):
        args.validate(NOW)
    else:
        assert refusal(args) == row["detail"]


@pytest.mark.parametrize("row", VECTORS["suspend_dedup_ttl"])
def test_an_idempotency_key_holds_a_minute_beyond_the_timeout(row: dict[str, Any]):
    assert dedup_ttl_ms(row["timeout_at"], row["now"]) == row["ttl_ms"]


BAD = {
    "waitpoints_empty": {"waitpoints": ()},
    "waitpoint_key_mismatch": {"waitpoints": (fresh("wpk:other"),)},
    "additional_waitpoint_binding_empty_key at waitpoints[1]": {
        "waitpoints": (fresh("a"), fresh("")),
        "resume_condition": votes("a"),
    },
    "additional_waitpoint_binding_must_be_fresh at waitpoints[2]": {
        "waitpoints": (fresh("a"), fresh("b"), PENDING),
        "resume_condition": votes("a", "b"),
    },
    "referenced_waitpoint_key_missing_binding: c": {
        "waitpoints": (fresh("a"), fresh("b")),
        "resume_condition": Composite(AllOf((Single("a", Wildcard()), votes("c", "b")))),
    },
    "extra_binding_not_referenced_by_condition: b": {
        "waitpoints": (fresh("a"), fresh("b")),
        "resume_condition": votes("a"),
    },
    "timeout_only_without_deadline": {"resume_condition": TimeoutOnly()},
    "resume_condition: empty signal name (use Wildcard instead)": {
        "resume_condition": Single("wpk:a", ByName("")),
    },
    "resume_condition: reserved signal name __operator_only__": {
        "resume_condition": Single("wpk:a", ByName(OPERATOR_ONLY)),
    },
    "resume_condition: reserved signal name __timeout_only__": {
        "resume_condition": Composite(Count(1, CountKind.DISTINCT_SIGNALS, ("wpk:a",), ByName(TIMEOUT_ONLY))),
    },
    "timeout_at_in_past": {"timeout_at": NOW - 600_001},
    "count_n_zero at path <root>": {
        "resume_condition": Composite(Count(0, CountKind.DISTINCT_SIGNALS, ("wpk:a",))),
    },
}


@pytest.mark.parametrize("detail", BAD)
def test_a_suspension_that_makes_no_sense_is_refused(detail: str):
    assert refusal(suspension(**BAD[detail])) == detail


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"timeout_at": NOW - 600_000},
        {"waitpoints": (PENDING,)},
        {"resume_condition": OperatorOnly()},
        {"resume_condition": TimeoutOnly(), "timeout_at": NOW},
        {"waitpoints": (fresh("a"), fresh("b")), "resume_condition": votes("a", "b")},
    ],
)
def test_a_suspension_that_makes_sense_is_let_through(changes: dict[str, Any]):
    suspension(**changes).validate(NOW)


def test_the_first_of_several_faults_is_told():
    everything_wrong = {
        "timeout_at": 0,
        "resume_condition": Single("wpk:a", ByName("")),
        "waitpoints": (fresh("wpk:other"),),
    }
    assert refusal(suspension(**everything_wrong)) == "waitpoint_key_mismatch"
    del everything_wrong["waitpoints"]
    assert refusal(suspension(**everything_wrong)).startswith("resume_condition: empty")
    del everything_wrong["resume_condition"]
    assert refusal(suspension(**everything_wrong)) == "timeout_at_in_past"


def test_a_fresh_waitpoint_has_the_usual_key():
    waitpoint = Fresh.new()
    assert waitpoint.waitpoint_key == f"wpk:{waitpoint.waitpoint_id}"
