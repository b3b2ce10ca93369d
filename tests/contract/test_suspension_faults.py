"""Faults of the original around suspensions that must not come back."""

from typing import Any

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver
from contract import suspension_driver as sd
from contract.driver import EXECUTION, call, fields, key
from contract.suspension_driver import FIRST

SECOND, THIRD = sd.waitpoint(2), sd.waitpoint(3)
BOTH = sd.composite(sd.all_of(sd.single("A"), sd.single("B")))
WORKING_SETS = ("satisfied_set", "satisfied_signals", "member_map")


def working_sets(server: Server) -> list[str]:
    """Those that exist."""
    return [name for name in WORKING_SETS if server.exists(key(name))]


def on_two_waitpoints(server: Server, **more: Any) -> dict[str, str]:
    """Suspended on A (first) and B, with a signal on B."""
    tokens = sd.suspended(server, BOTH, extras=[(SECOND, "B")], **more)
    assert sd.send(server, tokens[SECOND], to=SECOND, number=1)[3] == "appended_to_waitpoint"
    assert working_sets(server) == list(WORKING_SETS)
    return tokens


def test_an_execution_that_resumes_after_a_delay_does_not_stay_delayed(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    sd.send(clocked_server, token, resume_delay_ms="5000")
    assert sd.public_state(clocked_server) == "delayed"
    assert fields(clocked_server, "exec_core", "delay_until") == [""]
    due = clocked_server.zscore(key("lane_delayed"), EXECUTION)
    clocked.advance(clocked_server, 5000)
    now = clocked.now(clocked_server)
    assert due <= now
    assert call(clocked_server, "ff_promote_delayed", now_ms=str(now)) == [1, "OK", "promoted"]
    assert sd.public_state(clocked_server) == "waiting"
    sd.claim_again(clocked_server)


@pytest.mark.parametrize(
    "refused",
    [
        {"condition": "{"},
        {"condition": sd.composite(sd.single("A"), version=2)},
        {"ids": {"W": THIRD}, "use_pending_waitpoint": "1"},
        {"ids": {"W": SECOND}, "use_pending_waitpoint": "1", "extras": [(THIRD, "B")]},
        {"attempt_index": "1"},
    ],
    ids=["no JSON", "version 2", "pending unknown", "pending with extras", "attempt index"],
)
def test_a_refused_suspension_leaves_the_record_of_the_last_one(clocked_server: Server, refused: dict[str, Any]):
    [token] = sd.suspended(clocked_server).values()
    sd.send(clocked_server, token)
    lease = sd.claim_again(clocked_server)
    sd.pending(clocked_server, 2)
    before = snapshot(clocked_server)
    assert sd.suspend(clocked_server, **{"ids": {"W": sd.waitpoint(4)}, **lease, **refused})[0] == 0
    assert snapshot(clocked_server) == before


def test_a_refused_suspension_does_not_activate_the_pending_waitpoint(clocked_server: Server):
    sd.working(clocked_server)
    sd.pending(clocked_server)
    before = snapshot(clocked_server)
    reply = sd.suspend_on_pending(clocked_server, extras=[(THIRD, "B")])
    assert reply == [0, "use_pending_with_extras_unsupported"]
    assert sd.suspend_on_pending(clocked_server, condition="{")[:2] == [0, "invalid_input"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("key_text", ["", "not hex"])
def test_a_secret_that_cannot_sign_stops_a_suspension_before_it_began(clocked_server: Server, key_text: str):
    sd.working(clocked_server)
    clocked_server.hset(key("hmac_secrets"), f"secret:{sd.KID}", key_text)
    before = snapshot(clocked_server)
    code = "invalid_secret" if key_text else "hmac_secret_not_initialized"
    assert sd.suspend(clocked_server, extras=[(SECOND, "B")]) == [0, code]
    assert snapshot(clocked_server) == before


def test_a_suspension_without_a_timeout_is_not_due(clocked_server: Server):
    sd.suspended(clocked_server)
    before = snapshot(clocked_server)
    assert sd.expire(clocked_server) == [1, "OK", "not_yet_due"]
    assert snapshot(clocked_server) == before


def test_an_escalated_suspension_is_not_due_again(clocked_server: Server):
    due = str(clocked.now(clocked_server) + 1000)
    sd.suspended(clocked_server, timeout_at=due, timeout_behavior="escalate")
    assert sd.expire(clocked_server) == [1, "OK", "not_yet_due"]
    clocked.advance(clocked_server, 2000)
    assert sd.expire(clocked_server) == [1, "OK", "escalate", "suspended"]
    before = snapshot(clocked_server)
    assert sd.expire(clocked_server) == [1, "OK", "not_yet_due"]
    assert snapshot(clocked_server) == before


def test_the_deciding_signal_on_an_extra_waitpoint_closes_the_first_one_too(clocked_server: Server):
    tokens = sd.suspended(clocked_server, BOTH, extras=[(SECOND, "B")])
    sd.send(clocked_server, tokens[FIRST])
    assert sd.send(clocked_server, tokens[SECOND], to=SECOND, number=1)[3] == "resume_condition_satisfied"
    for point in (FIRST, SECOND):
        record = fields(clocked_server, "waitpoint", "state", "close_reason", W=point)
        assert record == ["closed", "resumed"]
        state = fields(clocked_server, "waitpoint_condition", "closed", "closed_reason", W=point)
        assert state == ["1", "satisfied"]
    assert sd.send(clocked_server, tokens[FIRST], number=2) == [0, "target_not_signalable"]
    assert working_sets(clocked_server) == []


def test_a_met_condition_on_one_of_several_plain_waitpoints_closes_the_others(clocked_server: Server):
    tokens = sd.suspended(clocked_server, extras=[(SECOND, "B")])
    assert sd.send(clocked_server, tokens[SECOND], to=SECOND)[3] == "resume_condition_satisfied"
    assert [sd.state_of(clocked_server, point) for point in tokens] == ["closed", "closed"]


def test_late_signals_do_not_fill_the_condition_of_the_next_suspension(clocked_server: Server):
    """A waitpoint that stayed open put its tokens into sets that the next suspension then found."""
    on_two_waitpoints(clocked_server)
    sd.resume(clocked_server)
    lease = sd.claim_again(clocked_server)
    clocked_server.sadd(key("satisfied_set"), "leaf:members[1]")
    clocked_server.sadd(key("satisfied_signals"), sd.signal(1))
    clocked_server.hset(key("member_map"), "wp:Z:", "")
    extras = [(sd.waitpoint(5), "B")]
    reply = sd.suspend(clocked_server, BOTH, ids={"W": sd.waitpoint(4)}, extras=extras, **lease)
    tokens = sd.tokens(reply)
    assert working_sets(clocked_server) == ["member_map"]
    assert set(clocked_server.hkeys(key("member_map"))) == {b"wp:A:members[0]", b"wp:B:members[1]"}
    token = tokens[sd.waitpoint(4)]
    assert sd.send(clocked_server, token, to=sd.waitpoint(4), number=2)[3] == "appended_to_waitpoint"


@pytest.mark.parametrize("behavior", ["fail", "cancel", "expire", "auto_resume_with_timeout_signal"])
def test_a_timeout_leaves_no_waitpoint_open_and_no_working_set(clocked_server: Server, behavior: str):
    due = str(clocked.now(clocked_server) + 1000)
    tokens = on_two_waitpoints(clocked_server, timeout_at=due, timeout_behavior=behavior)
    clocked.advance(clocked_server, 2000)
    assert sd.expire(clocked_server)[:2] == [1, "OK"]
    assert [sd.state_of(clocked_server, point) for point in tokens] == ["closed", "closed"]
    assert working_sets(clocked_server) == []


@pytest.mark.parametrize(
    "function,args",
    [
        ("ff_cancel_execution", {"source": "operator_override"}),
        ("ff_expire_execution", {"expire_reason": "execution_deadline"}),
    ],
)
def test_an_end_from_outside_leaves_no_working_set(clocked_server: Server, function: str, args: dict[str, Any]):
    tokens = on_two_waitpoints(clocked_server)
    assert call(clocked_server, function, **args)[:2] == [1, "OK"]
    assert working_sets(clocked_server) == []
    for point, token in tokens.items():
        assert sd.send(clocked_server, token, to=point, number=2) == [0, "target_not_signalable"]


def test_a_waitpoint_that_was_never_waited_on_is_found_from_its_execution(clocked_server: Server):
    """Otherwise nothing leads from the execution to it, and retention cannot take it along."""
    sd.working(clocked_server)
    sd.pending(clocked_server)
    token = sd.pending(clocked_server, 2)
    sd.buffer(clocked_server, token, to=SECOND)
    assert sd.suspend_on_pending(clocked_server, 2)[:2] == [1, "ALREADY_SATISFIED"]
    sd.close(clocked_server, sd.waitpoint(1))
    found = clocked_server.smembers(key("early_waitpoints"))
    assert set(found) == {sd.waitpoint(1).encode(), SECOND.encode()}


def test_an_expiry_entry_without_a_waitpoint_does_not_come_back_for_ever(clocked_server: Server):
    driver.created(clocked_server)
    clocked_server.zadd(key("pending_waitpoint_expiry"), {SECOND: 1, THIRD: 1})
    assert sd.close(clocked_server, SECOND, "never_committed") == [0, "waitpoint_not_found"]
    assert clocked_server.zrange(key("pending_waitpoint_expiry"), 0, -1) == [THIRD.encode()]


def test_a_key_that_signs_again_is_not_removed_when_its_old_grace_ends(clocked_server: Server):
    sd.rotate(clocked_server, "k1", "11" * 32)
    sd.rotate(clocked_server, "k2", "22" * 32, grace=1000)
    sd.rotate(clocked_server, "k1", "11" * 32, grace=60_000)
    assert not clocked_server.hexists(key("hmac_secrets"), "expires_at:k1")
    clocked.advance(clocked_server, 2000)
    assert sd.rotate(clocked_server, "k3", "33" * 32) == [1, "OK", "rotated", "k1", "k3", "0"]
    names = ("secret:k1", "secret:k2", "secret:k3", "expires_at:k3")
    assert fields(clocked_server, "hmac_secrets", *names) == ["11" * 32, "22" * 32, "33" * 32, ""]


def test_the_key_that_signs_is_kept_whatever_expiry_was_left_on_it(clocked_server: Server):
    sd.working(clocked_server)
    clocked_server.hset(key("hmac_secrets"), "expires_at:k1", "5")
    [token] = sd.tokens(sd.suspend(clocked_server)).values()
    assert call(clocked_server, "ff_list_waitpoint_hmac_kids") == [1, "OK", "k1", "0"]
    assert sd.rotate(clocked_server, "k2", "22" * 32)[-1] == "0"
    assert sd.send(clocked_server, token)[3] == "resume_condition_satisfied"


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_composite_condition_of_an_unknown_version_is_refused(clocked_server: Server, version: int):
    sd.working(clocked_server)
    before = snapshot(clocked_server)
    reply = sd.suspend(clocked_server, sd.composite(sd.single("A"), version))
    assert reply == [0, "invalid_resume_condition", "a composite condition has v = 1"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize(
    "tree,fault",
    [
        (None, "no condition at path <root>"),
        ({"kind": "AnyOf"}, "no condition at path <root>"),
        (sd.all_of(sd.single("A"), {"kind": "Single"}), "no condition at path members[1]"),
        (sd.all_of(sd.all_of(sd.single("A", ""))), "no condition at path members[0].members[0]"),
        (sd.count(1, "Votes", "A"), "no condition at path <root>"),
        ({**sd.count(1, "Signals", "A"), "n": "1"}, "no condition at path <root>"),
        ({**sd.count(1, "Signals"), "waitpoints": [7]}, "no condition at path <root>"),
        (
            sd.all_of(*[sd.single("A")] * 600),
            "a condition has at most 1000 nodes and waitpoint keys",
        ),
    ],
)
def test_a_tree_that_could_never_be_evaluated_is_refused(
    clocked_server: Server, tree: dict[str, object] | None, fault: str
):
    sd.working(clocked_server)
    before = snapshot(clocked_server)
    assert sd.suspend(clocked_server, sd.composite(tree)) == [0, "invalid_resume_condition", fault]
    assert snapshot(clocked_server) == before


def test_a_signaller_who_repeats_the_resuming_signal_is_told_that_it_is_over(clocked_server: Server):
    [token] = sd.suspended(clocked_server).values()
    assert sd.send(clocked_server, token, idempotency_key="once")[0] == 1
    assert sd.send(clocked_server, token, number=1, idempotency_key="once") == [0, "target_not_signalable"]
    assert fields(clocked_server, "signal", "observed_effect", S=sd.signal(0)) == ["resume_condition_satisfied"]
