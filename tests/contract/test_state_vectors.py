"""The state after each function, against the golden rows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from conformance.clocked import Server
from contract import driver
from contract.driver import call, fields

from ff_core.contract import execution, lease, outcome

VECTORS: Final = json.loads(
    (Path(__file__).parents[1] / "conformance" / "vectors" / "states.json").read_text(encoding="utf-8")
)

LATER: Final = "99999999999999"


def created_late(server: Server) -> None:
    call(server, "ff_create_execution", choose={"scheduling": "lane_delayed"}, delay_until=LATER)


def promoted(server: Server) -> None:
    created_late(server)
    call(server, "ff_promote_delayed", now_ms=LATER)


def granted(server: Server) -> None:
    driver.created(server)
    call(server, "ff_issue_claim_grant")


def reclaimed(server: Server) -> None:
    driver.lost(server)
    call(server, "ff_issue_reclaim_grant")
    call(server, "ff_reclaim_execution")


def after(prepare: Callable[[Server], None], name: str, **args: Any) -> Callable[[Server], None]:
    """The state that one call leaves."""

    def scenario(server: Server) -> None:
        prepare(server)
        assert call(server, name, **args)[0] == 1

    return scenario


WAYS: Final = {
    "ff_create_execution": driver.created,
    "ff_create_execution with a future delay_until": created_late,
    "ff_promote_delayed": promoted,
    "ff_issue_claim_grant": granted,
    "ff_claim_execution": driver.claimed,
    "ff_complete_execution": driver.completed,
    "ff_fail_execution, retry scheduled": after(
        driver.claimed, "ff_fail_execution", retry_policy_json='{"max_retries":1}'
    ),
    "ff_fail_execution, no retry": after(driver.claimed, "ff_fail_execution"),
    "ff_delay_execution": after(driver.claimed, "ff_delay_execution", delay_until=LATER),
    "ff_move_to_waiting_children": after(driver.claimed, "ff_move_to_waiting_children"),
    "ff_cancel_execution of a runnable execution": after(driver.created, "ff_cancel_execution"),
    "ff_cancel_execution of an active execution": after(driver.claimed, "ff_cancel_execution"),
    "ff_mark_lease_expired_if_due (lease past its expiry)": driver.lost,
    "ff_reclaim_execution": reclaimed,
    "ff_revoke_lease": driver.revoked,
    "ff_expire_execution of an active execution": after(driver.claimed, "ff_expire_execution"),
}

OURS: Final = {function.name for function in (*execution.FUNCTIONS, *lease.FUNCTIONS, *outcome.FUNCTIONS)}
ROWS: Final = [
    row for row in VECTORS["observed"] if row["after"].split()[0].rstrip(",") in OURS - {"ff_claim_resumed_execution"}
]


def test_every_row_has_its_scenario():
    assert {row["after"] for row in ROWS} == WAYS.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["after"])
def test_a_function_leaves_the_recorded_state(clocked_server: Server, row: dict[str, Any]):
    WAYS[row["after"]](clocked_server)
    assert fields(clocked_server, "exec_core", *VECTORS["observed_columns"]) == row["vector"]
