"""Budgets: limits on usage, what was used, and by whom (contract 07 §2)."""

from __future__ import annotations

from ff_core.contract.model import Function, Layout, Table, args, keys

_REPORTED = {
    "OK": (),
    "ALREADY_APPLIED": (),
    "SOFT_BREACH": ("dimension", "current_usage", "soft_limit"),
    "HARD_BREACH": ("dimension", "current_usage", "hard_limit"),
}

CREATE_BUDGET = Function(
    name="ff_create_budget",
    lua="budget/create",
    about="Define a budget and its limits; they are never changed by a second call.",
    source="07 §2",
    keys=keys("budget", "budget_limits", "budget_usage", "budget_resets", "budget_policies"),
    args=args(
        "budget_id",
        "scope_type",
        "scope_id",
        "enforcement_mode",
        "on_hard_limit",
        "on_soft_limit",
        "reset_interval_ms:number",
        "now_ms:number",
    ),
    table=Table("dim_count", args("dimension", "hard_limit:optional", "soft_limit:optional"), Layout.COLUMNS),
    replies={"OK": ("budget_id",), "ALREADY_SATISFIED": ("budget_id",)},
    errors=("invalid_input",),
)

REPORT_USAGE_AND_CHECK = Function(
    name="ff_report_usage_and_check",
    lua="budget/report",
    about="Count usage, unless that would pass a hard limit.",
    source="07 §2",
    keys=keys("budget_usage", "budget_limits", "budget"),
    args=(),
    table=Table("dim_count", args("dimension", "delta:whole"), Layout.COLUMNS, args("now_ms:number", "dedup_key")),
    replies=_REPORTED,
    errors=("invalid_input",),
)

RECORD_SPEND = Function(
    name="ff_record_spend",
    lua="budget/record_spend",
    about="Count usage, unless that would pass a hard limit, and note which execution it was.",
    source="07 §2",
    keys=keys("budget_usage", "budget_limits", "budget", "budget_by_exec", "budget_by_exec_index"),
    args=(),
    table=Table(
        "pair_count",
        args("dimension", "delta:whole"),
        Layout.ROWS,
        args("now_ms:number", "dedup_key", "execution_id"),
    ),
    replies=_REPORTED,
    errors=("invalid_input",),
)

RELEASE_BUDGET = Function(
    name="ff_release_budget",
    lua="budget/release",
    about="Give back what one execution has spent.",
    source="07 §2",
    keys=keys("budget_usage", "budget_by_exec", "budget_by_exec_index"),
    args=args("budget_id", "execution_id"),
    replies={"OK": ("outcome",)},
    errors=(),
)

RESET_BUDGET = Function(
    name="ff_reset_budget",
    lua="budget/reset",
    about="Begin a new period: all usage back to 0.",
    source="07 §2",
    keys=keys("budget", "budget_usage", "budget_resets"),
    args=args("budget_id", "now_ms:number"),
    replies={"OK": ("next_reset_at",)},
    errors=("invalid_input",),
)

FUNCTIONS = (
    CREATE_BUDGET,
    REPORT_USAGE_AND_CHECK,
    RECORD_SPEND,
    RELEASE_BUDGET,
    RESET_BUDGET,
)
