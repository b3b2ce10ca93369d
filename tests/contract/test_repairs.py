"""Where the original goes wrong and ours must not."""

import json

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver
from contract.driver import EXECUTION, call, fields, key


def test_a_delay_without_a_stored_time_is_due(clocked_server: Server):
    """A delay after a resume leaves none; the execution must not stay delayed for ever."""
    driver.claimed(clocked_server)
    call(clocked_server, "ff_delay_execution", delay_until="99999999999999")
    clocked_server.hset(key("exec_core"), "delay_until", "")
    assert call(clocked_server, "ff_promote_delayed") == [1, "OK", "promoted"]
    state = fields(clocked_server, "exec_core", "public_state", "attempt_state")
    assert state == ["waiting", "attempt_interrupted"]
    assert clocked_server.zscore(key("lane_eligible"), EXECUTION) is not None
    assert clocked_server.exists(key("lane_delayed")) == 0


@pytest.mark.parametrize("text", ["{", "7", "null", '"a"'])
@pytest.mark.parametrize("function", ["ff_claim_execution", "ff_issue_grant_and_claim"])
def test_an_attempt_policy_that_is_no_object_leaves_the_grant_alone(clocked_server: Server, function: str, text: str):
    driver.created(clocked_server)
    if function == "ff_claim_execution":
        call(clocked_server, "ff_issue_claim_grant")
    before = snapshot(clocked_server)
    message = f"attempt_policy_json must be a JSON object, got: {text}"
    assert call(clocked_server, function, attempt_policy_json=text) == [0, "invalid_input", message]
    assert snapshot(clocked_server) == before


def test_a_delay_that_is_no_number_keeps_the_execution_in_its_indexes(clocked_server: Server):
    driver.claimed(clocked_server)
    before = snapshot(clocked_server)
    assert call(clocked_server, "ff_delay_execution", delay_until="soon")[:2] == [0, "invalid_input"]
    assert snapshot(clocked_server) == before


def test_a_worker_cannot_register_for_no_time(clocked_server: Server):
    message = "ttl_ms must be at least 1, got: 0"
    assert call(clocked_server, "ff_register_worker", ttl_ms="0") == [0, "invalid_input", message]
    assert clocked_server.dbsize() == 0


def test_thousands_of_tags_and_policy_entries_are_all_stored(clocked_server: Server):
    many = json.dumps({f"team.t{number}": f"v{number}" for number in range(9000)})
    assert call(clocked_server, "ff_create_execution", tags_json=many)[:2] == [1, "OK"]
    assert clocked_server.hlen(key("exec_tags")) == 9000
    call(clocked_server, "ff_issue_claim_grant")
    assert call(clocked_server, "ff_claim_execution", attempt_policy_json=many)[:2] == [1, "OK"]
    assert clocked_server.hget(key("attempt_policy"), "team.t8999") == b"v8999"


@pytest.mark.parametrize("ttl", ["1e300", "2.5e14"])
def test_a_huge_lifetime_is_accepted(clocked_server: Server, ttl: str):
    driver.created(clocked_server)
    assert call(clocked_server, "ff_issue_claim_grant", grant_ttl_ms=ttl)[:2] == [1, "OK"]
    assert clocked_server.pttl(key("claim_grant")) > 10**14
    assert call(clocked_server, "ff_claim_execution")[:2] == [1, "OK"]
    assert call(clocked_server, "ff_renew_lease", lease_ttl_ms=ttl)[:2] == [1, "OK"]
    assert clocked_server.pttl(key("lease_current")) > 10**14


def test_a_claim_frees_the_lease_record_from_the_lifetime_of_the_last_one(clocked_server: Server):
    driver.claimed(clocked_server)
    call(clocked_server, "ff_renew_lease")
    clocked.advance(clocked_server, driver.TTL_MS + 1)
    call(clocked_server, "ff_mark_lease_expired_if_due")
    assert clocked_server.pttl(key("lease_current")) > 0
    call(clocked_server, "ff_issue_reclaim_grant")
    assert call(clocked_server, "ff_reclaim_execution")[:2] == [1, "OK"]
    assert clocked_server.pttl(key("lease_current")) == -1


def test_cancel_closes_the_waitpoint_of_the_suspension_whatever_the_caller_names(clocked_server: Server):
    own, foreign = "ca110000-0000-4000-8000-00000000000a", "ca110000-0000-4000-8000-00000000000b"
    driver.claimed(clocked_server)
    clocked_server.hset(key("exec_core"), "lifecycle_phase", "suspended")
    clocked_server.hset(key("suspension_current"), mapping={"suspension_id": "s", "waitpoint_id": own, "closed_at": ""})
    for waitpoint in (own, foreign):
        clocked_server.hset(key("waitpoint", W=waitpoint), "state", "active")
    assert call(clocked_server, "ff_cancel_execution", ids={"W": foreign})[:2] == [1, "OK"]
    assert fields(clocked_server, "waitpoint", "state", W=own) == ["closed"]
    assert fields(clocked_server, "waitpoint", "state", W=foreign) == ["active"]


def test_an_execution_whose_core_is_gone_can_be_created_again(clocked_server: Server):
    """Retention takes the core first and leaves the entry in the list of all executions for last."""
    driver.created(clocked_server)
    clocked_server.delete(key("exec_core"))
    assert call(clocked_server, "ff_create_execution") == [1, "OK", EXECUTION, "waiting"]
