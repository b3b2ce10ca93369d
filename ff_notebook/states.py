"""What the state of an execution means to who looks at it."""

from __future__ import annotations

from ff_core.types import BlockingReason, ExecutionSnapshot, LifecyclePhase


def has_ended(snapshot: ExecutionSnapshot) -> bool:
    """Whether nothing more will happen to it."""
    return snapshot.state.lifecycle_phase is LifecyclePhase.TERMINAL


def reason(snapshot: ExecutionSnapshot) -> str:
    """Why it ended as it did, or what it waits for; empty where there is nothing to say."""
    if has_ended(snapshot):
        return snapshot.failure_reason or snapshot.cancellation_reason or ""
    blocked = snapshot.state.blocking_reason
    return "" if blocked is BlockingReason.NONE else blocked.value
