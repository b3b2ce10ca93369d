"""Edges between the members of a flow, and the groups in which they enter a member (contract 05)."""

from __future__ import annotations

from ff_core.contract.model import Function, args, keys

_GROUP_KEYS = keys("pending_cancel_groups", "flow_edgegroup")
_GROUP_ARGS = args("flow_id", "downstream_execution_id")

SET_EDGE_GROUP_POLICY = Function(
    name="ff_set_edge_group_policy",
    lua="edge/set_group_policy",
    about="Choose how the edges that enter a member combine; possible until the first one is applied.",
    source="05 §2, §3.2",
    keys=keys("flow_core", "flow_edgegroup"),
    args=args("policy_variant", "on_satisfied", "k:lenient", "now_ms:number"),
    replies={"OK": ("outcome",)},
    errors=("invalid_input", "flow_not_found"),
)

STAGE_DEPENDENCY_EDGE = Function(
    name="ff_stage_dependency_edge",
    lua="edge/stage",
    about="Record an edge in the graph of a flow; the downstream member does not wait for it yet.",
    source="05 §2",
    keys=keys("flow_core", "flow_members", "flow_edge", "flow_out", "flow_in", "flow_grant"),
    args=args(
        "flow_id",
        "edge_id",
        "upstream_execution_id",
        "downstream_execution_id",
        "dependency_kind:text=success_only",
        "data_passing_ref",
        "expected_graph_revision",
        "now_ms:number",
    ),
    replies={"OK": ("edge_id", "graph_revision")},
    errors=(
        "invalid_input",
        "self_referencing_edge",
        "flow_not_found",
        "flow_already_terminal",
        "stale_graph_revision",
        "execution_not_in_flow",
        "cycle_detected",
        "dependency_already_exists",
    ),
)

APPLY_DEPENDENCY_TO_CHILD = Function(
    name="ff_apply_dependency_to_child",
    lua="edge/apply",
    about="Have the downstream member of an edge wait for it.",
    source="05 §2",
    keys=keys(
        "exec_core",
        "deps_meta",
        "deps_unresolved",
        "dep_edge",
        "lane_eligible",
        "lane_blocked_dependencies",
        "deps_all_edges",
        "flow_edgegroup",
    ),
    args=args(
        "flow_id",
        "edge_id",
        "upstream_execution_id",
        "graph_revision",
        "dependency_kind",
        "data_passing_ref",
        "now_ms:number",
    ),
    replies={"OK": ("unsatisfied_count",)},
    errors=("invalid_input", "execution_not_found", "execution_already_in_flow"),
)

RESOLVE_DEPENDENCY = Function(
    name="ff_resolve_dependency",
    lua="edge/resolve",
    about="Tell the downstream member of an edge how the upstream one has ended.",
    source="05 §2, §3.1, §3.2",
    keys=keys(
        "exec_core",
        "deps_meta",
        "deps_unresolved",
        "dep_edge",
        "lane_eligible",
        "lane_terminal",
        "lane_blocked_dependencies",
        "attempt",
        "stream_meta",
        "exec_payload",
        "upstream_result",
        "flow_edgegroup",
        "flow_in",
        "pending_cancel_groups",
    ),
    required_keys=12,
    args=args("edge_id", "upstream_outcome", "now_ms:number", "flow_id", "downstream_execution_id"),
    replies={"OK": ("outcome", "effect")},
    errors=("invalid_input", "invalid_dependency", "invariant_violation"),
)

DRAIN_SIBLING_CANCEL_GROUP = Function(
    name="ff_drain_sibling_cancel_group",
    lua="edge/drain_siblings",
    about="Note that the siblings which a decided group wanted cancelled have been seen to.",
    source="05 §2",
    keys=_GROUP_KEYS,
    args=_GROUP_ARGS,
    replies={"OK": ("outcome", "detail")},
    errors=("invalid_args",),
)

RECONCILE_SIBLING_CANCEL_GROUP = Function(
    name="ff_reconcile_sibling_cancel_group",
    lua="edge/reconcile_siblings",
    about="Finish or drop the cancelling of siblings that a crash has left behind.",
    source="05 §2",
    keys=_GROUP_KEYS,
    args=_GROUP_ARGS,
    replies={"OK": ("outcome", "detail")},
    errors=("invalid_args",),
)

FUNCTIONS = (
    SET_EDGE_GROUP_POLICY,
    STAGE_DEPENDENCY_EDGE,
    APPLY_DEPENDENCY_TO_CHILD,
    RESOLVE_DEPENDENCY,
    DRAIN_SIBLING_CANCEL_GROUP,
    RECONCILE_SIBLING_CANCEL_GROUP,
)
