"""Ending or pausing work: complete, fail, delay, wait for children, cancel (contract 03b §2, §3, §6.5).

A repeat of one of these finds the work no longer active. The refusal says how it ended and under which lease; where
that is what this very holder asked for, the repeat is answered as success (contract 08 §7).
"""

from __future__ import annotations

import json
from typing import Any

from ff_core.contract.model import Word
from ff_core.contract.outcome import (
    CANCEL_EXECUTION,
    COMPLETE_EXECUTION,
    DELAY_EXECUTION,
    FAIL_EXECUTION,
    MOVE_TO_WAITING_CHILDREN,
)
from ff_core.errors import ExecutionNotActive, ExecutionNotFound
from ff_core.keys import key
from ff_core.ops import payload as body
from ff_core.ops.command import get, hash_field, hash_fields, server_time
from ff_core.ops.held import fence_of, ids_of
from ff_core.ops.op import Op, send
from ff_core.ops.scope import core_key
from ff_core.types import (
    ExecutionId,
    FailOutcome,
    FailureClass,
    FailureReason,
    Handle,
    HandleFields,
    RetryScheduled,
    TerminalFailed,
    TerminalOutcome,
    TimestampMs,
    WaitpointId,
    decode_handle,
)


def complete(handle: Handle, result: Any = None) -> Op[None]:
    """Finish with success and keep `result` (JSON or bytes)."""
    held = decode_handle(handle)
    encoded = body.encode(result)
    try:
        yield from send(COMPLETE_EXECUTION.call(ids_of(held), {**fence_of(held), "result": encoded}))
    except ExecutionNotActive as refusal:
        if not _ended_by(held, refusal, TerminalOutcome.SUCCESS):
            raise


def fail(handle: Handle, reason: FailureReason, category: FailureClass = FailureClass.TRANSIENT) -> Op[FailOutcome]:
    """Fail the attempt. The retry policy is read now, not at submit; a permanent failure never retries."""
    held = decode_handle(handle)
    policy = yield from send(get(key("exec_policy", E=held.execution_id)))
    detail = (reason.detail or b"").decode("utf-8", "replace")
    args: dict[str, Word | None] = {
        **fence_of(held),
        "failure_reason": reason.message,
        "failure_category": detail or category.value,
        "retry_policy_json": "" if category is FailureClass.PERMANENT else _retry_policy(policy),
    }
    try:
        reply = yield from send(FAIL_EXECUTION.call(ids_of(held), args))
    except ExecutionNotActive as refusal:
        if _ended_by(held, refusal, TerminalOutcome.FAILED):
            return TerminalFailed()
        # A scheduled retry empties the attempt id; a paused attempt keeps it.
        if refusal.attempt_id or not _left_runnable(held, refusal):
            raise
        return RetryScheduled((yield from _delay_until(held)))
    if reply.text("outcome") == "retry_scheduled":
        return RetryScheduled(TimestampMs(_whole(reply.rest[0])))
    return TerminalFailed()


def delay(handle: Handle, delay_ms: int) -> Op[TimestampMs]:
    """Pause the attempt and give the lease back; it can be claimed again after `delay_ms`.

    Answers until when; a repeat answers what the first call set, 0 once that time has come.
    """
    held = decode_handle(handle)
    until = (yield from send(server_time())) + delay_ms
    try:
        yield from send(DELAY_EXECUTION.call(ids_of(held), {**fence_of(held), "delay_until": until}))
    except ExecutionNotActive as refusal:
        if not (yield from _paused_for(held, refusal, "worker_delay")):
            raise
        return (yield from _delay_until(held))
    return TimestampMs(until)


def wait_children(handle: Handle) -> Op[None]:
    """Pause the attempt until the executions it depends on have ended."""
    held = decode_handle(handle)
    try:
        yield from send(MOVE_TO_WAITING_CHILDREN.call(ids_of(held), fence_of(held)))
    except ExecutionNotActive as refusal:
        if not (yield from _paused_for(held, refusal, "waiting_children")):
            raise


def cancel(execution_id: ExecutionId, reason: str = "") -> Op[None]:
    """Cancel an execution in whatever state, as an operator. Cancelling it again is fine; another end is refused."""
    names = ("lane_id", "current_attempt_index", "current_waitpoint_id", "current_worker_instance_id")
    core = yield from send(hash_fields(core_key(execution_id), names))
    if not core["lane_id"]:
        raise ExecutionNotFound
    ids: dict[str, Word] = {
        "E": execution_id,
        "L": core["lane_id"],
        "I": core["current_attempt_index"] or "0",
        "P": core["current_worker_instance_id"],
        "W": core["current_waitpoint_id"] or WaitpointId.new(),
    }
    args: dict[str, Word | None] = {
        "execution_id": execution_id,
        "reason": reason,
        "source": "operator_override",
    }
    try:
        yield from send(CANCEL_EXECUTION.call(ids, args))
    except ExecutionNotActive as refusal:
        if refusal.terminal_outcome != TerminalOutcome.CANCELLED:
            raise


def cancel_held(handle: Handle, reason: str = "") -> Op[None]:
    """Cancel the work that this handle holds, as its worker."""
    held = decode_handle(handle)
    waitpoint = yield from send(hash_field(core_key(held.execution_id), "current_waitpoint_id"))
    args: dict[str, Word | None] = {
        "execution_id": held.execution_id,
        "reason": reason,
        "source": "lease_holder",
        "lease_id": held.lease_id,
        "lease_epoch": held.lease_epoch,
    }
    try:
        yield from send(CANCEL_EXECUTION.call({**ids_of(held), "W": waitpoint or WaitpointId.new()}, args))
    except ExecutionNotActive as refusal:
        if not _ended_by(held, refusal, TerminalOutcome.CANCELLED):
            raise


def _ended_by(held: HandleFields, refusal: ExecutionNotActive, outcome: TerminalOutcome) -> bool:
    return (
        refusal.terminal_outcome == outcome
        and refusal.lease_epoch == str(held.lease_epoch)
        and refusal.attempt_id == held.attempt_id
    )


def _left_runnable(held: HandleFields, refusal: ExecutionNotActive) -> bool:
    """Whether nobody has held the work since this holder, and it can be claimed again."""
    return refusal.lifecycle_phase == "runnable" and refusal.lease_epoch == str(held.lease_epoch)


def _paused_for(held: HandleFields, refusal: ExecutionNotActive, why: str) -> Op[bool]:
    """Whether this holder has paused its attempt, and for `why`: a suspension that was resumed looks the same."""
    if not _left_runnable(held, refusal):
        return False
    attempt = key("attempt", E=held.execution_id, I=held.attempt_index)
    return (yield from send(hash_field(attempt, "suspension_id"))) == why


def _delay_until(held: HandleFields) -> Op[TimestampMs]:
    return TimestampMs(_whole((yield from send(hash_field(core_key(held.execution_id), "delay_until")))))


def _retry_policy(policy: bytes | None) -> str:
    document = body.decode(policy)
    if not isinstance(document, dict) or "retry_policy" not in document:
        return ""
    return json.dumps(document["retry_policy"])


def _whole(text: str) -> int:
    """Milliseconds from stored text, a fraction rounded up (contract 01 §7.3)."""
    return -int(-float(text or "0") // 1)
