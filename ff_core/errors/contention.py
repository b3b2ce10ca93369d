"""Somebody else was faster, or the state is not there yet: worth another try."""

from __future__ import annotations

from ff_core.errors.buckets import Contention


class ClaimGrantExpired(Contention, code="claim_grant_expired"):
    """The claim grant has run out. Ask for a new one."""


class ConcurrencyLimitExceeded(Contention, code="concurrency_limit_exceeded"):
    """As many executions run as the quota allows. Wait for one to end."""


class ExecutionNotActive(
    Contention,
    code="execution_not_active",
    details=("outcome", "lease epoch", "phase", "attempt"),
):
    """The execution is not being worked on. Describe it to see where it stands."""

    @property
    def terminal_outcome(self) -> str:
        """How the execution ended; `none` while it has not."""
        return self._detail(0)

    @property
    def lease_epoch(self) -> str:
        """The current lease epoch, as decimal text."""
        return self._detail(1)

    @property
    def lifecycle_phase(self) -> str:
        """The phase in which the execution is instead of `active`."""
        return self._detail(2)

    @property
    def attempt_id(self) -> str:
        """The current attempt; empty after a scheduled retry."""
        return self._detail(3)

    def _detail(self, place: int) -> str:
        return self.details[place] if place < len(self.details) else ""


class ExecutionNotEligible(Contention, code="execution_not_eligible"):
    """The execution does not wait in its lane: it is delayed, blocked, running or over. Take another."""


class ExecutionNotInEligibleSet(Contention, code="execution_not_in_eligible_set"):
    """The execution is no longer in the queue of its lane. Somebody has claimed it; take another."""


class ExecutionNotLeaseable(Contention, code="execution_not_leaseable"):
    """The execution cannot be claimed now: it does not wait, or it is over. Take another."""


class ExecutionNotReclaimable(Contention, code="execution_not_reclaimable"):
    """Nobody has lost the execution: its lease is valid, or it is not running. Wait, or revoke the lease."""


class InvalidClaimGrant(Contention, code="invalid_claim_grant"):
    """The worker has no claim grant: it was used, ran out, or names another worker. Ask for a new one."""


class LeaseConflict(Contention, code="lease_conflict"):
    """The execution has an owner already. Take another."""


class NoActiveLease(Contention, code="no_active_lease"):
    """Nobody holds a lease on the execution. There is nothing to revoke and nobody who could wait."""


class NoEligibleExecution(Contention, code="no_eligible_execution"):
    """Nothing waits to be claimed. Try again later."""


class NotAResumedExecution(Contention, code="not_a_resumed_execution"):
    """The execution starts a new attempt and was claimed as a resumed one. Use the ordinary claim."""


class RateLimitExceeded(Contention, code="rate_limit_exceeded"):
    """The quota of this time window is used up. Try again in the next one."""


class StaleGraphRevision(Contention, code="stale_graph_revision"):
    """The flow was changed meanwhile. Read its graph revision and repeat the call."""


class UseClaimResumedExecution(Contention, code="use_claim_resumed_execution"):
    """The execution goes on with an interrupted attempt. Claim it as a resumed one, with the same grant."""


class WaitpointNotFound(Contention, code="waitpoint_not_found"):
    """There is no such waitpoint, or it takes no signals yet. Check the id, or try again in a moment."""


class WaitpointPendingUseBufferScript(Contention, code="waitpoint_pending_use_buffer_script"):
    """The execution does not wait on this waitpoint yet. Buffer the signal instead of delivering it."""
