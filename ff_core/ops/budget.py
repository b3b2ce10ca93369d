"""Budgets: limits on usage, reports against them, and what one execution has spent (contract 07 §2)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Final

from ff_core.contract.budget import (
    CREATE_BUDGET,
    RECORD_SPEND,
    RELEASE_BUDGET,
    REPORT_USAGE_AND_CHECK,
    RESET_BUDGET,
)
from ff_core.contract.model import Function, Reply, Request, Word
from ff_core.errors import BudgetNotFound, InvalidInput
from ff_core.keys import key
from ff_core.ops.command import hash_field, server_time, whole_hash
from ff_core.ops.op import REPEAT_TTL_MS, Op, send, send_all, send_both
from ff_core.ops.scope import Scope
from ff_core.partition import partition_of_budget
from ff_core.types import (
    AlreadyApplied,
    BudgetId,
    BudgetStatus,
    ExecutionId,
    HardBreach,
    ReportUsageResult,
    SoftBreach,
    TimestampMs,
    UsageOk,
)
from ff_core.types.usage import MAX_DIMENSIONS

_NOT_DIMENSIONS: Final = ("_init", "breached_at")
"""Fields of the usage hash that are none (contract 07, B4)."""

MAX_AMOUNT: Final = 10**14 - 1
"""What the library counts and prints without loss (contract 07 §0)."""


def create_budget(
    scope: Scope,
    hard: Mapping[str, int],
    soft: Mapping[str, int],
    *,
    reset_ms: int = 0,
    scope_type: str = "execution",
    scope_id: str = "",
) -> Op[BudgetId]:
    """Define a budget with hard and soft limits by dimension. With `reset_ms` usage starts anew after that time."""
    dimensions = sorted({*hard, *soft})
    if not dimensions:
        raise InvalidInput("the budget has no limits; give at least one, such as hard={'output_tokens': 100_000}")
    _check_dimensions(dimensions, "limit")
    for limits in (hard, soft):
        _check_amounts(limits, "limit", least=1)  # 0 would be no limit
    budget_id = BudgetId.new()
    now = yield from send(server_time())
    args: dict[str, Word | None] = {
        "budget_id": budget_id,
        "scope_type": scope_type,
        "scope_id": scope_id,
        "enforcement_mode": "strict",
        "on_hard_limit": "fail",
        "on_soft_limit": "warn",
        "reset_interval_ms": reset_ms,
        "now_ms": now,
    }
    rows = [(name, hard.get(name, 0), soft.get(name, 0)) for name in dimensions]
    yield from send(CREATE_BUDGET.call(_ids(scope, budget_id), args, rows=rows))
    return budget_id


def describe_budget(scope: Scope, budget_id: BudgetId) -> Op[BudgetStatus]:
    """How a budget stands. Raises BudgetNotFound."""
    ids = _ids(scope, budget_id)
    definition, limits, usage = yield from send_all(
        whole_hash(key(name, **ids)) for name in ("budget", "budget_limits", "budget_usage")
    )
    if "budget_id" not in definition:
        raise BudgetNotFound
    return BudgetStatus(
        budget_id=budget_id,
        scope_type=definition["scope_type"],
        scope_id=definition["scope_id"],
        enforcement_mode=definition["enforcement_mode"],
        usage={name: int(amount) for name, amount in sorted(usage.items()) if name not in _NOT_DIMENSIONS},
        hard_limits=_limits(limits, "hard:"),
        soft_limits=_limits(limits, "soft:"),
        breach_count=int(definition["breach_count"]),
        soft_breach_count=int(definition["soft_breach_count"]),
        last_breach_at=_moment(definition.get("last_breach_at")),
        last_breach_dim=definition.get("last_breach_dim") or None,
        next_reset_at=_moment(definition.get("next_reset_at")),
        created_at=_moment(definition.get("created_at")),
    )


def report_usage(
    scope: Scope, budget_id: BudgetId, amounts: Mapping[str, int], dedup_key: str = ""
) -> Op[ReportUsageResult]:
    """Count usage against a budget; nothing is counted where that would pass a hard limit.

    A report with the `dedup_key` of an earlier one counts once within 24 hours. Raises BudgetNotFound, and InvalidInput
    for negative or fractional amounts.
    """
    ids, args = yield from _prepared(scope, budget_id, amounts)
    return (yield from _counted(REPORT_USAGE_AND_CHECK, ids, args, amounts, dedup_key))


def record_spend(
    scope: Scope, budget_id: BudgetId, execution_id: ExecutionId, amounts: Mapping[str, int], dedup_key: str = ""
) -> Op[ReportUsageResult]:
    """Count usage against a budget and note which execution it was, so that `release_budget` can give it back."""
    ids, args = yield from _prepared(scope, budget_id, amounts)
    spent = {**args, "execution_id": execution_id}
    return (yield from _counted(RECORD_SPEND, {**ids, "E": execution_id}, spent, amounts, dedup_key))


def release_budget(scope: Scope, budget_id: BudgetId, execution_id: ExecutionId) -> Op[bool]:
    """Give back what an execution has spent; False when there was nothing to give back."""
    ids = {**_ids(scope, budget_id), "E": execution_id}
    reply = yield from send(RELEASE_BUDGET.call(ids, {"budget_id": budget_id, "execution_id": execution_id}))
    return reply.text("outcome") == "released"


def reset_budget(scope: Scope, budget_id: BudgetId) -> Op[TimestampMs | None]:
    """Begin a new period: all usage back to 0. Answers when the next reset is due. Raises BudgetNotFound."""
    yield from _require(scope, budget_id)
    now = yield from send(server_time())
    reply = yield from send(RESET_BUDGET.call(_ids(scope, budget_id), {"budget_id": budget_id, "now_ms": now}))
    return _moment(reply.text("next_reset_at"))


def _ids(scope: Scope, budget_id: BudgetId) -> dict[str, str]:
    return {"T": partition_of_budget(budget_id, scope.partitions).tag, "B": budget_id}


def _require(scope: Scope, budget_id: BudgetId) -> Op[None]:
    """The library would make a stub of a budget that does not exist."""
    if not (yield from send(hash_field(key("budget", **_ids(scope, budget_id)), "budget_id"))):
        raise BudgetNotFound


def _prepared(
    scope: Scope, budget_id: BudgetId, amounts: Mapping[str, int]
) -> Op[tuple[dict[str, Word], dict[str, Word | None]]]:
    _check_dimensions(amounts, "usage")
    _check_amounts(amounts, "usage", least=0)
    yield from _require(scope, budget_id)
    return dict(_ids(scope, budget_id)), {"now_ms": (yield from send(server_time()))}


def _counted(
    function: Function,
    ids: dict[str, Word],
    args: dict[str, Word | None],
    amounts: Mapping[str, int],
    dedup_key: str,
) -> Op[ReportUsageResult]:
    """Send a report. One without a key of the caller's gets one for as long as its repeat can come."""
    # Budgets of one partition share the place for these keys; the same report to two of them has to count twice.
    place = key("usage_dedup", T=str(ids["T"]), K=f"{ids['B']}:{dedup_key or uuid.uuid4()}")
    report = function.call(ids, {**args, "dedup_key": place}, rows=sorted(amounts.items()))
    if dedup_key:
        return _result((yield from send(report)))
    reply, _ = yield from send_both(report, _expire(place, REPEAT_TTL_MS))
    return UsageOk() if reply.status == "ALREADY_APPLIED" else _result(reply)


def _expire(place: str, lifetime_ms: int) -> Request[bool]:
    return Request(("PEXPIRE", place, lifetime_ms), bool)


def _check_dimensions(names: Collection[str], what: str) -> None:
    if not 1 <= len(names) <= MAX_DIMENSIONS:
        raise InvalidInput(f"{len(names)} dimensions of {what}; give 1 to {MAX_DIMENSIONS}")
    for name in names:
        if not name or name in _NOT_DIMENSIONS:
            raise InvalidInput(f"a dimension cannot be called {name!r}; give it another name")


def _check_amounts(amounts: Mapping[str, int], what: str, least: int) -> None:
    for name, amount in amounts.items():
        if isinstance(amount, bool) or not isinstance(amount, int) or not least <= amount <= MAX_AMOUNT:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInput(f"{what} of {name} is {amount}; give a whole number from {least} to {MAX_AMOUNT}")


def _result(reply: Reply) -> ReportUsageResult:
    if reply.status == "ALREADY_APPLIED":
        return AlreadyApplied()
    if reply.status == "SOFT_BREACH":
        return SoftBreach(reply.text("dimension"), reply.integer("current_usage"), reply.integer("soft_limit"))
    if reply.status == "HARD_BREACH":
        return HardBreach(reply.text("dimension"), reply.integer("current_usage"), reply.integer("hard_limit"))
    return UsageOk()


def _limits(fields: Mapping[str, str], prefix: str) -> dict[str, int]:
    """Limits of one sort by dimension; 0 and empty are no limit."""
    limits = {name.removeprefix(prefix): int(text or 0) for name, text in fields.items() if name.startswith(prefix)}
    return {name: limit for name, limit in sorted(limits.items()) if limit}


def _moment(text: str | None) -> TimestampMs | None:
    return TimestampMs(int(text)) if text and text != "0" else None
