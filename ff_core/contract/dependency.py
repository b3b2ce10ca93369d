"""Executions that wait for others: may they run, release them, run them again (contract 05)."""

from __future__ import annotations

from ff_core.contract.model import Function, args, keys

EVALUATE_FLOW_ELIGIBILITY = Function(
    name="ff_evaluate_flow_eligibility",
    lua="dependency/evaluate",
    about="Say whether its dependencies let an execution run.",
    source="05 §2",
    keys=keys("exec_core", "deps_meta"),
    args=(),
    replies={"OK": ("outcome",)},
    errors=(),
)

PROMOTE_BLOCKED_TO_ELIGIBLE = Function(
    name="ff_promote_blocked_to_eligible",
    lua="dependency/promote",
    about="Put an execution that waits for no open dependency into the queue.",
    source="05 §2, §3.1",
    keys=keys("exec_core", "lane_blocked_dependencies", "lane_eligible", "deps_meta", "deps_unresolved"),
    args=args("execution_id", "now_ms:number"),
    replies={"OK": ()},
    errors=(
        "invalid_input",
        "execution_not_found",
        "not_runnable",
        "not_blocked_by_deps",
        "terminal",
        "deps_not_satisfied",
    ),
)

REPLAY_EXECUTION = Function(
    name="ff_replay_execution",
    lua="dependency/replay",
    about="Run an execution that has ended again; a skipped member of a flow waits for its dependencies anew.",
    source="05 §2",
    keys=keys(
        "exec_core",
        "lane_terminal",
        "lane_eligible",
        "lease_history",
        "lane_blocked_dependencies",
        "deps_meta",
        "deps_unresolved",
    ),
    required_keys=4,
    args=args("execution_id", "now_ms"),
    rest_keys=keys("dep_edge"),
    rest_args=("edge_id",),
    replies={"OK": ("unsatisfied_count",)},
    errors=("invalid_input", "execution_not_found", "execution_not_terminal", "max_replays_exhausted"),
)

FUNCTIONS = (
    EVALUATE_FLOW_ELIGIBILITY,
    PROMOTE_BLOCKED_TO_ELIGIBLE,
    REPLAY_EXECUTION,
)
