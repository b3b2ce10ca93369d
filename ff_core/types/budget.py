"""Budgets and quota policies as they stand (contract 01 §16, 07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ff_core.types.ids import BudgetId, QuotaPolicyId
from ff_core.types.time import TimestampMs


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """A budget: its limits, and how much of each dimension has been used."""

    budget_id: BudgetId
    scope_type: str
    scope_id: str
    enforcement_mode: str
    usage: Mapping[str, int]
    hard_limits: Mapping[str, int]
    soft_limits: Mapping[str, int]
    breach_count: int
    soft_breach_count: int
    last_breach_at: TimestampMs | None = None
    last_breach_dim: str | None = None
    next_reset_at: TimestampMs | None = None
    created_at: TimestampMs | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPolicy:
    """How many executions may start within a window, and how many may run at once; 0 is no limit."""

    quota_policy_id: QuotaPolicyId
    window_seconds: int
    max_requests: int
    max_concurrent: int
    created_at: TimestampMs
