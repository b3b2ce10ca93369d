"""Creating, scheduling and describing executions, and the worker registry (contract 03a)."""

from __future__ import annotations

from ff_core.contract.model import Function, Reply, args, keys
from ff_core.contract.reply import decode_reply


def _read_bare(function: Function, raw: object) -> Reply:
    """The version comes as a text of its own."""
    status, fields = decode_reply([1, "OK", raw], function.name)
    return Reply(status, function.replies[status], fields)


VERSION = Function(
    name="ff_version",
    lua="library/version",
    about="Say which version of the contract the library answers to.",
    source="03a §2",
    keys=(),
    args=(),
    replies={"OK": ("version",)},
    errors=(),
    reader=_read_bare,
)

CREATE_EXECUTION = Function(
    name="ff_create_execution",
    lua="execution/create",
    about="Create an execution and put it into the queue of its lane.",
    source="03a §2",
    keys=keys(
        "exec_core",
        "exec_payload",
        "exec_policy",
        "exec_tags",
        "scheduling=lane_eligible|lane_delayed",
        "idempotency=noop|create_idempotency",
        "execution_deadline",
        "all_executions",
    ),
    args=args(
        "execution_id",
        "namespace",
        "lane_id",
        "execution_kind",
        "priority:number",
        "creator_identity",
        "policy_json",
        "input_payload",
        "delay_until:optional",
        "dedup_ttl_ms:lenient",
        "tags_json",
        "execution_deadline_at:optional",
        "partition_id",
    ),
    replies={"OK": ("execution_id", "public_state"), "DUPLICATE": ("execution_id",)},
    errors=("invalid_input", "invalid_policy_json", "invalid_capabilities"),
)

CHANGE_PRIORITY = Function(
    name="ff_change_priority",
    lua="execution/change_priority",
    about="Give a waiting execution another priority.",
    source="03a §2",
    keys=keys("exec_core", "lane_eligible"),
    args=args("execution_id", "new_priority:number"),
    replies={"OK": ("old_priority", "new_priority")},
    errors=("invalid_input", "execution_not_found", "execution_not_eligible"),
)

PROMOTE_DELAYED = Function(
    name="ff_promote_delayed",
    lua="execution/promote_delayed",
    about="Move a delayed execution whose time has come into the queue.",
    source="03a §2, 04 §12 D3",
    keys=keys("exec_core", "lane_delayed", "lane_eligible"),
    args=args("execution_id", "now_ms:number"),
    replies={"OK": ("outcome",)},
    errors=("invalid_input",),
)

UPDATE_PROGRESS = Function(
    name="ff_update_progress",
    lua="execution/update_progress",
    about="Record how far the running attempt has come.",
    source="03b §1",
    keys=keys("exec_core"),
    args=args("execution_id", "lease_id", "lease_epoch", "progress_pct", "progress_message"),
    replies={"OK": ()},
    errors=("execution_not_found", "execution_not_active", "lease_revoked", "lease_expired", "stale_lease"),
)

SET_EXECUTION_TAGS = Function(
    name="ff_set_execution_tags",
    lua="execution/set_tags",
    about="Write tags of an execution.",
    source="03a §2",
    keys=keys("exec_core", "exec_tags"),
    args=(),
    rest_args=("key", "value"),
    replies={"OK": ("count",)},
    errors=("invalid_input", "execution_not_found", "invalid_tag_key"),
)

REGISTER_WORKER = Function(
    name="ff_register_worker",
    lua="worker/register",
    about="Announce a worker instance, or refresh its entry.",
    source="03a §2",
    keys=keys("worker_alive", "worker_caps", "workers_index"),
    args=args("instance_id", "worker_id", "lanes_csv", "caps_csv", "ttl_ms:number", "now_ms:number"),
    replies={"OK": ("outcome",)},
    errors=("invalid_input",),
)

HEARTBEAT_WORKER = Function(
    name="ff_heartbeat_worker",
    lua="worker/heartbeat",
    about="Keep the entry of a worker instance alive.",
    source="03a §2",
    keys=keys("worker_alive", "worker_caps"),
    args=args("now_ms:number"),
    replies={"OK": ("outcome",)},
    errors=("invalid_input",),
)

FUNCTIONS = (
    VERSION,
    CREATE_EXECUTION,
    CHANGE_PRIORITY,
    PROMOTE_DELAYED,
    UPDATE_PROGRESS,
    SET_EXECUTION_TAGS,
    REGISTER_WORKER,
    HEARTBEAT_WORKER,
)
