"""Suspending an execution: what a worker asks for and what it gets (contract 01 §14, 04 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self, TypeAlias

from ff_core.errors import InvalidInput
from ff_core.types.condition import (
    ResumeCondition,
    Single,
    TimeoutOnly,
    check_composite,
    check_signal_names,
    waitpoint_keys,
)
from ff_core.types.handle import Handle
from ff_core.types.ids import ExecutionId, SuspensionId, WaitpointId, WaitpointKey
from ff_core.types.state import BlockingReason
from ff_core.types.time import TimestampMs
from ff_core.types.token import WaitpointHmac, WaitpointToken


class SuspensionReason(StrEnum):
    """Why a worker suspends its execution."""

    WAITING_FOR_SIGNAL = "waiting_for_signal"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    WAITING_FOR_CALLBACK = "waiting_for_callback"
    WAITING_FOR_TOOL_RESULT = "waiting_for_tool_result"
    WAITING_FOR_OPERATOR_REVIEW = "waiting_for_operator_review"
    PAUSED_BY_POLICY = "paused_by_policy"
    PAUSED_BY_BUDGET = "paused_by_budget"
    STEP_BOUNDARY = "step_boundary"
    MANUAL_PAUSE = "manual_pause"


class SuspensionRequester(StrEnum):
    """Who asked for the suspension."""

    WORKER = "worker"
    OPERATOR = "operator"
    POLICY = "policy"
    SYSTEM_TIMEOUT_POLICY = "system_timeout_policy"


class TimeoutBehavior(StrEnum):
    """What happens when a suspension runs out of time."""

    FAIL = "fail"
    CANCEL = "cancel"
    EXPIRE = "expire"
    AUTO_RESUME_WITH_TIMEOUT_SIGNAL = "auto_resume_with_timeout_signal"
    ESCALATE = "escalate"


_BLOCKING_REASONS: Final[Mapping[str, BlockingReason]] = {
    SuspensionReason.WAITING_FOR_APPROVAL: BlockingReason.WAITING_FOR_APPROVAL,
    SuspensionReason.WAITING_FOR_CALLBACK: BlockingReason.WAITING_FOR_CALLBACK,
    SuspensionReason.WAITING_FOR_TOOL_RESULT: BlockingReason.WAITING_FOR_TOOL_RESULT,
    SuspensionReason.WAITING_FOR_OPERATOR_REVIEW: BlockingReason.PAUSED_BY_OPERATOR,
    SuspensionReason.PAUSED_BY_POLICY: BlockingReason.PAUSED_BY_POLICY,
    SuspensionReason.PAUSED_BY_BUDGET: BlockingReason.WAITING_FOR_BUDGET,
    SuspensionReason.MANUAL_PAUSE: BlockingReason.PAUSED_BY_OPERATOR,
}


def blocking_reason_of(reason_code: str) -> BlockingReason:
    """What an execution waits for that was suspended for `reason_code`, which may be any text."""
    return _BLOCKING_REASONS.get(reason_code, BlockingReason.WAITING_FOR_SIGNAL)


_PAST_TOLERANCE_MS: Final = 600_000
_DEDUP_MARGIN_MS: Final = 60_000
_DEDUP_LIMIT_MS: Final = 604_800_000


def dedup_ttl_ms(timeout_at: int | None, now: int) -> int:
    """How long an idempotency key of a suspension holds: a minute beyond the timeout, at most a week."""
    if timeout_at is None:
        return _DEDUP_LIMIT_MS
    return min(max(timeout_at - now, 0) + _DEDUP_MARGIN_MS, _DEDUP_LIMIT_MS)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A waitpoint that the suspension opens."""

    waitpoint_id: WaitpointId
    waitpoint_key: WaitpointKey

    @classmethod
    def new(cls) -> Self:
        """One with a fresh id and the usual key."""
        waitpoint_id = WaitpointId.new()
        return cls(waitpoint_id, WaitpointKey.of(waitpoint_id))


@dataclass(frozen=True, slots=True)
class UsePending:
    """A waitpoint that was opened before, so that early signals are kept."""

    waitpoint_id: WaitpointId


WaitpointBinding: TypeAlias = Fresh | UsePending


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePolicy:
    """What the worker wishes for when the execution resumes. The library stores it and does not act on it."""

    resume_target: str = "Runnable"
    close_waitpoint_on_resume: bool = True
    consume_matched_signals: bool = True
    retain_signal_buffer_until_closed: bool = False
    resume_delay_ms: int | None = None

    def to_wire(self) -> dict[str, Any]:
        """The document that suspend sends."""
        document: dict[str, Any] = {
            "resume_target": self.resume_target.lower(),
            "close_waitpoint_on_resume": self.close_waitpoint_on_resume,
            "consume_matched_signals": self.consume_matched_signals,
            "retain_signal_buffer_until_closed": self.retain_signal_buffer_until_closed,
        }
        if self.resume_delay_ms is not None:
            document["resume_delay_ms"] = self.resume_delay_ms
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendArgs:
    """What a worker asks for when it suspends its execution."""

    suspension_id: SuspensionId
    waitpoints: tuple[WaitpointBinding, ...]
    """The first is the primary one."""
    resume_condition: ResumeCondition
    reason_code: SuspensionReason
    resume_policy: ResumePolicy = ResumePolicy()
    requested_by: SuspensionRequester = SuspensionRequester.WORKER
    timeout_at: int | None = None
    """Ms since 1970; None waits for ever."""
    timeout_behavior: TimeoutBehavior = TimeoutBehavior.FAIL
    continuation_metadata_pointer: str | None = None
    idempotency_key: str | None = None

    def validate(self, now_ms: int) -> None:
        """Refuse what could never resume, in the order of contract 01 §14.1. Raises InvalidInput."""
        if not self.waitpoints:
            raise InvalidInput("waitpoints_empty")
        self._check_primary()
        if len(self.waitpoints) > 1:
            self._check_bindings()
        if isinstance(self.resume_condition, TimeoutOnly) and self.timeout_at is None:
            raise InvalidInput("timeout_only_without_deadline")
        check_signal_names(self.resume_condition)
        if self.timeout_at is not None and self.timeout_at + _PAST_TOLERANCE_MS < now_ms:
            raise InvalidInput("timeout_at_in_past")
        check_composite(self.resume_condition)

    def _check_primary(self) -> None:
        primary, condition = self.waitpoints[0], self.resume_condition
        if (
            isinstance(primary, Fresh)
            and isinstance(condition, Single)
            and primary.waitpoint_key != condition.waitpoint_key
        ):
            raise InvalidInput("waitpoint_key_mismatch")

    def _check_bindings(self) -> None:
        for place, binding in enumerate(self.waitpoints[1:], 1):
            if not isinstance(binding, Fresh):
                raise InvalidInput(f"additional_waitpoint_binding_must_be_fresh at waitpoints[{place}]")
            if not binding.waitpoint_key:
                raise InvalidInput(f"additional_waitpoint_binding_empty_key at waitpoints[{place}]")
        bound = [binding.waitpoint_key for binding in self.waitpoints if isinstance(binding, Fresh)]
        named = list(waitpoint_keys(self.resume_condition))
        for key in named:
            if key not in bound:
                raise InvalidInput(f"referenced_waitpoint_key_missing_binding: {key}")
        for key in bound:
            if key not in named:
                raise InvalidInput(f"extra_binding_not_referenced_by_condition: {key}")


@dataclass(frozen=True, slots=True)
class WaitpointTicket:
    """One waitpoint of a suspension with the token that decides it."""

    waitpoint_id: WaitpointId
    waitpoint_key: WaitpointKey
    waitpoint_token: WaitpointToken


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionDetails:
    """What a suspension gives out. Hand the tokens to those who are to decide, over a private channel."""

    suspension_id: SuspensionId
    waitpoint_id: WaitpointId
    waitpoint_key: WaitpointKey
    waitpoint_token: WaitpointToken
    additional: tuple[WaitpointTicket, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspended:
    """The execution waits; the lease is gone."""

    details: SuspensionDetails
    handle: Handle


@dataclass(frozen=True, slots=True)
class AlreadySatisfied:
    """Early signals have met the condition: the execution goes on under its lease."""

    details: SuspensionDetails


SuspendOutcome: TypeAlias = Suspended | AlreadySatisfied


class WaitpointKind(StrEnum):
    """How a `WaitpointSpec` chooses its signals."""

    SIGNAL_NAME = "SignalName"
    CORRELATION_ID = "CorrelationId"
    EXTERNAL = "External"


@dataclass(frozen=True, slots=True)
class WaitpointSpec:
    """One waitpoint of a suspension in the form of release 0.3.1."""

    kind: WaitpointKind
    matcher: bytes
    hmac_token: WaitpointHmac


@dataclass(frozen=True, slots=True)
class PendingWaitpoint:
    """A waitpoint that was opened before its suspension, with its token."""

    waitpoint_id: WaitpointId
    hmac_token: WaitpointHmac


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWaitpointInfo:
    """A waitpoint that can be decided, without its token."""

    waitpoint_id: WaitpointId
    waitpoint_key: WaitpointKey
    state: str
    execution_id: ExecutionId
    token_kid: str
    token_fingerprint: str
    """The first 16 digits of the token's digest."""
    created_at: TimestampMs
    activated_at: TimestampMs | None = None
    expires_at: TimestampMs | None = None
    required_signal_names: tuple[str, ...] = ()
    """Empty where any name will do, and for composite conditions."""
