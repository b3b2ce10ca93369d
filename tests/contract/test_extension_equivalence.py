"""A batch leaves, key by key, what the same calls of the contract's functions leave.

Both ways run under a clock that stands still, on a server that was empty; every key is compared, and the entries of the
completion stream besides.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import extension_driver as ed
from contract.driver import call
from contract.extension_driver import execution, key

from ff_core.contract import EXTENSION_LIBRARY, LIBRARY
from ff_core.contract.model import Reply
from ff_core.lua import assemble

NOW: Final = 1_795_000_000_000

_FROZEN: Final = f"""
local number = require("number")

local clock = {{}}

function clock.now()
  return {NOW} + tonumber(redis.call("GET", "{clocked.CLOCK_KEY}") or "0")
end

function clock.expire_at(key, time)
  redis.call("PEXPIRE", key, math.max(number.whole(time) - clock.now(), 1))
end

return clock
"""

Way = Callable[[Server], list[Any]]


@pytest.fixture
def frozen_server(raw: Server) -> Server:
    """An empty server with both libraries, whose clock stands still unless a test moves it."""
    for library in (LIBRARY, EXTENSION_LIBRARY):
        clocked.load(raw, assemble({"clock": _FROZEN}, library))
    return raw


def move_clock(server: Server, milliseconds: int) -> None:
    server.incrby(clocked.CLOCK_KEY, milliseconds)


def said(answers: list[Any]) -> list[Any]:
    """Answers in a form that can be compared: a refusal by its code and details."""
    return [
        (answer.status, answer.fields) if isinstance(answer, Reply) else (type(answer), answer.args)
        for answer in answers
    ]


def both_ways(server: Server, prepare: Callable[[Server], object], *ways: Way) -> tuple[list[Any], dict[str, Any]]:
    """What both ways answer and leave; fails where they differ."""
    answers: list[list[Any]] = []
    states: list[tuple[Any, Any]] = []
    for way in ways:
        server.flushall()
        prepare(server)
        answers.append(said(way(server)))
        completions = [fields for _, fields in server.xrange(key("completions"))]
        states.append((snapshot(server), completions))
    assert answers[0] == answers[1]
    assert states[0][0].keys() == states[1][0].keys()
    assert states[0] == states[1]
    return answers[0], states[0][0]


CREATIONS: Final = [
    ed.creation(1, priority="9"),
    ed.creation(2, priority="-1", input_payload="", policy_json="", tags_json=""),
    ed.creation(3, policy_json='{"routing_requirements":{"required_capabilities":["gpu","cuda"]},"max_retries":3}'),
    ed.creation(4, tags_json='{"team.name":"a","n":3}', lane_id="gpu"),
    ed.creation(5, delay_until=str(NOW + 5_000)),
    ed.creation(6, execution_deadline_at=str(NOW + 9_000), namespace="other", creator_identity=""),
    ed.creation(7, idempotency_key="once", dedup_ttl_ms="86400000"),
    ed.creation(8, idempotency_key="once", dedup_ttl_ms="86400000"),
    ed.creation(9, idempotency_key="untimed"),
    ed.creation(1),
    ed.creation(10, priority="high"),
    ed.creation(11, policy_json="{"),
    ed.creation(12, policy_json='{"routing_requirements":{"required_capabilities":["a,b"]}}'),
    ed.creation(13, delay_until="soon"),
    *(ed.creation(number, priority=str(number % 7)) for number in range(100, 200)),
]


def test_creations(frozen_server: Server):
    answers, state = both_ways(
        frozen_server,
        lambda _: None,
        lambda server: ed.create_each(server, CREATIONS),
        lambda server: ed.create_all(server, CREATIONS),
    )
    statuses = [answer[0] if isinstance(answer[0], str) else answer[0].code for answer in answers[:14]]
    assert statuses == [
        *["OK"] * 7,
        "DUPLICATE",
        "OK",
        "DUPLICATE",
        "invalid_input",
        "invalid_policy_json",
        "invalid_capabilities",
        "invalid_input",
    ]
    assert len([name for name in state if name.endswith(":core")]) == 108


def claimable(server: Server) -> None:
    """In the order of the queue: fresh with everything, two in a flow and for a retry, resumed, replayed, plain."""
    ed.create_all(
        server,
        [
            ed.creation(0, priority="90", tags_json='{"team.name":"a"}', policy_json='{"max_retries":1}'),
            ed.creation(1, priority="80", execution_deadline_at=str(NOW + 90_000)),
            ed.creation(2, priority="70"),
            ed.creation(3, priority="60"),
            ed.creation(4, priority="50", input_payload=""),
        ],
    )
    server.hset(key("exec_core", 1), mapping={"flow_id": "f1"})
    pending = {"attempt_state": "pending_replay_attempt", "pending_replay_reason": "bad input"}
    server.hset(key("exec_core", 3), mapping=pending)
    for number in (1, 2):
        ids = {"E": execution(number)}
        args = {"execution_id": execution(number), "attempt_id": ed.attempt(90 + number)}
        call(server, "ff_issue_claim_grant", ids=ids, execution_id=execution(number))
        assert call(server, "ff_claim_execution", ids=ids, **args)[0] == 1
    retry = {"attempt_id": ed.attempt(91), "retry_policy_json": '{"max_retries":1}', "failure_reason": "r"}
    assert call(server, "ff_fail_execution", ids={"E": execution(1)}, execution_id=execution(1), **retry)[0] == 1
    pause = {"attempt_id": ed.attempt(92), "delay_until": str(NOW)}
    assert call(server, "ff_delay_execution", ids={"E": execution(2)}, execution_id=execution(2), **pause)[0] == 1
    for number in (1, 2):
        args = {"execution_id": execution(number), "now_ms": str(NOW + 60_000)}
        assert call(server, "ff_promote_delayed", ids={"E": execution(number)}, **args)[2] == "promoted"


def test_claims_of_every_kind(frozen_server: Server):
    answers, _ = both_ways(
        frozen_server,
        claimable,
        lambda server: ed.claim_each(server, range(5), 2),
        lambda server: [candidate.answer for candidate in ed.claim_all(server, 5).candidates],
    )
    assert [fields[-1] for _, fields in answers] == ["initial", "retry", "resumed", "replay", "initial"]


def test_a_hundred_claims(frozen_server: Server):
    def prepare(server: Server) -> None:
        ed.create_all(server, [ed.creation(number) for number in range(100)])

    answers, _ = both_ways(
        frozen_server,
        prepare,
        lambda server: ed.claim_each(server, range(100)),
        lambda server: [candidate.answer for candidate in ed.claim_all(server, 100).candidates],
    )
    assert [status for status, _ in answers] == ["OK"] * 100


def running(server: Server) -> None:
    """Ten that run under the lease of their number: one in a flow, with output, with a timeout, lapsed, revoked ..."""
    ed.create_all(server, [ed.creation(number, priority=str(90 - number)) for number in range(10)])
    ed.claim_all(server, 10)
    server.hset(key("exec_core", 1), mapping={"flow_id": "f1"})
    server.hset(key("stream_meta", 2), mapping={"stream_id": "s"})
    server.zadd(key("attempt_timeout"), {execution(3): NOW + 1, execution(9): NOW + 1})
    server.zadd(key("execution_deadline"), {execution(3): NOW + 1})
    server.hset(key("exec_core", 4), mapping={"lease_expires_at": NOW})
    revocation = {"execution_id": execution(5), "expected_lease_id": ""}
    assert call(server, "ff_revoke_lease", ids={"E": execution(5)}, **revocation)[0] == 1


FINISHES: Final = [
    ed.finish(0, result="done"),
    *(ed.finish(number) for number in range(1, 6)),
    ed.finish(6, lease_id=ed.lease(7)),
    ed.finish(7, lease_id="", lease_epoch="", attempt_id="", source="operator_override"),
    ed.finish(8, lease_id=""),
    ed.finish(77),
    ed.finish(0, result="again"),
]


def test_finishes(frozen_server: Server):
    answers, state = both_ways(
        frozen_server,
        running,
        lambda server: ed.complete_each(server, FINISHES),
        lambda server: ed.complete_all(server, FINISHES),
    )
    assert [answer[0] if isinstance(answer[0], str) else answer[0].code for answer in answers] == [
        *["OK"] * 4,
        "lease_expired",
        "lease_revoked",
        "stale_lease",
        "OK",
        "partial_fence_triple",
        "execution_not_found",
        "execution_not_active",
    ]
    assert answers[-1][1] == ("success", "1", "terminal", ed.attempt(0))
    assert state[key("exec_result")].value == "done"


def test_the_moment_of_each_way_is_compared_too(frozen_server: Server):
    """The comparison itself: a way that runs a moment later leaves another state."""

    def later(server: Server) -> list[Any]:
        move_clock(server, 1)
        return ed.complete_all(server, FINISHES[:1])

    with pytest.raises(AssertionError):
        both_ways(frozen_server, running, lambda server: ed.complete_each(server, FINISHES[:1]), later)
