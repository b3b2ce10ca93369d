"""Refusals, against the golden rows."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from conformance.clocked import Server
from contract import driver
from contract.driver import call, key

from ff_core.contract import execution, lease, outcome

VECTORS: Final = json.loads(
    (Path(__file__).parents[1] / "conformance" / "vectors" / "errors.json").read_text(encoding="utf-8")
)

OTHER: Final = "1ea5e000-0000-4000-8000-00000000ffff"
RETRY: Final = '{"max_retries":1}'


def nothing(_server: Server) -> None:
    """An empty server."""


def granted(server: Server) -> None:
    driver.created(server)
    call(server, "ff_issue_claim_grant")


def outside_of_the_set(server: Server) -> None:
    driver.created(server)
    server.zrem(key("lane_eligible"), driver.EXECUTION)


def demanding(server: Server) -> None:
    driver.created(server)
    server.hset(key("exec_core"), "required_capabilities", "cuda,gpu")


def delayed(server: Server) -> None:
    call(server, "ff_create_execution", choose={"scheduling": "lane_delayed"}, delay_until="99999999999999")


def retried(server: Server) -> None:
    driver.claimed(server)
    call(server, "ff_fail_execution", retry_policy_json=RETRY)


def failed(server: Server) -> None:
    driver.claimed(server)
    call(server, "ff_fail_execution")


def reclaimed_twice(server: Server) -> None:
    driver.lost(server)
    server.hset(key("exec_core"), "lease_reclaim_count", "2")


COMMA: Final = '{"routing_requirements":{"required_capabilities":["a,b"]}}'

WAYS: Final[dict[tuple[str, str], tuple[Callable[[Server], Any], dict[str, Any]]]] = {
    ("ff_complete_execution", "no such execution"): (nothing, {}),
    ("ff_claim_execution", "no such execution"): (nothing, {}),
    ("ff_issue_claim_grant", "no such execution"): (nothing, {}),
    ("ff_claim_execution", "eligible but no grant"): (driver.created, {}),
    ("ff_complete_execution", "runnable, never claimed"): (driver.created, {}),
    ("ff_create_execution", "priority not a number"): (nothing, {"priority": "high"}),
    ("ff_create_execution", "policy not JSON"): (nothing, {"policy_json": "{bad"}),
    ("ff_create_execution", "capability with comma"): (nothing, {"policy_json": COMMA}),
    ("ff_issue_claim_grant", "grant_ttl_ms empty"): (driver.created, {"grant_ttl_ms": ""}),
    ("ff_issue_claim_grant", "a grant is there already"): (granted, {}),
    ("ff_claim_execution", "grant of another worker"): (granted, {"worker_id": "w2"}),
    ("ff_issue_claim_grant", "not in the eligible set"): (outside_of_the_set, {}),
    ("ff_issue_claim_grant", "worker lacks both capabilities"): (demanding, {}),
    ("ff_issue_claim_grant", "worker capability list too long"): (
        driver.created,
        {"worker_capabilities_csv": "x" * 4097},
    ),
    ("ff_issue_claim_grant", "still delayed"): (delayed, {}),
    ("ff_complete_execution", "another lease id"): (driver.claimed, {"lease_id": OTHER}),
    ("ff_complete_execution", "old lease epoch"): (driver.claimed, {"lease_epoch": "0"}),
    ("ff_complete_execution", "only part of the fence given"): (driver.claimed, {"attempt_id": ""}),
    ("ff_complete_execution", "no fence and no operator override"): (
        driver.claimed,
        {"lease_id": "", "lease_epoch": "", "attempt_id": ""},
    ),
    ("ff_complete_execution", "repeat after success"): (driver.completed, {}),
    ("ff_fail_execution", "after success"): (driver.completed, {}),
    ("ff_fail_execution", "repeat after a scheduled retry"): (retried, {}),
    ("ff_fail_execution", "repeat after the final failure"): (failed, {}),
    ("ff_complete_execution", "lease past its expiry"): (driver.lapsed, {}),
    ("ff_renew_lease", "lease past its expiry"): (driver.lapsed, {}),
    ("ff_complete_execution", "lease revoked"): (driver.revoked, {}),
    ("ff_revoke_lease", "expected lease id differs"): (driver.claimed, {"expected_lease_id": OTHER}),
    ("ff_issue_reclaim_grant", "lease still good"): (driver.claimed, {}),
    ("ff_change_priority", "terminal"): (driver.completed, {}),
    ("ff_reclaim_execution", "two reclaims done, default cap of 2 passed in"): (
        reclaimed_twice,
        {"default_max_reclaim_count": "2"},
    ),
    ("ff_reclaim_execution", "not reclaimable any more"): (driver.claimed, {}),
    ("ff_update_progress", "another lease"): (driver.claimed, {"lease_id": OTHER}),
}

OURS: Final = {function.name for function in (*execution.FUNCTIONS, *lease.FUNCTIONS, *outcome.FUNCTIONS)}
ROWS: Final = [
    row
    for row in VECTORS["observed"]
    if row["function"] in OURS - {"ff_claim_resumed_execution", "ff_set_execution_tags"}
]


def test_every_row_has_its_scenario():
    assert {(row["function"], row["when"]) for row in ROWS} == WAYS.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['function']}: {row['when']}")
def test_a_refusal_is_the_recorded_one(clocked_server: Server, row: dict[str, Any]):
    prepare, args = WAYS[row["function"], row["when"]]
    prepare(clocked_server)
    reply = call(clocked_server, row["function"], **args)
    assert len(reply) == len(row["reply"])
    for got, want in zip(reply, row["reply"], strict=True):
        form = re.sub("<uuid>|<attempt_id>", "[0-9a-f-]{36}", re.escape(str(want)))
        assert re.fullmatch(form, str(got)), (got, want)


@pytest.mark.parametrize(
    "tags,detail",
    [
        (["Team", "a"], ["invalid_tag_key", "Team"]),
        (["team.a"], ["invalid_input", "tags must be non-empty even-length key/value pairs"]),
    ],
)
def test_tags_are_refused_as_recorded(clocked_server: Server, tags: list[str], detail: list[str]):
    driver.created(clocked_server)
    reply = driver.fcall(clocked_server, "ff_set_execution_tags", 2, key("exec_core"), key("exec_tags"), *tags)
    assert reply == [0, *detail]
    rows = [row for row in VECTORS["observed"] if row["function"] == "ff_set_execution_tags"]
    assert reply in [row["reply"] for row in rows]
