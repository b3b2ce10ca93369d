"""Giving signals to waitpoints and reading what resumed an execution (contract 04 §7, §11)."""

from __future__ import annotations

import json
from typing import Final

from ff_core.contract.model import Function, Word
from ff_core.contract.suspension import BUFFER_SIGNAL, DELIVER_SIGNAL
from ff_core.errors import (
    ExecutionNotFound,
    InvalidInput,
    TargetNotSignalable,
    WaitpointClosed,
    WaitpointNotPending,
    WaitpointPendingUseBufferScript,
)
from ff_core.keys import key
from ff_core.ops.command import get, hash_field, hash_fields, whole_hash
from ff_core.ops.op import REPEAT_TTL_MS, Op, send, send_all
from ff_core.ops.scope import core_key
from ff_core.types import (
    OPERATOR_ONLY,
    TIMEOUT_ONLY,
    DeliverSignalResult,
    ExecutionId,
    Handle,
    HandleFields,
    LaneId,
    ResumeSignal,
    Signal,
    SignalAccepted,
    SignalDuplicate,
    SignalId,
    TimestampMs,
    WaitpointId,
    decode_handle,
)

MAX_PAYLOAD_BYTES: Final = 65_536

_RESERVED: Final = (OPERATOR_ONLY, TIMEOUT_ONLY)


def deliver(execution_id: ExecutionId, signal: Signal) -> Op[DeliverSignalResult]:
    """Give a signal to its waitpoint, active or still pending.

    Raises InvalidToken for a token that is not this waitpoint's, WaitpointClosed or TargetNotSignalable when it came
    too late. A repeat after a lost reply is answered as the first try was.
    """
    _check(signal)
    lane = yield from send(hash_field(core_key(execution_id), "lane_id"))
    if not lane:
        raise ExecutionNotFound
    try:
        return (yield from _deliver_or_buffer(execution_id, LaneId(lane), signal))
    except (TargetNotSignalable, WaitpointClosed) as refusal:
        effect = yield from _effect(execution_id, signal.signal_id)
        if not effect:
            raise refusal from None
        return SignalAccepted(signal.signal_id, effect)


def _check(signal: Signal) -> None:
    if not signal.signal_name:
        raise InvalidInput("the signal has no name; give one")
    if signal.signal_name in _RESERVED:
        raise InvalidInput(f"{signal.signal_name} is a reserved signal name; choose another")
    size = len(signal.payload or b"")
    if size > MAX_PAYLOAD_BYTES:
        raise InvalidInput(
            f"the signal's payload has {size} bytes; send at most {MAX_PAYLOAD_BYTES}, or a reference to the data"
        )


def _effect(execution_id: ExecutionId, signal_id: SignalId) -> Op[str]:
    return send(hash_field(key("signal", E=execution_id, S=signal_id), "observed_effect"))


def _deliver_or_buffer(execution_id: ExecutionId, lane: LaneId, signal: Signal) -> Op[DeliverSignalResult]:
    try:
        return (yield from _sent_by(DELIVER_SIGNAL, execution_id, lane, signal))
    except WaitpointPendingUseBufferScript:
        pass
    try:
        return (yield from _sent_by(BUFFER_SIGNAL, execution_id, lane, signal))
    except (WaitpointNotPending, WaitpointClosed):
        # It became active, or was closed, between the two calls.
        return (yield from _sent_by(DELIVER_SIGNAL, execution_id, lane, signal))


def _sent_by(function: Function, execution_id: ExecutionId, lane: LaneId, signal: Signal) -> Op[DeliverSignalResult]:
    # Without a key of the caller's, the signal's id makes a repeat of this very call known.
    key_ = signal.idempotency_key or signal.signal_id
    ids: dict[str, Word] = {
        "E": execution_id,
        "L": lane,
        "W": signal.waitpoint_id,
        "S": signal.signal_id,
        "K": key_,
    }
    args: dict[str, Word | None] = {
        "signal_id": signal.signal_id,
        "execution_id": execution_id,
        "waitpoint_id": signal.waitpoint_id,
        "signal_name": signal.signal_name,
        "signal_category": signal.signal_category,
        "source_type": signal.source_type,
        "source_identity": signal.source_identity,
        "payload": signal.payload,
        "payload_encoding": signal.payload_encoding,
        "idempotency_key": key_,
        "correlation_id": signal.correlation_id,
        "target_scope": signal.target_scope,
        "created_at": signal.created_at,
        "dedup_ttl_ms": signal.dedup_ttl_ms if signal.idempotency_key else REPEAT_TTL_MS,
        "resume_delay_ms": signal.resume_delay_ms,
        "signal_maxlen": signal.signal_maxlen,
        "max_signals_per_execution": signal.max_signals,
        "waitpoint_token": signal.token.reveal(),
    }
    reply = yield from send(function.call(ids, args, choose={"signal_dedup": "signal_dedup"}))
    first = SignalId(reply.text("signal_id"))
    if reply.status != "DUPLICATE":
        return SignalAccepted(first, reply.text("effect"))
    if first != signal.signal_id:
        return SignalDuplicate(first)
    return SignalAccepted(first, (yield from _effect(execution_id, first)))


def observe_signals(handle: Handle, early: WaitpointId | None = None) -> Op[tuple[ResumeSignal, ...]]:
    """The signals that resumed this attempt, in no particular order; none after an operator's or a timeout's resume.

    `early` names the waitpoint of a suspension that was satisfied already: then those that had come to it. Such a
    suspension leaves no other trace (contract 04 §11.1).
    """
    held = decode_handle(handle)
    execution = held.execution_id
    satisfiers = yield from _met(execution, early) if early else _satisfiers(held)
    records = yield from send_all(whole_hash(key("signal", E=execution, S=signal)) for signal in satisfiers)
    payloads = yield from send_all(get(key("signal_payload", E=execution, S=signal)) for signal in satisfiers)
    return tuple(_resume_signal(record, payload) for record, payload in zip(records, payloads, strict=True) if record)


def _satisfiers(held: HandleFields) -> Op[list[str]]:
    names = ("attempt_index", "close_reason", "waitpoint_id", "all_satisfier_signals")
    suspension = yield from send(hash_fields(key("suspension_current", E=held.execution_id), names))
    if suspension["attempt_index"] != str(held.attempt_index) or suspension["close_reason"] != "resumed":
        return []
    listed: list[str] = json.loads(suspension["all_satisfier_signals"] or "[]")
    return listed or (yield from _met(held.execution_id, suspension["waitpoint_id"]))


def _met(execution: ExecutionId, waitpoint: str) -> Op[list[str]]:
    """The signals that the matchers of a waitpoint's plain condition have taken."""
    condition = yield from send(whole_hash(key("waitpoint_condition", E=execution, W=waitpoint)))
    places = range(int(condition.get("total_matchers") or 0))
    signals = (condition.get(f"matcher:{place}:signal_id", "") for place in places)
    return [signal for signal in signals if signal]


def _resume_signal(record: dict[str, str], payload: bytes | None) -> ResumeSignal:
    accepted_at = record.get("accepted_at", "")
    return ResumeSignal(
        signal_id=SignalId(record["signal_id"]),
        signal_name=record["signal_name"],
        signal_category=record["signal_category"],
        source_type=record["source_type"],
        source_identity=record["source_identity"],
        correlation_id=record.get("correlation_id", ""),
        accepted_at=TimestampMs(int(accepted_at) if accepted_at.isdigit() else 0),
        payload=payload,
    )
