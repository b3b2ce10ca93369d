"""Flows: their record, members, tags and cancellation (contract 05)."""

from __future__ import annotations

from ff_core.contract.model import Function, args, keys

CREATE_FLOW = Function(
    name="ff_create_flow",
    lua="flow/create",
    about="Create a flow without members.",
    source="05 §2",
    keys=keys("flow_core", "flow_members", "flow_index"),
    args=args("flow_id", "flow_kind", "namespace", "now_ms"),
    replies={"OK": ("flow_id",), "ALREADY_SATISFIED": ("flow_id",)},
    errors=(),
)

ADD_EXECUTION_TO_FLOW = Function(
    name="ff_add_execution_to_flow",
    lua="flow/add_execution",
    about="Make an execution a member of a flow.",
    source="05 §2",
    keys=keys("flow_core", "flow_members", "flow_index", "exec_core"),
    args=args("flow_id", "execution_id", "now_ms"),
    replies={"OK": ("execution_id", "node_count"), "ALREADY_SATISFIED": ("execution_id", "node_count")},
    errors=("flow_not_found", "flow_already_terminal", "execution_not_found", "already_member_of_different_flow"),
)

CANCEL_FLOW = Function(
    name="ff_cancel_flow",
    lua="flow/cancel",
    about="Cancel a flow and list its members; none of them is cancelled by this.",
    source="05 §2, §3.4",
    keys=keys("flow_core", "flow_members", "flow_index", "flow_pending_cancels", "cancel_backlog"),
    args=args("flow_id", "reason", "cancellation_policy", "now_ms", "grace_ms"),
    replies={"OK": ("cancellation_policy",)},
    errors=("invalid_grace_ms", "flow_not_found", "flow_already_terminal"),
)

ACK_CANCEL_MEMBER = Function(
    name="ff_ack_cancel_member",
    lua="flow/ack_cancel",
    about="Note that the cancel which a flow owed one member is settled.",
    source="05 §2, §3.4",
    keys=keys("flow_pending_cancels", "cancel_backlog"),
    args=args("execution_id", "flow_id"),
    replies={"OK": ()},
    errors=(),
)

SET_FLOW_TAGS = Function(
    name="ff_set_flow_tags",
    lua="flow/set_tags",
    about="Write tags of a flow.",
    source="05 §2",
    keys=keys("flow_core", "flow_tags"),
    args=(),
    rest_args=("key", "value"),
    replies={"OK": ("count",)},
    errors=("invalid_input", "flow_not_found", "invalid_tag_key"),
)

FUNCTIONS = (
    CREATE_FLOW,
    ADD_EXECUTION_TO_FLOW,
    CANCEL_FLOW,
    ACK_CANCEL_MEMBER,
    SET_FLOW_TAGS,
)
