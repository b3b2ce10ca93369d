"""Every call of the clients, once: what callers write, turned into an op. `Client` and `AsyncClient` run these.

Targets are a run, a task, or the text of an id. Spans of time are seconds, ``"5m"`` or a timedelta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ff_core.client.arguments import (
    HasHandle,
    HasId,
    Instant,
    decision_target,
    execution_id,
    handle_of,
    instant,
    one_of,
    seconds,
)
from ff_core.client.claimed_work import ClaimedWork
from ff_core.ops import decide, inbox, keystore, lease, outcome, read, reclaim, tag
from ff_core.ops import payload as body
from ff_core.ops import signal as signals_
from ff_core.ops import suspend as suspending
from ff_core.ops.cascade import then_settle
from ff_core.ops.op import Op
from ff_core.ops.scope import Scope
from ff_core.types import (
    AttemptRecord,
    DeliverSignalResult,
    Duration,
    ExecutionId,
    ExecutionSnapshot,
    ExpiredLeaseInfo,
    FailOutcome,
    FailureClass,
    FailureReason,
    Handle,
    LaneId,
    LeaseEvent,
    LeaseRenewal,
    PendingWaitpoint,
    PublicState,
    ResumeCondition,
    ResumeSignal,
    Signal,
    SignalId,
    SuspendOutcome,
    SuspensionReason,
    TimeoutBehavior,
    TimestampMs,
    WaitpointBinding,
    WaitpointId,
    WaitpointToken,
    decode_handle,
    duration_ms,
)

T = TypeVar("T")

Target = str | HasId
Held = Handle | HasHandle


# Looking


def describe(_: Scope, target: Target) -> Op[ExecutionSnapshot]:
    """Everything that is known of an execution. Raises ExecutionNotFound."""
    return read.describe(execution_id(target))


def list_executions(
    scope: Scope,
    *,
    lane: str | None = None,
    state: str | None = None,
    kind: str | None = None,
    tags: Mapping[str, str] | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Op[read.Page]:
    """A page of executions of the namespace, newest first; `Page.next` is the `cursor` of the following one.

    `since` and `until` bound the time of creation.
    """
    wanted = read.Filter(
        lane=None if lane is None else LaneId(lane),
        state=None if state is None else one_of(PublicState, state, "state"),
        kind=kind,
        tags=tags,
        since=instant(since),
        until=instant(until),
    )
    return read.list_executions(scope, wanted, limit, cursor)


def find(scope: Scope, prefix: str) -> Op[ExecutionId]:
    """The execution whose UUID begins with `prefix`. Raises InvalidInput when none or several do."""
    return read.find(scope, prefix)


def payload(_: Scope, target: Target) -> Op[Any]:
    """What an execution was submitted with."""
    return read.payload(execution_id(target))


def result(_: Scope, target: Target) -> Op[Any]:
    """What an execution was completed with. Raises NotCompleted."""
    return read.result(execution_id(target))


def wait(_: Scope, target: Target, timeout: Duration | None = None) -> Op[ExecutionSnapshot]:
    """The execution once it has ended. Raises TimedOut; the work goes on then."""
    return read.wait(execution_id(target), seconds(timeout))


def history(_: Scope, target: Target) -> Op[tuple[LeaseEvent, ...]]:
    """Every lease that was acquired, released or lost, oldest first."""
    return read.history(execution_id(target))


def attempts(_: Scope, target: Target) -> Op[tuple[AttemptRecord, ...]]:
    """Every attempt, oldest first."""
    return read.attempts(execution_id(target))


def lanes(_: Scope) -> Op[list[LaneId]]:
    """Every lane that work was ever submitted to, sorted."""
    return inbox.known_lanes()


# Changing, as an operator


def cancel(_: Scope, target: Target, reason: str = "") -> Op[None]:
    """Cancel an execution in whatever state; again is fine. Raises ExecutionNotActive when it has ended otherwise."""
    return then_settle(outcome.cancel(execution_id(target), reason), execution_id(target))


def change_priority(_: Scope, target: Target, priority: int) -> Op[tuple[int, int]]:
    """Give a waiting execution another priority, 0 to 9000; answers the old and the new one."""
    return tag.change_priority(execution_id(target), priority)


def set_tags(_: Scope, target: Target, tags: Mapping[str, str]) -> Op[int]:
    """Write tags with names like ``team.name``; answers how many."""
    return tag.tag(execution_id(target), tags)


def revoke(_: Scope, target: Target, reason: str = "") -> Op[bool]:
    """Take the lease away from its holder; False when it was lost already."""
    return lease.revoke(execution_id(target), reason)


def lost(scope: Scope, limit: int = 1_000) -> Op[tuple[ExpiredLeaseInfo, ...]]:
    """Executions whose lease has run out, the longest lost first, at most `limit` a partition."""
    return reclaim.lost(scope, limit)


def resume(_: Scope, target: Target) -> Op[str]:
    """Resume a suspended execution without a signal; answers its public state."""
    return suspending.resume(execution_id(target))


# Working, under a lease


def renew(_: Scope, held: Held) -> Op[LeaseRenewal]:
    """Extend the lease by its whole time. Raises StaleLease, LeaseExpired or LeaseRevoked when it is lost."""
    return lease.renew(handle_of(held))


def progress(_: Scope, held: Held, percent: float | None = None, message: str = "") -> Op[None]:
    """Say how far the work has come: a percentage from 0 to 100, a message, or both."""
    return lease.progress(handle_of(held), percent, message)


def complete(_: Scope, held: Held, result: Any = None) -> Op[None]:
    """Finish with success and keep `result` (JSON or bytes)."""
    return _ending(held, outcome.complete(handle_of(held), result))


def fail(_: Scope, held: Held, reason: str, category: str = "transient") -> Op[FailOutcome]:
    """Fail the attempt. A retry is scheduled if the policy has one left, unless `category` is ``permanent``."""
    chosen = one_of(FailureClass, category, "failure class")
    return _ending(held, outcome.fail(handle_of(held), FailureReason(reason), chosen))


def delay(_: Scope, held: Held, duration: Duration) -> Op[TimestampMs]:
    """Pause the attempt and give the lease back for a time; answers until when."""
    return outcome.delay(handle_of(held), duration_ms(duration))


def wait_children(_: Scope, held: Held) -> Op[None]:
    """Pause the attempt until the executions that it depends on have ended."""
    return outcome.wait_children(handle_of(held))


def cancel_held(_: Scope, held: Held, reason: str = "") -> Op[None]:
    """Cancel the work as its worker."""
    return _ending(held, outcome.cancel_held(handle_of(held), reason))


def _ending(held: Held, op: Op[T]) -> Op[T]:
    """Run a call that may end the work, then see to those of its flow that wait for it."""
    flow_id = held.work.flow_id if isinstance(held, ClaimedWork) else None
    return then_settle(op, decode_handle(handle_of(held)).execution_id, flow_id)


def signals(_: Scope, held: Held, early: str | None = None) -> Op[tuple[ResumeSignal, ...]]:
    """The signals that resumed this attempt; none after an operator's or a timeout's resume.

    `early` is the waitpoint of a suspension that was satisfied already: then those that had come to it.
    """
    return signals_.observe_signals(handle_of(held), None if early is None else WaitpointId(early))


def suspend(
    _: Scope,
    held: Held,
    condition: ResumeCondition | None = None,
    *,
    reason: str = "waiting_for_approval",
    timeout: Duration | None = None,
    on_timeout: str = "fail",
    key: str | None = None,
    waitpoints: Sequence[WaitpointBinding] = (),
) -> Op[SuspendOutcome]:
    """Give the lease back and wait until `condition` is met; without one, until any signal comes.

    The outcome holds the token that a signal needs. `key` makes a repeat give the first outcome. `on_timeout` is fail,
    cancel, expire, auto_resume_with_timeout_signal or escalate. `waitpoints` are fresh ones for the keys that the
    condition names, unless given. Raises InvalidInput for a condition that can never be met.
    """
    because = one_of(SuspensionReason, reason, "suspension reason")
    behavior = one_of(TimeoutBehavior, on_timeout, "timeout behaviour")
    return suspending.suspend_within(
        handle_of(held),
        condition,
        reason=because,
        timeout_ms=None if timeout is None else duration_ms(timeout),
        on_timeout=behavior,
        idempotency_key=key,
        waitpoints=tuple(waitpoints),
    )


def create_waitpoint(_: Scope, held: Held, key: str | None = None, expires: Duration = "10m") -> Op[PendingWaitpoint]:
    """Open a waitpoint before suspending on it, so that a signal that comes early is kept."""
    return suspending.create_waitpoint(handle_of(held), key, duration_ms(expires))


# Deciding


def pending_waitpoints(scope: Scope, *lanes: str) -> Op[tuple[inbox.OpenWaitpoint, ...]]:
    """What waits for a decision on these lanes (all known ones by default), soonest timeout first. Never a token."""
    return inbox.open_waitpoints(scope, tuple(map(LaneId, lanes)))


def approve(
    scope: Scope, target: Target, *, comment: str = "", by: str = "", payload: Any = None
) -> Op[decide.Decision]:
    """Approve, as an operator, what an execution or a waitpoint waits for.

    Raises ExecutionNotSuspended, WaitpointClosed or TargetNotSignalable when somebody else has decided already.
    """
    verdict = decide.Verdict(name=decide.APPROVE, comment=comment, by=by, payload=payload)
    return decide.decide(scope, decision_target(target), verdict)


def reject(
    scope: Scope, target: Target, *, comment: str = "", by: str = "", payload: Any = None
) -> Op[decide.Decision]:
    """Reject, as an operator, what an execution or a waitpoint waits for. Raises as `approve` does."""
    verdict = decide.Verdict(name=decide.REJECT, comment=comment, by=by, payload=payload)
    return decide.decide(scope, decision_target(target), verdict)


def signal(
    _: Scope,
    target: Target,
    waitpoint: str,
    name: str,
    payload: Any = None,
    *,
    token: WaitpointToken | str,
    by: str = "",
    key: str | None = None,
    category: str = "default",
) -> Op[DeliverSignalResult]:
    """Give a signal to a waitpoint, with the token that its suspension handed out.

    `key` makes a repeat harmless. Raises InvalidToken, WaitpointClosed or TargetNotSignalable.
    """
    message = Signal(
        signal_id=SignalId.new(),
        waitpoint_id=WaitpointId(waitpoint),
        signal_name=name,
        token=token if isinstance(token, WaitpointToken) else WaitpointToken(token),
        signal_category=category,
        source_identity=by,
        payload=body.encode(payload),
        idempotency_key=key or "",
    )
    return signals_.deliver(execution_id(target), message)


def close_waitpoint(_: Scope, target: Target, waitpoint: str, reason: str = "") -> Op[None]:
    """Give up a waitpoint that nobody needs any more."""
    return suspending.close_waitpoint(execution_id(target), WaitpointId(waitpoint), reason)


# Keys that sign tokens


def rotate_secret(scope: Scope, kid: str, secret_hex: str | None = None, grace: Duration = "24h") -> Op[keystore.Kids]:
    """Sign waitpoint tokens with a new key; those of the former one are good for `grace` more.

    Without a secret a random one is made. Raises InvalidKid for a kid that was used before.
    """
    return keystore.rotate(scope, kid, secret_hex, duration_ms(grace))


def kids(scope: Scope) -> Op[keystore.Kids]:
    """The keys that sign and that still verify waitpoint tokens."""
    return keystore.list_kids(scope)
