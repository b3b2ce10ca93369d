"""Suspending on waitpoints, opening them early, closing and resuming (contract 04 §6, §11)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ff_core.contract.model import Word
from ff_core.contract.suspension import (
    CLOSE_WAITPOINT,
    CREATE_PENDING_WAITPOINT,
    RESUME_EXECUTION,
    SUSPEND_EXECUTION,
)
from ff_core.errors import ExecutionNotFound, ExecutionNotSuspended, WaitpointAlreadyExists
from ff_core.keys import key
from ff_core.ops.command import hash_field, hash_fields, server_time
from ff_core.ops.held import fence_of, ids_of
from ff_core.ops.op import REPEAT_TTL_MS, Op, send
from ff_core.ops.scope import core_key
from ff_core.types import (
    AlreadySatisfied,
    ExecutionId,
    Fresh,
    Handle,
    HandleKind,
    PendingWaitpoint,
    ResumeCondition,
    Single,
    SuspendArgs,
    Suspended,
    SuspendOutcome,
    SuspensionDetails,
    SuspensionId,
    SuspensionReason,
    TimeoutBehavior,
    TimestampMs,
    UsePending,
    WaitpointBinding,
    WaitpointHmac,
    WaitpointId,
    WaitpointKey,
    WaitpointTicket,
    WaitpointToken,
    Wildcard,
    decode_handle,
    dedup_ttl_ms,
    encode_handle,
    waitpoint_keys,
)


def suspend_within(
    handle: Handle,
    condition: ResumeCondition | None,
    *,
    reason: SuspensionReason,
    timeout_ms: int | None,
    on_timeout: TimeoutBehavior,
    idempotency_key: str | None,
    waitpoints: tuple[WaitpointBinding, ...],
) -> Op[SuspendOutcome]:
    """Suspend for at most a time; without a condition, until any signal comes to one fresh waitpoint."""
    bindings = waitpoints or _fresh_for(condition)
    primary = bindings[0]
    key_ = primary.waitpoint_key if isinstance(primary, Fresh) else ""
    now = yield from send(server_time())
    args = SuspendArgs(
        suspension_id=SuspensionId.new(),
        waitpoints=bindings,
        resume_condition=condition or Single(key_, Wildcard()),
        reason_code=reason,
        timeout_at=None if timeout_ms is None else TimestampMs(now + timeout_ms),
        timeout_behavior=on_timeout,
        idempotency_key=idempotency_key,
    )
    return (yield from suspend(handle, args, now))


def _fresh_for(condition: ResumeCondition | None) -> tuple[WaitpointBinding, ...]:
    keys = list(dict.fromkeys(waitpoint_keys(condition))) if condition else []
    return tuple(Fresh(WaitpointId.new(), WaitpointKey(name)) for name in keys) or (Fresh.new(),)


def suspend(handle: Handle, args: SuspendArgs, now: int) -> Op[SuspendOutcome]:
    """Give the lease back and wait, unless signals that came early have met the condition already.

    Raises InvalidInput for what `SuspendArgs.validate` refuses, before anything is sent.
    """
    args.validate(now)
    held = decode_handle(handle)
    primary, *extras = args.waitpoints
    # Without a key of the caller's, the fresh id makes a repeat of this very call known.
    key_ = args.idempotency_key or args.suspension_id
    request = SUSPEND_EXECUTION.call(
        {**ids_of(held), "W": primary.waitpoint_id, "K": key_},
        {
            **fence_of(held),
            "attempt_index": held.attempt_index,
            "suspension_id": args.suspension_id,
            "waitpoint_id": primary.waitpoint_id,
            "waitpoint_key": primary.waitpoint_key if isinstance(primary, Fresh) else "",
            "reason_code": args.reason_code.value,
            "requested_by": args.requested_by.value,
            "timeout_at": args.timeout_at,
            "resume_condition_json": json.dumps(args.resume_condition.to_wire(args.timeout_behavior)),
            "resume_policy_json": json.dumps(args.resume_policy.to_wire()),
            "continuation_metadata_pointer": args.continuation_metadata_pointer,
            "use_pending_waitpoint": "1" if isinstance(primary, UsePending) else "0",
            "timeout_behavior": args.timeout_behavior.value,
            "lease_history_maxlen": 1000,
            "idempotency_key": key_,
            "dedup_ttl_ms": dedup_ttl_ms(args.timeout_at, now) if args.idempotency_key else REPEAT_TTL_MS,
            "extra_count": len(extras),
        },
        choose={"suspend_dedup": "suspend_dedup"},
        rest=[({"W": extra.waitpoint_id}, _binding(extra)) for extra in extras],
    )
    reply = yield from send(request)
    details = _details([reply.text(name) for name in reply.names], reply.rest)
    if reply.status == "ALREADY_SATISFIED":
        return AlreadySatisfied(details)
    return Suspended(details, encode_handle(held, HandleKind.SUSPENDED))


def _binding(extra: Fresh | UsePending) -> Sequence[Word]:
    return (extra.waitpoint_id, extra.waitpoint_key if isinstance(extra, Fresh) else "")


def _details(named: list[str], rest: Sequence[str]) -> SuspensionDetails:
    suspension_id, waitpoint_id, waitpoint_key, token, _ = named
    extras = tuple(
        WaitpointTicket(WaitpointId(rest[at]), WaitpointKey(rest[at + 1]), WaitpointToken(rest[at + 2]))
        for at in range(0, len(rest), 3)
    )
    return SuspensionDetails(
        suspension_id=SuspensionId(suspension_id),
        waitpoint_id=WaitpointId(waitpoint_id),
        waitpoint_key=WaitpointKey(waitpoint_key),
        waitpoint_token=WaitpointToken(token),
        additional=extras,
    )


def create_waitpoint(handle: Handle, waitpoint_key: str | None, expires_ms: int) -> Op[PendingWaitpoint]:
    """Open a waitpoint before suspending on it, so that a signal that comes early is kept."""
    held = decode_handle(handle)
    waitpoint_id = WaitpointId.new()
    expires_at = (yield from send(server_time())) + expires_ms
    args: dict[str, Word | None] = {
        "execution_id": held.execution_id,
        "attempt_index": held.attempt_index,
        "waitpoint_id": waitpoint_id,
        "waitpoint_key": waitpoint_key or f"wpk:{waitpoint_id}",
        "expires_at": expires_at,
    }
    try:
        reply = yield from send(CREATE_PENDING_WAITPOINT.call({**ids_of(held), "W": waitpoint_id}, args))
        token = reply.text("waitpoint_token")
    except WaitpointAlreadyExists:
        # The id is fresh, so an earlier try of this very call made it and its reply was lost.
        record = key("waitpoint", E=held.execution_id, W=waitpoint_id)
        token = (yield from send(hash_fields(record, ("waitpoint_token",))))["waitpoint_token"]
    return PendingWaitpoint(waitpoint_id, WaitpointHmac(token))


def close_waitpoint(execution_id: ExecutionId, waitpoint_id: WaitpointId, reason: str = "") -> Op[None]:
    """Give up a waitpoint that nobody needs any more; closing it again is fine."""
    yield from send(
        CLOSE_WAITPOINT.call(
            {"E": execution_id, "W": waitpoint_id},
            {"waitpoint_id": waitpoint_id, "reason": reason or "proactive_close"},
        )
    )


def resume(execution_id: ExecutionId, delay_ms: int = 0) -> Op[str]:
    """Resume a suspended execution without a signal, as an operator. Answers its public state."""
    names = ("lane_id", "current_waitpoint_id", "current_suspension_id")
    core = yield from send(hash_fields(core_key(execution_id), names))
    if not core["lane_id"]:
        raise ExecutionNotFound
    if not core["current_waitpoint_id"]:
        raise ExecutionNotSuspended
    try:
        reply = yield from send(
            RESUME_EXECUTION.call(
                {"E": execution_id, "L": core["lane_id"], "W": core["current_waitpoint_id"]},
                {"execution_id": execution_id, "trigger_type": "operator", "resume_delay_ms": delay_ms},
            )
        )
    except ExecutionNotSuspended:
        # Perhaps an earlier try of this very call has resumed it and its reply was lost.
        if not (yield from _was_resumed(execution_id, core["current_suspension_id"])):
            raise
        return (yield from send(hash_field(core_key(execution_id), "public_state")))
    return reply.text("public_state")


def _was_resumed(execution_id: ExecutionId, suspension_id: str) -> Op[bool]:
    names = ("suspension_id", "close_reason")
    last = yield from send(hash_fields(key("suspension_current", E=execution_id), names))
    return last == {"suspension_id": suspension_id, "close_reason": "resumed"}
