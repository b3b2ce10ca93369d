"""The clients' calls about output, usage, budgets and quotas, once: what callers write, turned into an op."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ff_core.client.arguments import HasHandle, HasId, execution_id, handle_of, one_of
from ff_core.ops import budget, quota, stream
from ff_core.ops import payload as body
from ff_core.ops.op import Op
from ff_core.ops.scope import Scope
from ff_core.ops.tail import Tail
from ff_core.types import (
    AdmissionDecision,
    AppendFrameOutcome,
    BestEffortLive,
    BestEffortLiveConfig,
    BudgetId,
    BudgetStatus,
    DurableSummary,
    Duration,
    Frame,
    FrameKind,
    Handle,
    QuotaPolicy,
    QuotaPolicyId,
    ReportUsageResult,
    StreamCursor,
    StreamFrames,
    TimestampMs,
    duration_ms,
)

Target = str | HasId
Held = Handle | HasHandle


def frame(
    _: Scope, held: Held, data: str | bytes | Any, kind: str = "stdout", *, keep: Duration | None = None
) -> Op[AppendFrameOutcome]:
    """Append output to the attempt: text, bytes, or for an ``event`` whatever is JSON.

    `kind` is stdout, stderr, event or blob. With `keep` it is for those who look now and dropped after that time.
    Raises InvalidInput for more than 64 KiB, StreamClosed or StaleOwnerCannotAppend when the lease is lost.
    """
    payload = data.encode() if isinstance(data, str) and kind != "event" else body.encode(data)
    chosen = one_of(FrameKind, kind, "kind of frame")
    if keep is None:
        return stream.append_frame(handle_of(held), Frame(payload, chosen))
    live = BestEffortLive(BestEffortLiveConfig(ttl_ms=duration_ms(keep)))
    return stream.append_frame(handle_of(held), Frame(payload, chosen, mode=live))


def summarize(_: Scope, held: Held, patch: Mapping[str, Any]) -> Op[AppendFrameOutcome]:
    """Change the summary document of the attempt by a JSON merge patch: a value of None removes its name."""
    patched = Frame(body.encode(patch), FrameKind.EVENT, mode=DurableSummary())
    return stream.append_frame(handle_of(held), patched)


def frames(
    _: Scope, target: Target, attempt: int | None = None, *, after: str | None = None, limit: int = 1_000
) -> Op[StreamFrames]:
    """Output of an attempt (the newest by default) behind the place `after`, oldest first, at most `limit` frames."""
    cursor = None if after is None else StreamCursor(after)
    return stream.read_frames(execution_id(target), attempt, after=cursor, limit=limit)


def following(target: Target, attempt: int | None, after: str | None) -> Tail:
    """Follow the output of an attempt (the newest by default) from the place `after`, or from its beginning."""
    return Tail(execution_id(target), attempt, None if after is None else StreamCursor(after))


def summary(_: Scope, target: Target, attempt: int | None = None) -> Op[Any]:
    """The summary document of an attempt (the newest by default); None where there is none."""
    return _summary(target, attempt)


def _summary(target: Target, attempt: int | None) -> Op[Any]:
    document = yield from stream.read_summary(execution_id(target), attempt)
    return None if document is None else json.loads(document.document_json)


def create_budget(
    scope: Scope,
    *,
    hard: Mapping[str, int] | None = None,
    soft: Mapping[str, int] | None = None,
    reset_every: Duration | None = None,
) -> Op[BudgetId]:
    """Define a budget with hard and soft limits by dimension; `reset_every` starts usage anew after that time."""
    reset_ms = 0 if reset_every is None else duration_ms(reset_every)
    return budget.create_budget(scope, hard or {}, soft or {}, reset_ms=reset_ms)


def describe_budget(scope: Scope, budget_id: str) -> Op[BudgetStatus]:
    """How a budget stands: limits, usage, breaches. Raises BudgetNotFound."""
    return budget.describe_budget(scope, BudgetId(budget_id))


def reset_budget(scope: Scope, budget_id: str) -> Op[TimestampMs | None]:
    """Begin a new period: all usage back to 0; answers when the next reset is due. Raises BudgetNotFound."""
    return budget.reset_budget(scope, BudgetId(budget_id))


def count_usage(scope: Scope, budget_id: str, amounts: Mapping[str, int], *, key: str = "") -> Op[ReportUsageResult]:
    """Count usage against a budget; nothing is counted where a hard limit forbids it. With a `key`, once.

    Raises BudgetNotFound, and InvalidInput for negative or fractional amounts.
    """
    return budget.report_usage(scope, BudgetId(budget_id), amounts, key)


def spend(
    scope: Scope, budget_id: str, target: Target, amounts: Mapping[str, int], *, key: str = ""
) -> Op[ReportUsageResult]:
    """Count usage against a budget as that of one execution, so that `release_spend` can give it back."""
    return budget.record_spend(scope, BudgetId(budget_id), execution_id(target), amounts, key)


def release_spend(scope: Scope, budget_id: str, target: Target) -> Op[bool]:
    """Give back what an execution has spent; False when there was nothing."""
    return budget.release_budget(scope, BudgetId(budget_id), execution_id(target))


def create_quota(
    scope: Scope, *, window_seconds: int = 60, max_requests: int = 0, max_concurrent: int = 0
) -> Op[QuotaPolicyId]:
    """Define how many executions may start within a window, and run at once; 0 is no limit."""
    return quota.create_quota(
        scope, window_seconds=window_seconds, max_requests=max_requests, max_concurrent=max_concurrent
    )


def describe_quota(scope: Scope, quota_id: str) -> Op[QuotaPolicy]:
    """A quota policy. Raises QuotaPolicyNotFound."""
    return quota.describe_quota(scope, QuotaPolicyId(quota_id))


def admit(scope: Scope, quota_id: str, target: Target) -> Op[AdmissionDecision]:
    """Ask whether an execution may start now, and count it if so: Admitted, or Throttled with a time to wait."""
    return quota.admit(scope, QuotaPolicyId(quota_id), execution_id(target))


def release_admission(scope: Scope, quota_id: str, target: Target) -> Op[bool]:
    """Give the admission of an execution back, once; False when it holds none."""
    return quota.release_admission(scope, QuotaPolicyId(quota_id), execution_id(target))
