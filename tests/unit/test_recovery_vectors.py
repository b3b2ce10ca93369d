"""What a client makes of a lost reply, and of a server without the library: the golden rows (contract 08 §6, §7)."""

from typing import Any

import pytest
from conformance.golden import golden

from ff_core.errors import ExecutionNotActive, FlowFabricError
from ff_core.ops import outcome, setup
from ff_core.ops.op import Op
from ff_core.types import (
    AttemptId,
    ExecutionId,
    FailureReason,
    Handle,
    HandleFields,
    HandleKind,
    LaneId,
    LeaseId,
    RetryScheduled,
    TerminalFailed,
    WorkerInstanceId,
    encode_handle,
)

VECTORS = golden("errors")
ATTEMPTS = {"": "", "A": str(AttemptId.new()), "B": str(AttemptId.new())}
CALLS: dict[str, Any] = {
    "complete": outcome.complete,
    "cancel": outcome.cancel_held,
    "fail": lambda handle: outcome.fail(handle, FailureReason("boom")),
}
RESULTS: dict[str, type] = {"ok": type(None), "terminal_failed": TerminalFailed, "retry_scheduled": RetryScheduled}


def handle_for(row: dict[str, Any]) -> Handle:
    fields = HandleFields(
        execution_id=ExecutionId("{fp:7}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"),
        attempt_index=0,
        attempt_id=AttemptId(ATTEMPTS[row["handle"]["attempt_id"]]),
        lease_id=LeaseId.new(),
        lease_epoch=row["handle"]["lease_epoch"],
        lease_ttl_ms=30_000,
        lane_id=LaneId("default"),
        worker_instance_id=WorkerInstanceId("w1"),
    )
    return encode_handle(fields, HandleKind.FRESH)


def outcome_of(op: Op[object], reply: list[Any]) -> object:
    """What the op comes to when every library call is answered `reply` and every read finds nothing."""
    answer: Any = None
    while True:
        try:
            step: Any = op.throw(answer) if isinstance(answer, FlowFabricError) else op.send(answer)
        except StopIteration as stop:
            return stop.value
        try:
            answer = step.read(reply if step.function else None)
        except FlowFabricError as refusal:
            answer = refusal


@pytest.mark.parametrize("row", VECTORS["replay_reconciliation"])
def test_a_refusal_is_success_only_where_it_proves_an_own_earlier_call(row: dict[str, Any]):
    flag, code, ended, epoch, phase, attempt = row["reply"]
    op = CALLS[row["call"]](handle_for(row))
    reply = [flag, code, ended, epoch, phase, ATTEMPTS[attempt]]
    if row["result"] == "error":
        with pytest.raises(ExecutionNotActive):
            outcome_of(op, reply)
    else:
        assert isinstance(outcome_of(op, reply), RESULTS[row["result"]])


@pytest.mark.parametrize("row", VECTORS["function_missing_messages"], ids=lambda row: row["message"])
def test_the_library_is_loaded_for_exactly_the_words_of_a_server_that_lacks_it(row: dict[str, Any]):
    assert bool(setup.MISSING_FUNCTION.search(row["message"])) == row["missing"]


@pytest.mark.parametrize("row", VECTORS["load_error_is_permanent"], ids=lambda row: row["message"])
def test_loading_is_tried_again_unless_the_library_itself_is_refused(row: dict[str, Any]):
    assert setup.is_permanent(row["message"]) == row["permanent"]
