"""Calls of the library by name, with everything filled in that a test does not care about."""

from typing import Any, Final

from conformance import clocked
from conformance.clocked import Server

from ff_core import keys
from ff_core.contract import FUNCTIONS

EXECUTION: Final = "{fp:7}:0f000000-0000-4000-8000-000000000001"
LEASE: Final = "1ea5e000-0000-4000-8000-000000000001"
ATTEMPT: Final = "a77e0000-0000-4000-8000-000000000001"
TTL_MS: Final = 30_000

IDS: Final = {
    "E": EXECUTION,
    "L": "default",
    "I": "0",
    "P": "w1-a",
    "W": "ca110000-0000-4000-8000-000000000001",
    "S": "51600000-0000-4000-8000-000000000001",
    "K": "once",
    "NS": "ns1",
    "F": "f1000000-0000-4000-8000-000000000001",
    "X": "ed9e0000-0000-4000-8000-000000000001",
    "U": "{fp:7}:0f000000-0000-4000-8000-000000000002",
    "B": "b0d9e700-0000-4000-8000-000000000001",
    "D": "default",
}

ARGS: Final = {
    "execution_id": EXECUTION,
    "namespace": "ns1",
    "lane_id": "default",
    "lane": "default",
    "execution_kind": "job",
    "priority": "0",
    "creator_identity": "tester",
    "policy_json": "{}",
    "input_payload": "hello",
    "tags_json": "{}",
    "partition_id": "7",
    "worker_id": "w1",
    "worker_instance_id": "w1-a",
    "instance_id": "w1-a",
    "grant_ttl_ms": "5000",
    "lease_id": LEASE,
    "lease_epoch": "1",
    "lease_ttl_ms": str(TTL_MS),
    "lease_history_grace_ms": "5000",
    "renew_before_ms": "20000",
    "attempt_id": ATTEMPT,
    "attempt_index": "0",
    "new_priority": "5",
    "ttl_ms": "30000",
    "now_ms": "1795000000000",
    "delay_until": "",
    "flow_id": IDS["F"],
    "flow_kind": "dag",
    "edge_id": IDS["X"],
    "upstream_execution_id": IDS["U"],
    "downstream_execution_id": EXECUTION,
    "dependency_kind": "success_only",
    "policy_variant": "any_of",
    "on_satisfied": "cancel_remaining",
    "expected_graph_revision": "2",
    "graph_revision": "3",
    "upstream_outcome": "success",
    "cancellation_policy": "cancel_all",
    "frame_type": "log",
    "from_id": "-",
    "to_id": "+",
    "count_limit": "100",
    "budget_id": IDS["B"],
    "scope_type": "lane",
    "scope_id": "default",
    "enforcement_mode": "strict",
    "on_hard_limit": "fail",
    "on_soft_limit": "warn",
    "reset_interval_ms": "0",
    "quota_policy_id": IDS["B"],
    "window_seconds": "60",
    "max_requests_per_window": "2",
    "max_concurrent": "2",
    "rate_limit": "2",
    "concurrency_cap": "2",
    "blocking_reason": "waiting_for_budget",
}


def call(
    client: Server,
    name: str,
    *,
    ids: dict[str, str] | None = None,
    choose: Any = None,
    rest: Any = (),
    rows: Any = (),
    **args: Any,
) -> list[Any]:
    """The reply of function `name`; `args` and `ids` take the place of those above."""
    function = FUNCTIONS[name]
    after = function.table.after if function.table else ()
    values = {arg.name: ARGS[arg.name] for arg in (*function.args, *after) if arg.name in ARGS} | args
    request = function.call(IDS | (ids or {}), values, choose=choose, rest=rest, rows=rows)
    return fcall(client, *request.words[1:])


def fcall(client: Server, *words: Any) -> list[Any]:
    """The reply of a raw call, as texts."""
    reply = client.execute_command("FCALL", *words)
    return [item.decode() if isinstance(item, bytes) else item for item in reply]


def key(name: str, **ids: str) -> str:
    """The key called `name` of the execution under test."""
    return keys.key(name, **(IDS | ids))


def fields(client: Server, name: str, *names: str, **ids: str) -> list[str]:
    """Hash fields of one key; what is missing is empty."""
    values = client.execute_command("HMGET", key(name, **ids), *names)
    return [(value or b"").decode() for value in values]


def created(client: Server) -> None:
    """One execution that waits for a worker."""
    assert call(client, "ff_create_execution")[0] == 1


def claimed(client: Server) -> None:
    """One execution that w1 works on."""
    created(client)
    assert call(client, "ff_issue_claim_grant")[0] == 1
    assert call(client, "ff_claim_execution")[0] == 1


def lapsed(client: Server) -> None:
    """One execution whose lease is over without anybody having noticed."""
    claimed(client)
    clocked.advance(client, TTL_MS + 1)


def lost(client: Server) -> None:
    """One execution that can be reclaimed."""
    lapsed(client)
    assert call(client, "ff_mark_lease_expired_if_due") == [1, "OK", "marked_expired"]


def revoked(client: Server) -> None:
    """One execution whose lease an operator took away."""
    claimed(client)
    assert call(client, "ff_revoke_lease")[:3] == [1, "OK", "revoked"]


def completed(client: Server) -> None:
    """One execution that has succeeded."""
    claimed(client)
    assert call(client, "ff_complete_execution") == [1, "OK", "completed"]
