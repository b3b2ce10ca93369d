"""Refusals and states of flows, frames, budgets and quotas, against the golden rows."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance.clocked import Server
from conformance.golden import golden
from contract import driver, flow_driver, stream_driver, usage_driver
from contract.driver import EXECUTION, call, fcall, fields, key
from contract.flow_driver import joined, stage, upstream

from ff_core.contract import admission, budget, dependency, edge, flow, quota, stream

OURS: Final = {
    function.name
    for module in (admission, budget, dependency, edge, flow, quota, stream)
    for function in module.FUNCTIONS
}

ERRORS: Final = [row for row in golden("errors")["observed"] if row["function"] in OURS]
STATES: Final = golden("states")
ROWS: Final = [row for row in STATES["observed"] if row["after"].split()[0].rstrip(",") in OURS]

OTHER: Final = "f1000000-0000-4000-8000-000000000002"


def nothing(_server: Server) -> None:
    """An empty server."""


def failed(server: Server) -> None:
    driver.claimed(server)
    call(server, "ff_fail_execution")


def replayed_ten_times(server: Server) -> None:
    failed(server)
    server.hset(key("exec_core"), "replay_count", "10")


def half_open(server: Server) -> None:
    driver.created(server)
    server.hset(key("exec_core"), "eligibility_state", "blocked_by_dependencies")
    server.hset(key("deps_meta"), "unsatisfied_required_count", "2")
    server.sadd(key("deps_unresolved"), "a", "b", "c")


def broken_summary(server: Server) -> None:
    stream_driver.summed_up(server)
    server.hset(key("attempt_summary"), "document", "{")


def foreign(server: Server) -> None:
    joined(server)
    call(server, "ff_create_flow", ids={"F": OTHER}, flow_id=OTHER)


def two_members(server: Server) -> None:
    joined(server)
    flow_driver.join(server, upstream(1))


def staged(server: Server) -> None:
    two_members(server)
    stage(server, 1)


def cancelled(server: Server) -> None:
    two_members(server)
    call(server, "ff_cancel_flow")


def looped(server: Server) -> list[Any]:
    back = {"upstream_execution_id": EXECUTION, "downstream_execution_id": upstream(1)}
    ids = {"U": EXECUTION, "E": upstream(1)}
    return call(server, "ff_stage_dependency_edge", ids=ids, **back, expected_graph_revision="3")


def tagged(name: str) -> Callable[[Server], list[Any]]:
    return lambda server: fcall(server, "ff_set_flow_tags", 2, key("flow_core"), key("flow_tags"), name, "1")


def calling(name: str, **args: Any) -> Callable[[Server], list[Any]]:
    return lambda server: call(server, name, **args)


def appending(payload: str = "x", mode: str = "", **args: Any) -> Callable[[Server], list[Any]]:
    return lambda server: stream_driver.append(server, payload, mode, **args)


def policy(variant: str, on_satisfied: str, k: str) -> Callable[[Server], list[Any]]:
    return calling("ff_set_edge_group_policy", policy_variant=variant, on_satisfied=on_satisfied, k=k)


BLOCK: Final = "ff_block_execution_for_admission"

WAYS: Final[dict[tuple[str, str], tuple[Callable[[Server], Any], Callable[[Server], list[Any]]]]] = {
    ("ff_replay_execution", "not terminal"): (driver.claimed, calling("ff_replay_execution")),
    ("ff_replay_execution", "replayed ten times"): (replayed_ten_times, calling("ff_replay_execution")),
    ("ff_unblock_execution", "not runnable"): (driver.claimed, calling("ff_unblock_execution")),
    (BLOCK, "terminal"): (failed, calling(BLOCK)),
    (BLOCK, "unknown reason"): (driver.created, calling(BLOCK, blocking_reason="luck")),
    ("ff_promote_blocked_to_eligible", "not blocked"): (driver.created, calling("ff_promote_blocked_to_eligible")),
    ("ff_promote_blocked_to_eligible", "2 unsatisfied, 3 unresolved"): (
        half_open,
        calling("ff_promote_blocked_to_eligible"),
    ),
    ("ff_append_frame", "another lease"): (driver.claimed, appending(lease_id="other")),
    ("ff_append_frame", "payload above the limit"): (driver.claimed, appending(max_payload_bytes="0")),
    ("ff_append_frame", "summary patch is not JSON"): (driver.claimed, appending("{", "summary")),
    ("ff_append_frame", "summary patch is a scalar"): (driver.claimed, appending("7", "summary")),
    ("ff_append_frame", "unknown patch kind"): (driver.claimed, appending("{}", "summary", patch_kind="xml")),
    ("ff_append_frame", "stored summary document broken"): (broken_summary, appending("{}", "summary")),
    ("ff_append_frame", "execution finished"): (driver.completed, appending()),
    ("ff_read_attempt_stream", "count 0"): (nothing, calling("ff_read_attempt_stream", count_limit="0")),
    ("ff_read_attempt_stream", "count above 10000"): (
        nothing,
        calling("ff_read_attempt_stream", count_limit="10001"),
    ),
    ("ff_add_execution_to_flow", "no such flow"): (driver.created, calling("ff_add_execution_to_flow")),
    ("ff_add_execution_to_flow", "member of another flow"): (
        foreign,
        calling("ff_add_execution_to_flow", ids={"F": OTHER}, flow_id=OTHER),
    ),
    ("ff_add_execution_to_flow", "no such execution"): (
        calling("ff_create_flow"),
        calling("ff_add_execution_to_flow"),
    ),
    ("ff_add_execution_to_flow", "flow cancelled"): (cancelled, calling("ff_add_execution_to_flow")),
    ("ff_stage_dependency_edge", "edge to itself"): (
        joined,
        calling("ff_stage_dependency_edge", upstream_execution_id=EXECUTION),
    ),
    ("ff_stage_dependency_edge", "stale revision"): (
        two_members,
        lambda server: stage(server, 1, expected_graph_revision="1"),
    ),
    ("ff_stage_dependency_edge", "downstream not a member"): (
        two_members,
        lambda server: stage(server, 1, downstream_execution_id=upstream(2)),
    ),
    ("ff_stage_dependency_edge", "cycle"): (staged, looped),
    ("ff_stage_dependency_edge", "same edge id again"): (staged, lambda server: stage(server, 1)),
    ("ff_stage_dependency_edge", "flow cancelled"): (cancelled, lambda server: stage(server, 1)),
    ("ff_set_edge_group_policy", "unknown variant"): (joined, policy("most", "", "0")),
    ("ff_set_edge_group_policy", "quorum without k"): (joined, policy("quorum", "let_run", "0")),
    ("ff_set_edge_group_policy", "any_of without on_satisfied"): (joined, policy("any_of", "", "0")),
    ("ff_set_flow_tags", "bad key"): (joined, tagged("x")),
    ("ff_set_flow_tags", "no such flow"): (nothing, tagged("team.a")),
    ("ff_cancel_flow", "twice"): (cancelled, calling("ff_cancel_flow")),
    ("ff_resolve_dependency", "no such dependency"): (joined, lambda server: flow_driver.resolve(server, 1)),
    ("ff_report_usage_and_check", "dim_count empty"): (
        usage_driver.defined,
        lambda server: fcall(
            server, "ff_report_usage_and_check", 3, *map(key, ("budget_usage", "budget_limits", "budget")), "", "1"
        ),
    ),
    ("ff_check_admission_and_record", "rate_limit not a number"): (
        nothing,
        calling("ff_check_admission_and_record", rate_limit="x"),
    ),
    ("ff_drain_sibling_cancel_group", "flow id empty"): (
        nothing,
        calling("ff_drain_sibling_cancel_group", flow_id=""),
    ),
}


def test_every_refusal_has_its_scenario():
    assert {(row["function"], row["when"]) for row in ERRORS} == WAYS.keys()


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: f"{row['function']}: {row['when']}")
def test_a_refusal_is_the_recorded_one(clocked_server: Server, row: dict[str, Any]):
    prepare, attempt = WAYS[row["function"], row["when"]]
    prepare(clocked_server)
    reply = attempt(clocked_server)
    assert len(reply) == len(row["reply"])
    for got, want in zip(reply, row["reply"], strict=True):
        form = re.sub("<attempt_id>|<flow_id>", "[0-9a-f-]{36}", re.escape(str(want)))
        assert re.fullmatch(form, str(got)), (got, want)


INDEX: Final = {
    "waiting_for_budget": "lane_blocked_budget",
    "waiting_for_quota": "lane_blocked_quota",
    "waiting_for_capable_worker": "lane_blocked_route",
    "paused_by_operator": "lane_blocked_operator",
    "paused_by_policy": "lane_blocked_operator",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["after"])
def test_a_function_leaves_the_recorded_state(clocked_server: Server, row: dict[str, Any]):
    name, reason = row["after"].split()[0], row["after"].split()[-1]
    if name == "ff_replay_execution":
        driver.completed(clocked_server)
        assert call(clocked_server, name) == [1, "OK", "0"]
    else:
        driver.created(clocked_server)
        choose = {"lane_blocked": INDEX[reason]}
        assert call(clocked_server, BLOCK, choose=choose, blocking_reason=reason, blocking_detail="why")[0] == 1
    if name == "ff_unblock_execution":
        assert call(clocked_server, name, choose=choose)[0] == 1
    assert fields(clocked_server, "exec_core", *STATES["observed_columns"]) == row["vector"]
