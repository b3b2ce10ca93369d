"""Approving and rejecting as an operator, who never sees the token (contract 04 §11.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ff_core.errors import ExecutionNotFound, ExecutionNotSuspended, InvalidInput, WaitpointClosed, WaitpointNotFound
from ff_core.keys import key
from ff_core.ops import payload as body
from ff_core.ops.command import hash_field, hash_fields, whole_hash
from ff_core.ops.condition import accepted_names
from ff_core.ops.op import Op, send, send_all, send_both
from ff_core.ops.scope import Scope, core_key
from ff_core.ops.signal import deliver
from ff_core.types import ExecutionId, Signal, SignalAccepted, SignalId, WaitpointId, WaitpointToken

APPROVE, REJECT = "approve", "reject"
"""Names of the signals that a decision sends where the condition takes any name."""

_OPEN = ("pending", "active")
"""States of a waitpoint that takes signals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a decision came to."""

    execution_id: ExecutionId
    waitpoint_id: WaitpointId
    signal_id: SignalId
    signal_name: str
    effect: str
    """Wire word; ``resume_condition_satisfied`` means that the execution goes on."""

    @property
    def resumed(self) -> bool:
        """Whether the execution goes on."""
        return self.effect == "resume_condition_satisfied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an operator decides: the signal's name where the condition takes any, and what goes along with it."""

    name: str
    comment: str = ""
    by: str = ""
    payload: Any = None

    def signal(self, name: str, waitpoint_id: WaitpointId, token: WaitpointToken) -> Signal:
        """The signal that carries this verdict under `name`."""
        told = {"decision": self.name, "comment": self.comment, "by": self.by, "payload": self.payload}
        return Signal(
            signal_id=SignalId.new(),
            waitpoint_id=waitpoint_id,
            signal_name=name,
            token=token,
            signal_category="approval" if self.name == APPROVE else "rejection",
            source_type="operator",
            source_identity=self.by,
            payload=body.encode({field: value for field, value in told.items() if value not in ("", None)}),
        )


def decide(scope: Scope, target: ExecutionId | WaitpointId, verdict: Verdict) -> Op[Decision]:
    """Send a verdict to a waitpoint, or to the first open one of an execution.

    Raises ExecutionNotSuspended, WaitpointClosed or TargetNotSignalable when somebody else has decided already,
    InvalidInput when the condition takes no signal of that name.
    """
    execution_id, waitpoint_id = yield from _located(scope, target)
    record, condition = yield from send_both(
        hash_fields(key("waitpoint", E=execution_id, W=waitpoint_id), ("waitpoint_token", "waitpoint_key", "state")),
        whole_hash(key("waitpoint_condition", E=execution_id, W=waitpoint_id)),
    )
    if record["state"] not in _OPEN:
        raise WaitpointClosed
    # A waitpoint that is not active yet has no condition: whatever comes is kept for it.
    name = _name_for(verdict, accepted_names(condition, record["waitpoint_key"])) if condition else verdict.name
    token = WaitpointToken(record["waitpoint_token"])
    result = yield from deliver(execution_id, verdict.signal(name, waitpoint_id, token))
    if not isinstance(result, SignalAccepted):
        raise TypeError("a signal without an idempotency key cannot be a duplicate")
    return Decision(
        execution_id=execution_id,
        waitpoint_id=waitpoint_id,
        signal_id=result.signal_id,
        signal_name=name,
        effect=result.effect,
    )


def _located(scope: Scope, target: ExecutionId | WaitpointId) -> Op[tuple[ExecutionId, WaitpointId]]:
    if isinstance(target, ExecutionId):
        core = yield from send(hash_fields(core_key(target), ("lane_id", "current_waitpoint_id")))
        if not core["lane_id"]:
            raise ExecutionNotFound
        if not core["current_waitpoint_id"]:
            raise ExecutionNotSuspended
        return target, WaitpointId(core["current_waitpoint_id"])
    # A waitpoint id does not tell its partition.
    owners = yield from send_all(
        hash_field(key("waitpoint", T=tag, W=target), "execution_id") for tag in scope.flow_tags()
    )
    for owner in owners:
        if owner:
            return ExecutionId(owner), target
    raise WaitpointNotFound


def _name_for(verdict: Verdict, accepted: tuple[str, ...]) -> str:
    if not accepted:
        raise InvalidInput("this waitpoint takes no signal; resume or cancel the work instead, or wait for its timeout")
    if verdict.name in accepted or "" in accepted:
        return verdict.name
    if verdict.name == APPROVE:
        return accepted[0]
    raise InvalidInput(
        f"this waitpoint takes only {' or '.join(accepted)}, so a rejection changes nothing; cancel the work instead"
    )
