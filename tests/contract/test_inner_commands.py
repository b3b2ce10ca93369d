"""What one call costs inside: every command that a function sends is paid by every execution.

COST is the whole table; it has to be kept true in both directions.
"""

from typing import Final

import pytest
from conformance.clocked import Server
from contract import driver, flow_driver, stream_driver, usage_driver
from contract.driver import call

COST: Final = {
    "ff_create_execution": 5,
    "ff_create_execution with an idempotency key": 7,
    "ff_issue_claim_grant": 6,
    "ff_claim_execution": 14,
    "ff_issue_grant_and_claim": 15,
    "ff_issue_grant_and_claim of an interrupted attempt": 12,
    "ff_renew_lease": 6,
    "ff_update_progress": 3,
    "ff_complete_execution": 14,
    "ff_complete_execution without a result": 13,
    "ff_fail_execution": 13,
    "ff_fail_execution with a retry": 12,
    "ff_delay_execution": 11,
    "ff_move_to_waiting_children": 11,
    "ff_cancel_execution": 14,
    "ff_cancel_execution of an active execution": 20,
    "ff_expire_execution": 9,
    "ff_expire_execution of an active execution": 16,
    "ff_revoke_lease": 7,
    "ff_issue_reclaim_grant": 5,
    "ff_reclaim_execution": 16,
    "ff_mark_lease_expired_if_due": 5,
    "ff_change_priority": 4,
    "ff_promote_delayed": 4,
    "ff_set_execution_tags": 4,
    "ff_register_worker": 4,
    "ff_heartbeat_worker": 4,
    "ff_create_flow": 4,
    "ff_add_execution_to_flow": 7,
    "ff_cancel_flow of 2 members": 6,
    "ff_ack_cancel_member": 2,
    "ff_set_flow_tags": 5,
    "ff_set_edge_group_policy": 3,
    "ff_stage_dependency_edge of a leaf": 8,
    "ff_apply_dependency_to_child": 12,
    "ff_resolve_dependency that leaves others open": 7,
    "ff_resolve_dependency that releases": 11,
    "ff_resolve_dependency that releases and passes data": 12,
    "ff_resolve_dependency that skips": 14,
    "ff_resolve_dependency of a group that stays open": 5,
    "ff_resolve_dependency of a group that fires": 9,
    "ff_drain_sibling_cancel_group": 4,
    "ff_reconcile_sibling_cancel_group": 6,
    "ff_evaluate_flow_eligibility": 3,
    "ff_promote_blocked_to_eligible": 6,
    "ff_replay_execution": 7,
    "ff_replay_execution of a skipped member with 2 edges": 12,
    "ff_append_frame, the first": 5,
    "ff_append_frame, another": 5,
    "ff_append_frame in best_effort mode": 6,
    "ff_append_frame in summary mode": 7,
    "ff_read_attempt_stream": 2,
    "ff_read_summary": 1,
    "ff_create_budget": 4,
    "ff_report_usage_and_check of 3 dimensions": 4,
    "ff_report_usage_and_check of 3 dimensions with a dedup key": 6,
    "ff_report_usage_and_check above a soft limit": 5,
    "ff_report_usage_and_check above a hard limit": 4,
    "ff_record_spend of 3 dimensions": 7,
    "ff_release_budget": 5,
    "ff_reset_budget": 5,
    "ff_create_quota_policy": 4,
    "ff_check_admission_and_record": 8,
    "ff_check_admission_and_record of an admitted one": 1,
    "ff_release_admission": 4,
    "ff_block_execution_for_admission": 4,
    "ff_unblock_execution": 4,
}

NOT_INSIDE: Final = {"fcall", "config|resetstat", "info"}

RETRY: Final = '{"max_retries":1}'


def granted(server: Server) -> None:
    driver.created(server)
    call(server, "ff_issue_claim_grant")


def delayed(server: Server) -> None:
    driver.claimed(server)
    call(server, "ff_delay_execution", delay_until="1795000000000")


def over(server: Server) -> None:
    """A lease that was over from the beginning."""
    granted(server)
    call(server, "ff_claim_execution", lease_ttl_ms="0")


def reclaimable(server: Server) -> None:
    driver.revoked(server)
    call(server, "ff_issue_reclaim_grant")


def nothing(_server: Server) -> None:
    """An empty server."""


def nearly_done(server: Server) -> None:
    """A member that waits for one more."""
    flow_driver.waiting(server)
    flow_driver.resolve(server, 1)


def with_data(server: Server) -> None:
    flow_driver.joined(server)
    flow_driver.connect(server, 2, data_passing_ref="result")
    server.set(driver.key("upstream_result", U=flow_driver.upstream(2)), "result")


def any_of(server: Server) -> None:
    flow_driver.joined(server)
    flow_driver.choose(server, "any_of")
    flow_driver.connect(server, 1, 2)


def cancelled(server: Server) -> None:
    two_members(server)
    call(server, "ff_cancel_flow")


def two_members(server: Server) -> None:
    flow_driver.joined(server)
    flow_driver.join(server, driver.IDS["U"])


def paused(server: Server) -> None:
    driver.claimed(server)
    call(server, "ff_move_to_waiting_children")


def settled(server: Server) -> None:
    flow_driver.ordered(server)
    flow_driver.end(server, 2)
    flow_driver.end(server, 3)


SECOND: Final = {"ids": flow_driver.ids(2), "edge_id": flow_driver.edge(2)}
THREE: Final = [("tokens", "9"), ("cost", "1"), ("calls", "1")]
TAGS: Final = {"rest": [({}, ["team.a", "1"])]}
BOTH: Final = {"rest": [(flow_driver.ids(number), [flow_driver.edge(number)]) for number in (1, 2)]}

CALLS: Final = {
    "ff_create_flow": (nothing, {}),
    "ff_add_execution_to_flow": (lambda server: (driver.created(server), call(server, "ff_create_flow")), {}),
    "ff_cancel_flow of 2 members": (two_members, {}),
    "ff_ack_cancel_member": (cancelled, {}),
    "ff_set_flow_tags": (flow_driver.joined, TAGS),
    "ff_set_edge_group_policy": (flow_driver.joined, {}),
    "ff_stage_dependency_edge of a leaf": (two_members, {}),
    "ff_apply_dependency_to_child": (two_members, {}),
    "ff_resolve_dependency that leaves others open": (flow_driver.waiting, SECOND),
    "ff_resolve_dependency that releases": (nearly_done, SECOND),
    "ff_resolve_dependency that releases and passes data": (with_data, SECOND),
    "ff_resolve_dependency that skips": (flow_driver.waiting, SECOND | {"upstream_outcome": "failed"}),
    "ff_resolve_dependency of a group that stays open": (flow_driver.counting, SECOND),
    "ff_resolve_dependency of a group that fires": (any_of, SECOND),
    "ff_drain_sibling_cancel_group": (flow_driver.ordered, {}),
    "ff_reconcile_sibling_cancel_group": (settled, {}),
    "ff_evaluate_flow_eligibility": (flow_driver.waiting, {}),
    "ff_promote_blocked_to_eligible": (paused, {}),
    "ff_replay_execution": (driver.completed, {}),
    "ff_replay_execution of a skipped member with 2 edges": (flow_driver.skipped, BOTH),
    "ff_append_frame, the first": (driver.claimed, {}),
    "ff_append_frame, another": (stream_driver.live, {}),
    "ff_append_frame in best_effort mode": (driver.claimed, {"stream_mode": "best_effort", "ttl_ms": "5000"}),
    "ff_append_frame in summary mode": (stream_driver.summed_up, {"stream_mode": "summary", "payload": "{}"}),
    "ff_read_attempt_stream": (stream_driver.live, {}),
    "ff_read_summary": (stream_driver.summed_up, {}),
    "ff_create_budget": (nothing, {"rows": usage_driver.LIMITS}),
    "ff_report_usage_and_check of 3 dimensions": (usage_driver.defined, {"rows": THREE}),
    "ff_report_usage_and_check of 3 dimensions with a dedup key": (
        usage_driver.defined,
        {"rows": THREE, "dedup_key": "ff:usagededup:{fp:7}:1"},
    ),
    "ff_report_usage_and_check above a soft limit": (usage_driver.defined, {"rows": [("tokens", "90")]}),
    "ff_report_usage_and_check above a hard limit": (usage_driver.defined, {"rows": [("tokens", "101")]}),
    "ff_record_spend of 3 dimensions": (usage_driver.defined, {"rows": THREE}),
    "ff_release_budget": (usage_driver.spent, {}),
    "ff_reset_budget": (usage_driver.spent, {}),
    "ff_create_quota_policy": (nothing, {}),
    "ff_check_admission_and_record": (usage_driver.defined, {}),
    "ff_check_admission_and_record of an admitted one": (usage_driver.admitted, {}),
    "ff_release_admission": (usage_driver.admitted, {}),
    "ff_block_execution_for_admission": (driver.created, {}),
    "ff_unblock_execution": (usage_driver.blocked, {}),
    "ff_create_execution": (nothing, {}),
    "ff_create_execution with an idempotency key": (nothing, {"dedup_ttl_ms": "86400000"}),
    "ff_issue_claim_grant": (driver.created, {}),
    "ff_claim_execution": (granted, {}),
    "ff_issue_grant_and_claim": (driver.created, {}),
    "ff_issue_grant_and_claim of an interrupted attempt": (delayed, {}),
    "ff_renew_lease": (driver.claimed, {}),
    "ff_update_progress": (driver.claimed, {"progress_pct": "40"}),
    "ff_complete_execution": (driver.claimed, {"result": "done"}),
    "ff_complete_execution without a result": (driver.claimed, {}),
    "ff_fail_execution": (driver.claimed, {}),
    "ff_fail_execution with a retry": (driver.claimed, {"retry_policy_json": RETRY}),
    "ff_delay_execution": (driver.claimed, {"delay_until": "1795000000000"}),
    "ff_move_to_waiting_children": (driver.claimed, {}),
    "ff_cancel_execution": (driver.created, {}),
    "ff_cancel_execution of an active execution": (driver.claimed, {"source": "operator_override"}),
    "ff_expire_execution": (driver.created, {}),
    "ff_expire_execution of an active execution": (driver.claimed, {}),
    "ff_revoke_lease": (driver.claimed, {}),
    "ff_issue_reclaim_grant": (driver.revoked, {}),
    "ff_reclaim_execution": (reclaimable, {}),
    "ff_mark_lease_expired_if_due": (over, {}),
    "ff_change_priority": (driver.created, {}),
    "ff_promote_delayed": (delayed, {}),
    "ff_register_worker": (nothing, {}),
    "ff_heartbeat_worker": (lambda server: call(server, "ff_register_worker"), {}),
}


def commands_of_last_call(server: Server) -> dict[str, int]:
    stats = server.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): entry["calls"] for name, entry in stats.items()}
    return {name: number for name, number in calls.items() if name not in NOT_INSIDE}


@pytest.mark.parametrize("case", CALLS)
def test_a_call_sends_as_many_commands_as_the_table_says(shipped_server: Server, case: str):
    prepare, args = CALLS[case]
    prepare(shipped_server)
    choose = {"idempotency": "create_idempotency"} if "idempotency" in case else None
    shipped_server.config_resetstat()
    reply = call(shipped_server, case.split(maxsplit=1)[0].rstrip(","), choose=choose, **args)
    commands = commands_of_last_call(shipped_server)
    assert reply[0] in (1, "ADMITTED", "ALREADY_ADMITTED")
    assert sum(commands.values()) == COST[case], (reply, commands)


def test_tags_cost_the_same_however_many_there_are(shipped_server: Server):
    driver.created(shipped_server)
    pairs = [word for number in range(20) for word in (f"team.t{number}", "a")]
    shipped_server.config_resetstat()
    reply = driver.fcall(
        shipped_server, "ff_set_execution_tags", 2, driver.key("exec_core"), driver.key("exec_tags"), *pairs
    )
    assert reply == [1, "OK", "20"]
    assert sum(commands_of_last_call(shipped_server).values()) == COST["ff_set_execution_tags"]
