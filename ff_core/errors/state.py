"""Legal calls at the wrong moment: too early or too late."""

from __future__ import annotations

from ff_core.errors.base import ErrorClass
from ff_core.errors.buckets import BugError, StateError

_INFORMATIONAL = ErrorClass.INFORMATIONAL


class AlreadySuspended(StateError, code="already_suspended", error_class=_INFORMATIONAL):
    """The execution waits already: it has an open suspension."""


class AttemptAlreadyTerminal(StateError, code="attempt_already_terminal", error_class=_INFORMATIONAL):
    """The attempt has ended."""


class AttemptNotStarted(StateError, code="attempt_not_started"):
    """The attempt has not started. Claim the execution first."""


class BudgetExceeded(StateError, code="budget_exceeded", error_class=ErrorClass.COOPERATIVE):
    """The hard limit of a budget is reached. Stop the work in an orderly way, or raise the limit."""


class BudgetSoftExceeded(StateError, code="budget_soft_exceeded", error_class=_INFORMATIONAL):
    """The soft limit of a budget is passed. The work may go on."""


class DepsNotSatisfied(
    StateError,
    code="deps_not_satisfied",
    error_class=_INFORMATIONAL,
    details=("unsatisfied", "unresolved"),
):
    """The execution still waits for others that it depends on."""


class DuplicateSignal(StateError, code="duplicate_signal", error_class=_INFORMATIONAL):
    """The signal was accepted before."""


class ExecutionNotEligibleForAttempt(StateError, code="execution_not_eligible_for_attempt"):
    """The execution cannot start another attempt now. Describe it to see where it stands."""


class ExecutionNotInFlow(StateError, code="execution_not_in_flow"):
    """One end of the edge is no member of the flow. Add the execution to the flow first."""


class ExecutionNotSuspended(StateError, code="execution_not_suspended", error_class=_INFORMATIONAL):
    """The execution does not wait: it was resumed before, or never suspended."""


class ExecutionNotTerminal(StateError, code="execution_not_terminal"):
    """The execution has not ended, so it cannot be replayed. Cancel it or wait for its end."""


class FlowAlreadyTerminal(StateError, code="flow_already_terminal"):
    """The flow is over: completed, failed or cancelled. Start a new one."""


class GrantAlreadyExists(StateError, code="grant_already_exists", error_class=_INFORMATIONAL):
    """A claim grant for the execution is outstanding. It runs out within seconds if nobody uses it."""


class LeaseExpired(StateError, code="lease_expired"):
    """The lease has run out. Stop the work: another worker may go on with it."""


class LeaseRevoked(StateError, code="lease_revoked"):
    """An operator has taken the lease away. Stop the work."""


class MaxReplaysExhausted(StateError, code="max_replays_exhausted"):
    """The execution was replayed as often as its policy allows. Submit it anew."""


class MaxRetriesExhausted(StateError, code="max_retries_exhausted", details=("limit",)):
    """The execution was reclaimed as often as its policy allows and has failed for good by this very call."""


class NotBlockedByDeps(StateError, code="not_blocked_by_deps", error_class=_INFORMATIONAL):
    """The execution does not wait for others."""


class NotRunnable(StateError, code="not_runnable"):
    """The execution is not in a phase from which it could run. Describe it to see where it stands."""


class OkAlreadyApplied(StateError, code="ok_already_applied", error_class=_INFORMATIONAL):
    """The usage was counted before."""


class PendingWaitpointExpired(StateError, code="pending_waitpoint_expired", error_class=_INFORMATIONAL):
    """The waitpoint ran out before the execution was suspended on it. Create a new one."""


class ReplayNotAllowed(StateError, code="replay_not_allowed"):
    """The execution may not be replayed. Submit it anew."""


class ResumeConditionNotMet(StateError, code="resume_condition_not_met"):
    """The signals that arrived so far are not enough to resume the execution."""


class StaleLease(StateError, code="stale_lease"):
    """The lease is no longer the current one. Stop the work: somebody else owns the execution now."""


class StaleOwnerCannotAppend(StateError, code="stale_owner_cannot_append"):
    """Only the holder of the live lease can append frames. Stop the work: the lease is lost."""


class StreamAlreadyClosed(StateError, code="stream_already_closed", error_class=_INFORMATIONAL):
    """The output stream of the attempt was closed before."""


class StreamClosed(StateError, code="stream_closed"):
    """The output stream of the attempt is closed: the attempt is over or the execution is not running."""


class TargetNotSignalable(StateError, code="target_not_signalable"):
    """The execution takes no signal on this waitpoint: it is over, or it no longer waits there."""


class Terminal(StateError, code="terminal"):
    """The execution has ended."""


class WaitpointClosed(StateError, code="waitpoint_closed", error_class=_INFORMATIONAL):
    """The waitpoint is closed: it was decided, cancelled, or its time ran out."""


class WaitpointNotOpen(StateError, code="waitpoint_not_open", error_class=_INFORMATIONAL):
    """The waitpoint takes no signals any more."""


class WaitpointNotPending(StateError, code="waitpoint_not_pending", error_class=_INFORMATIONAL):
    """The waitpoint is not pending: the execution waits on it already, or it is closed. Deliver instead."""


class AttemptNotInCreatedState(BugError, code="attempt_not_in_created_state"):
    """The library started an attempt out of order. Please report it with the whole message."""


class InvariantViolation(BugError, code="invariant_violation"):
    """The bookkeeping of a dependency group contradicts itself. Please report it with the whole message."""


class UndeclaredCode(BugError):
    """The library answered with a code that this release does not know. Update ff_core, or report it."""

    def _readable_details(self) -> str:
        return f"unknown error code: {'; '.join(self.details)}"
