"""What is known of an execution, its attempts and its leases at one moment (contract 01 §16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ff_core.types.ids import (
    AttemptId,
    ExecutionId,
    FlowId,
    LaneId,
    LeaseId,
    Namespace,
    WaitpointId,
    WorkerId,
    WorkerInstanceId,
)
from ff_core.types.record import Record, ceiling, count, fraction, timestamp, timestamp_up
from ff_core.types.state import (
    AttemptRecordState,
    AttemptState,
    AttemptType,
    BlockingReason,
    EligibilityState,
    LifecyclePhase,
    OwnershipState,
    PublicState,
    StateVector,
    TerminalOutcome,
)
from ff_core.types.time import TimestampMs


@dataclass(frozen=True, slots=True)
class AttemptSummary:
    """The current attempt of an execution."""

    attempt_id: AttemptId
    attempt_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSummary:
    """The current lease of an execution."""

    lease_id: LeaseId
    lease_epoch: int
    worker_instance_id: WorkerInstanceId
    expires_at: TimestampMs
    attempt_index: int
    last_heartbeat_at: TimestampMs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSnapshot:
    """Everything that the record of an execution and its tags say. Times are ms since 1970."""

    execution_id: ExecutionId
    namespace: Namespace
    lane_id: LaneId
    execution_kind: str
    priority: int
    creator_identity: str
    state: StateVector
    blocking_reason: str | None
    """The stored word, ``none`` included."""
    blocking_detail: str | None
    created_at: TimestampMs
    started_at: TimestampMs | None
    completed_at: TimestampMs | None
    last_mutation_at: TimestampMs
    delay_until: TimestampMs | None
    total_attempt_count: int
    retry_count: int
    progress_pct: float | None
    progress_message: str
    failure_reason: str | None
    cancellation_reason: str | None
    required_capabilities: tuple[str, ...]
    flow_id: FlowId | None
    current_waitpoint: WaitpointId | None
    current_attempt: AttemptSummary | None
    current_lease: LeaseSummary | None
    tags: Mapping[str, str]

    @property
    def public_state(self) -> PublicState:
        """The one word for where the execution stands, as stored."""
        return self.state.public_state

    @classmethod
    def from_core(cls, execution_id: ExecutionId, core: Mapping[str, str], tags: Mapping[str, str]) -> Self:
        """The snapshot from the hashes of core and tags. Raises Corruption for an unreadable field."""
        record = Record("describe_execution: exec_core", core)
        return cls(
            execution_id=execution_id,
            namespace=Namespace(record.text("namespace")),
            lane_id=record.required("lane_id", LaneId),
            execution_kind=record.text("execution_kind"),
            priority=record.optional("priority", ceiling) or 0,
            creator_identity=record.text("creator_identity"),
            state=_state(record),
            blocking_reason=record.text("blocking_reason") or None,
            blocking_detail=record.text("blocking_detail") or None,
            created_at=record.required("created_at", timestamp),
            started_at=record.optional("started_at", timestamp),
            completed_at=record.optional("completed_at", timestamp),
            last_mutation_at=record.required("last_mutation_at", timestamp),
            delay_until=record.optional("delay_until", timestamp_up),
            total_attempt_count=record.optional("total_attempt_count", count) or 0,
            retry_count=record.optional("retry_count", count) or 0,
            progress_pct=record.optional("progress_pct", fraction),
            progress_message=record.text("progress_message"),
            failure_reason=record.text("failure_reason") or None,
            cancellation_reason=record.text("cancellation_reason") or None,
            required_capabilities=tuple(filter(None, record.text("required_capabilities").split(","))),
            flow_id=record.optional("flow_id", FlowId),
            current_waitpoint=record.optional("current_waitpoint_id", WaitpointId),
            current_attempt=_attempt(record),
            current_lease=_lease(record),
            tags=dict(tags),
        )


def _state(record: Record) -> StateVector:
    return StateVector(
        lifecycle_phase=record.required("lifecycle_phase", LifecyclePhase),
        ownership_state=record.required("ownership_state", OwnershipState),
        eligibility_state=record.required("eligibility_state", EligibilityState),
        blocking_reason=record.required("blocking_reason", BlockingReason),
        terminal_outcome=record.required("terminal_outcome", TerminalOutcome),
        attempt_state=record.required("attempt_state", AttemptState),
        public_state=record.required("public_state", PublicState),
    )


def _attempt(record: Record) -> AttemptSummary | None:
    attempt_id = record.optional("current_attempt_id", AttemptId)
    if attempt_id is None:
        return None
    return AttemptSummary(attempt_id, record.required("current_attempt_index", count))


def _lease(record: Record) -> LeaseSummary | None:
    worker_instance_id = record.optional("current_worker_instance_id", WorkerInstanceId)
    expires_at = record.optional("lease_expires_at", timestamp)
    if worker_instance_id is None or expires_at is None:
        return None
    return LeaseSummary(
        lease_id=record.required("current_lease_id", LeaseId),
        lease_epoch=record.required("current_lease_epoch", count),
        worker_instance_id=worker_instance_id,
        expires_at=expires_at,
        attempt_index=record.required("current_attempt_index", count),
        last_heartbeat_at=record.optional("lease_last_renewed_at", timestamp),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt of an execution (contract 02 §5). Times are ms since 1970."""

    attempt_id: AttemptId
    attempt_index: int
    attempt_type: AttemptType
    attempt_state: AttemptRecordState
    created_at: TimestampMs
    started_at: TimestampMs | None
    ended_at: TimestampMs | None
    lease_id: LeaseId | None
    lease_epoch: int | None
    worker_id: WorkerId
    worker_instance_id: WorkerInstanceId
    failure_reason: str | None
    failure_category: str | None
    suspended_at: TimestampMs | None
    suspension_id: str | None
    """The suspension, or ``worker_delay`` or ``waiting_children`` for the other two ways to pause."""
    resumed_at: TimestampMs | None
    previous_attempt_index: int | None
    """The attempt that this one retries or takes over."""

    @classmethod
    def from_hash(cls, fields: Mapping[str, str]) -> Self:
        """The attempt from its hash. Raises Corruption for an unreadable field."""
        record = Record("describe_attempt: attempt", fields)
        return cls(
            attempt_id=record.required("attempt_id", AttemptId),
            attempt_index=record.required("attempt_index", count),
            attempt_type=record.required("attempt_type", AttemptType),
            attempt_state=record.required("attempt_state", AttemptRecordState),
            created_at=record.required("created_at", timestamp),
            started_at=record.optional("started_at", timestamp),
            ended_at=record.optional("ended_at", timestamp),
            lease_id=record.optional("lease_id", LeaseId),
            lease_epoch=record.optional("lease_epoch", count),
            worker_id=WorkerId(record.text("worker_id")),
            worker_instance_id=WorkerInstanceId(record.text("worker_instance_id")),
            failure_reason=record.text("failure_reason") or None,
            failure_category=record.text("failure_category") or None,
            suspended_at=record.optional("suspended_at", timestamp),
            suspension_id=record.text("suspension_id") or None,
            resumed_at=record.optional("resumed_at", timestamp),
            previous_attempt_index=record.optional("previous_attempt_index", count),
        )


@dataclass(frozen=True, slots=True)
class LeaseEvent:
    """One entry of the lease history: acquired, released, expired, revoked, reclaimed or replay_initiated."""

    event: str
    at: TimestampMs
    fields: Mapping[str, str]
    """What else the entry says, which depends on the event (contract 02 §4)."""

    @classmethod
    def from_entry(cls, entry: Mapping[str, str]) -> Self:
        """The event from its stream entry. Raises Corruption."""
        record = Record("lease_history: entry", entry)
        rest = {name: value for name, value in entry.items() if name not in {"event", "ts"}}
        return cls(record.required("event", str), record.required("ts", timestamp), rest)
