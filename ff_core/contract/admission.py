"""Keeping executions from the queue that a budget, a quota, a missing worker or an operator holds back (07 §2)."""

from __future__ import annotations

from ff_core.contract.model import Function, args, keys

_BLOCKED = "lane_blocked=lane_blocked_budget|lane_blocked_quota|lane_blocked_route|lane_blocked_operator"

BLOCK_EXECUTION_FOR_ADMISSION = Function(
    name="ff_block_execution_for_admission",
    lua="admission/block",
    about="Take an execution off the queue until what holds it back is gone.",
    source="07 §2",
    keys=keys("exec_core", "lane_eligible", _BLOCKED),
    args=args("execution_id", "blocking_reason", "blocking_detail", "now_ms:number"),
    replies={"OK": ("outcome",)},
    errors=(
        "invalid_input",
        "execution_not_found",
        "execution_not_active",
        "execution_not_eligible",
        "invalid_blocking_reason",
    ),
)

UNBLOCK_EXECUTION = Function(
    name="ff_unblock_execution",
    lua="admission/unblock",
    about="Put an execution that admission held back into the queue again.",
    source="07 §2",
    keys=keys("exec_core", _BLOCKED, "lane_eligible"),
    args=args("execution_id", "now_ms:number", "expected_blocking_reason"),
    replies={"OK": ("outcome",)},
    errors=("invalid_input", "execution_not_found", "execution_not_eligible"),
)

FUNCTIONS = (
    BLOCK_EXECUTION_FOR_ADMISSION,
    UNBLOCK_EXECUTION,
)
