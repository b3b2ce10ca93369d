"""A batched claim: which executions it takes, in which order, what it says of the others, and what a repeat gets."""

from typing import Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import extension_driver as ed
from contract.extension_driver import execution, key

from ff_core.contract.extension import Look
from ff_core.contract.model import Reply
from ff_core.errors import CapabilityMismatch, InvalidCapabilities, InvalidInput, ServerError

GPU: Final = '{"routing_requirements":{"required_capabilities":["cuda","gpu"]}}'


def waiting(server: Server, *priorities: int, **args: str) -> None:
    """Executions 0, 1, 2 ... with these priorities."""
    ed.create_all(
        server, [ed.creation(number, priority=str(priority), **args) for number, priority in enumerate(priorities)]
    )


def taken(look: Look) -> list[int]:
    """Numbers of the executions that were taken, in order."""
    return [number(item.execution_id) for item in look.candidates if isinstance(item.answer, Reply)]


def number(execution_id: str) -> int:
    return int(execution_id[-12:])


def test_the_best_are_taken_and_no_more_than_there_are_calls(extended_server: Server):
    waiting(extended_server, 1, 5, 3, 9)
    look = ed.claim_all(extended_server, 2)
    assert (taken(look), look.looked_at) == ([3, 1], 2)
    assert taken(ed.claim_all(extended_server, 5, receipt="next")) == [2, 0]
    assert ed.claim_all(extended_server, 5, receipt="last") == Look(0, ())


def test_more_than_one_page_of_the_queue_is_taken(extended_server: Server):
    waiting(extended_server, *range(50, 0, -1))
    assert taken(ed.claim_all(extended_server, 30)) == list(range(30))


def test_everything_that_a_worker_needs_comes_along(extended_server: Server):
    creation = ed.creation(
        1, input_payload=b"\xff\x00", tags_json='{"team.name":"\\u00e9","n":"2"}', execution_kind="k"
    )
    ed.create_all(extended_server, [creation])
    extended_server.hset(key("exec_core", 1), "flow_id", "f1")
    [item] = ed.claim_all(extended_server, 1).candidates
    assert (item.execution_id, item.kind, item.flow_id, item.payload) == (execution(1), "k", "f1", b"\xff\x00")
    assert item.tags == {"team.name": "é", "n": "2"}
    assert isinstance(item.answer, Reply)
    assert item.answer.text("lease_id") == ed.lease(0)


def test_work_without_payload_and_tags_has_none(extended_server: Server):
    ed.create_all(extended_server, [ed.creation(1, input_payload="")])
    [item] = ed.claim_all(extended_server, 1).candidates
    assert (item.payload, item.tags) == (None, {})


def test_what_the_worker_cannot_do_is_reported_and_left_as_it_was(extended_server: Server):
    waiting(extended_server, 9, 8, policy_json=GPU)
    before = snapshot(extended_server)
    look = ed.claim_all(extended_server, 1, worker_capabilities_csv="cuda")
    assert look.looked_at == 2
    refused = {
        item.execution_id: item.answer for item in look.candidates if isinstance(item.answer, CapabilityMismatch)
    }
    assert {execution_id: answer.details for execution_id, answer in refused.items()} == {
        execution(0): ("gpu",),
        execution(1): ("gpu",),
    }
    assert snapshot(extended_server) == before


def test_work_behind_what_the_worker_cannot_do_is_taken(extended_server: Server):
    ed.create_all(extended_server, [ed.creation(number, priority="9", policy_json=GPU) for number in range(20)])
    ed.create_all(extended_server, [ed.creation(30)])
    look = ed.claim_all(extended_server, 1)
    assert (taken(look), look.looked_at) == ([30], 21)
    assert taken(ed.claim_all(extended_server, 30, receipt="next", worker_capabilities_csv="cuda,gpu,x")) == list(
        range(20)
    )


def test_looking_ends_at_the_depth_and_goes_on_behind_it(extended_server: Server):
    ed.create_all(extended_server, [ed.creation(number, priority="9", policy_json=GPU) for number in range(20)])
    ed.create_all(extended_server, [ed.creation(30)])
    look = ed.claim_all(extended_server, 1, depth="12")
    assert (taken(look), look.looked_at) == ([], 12)
    assert taken(ed.claim_all(extended_server, 1, first="12", depth="12")) == [30]


def test_nothing_is_taken_that_is_worse_than_the_caller_allows(extended_server: Server):
    waiting(extended_server, 9, 5, 1)
    limit = extended_server.zscore(key("lane_eligible"), execution(1))
    look = ed.claim_all(extended_server, 3, worst_score=repr(limit))
    assert (taken(look), look.looked_at) == ([0, 1], 2)


def test_what_cannot_be_done_is_passed_over_even_where_the_rest_is_too_bad(extended_server: Server):
    """So that the next look begins at something that can be taken."""
    waiting(extended_server, 9, 8, policy_json=GPU)
    ed.create_all(extended_server, [ed.creation(5, priority="1")])
    look = ed.claim_all(extended_server, 1, worst_score="-9000000000000000")
    assert (taken(look), look.looked_at) == ([], 2)


def test_work_that_is_reserved_for_another_worker_is_left_alone(extended_server: Server):
    waiting(extended_server, 9, 8, 7)
    extended_server.hset(key("claim_grant", 0), mapping={"worker_id": "w2", "grant_expires_at": "9000000000000"})
    extended_server.hset(key("claim_grant", 1), mapping={"worker_id": "w1", "grant_expires_at": "9000000000000"})
    extended_server.hset(key("claim_grant", 2), mapping={"worker_id": "w1", "grant_expires_at": "1"})
    assert taken(ed.claim_all(extended_server, 3)) == [1]
    assert extended_server.exists(key("claim_grant", 0)) == 1


@pytest.mark.parametrize(
    "field,value",
    [
        ("lifecycle_phase", "active"),
        ("ownership_state", "leased"),
        ("eligibility_state", "blocked_by_budget"),
        ("terminal_outcome", "failed"),
        ("attempt_state", "running_attempt"),
    ],
)
def test_entries_that_do_not_belong_into_the_queue_are_passed_over(extended_server: Server, field: str, value: str):
    waiting(extended_server, 9, 8)
    extended_server.hset(key("exec_core", 0), field, value)
    extended_server.zadd(key("lane_eligible"), {execution(99): -1e16})
    look = ed.claim_all(extended_server, 3)
    assert (taken(look), look.looked_at) == ([1], 3)


def test_an_interrupted_attempt_is_not_taken_before_its_time(extended_server: Server):
    waiting(extended_server, 9)
    core = {"attempt_state": "attempt_interrupted", "eligibility_state": "not_eligible_until_time"}
    extended_server.hset(key("exec_core"), mapping=core)
    assert ed.claim_all(extended_server, 1).candidates == ()


def test_a_damaged_execution_takes_nothing_from_the_others(extended_server: Server):
    waiting(extended_server, 9, 8, 7)
    extended_server.set(key("attempts", 1), "no sorted set")
    look = ed.claim_all(extended_server, 3)
    assert taken(look) == [0, 2]
    assert isinstance(look.candidates[1].answer, ServerError)
    assert "WRONGTYPE" in str(look.candidates[1].answer)


def test_a_repeat_gets_the_same_and_nothing_more(extended_server: Server):
    waiting(extended_server, 9, 8, 7, 6, input_payload="p")
    first = ed.claim_all(extended_server, 2)
    clocked.advance(extended_server, 1_000)
    again = ed.claim_all(extended_server, 2)
    assert again.candidates == first.candidates
    assert extended_server.zcard(key("lane_eligible")) == 2


def test_a_repeat_is_not_told_of_what_was_given_back_meanwhile(extended_server: Server):
    waiting(extended_server, 9, 8)
    ed.claim_all(extended_server, 2)
    ed.complete_all(extended_server, [ed.finish(0)])
    assert taken(ed.claim_all(extended_server, 2)) == [1]


def test_a_repeat_knows_a_resumed_attempt_for_what_it_is(extended_server: Server):
    waiting(extended_server, 9)
    core = {"attempt_state": "attempt_interrupted", "current_attempt_id": ed.attempt(50), "current_attempt_index": "0"}
    extended_server.hset(key("exec_core"), mapping=core)
    first, again = ed.claim_all(extended_server, 1), ed.claim_all(extended_server, 1)
    assert first.candidates == again.candidates
    assert isinstance(first.candidates[0].answer, Reply)
    assert first.candidates[0].answer.text("attempt_type") == "resumed"


def test_a_call_that_took_nothing_leaves_no_receipt(extended_server: Server):
    ed.claim_all(extended_server, 1)
    waiting(extended_server, 9)
    assert taken(ed.claim_all(extended_server, 1)) == [0]
    assert 0 < extended_server.pttl(key("claim_receipt", K="once")) <= 120_000


@pytest.mark.parametrize(
    "args,error",
    [
        ({"lease_ttl_ms": "long"}, InvalidInput),
        ({"worst_score": "bad"}, InvalidInput),
        ({"attempt_policy_json": "{"}, InvalidInput),
        ({"worker_capabilities_csv": ",".join(map(str, range(257)))}, InvalidCapabilities),
    ],
)
def test_a_bad_argument_is_refused_before_anything_is_taken(
    extended_server: Server, args: dict[str, str], error: type[Exception]
):
    waiting(extended_server, 9)
    before = snapshot(extended_server)
    with pytest.raises(error):
        ed.claim_all(extended_server, 1, **args)
    assert snapshot(extended_server) == before
