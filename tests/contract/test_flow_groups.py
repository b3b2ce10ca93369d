"""How the edges that enter a member combine (contract 05 §3)."""

from typing import Final

import pytest
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver, flow_driver
from contract.driver import EXECUTION, call, fields, key
from contract.flow_driver import apply, choose, connect, edge, ids, joined, resolve, state, upstream

LETTERS: Final = {"S": "success", "F": "failed", "K": "skipped"}

WAITING: Final = ["waiting_children", "lane_blocked_dependencies"]
RELEASED: Final = ["waiting", "lane_eligible"]
SKIPPED: Final = ["skipped", "lane_terminal"]


@pytest.mark.parametrize(
    "rule,outcomes,replies,end",
    [
        (("all_of", 0, 2), "SS", "satisfied satisfied", RELEASED),
        (("all_of", 0, 2), "SF", "satisfied impossible", SKIPPED),
        (("all_of", 0, 3), "SS", "satisfied satisfied", WAITING),
        (("any_of", 0, 3), "SFS", "satisfied already_fired already_fired", RELEASED),
        (("any_of", 0, 2), "FK", "pending impossible", SKIPPED),
        (("any_of", 0, 3), "FK", "pending pending", WAITING),
        (("quorum", 2, 3), "SFS", "pending pending satisfied", RELEASED),
        (("quorum", 2, 3), "FF", "pending impossible", SKIPPED),
        (("quorum", 3, 2), "S", "impossible", SKIPPED),
        (("quorum", 2, 3), "KSS", "pending pending satisfied", RELEASED),
    ],
)
def test_outcomes_decide_as_the_contract_says(
    clocked_server: Server, rule: tuple[str, int, int], outcomes: str, replies: str, end: list[str]
):
    variant, k, n = rule
    joined(clocked_server)
    choose(clocked_server, variant, k=k)
    connect(clocked_server, *range(1, n + 1))
    got = [resolve(clocked_server, number, LETTERS[letter])[2] for number, letter in enumerate(outcomes, 1)]
    assert got == replies.split()
    assert state(clocked_server) == end


def test_more_outcomes_than_edges_are_an_error_that_names_both(clocked_server: Server):
    joined(clocked_server)
    choose(clocked_server, "any_of")
    connect(clocked_server, 1)
    assert resolve(clocked_server, 1, "failed")[2] == "impossible"
    clocked_server.hset(key("dep_edge", X=edge(2)), "state", "unsatisfied")
    message = "edgegroup counters exceed n: 2/1"
    assert resolve(clocked_server, 2) == [0, "invariant_violation", message]


@pytest.mark.parametrize("outcome", ["", "Success", "cancelled", "expired"])
def test_only_the_word_success_is_a_success(clocked_server: Server, outcome: str):
    joined(clocked_server)
    connect(clocked_server, 1)
    assert resolve(clocked_server, 1, outcome) == [1, "OK", "impossible", "child_skipped"]


def test_the_result_of_the_edge_that_decides_becomes_the_payload(clocked_server: Server):
    joined(clocked_server)
    choose(clocked_server, "any_of")
    connect(clocked_server, 1, 2, data_passing_ref="result")
    clocked_server.set(key("upstream_result", U=upstream(2)), "from two")
    assert resolve(clocked_server, 1, "failed")[2:] == ["pending", ""]
    assert resolve(clocked_server, 2)[2:] == ["satisfied", "data_injected"]
    assert clocked_server.get(key("exec_payload")) == b"from two"


def test_a_skip_is_told_to_the_flow_and_to_the_readers_of_completions(clocked_server: Server):
    flow_driver.waiting(clocked_server)
    with clocked_server.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("ff:dag:completions")
        listener.get_message(timeout=5)
        resolve(clocked_server, 1, "failed")
        message = listener.get_message(timeout=5)
    assert b'"outcome":"skipped"' in message["data"]
    [(_, entry)] = clocked_server.xrange("ffx:completions:{fp:7}")
    told = {name: entry[name.encode()].decode() for name in ("execution_id", "outcome", "flow_id", "lane_id")}
    assert told == {
        "execution_id": EXECUTION,
        "outcome": "skipped",
        "flow_id": flow_driver.FLOW,
        "lane_id": "default",
    }


def test_the_others_are_ordered_cancelled_once_each(clocked_server: Server):
    """Two edges may come from the same member."""
    joined(clocked_server)
    choose(clocked_server, "any_of", "cancel_remaining")
    connect(clocked_server, 1, 2)
    twin = {"edge_id": edge(3), "upstream_execution_id": upstream(2)}
    third = {"U": upstream(2), "X": edge(3)}
    assert call(clocked_server, "ff_stage_dependency_edge", ids=third, **twin, expected_graph_revision="5")[0] == 1
    assert call(clocked_server, "ff_apply_dependency_to_child", ids=third, **twin)[0] == 1
    flow_driver.end(clocked_server, 1)
    assert resolve(clocked_server, 1)[2] == "satisfied"
    assert fields(clocked_server, "flow_edgegroup", "cancel_siblings_pending_members") == [upstream(2)]


def test_a_group_that_orders_cancels_needs_to_know_its_siblings(clocked_server: Server):
    """With the short form of the keys the member would run and nobody would be cancelled."""
    joined(clocked_server)
    choose(clocked_server, "any_of", "cancel_remaining")
    connect(clocked_server, 1)
    before = snapshot(clocked_server)
    assert resolve(clocked_server, 1, flow_id="")[:2] == [0, "invalid_input"]
    assert resolve(clocked_server, 1, downstream_execution_id="")[:2] == [0, "invalid_input"]
    assert snapshot(clocked_server) == before


def test_an_edge_that_was_applied_before_the_member_ran_is_counted_while_it_runs(clocked_server: Server):
    driver.claimed(clocked_server)
    joined(clocked_server)
    connect(clocked_server, 1)
    assert fields(clocked_server, "exec_core", "public_state") == ["active"]
    assert resolve(clocked_server, 1) == [1, "OK", "satisfied", ""]
    assert fields(clocked_server, "exec_core", "public_state") == ["active"]


def test_an_applied_edge_is_not_applied_again(clocked_server: Server):
    flow_driver.waiting(clocked_server)
    before = snapshot(clocked_server)
    assert apply(clocked_server, 1) == [1, "OK", "already_applied"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize(
    "variant,outcomes,status",
    [
        ("any_of", "", "blocked_by_dependencies"),
        ("any_of", "F", "blocked_by_dependencies"),
        ("any_of", "S", "eligible"),
        ("all_of", "S", "blocked_by_dependencies"),
        ("all_of", "SS", "eligible"),
    ],
)
def test_evaluate_knows_that_a_counting_group_has_fired(
    clocked_server: Server, variant: str, outcomes: str, status: str
):
    joined(clocked_server)
    choose(clocked_server, variant)
    connect(clocked_server, 1, 2)
    for number, letter in enumerate(outcomes, 1):
        resolve(clocked_server, number, LETTERS[letter])
    assert call(clocked_server, "ff_evaluate_flow_eligibility") == [1, "OK", status]


def test_a_member_that_began_to_wait_after_its_group_had_fired_can_be_released(clocked_server: Server):
    """The counters beside the execution do not follow a counting group, and would keep it for ever."""
    driver.claimed(clocked_server)
    joined(clocked_server)
    choose(clocked_server, "any_of")
    connect(clocked_server, 1, 2)
    assert resolve(clocked_server, 1)[2] == "satisfied"
    assert call(clocked_server, "ff_move_to_waiting_children") == [1, "OK"]
    assert call(clocked_server, "ff_promote_blocked_to_eligible") == [1, "OK"]
    assert state(clocked_server) == RELEASED


def test_a_member_whose_group_is_undecided_stays(clocked_server: Server):
    flow_driver.counting(clocked_server)
    assert call(clocked_server, "ff_promote_blocked_to_eligible") == [0, "deps_not_satisfied", "3", "3"]


@pytest.mark.parametrize(
    "ended,reply",
    [
        ((), [1, "OK", "no_op", "siblings_running"]),
        ((2,), [1, "OK", "no_op", "siblings_running"]),
        ((2, 3), [1, "OK", "completed_drain", ""]),
    ],
)
def test_an_order_to_cancel_is_finished_when_all_have_ended(
    clocked_server: Server, ended: tuple[int, ...], reply: list[object]
):
    flow_driver.ordered(clocked_server)
    for number in ended:
        flow_driver.end(clocked_server, number)
    assert call(clocked_server, "ff_reconcile_sibling_cancel_group") == reply
    left = clocked_server.exists(key("pending_cancel_groups"))
    assert left == (reply[2] == "no_op")


def test_replay_opens_what_was_impossible(clocked_server: Server):
    flow_driver.skipped(clocked_server)
    assert flow_driver.replay(clocked_server, 1, 2) == [1, "OK", "2"]
    assert state(clocked_server) == WAITING
    assert resolve(clocked_server, 1) == [1, "OK", "satisfied", ""]
    assert resolve(clocked_server, 2) == [1, "OK", "satisfied", ""]
    assert state(clocked_server) == RELEASED


def test_replay_counts_an_edge_once_that_is_listed_twice(clocked_server: Server):
    flow_driver.skipped(clocked_server)
    assert flow_driver.replay(clocked_server, 1, 1, 2) == [1, "OK", "2"]


def test_replay_of_a_skipped_member_without_its_keys_is_refused(clocked_server: Server):
    """A part of them would leave it runnable in no index at all."""
    flow_driver.skipped(clocked_server)
    before = snapshot(clocked_server)
    words = [key(name) for name in ("exec_core", "lane_terminal", "lane_eligible", "lease_history")]
    message = "a skipped flow member needs 7 keys and one for each of its edges"
    reply = driver.fcall(clocked_server, "ff_replay_execution", 4, *words, EXECUTION, "0")
    assert reply == [0, "invalid_input", message]
    more = [*words, *(key(name) for name in ("lane_blocked_dependencies", "deps_meta", "deps_unresolved"))]
    one = [*more, key("dep_edge", **ids(1))]
    reply = driver.fcall(clocked_server, "ff_replay_execution", 8, *one, EXECUTION, "0", edge(1), edge(2))
    assert reply == [0, "invalid_input", message]
    assert snapshot(clocked_server) == before
