"""Every code has its class, and every reply its error."""

from typing import Any

import pytest
from conformance.golden import golden
from unit.copies import copies

import ff_core.errors
from ff_core.contract.reply import decode_reply
from ff_core.errors import (
    CODES,
    AlreadyMemberOfDifferentFlow,
    BugError,
    Contention,
    ErrorClass,
    ExecutionNotActive,
    FlowFabricError,
    InvalidInput,
    MalformedReply,
    NotFound,
    ResourceExhausted,
    StaleLease,
    StateError,
    StreamDisconnected,
    TimedOut,
    TransportError,
    TransportKind,
    UndeclaredCode,
    ValidationError,
    error_for,
)

VECTORS = golden("errors")
ROWS = {row["code"]: row for row in VECTORS["codes"]}
NOT_OF_THE_ORIGINAL = {"handle_from_other_backend", "invalid_resume_condition"}


def snake(bucket: str) -> str:
    return {"NotFound": "not_found"}.get(bucket, bucket.lower())


def test_every_code_has_exactly_one_class():
    assert CODES.keys() - NOT_OF_THE_ORIGINAL == ROWS.keys()
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize("code", ROWS)
def test_a_code_has_its_bucket_and_class(code: str):
    row = ROWS[code]
    error = error_for(code, [f"detail {place}" for place, _ in enumerate(row["details"])])
    bucket = row.get("suggested_bucket", row["bucket"])
    assert error.code == code
    assert error.bucket == snake(bucket)
    assert error.error_class == ("bug" if bucket == "Bug" else row["class"].lower())
    assert error.retryable is (error.error_class is ErrorClass.RETRYABLE)
    assert all(detail in str(error) for detail in error.details)


@pytest.mark.parametrize("code", CODES)
def test_the_name_of_a_class_is_its_code(code: str):
    assert CODES[code].__name__ == "".join(word.capitalize() for word in code.split("_"))


@pytest.mark.parametrize("code", CODES)
def test_every_error_says_in_one_line_what_happened(code: str):
    text = str(error_for(code, ()))
    assert text.endswith(".")
    assert "\n" not in text
    assert code not in text.split()


def test_a_code_cannot_belong_to_two_classes():
    with pytest.raises(TypeError, match=r"Impostor claims code stale_lease, which belongs to StaleLease"):
        type("Impostor", (StateError,), {}, code="stale_lease")
    assert CODES["stale_lease"] is StaleLease


def test_an_undeclared_code_is_a_bug_that_names_it():
    error = error_for("no_such_code", ["d"])
    assert isinstance(error, UndeclaredCode)
    assert isinstance(error, BugError)
    assert "unknown error code: no_such_code" in str(error)
    assert "d" in error.details


def test_the_code_with_a_flow_id_in_it_is_recognised():
    error = error_for("already_member_of_different_flow:550e8400-e29b-41d4-a716-446655440000")
    assert isinstance(error, AlreadyMemberOfDifferentFlow)
    assert str(error).endswith("(flow: 550e8400-e29b-41d4-a716-446655440000)")


@pytest.mark.parametrize("row", VECTORS["decode"], ids=lambda row: str(row["reply"]))
def test_a_reply_is_decoded(row: dict[str, Any]):
    if "status" in row:
        assert decode_reply(row["reply"], "ff_f") == (row["status"], tuple(row["fields"]))
        return
    with pytest.raises(FlowFabricError) as refused:
        decode_reply(row["reply"], "ff_f")
    if "error" in row:
        assert refused.value.code == row["error"]
        assert refused.value.details == tuple(row["details"])
    else:
        assert row["message_contains"] in str(refused.value)
        assert isinstance(refused.value, MalformedReply | UndeclaredCode)
        assert not refused.value.retryable


@pytest.mark.parametrize("row", VECTORS["observed"], ids=lambda row: f"{row['function']}: {row['when']}")
def test_an_observed_refusal_gives_its_error(row: dict[str, Any]):
    with pytest.raises(FlowFabricError) as refused:
        decode_reply([row["reply"][0], *map(str.encode, row["reply"][1:])], row["function"])
    assert refused.value.bucket == snake(row.get("suggested_bucket", row["bucket"]))
    assert refused.value.code == row["reply"][1].partition(":")[0]


def test_bytes_that_are_no_text_and_numbers_are_decoded():
    assert decode_reply([1, b"OK", b"\xff", 7, None, [1]], "ff_f") == ("OK", ("\ufffd", "7", "", ""))
    assert decode_reply([1], "ff_f") == ("", ())


def test_a_refusal_for_the_phase_says_where_the_execution_stands():
    error = error_for("execution_not_active", ["success", "3", "terminal", "att"])
    assert isinstance(error, ExecutionNotActive)
    told = (error.terminal_outcome, error.lease_epoch, error.lifecycle_phase, error.attempt_id)
    assert told == ("success", "3", "terminal", "att")
    assert "(outcome: success; lease epoch: 3; phase: terminal; attempt: att)" in str(error)
    assert ExecutionNotActive().attempt_id == ""


@pytest.mark.parametrize("row", VECTORS["backend_error_kinds"], ids=lambda row: row["kind"])
def test_a_fault_on_the_way_is_worth_another_try_by_its_kind(row: dict[str, Any]):
    error = TransportError("no route", kind=TransportKind(row["kind"]))
    assert error.retryable is row["retryable"]
    assert "no route" in str(error)


def test_every_recorded_kind_of_fault_is_known():
    assert {kind.value for kind in TransportKind} == {row["kind"] for row in VECTORS["backend_error_kinds"]}


def test_errors_are_caught_by_what_they_also_are():
    assert isinstance(InvalidInput("x"), ValueError)
    assert isinstance(TimedOut("wait", 1.5), TimeoutError)
    assert issubclass(ff_core.errors.ExecutionNotFound, NotFound)
    assert issubclass(ff_core.errors.LeaseConflict, Contention)
    assert issubclass(ff_core.errors.TokenExpired, ff_core.errors.InvalidToken)
    assert issubclass(ff_core.errors.Corruption, ValidationError)


ERRORS = [
    InvalidInput("lane id is empty", fault="Empty", carries=0),
    error_for("execution_not_active", ["none", "0", "runnable", ""]),
    TransportError("x", kind=TransportKind.CLUSTER),
    TimedOut("the end of an execution", 1.5),
    ResourceExhausted("connections", 8, retry_after_ms=50),
    StreamDisconnected("17-0"),
    UndeclaredCode("no_such_code"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error: FlowFabricError):
    for found in copies(error):
        assert type(found) is type(error)
        assert str(found) == str(error)
        assert vars(found) == vars(error)


def test_everything_public_can_be_imported_from_the_package():
    missing = [cls.__name__ for cls in all_errors(FlowFabricError) if cls.__name__ not in ff_core.errors.__all__]
    assert missing == []


def all_errors(root: type[FlowFabricError]) -> list[type[FlowFabricError]]:
    """`root` and everything below it that the package defines."""
    below = [
        cls for sub in root.__subclasses__() if sub.__module__.startswith("ff_core.errors") for cls in all_errors(sub)
    ]
    return [root, *below]
