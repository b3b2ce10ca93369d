"""How an attempt ends or pauses: complete, fail, delay, wait for children, cancel, expire (contract 03b)."""

from __future__ import annotations

from ff_core.contract.model import Function, args, keys

_HOLDER_ERRORS = (
    "execution_not_found",
    "partial_fence_triple",
    "fence_required",
    "execution_not_active",
    "lease_revoked",
    "lease_expired",
    "stale_lease",
)

_PAUSE_KEYS = (
    "exec_core",
    "attempt",
    "lease_current",
    "lease_history",
    "lease_expiry",
    "worker_leases",
    "lane_active",
)

COMPLETE_EXECUTION = Function(
    name="ff_complete_execution",
    lua="outcome/complete",
    about="Finish an execution with success.",
    source="03b §2",
    keys=keys(
        "exec_core",
        "attempt",
        "lease_expiry",
        "worker_leases",
        "lane_terminal",
        "lease_current",
        "lease_history",
        "lane_active",
        "stream_meta",
        "exec_result",
        "attempt_timeout",
        "execution_deadline",
    ),
    args=args("execution_id", "lease_id", "lease_epoch", "attempt_id", "result", "source"),
    replies={"OK": ("outcome",)},
    errors=_HOLDER_ERRORS,
)

FAIL_EXECUTION = Function(
    name="ff_fail_execution",
    lua="outcome/fail",
    about="Fail the attempt; a retry is scheduled if the retry policy has one left.",
    source="03b §2",
    keys=keys(
        "exec_core",
        "attempt",
        "lease_expiry",
        "worker_leases",
        "lane_terminal",
        "lane_delayed",
        "lease_current",
        "lease_history",
        "lane_active",
        "stream_meta",
        "attempt_timeout",
        "execution_deadline",
    ),
    args=args(
        "execution_id",
        "lease_id",
        "lease_epoch",
        "attempt_id",
        "failure_reason",
        "failure_category",
        "retry_policy_json",
        "source",
    ),
    replies={"OK": ("outcome",)},
    errors=_HOLDER_ERRORS,
)

DELAY_EXECUTION = Function(
    name="ff_delay_execution",
    lua="outcome/delay",
    about="Pause the caller's own attempt until a time.",
    source="03b §2",
    keys=keys(*_PAUSE_KEYS, "lane_delayed", "attempt_timeout"),
    args=args("execution_id", "lease_id", "lease_epoch", "attempt_id", "delay_until:number", "source"),
    replies={"OK": ("delay_until",)},
    errors=("invalid_input", *_HOLDER_ERRORS),
)

MOVE_TO_WAITING_CHILDREN = Function(
    name="ff_move_to_waiting_children",
    lua="outcome/wait_for_children",
    about="Pause the caller's own attempt until its child executions have ended.",
    source="03b §2",
    keys=keys(*_PAUSE_KEYS, "lane_blocked_dependencies", "attempt_timeout"),
    args=args("execution_id", "lease_id", "lease_epoch", "attempt_id", "source"),
    replies={"OK": ()},
    errors=_HOLDER_ERRORS,
)

CANCEL_EXECUTION = Function(
    name="ff_cancel_execution",
    lua="outcome/cancel",
    about="Cancel an execution that has not ended.",
    source="03b §3",
    keys=keys(
        "exec_core",
        "attempt",
        "stream_meta",
        "lease_current",
        "lease_history",
        "lease_expiry",
        "worker_leases",
        "suspension_current",
        "waitpoint",
        "waitpoint_condition",
        "suspension_timeout",
        "lane_terminal",
        "attempt_timeout",
        "execution_deadline",
        "lane_eligible",
        "lane_delayed",
        "lane_blocked_dependencies",
        "lane_blocked_budget",
        "lane_blocked_quota",
        "lane_blocked_route",
        "lane_blocked_operator",
    ),
    args=args("execution_id", "reason", "source", "lease_id", "lease_epoch"),
    replies={"OK": ("outcome", "phase_before")},
    errors=("execution_not_found", "execution_not_active", "lease_revoked", "stale_lease"),
)

EXPIRE_EXECUTION = Function(
    name="ff_expire_execution",
    lua="outcome/expire",
    about="End an execution whose attempt timeout or deadline has passed.",
    source="03b §3",
    keys=keys(
        "exec_core",
        "attempt",
        "stream_meta",
        "lease_current",
        "lease_history",
        "lease_expiry",
        "worker_leases",
        "lane_active",
        "lane_terminal",
        "attempt_timeout",
        "execution_deadline",
        "lane_suspended",
        "suspension_timeout",
        "suspension_current",
    ),
    args=args("execution_id", "expire_reason:text=attempt_timeout"),
    replies={"OK": ("outcome",)},
    errors=(),
)

FUNCTIONS = (
    COMPLETE_EXECUTION,
    FAIL_EXECUTION,
    DELAY_EXECUTION,
    MOVE_TO_WAITING_CHILDREN,
    CANCEL_EXECUTION,
    EXPIRE_EXECUTION,
)
