"""Flows: how members wait for each other, how one is cancelled, what is known of one (contract 01 §15, §16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from ff_core.errors import InvalidInput
from ff_core.types.ids import EdgeId, ExecutionId, FlowId, Namespace
from ff_core.types.state import PublicState
from ff_core.types.time import TimestampMs

_MAX_QUORUM: Final = 2**31 - 1


class FlowState(StrEnum):
    """Where a flow stands."""

    OPEN = "open"
    RUNNING = "running"
    BLOCKED = "blocked"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DependencyState(StrEnum):
    """Where one dependency stands."""

    UNSATISFIED = "unsatisfied"
    SATISFIED = "satisfied"
    IMPOSSIBLE = "impossible"


class EdgeGroupState(StrEnum):
    """Where the dependencies of one execution stand together."""

    PENDING = "pending"
    SATISFIED = "satisfied"
    IMPOSSIBLE = "impossible"
    CANCELLED = "cancelled"

    @classmethod
    def read(cls, text: str) -> EdgeGroupState:
        """The state of a stored word; one that nobody knows reads as pending (contract 01 §5)."""
        return next((state for state in cls if state == text), cls.PENDING)


class CancelFlowPolicy(StrEnum):
    """What cancelling a flow does to its members."""

    FLOW_ONLY = "flow_only"
    """Leave them alone."""
    CANCEL_ALL = "cancel_all"
    """Cancel all that have not ended."""
    CANCEL_PENDING = "cancel_pending"
    """Cancel those that do not run; the others run to their end."""


@dataclass(frozen=True, slots=True)
class NoWait:
    """Come back once the flow is marked; members are cancelled afterwards."""


@dataclass(frozen=True, slots=True)
class WaitTimeout:
    """Wait for the members, at most this long."""

    timeout: timedelta


@dataclass(frozen=True, slots=True)
class WaitIndefinite:
    """Wait for the members."""


CancelFlowWait: TypeAlias = NoWait | WaitTimeout | WaitIndefinite


class OnSatisfied(StrEnum):
    """What happens to the other upstream members once enough have succeeded."""

    CANCEL_REMAINING = "cancel_remaining"
    LET_RUN = "let_run"


@dataclass(frozen=True, slots=True)
class AllUpstream:
    """Wait for all upstream members."""

    variant = "all_of"

    def to_json(self) -> dict[str, Any]:
        """The document form."""
        return {"kind": self.variant}


@dataclass(frozen=True, slots=True)
class AnyUpstream:
    """Wait for the first upstream member that succeeds."""

    variant = "any_of"
    on_satisfied: OnSatisfied

    def to_json(self) -> dict[str, Any]:
        """The document form."""
        return {"kind": self.variant, "on_satisfied": self.on_satisfied.value}


@dataclass(frozen=True, slots=True)
class Quorum:
    """Wait for the first `k` upstream members that succeed."""

    variant = "quorum"
    k: int
    on_satisfied: OnSatisfied

    def __post_init__(self) -> None:
        """Refuse what the library could not count."""
        if not 1 <= self.k <= _MAX_QUORUM:
            raise InvalidInput(f"quorum k must be >= 1 and <= {_MAX_QUORUM}, got: {self.k}")

    def to_json(self) -> dict[str, Any]:
        """The document form."""
        return {"kind": self.variant, "k": self.k, "on_satisfied": self.on_satisfied.value}


EdgeDependencyPolicy: TypeAlias = AllUpstream | AnyUpstream | Quorum


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSnapshot:
    """One dependency: the downstream execution waits for the upstream one."""

    edge_id: EdgeId
    flow_id: FlowId
    upstream_execution_id: ExecutionId
    downstream_execution_id: ExecutionId
    dependency_kind: str
    satisfaction_condition: str
    data_passing_ref: str | None
    edge_state: str
    created_at: TimestampMs
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGroupSnapshot:
    """All dependencies of one execution together."""

    downstream_execution_id: ExecutionId
    policy: EdgeDependencyPolicy
    total_deps: int
    satisfied_count: int
    failed_count: int
    skipped_count: int
    running_count: int
    group_state: EdgeGroupState


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSnapshot:
    """Everything that the record of a flow says."""

    flow_id: FlowId
    flow_kind: str
    namespace: Namespace
    public_flow_state: FlowState
    graph_revision: int
    node_count: int
    edge_count: int
    created_at: TimestampMs
    last_mutation_at: TimestampMs
    cancelled_at: TimestampMs | None = None
    cancel_reason: str | None = None
    cancellation_policy: str | None = None
    tags: Mapping[str, str]
    edge_groups: tuple[EdgeGroupSnapshot, ...] = ()


_FAILURES: Final = frozenset({PublicState.FAILED, PublicState.CANCELLED, PublicState.EXPIRED})
_HELD_UP: Final = frozenset(
    {
        PublicState.SUSPENDED,
        PublicState.DELAYED,
        PublicState.RATE_LIMITED,
        PublicState.WAITING_CHILDREN,
    }
)


def flow_state_of(members: Iterable[PublicState]) -> FlowState:
    """Where a flow stands that has members in these states (contract 01 §5)."""
    states = set(members)
    if states and all(state.is_terminal for state in states):
        return FlowState.FAILED if states & _FAILURES else FlowState.COMPLETED
    if PublicState.ACTIVE in states:
        return FlowState.RUNNING
    return FlowState.BLOCKED if states & _HELD_UP else FlowState.OPEN
