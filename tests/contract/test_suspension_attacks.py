"""What holders of a waitpoint token, and careless workers, could do to the original and cannot do here."""

import json
from typing import Any

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import Entry, snapshot
from contract import driver
from contract import suspension_driver as sd
from contract.driver import call, fields, key
from contract.suspension_driver import FIRST, NAME

OTHER = "{fp:7}:0f000000-0000-4000-8000-000000000002"
SECOND = sd.waitpoint(9)


def suspended_again(server: Server) -> str:
    """The second suspension of an execution, on another waitpoint and with a condition that anything meets."""
    lease = sd.claim_again(server)
    return sd.tokens(sd.suspend(server, sd.plain(), ids={"W": SECOND}, **lease))[SECOND]


def refused_with_only_a_stamp(server: Server, before: dict[str, Entry]) -> None:
    """Nothing changed but the time of the failed check on the execution."""
    after = snapshot(server)
    core = key("exec_core")
    assert after[core].value.pop("last_hmac_validation_failed_at").isdecimal()
    assert after == before


def test_an_old_token_cannot_resume_a_later_suspension_after_an_operator_resumed_the_first(
    clocked_server: Server,
):
    [token] = sd.suspended(clocked_server).values()
    assert sd.resume(clocked_server) == [1, "OK", "waiting"]
    suspended_again(clocked_server)
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, token) == [0, "waitpoint_closed"]
    assert snapshot(clocked_server) == before


def test_an_old_token_cannot_resume_a_later_suspension_after_its_waitpoint_was_closed(clocked_server: Server):
    sd.working(clocked_server)
    token = sd.pending(clocked_server)
    assert sd.suspend_on_pending(clocked_server)[:2] == [1, "OK"]
    assert sd.close(clocked_server, sd.waitpoint(1)) == [1, "OK"]
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, token, to=sd.waitpoint(1)) == [0, "waitpoint_closed"]
    assert snapshot(clocked_server) == before
    sd.resume(clocked_server, to=sd.waitpoint(1))
    suspended_again(clocked_server)
    assert sd.send(clocked_server, token, to=sd.waitpoint(1)) == [0, "waitpoint_closed"]


def test_an_old_token_cannot_resume_a_later_suspension_after_it_was_satisfied_early(clocked_server: Server):
    sd.working(clocked_server)
    token = sd.pending(clocked_server)
    sd.buffer(clocked_server, token, to=sd.waitpoint(1))
    assert sd.suspend_on_pending(clocked_server)[:2] == [1, "ALREADY_SATISFIED"]
    sd.suspend(clocked_server, sd.plain(), ids={"W": SECOND}, suspension_id=sd.waitpoint(8))
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, token, to=sd.waitpoint(1), number=1) == [0, "waitpoint_closed"]
    assert snapshot(clocked_server) == before


def test_a_waitpoint_that_stayed_open_by_accident_cannot_resume_a_later_suspension(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    sd.resume(clocked_server)
    suspended_again(clocked_server)
    clocked_server.hset(key("waitpoint"), "state", "active")
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, token) == [0, "waitpoint_closed"]
    assert snapshot(clocked_server) == before


def test_an_active_waitpoint_of_a_running_execution_takes_no_signals(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    sd.resume(clocked_server)
    clocked_server.hset(key("waitpoint"), "state", "active")
    assert sd.send(clocked_server, token) == [0, "target_not_signalable"]
    sd.claim_again(clocked_server)
    assert sd.send(clocked_server, token) == [0, "target_not_signalable"]


def test_a_pending_waitpoint_takes_no_delivery_while_the_execution_waits_on_another(clocked_server: Server):
    sd.working(clocked_server)
    token = sd.pending(clocked_server)
    sd.suspend(clocked_server)
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, token, to=sd.waitpoint(1)) == [0, "waitpoint_not_found"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("waiting", ["active", "pending"])
def test_a_token_of_one_execution_cannot_signal_another_of_the_same_partition(clocked_server: Server, waiting: str):
    sd.with_keystore(clocked_server)
    driver.claimed(clocked_server)
    if waiting == "active":
        [token] = sd.tokens(sd.suspend(clocked_server)).values()
        function, point = "ff_deliver_signal", FIRST
    else:
        token = sd.pending(clocked_server)
        function, point = "ff_buffer_signal_for_pending_waitpoint", sd.waitpoint(1)
    second: dict[str, Any] = {"ids": {"E": OTHER}, "execution_id": OTHER}
    call(clocked_server, "ff_create_execution", **second)
    call(clocked_server, "ff_issue_claim_grant", **second)
    call(clocked_server, "ff_claim_execution", **second)
    sd.suspend(clocked_server, sd.plain(), ids={"E": OTHER, "W": SECOND}, execution_id=OTHER)
    before = snapshot(clocked_server)
    reply = sd.send(clocked_server, token, to=point, function=function, **second)
    assert reply == [0, "invalid_token"]
    after = snapshot(clocked_server)
    assert after[driver.key("exec_core", E=OTHER)].value.pop("last_hmac_validation_failed_at")
    assert after == before


def test_a_signal_for_an_active_waitpoint_is_not_swallowed_by_the_buffer(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    before = snapshot(clocked_server)
    assert sd.buffer(clocked_server, token) == [0, "waitpoint_not_pending"]
    assert snapshot(clocked_server) == before
    assert sd.send(clocked_server, token) == [1, "OK", sd.signal(0), "resume_condition_satisfied"]


@pytest.mark.parametrize("name", ["__operator_only__", "__timeout_only__"])
def test_a_token_holder_cannot_pose_as_the_operator_or_the_clock(clocked_server: Server, name: str):
    [token] = sd.suspended(clocked_server, sd.plain(name, mode="all")).values()
    assert sd.send(clocked_server, token, name) == [1, "OK", sd.signal(0), "no_op"]
    assert sd.public_state(clocked_server) == "suspended"


@pytest.mark.parametrize("name", ["__operator_only__", "__timeout_only__"])
def test_a_reserved_name_meets_no_condition_not_even_one_on_any_name(clocked_server: Server, name: str):
    sd.working(clocked_server)
    token = sd.pending(clocked_server)
    sd.buffer(clocked_server, token, name, to=sd.waitpoint(1))
    assert sd.suspend_on_pending(clocked_server, condition=sd.plain())[:2] == [1, "OK"]
    assert sd.send(clocked_server, token, name, to=sd.waitpoint(1), number=1)[3] == "no_op"
    assert sd.public_state(clocked_server) == "suspended"


@pytest.mark.parametrize("tree", [sd.single("A"), sd.count(1, "Signals", "A"), sd.single("A", "__operator_only__")])
def test_a_reserved_name_meets_no_composite_condition(clocked_server: Server, tree: dict[str, object]):
    [token] = sd.suspended(clocked_server, sd.composite(tree)).values()
    reply = sd.send(clocked_server, token, "__operator_only__")
    assert reply == [1, "OK", sd.signal(0), "signal_ignored_matcher_failed"]
    assert sd.public_state(clocked_server) == "suspended"


@pytest.mark.parametrize("place", [{"ids": {"W": SECOND}}, {"extras": [(SECOND, "B")]}], ids=["first", "extra"])
@pytest.mark.parametrize("state", ["pending", "active", "closed"])
def test_a_fresh_suspension_cannot_take_over_somebody_elses_waitpoint(
    clocked_server: Server, state: str, place: dict[str, Any]
):
    sd.working(clocked_server)
    theirs = {"execution_id": OTHER, "state": state, "waitpoint_token": "k1:theirs", "created_at": "1"}
    clocked_server.hset(key("waitpoint", W=SECOND), mapping=theirs)
    before = snapshot(clocked_server)
    assert sd.suspend(clocked_server, **place) == [0, "waitpoint_already_exists"]
    assert snapshot(clocked_server) == before


def test_a_pending_waitpoint_cannot_be_made_of_a_closed_one_of_another_execution(clocked_server: Server):
    sd.working(clocked_server)
    clocked_server.hset(key("waitpoint", W=SECOND), mapping={"execution_id": OTHER, "state": "closed"})
    before = snapshot(clocked_server)
    args: dict[str, Any] = {"waitpoint_id": SECOND, "waitpoint_key": "A", "expires_at": "99999999999999"}
    reply = call(clocked_server, "ff_create_pending_waitpoint", ids={"W": SECOND}, **args)
    assert reply == [0, "waitpoint_already_exists"]
    assert snapshot(clocked_server) == before


def test_signals_of_a_waitpoints_first_life_do_not_count_in_its_second(clocked_server: Server):
    sd.working(clocked_server)
    first = sd.pending(clocked_server)
    sd.buffer(clocked_server, first, to=sd.waitpoint(1))
    sd.close(clocked_server, sd.waitpoint(1))
    clocked.advance(clocked_server, 1)
    second = sd.pending(clocked_server)
    assert first != second
    assert sd.suspend_on_pending(clocked_server)[:2] == [1, "OK"]
    assert sd.send(clocked_server, first, to=sd.waitpoint(1)) == [0, "invalid_token"]
    assert sd.send(clocked_server, second, to=sd.waitpoint(1), number=1)[3] == "resume_condition_satisfied"


def test_two_waitpoints_of_one_suspension_are_never_the_same_one(clocked_server: Server):
    sd.working(clocked_server)
    before = snapshot(clocked_server)
    for extras in ([(FIRST, "B")], [(SECOND, "B"), (SECOND, "C")]):
        refusal = [0, "additional_waitpoint_binding_malformed"]
        assert sd.suspend(clocked_server, extras=extras) == refusal
    assert snapshot(clocked_server) == before


def test_a_token_that_fails_leaves_only_its_stamp(clocked_server: Server):
    sd.suspended(clocked_server)
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, "k1:" + "0" * 40) == [0, "invalid_token"]
    refused_with_only_a_stamp(clocked_server, before)


def test_an_unknown_waitpoint_looks_like_a_wrong_token(clocked_server: Server):
    sd.working(clocked_server)
    before = snapshot(clocked_server)
    assert sd.send(clocked_server, "k1:" + "0" * 40) == [0, "invalid_token"]
    assert snapshot(clocked_server) == before


def test_a_closed_suspension_keeps_its_record_for_those_who_look_at_its_signals(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    sd.send(clocked_server, token, payload=json.dumps({"by": "ann"}))
    names = ("close_reason", "waitpoint_id", "attempt_index")
    assert fields(clocked_server, "suspension_current", *names) == ["resumed", FIRST, "0"]
    condition = fields(clocked_server, "waitpoint_condition", "matcher:0:signal_id", "matcher:0:name")
    assert condition == [sd.signal(0), NAME]
