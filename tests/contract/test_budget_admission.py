"""Keeping executions off the queue, and letting them back (contract 07 §2)."""

import pytest
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver, flow_driver, usage_driver
from contract.driver import EXECUTION, call, fields, key


def test_a_member_that_waits_for_others_cannot_be_held_back(clocked_server: Server):
    """Its release would make it run although they have not ended."""
    flow_driver.waiting(clocked_server)
    before = snapshot(clocked_server)
    assert call(clocked_server, "ff_block_execution_for_admission") == [0, "execution_not_eligible"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("reason", ["waiting_for_quota", "waiting_for_capable_worker", "paused_by_policy"])
def test_nobody_is_put_where_its_reason_is_not_looked_for(clocked_server: Server, reason: str):
    driver.created(clocked_server)
    before = snapshot(clocked_server)
    reply = call(clocked_server, "ff_block_execution_for_admission", blocking_reason=reason)
    assert reply[:2] == [0, "invalid_input"]
    assert reply[2].endswith(f"got: {key('lane_blocked_budget')}")
    assert snapshot(clocked_server) == before


def test_who_is_held_back_keeps_its_place_by_priority(clocked_server: Server):
    call(clocked_server, "ff_create_execution", priority="7")
    score = clocked_server.zscore(key("lane_eligible"), EXECUTION)
    call(clocked_server, "ff_block_execution_for_admission")
    assert clocked_server.exists(key("lane_eligible")) == 0
    assert clocked_server.zscore(key("lane_blocked_budget"), EXECUTION) == int(driver.ARGS["now_ms"])
    assert call(clocked_server, "ff_unblock_execution") == [1, "OK", "unblocked"]
    assert clocked_server.exists(key("lane_blocked_budget")) == 0
    assert clocked_server.zscore(key("lane_eligible"), EXECUTION) == score


def test_only_the_expected_reason_is_lifted(clocked_server: Server):
    usage_driver.blocked(clocked_server)
    before = snapshot(clocked_server)
    reply = call(clocked_server, "ff_unblock_execution", expected_blocking_reason="waiting_for_quota")
    assert reply == [0, "execution_not_eligible"]
    assert snapshot(clocked_server) == before
    reply = call(clocked_server, "ff_unblock_execution", expected_blocking_reason="waiting_for_budget")
    assert reply == [1, "OK", "unblocked"]
    assert fields(clocked_server, "exec_core", "public_state", "blocking_reason") == ["waiting", "waiting_for_worker"]
